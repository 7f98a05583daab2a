/* How the page's server sends: answers, and the streams of events. */
#include "station/web/web_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What a browser may have unread before it is seen that it does not read: some events of 64 slots.
 * The system's own measure is megabytes, hours of a quiet line. */
#define STREAM_BUFFER_BYTES 65536
#define BLOCK_BYTES 8192

/* ---- answers ---- */

static void add_header(struct MHD_Response *r, const char *name, const char *value)
{
	(void)MHD_add_response_header(r, name, value); /* fails without memory alone */
}

static void add_usual_headers(struct MHD_Response *r, const char *type, const char *policy)
{
	add_header(r, "Content-Type", type);
	add_header(r, "Content-Security-Policy", policy);
	add_header(r, "X-Content-Type-Options", "nosniff");
	add_header(r, "X-Frame-Options", "DENY");
	add_header(r, "Referrer-Policy", "no-referrer");
	add_header(r, "Cross-Origin-Resource-Policy", "same-origin");
	add_header(r, "Cross-Origin-Opener-Policy", "same-origin");
	add_header(r, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
	add_header(r, "Cache-Control", "no-store");
}

enum MHD_Result web_send_bytes(struct exchange *x, unsigned code, const char *type,
			       const char *policy, const void *bytes, size_t size,
			       enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(size, (void *)bytes, mode);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	add_usual_headers(r, type, policy);
	if (x->set_cookie[0])
		add_header(r, "Set-Cookie", x->set_cookie);
	if (code == 405)
		add_header(r, "Allow",
			   x->route->methods == METHOD_GET    ? "GET, HEAD"
			   : x->route->methods == METHOD_POST ? "POST"
							      : "GET, HEAD, POST");
	if (code == 401)
		add_header(r, "WWW-Authenticate", "Bearer realm=\"flashline\"");
	if (code == 429)
		add_header(r, "Retry-After", "1");
	if (code == 429 || code == 503)
		add_header(r, "Connection", "close"); /* others wait for its place */
	result = MHD_queue_response(x->connection, code, r);
	MHD_destroy_response(r);
	return result;
}

enum MHD_Result web_send_answer(struct exchange *x)
{
	static const char *const types[] = {
		[WEB_BODY_JSON] = "application/json",
		[WEB_BODY_TEXT] = "text/plain; charset=utf-8",
		[WEB_BODY_REPORT] = "text/html; charset=utf-8",
	};
	const struct web_answer *a = &x->answer;
	static const char no_memory[] = "{\"error\": \"no memory for the answer\"}\n";

	if (a->body.has_failed)
		return web_send_bytes(x, 500, types[WEB_BODY_JSON], POLICY_PAGE, no_memory,
				      sizeof(no_memory) - 1, MHD_RESPMEM_PERSISTENT);
	return web_send_bytes(x, a->code, types[a->kind],
			      a->kind == WEB_BODY_REPORT ? POLICY_REPORT : POLICY_PAGE,
			      textbuf_string(&a->body), a->body.len, MHD_RESPMEM_MUST_COPY);
}

enum MHD_Result web_send_json(struct exchange *x, json_t *object)
{
	web_answer_json(&x->answer, 200, object);
	return web_send_answer(x);
}

/* ---- the stream of events ---- */

static ssize_t read_stream(void *ctx, uint64_t pos, char *room, size_t size)
{
	struct stream *s = ctx;
	struct web *w = s->w;
	size_t count;

	(void)pos;
	while (!s->text) {
		uint64_t wakes;
		bool is_over, is_asleep;

		pthread_mutex_lock(&w->lock);
		wakes = w->wakes;
		is_over = w->is_stopping || s->is_cut;
		pthread_mutex_unlock(&w->lock);
		if (is_over)
			return MHD_CONTENT_READER_END_OF_STREAM;
		s->text = web_feed_newer(w->feed, &s->version);
		s->sent = 0;
		if (s->text)
			break;
		pthread_mutex_lock(&w->lock);
		/* A version that came in between wakes nobody who is not asleep yet. */
		is_asleep = w->wakes == wakes && !w->is_stopping && !s->is_cut;
		s->is_asleep = is_asleep;
		if (is_asleep) {
			MHD_suspend_connection(s->connection);
			pthread_cond_signal(&w->rests);
		}
		pthread_mutex_unlock(&w->lock);
		if (is_asleep)
			return 0;
	}
	count = s->text->size - s->sent < size ? s->text->size - s->sent : size;
	memcpy(room, s->text->bytes + s->sent, count);
	s->sent += count;
	if (s->sent == s->text->size) {
		web_text_give_back(s->text);
		s->text = NULL;
	}
	return (ssize_t)count;
}

static void free_stream(void *ctx)
{
	struct stream *s = ctx;
	struct web *w = s->w;

	pthread_mutex_lock(&w->lock);
	*s->at = s->next;
	if (s->next)
		s->next->at = s->at;
	w->stream_count -= !s->is_cut;
	pthread_cond_signal(&w->rests);
	pthread_mutex_unlock(&w->lock);
	web_text_give_back(s->text);
	free(s);
}

/*
 * All places are taken. Who has not shown the token makes room for who comes, the longest there
 * first: a browser that still watches comes back by itself. w->lock is held.
 */
static void make_room(struct web *w)
{
	struct stream *victim = NULL;
	struct peer *p;

	for (struct stream *s = w->streams; s; s = s->next) {
		if (!s->is_trusted && !s->is_cut)
			victim = s; /* the newest stand first */
	}
	if (!victim)
		return;
	victim->is_cut = true;
	w->stream_count--;
	p = web_peer_of(victim->connection);
	if (p)
		web_peer_cut(w, p);
	if (victim->is_asleep)
		MHD_resume_connection(victim->connection);
	victim->is_asleep = false;
}

/* NULL: there are as many as may be, or no memory. */
static struct stream *new_stream(const struct exchange *x)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct web *w = x->w;
	bool has_room;

	if (!s)
		return NULL;
	s->w = w;
	s->connection = x->connection;
	s->is_trusted = web_is_trusted(x);
	pthread_mutex_lock(&w->lock);
	if (w->stream_count >= STREAMS_MAX)
		make_room(w);
	has_room = w->stream_count < STREAMS_MAX && !w->is_stopping;
	if (has_room) {
		w->stream_count++;
		s->next = w->streams;
		s->at = &w->streams;
		if (s->next)
			s->next->at = &s->next;
		w->streams = s;
	}
	pthread_mutex_unlock(&w->lock);
	if (!has_room) {
		free(s);
		return NULL;
	}
	return s;
}

