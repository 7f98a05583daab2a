/*
 * A line that is made up: a snapshot of some slots, each in a state that a test chose, for what
 * shows a line. Nothing is flashed.
 */
#ifndef TESTS_WEB_MADE_UP_LINE_H
#define TESTS_WEB_MADE_UP_LINE_H

#include "station/snapshot.h"

#define MADE_UP_SLOTS 64

struct made_up_line {
	struct port ports[MADE_UP_SLOTS];
	struct ident idents[MADE_UP_SLOTS];
	struct flash_report reports[MADE_UP_SLOTS];
	struct slot_view slots[MADE_UP_SLOTS];
	struct lock_view locks[LOCKS_MAX];
	struct notice notices[NOTICES_MAX];
	struct plan plan;
	struct snapshot snapshot;
};

/* All slots empty. */
void made_up_init(struct made_up_line *line, unsigned slots, unsigned columns);

/* By index. Each begins with an empty slot that keeps its history. */
void made_up_empty(struct made_up_line *line, unsigned slot);
void made_up_arrive(struct made_up_line *line, unsigned slot, enum slot_state state);
void made_up_work(struct made_up_line *line, unsigned slot, enum flash_step step, unsigned percent);
void made_up_result(struct made_up_line *line, unsigned slot, enum status status,
		    const char *detail);
void made_up_lock(struct made_up_line *line, const char *code, int slot, const char *detail);

/* A line in the middle of its shift: something of everything. */
void made_up_shift(struct made_up_line *line);

#endif
