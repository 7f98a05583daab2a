/* What is asked of the page's server: who may, and what the answer is. */
#include "station/web/web_inside.h"

#include "station/json.h"

#include "db/query.h"
#include "engine/base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define ANSWER_MS 3000 /* that a request to the line is waited for */
#define PATH_MAX_BYTES 512

/* ---- what takes long: on a worker's thread ---- */

static void do_request(struct exchange *x)
{
	struct said said = { .code = SAID_TEXT };
	enum status st = requests_put(x->w->setup->requests, &x->request, ANSWER_MS, &said);
	json_t *object = json_object();

	json_object_set_new(object, st == STATUS_OK ? "answer" : "error", json_text(said.text));
	web_json_said(&said, object);
	web_answer_json(&x->answer,
			st == STATUS_OK          ? 200
			: st == STATUS_NO_ANSWER ? 504
			: st == STATUS_CANCELLED ? 503
						 : 409,
			object);
}

void web_work(void *job)
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
	may = web_rate_take(rate, web_now_us());
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

bool web_is_trusted(const struct exchange *x)
{
	return web_guard_bearer(&x->w->guard, web_header(x, "Authorization")) || has_session(x);
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
	const char *authorization = web_header(x, "Authorization");
	struct web *w = x->w;
	bool may;

	/* A password of the reverse proxy's ("Basic ...") is no token. */
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return true;
	pthread_mutex_lock(&w->lock);
	may = web_guard_bearer(&w->guard, authorization) ? web_rate_has(tries_of(x), web_now_us())
							 : web_rate_take(tries_of(x), web_now_us());
	pthread_mutex_unlock(&w->lock);
	return may;
}

static enum MHD_Result send_login_state(struct exchange *x)
{
	json_t *object = json_object();
	bool is_in = web_is_trusted(x);

	json_object_set_new(object, "in", json_boolean(is_in));
	json_object_set_new(object, "may_read", json_boolean(is_in || x->w->guard.is_local));
	return web_send_json(x, object);
}

static void set_cookie(struct exchange *x, const char *session, int age_s)
{
	const char *origin = web_header(x, "Origin");
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
	return web_send_json(x, object);
}

static enum MHD_Result log_out(struct exchange *x)
{
	json_t *object = json_object();

	set_cookie(x, "", 0);
	json_object_set_new(object, "in", json_false());
	return web_send_json(x, object);
}

static enum MHD_Result send_state(struct exchange *x)
{
	struct web_text *text = web_feed_state(x->w->feed);
	enum MHD_Result result;

	if (!text)
		return REFUSE(x, 500, "no memory for the state");
	result = web_send_bytes(x, 200, "application/json", POLICY_PAGE, text->bytes, text->size,
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

	if (!web_question_number(web_argument(x, "slot"), &number))
		return REFUSE(x, 400, "?slot=N was expected, the number on the fixture");
	slot = malloc(sizeof(*slot));
	if (!slot)
		return REFUSE(x, 500, "no memory for a slot's history");
	object = web_feed_slot(x->w->feed, number, slot, &index) ? web_json_history(slot) : NULL;
	free(slot);
	return object ? web_send_json(x, object) : REFUSE(x, 404, "there is no slot %u", number);
}

static enum MHD_Result send_recipes(struct exchange *x)
{
	const struct web_setup *setup = x->w->setup;
	json_t *object = json_object(), *list = json_array();

	for (size_t i = 0; i < setup->recipe_count; i++)
		json_array_append_new(list, json_text(setup->recipes[i]));
	json_object_set_new(object, "recipes", list);
	return web_send_json(x, object);
}

static enum MHD_Result send_health(struct exchange *x)
{
	json_t *object = json_object();

	json_object_set_new(object, "ok", json_true());
	json_object_set_new(object, "silent_ms",
			    json_integer((json_int_t)web_feed_silent_ms(x->w->feed)));
	return web_send_json(x, object);
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
		if (web_question_search(web_argument(x, *names), x->search))
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
	const char *batch = web_argument(x, "batch"), *since = web_argument(x, "since");
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

enum MHD_Result web_perform(struct exchange *x)
{
	static const char *const unit_names[] = { "q", "mac", "serial", NULL };
	static const char *const id_names[] = { "id", NULL };
	const struct web_file *file = x->route->file;

	switch (x->route->id) {
	case ROUTE_FILE:
		return web_send_bytes(x, 200, file->type, POLICY_PAGE, file->bytes, file->size,
				      MHD_RESPMEM_PERSISTENT);
	case ROUTE_EVENTS:
		return web_send_events(x);
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
		return web_send_json(x, web_json_words());
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
	const char *origin = web_header(x, "Origin"), *site = web_header(x, "Sec-Fetch-Site");
	const char *type = web_header(x, "Content-Type");
	const char *length = web_header(x, "Content-Length");

	*is_refused = true;
	if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
		return REFUSE(x, 403, "another site's page may not do this");
	/* A program that is no browser sends no Origin; a session cookie alone is not enough then.
	 */
	if (origin ? !web_guard_origin(&x->w->guard, origin, web_header(x, "Host"))
		   : x->route->post == ACCESS_CHANGE &&
			     !web_guard_bearer(&x->w->guard, web_header(x, "Authorization")))
		return REFUSE(
			x, 403,
			"requests from %s are not taken: the station file's web.origins names "
			"other pages",
			origin ? origin : "a page without Origin");
	if (x->route->post == ACCESS_CHANGE && !web_is_trusted(x))
		return REFUSE(x, 401, "the station's token is needed for this");
	if (!type || strncasecmp(type, "application/json", 16) != 0)
		return REFUSE(x, 415, "application/json was expected");
	if (length && strtoull(length, NULL, 10) > WEB_BODY_MAX)
		return REFUSE(x, 413, "more than %d bytes", WEB_BODY_MAX);
	*is_refused = false;
	return MHD_YES;
}

enum MHD_Result web_refuse(struct exchange *x, const char *url, const char *method,
			   bool *is_refused)
{
	bool is_get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	*is_refused = true;
	x->is_post = strcmp(method, "POST") == 0;
	if (!web_guard_host(&x->w->guard, web_header(x, "Host")))
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
	if (x->route->get == ACCESS_READ && !x->w->guard.is_local && !web_is_trusted(x))
		return REFUSE(x, 401, "the station's token is needed to read on a network");
	*is_refused = false;
	return MHD_YES;
}
