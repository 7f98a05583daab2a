/*
 * The page's server: the one door to libmicrohttpd.
 *
 * One thread of the library's serves every connection and never waits: what may take long (a
 * request to the line, a look into the records) goes to a worker, and its connection sleeps
 * meanwhile; so does a stream of events that has nothing newer to tell.
 */
#include "station/web/web.h"

#include "station/json.h"
#include "station/web/web_answers.h"
#include "station/web/web_feed.h"
#include "station/web/web_guard.h"
#include "station/web/web_json.h"
#include "station/web/web_question.h"
#include "station/web/web_routes.h"
#include "station/web/web_worker.h"

#include "db/query.h"
#include "engine/base/clock.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define STREAMS_MAX 200
/* Streams, and those who ask for something meanwhile. */
#define CONNECTIONS_MAX (STREAMS_MAX + 56)
#define CONNECTIONS_OF_ONE_MAX 64 /* on a network: nobody takes them all */
#define IDLE_S 15                 /* nothing moves on a connection */
#define ASKING_US 20000000u /* from the connection, or the answer before, to a whole request */
#define ANSWER_MS 3000      /* that a request to the line is waited for */
#define BLOCK_BYTES 8192
#define PATH_MAX_BYTES 512
/* Addresses are told apart in so many groups: who guesses tokens locks out few others. */
#define TRIERS 64
/* Beyond it the connection is cut instead of being read out. */
#define UPLOAD_MAX (256 * 1024)

struct web {
	const struct web_setup *setup;
	struct web_setup own_setup;
	struct web_guard guard;
	char address[200], cookie[32], remark[200];
	struct web_feed *feed;
	struct MHD_Daemon *daemon;
	struct web_worker *changes, *lookups;

	pthread_mutex_t lock; /* protects the rest, and what stands in the lists */
	bool is_stopping;
	uint64_t wakes; /* new versions so far */
	struct stream *streams;
	unsigned stream_count;
	struct peer *peers;
	struct web_rate change_rate, lookup_rate;
	struct web_rate tries[TRIERS]; /* of tokens, for each group of addresses */
};

/* A connection, as long as it is open. */
struct peer {
	struct peer *next, **at;
	int fd;
	uint64_t asks_since_us; /* 0: it is being answered */
};

/* A browser that watches. */
struct stream {
	struct web *w;
	struct MHD_Connection *connection;
	struct stream *next, **at;
	bool is_asleep;
	/* The server's thread's alone. */
	uint64_t version;
	struct web_text *text;
	size_t sent;
};

/* One question and its answer. */
struct exchange {
	struct web *w;
	struct MHD_Connection *connection;
	const struct web_route *route;
	bool is_post;
	char body[WEB_BODY_MAX + 1];
	size_t size;
	bool is_asked; /* a worker has it, or had it */
	struct request request;
	char search[WEB_SEARCH_BYTES];
	char batch[128];
	int64_t since_utc_ms;
	struct web_answer answer;
	char set_cookie[WEB_SESSION_BYTES + 160];
};

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

