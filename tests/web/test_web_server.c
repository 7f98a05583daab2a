/*
 * The page's server over real sockets: what it hands out, to whom, and what it refuses. A made-up
 * line stands behind it; what is asked of it is answered by a thread in place of the owner.
 */
#include "tests/web/http.h"
#include "tests/web/made_up_line.h"
#include "tests/web/prelude.h"

#include "station/web/web.h"
#include "station/web/web_routes.h"

#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN "q1W2e3R4t5Y6u7I8o9P0aZ"
#define JSON "Content-Type: application/json\r\n"
#define BEARER "Authorization: Bearer " TOKEN "\r\n"

struct world {
	struct made_up_line line;
	struct station_web station;
	char token_file[64];
	struct requests *requests;
	struct web *web;
	struct view view;
	unsigned port;
	char host[80]; /* "Host: 127.0.0.1:4711\r\n" */
	pthread_t owner;
	atomic_bool is_over;
	struct request last; /* of the owner's; read once it was answered */
};

/* In place of the owner loop: does nothing, and says so. */
static void *own(void *arg)
{
	struct world *w = arg;
	struct pollfd wait = { .fd = requests_fd(w->requests), .events = POLLIN };

	while (!atomic_load(&w->is_over)) {
		uint64_t ticket;

		poll(&wait, 1, 50);
		while (requests_take(w->requests, &w->last, &ticket)) {
			const bool is_refused = strcmp(w->last.text, "refuse") == 0;
			struct said said;

			said_set(&said, SAID_TEXT, "%s", is_refused ? "not this one" : "done");
			if (w->last.kind == REQUEST_SCAN && !is_refused)
				said_set(&said, SAID_SLOT_GETS, "7" SAID_NEXT "%s", w->last.text);
			requests_answer(w->requests, ticket, is_refused ? STATUS_USAGE : STATUS_OK,
					&said);
		}
	}
	return NULL;
}

static void show(struct world *w)
{
	w->view.tick(w->view.ctx, &w->line.snapshot);
}

static void serve(struct world *w)
{
	const struct web_setup setup = { .station = &w->station, .requests = w->requests };
	struct err err;

	if (web_new(&setup, &w->web, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	w->view = web_view(w->web);
	assert_int_equal(sscanf(web_address(w->web), "http://%*[0-9.]:%u/", &w->port), 1);
	snprintf(w->host, sizeof(w->host), "Host: 127.0.0.1:%u\r\n", w->port);
	show(w);
}

static int set_up_at(void **state, const char *listen)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd;

	made_up_init(&w->line, 64, 8);
	made_up_shift(&w->line);
	snprintf(w->token_file, sizeof(w->token_file), "/tmp/flashline-web-XXXXXX");
	fd = mkstemp(w->token_file);
	assert_int_equal(write(fd, TOKEN "\n", sizeof(TOKEN)), sizeof(TOKEN));
	close(fd);
	w->station = (struct station_web){ .is_on = true,
					   .listen = listen,
					   .token_file = w->token_file,
					   .origins = { "https://line3.example" },
					   .origin_count = 1 };
	w->requests = requests_new();
	assert_non_null(w->requests);
	assert_int_equal(pthread_create(&w->owner, NULL, own, w), 0);
	serve(w);
	*state = w;
	return 0;
}

static int set_up(void **state)
{
	return set_up_at(state, "127.0.0.1");
}

static int set_up_on_network(void **state)
{
	return set_up_at(state, "0.0.0.0");
}

static int tear_down(void **state)
{
	struct world *w = *state;

	web_free(w->web);
	atomic_store(&w->is_over, true);
	pthread_join(w->owner, NULL);
	requests_free(w->requests);
	unlink(w->token_file);
	free(w);
	return 0;
}

static struct http_reply ask(struct world *w, const char *method, const char *path,
			     const char *headers, const char *body)
{
	char all[600];

	snprintf(all, sizeof(all), "%s%s", w->host, headers);
	return http_ask(w->port, method, path, all, body);
}

/* The same, of which only the code counts. */
static int code_of(struct world *w, const char *method, const char *path, const char *headers,
		   const char *body)
{
	struct http_reply r = ask(w, method, path, headers, body);
	int code = r.code;

	http_release(&r);
	return code;
}

#define RETEST "{\"request\": \"retest\", \"slot\": 7}"

/* ---- what is there ---- */

static void the_page_and_its_files_are_handed_out_with_a_strict_policy(void **state)
{
	struct world *w = *state;

	assert_non_null(web_route_of("/"));
	assert_non_null(web_route_of("/page.js"));
	for (size_t i = 0; i < web_file_route_count; i++) {
		const char *path = web_file_routes[i].path;
		struct http_reply r = ask(w, "GET", path, "", NULL);

		assert_int_equal(r.code, 200);
		assert_true(http_has(&r, "Content-Type",
				     strstr(path, ".js")    ? "text/javascript"
				     : strstr(path, ".css") ? "text/css"
							    : "text/html"));
		assert_true(http_has(&r, "Content-Security-Policy", "default-src 'none'"));
		assert_true(http_has(&r, "Content-Security-Policy", "frame-ancestors 'none'"));
		assert_false(http_has(&r, "Content-Security-Policy", "unsafe"));
		assert_true(http_has(&r, "X-Content-Type-Options", "nosniff"));
		assert_true(http_has(&r, "Referrer-Policy", "no-referrer"));
		assert_true(http_has(&r, "Cache-Control", "no-store"));
		assert_true(strlen(r.body) > 100);
		http_release(&r);
	}
}

static void the_state_is_one_json_object_with_every_slot(void **state)
{
	struct world *w = *state;
	struct http_reply r;
	json_t *o = NULL;

	/* The feed's thread renders it soon after the first tick. */
	do {
		json_decref(o);
		r = ask(w, "GET", "/api/state", "", NULL);
		assert_int_equal(r.code, 200);
		o = json_loads(r.body, 0, NULL);
		assert_non_null(o);
		http_release(&r);
	} while (json_array_size(json_object_get(o, "tiles")) < 64 ||
		 !json_string_value(json_object_get(json_object_get(o, "head"), "station")));
	assert_int_equal(json_array_size(json_object_get(o, "live")), 64);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(o, "head"), "station")),
		"line-3");
	json_decref(o);
}

