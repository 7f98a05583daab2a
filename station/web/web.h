/*
 * The web page of a running line: one tile a slot, fed by server-sent events. docs/web.md.
 *
 * Threads of its own (libmicrohttpd) serve; the owner's thread only hands in what the snapshot says
 * now, and never waits for a browser. What changes anything is a request (station/line/requests.h),
 * and needs the token and an allowed origin.
 */
#ifndef STATION_WEB_WEB_H
#define STATION_WEB_WEB_H

#include "station/line/requests.h"
#include "station/line/station_file.h"
#include "station/snapshot.h"

struct web;

struct web_setup { /* lent, as long as it serves */
	const struct station_web *station;
	struct requests *requests;
	const char *db_path;        /* history, unit search, report: read by its own threads */
	const char *const *recipes; /* the page may ask for one of them: REQUEST_RECIPE */
	size_t recipe_count;
};

/*
 * Its threads take signals as this one does: call it where stop_signals_open() holds them back.
 * STATUS_USAGE: address, token file or port cannot be used (the text says what to do).
 */
enum status web_new(const struct web_setup *setup, struct web **out, struct err *err);
/* Ends every connection; before requests_free(), because somebody may still ask. At most 3 s, when
 * nobody answers requests any more. NULL is fine. */
void web_free(struct web *w);

/* Its tick should come all the time, also while no unit is at work: a page whose station says
 * nothing for long tells people so. Both functions take some 10 us for each slot that changed. */
struct view web_view(struct web *w);

/* "http://127.0.0.1:8320/": to be told at the start; with the token in its fragment where one was
 * made for this start (#token=...). The port is the one that is really listened to (port 0: any).
 */
const char *web_address(const struct web *w);
/* What has to be told beside it, on stderr: that nothing encrypts it. NULL: nothing. */
const char *web_remark(const struct web *w);

#endif
