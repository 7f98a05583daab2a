/*
 * One walk over the chosen runs, in the order of their starts. Nothing is kept of a run but
 * counts, and 8 bytes for each pass.
 */
#include "db/report/report_walk.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

static const char columns[] =
	"SELECT run.kind, run.start_utc_ms, run.slot, run.bridge, run.bridge_driver,"
	" run.recipe_digest, run.operator, run.station_id, outcome, code, party, proof, mac, chip,"
	" revision, end_utc_ms, duration_us, duplicate_mac, rescued, rungs, suspects,"
	" purpose"
	" FROM run LEFT JOIN result USING (run_id) WHERE true";

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
}

static enum status add_value(struct values *values, int64_t ms, struct err *err)
{
	void *item;

	TRY(report_grow(&values->items, &values->count, sizeof(*values->items), &item, err));
	*(uint32_t *)item = ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
	return STATUS_OK;
}

static bool equals(sqlite3_stmt *row, int column, const char *word)
{
	const char *text = report_column(row, column);

	return text && strcmp(text, word) == 0;
}

/* ---- times ---- */

/* The walk goes by start, so an hour that was left does not come back. */
static enum status count_in_hour(struct walk *w, const struct one_run *run, struct err *err)
{
	struct report *r = w->r;
	int64_t hour = run->start_utc_ms - ((run->start_utc_ms % HOUR_MS) + HOUR_MS) % HOUR_MS;
	void *item;

	if (!r->point_count || r->points[r->point_count - 1].begin_utc_ms != hour) {
		TRY(report_grow(&r->points, &r->point_count, sizeof(*r->points), &item, err));
		r->points[r->point_count - 1].begin_utc_ms = hour;
	}
	struct report_point *p = &r->points[r->point_count - 1];
	p->judged += run->is_judged;
	p->failed += run->is_judged && !run->is_pass;
	p->passed += run->is_pass;
	return STATUS_OK;
}

static enum status count_times(struct walk *w, sqlite3_stmt *row, const struct one_run *run,
			       struct err *err)
{
	size_t slot = names_number(&w->splits[SPLIT_SLOT].names, report_column(row, RUN_SLOT));

	if (slot == NAMES_NO_MEMORY)
		return no_memory(err);
	if (sqlite3_column_type(row, RUN_DURATION) != SQLITE_NULL)
		TRY(add_value(&w->run_times, sqlite3_column_int64(row, RUN_DURATION) / 1000, err));
	if (!slot)
		return STATUS_OK;
	if (slot >= w->slot_room) {
		size_t room = slot * 2 + 16;
		int64_t *longer = realloc(w->last_pass_ms, room * sizeof(*longer));

		if (!longer)
			return no_memory(err);
		memset(longer + w->slot_room, 0, (room - w->slot_room) * sizeof(*longer));
		w->last_pass_ms = longer;
		w->slot_room = room;
	}
	int64_t before = w->last_pass_ms[slot], took = run->end_utc_ms - before;
	w->last_pass_ms[slot] = run->end_utc_ms;
	if (!before || took < 0)
		return STATUS_OK; /* the first one, or somebody set the clock */
	if (took > REPORT_PAUSE_MS) {
		w->r->pauses++;
		return STATUS_OK;
	}
	return add_value(&w->unit_times, took, err);
}

/* ---- what rescued ---- */

/* The remedies are told in their order: the last one is the way that passed. */
static const char *last_way(const char *rungs)
{
	const char *last = rungs ? strrchr(rungs, ';') : NULL;

	if (!last)
		return rungs;
	for (last++; *last == ' '; last++)
		;
	return last;
}

static enum status count_word(struct walk *w, struct names *names, struct report_words *words,
			      const char *text, struct err *err)
{
	size_t number = names_number(names, text);
	void *item;

	if (number == NAMES_NO_MEMORY)
		return no_memory(err);
	while (words->count <= number)
		TRY(report_grow(&words->items, &words->count, sizeof(*words->items), &item, err));
	if (text && !words->items[number].text)
		TRY(report_text(w->b, text, &words->items[number].text, err));
	words->items[number].count++;
	return STATUS_OK;
}

static int compare_words(const void *a, const void *b)
{
	const struct report_word *p = a, *q = b;

	if (p->count != q->count)
		return p->count < q->count ? 1 : -1;
	return strcmp(p->text ? p->text : "", q->text ? q->text : "");
}