static const char *header(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

static const char *argument(const struct exchange *x, const char *name)
{
	return MHD_lookup_connection_value(x->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- answers ---- */

#define POLICY_PAGE                                                                                \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "          \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/* It has no script; its style stands in itself, because it is also a file to be sent around. */
#define POLICY_REPORT                                                                              \
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "     \
	"frame-ancestors 'none'"

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

static enum MHD_Result send_bytes(struct exchange *x, unsigned code, const char *type,
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

static enum MHD_Result send_answer(struct exchange *x)
{
	static const char *const types[] = {
		[WEB_BODY_JSON] = "application/json",
		[WEB_BODY_TEXT] = "text/plain; charset=utf-8",
		[WEB_BODY_REPORT] = "text/html; charset=utf-8",
	};
	const struct web_answer *a = &x->answer;
	static const char no_memory[] = "{\"error\": \"no memory for the answer\"}\n";

	if (a->body.has_failed)
		return send_bytes(x, 500, types[WEB_BODY_JSON], POLICY_PAGE, no_memory,
				  sizeof(no_memory) - 1, MHD_RESPMEM_PERSISTENT);
	return send_bytes(x, a->code, types[a->kind],
			  a->kind == WEB_BODY_REPORT ? POLICY_REPORT : POLICY_PAGE,
			  textbuf_string(&a->body), a->body.len, MHD_RESPMEM_MUST_COPY);
}

#define REFUSE(x, code, ...) (web_answer_error(&(x)->answer, (code), __VA_ARGS__), send_answer(x))

static enum MHD_Result send_json(struct exchange *x, json_t *object)
{
	web_answer_json(&x->answer, 200, object);
	return send_answer(x);
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
		bool is_stopping;

		pthread_mutex_lock(&w->lock);
		wakes = w->wakes;
		is_stopping = w->is_stopping;
		pthread_mutex_unlock(&w->lock);
		if (is_stopping)
			return MHD_CONTENT_READER_END_OF_STREAM;
		s->text = web_feed_newer(w->feed, &s->version);
		s->sent = 0;
		if (s->text)
			break;
		pthread_mutex_lock(&w->lock);
		/* A version that came in between wakes nobody who is not asleep yet. */
		s->is_asleep = w->wakes == wakes && !w->is_stopping;
		if (s->is_asleep)
			MHD_suspend_connection(s->connection);
		is_stopping = s->is_asleep;
		pthread_mutex_unlock(&w->lock);
		if (is_stopping)
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
	w->stream_count--;
	pthread_mutex_unlock(&w->lock);
	web_text_give_back(s->text);
	free(s);
}

/* NULL: there are as many as may be, or no memory. */
static struct stream *new_stream(struct web *w, struct MHD_Connection *connection)
{
	struct stream *s = calloc(1, sizeof(*s));
	bool has_room;

	if (!s)
		return NULL;
	s->w = w;
	s->connection = connection;
	pthread_mutex_lock(&w->lock);
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

static enum MHD_Result send_events(struct exchange *x)
{
	enum MHD_Result result;
	struct MHD_Response *r;
	struct stream *s = new_stream(x->w, x->connection);

	if (!s)
		return REFUSE(x, 503, "%d browsers are watching already: close one of them",
			      STREAMS_MAX);
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_stream, s,
					      free_stream);
	if (!r) {
		free_stream(s);
		return MHD_NO;
	}
	add_usual_headers(r, "text/event-stream", POLICY_PAGE);
	add_header(r, "X-Accel-Buffering", "no"); /* nginx would hold events back */
	result = MHD_queue_response(x->connection, 200, r);
	MHD_destroy_response(r);
	return result;
}

/* Those who take too long to ask: their connections are cut. w->lock is held. */
static void cut_slow_ones(struct web *w)
{
	uint64_t now = now_us();

	for (struct peer *p = w->peers; p; p = p->next) {
		if (p->asks_since_us && now > p->asks_since_us + ASKING_US)
			shutdown(p->fd, SHUT_RDWR);
	}
}

/* On the feed's thread. */
static void woken(void *ctx)
{
	struct web *w = ctx;

	pthread_mutex_lock(&w->lock);
	w->wakes++;
	for (struct stream *s = w->streams; s; s = s->next) {
		if (s->is_asleep)
			MHD_resume_connection(s->connection);
		s->is_asleep = false;
	}
	cut_slow_ones(w);
	pthread_mutex_unlock(&w->lock);
}

/* ---- what takes long: on a worker's thread ---- */

static void do_request(struct exchange *x)
{
	char text[REQUEST_TEXT_BYTES] = "";
	enum status st = requests_put(x->w->setup->requests, &x->request, ANSWER_MS, text);
	json_t *object;

	if (st == STATUS_OK) {
		object = json_object();
		json_object_set_new(object, "answer", json_text(text));
		web_answer_json(&x->answer, 200, object);
	} else if (st == STATUS_NO_ANSWER) {
		web_answer_error(&x->answer, 504,
				 "the station has not answered within %d s; it may still do it",
				 ANSWER_MS / 1000);
	} else if (st == STATUS_CANCELLED) {
		web_answer_error(&x->answer, 503, "the station ends");
	} else {
		web_answer_error(&x->answer, 409, "%s", text);
	}
}

static void work(void *job)
{
	struct exchange *x = job;
	const char *db_path = x->w->setup->db_path;

	switch (x->route->id) {
	case ROUTE_REQUEST:
		do_request(x);
		break;
	case ROUTE_RUN:
		web_answer_run(db_path, x->search, &x->answer);
		break;
	case ROUTE_UNIT:
		web_answer_unit(x->w->feed, db_path, x->search, &x->answer);
		break;
	case ROUTE_RECIPE:
		web_answer_recipe(db_path, x->search, &x->answer);
		break;
	case ROUTE_REPORT:
		web_answer_report(db_path, x->batch, x->since_utc_ms, &x->answer);
		break;
	case ROUTE_FILE:
	case ROUTE_EVENTS:
	case ROUTE_STATE:
	case ROUTE_LOGIN:
	case ROUTE_LOGOUT:
	case ROUTE_HISTORY:
	case ROUTE_RECIPES:
	case ROUTE_WORDS:
	case ROUTE_HEALTH:
		web_answer_error(&x->answer, 500, "%s is no work for a worker", x->route->path);
		break;
	}
	MHD_resume_connection(x->connection);
}

static bool may_ask(struct web *w, struct web_rate *rate)
{
	bool may;

	pthread_mutex_lock(&w->lock);
	may = web_rate_take(rate, now_us());
	pthread_mutex_unlock(&w->lock);
	return may;
}

/* The connection sleeps until the worker has the answer. */
static enum MHD_Result ask(struct exchange *x, struct web_worker *worker, struct web_rate *rate)
{
	if (!may_ask(x->w, rate))
		return REFUSE(x, 429, "too many at once: try again in a second");
	x->is_asked = true;
	MHD_suspend_connection(x->connection);
	if (web_worker_put(worker, x))
		return MHD_YES;
	web_answer_error(&x->answer, 503, "the station is busy: try again in a second");
	MHD_resume_connection(x->connection);
	return MHD_YES;
}

/* ---- what is answered at once, or asked ---- */

static const char *cookie_of(const struct exchange *x)
{
	return MHD_lookup_connection_value(x->connection, MHD_COOKIE_KIND, x->w->cookie);
}

static bool has_session(const struct exchange *x)
{
	return web_session_is_good(&x->w->guard, cookie_of(x), clock_utc_ms() / 1000);
}

static bool is_trusted(const struct exchange *x)
{
	return web_guard_bearer(&x->w->guard, header(x, "Authorization")) || has_session(x);
}

/* The tries of this connection's address. */
static struct web_rate *tries_of(const struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;
	const uint8_t *bytes = NULL;
	size_t size = 0;
	unsigned group = 0;

	if (address && address->sa_family == AF_INET) {
		bytes = (const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr;
		size = sizeof(struct in_addr);
	} else if (address && address->sa_family == AF_INET6) {
		bytes = (const uint8_t *)&((const struct sockaddr_in6 *)address)->sin6_addr;
		size = 8; /* a network's half: one computer has many of the others */
	}
	for (size_t i = 0; i < size; i++)
		group = group * 31 + bytes[i];
	return &x->w->tries[group % TRIERS];
}

/* May the token of a header be looked at? A wrong one counts as a try; after too many a right one
 * is refused as well, because the answer would tell it from the wrong ones. */
static bool may_show_token(const struct exchange *x)
{
	const char *authorization = header(x, "Authorization");
	struct web *w = x->w;
	bool may;

	/* A password of the reverse proxy's ("Basic ...") is no token. */
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return true;
	pthread_mutex_lock(&w->lock);
	may = web_guard_bearer(&w->guard, authorization) ? web_rate_has(tries_of(x), now_us())
							 : web_rate_take(tries_of(x), now_us());
	pthread_mutex_unlock(&w->lock);
	return may;
}

static enum MHD_Result send_login_state(struct exchange *x)
{
	json_t *object = json_object();
	bool is_in = is_trusted(x);

	json_object_set_new(object, "in", json_boolean(is_in));
	json_object_set_new(object, "may_read", json_boolean(is_in || x->w->guard.is_local));
	return send_json(x, object);
}

static void set_cookie(struct exchange *x, const char *session, int age_s)
{
	const char *origin = header(x, "Origin");
	bool is_tls = origin && strncmp(origin, "https://", 8) == 0;

	snprintf(x->set_cookie, sizeof(x->set_cookie),
		 "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", x->w->cookie, session,
		 age_s, is_tls ? "; Secure" : "");
}

static enum MHD_Result log_in(struct exchange *x)
{
	char token[WEB_TOKEN_BYTES], session[WEB_SESSION_BYTES];
	json_t *object;

	if (!may_ask(x->w, tries_of(x)))
		return REFUSE(x, 429, "too many tokens were tried: wait a few seconds");
	if (!web_question_login(x->body, x->size, token, sizeof(token)))
		return REFUSE(x, 400, "{\"token\": \"...\"} was expected");
	if (!web_guard_token(&x->w->guard, token))
		return REFUSE(x, 403, "this is not the station's token");
	web_session_make(&x->w->guard, clock_utc_ms() / 1000 + WEB_SESSION_S, session);
	set_cookie(x, session, WEB_SESSION_S);
	object = json_object();
	json_object_set_new(object, "in", json_true());
	return send_json(x, object);
}

static enum MHD_Result log_out(struct exchange *x)
{
	json_t *object = json_object();

	set_cookie(x, "", 0);
	json_object_set_new(object, "in", json_false());
	return send_json(x, object);
}

static enum MHD_Result send_state(struct exchange *x)
{
	struct web_text *text = web_feed_state(x->w->feed);
	enum MHD_Result result;

	if (!text)
		return REFUSE(x, 500, "no memory for the state");
	result = send_bytes(x, 200, "application/json", POLICY_PAGE, text->bytes, text->size,
			    MHD_RESPMEM_MUST_COPY);
	web_text_give_back(text);
	return result;
}

static enum MHD_Result send_history(struct exchange *x)
{
	struct web_slot *slot;
	unsigned number;
	json_t *object;
	int index;

	if (!web_question_number(argument(x, "slot"), &number))
		return REFUSE(x, 400, "?slot=N was expected, the number on the fixture");
	slot = malloc(sizeof(*slot));
	if (!slot)
		return REFUSE(x, 500, "no memory for a slot's history");
	object = web_feed_slot(x->w->feed, number, slot, &index) ? web_json_history(slot) : NULL;
	free(slot);
	return object ? send_json(x, object) : REFUSE(x, 404, "there is no slot %u", number);
}

static enum MHD_Result send_recipes(struct exchange *x)
{
	const struct web_setup *setup = x->w->setup;
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < setup->recipe_count; i++)
		json_array_append_new(list, json_text(setup->recipes[i]));
	json_object_set_new(object, "recipes", list);
	return send_json(x, object);
}

static enum MHD_Result send_health(struct exchange *x)
{
	json_t *object = json_object();

	json_object_set_new(object, "ok", json_true());
	json_object_set_new(object, "silent_ms",
			    json_integer((json_int_t)web_feed_silent_ms(x->w->feed)));
	return send_json(x, object);
}

static enum MHD_Result ask_request(struct exchange *x)
{
	struct err err;
	unsigned number;

	if (web_question_request(x->body, x->size, &x->request, &number, &err) != STATUS_OK)
		return REFUSE(x, 400, "%s", err.text);
	if (number) {
		struct web_slot *slot = malloc(sizeof(*slot));
		bool is_there = slot && web_feed_slot(x->w->feed, number, slot, &x->request.slot);

		free(slot);
		if (!is_there)
			return REFUSE(x, 404, "there is no slot %u", number);
	}
	return ask(x, x->w->changes, &x->w->change_rate);
}

/* A search, a run id or a digest, from one of these arguments. */
static enum MHD_Result ask_search(struct exchange *x, const char *const *names)
{
	for (; *names; names++) {
		if (web_question_search(argument(x, *names), x->search))
			return ask(x, x->w->lookups, &x->w->lookup_rate);
	}
	return REFUSE(x, 400, "what shall be looked for? 3 to 80 visible characters behind %s",
		      x->route->id == ROUTE_UNIT ? "?q=" : "?id=");
}

static int64_t midnight_utc_ms(void)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return 0;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm) * 1000;
}

/* ?batch= or ?since=; without, of the present batch, or of today by the station's clock. */
static enum MHD_Result ask_report(struct exchange *x)
{
	const char *batch = argument(x, "batch"), *since = argument(x, "since");
	struct err err;

	x->since_utc_ms = midnight_utc_ms();
	if (batch && since)
		return REFUSE(x, 400, "either ?batch= or ?since= was expected");
	if (batch && strlen(batch) >= sizeof(x->batch))
		return REFUSE(x, 400, "?batch= has more than %zu bytes", sizeof(x->batch) - 1);
	if (batch)
		snprintf(x->batch, sizeof(x->batch), "%s", batch);
	else if (since && filter_time(since, &x->since_utc_ms, &err) != STATUS_OK)
		return REFUSE(x, 400, "%s", err.text);
	else if (!since)
		web_feed_batch(x->w->feed, x->batch);
	return ask(x, x->w->lookups, &x->w->lookup_rate);
}

static enum MHD_Result perform(struct exchange *x)
{
	static const char *const unit_names[] = { "q", "mac", "serial", NULL };
	static const char *const id_names[] = { "id", NULL };
	const struct web_file *file = x->route->file;

	switch (x->route->id) {
	case ROUTE_FILE:
		return send_bytes(x, 200, file->type, POLICY_PAGE, file->bytes, file->size,
				  MHD_RESPMEM_PERSISTENT);
	case ROUTE_EVENTS:
		return send_events(x);
	case ROUTE_STATE:
		return send_state(x);
	case ROUTE_REQUEST:
		return ask_request(x);
	case ROUTE_LOGIN:
		return x->is_post ? log_in(x) : send_login_state(x);
	case ROUTE_LOGOUT:
		return log_out(x);
	case ROUTE_HISTORY:
		return send_history(x);
	case ROUTE_UNIT:
		return ask_search(x, unit_names);
	case ROUTE_RUN:
	case ROUTE_RECIPE:
		return ask_search(x, id_names);
	case ROUTE_RECIPES:
		return send_recipes(x);
	case ROUTE_WORDS:
		return send_json(x, web_json_words());
	case ROUTE_REPORT:
		return ask_report(x);
	case ROUTE_HEALTH:
		return send_health(x);
	}
	return MHD_NO;
}

/* ---- may it? ---- */

static enum MHD_Result refuse_post(struct exchange *x, bool *is_refused)
{
	const char *origin = header(x, "Origin"), *site = header(x, "Sec-Fetch-Site");
	const char *type = header(x, "Content-Type");
	const char *length = header(x, "Content-Length");

	*is_refused = true;
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return REFUSE(x, 403, "another site's page may not do this");
	/* A program that is no browser sends no Origin; a session cookie alone is not enough then.
	 */
	if (origin ? !web_guard_origin(&x->w->guard, origin, header(x, "Host"))
		   : x->route->post == ACCESS_CHANGE &&
			     !web_guard_bearer(&x->w->guard, header(x, "Authorization")))
		return REFUSE(
			x, 403,
			"requests from %s are not taken: the station file's web.origins names "
			"other pages",
			origin ? origin : "a page without Origin");
	if (x->route->post == ACCESS_CHANGE && !is_trusted(x))
		return REFUSE(x, 401, "the station's token is needed for this");
	if (!type || strncasecmp(type, "application/json", 16) != 0)
		return REFUSE(x, 415, "application/json was expected");
	if (length && strtoull(length, NULL, 10) > WEB_BODY_MAX)
		return REFUSE(x, 413, "more than %d bytes", WEB_BODY_MAX);
	*is_refused = false;
	return MHD_YES;
}

static enum MHD_Result refuse(struct exchange *x, const char *url, const char *method,
			      bool *is_refused)
{
	bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	*is_refused = true;
	x->is_post = strcmp(method, "POST") == 0;
	if (!web_guard_host(&x->w->guard, header(x, "Host")))
		return REFUSE(
			x, 403,
			"this station does not go by the name in the address: use its number, "
			"or name the page in the station file's web.origins");
	if (!may_show_token(x))
		return REFUSE(x, 429, "too many tokens were tried: wait a few seconds");
	if (strlen(url) > PATH_MAX_BYTES)
		return REFUSE(x, 414, "the address is longer than any here");
	x->route = web_route_of(url);
	if (!x->route)
		return REFUSE(x, 404, "there is nothing at this address");
	if (!(is_get && x->route->methods & METHOD_GET) &&
	    !(x->is_post && x->route->methods & METHOD_POST))
		return REFUSE(x, 405, "%s is not for this method", x->route->path);
	if (x->is_post)
		return refuse_post(x, is_refused);
	if (x->route->get == ACCESS_READ && !x->w->guard.is_local && !is_trusted(x))
		return REFUSE(x, 401, "the station's token is needed to read on a network");
	*is_refused = false;
	return MHD_YES;
}

/* ---- the library's calls ---- */

static void mark_peer(struct web *w, struct MHD_Connection *connection, bool is_asking)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct peer *p = info ? info->socket_context : NULL;

	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	p->asks_since_us = is_asking ? now_us() : 0;
	pthread_mutex_unlock(&w->lock);
}

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
	result = refuse(x, url, method, &is_refused);
	if (is_refused)
		mark_peer(w, connection, false);
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
		return send_answer(x);
	if (*upload_size) {
		if (x->size + *upload_size <= WEB_BODY_MAX)
			memcpy(x->body + x->size, upload, *upload_size);
		x->size += *upload_size;
		*upload_size = 0;
		return x->size > UPLOAD_MAX ? MHD_NO : MHD_YES;
	}
	mark_peer(w, connection, false);
	if (x->size > WEB_BODY_MAX)
		return REFUSE(x, 413, "more than %d bytes", WEB_BODY_MAX);
	return perform(x);
}

