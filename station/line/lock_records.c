#include "station/line/lock_records.h"

#include "db/line_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A unit that was tried again takes more than one run: so many runs are read for each unit of the
 * yield's window. Our choice. */
#define RUNS_PER_UNIT 2

static enum status read_golden(struct db *db, const struct lock_question *question,
			       struct lock_past *past, struct err *err)
{
	const int64_t override = question->golden_overridden_utc_ms;
	const unsigned most = question->golden_every ? question->golden_every : 1;
	struct line_golden golden;
	struct line_yield yield;

	TRY(line_golden_read(db, question->digest, most, &golden, err));
	past->golden_utc_ms = golden.is_there ? golden.end_utc_ms : 0;
	past->units_since_golden = (uint64_t)golden.judged_since;
	if (override <= past->golden_utc_ms)
		return STATUS_OK;
	past->golden_utc_ms = override;
	TRY(line_yield_read(db, question->digest, override, most, &yield, err));
	past->units_since_golden = (uint64_t)yield.judged;
	return STATUS_OK;
}

static void take_units(struct lock_history *history, const struct line_run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct line_run *run = &runs[count - 1 - i];
		struct lock_unit *unit = &history->units[i];

		unit->end_utc_ms = run->end_utc_ms;
		unit->has_passed = strcmp(run->outcome, outcome_name(OUTCOME_PASS)) == 0;
		memcpy(unit->mac, run->mac, sizeof(unit->mac));
	}
	history->past.units = history->units;
	history->past.unit_count = count;
}

enum status lock_history_read(struct db *db, const struct lock_question *question,
			      struct lock_history **out, struct err *err)
{
	size_t room = (size_t)question->yield_over * RUNS_PER_UNIT, count = 0;
	struct line_run *runs = calloc(room + 1, sizeof(*runs));
	struct lock_history *history =
		calloc(1, sizeof(*history) + room * sizeof(history->units[0]));
	enum status st;

	*out = NULL;
	if (!runs || !history) {
		free(history);
		free(runs);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the newest %zu runs", room);
	}
	st = read_golden(db, question, &history->past, err);
	if (!st && room)
		st = line_recipe_runs(db, question->digest, 0, runs, room, &count, err);
	if (!st) {
		take_units(history, runs, count);
		*out = history;
		history = NULL;
	}
	free(history);
	free(runs);
	return st;
}

enum status lock_slot_fails_read(struct db *db, const char *slot, int64_t since_utc_ms,
				 unsigned most, unsigned *fails, struct err *err)
{
	struct line_run *runs = calloc(most + 1, sizeof(*runs));
	size_t count;
	enum status st;

	*fails = 0;
	if (!runs)
		return err_set(err, STATUS_NO_MEMORY, "slot %s: no memory for its newest runs",
			       slot);
	/* ABORTED ones are among them: with many of those the count is lower than it was. */
	st = line_slot_runs(db, slot, runs, most + 1, &count, err);
	for (size_t i = 0; !st && i < count && *fails < most; i++) {
		bool is_older = runs[i].end_utc_ms <= since_utc_ms;

		if (is_older || strcmp(runs[i].outcome, outcome_name(OUTCOME_PASS)) == 0)
			break;
		if (strcmp(runs[i].outcome, outcome_name(OUTCOME_ABORTED)) != 0)
			(*fails)++;
	}
	free(runs);
	return st;
}
