/*
 * The page's server.
 *
 * One thread of the library's serves every connection and never waits: what may take long (a
 * request to the line, a look into the records) goes to a worker, and its connection sleeps
 * meanwhile; so does a stream of events that has nothing newer to tell.
 */
#include "station/web/web_inside.h"

#include "engine/base/clock.h"
#include "station/threads.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* More than web_peers.c keeps: who was cut is still there for a moment. */
#define CONNECTIONS_MAX (STREAMS_MAX + 120)
#define CONNECTIONS_OF_ONE_MAX 64 /* on a network: nobody takes them all */
#define IDLE_S 15                 /* nothing moves on a connection */
#define LAST_WORD_MS 300          /* for all who watch, at the end */
/* Beyond it the connection is cut instead of being read out. */
#define UPLOAD_MAX (256 * 1024)

uint64_t web_now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

const char *web_header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *web_argument(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- the library's calls ---- */

static enum MHD_Result begin(struct web *w, struct MHD_Connection *connection, const char *url,
			     const char *method, void **ctx)
{
	struct exchange *x = calloc(1, sizeof(*x));
	enum MHD_Result result;
	bool is_refused;

	if (!x)
		return MHD_NO;
	x->w = w;
	x->connection = connection;
	*ctx = x;
	result = web_refuse(x, url, method, &is_refused);
	if (is_refused)
		web_peer_is(w, connection, PEER_IS_ANSWERED);
	return result;
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **exchange)
{
	struct exchange *x = *exchange;
	struct web *w = ctx;

	(void)version;
	if (!x)
		return begin(w, connection, url, method, exchange);
	if (x->is_asked)
		return web_send_answer(x);
	if (*upload_size) {
		if (x->size + *upload_size <= WEB_BODY_MAX)
			memcpy(x->body + x->size, upload, *upload_size);
		x->size += *upload_size;
		*upload_size = 0;
		return x->size > UPLOAD_MAX ? MHD_NO : MHD_YES;
	}
	web_peer_is(w, connection, PEER_IS_ANSWERED);
	if (x->size > WEB_BODY_MAX)
		return REFUSE(x, 413, "more than %d bytes", WEB_BODY_MAX);
	return web_perform(x);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **exchange,
		      enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *exchange;

	(void)why;
	web_peer_is(ctx, connection, PEER_ASKS);
	if (!x)
		return;
	textbuf_release(&x->answer.body);
	free(x);
	*exchange = NULL;
}

/* %00 would end an address or a value early: it becomes a character that nothing here has. */
static size_t unescape(void *ctx, struct MHD_Connection *connection, char *text)
{
	size_t size = MHD_http_unescape(text);

	(void)ctx;
	(void)connection;
	for (size_t i = 0; i < size; i++) {
		if (!text[i])
			text[i] = '\x01';
	}
	return size;
}

/* ---- its life ---- */

struct listening {
	struct sockaddr_storage address;
	bool is_v6, is_local;
};

static enum status read_listen(const struct station_web *station, struct listening *l,
			       struct err *err)
{
	const char *text = station->listen ? station->listen : "127.0.0.1";
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->address;

	memset(l, 0, sizeof(*l));
	if (strcmp(text, "localhost") == 0)
		text = "127.0.0.1";
	if (station->port > 65535)
		return err_set(err, STATUS_USAGE, "web: port %u: 0 to 65535 was expected",
			       station->port);
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)station->port);
		l->is_local = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)station->port);
		l->is_v6 = true;
		l->is_local = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	} else {
		return err_set(err, STATUS_USAGE,
			       "web: listen '%s' is no address of this computer: 127.0.0.1 is for "
			       "this computer alone, 0.0.0.0 for its networks",
			       text);
	}
	return STATUS_OK;
}

static enum status choose_token(struct web *w, const struct listening *l, struct err *err)
{
	const struct station_web *station = w->setup->station;

	if (station->token_file)
		return web_token_read(station->token_file, w->guard.token, err);
	if (!l->is_local)
		return err_set(err, STATUS_USAGE,
			       "web: listening on %s needs a token_file in the station file, "
			       "because others can reach it: (umask 077; head -c 24 /dev/urandom | "
			       "base64 >web.token) makes one",
			       station->listen);
	return web_token_make(w->guard.token, err);
}

static enum status start_daemon(struct web *w, const struct listening *l, struct err *err)
{
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 (l->is_v6 ? MHD_USE_IPv6 : 0);
	const union MHD_DaemonInfo *info;

