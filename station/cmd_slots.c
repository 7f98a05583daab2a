/* slots: how each place on the fixture does, and with which way its next run begins. */
#include "station/command.h"

#include "db/db.h"
#include "db/query.h"
#include "db/slots.h"
#include "station/bridge.h"
#include "station/json.h"
#include "station/memory.h"
#include "station/recall.h"
#include "station/slot_health.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of each slot: enough to judge by, and what was repaired since is soon forgotten. */
#define LAST_RUNS 200

struct slot_row {
	struct slot_health health;
	bool is_lowered; /* the next run does not begin with the best */
	bool is_raised;  /* but one notch above what worked last */
	struct flash_way next, best;
};

/* ---- what is known ---- */

static const struct bridge *bridge_named(const char *name)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return bridge_generic();
}

/* As a recipe without limits of its own would begin. */
static enum status find_next(struct db *db, struct slot_row *row, struct err *err)
{
	const struct slot_count *last = row->health.last;
	const struct bridge *bridge = bridge_named(last->bridge);
	const struct link_profile link = bridge_link(bridge, NULL);

	TRY(recall_way(db, last->slot, bridge, NULL, &link, &row->next, &row->is_lowered,
		       &row->is_raised, err));
	row->best = memory_best_way(&link, NULL);
	if (!row->is_lowered)
		row->next = row->best;
	return STATUS_OK;
}

static enum status read_rows(struct db *db, const struct slot_counts *counts,
			     struct slot_row **rows, size_t *count, struct err *err)
{
	struct slot_health *health = slot_health_new(counts, count);
	enum status st = STATUS_OK;

	*rows = calloc(*count + 1, sizeof(**rows));
	if (!*rows || (counts->count && !health)) {
		free(health);
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu slots", counts->count);
	}
	for (size_t i = 0; health && i < *count && !st; i++) {
		(*rows)[i].health = health[i];
		st = find_next(db, &(*rows)[i], err);
	}
	free(health);
	return st;
}

static int compare_rows(const void *a, const void *b)
{
	const struct slot_row *p = a, *q = b;

	return text_compare_natural(p->health.last->slot, q->health.last->slot);
}

static const char *judgement_word(const struct slot_health *h)
{
	switch (h->judgement) {
	case SLOT_TOO_FEW:
		return "too few runs";
	case SLOT_SOUND:
		return "sound";
	case SLOT_BAD:
		return "bad";
	}
	return "";
}

static double share(int64_t part, int64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

/* "16 of 20 runs with CP2104 needed help, against 1 of 60 at ..." */
static void verdict_text(const struct slot_row *row, char *text, size_t size)
{
	const struct slot_health *h = &row->health;
	char lowered[80] = "";

	if (h->judged > h->tested)
		snprintf(lowered, sizeof(lowered), " (%" PRId64 " more passed lowered)",
			 h->judged - h->tested);
	snprintf(text, size,
		 "%" PRId64 " of %" PRId64 " runs with %s needed help%s, against %" PRId64
		 " of %" PRId64 " at the better half of the other slots: %s",
		 h->helped, h->tested, h->last->bridge, lowered, h->others_helped, h->others_tested,
		 h->is_hub_bad ? "check the hub, its cable and its supply"
			       : "check the cable, the hub's port and the nest");
}

/* ---- for people ---- */

static void add_row(struct table *t, const struct slot_row *row)
{
	const struct slot_health *h = &row->health;
	char way[WAY_TEXT_BYTES];

	memory_way_text(&row->next, &row->best, way);
	table_add(t, NULL, "%s", h->last->slot);
	table_add(t, NULL, "%s", h->last->bridge[0] ? h->last->bridge : "unknown");
	table_add(t, NULL, "%" PRId64, h->runs);
	table_add(t, NULL, "%" PRId64, h->passes);
	table_add(t, NULL, "%" PRId64, h->rescued);
	table_add(t, NULL, "%.0f %%", 100 * share(h->rescued, h->passes));
	table_add(t, NULL, "%" PRId64, h->lowered);
	table_add(t, NULL, "%" PRId64, h->link_failures);
	table_add(t, NULL, "%s", judgement_word(h));
	table_add(t, NULL, "%s%s", way, row->is_raised ? " (tried again)" : "");
}

static void add_verdicts(const struct slot_row *rows, size_t count, struct textbuf *out)
{
	char text[300];

	for (size_t i = 0; i < count; i++) {
		const struct slot_health *h = &rows[i].health;
		bool is_told = false; /* the hub, at its first slot */

		for (size_t j = 0; j < i; j++)
			is_told |= strcmp(rows[j].health.hub, h->hub) == 0;
		if (h->is_hub_bad && !is_told)
			textbuf_add(out, "bad hub %s: all its slots that can be judged are bad\n",
				    h->hub);
		if (h->judgement != SLOT_BAD)
			continue;
		verdict_text(&rows[i], text, sizeof(text));
		textbuf_add(out, "bad slot %s: %s\n", h->last->slot, text);
	}
}

static void print_text(const struct slot_row *rows, size_t count)
{
	static const char *const headers[] = {
		"slot",  "bridge",  "runs",          "passed", "rescued",
		"share", "lowered", "failed (link)", "state",  "next run",
	};
	struct textbuf out = { 0 };
	struct table table;

	if (!count) {
		fprintf(stderr, "flashline: no run in a slot is recorded\n");
		return;
	}
	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0xFCu);
	for (size_t i = 0; i < count; i++)
		add_row(&table, &rows[i]);
	table_print(&table, &out);
	table_release(&table);
	add_verdicts(rows, count, &out);
	fputs(textbuf_string(&out), stdout);
	textbuf_release(&out);
}

