/*
 * When a golden check is due by the clock: pure but for the time zone, which is the process's (TZ
 * or /etc/localtime).
 */
#ifndef STATION_LINE_GOLDEN_H
#define STATION_LINE_GOLDEN_H

#include "station/line/station_file.h"

/*
 * When the shift of this moment began, in UTC ms, and its time of day in minutes (NULL: not
 * wanted). 0: the station file names no shifts.
 *
 * A shift that begins at a time which the clocks leave out in spring begins as much later; one
 * whose time comes twice in autumn begins the first time, and once.
 */
int64_t golden_shift_begin(const struct station_golden *rule, int64_t now_utc_ms,
			   unsigned *minutes);

#endif
