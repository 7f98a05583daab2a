/*
 * A line with nests that a test plugs units into and takes them out of. Each test is a script that
 * waits for what the line shows, and then does the next thing: none waits for time to pass.
 */
#ifndef TESTS_LINE_SCRIPT_H
#define TESTS_LINE_SCRIPT_H

#include "tests/line/nests.h"

#include "db/db.h"
#include "station/line/line.h"
#include "station/station.h"
#include "tests/sim/small_plan.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct world {
	struct nests nests;
	struct small_plan small;
	struct station_file *file;
	struct requests *requests;
	char path[128];
	struct db *db;
	struct writer *writer;
	struct plan *plan;
	int signal_fd;
	unsigned settle_ms;
	bool takes_all;
	const struct line_look_times *look_times; /* NULL: the usual ones */
	unsigned jobs;

	/* The script. */
	void (*script)(struct world *w, const struct snapshot *s);
	unsigned step;
	unsigned written, seen;  /* what a script keeps in mind */
	bool ends_at_start;      /* of the first run */
	int64_t off_at_start_ms; /* the clock is set when the first run begins; 0: it is not */
	unsigned left, arrived, results, warnings;
	char warning[300];
	enum exit_code exit_code;
	struct slot_view at_end[NESTS]; /* what they point to is gone by then */
	uint8_t mac_end[NESTS];
	char place[NESTS][200];
	struct line_counts counts;
};

int script_set_up(void **state);
int script_tear_down(void **state);
/* The station is started anew, as after a power cut or kill -9: nothing is left but the records. */
void script_start_anew(struct world *w);
/* The wall clock is off by so much from now on, in the whole program. */
void script_set_wall_clock(int64_t off_ms);
/* Until the script ends it. */
void script_run(struct world *w, void (*script)(struct world *w, const struct snapshot *s));

/* ---- words of scripts ---- */

#define WHEN(n, condition)                                                                         \
	break;                                                                                     \
	case n:                                                                                    \
		if (!(condition))                                                                  \
			return;                                                                    \
		w->step = (n) + 1;

static inline struct hand_unit *unit(struct world *w, unsigned i)
{
	return &w->nests.units[i];
}

static inline bool is_done(const struct snapshot *s, unsigned slot, enum status status,
			   unsigned visit)
{
	const struct slot_view *view = &s->slots[slot];

	return view->state == SLOT_DONE && view->status == status && view->visit == visit;
}

static inline bool is_empty(const struct snapshot *s, unsigned slot)
{
	return s->slots[slot].state == SLOT_EMPTY;
}

static inline void end(void)
{
	kill(getpid(), SIGINT);
}

static inline void ask(struct world *w, enum request_kind kind, int slot, const char *text)
{
	struct request q = { .kind = kind, .slot = slot, .from = "test" };

	snprintf(q.text, sizeof(q.text), "%s", text);
	snprintf(q.operator_name, sizeof(q.operator_name), "ann");
	requests_put(w->requests, &q, 0, NULL);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, script_set_up, script_tear_down)

#endif
