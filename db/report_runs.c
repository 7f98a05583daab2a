/*
 * One walk over the chosen runs, in the order of their starts. Nothing is kept of a run but
 * counts, and 8 bytes for each pass.
 */
#include "db/report_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)

/* Columns of the walk, in their order. */
enum column_of_run {
	RUN_KIND,
	RUN_START,
	RUN_SLOT,
	RUN_BRIDGE,
	RUN_DRIVER,
	RUN_RECIPE,
	RUN_OPERATOR,
	RUN_STATION,
	RUN_OUTCOME,
	RUN_CODE,
	RUN_PARTY,
	RUN_PROOF,
	RUN_MAC,
	RUN_CHIP,
	RUN_REVISION,
	RUN_END,
	RUN_DURATION,
	RUN_DUPLICATE,
	RUN_RESCUED,
	RUN_RUNGS,
	RUN_SUSPECTS,
};
static const char columns[] =
	"SELECT run.kind, run.start_utc_ms, run.slot, run.bridge, run.bridge_driver,"
	" run.recipe_digest, run.operator, run.station_id, outcome, code, party, proof, mac, chip,"
	" revision, end_utc_ms, duration_us, duplicate_mac, rescued, rungs, suspects"
	" FROM run LEFT JOIN result USING (run_id) WHERE true";

/* Milliseconds, one each pass. */
struct values {
	uint32_t *items;
	size_t count;
};

/* What causes have in common with the three lists of them. */
struct cause_count {
	const char *code, *party;
	int64_t failures, excluded, aborts;
};

struct split_build {
	struct names names; /* numbers are places in items */
	struct report_group *items;
	size_t count;
	size_t cause_room; /* of each by_cause */
};

/* One run, as far as the counts ask. */
struct one_run {
	bool is_flash, has_ended, is_pass, is_aborted, is_judged, is_rescued;
	size_t recipe; /* number */
	size_t cause;
	int64_t start_utc_ms, end_utc_ms;
};

struct walk {
	struct report_build *b;
	struct report *r;
	struct names causes;
	struct cause_count *cause_counts;
	size_t cause_count;
	struct split_build splits[SPLIT_COUNT];
	struct names ways, suspects;
	int64_t *last_pass_ms; /* by slot, 0 none yet */
	size_t slot_room;
	struct values run_times, unit_times;
	int64_t *station_ids;
	const char **station_hosts;
	size_t station_count;
};

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

/* ---- causes ---- */

static enum status cause_of(struct walk *w, sqlite3_stmt *row, size_t *cause, struct err *err)
{
	void *item;

	*cause = names_number(&w->causes, report_column(row, RUN_CODE));
	if (*cause == NAMES_NO_MEMORY)
		return no_memory(err);
	while (w->cause_count <= *cause)
		TRY(report_grow(&w->cause_counts, &w->cause_count, sizeof(*w->cause_counts), &item,
				err));
	struct cause_count *c = &w->cause_counts[*cause];
	if (!c->code) {
		TRY(report_text(w->b, w->causes.items[*cause], &c->code, err));
		TRY(report_text(w->b, report_column(row, RUN_PARTY), &c->party, err));
	}
	return STATUS_OK;
}

/* ---- groups ---- */

/* "CP2104, cp210x" and "ESP32 v3.1": two columns as one name; NULL when the first is unknown. */
static const char *pair(sqlite3_stmt *row, int first, int second, const char *between,
			char room[static 200])
{
	const char *a = report_column(row, first), *b = report_column(row, second);

	if (!a)
		return NULL;
	snprintf(room, 200, "%.120s%s%.60s", a, b ? between : "", b ? b : "");
	return room;
}

static const char *host_of(const struct walk *w, int64_t station_id)
{
	for (size_t i = 0; i < w->station_count; i++)
		if (w->station_ids[i] == station_id)
			return w->station_hosts[i];
	return NULL;
}

static const char *group_name(struct walk *w, enum report_split_kind kind, sqlite3_stmt *row,
			      const struct one_run *run, char room[static 200])
{
	switch (kind) {
	case SPLIT_SLOT:
		return report_column(row, RUN_SLOT);
	case SPLIT_BRIDGE:
		return pair(row, RUN_BRIDGE, RUN_DRIVER, ", ", room);
	case SPLIT_REVISION:
		return pair(row, RUN_CHIP, RUN_REVISION, " ", room);
	case SPLIT_RECIPE:
		return w->b->recipe_labels[run->recipe];
	case SPLIT_OPERATOR:
		return report_column(row, RUN_OPERATOR);
	case SPLIT_STATION:
		return host_of(w, sqlite3_column_int64(row, RUN_STATION));
	}
	return NULL;
}

