/* The connections, and who has to leave when there are too many: web_inside.h. */
#include "station/web/web_inside.h"

#include <stdlib.h>
#include <sys/socket.h>

/* Above the streams: those who ask for something meanwhile. */
#define PEERS_MAX (STREAMS_MAX + 56)
#define ASKING_US 20000000u /* from the connection, or the answer before, to a whole request */

struct peer *web_peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void web_peer_is(struct web *w, struct MHD_Connection *connection, enum peer_state state)
{
	struct peer *p = web_peer_of(connection);

	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	p->state = state;
	p->since_us = web_now_us();
	pthread_mutex_unlock(&w->lock);
}

void web_peer_cut(struct web *w, struct peer *p)
{
	if (p->is_cut)
		return;
	p->is_cut = true;
	w->peer_count--;
	shutdown(p->fd, SHUT_RDWR);
}

static struct peer *oldest(struct web *w, enum peer_state state)
{
	struct peer *found = NULL;

	for (struct peer *p = w->peers; p; p = p->next) {
		if (p->state == state && !p->is_cut && (!found || p->since_us < found->since_us))
			found = p;
	}
	return found;
}

/*
 * Whoever came last gets in: a request takes a moment, and who has been at his for the longest of
 * all may never end it. w->lock is held.
 */
static void make_room(struct web *w)
{
	struct peer *victim;

	if (w->peer_count < PEERS_MAX)
		return;
	victim = oldest(w, PEER_ASKS);
	if (!victim)
		victim = oldest(w, PEER_IS_ANSWERED);
	if (victim)
		web_peer_cut(w, victim);
}

static void come(struct web *w, struct MHD_Connection *connection, void **peer)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct peer *p = info ? calloc(1, sizeof(*p)) : NULL;

	*peer = p;
	if (!p)
		return;
	p->fd = info->connect_fd;
	p->since_us = web_now_us();
	pthread_mutex_lock(&w->lock);
	make_room(w);
	w->peer_count++;
	p->next = w->peers;
	p->at = &w->peers;
	if (p->next)
		p->next->at = &p->next;
	w->peers = p;
	pthread_mutex_unlock(&w->lock);
}

static void go(struct web *w, void **peer)
{
	struct peer *p = *peer;

	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	*p->at = p->next;
	if (p->next)
		p->next->at = p->at;
	w->peer_count -= !p->is_cut;
	pthread_mutex_unlock(&w->lock);
	free(p);
	*peer = NULL;
}

void web_peer_connected(void *ctx, struct MHD_Connection *connection, void **peer,
			enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		come(ctx, connection, peer);
	else
		go(ctx, peer);
}

void web_peers_cut_slow(struct web *w)
{
	uint64_t now = web_now_us();

	for (struct peer *p = w->peers; p; p = p->next) {
		if (p->state == PEER_ASKS && now > p->since_us + ASKING_US)
			web_peer_cut(w, p);
	}
}
