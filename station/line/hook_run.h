/*
 * One command of the factory while it runs: its own process group, no input, its output caught,
 * its time limited. Internal to the hooks (hooks.h). Nothing here waits.
 */
#ifndef STATION_LINE_HOOK_RUN_H
#define STATION_LINE_HOOK_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOOK_OUTPUT_BYTES 4096 /* of its output the last so many are kept */

struct hook_run {
	pid_t pid;                           /* 0: none runs */
	int output;                          /* -1 once it has ended */
	uint64_t start_us, term_us, kill_us; /* when it is asked to end, and ended */
	bool is_late, was_asked, was_killed;
	char tail[HOOK_OUTPUT_BYTES]; /* a ring */
	size_t tail_at, tail_len;
};

/*
 * command: for /bin/sh. environment: all that it gets. No descriptor but 0, 1 and 2 goes along,
 * whatever this program has open. 0 or an errno. The rest holds as soon as r->pid is not 0.
 */
int hook_run_start(struct hook_run *r, const char *command, char *const *environment,
		   uint64_t now_us, uint32_t limit_ms);
/* The same with something to read: input stays the caller's; -1: nothing. */
int hook_run_start_with(struct hook_run *r, const char *command, char *const *environment,
			int input, uint64_t now_us, uint32_t limit_ms);
/* Read what it said; it is ended when its time is over: first SIGTERM, a second later SIGKILL, to
 * all of its group. */
void hook_run_look(struct hook_run *r, uint64_t now_us);
/* Its time is over now. */
void hook_run_hurry(struct hook_run *r, uint64_t now_us);
/*
 * Has it ended? Then what it left running in its group is ended as well, and it is none any more.
 * wait_status: as waitpid() gives it.
 */
bool hook_run_ended(struct hook_run *r, int *wait_status);
/* The end of what it said, as one line, at most size; of an ended one, too. */
void hook_run_tail(const struct hook_run *r, char *text, size_t size);

#endif
