/*
 * Who may read and who may change: the rules of the page's server. Pure but for reading the
 * token's file.
 *
 * Who changes something shows the token: in a header (Authorization: Bearer), or by a session
 * cookie that was given for it. A session is no state of the server: it is the time it ends and
 * a digest of that with the token, so that it outlives a restart and ends with the token.
 */
#ifndef STATION_WEB_WEB_GUARD_H
#define STATION_WEB_WEB_GUARD_H

#include "station/line/station_file.h"

#include "engine/base/digest.h"
#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEB_TOKEN_BYTES 513
/* Base64 of 16 random bytes, without what fills it up. */
#define WEB_TOKEN_MIN 22
#define WEB_SESSION_BYTES (21 + SHA256_TEXT_BYTES)
#define WEB_SESSION_S (12 * 3600) /* a shift and its handover; our choice */

struct web_guard {
	char token[WEB_TOKEN_BYTES];
	unsigned port;
	bool is_local;              /* listens to this computer alone: reading is free */
	char listen[64];            /* the address as it is written in a Host header */
	const char *const *origins; /* of a reverse proxy; lent */
	size_t origin_count;
};

/*
 * The token of a file: its first line. STATUS_USAGE, and the text says what to do: not
 * there, others may read it, too short, or made by hand ("aaaa...").
 */
enum status web_token_read(const char *path, char token[static WEB_TOKEN_BYTES], struct err *err);
/* A new one, of 16 random bytes. STATUS_FILE. */
enum status web_token_make(char token[static WEB_TOKEN_BYTES], struct err *err);

/*
 * Is the Host header one of ours? An address written in numbers is: nobody can lead a name of his
 * own to us with it. A name is ours when it is localhost, or stands in one of the origins. NULL
 * is not.
 */
bool web_guard_host(const struct web_guard *g, const char *host);
/* May a page of this origin change something through this host? NULL (no Origin header) may not. */
bool web_guard_origin(const struct web_guard *g, const char *origin, const char *host);

/* Takes the same time wherever they differ. */
bool web_guard_token(const struct web_guard *g, const char *token);
/* "Bearer TOKEN"; NULL is false. */
bool web_guard_bearer(const struct web_guard *g, const char *authorization);

void web_session_make(const struct web_guard *g, int64_t until_utc_s,
		      char session[static WEB_SESSION_BYTES]);
/* NULL is false. */
bool web_session_is_good(const struct web_guard *g, const char *session, int64_t now_utc_s);

/* So many at once and so many a second afterwards, for all who share it. */
struct web_rate {
	double level, most, per_s;
	uint64_t at_us;
};
bool web_rate_take(struct web_rate *r, uint64_t now_us);
/* Could one be taken? */
bool web_rate_has(struct web_rate *r, uint64_t now_us);

#endif