/* The group's place for a run with this cause. */
static enum status find_group(struct walk *w, struct split_build *s, const char *name, size_t cause,
			      size_t *number, struct err *err)
{
	void *item;

	*number = names_number(&s->names, name);
	if (*number == NAMES_NO_MEMORY)
		return no_memory(err);
	while (s->count <= *number)
		TRY(report_grow(&s->items, &s->count, sizeof(*s->items), &item, err));
	if (name && !s->items[*number].name)
		TRY(report_text(w->b, name, &s->items[*number].name, err));
	/* A new cause makes the lists of all groups longer; there are some dozens of causes. */
	if (cause >= s->cause_room) {
		size_t room = (cause + 16) & ~(size_t)15;

		for (size_t i = 0; i < s->count; i++) {
			int64_t *longer = realloc(s->items[i].by_cause, room * sizeof(*longer));

			if (!longer)
				return no_memory(err);
			memset(longer + s->cause_room, 0, (room - s->cause_room) * sizeof(*longer));
			s->items[i].by_cause = longer;
		}
		s->cause_room = room;
	}
	for (size_t i = s->count; i-- > 0 && !s->items[i].by_cause;) {
		s->items[i].by_cause = calloc(s->cause_room, sizeof(int64_t));
		if (!s->items[i].by_cause)
			return no_memory(err);
	}
	return STATUS_OK;
}

static enum status count_in_groups(struct walk *w, sqlite3_stmt *row, const struct one_run *run,
				   struct err *err)
{
	char room[200];

	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		struct split_build *s = &w->splits[kind];
		const char *name = group_name(w, (enum report_split_kind)kind, row, run, room);
		size_t number;

		TRY(find_group(w, s, name, run->cause, &number, err));
		struct report_group *g = &s->items[number];
		g->judged++;
		g->rescued += run->is_pass && run->is_rescued;
		g->failed += !run->is_pass;
		g->by_cause[run->cause] += !run->is_pass;
	}
	return STATUS_OK;
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
		.start_utc_ms = sqlite3_column_int64(row, RUN_START),
		.end_utc_ms = sqlite3_column_int64(row, RUN_END),
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
	TRY(count_in_groups(w, row, run, err));
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
	if (!run.is_flash) {
		r->verify_runs++;
		r->verify_passed += run.is_pass;
		return STATUS_OK;
	}
	TRY(report_recipe_number(w->b, report_column(row, RUN_RECIPE), &run.recipe, err));
	TRY(cause_of(w, row, &run.cause, err));
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

static int compare_causes(const void *a, const void *b)
{
	const struct report_cause *p = a, *q = b;

	if (p->count != q->count)
		return p->count < q->count ? 1 : -1;
	return strcmp(p->code, q->code);
}

static enum status list_causes(struct walk *w, struct report_causes *list, size_t offset,
			       struct err *err)
{
	for (size_t i = 0; i < w->cause_count; i++) {
		const struct cause_count *c = &w->cause_counts[i];
		int64_t count = *(const int64_t *)(const void *)((const char *)c + offset);
		void *item;

		if (!count)
			continue;
		TRY(report_grow(&list->items, &list->count, sizeof(*list->items), &item, err));
		*(struct report_cause *)item =
			(struct report_cause){ .code = c->code, .party = c->party, .count = count };
		list->total += count;
	}
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare_causes);
	return STATUS_OK;
}

/* Its number; texts are kept once, so the same code is the same pointer. */
static size_t cause_number(const struct walk *w, const char *code)
{
	size_t number = 0;

	while (w->cause_counts[number].code != code)
		number++;
	return number;
}

/* by_cause from numbers of causes to places in report->failures. */
static enum status order_causes(struct walk *w, struct report_group *g, struct err *err)
{
	const struct report_causes *failures = &w->r->failures;
	int64_t *ordered = calloc(failures->count + 1, sizeof(*ordered));

	if (!ordered)
		return no_memory(err);
	for (size_t i = 0; i < failures->count; i++) {
		ordered[i] = g->by_cause[cause_number(w, failures->items[i].code)];
		if (ordered[i] > g->worst_count) {
			g->worst_count = ordered[i];
			g->worst = failures->items[i].code;
		}
	}
	free(g->by_cause);
	g->by_cause = ordered;
	return STATUS_OK;
}

static enum status finish_split(struct walk *w, enum report_split_kind kind, struct err *err)
{
	struct split_build *s = &w->splits[kind];
	struct report_split *split = &w->r->splits[kind];
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (!s->items[i].judged) {
			free(s->items[i].by_cause);
			continue;
		}
		s->items[count++] = s->items[i];
	}
	split->items = s->items;
	split->count = count;
	s->items = NULL;
	s->count = 0;
	for (size_t i = 0; i < count; i++) {
		/* Lists are only as long as the causes that were known when the group was last met.
		 */
		if (w->cause_count > s->cause_room) {
			int64_t *longer =
				realloc(split->items[i].by_cause, w->cause_count * sizeof(*longer));

			if (!longer)
				return no_memory(err);
			memset(longer + s->cause_room, 0,
			       (w->cause_count - s->cause_room) * sizeof(*longer));
			split->items[i].by_cause = longer;
		}
		TRY(order_causes(w, &split->items[i], err));
	}
	return STATUS_OK;
}

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

	TRY(list_causes(w, &r->failures, offsetof(struct cause_count, failures), err));
	TRY(list_causes(w, &r->not_counted, offsetof(struct cause_count, excluded), err));
	TRY(list_causes(w, &r->aborts, offsetof(struct cause_count, aborts), err));
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++)
		TRY(finish_split(w, (enum report_split_kind)kind, err));
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
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		struct split_build *s = &w->splits[kind];

		for (size_t i = 0; i < s->count; i++)
			free(s->items[i].by_cause);
		free(s->items);
		names_release(&s->names);
	}
	names_release(&w->causes);
	names_release(&w->ways);
	names_release(&w->suspects);
	free(w->cause_counts);
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