static void a_slot_tells_its_history_by_its_number(void **state)
{
	struct world *w = *state;
	struct http_reply r = ask(w, "GET", "/api/history?slot=19", "", NULL);
	json_t *o = json_loads(r.body, 0, NULL);

	assert_int_equal(r.code, 200);
	assert_int_equal(json_integer_value(json_object_get(o, "n")), 19);
	assert_string_equal(json_string_value(json_object_get(o, "code")), "MD5_MISMATCH");
	assert_true(json_array_size(json_object_get(o, "past")) >= 4);
	json_decref(o);
	http_release(&r);
	assert_int_equal(code_of(w, "GET", "/api/history?slot=65", "", NULL), 404);
	assert_int_equal(code_of(w, "GET", "/api/history?slot=0", "", NULL), 400);
	assert_int_equal(code_of(w, "GET", "/api/history?slot=1%00", "", NULL), 400);
	assert_int_equal(code_of(w, "GET", "/api/history", "", NULL), 400);
}

static void without_records_what_needs_them_says_so(void **state)
{
	struct world *w = *state;
	struct http_reply r = ask(w, "GET", "/api/unit?q=M5C2-000418", "", NULL);

	assert_int_equal(r.code, 404);
	assert_non_null(strstr(r.body, "nothing is recorded"));
	http_release(&r);
	assert_int_equal(code_of(w, "GET", "/report", "", NULL), 404);
	assert_int_equal(code_of(w, "GET", "/api/unit?q=ab", "", NULL), 400);
	assert_int_equal(code_of(w, "GET", "/report?batch=a&since=2026-11-22", "", NULL), 400);
	assert_int_equal(code_of(w, "GET", "/report?since=yesterday", "", NULL), 400);
}

static void what_is_not_there_is_not_found_and_no_path_leads_out(void **state)
{
	static const char *const paths[] = { "/nothing",
					     "/page.html",
					     "/style.css/",
					     "//",
					     "/../../etc/passwd",
					     "/%2e%2e/%2e%2e/etc/passwd",
					     "/page.js%00.html",
					     "/api",
					     "/api/",
					     "/API/STATE",
					     "/recipe",
					     "/station/web/web.h" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		int code = code_of(w, "GET", paths[i], "", NULL);

		if (code != 404)
			fail_msg("%s: %d", paths[i], code);
	}
}

