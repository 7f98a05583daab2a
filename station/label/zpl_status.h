/*
 * What a label printer answers to ~HS: three lines between STX and ETX, numbers parted by commas.
 * Pure. Source: Zebra's ZPL II Programming Guide, ~HS (host status return).
 *
 * A printer without paper or ribbon or with its head open may not answer at all: silence is not
 * ready, too.
 */
#ifndef STATION_LABEL_ZPL_STATUS_H
#define STATION_LABEL_ZPL_STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define ZPL_STATUS_BYTES 512 /* more is no answer to ~HS */

enum zpl_answer {
	ZPL_INCOMPLETE, /* more has to come */
	ZPL_READY,
	ZPL_NOT_READY, /* why: what to do */
	ZPL_GARBLED,   /* this is no such answer */
};

/* bytes: all that came since the question. why is a constant; NULL unless NOT_READY. */
enum zpl_answer zpl_status_read(const char *bytes, size_t size, const char **why);

#endif