static void sort_words(struct report_words *words)
{
	if (words->count)
		qsort(words->items, words->count, sizeof(*words->items), compare_words);
	while (words->count && !words->items[words->count - 1].count)
		words->count--;
}

/* ---- one run ---- */

static struct one_run read_run(const struct walk *w, sqlite3_stmt *row)
{
	struct one_run run = {
		.is_flash = equals(row, RUN_KIND, "FLASH"),
		.has_ended = sqlite3_column_type(row, RUN_OUTCOME) != SQLITE_NULL,
		.is_pass = equals(row, RUN_OUTCOME, "PASS"),
		.is_aborted = equals(row, RUN_OUTCOME, "ABORTED"),
		.is_rescued = sqlite3_column_int(row, RUN_RESCUED),
		.start_utc_ms = sql_time_ms(row, RUN_START),
		.end_utc_ms = sql_time_ms(row, RUN_END),
	};

	run.is_judged =
		run.has_ended && !run.is_aborted &&
		(run.is_pass || w->r->is_strict ||
		 (!equals(row, RUN_PARTY, "STATION") && !equals(row, RUN_PARTY, "OPERATOR")));
	return run;
}

static void count_outcome(struct report *r, sqlite3_stmt *row, const struct one_run *run)
{
	r->flash_runs++;
	r->passed += run->is_pass;
	r->failed += equals(row, RUN_OUTCOME, "FAIL");
	r->errors += equals(row, RUN_OUTCOME, "ERROR");
	r->timeouts += equals(row, RUN_OUTCOME, "TIMEOUT");
	r->aborted += run->is_aborted;
	r->judged += run->is_judged;
	r->excluded += !run->is_judged && !run->is_aborted;
}

/* What a station yield and the lists beside it need. */
static void count_in_yield(struct walk *w, sqlite3_stmt *row, const struct one_run *run)
{
	struct report *r = w->r;
	struct report_yield *y = &r->yields[w->b->recipe_yields[run->recipe]];
	bool has_mac = sqlite3_column_type(row, RUN_MAC) != SQLITE_NULL;
	bool is_proven = !equals(row, RUN_PROOF, "NONE");

	y->station.n++;
	y->station.k += run->is_pass;
	y->without_mac += !has_mac;
	y->without_proof += run->is_pass && !is_proven;
	y->rescued += run->is_pass && run->is_rescued;
	r->without_mac += !has_mac;
	r->without_proof += run->is_pass && !is_proven;
	r->rescued += run->is_pass && run->is_rescued;
}

static enum status note_duplicate(struct walk *w, sqlite3_stmt *row, struct err *err)
{
	struct report_list *list = &w->r->duplicates;
	struct report_entry entry = { .utc_ms = sqlite3_column_int64(row, RUN_START) };
	void *item;

	list->total++;
	TRY(report_text(w->b, report_column(row, RUN_MAC), &entry.mac, err));
	TRY(report_text(w->b, report_column(row, RUN_SLOT), &entry.slot, err));
	TRY(report_text(w->b, report_column(row, RUN_OUTCOME), &entry.what, err));
	if (list->count == REPORT_LIST_MAX) { /* the newest are kept */
		memmove(list->items, list->items + 1, --list->count * sizeof(entry));
		list->items[list->count++] = entry;
		return STATUS_OK;
	}
	TRY(report_grow(&list->items, &list->count, sizeof(entry), &item, err));
	*(struct report_entry *)item = entry;
	return STATUS_OK;
}

static enum status count_judged(struct walk *w, sqlite3_stmt *row, const struct one_run *run,
				struct err *err)
{
	count_in_yield(w, row, run);
	TRY(walk_count_in_groups(w, row, run, err));
	if (!run->is_pass)
		w->cause_counts[run->cause].failures++;
	else
		TRY(count_times(w, row, run, err));
	if (run->is_pass && run->is_rescued) {
		TRY(count_word(w, &w->ways, &w->r->rescue_ways,
			       last_way(report_column(row, RUN_RUNGS)), err));
		TRY(count_word(w, &w->suspects, &w->r->rescue_suspects,
			       report_column(row, RUN_SUSPECTS), err));
	}
	return STATUS_OK;
}

static enum status count_run(struct walk *w, sqlite3_stmt *row, struct err *err)
{
	struct report *r = w->r;
	struct one_run run = read_run(w, row);