static void a_method_that_an_address_has_not_is_told_with_those_it_has(void **state)
{
	struct world *w = *state;
	struct http_reply r = ask(w, "POST", "/", JSON BEARER, "{}");

	assert_int_equal(r.code, 405);
	assert_true(http_has(&r, "Allow", "GET, HEAD"));
	http_release(&r);
	r = ask(w, "GET", "/api/request", "", NULL);
	assert_int_equal(r.code, 405);
	assert_true(http_has(&r, "Allow", "POST"));
	http_release(&r);
	assert_int_equal(code_of(w, "PUT", "/api/state", BEARER, "{}"), 405);
	assert_int_equal(code_of(w, "DELETE", "/api/state", BEARER, NULL), 405);
	assert_int_equal(code_of(w, "OPTIONS", "/api/request", "", NULL), 405);
	r = ask(w, "HEAD", "/style.css", "", NULL);
	assert_int_equal(r.code, 200);
	assert_string_equal(r.body, "");
	http_release(&r);
}

/* ---- who may ---- */

static void nothing_is_changed_without_the_token(void **state)
{
	struct world *w = *state;

	assert_int_equal(code_of(w, "POST", "/api/request", JSON, RETEST), 403);
	assert_int_equal(code_of(w, "POST", "/api/request",
				 JSON "Authorization: Bearer q1W2e3R4t5Y6u7I8o9P0aX\r\n", RETEST),
			 403);
	assert_int_equal(code_of(w, "POST", "/api/request?token=" TOKEN, JSON, RETEST), 403);
	assert_int_equal(code_of(w, "POST", "/api/request", JSON BEARER, RETEST), 200);
	assert_int_equal(w->last.kind, REQUEST_RETEST);
	assert_int_equal(w->last.slot, 6);
}

static void another_sites_page_changes_nothing_even_with_a_session(void **state)
{
	static const char *const bad[] = {
		"Origin: http://evil.example\r\n",
		"Origin: null\r\n",
		"Origin: http://127.0.0.1:1\r\n",
		"Origin: https://line3.example\r\nSec-Fetch-Site: cross-site\r\n",
		"Origin: http://line3.example\r\n",
		"Sec-Fetch-Site: cross-site\r\n",
		"Sec-Fetch-Site: same-site\r\n",
		"",
	};
	struct world *w = *state;
	char cookie[300], own_page[500];
	struct http_reply r;
	char *at;

	r = ask(w, "POST", "/api/login", JSON, "{\"token\": \"" TOKEN "\"}");
	assert_int_equal(r.code, 200);
	assert_true(http_has(&r, "Set-Cookie", "HttpOnly"));
	assert_true(http_has(&r, "Set-Cookie", "SameSite=Strict"));
	assert_null(strstr(r.text, TOKEN));
	at = strstr(r.text, "flashline_");
	assert_non_null(at);
	snprintf(cookie, sizeof(cookie), "Cookie: %.*s\r\n", (int)strcspn(at, ";"), at);
	http_release(&r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char headers[500];
		int code;

		snprintf(headers, sizeof(headers), JSON "%s%s", cookie, bad[i]);
		code = code_of(w, "POST", "/api/request", headers, RETEST);
		if (code != 403)
			fail_msg("%s was let in: %d", bad[i], code);
	}
	snprintf(own_page, sizeof(own_page), JSON "%sOrigin: http://127.0.0.1:%u\r\n", cookie,
		 w->port);
	assert_int_equal(code_of(w, "POST", "/api/request", own_page, RETEST), 200);
	snprintf(own_page, sizeof(own_page), JSON "%sOrigin: https://line3.example\r\n", cookie);
	assert_int_equal(code_of(w, "POST", "/api/request", own_page, RETEST), 200);
}

static void a_form_of_another_page_cannot_be_a_request(void **state)
{
	struct world *w = *state;

	assert_int_equal(
		code_of(w, "POST", "/api/request", BEARER "Content-Type: text/plain\r\n", RETEST),
		415);
	assert_int_equal(code_of(w, "POST", "/api/request",
				 BEARER "Content-Type: application/x-www-form-urlencoded\r\n",
				 "request=retest"),
			 415);
	assert_int_equal(code_of(w, "POST", "/api/request", BEARER, RETEST), 415);
}

