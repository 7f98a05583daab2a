/*
 * Inside the page's server: web_server.c lives, web_peers.c knows its connections, web_exchange.c
 * decides what is answered, web_send.c sends it. The one door to libmicrohttpd; nobody else
 * includes this.
 */
#ifndef STATION_WEB_INSIDE_H
#define STATION_WEB_INSIDE_H

#include "station/web/web.h"
#include "station/web/web_answers.h"
#include "station/web/web_feed.h"
#include "station/web/web_guard.h"
#include "station/web/web_json.h"
#include "station/web/web_question.h"
#include "station/web/web_routes.h"
#include "station/web/web_worker.h"

#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>

/* Addresses are told apart in so many groups: who guesses tokens locks out few others. */
#define TRIERS 64

#define STREAMS_MAX 200

#define POLICY_PAGE                                                                                \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "          \
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/* It has no script; its style stands in itself, because it is also a file to be sent around. */
#define POLICY_REPORT                                                                              \
	"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "     \
	"frame-ancestors 'none'"

#define REFUSE(x, code, ...)                                                                       \
	(web_answer_error(&(x)->answer, (code), __VA_ARGS__), web_send_answer(x))

struct web {
	const struct web_setup *setup;
	struct web_setup own_setup;
	struct web_guard guard;
	char address[200], cookie[32], remark[200];
	struct web_feed *feed;
	struct MHD_Daemon *daemon;
	struct web_worker *changes, *lookups;

	pthread_mutex_t lock; /* protects the rest, and what stands in the lists */
	pthread_cond_t rests; /* a stream has told all, or has gone */
	bool is_stopping;
	uint64_t wakes; /* new versions so far */
	struct stream *streams;
	unsigned stream_count;
	struct peer *peers;
	unsigned peer_count; /* those that were cut are no more counted */
	struct web_rate change_rate, lookup_rate;
	struct web_rate tries[TRIERS]; /* of tokens, for each group of addresses */
};

enum peer_state {
	PEER_ASKS, /* it has to say something: its first request, the rest of one, the next */
	PEER_IS_ANSWERED,
	PEER_WATCHES,
};

/* A connection, as long as it is open. */
struct peer {
	struct peer *next, **at;
	int fd;
	enum peer_state state;
	uint64_t since_us; /* it is in that state */
	bool is_cut;       /* and counts no more */
};

/* A browser that watches. */
struct stream {
	struct web *w;
	struct MHD_Connection *connection;
	struct stream *next, **at;
	bool is_asleep;
	bool is_trusted; /* it has shown the token */
	bool is_cut;     /* another one has its place */
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

/* ---- web_server.c ---- */

uint64_t web_now_us(void);
const char *web_header(const struct exchange *x, const char *name);
const char *web_argument(const struct exchange *x, const char *name);

/* ---- web_peers.c ---- */

/* MHD_OPTION_NOTIFY_CONNECTION: when there are too many, the one that has asked longest is cut. */
void web_peer_connected(void *ctx, struct MHD_Connection *connection, void **peer,
			enum MHD_ConnectionNotificationCode what);
/* NULL: there was no memory for it. */
struct peer *web_peer_of(struct MHD_Connection *connection);
void web_peer_is(struct web *w, struct MHD_Connection *connection, enum peer_state state);
/* With w->lock held. */
void web_peer_cut(struct web *w, struct peer *p);
/* Those who take too long to ask. With w->lock held. */
void web_peers_cut_slow(struct web *w);

/* ---- web_send.c ---- */

enum MHD_Result web_send_bytes(struct exchange *x, unsigned code, const char *type,
			       const char *policy, const void *bytes, size_t size,
			       enum MHD_ResponseMemoryMode mode);
enum MHD_Result web_send_answer(struct exchange *x);
enum MHD_Result web_send_json(struct exchange *x, json_t *object);
enum MHD_Result web_send_events(struct exchange *x);
/* On the feed's thread. */
void web_woken(void *ctx);

/* ---- web_exchange.c ---- */

/* Has it shown the token, or a session that was given for it? */
bool web_is_trusted(const struct exchange *x);
void web_work(void *job);
enum MHD_Result web_perform(struct exchange *x);
enum MHD_Result web_refuse(struct exchange *x, const char *url, const char *method,
			   bool *is_refused);

#endif