static void completed(void *ctx, struct MHD_Connection *connection, void **exchange,
		      enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *exchange;

	(void)why;
	mark_peer(ctx, connection, true);
	if (!x)
		return;
	textbuf_release(&x->answer.body);
	free(x);
	*exchange = NULL;
}

static void connected(void *ctx, struct MHD_Connection *connection, void **peer,
		      enum MHD_ConnectionNotificationCode what)
{
	struct web *w = ctx;
	struct peer *p = *peer;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		p = calloc(1, sizeof(*p));
		*peer = p;
		if (!p || !info)
			return;
		p->fd = info->connect_fd;
		p->asks_since_us = now_us();
		pthread_mutex_lock(&w->lock);
		p->next = w->peers;
		p->at = &w->peers;
		if (p->next)
			p->next->at = &p->next;
		w->peers = p;
		pthread_mutex_unlock(&w->lock);
		return;
	}
	if (!p)
		return;
	pthread_mutex_lock(&w->lock);
	if (p->at) {
		*p->at = p->next;
		if (p->next)
			p->next->at = p->at;
	}
	pthread_mutex_unlock(&w->lock);
	free(p);
	*peer = NULL;
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
		MHD_OPTION_NOTIFY_CONNECTION, connected, w, MHD_OPTION_UNESCAPE_CALLBACK, unescape,
		w, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!w->daemon)
		return err_set(err, STATUS_USAGE,
			       "web: port %u of %s cannot be listened to: another program may have "
			       "it; another port can be named in the station file",
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
	TRY(web_worker_new(work, &w->changes, err));
	TRY(web_worker_new(work, &w->lookups, err));
	TRY(web_feed_new(woken, w, &w->feed, err));
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
	w->change_rate = (struct web_rate){ .most = 40, .per_s = 10, .at_us = now_us() };
	for (size_t i = 0; i < TRIERS; i++)
		w->tries[i] = (struct web_rate){
			.level = 10, .most = 10, .per_s = 0.5, .at_us = now_us()
		};
	w->lookup_rate = (struct web_rate){ .most = 40, .per_s = 10, .at_us = now_us() };
	w->change_rate.level = w->lookup_rate.level = 40;
	pthread_mutex_init(&w->lock, NULL);
	st = start(w, err);
	if (st) {
		web_free(w);
		return st;
	}
	*out = w;
	return STATUS_OK;
}

void web_free(struct web *w)
{
	if (!w)
		return;
	/* The library wants nobody asleep when it ends: workers wake theirs, streams are woken. */
	pthread_mutex_lock(&w->lock);
	w->is_stopping = true;
	pthread_mutex_unlock(&w->lock);
	web_worker_end(w->changes);
	web_worker_end(w->lookups);
	if (w->feed)
		woken(w);
	if (w->daemon)
		MHD_stop_daemon(w->daemon);
	web_worker_free(w->changes);
	web_worker_free(w->lookups);
	web_feed_free(w->feed);
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
