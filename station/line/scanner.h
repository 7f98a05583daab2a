/*
 * A scanner that is an input device of its own: read whatever window or terminal has the keyboard.
 * docs/labels.md.
 *
 * A thread of its own takes the device for itself (EVIOCGRAB), so that what is scanned is typed
 * nowhere else, and puts each text as REQUEST_SCAN. A scanner that is unplugged is looked for once
 * a second.
 */
#ifndef STATION_LINE_SCANNER_H
#define STATION_LINE_SCANNER_H

#include "station/line/requests.h"
#include "station/line/station_file.h"

struct scanner;

/*
 * Both are lent. A scanner that is not plugged in is no error. STATUS_USAGE: it may not be read, or
 * the device is no keyboard; the text says what to do. STATUS_NO_MEMORY.
 */
enum status scanner_new(const struct station_scanner *setup, struct requests *requests,
			struct scanner **out, struct err *err);
/* Before requests_free(). NULL is fine. */
void scanner_free(struct scanner *s);

/* What people should know and were not told yet: it was unplugged, it is back. Never blocks. */
bool scanner_next_news(struct scanner *s, char *text, size_t size);

#endif
