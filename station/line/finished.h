/*
 * What units got before the station was started: a restart of the station flashes no unit again
 * that has not left its slot. Only for units that stood there at the start; db/line_finished.h says
 * when the records leave no doubt.
 *
 * A connection of its own, for any thread, one at a time.
 */
#ifndef STATION_LINE_FINISHED_H
#define STATION_LINE_FINISHED_H

#include "db/line_finished.h"
#include "engine/base/status.h"

/*
 * A computer that was just switched on may find its hubs after the station: so long after that (of
 * clock_monotonic, which begins with it), what comes counts as having stood there. Our choice.
 */
#define FINISHED_BOOT_US UINT64_C(60000000)

struct finished;

/* STATUS_DATABASE, STATUS_NO_MEMORY. */
enum status finished_new(const char *db_path, struct finished **out, struct err *err);
void finished_free(struct finished *f); /* NULL is fine */

/* *is_there: its last run ended with *status, PASS or FAIL. STATUS_DATABASE. */
enum status finished_ask(struct finished *f, const struct line_present *present, bool *is_there,
			 enum status *status, struct err *err);

#endif
