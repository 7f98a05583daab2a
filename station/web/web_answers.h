/*
 * What the page asks of the records: read by a thread of the page's, never by the owner's. Each
 * opens the database for reading and closes it again; a station that writes is not held up.
 */
#ifndef STATION_WEB_WEB_ANSWERS_H
#define STATION_WEB_WEB_ANSWERS_H

#include "station/textbuf.h"
#include "station/web/web_feed.h"

enum web_body_kind { WEB_BODY_JSON, WEB_BODY_TEXT, WEB_BODY_REPORT };

struct web_answer {
	unsigned code; /* of HTTP */
	enum web_body_kind kind;
	struct textbuf body;
};

/* {"error": ...} */
__attribute__((format(printf, 3, 4))) void web_answer_error(struct web_answer *a, unsigned code,
							    const char *format, ...);
/* The same as what went wrong below says it. */
void web_answer_failed(struct web_answer *a, const struct err *err);
/* Gives up the reference. */
struct json_t;
void web_answer_json(struct web_answer *a, unsigned code, struct json_t *object);

/* A unit by its MAC, its serial number, or the end of either where it is one of this session: as
 * 'flashline trace' tells it, {"units": [[head, event ...] ...], "near": [...]}. */
void web_answer_unit(struct web_feed *f, const char *db_path, const char *search,
		     struct web_answer *a);
/* What happened in a run, as text: steps, log, console. */
void web_answer_run(const char *db_path, const char *run_id, struct web_answer *a);
/* Whether the recipe of the digest is approved: {"approved": ..., "retired": ...}. */
void web_answer_recipe(const char *db_path, const char *digest, struct web_answer *a);
/* 'flashline report --html': of a batch; "" of all runs since since_utc_ms. */
void web_answer_report(const char *db_path, const char *batch, int64_t since_utc_ms,
		       struct web_answer *a);

#endif
