#include "db/report/report_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for the report");
}

/* ---- causes ---- */

enum status walk_cause(struct walk *w, sqlite3_stmt *row, size_t *cause, struct err *err)
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

enum status walk_count_in_groups(struct walk *w, sqlite3_stmt *row, const struct one_run *run,
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

/* Lists are only as long as the causes that were known when a group was last met. */
static enum status grow_causes(const struct walk *w, const struct split_build *s,
			       struct report_group *g, struct err *err)
{
	int64_t *longer;

	if (w->cause_count <= s->cause_room)
		return STATUS_OK;
	longer = realloc(g->by_cause, w->cause_count * sizeof(*longer));
	if (!longer)
		return no_memory(err);
	memset(longer + s->cause_room, 0, (w->cause_count - s->cause_room) * sizeof(*longer));
	g->by_cause = longer;
	return STATUS_OK;
}

static enum status finish_split(struct walk *w, enum report_split_kind kind, struct err *err)
{
	struct split_build *s = &w->splits[kind];
	struct report_split *split = &w->r->splits[kind];

	for (size_t i = 0; i < s->count; i++) {
		TRY(grow_causes(w, s, &s->items[i], err));
		TRY(order_causes(w, &s->items[i], err));
	}
	split->items = s->items;
	for (size_t i = 0; i < s->count; i++) {
		if (s->items[i].judged)
			split->items[split->count++] = s->items[i];
		else
			free(s->items[i].by_cause);
	}
	s->items = NULL;
	s->count = 0;
	return STATUS_OK;
}

enum status walk_finish_groups(struct walk *w, struct err *err)
{
	struct report *r = w->r;

	TRY(list_causes(w, &r->failures, offsetof(struct cause_count, failures), err));
	TRY(list_causes(w, &r->not_counted, offsetof(struct cause_count, excluded), err));
	TRY(list_causes(w, &r->aborts, offsetof(struct cause_count, aborts), err));
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++)
		TRY(finish_split(w, (enum report_split_kind)kind, err));
	return STATUS_OK;
}

void walk_release_groups(struct walk *w)
{
	for (size_t kind = 0; kind < SPLIT_COUNT; kind++) {
		struct split_build *s = &w->splits[kind];

		for (size_t i = 0; i < s->count; i++)
			free(s->items[i].by_cause);
		free(s->items);
		names_release(&s->names);
	}
	names_release(&w->causes);
	free(w->cause_counts);
}
