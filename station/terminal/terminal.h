/*
 * The line on a terminal, for SSH and computers without a browser: docs/terminal.md.
 *
 * A thread of its own draws and reads keys; the owner only copies what the snapshot says, and
 * never waits for the terminal. What a key asks for goes through station/line/requests.h. While it
 * is there nobody else may read standard input or write to the terminal.
 */
#ifndef STATION_TERMINAL_TERMINAL_H
#define STATION_TERMINAL_TERMINAL_H

#include "station/line/requests.h"
#include "station/snapshot.h"

struct terminal;

/*
 * Standard input and fd are the terminal that we are in front of, and it can place its cursor:
 * else plain lines are the view. TERM=dumb, a pipe and a job in the background cannot.
 */
bool terminal_can(int fd);

/* requests is lent, and may be NULL: then keys ask for nothing. Draws on standard output.
 * STATUS_NO_MEMORY; STATUS_INTERNAL: the terminal cannot be taken, the text says why. */
enum status terminal_new(struct requests *requests, struct terminal **out, struct err *err);

/* EVENT_SUMMARY leaves the final table to terminal_free(). */
struct view terminal_view(struct terminal *t);

/*
 * Gives the terminal back as it was found, and prints the final table there. It is given back also
 * when the program is killed. A terminal that takes no bytes is left after two seconds; then false,
 * and t stays. NULL is fine. Before requests_free().
 */
bool terminal_free(struct terminal *t);

#endif