static void keep_buffer_small(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	int bytes = STREAM_BUFFER_BYTES;

	if (info) /* without it the browser is only cut later */
		(void)setsockopt(info->connect_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

enum MHD_Result web_send_events(struct exchange *x)
{
	enum MHD_Result result;
	struct MHD_Response *r;
	struct stream *s = new_stream(x);

	if (!s)
		return REFUSE(x, 503, "%d browsers are watching already: close one of them",
			      STREAMS_MAX);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, s,
					      free_stream);
	if (!r) {
		free_stream(s);
		return MHD_NO;
	}
	web_peer_is(x->w, x->connection, PEER_WATCHES);
	keep_buffer_small(x->connection);
	add_usual_headers(r, "text/event-stream", POLICY_PAGE);
	add_header(r, "X-Accel-Buffering", "no"); /* nginx would hold events back */
	result = MHD_queue_response(x->connection, 200, r);
	MHD_destroy_response(r);
	return result;
}

/* On the feed's thread. */
void web_woken(void *ctx)
{
	struct web *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->wakes++;
	for (struct stream *s = w->streams; s; s = s->next) {
		if (s->is_asleep)
			MHD_resume_connection(s->connection);
		s->is_asleep = false;
	}
	web_peers_cut_slow(w);
	pthread_mutex_unlock(&w->lock);
}
