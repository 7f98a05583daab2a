/*
 * Standard output on a thread of its own, so that a stuck terminal or a full pipe
 * never holds up a slot.
 *
 * Two kinds of output: text, which is kept in order, and one live frame below
 * it, of which only the newest is ever drawn. Text that finds its buffer full is
 * dropped when it is minor; other text has four times the room, and what is
 * lost even then is counted. When the other end has gone, everything is
 * dropped quietly.
 */
#ifndef STATION_PRINTER_H
#define STATION_PRINTER_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRINTER_ROOM_BYTES (1u << 20)

struct printer;

/* fd stays the caller's; nobody else may write to it meanwhile. STATUS_NO_MEMORY. */
enum status printer_new(int fd, struct printer **out, struct err *err);

/* Whole lines. Never blocks. */
void printer_text(struct printer *p, const char *text, size_t size, bool is_minor);
/* The newest frame: lines without control characters but colours; "" takes it away. */
void printer_frame(struct printer *p, const char *frame, size_t size);

/*
 * Waits until all is written, but gives up once nothing has moved for wait_ms.
 * *lost (may be NULL) gets the bytes that were dropped or could not be written, minor
 * ones apart. false: the thread is still stuck in a write, and p stays; calling again waits again.
 */
bool printer_free(struct printer *p, uint32_t wait_ms, uint64_t *lost);

#endif