	if (!r->first_utc_ms)
		r->first_utc_ms = run.start_utc_ms;
	r->last_utc_ms = run.start_utc_ms;
	if (!run.has_ended) {
		r->open_runs++;
		return STATUS_OK;
	}
	/* It judged the station: in no yield, whatever its kind. */
	if (sqlite3_column_type(row, RUN_PURPOSE) != SQLITE_NULL) {
		r->golden_runs++;
		r->golden_passed += run.is_pass;
		return STATUS_OK;
	}
	if (!run.is_flash) {
		r->verify_runs++;
		r->verify_passed += run.is_pass;
		return STATUS_OK;
	}
	TRY(report_recipe_number(w->b, report_column(row, RUN_RECIPE), &run.recipe, err));
	TRY(walk_cause(w, row, &run.cause, err));
	count_outcome(r, row, &run);
	TRY(count_in_hour(w, &run, err));
	if (sqlite3_column_int(row, RUN_DUPLICATE)) {
		r->duplicate_runs++;
		TRY(note_duplicate(w, row, err));
	}
	if (run.is_judged)
		return count_judged(w, row, &run, err);
	w->cause_counts[run.cause].aborts += run.is_aborted;
	w->cause_counts[run.cause].excluded += !run.is_aborted;
	return STATUS_OK;
}

/* ---- what comes out ---- */

static void count_hours(struct report *r)
{
	r->active_hours = (int64_t)r->point_count;
	for (size_t i = 0; i < r->point_count; i++)
		if (r->points[i].passed > r->best_hour_passed)
			r->best_hour_passed = r->points[i].passed;
}

static enum status finish(struct walk *w, struct err *err)
{
	struct report *r = w->r;

	TRY(walk_finish_groups(w, err));
	sort_words(&r->rescue_ways);
	sort_words(&r->rescue_suspects);
	report_times_make(&r->run_times, w->run_times.items, w->run_times.count);
	report_times_make(&r->unit_times, w->unit_times.items, w->unit_times.count);
	count_hours(r);
	return STATUS_OK;
}

/* ---- the walk ---- */

static enum status read_stations(struct walk *w, struct err *err)
{
	sqlite3_stmt *stmt;
	bool has_row = true;
	enum status st = STATUS_OK;

	TRY(sql_prepare(w->b->db, "SELECT station_id, host FROM station", &stmt, err));
	while (!st && has_row) {
		size_t count = w->station_count;
		void *id, *host;

		st = report_step(w->b, stmt, &has_row, err);
		if (st || !has_row)
			break;
		st = report_grow(&w->station_ids, &count, sizeof(*w->station_ids), &id, err);
		if (!st)
			st = report_grow(&w->station_hosts, &w->station_count,
					 sizeof(*w->station_hosts), &host, err);
		if (st)
			break;
		w->station_ids[w->station_count - 1] = sqlite3_column_int64(stmt, 0);
		st = report_text(w->b, report_column(stmt, 1),
				 &w->station_hosts[w->station_count - 1], err);
	}
	sqlite3_finalize(stmt);
	return st;
}

static enum status walk_runs(struct walk *w, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(w->b->db->sql);
	sqlite3_stmt *stmt;
	bool has_row = true;

	sqlite3_str_appendall(text, columns);
	report_conditions(text, w->b->filter, true);
	sqlite3_str_appendall(text, " ORDER BY run.start_utc_ms, run.run_id");
	TRY(report_prepare(w->b, text, &stmt, err));
	enum status st = STATUS_OK;
	while (!st && has_row) {
		st = report_step(w->b, stmt, &has_row, err);
		if (!st && has_row)
			st = count_run(w, stmt, err);
	}
	sqlite3_finalize(stmt);
	return st;
}

static void release(struct walk *w)
{
	walk_release_groups(w);
	names_release(&w->ways);
	names_release(&w->suspects);
	free(w->last_pass_ms);
	free(w->run_times.items);
	free(w->unit_times.items);
	free(w->station_ids);
	free(w->station_hosts);
}

enum status report_read_runs(struct report_build *b, struct err *err)
{
	struct walk w = { .b = b, .r = b->report };
	enum status st = read_stations(&w, err);

	if (!st)
		st = walk_runs(&w, err);
	if (!st)
		st = finish(&w, err);
	release(&w);
	return st;
}
