/*
 * A small process that waits for the end of this one, and gives the terminal back when it ended
 * without doing so itself: whatever has killed it.
 */
#ifndef STATION_TERMINAL_KEEPER_H
#define STATION_TERMINAL_KEEPER_H

#include "engine/base/err.h"

struct keeper;

/*
 * Remembers how the terminal fd is set now. farewell: what is written to it at the end to leave
 * its full-screen mode. STATUS_NO_MEMORY, STATUS_INTERNAL.
 */
enum status keeper_new(int fd, const char *farewell, struct keeper **out, struct err *err);
/* The terminal was given back. NULL is fine. */
void keeper_free(struct keeper *k);

#endif