static void a_name_that_was_led_here_is_refused(void **state)
{
	struct world *w = *state;
	struct http_reply r =
		http_ask(w->port, "GET", "/api/state", "Host: evil.example\r\n", NULL);

	assert_int_equal(r.code, 403);
	assert_null(strstr(r.body, "line-3"));
	http_release(&r);
	r = http_ask(w->port, "GET", "/", "Host: evil.example:8320\r\n", NULL);
	assert_int_equal(r.code, 403);
	http_release(&r);
	r = http_ask(w->port, "GET", "/api/state", "Host: line3.example\r\n", NULL);
	assert_int_equal(r.code, 200);
	http_release(&r);
	/* HTTP/1.1 without Host. */
	r = http_ask(w->port, "GET", "/api/state", "", NULL);
	assert_true(r.code == 400 || r.code == 403);
	http_release(&r);
}

static void tokens_cannot_be_tried_out_quickly(void **state)
{
	struct world *w = *state;
	int code = 0;

	for (unsigned i = 0; i < 12 && code != 429; i++)
		code = code_of(w, "POST", "/api/login", JSON, "{\"token\": \"guess\"}");
	assert_int_equal(code, 429);
}

static void tokens_in_a_header_cannot_be_tried_out_quickly_either(void **state)
{
	struct world *w = *state;
	int code = 0;

	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(
			code_of(w, "GET", "/api/login", "Authorization: Basic a2lt\r\n", NULL),
			200);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(code_of(w, "GET", "/api/login", BEARER, NULL), 200);
	for (unsigned i = 0; i < 12 && code != 429; i++)
		code = code_of(w, "GET", "/api/login", "Authorization: Bearer guess\r\n", NULL);
	assert_int_equal(code, 429);
	/* The right one would be told from the others by its answer. */
	assert_int_equal(code_of(w, "GET", "/api/login", BEARER, NULL), 429);
	assert_int_equal(code_of(w, "GET", "/api/state", "", NULL), 200);
}

static void on_a_network_reading_needs_the_token_too(void **state)
{
	static const char *const data[] = {
		"/api/state",      "/events",         "/api/history?slot=1",
		"/api/unit?q=abc", "/api/run?id=abc", "/api/recipe?id=abc",
		"/report"
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		int code = code_of(w, "GET", data[i], "", NULL);

		if (code != 401)
			fail_msg("%s: %d without a token", data[i], code);
	}
	assert_int_equal(code_of(w, "GET", "/", "", NULL), 200);
	assert_int_equal(code_of(w, "GET", "/healthz", "", NULL), 200);
	assert_int_equal(code_of(w, "GET", "/api/state", BEARER, NULL), 200);
	assert_non_null(web_remark(w->web));
	assert_non_null(strstr(web_remark(w->web), "reverse proxy"));
	assert_null(strstr(web_address(w->web), TOKEN));
}

static void on_a_network_without_a_token_file_it_does_not_start(void **state)
{
	const struct station_web station = { .is_on = true, .listen = "0.0.0.0" };
	const struct station_web elsewhere = { .is_on = true, .listen = "somewhere" };
	struct web_setup setup = { .station = &station };
	struct web *web;
	struct err err;

	(void)state;
	assert_int_equal(web_new(&setup, &web, &err), STATUS_USAGE);
	assert_null(web);
	assert_non_null(strstr(err.text, "token_file"));
	assert_non_null(strstr(err.text, "/dev/urandom"));
	setup.station = &elsewhere;
	assert_int_equal(web_new(&setup, &web, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "127.0.0.1"));
}

static void a_token_made_for_this_start_stands_behind_the_address(void **state)
{
	struct station_web station = { .is_on = true, .listen = "127.0.0.1" };
	const struct web_setup setup = { .station = &station };
	struct web *web, *second;
	struct err err;
	unsigned port;
	char token[64];

	(void)state;
	assert_int_equal(web_new(&setup, &web, &err), STATUS_OK);
	assert_int_equal(sscanf(web_address(web), "http://127.0.0.1:%u/#token=%63s", &port, token),
			 2);
	assert_int_equal(strlen(token), 32);
	assert_null(web_remark(web));
	/* The port is taken. */
	station.port = port;
	assert_int_equal(web_new(&setup, &second, &err), STATUS_USAGE);
	assert_non_null(strstr(err.text, "another port"));
	web_free(web);
}