/* ---- for programs ---- */

static json_t *json_next(const struct slot_row *row)
{
	json_t *object = json_way(&row->next);

	json_object_set_new(object, "lowered", json_boolean(row->is_lowered));
	json_object_set_new(object, "raised", json_boolean(row->is_raised));
	return object;
}

static json_t *json_row(const struct slot_row *row)
{
	const struct slot_health *h = &row->health;
	json_t *object = json_object();
	char utc[UTC_TEXT_BYTES], why[300] = "";

	utc_text(h->last->last_utc_ms, utc);
	if (h->judgement == SLOT_BAD)
		verdict_text(row, why, sizeof(why));
	json_object_set_new(object, "slot", json_text(h->last->slot));
	json_object_set_new(object, "hub", json_text(h->hub));
	json_object_set_new(object, "bridge", json_text(h->last->bridge));
	json_object_set_new(object, "bridge_vid_pid", json_text(h->last->bridge_vid_pid));
	json_object_set_new(object, "bridge_serial", json_text(h->last->bridge_serial));
	json_object_set_new(object, "last_start", json_text(utc));
	json_object_set_new(object, "runs", json_integer(h->runs));
	json_object_set_new(object, "passes", json_integer(h->passes));
	json_object_set_new(object, "rescued", json_integer(h->rescued));
	json_object_set_new(object, "rescued_share",
			    h->passes ? json_real(share(h->rescued, h->passes)) : json_null());
	json_object_set_new(object, "lowered", json_integer(h->lowered));
	json_object_set_new(object, "link_failures", json_integer(h->link_failures));
	json_object_set_new(object, "next", json_next(row));
	json_object_set_new(object, "judged_runs", json_integer(h->judged));
	json_object_set_new(object, "tested_runs", json_integer(h->tested));
	json_object_set_new(object, "helped_runs", json_integer(h->helped));
	json_object_set_new(object, "others_judged_runs", json_integer(h->others_judged));
	json_object_set_new(object, "others_tested_runs", json_integer(h->others_tested));
	json_object_set_new(object, "others_helped_runs", json_integer(h->others_helped));
	json_object_set_new(object, "bad",
			    h->judgement == SLOT_TOO_FEW ? json_null()
							 : json_boolean(h->judgement == SLOT_BAD));
	json_object_set_new(object, "hub_bad", json_boolean(h->is_hub_bad));
	json_object_set_new(object, "why", json_text(why));
	return object;
}

static void print_json(const struct slot_row *rows, size_t count)
{
	json_t *object = json_event("slots");
	json_t *array = json_array();
	struct textbuf line = { 0 };

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_row(&rows[i]));
	json_object_set_new(object, "slots", array);
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

enum exit_code cmd_slots(const struct options *options)
{
	enum exit_code code = EXIT_CODE_PASSED;
	struct slot_counts counts = { 0 };
	struct slot_row *rows = NULL;
	struct db *db = NULL;
	int64_t since = INT64_MIN;
	size_t count = 0;
	struct err err;
	enum status st;

	if (options->operand_count) {
		if (strcmp(options->operands[0], "learn") == 0 && options->operand_count == 2)
			return cmd_slots_learn(options);
		if (strcmp(options->operands[0], "labels") == 0 && options->operand_count == 2)
			return cmd_slots_labels(options);
		remark("slots: expected nothing, or 'learn' or 'labels' and a station file");
		return EXIT_CODE_USAGE;
	}
	st = options->since ? filter_time(options->since, &since, &err) : STATUS_OK;
	if (!st)
		st = open_for_reading(options, &db, &err);
	if (!st)
		st = slot_counts_read(db, since, options->last ? options->last : LAST_RUNS, &counts,
				      &err);
	if (!st)
		st = read_rows(db, &counts, &rows, &count, &err);
	if (st) {
		code = complain(&err);
	} else {
		qsort(rows, count, sizeof(rows[0]), compare_rows);
		for (size_t i = 0; i < count; i++)
			if (rows[i].health.judgement == SLOT_BAD)
				code = EXIT_CODE_UNITS;
		if (options->json)
			print_json(rows, count);
		else
			print_text(rows, count);
		code = finish_stdout(code);
	}
	free(rows);
	slot_counts_release(&counts);
	db_close(db);
	return code;
}