	w->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, w, MHD_OPTION_SOCK_ADDR,
		(const struct sockaddr *)&l->address, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		l->is_local ? 0u : (unsigned)CONNECTIONS_OF_ONE_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, completed, w,
		MHD_OPTION_NOTIFY_CONNECTION, web_peer_connected, w, MHD_OPTION_UNESCAPE_CALLBACK,
		unescape, w, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!w->daemon)
		return err_set(err, STATUS_USAGE,
			       "web: port %u of %s cannot be listened to: another program may have "
			       "it; name another port in the station file or with --web",
			       w->setup->station->port,
			       w->setup->station->listen ? w->setup->station->listen : "127.0.0.1");
	info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_BIND_PORT);
	w->guard.port = info && info->port ? info->port : w->setup->station->port;
	return STATUS_OK;
}

static void word_address(struct web *w, const struct listening *l)
{
	const struct station_web *station = w->setup->station;
	const char *host = station->listen ? station->listen : "127.0.0.1";
	bool is_told = !station->token_file;

	snprintf(w->address, sizeof(w->address),
		 l->is_v6 ? "http://[%s]:%u/%s%s" : "http://%s:%u/%s%s", host, w->guard.port,
		 is_told ? "#token=" : "", is_told ? w->guard.token : "");
	snprintf(w->cookie, sizeof(w->cookie), "flashline_%u", w->guard.port);
	if (!l->is_local)
		snprintf(w->remark, sizeof(w->remark),
			 "the page on %s is not encrypted: TLS is a reverse proxy's job, see "
			 "docs/web.md",
			 host);
}

static enum status start(struct web *w, struct err *err)
{
	struct listening listening;

	TRY(read_listen(w->setup->station, &listening, err));
	TRY(choose_token(w, &listening, err));
	w->guard.is_local = listening.is_local;
	w->guard.port = w->setup->station->port;
	w->guard.origins = w->setup->station->origins;
	w->guard.origin_count = w->setup->station->origin_count;
	TRY(web_worker_new(web_work, &w->changes, err));
	TRY(web_worker_new(web_work, &w->lookups, err));
	TRY(web_feed_new(web_woken, w, &w->feed, err));
	TRY(start_daemon(w, &listening, err));
	word_address(w, &listening);
	return STATUS_OK;
}

enum status web_new(const struct web_setup *setup, struct web **out, struct err *err)
{
	struct web *w = calloc(1, sizeof(*w));
	enum status st;

	*out = NULL;
	if (!w)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the web page");
	w->own_setup = *setup;
	w->setup = &w->own_setup;
	w->change_rate = (struct web_rate){ .most = 40, .per_s = 10, .at_us = web_now_us() };
	for (size_t i = 0; i < TRIERS; i++)
		w->tries[i] = (struct web_rate){
			.level = 10, .most = 10, .per_s = 0.5, .at_us = web_now_us()
		};
	w->lookup_rate = (struct web_rate){ .most = 40, .per_s = 10, .at_us = web_now_us() };
	w->change_rate.level = w->lookup_rate.level = 40;
	pthread_mutex_init(&w->lock, NULL);
	thread_cond_init(&w->rests);
	st = start(w, err);
	if (st) {
		web_free(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

/* Whoever watches shall read that the station has ended, and not wonder about the connection; who
 * does not read is not waited for. w->lock is held. */
static void wait_for_streams(struct web *w)
{
	const struct timespec until = thread_time_after(LAST_WORD_MS);
	bool is_late = false;

	for (struct stream *s = w->streams; s && !is_late;) {
		if (s->is_asleep || s->is_cut) {
			s = s->next;
			continue;
		}
		is_late = pthread_cond_timedwait(&w->rests, &w->lock, &until) == ETIMEDOUT;
		s = w->streams; /* it may have gone */
	}
}

void web_free(struct web *w)
{
	if (!w)
		return;
	if (w->feed)
		web_feed_end(w->feed);
	pthread_mutex_lock(&w->lock);
	wait_for_streams(w);
	/* The library wants nobody asleep when it ends: workers wake theirs, streams are woken. */
	w->is_stopping = true;
	pthread_mutex_unlock(&w->lock);
	web_worker_end(w->changes);
	web_worker_end(w->lookups);
	if (w->feed)
		web_woken(w);
	if (w->daemon)
		MHD_stop_daemon(w->daemon);
	web_worker_free(w->changes);
	web_worker_free(w->lookups);
	web_feed_free(w->feed);
	pthread_cond_destroy(&w->rests);
	pthread_mutex_destroy(&w->lock);
	memset(w->guard.token, 0, sizeof(w->guard.token));
	free(w);
}

static void on_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct web *w = ctx;

	web_feed_event(w->feed, s, e);
}

static void on_tick(void *ctx, const struct snapshot *s)
{
	struct web *w = ctx;

	web_feed_tick(w->feed, s);
}

struct view web_view(struct web *w)
{
	return (struct view){ .ctx = w, .event = on_event, .tick = on_tick, .tick_ms = 100 };
}

const char *web_address(const struct web *w)
{
	return w->address;
}

const char *web_remark(const struct web *w)
{
	return w->remark[0] ? w->remark : NULL;
}