/* ---- what is too much ---- */

static void a_body_has_its_limit(void **state)
{
	static const char chunked[] = "POST /api/request HTTP/1.1\r\n%s" JSON BEARER
				      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
	struct world *w = *state;
	char *body = calloc(1, 5001), text[600];
	struct http_reply r;
	int fd;

	memset(body, ' ', 5000);
	assert_int_equal(code_of(w, "POST", "/api/request", JSON BEARER, body), 413);
	/* Without saying how much it will be. */
	fd = http_connect(w->port);
	snprintf(text, sizeof(text), chunked, w->host);
	http_send(fd, text, strlen(text));
	http_send(fd, "1388\r\n", 6);
	http_send(fd, body, 5000);
	http_send(fd, "\r\n0\r\n\r\n", 7);
	r = http_read(fd);
	assert_int_equal(r.code, 413);
	http_release(&r);
	close(fd);
	free(body);
}

static void an_address_has_its_limit(void **state)
{
	struct world *w = *state;
	char path[3000];
	int code;

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	code = code_of(w, "GET", path, "", NULL);
	assert_int_equal(code, 414);
}

static void what_is_no_http_is_cut_or_refused(void **state)
{
	static const char *const nonsense[] = {
		"\r\n\r\n\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"\x16\x03\x01\x02\x01\x01\xfc\r\n\r\n",
		"POST /api/request HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
		"POST /api/request HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		char answer[200] = "";
		int fd = http_connect(w->port);

		http_send(fd, nonsense[i], strlen(nonsense[i]));
		shutdown(fd, SHUT_WR);
		/* Others are served meanwhile; what came until then, if anything, is no success. */
		assert_int_equal(code_of(w, "GET", "/healthz", "", NULL), 200);
		(void)recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
		if (strstr(answer, " 200 "))
			fail_msg("%s was answered: %s", nonsense[i], answer);
		close(fd);
	}
}

/* ---- requests ---- */

static void a_request_is_answered_with_what_the_line_said(void **state)
{
	struct world *w = *state;
	struct http_reply r = ask(w, "POST", "/api/request", JSON BEARER,
				  "{\"request\": \"scan\", \"text\": \"M5C2-000418\"}");

	assert_int_equal(r.code, 200);
	assert_non_null(strstr(r.body, "\"answer\":\"slot 7: its unit gets M5C2-000418\""));
	assert_non_null(strstr(r.body, "\"code\":\"SLOT_GETS\""));
	assert_non_null(strstr(r.body, "{\"slot\":\"7\",\"serial\":\"M5C2-000418\"}"));
	http_release(&r);
	r = ask(w, "POST", "/api/request", JSON BEARER,
		"{\"request\": \"scan\", \"text\": \"refuse\"}");
	assert_int_equal(r.code, 409);
	assert_non_null(strstr(r.body, "\"error\":\"not this one\""));
	assert_null(strstr(r.body, "\"code\""));
	http_release(&r);
	assert_int_equal(code_of(w, "POST", "/api/request", JSON BEARER,
				 "{\"request\": \"retest\", \"slot\": 99}"),
			 404);
	assert_int_equal(
		code_of(w, "POST", "/api/request", JSON BEARER, "{\"request\": \"flash\"}"), 400);
	assert_int_equal(code_of(w, "POST", "/api/request", JSON BEARER, "nonsense"), 400);
}

static void nobody_can_flood_the_line(void **state)
{
	struct world *w = *state;
	int code = 0;

	for (unsigned i = 0; i < 2000 && code != 429; i++)
		code = code_of(w, "POST", "/api/request", JSON BEARER, RETEST);
	assert_int_equal(code, 429);
}

/* ---- the events ---- */

static int watch_as(struct world *w, const char *headers)
{
	char text[300];
	int fd = http_connect(w->port);

	/* 1.0, which knows no chunks: what is said is what is read. */
	snprintf(text, sizeof(text), "GET /events HTTP/1.0\r\n%s%s\r\n", w->host, headers);
	http_send(fd, text, strlen(text));
	return fd;
}

static int watch(struct world *w)
{
	return watch_as(w, BEARER);
}

static void a_browser_is_sent_everything_first_and_then_what_changes(void **state)
{
	struct world *w = *state;
	int fd;
	char *text, *kept = NULL;

	/* It is rendered: a browser that comes now has all of it in the first event. */
	do {
		struct http_reply r = ask(w, "GET", "/api/state", "", NULL);

		text = strdup(r.body);
		http_release(&r);
		if (strstr(text, "\"n\":64"))
			break;
		free(text);
	} while (true);
	free(text);
	fd = watch(w);
	text = http_read_event(fd, &kept, "\"full\":true");
	assert_non_null(strstr(text, "text/event-stream"));
	assert_non_null(strstr(text, "\"n\":64,\"state\""));
	free(text);
	made_up_result(&w->line, 7, STATUS_WRONG_CHIP, "told by the test");
	show(w);
	text = http_read_event(fd, &kept, "told by the test");
	assert_non_null(strstr(text, "\"full\":false"));
	assert_null(strstr(text, "\"n\":64"));
	free(text);
	free(kept);
	close(fd);
}

static void a_browser_that_does_not_read_holds_up_nobody(void **state)
{
	struct world *w = *state;
	int stuck = watch(w), small = 4096;
	char *text;

	setsockopt(stuck, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (unsigned i = 0; i < 2000; i++) {
		made_up_work(&w->line, i % 64, STEP_WRITE, i % 100);
		show(w);
	}
	made_up_result(&w->line, 3, STATUS_OK, "after all of it");
	show(w);
	{
		int fd = watch(w);

		text = http_read_until(fd, "after all of it");
		close(fd);
	}
	free(text);
	close(stuck);
}

static void the_201st_browser_is_refused_with_a_sentence(void **state)
{
	struct world *w = *state;
	int fds[200];
	struct http_reply r;

	for (unsigned i = 0; i < 200; i++) {
		char *text;

		fds[i] = watch(w);
		text = http_read_until(fds[i], "\r\n\r\n");
		assert_non_null(strstr(text, " 200 "));
		free(text);
	}
	r = ask(w, "GET", "/events", BEARER, NULL);
	assert_int_equal(r.code, 503);
	assert_non_null(strstr(r.body, "200 browsers are watching"));
	http_release(&r);
	/* And everybody else can still ask. */
	assert_int_equal(code_of(w, "GET", "/api/state", "", NULL), 200);
	for (unsigned i = 0; i < 200; i++)
		close(fds[i]);
}

static void a_stranger_who_watches_makes_room_for_the_next_but_no_one_with_the_token(void **state)
{
	struct world *w = *state;
	char *text, *kept = NULL;
	struct http_reply r;
	int known, fds[200];

	known = watch(w);
	free(http_read_event(known, &kept, "\"full\":true"));
	for (unsigned i = 0; i < 200; i++) {
		fds[i] = watch_as(w, "");
		text = http_read_until(fds[i], "\r\n\r\n");
		assert_non_null(strstr(text, " 200 "));
		free(text);
	}
	/* The first of them has lost its place to the last one. */
	r = http_read(fds[0]);
	http_release(&r);
	made_up_result(&w->line, 7, STATUS_WRONG_CHIP, "told by the test");
	show(w);
	free(http_read_event(known, &kept, "told by the test"));
	free(kept);
	close(known);
	for (unsigned i = 0; i < 200; i++)
		close(fds[i]);
}

/* Longer than the test's client waits, if all of them had to be waited for. */
#define NEVER_ENDING 700

static void who_never_ends_his_request_keeps_nobody_out(void **state)
{
	static const char *const begun[] = { "", "GET /ev", "GET / HTTP/1.1\r\nHost: a\r\n",
					     "POST /api/request HTTP/1.1\r\nContent-Le" };
	struct world *w = *state;
	struct rlimit files;
	int fds[NEVER_ENDING], fd;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	for (unsigned i = 0; i < NEVER_ENDING; i++) {
		const char *text = begun[i % (sizeof(begun) / sizeof(begun[0]))];

		fds[i] = http_connect(w->port);
		(void)send(fds[i], text, strlen(text), MSG_NOSIGNAL);
	}
	assert_int_equal(code_of(w, "GET", "/healthz", "", NULL), 200);
	assert_int_equal(code_of(w, "GET", "/", "", NULL), 200);
	fd = watch_as(w, "");
	free(http_read_until(fd, "\"full\":true"));
	close(fd);
	for (unsigned i = 0; i < NEVER_ENDING; i++)
		close(fds[i]);
}

static void what_a_unit_said_stays_text_in_json(void **state)
{
	struct world *w = *state;
	char *text, *kept = NULL;
	int fd = watch(w);

	made_up_result(&w->line, 0, STATUS_BOOT_TEXT_REJECTED,
		       "</script><img src=x onerror=alert(1)>\"\n\x1b[2J\xff data: x\n\ndata: {}");
	show(w);
	text = http_read_event(fd, &kept, "BOOT_TEXT_REJECTED");
	assert_non_null(strstr(text, "onerror=alert(1)>\\\"?"));
	assert_null(strstr(text, "\x1b"));
	assert_null(strstr(text, "\xff"));
	assert_null(strstr(text, "\ndata: {}"));
	free(text);
	free(kept);
	close(fd);
}

static void a_batch_that_is_too_long_is_not_answered_with_another_ones_report(void **state)
{
	char path[200];

	snprintf(path, sizeof(path), "/report?batch=%0150d", 7);
	assert_int_equal(code_of(*state, "GET", path, "", NULL), 400);
}

static void who_watches_is_told_that_the_station_has_ended(void **state)
{
	const struct event end = { .kind = EVENT_SUMMARY };
	struct world *w = *state;
	char *kept = NULL;
	int fd = watch(w);

	free(http_read_event(fd, &kept, "\"full\":true"));
	w->view.event(w->view.ctx, &w->line.snapshot, &end);
	web_free(w->web);
	free(http_read_event(fd, &kept, "\"ended\":true"));
	free(kept);
	close(fd);
	serve(w);
}

static void ending_does_not_wait_for_those_who_watch(void **state)
{
	struct world *w = *state;
	int fds[20];

	for (unsigned i = 0; i < 20; i++) {
		fds[i] = watch(w);
		free(http_read_until(fds[i], "\r\n\r\n"));
	}
	web_free(w->web);
	for (unsigned i = 0; i < 20; i++) {
		struct http_reply r = http_read(fds[i]);

		/* It was closed: reading has come to its end. */
		http_release(&r);
		close(fds[i]);
	}
	serve(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_page_and_its_files_are_handed_out_with_a_strict_policy),
		TEST(the_state_is_one_json_object_with_every_slot),
		TEST(a_slot_tells_its_history_by_its_number),
		TEST(without_records_what_needs_them_says_so),
		TEST(what_is_not_there_is_not_found_and_no_path_leads_out),
		TEST(a_method_that_an_address_has_not_is_told_with_those_it_has),
		TEST(nothing_is_changed_without_the_token),
		TEST(another_sites_page_changes_nothing_even_with_a_session),
		TEST(a_form_of_another_page_cannot_be_a_request),
		TEST(a_name_that_was_led_here_is_refused),
		TEST(tokens_cannot_be_tried_out_quickly),
		TEST(tokens_in_a_header_cannot_be_tried_out_quickly_either),
		cmocka_unit_test_setup_teardown(on_a_network_reading_needs_the_token_too,
						set_up_on_network, tear_down),
		cmocka_unit_test(on_a_network_without_a_token_file_it_does_not_start),
		cmocka_unit_test(a_token_made_for_this_start_stands_behind_the_address),
		TEST(a_body_has_its_limit),
		TEST(an_address_has_its_limit),
		TEST(what_is_no_http_is_cut_or_refused),
		TEST(a_request_is_answered_with_what_the_line_said),
		TEST(nobody_can_flood_the_line),
		TEST(a_browser_is_sent_everything_first_and_then_what_changes),
		TEST(a_browser_that_does_not_read_holds_up_nobody),
		TEST(the_201st_browser_is_refused_with_a_sentence),
		TEST(a_stranger_who_watches_makes_room_for_the_next_but_no_one_with_the_token),
		TEST(who_never_ends_his_request_keeps_nobody_out),
		TEST(what_a_unit_said_stays_text_in_json),
		TEST(a_batch_that_is_too_long_is_not_answered_with_another_ones_report),
		TEST(who_watches_is_told_that_the_station_has_ended),
		TEST(ending_does_not_wait_for_those_who_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
