#include "station/guards_inside.h"

#include "recipes/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool guard_is(enum status code)
{
	return code >= STATUS_ALREADY_PASSED && code <= STATUS_PLANT_UNREACHABLE;
}

/* ---- what the command line says ---- */

static enum status refuse_word(const char *word, size_t length, struct err *err)
{
	char all[400] = "";
	size_t used = 0;

	for (unsigned st = STATUS_ALREADY_PASSED; guard_is((enum status)st); st++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s", used ? ", " : "",
					 status_code((enum status)st));
	return err_set(err, STATUS_USAGE, "--override: '%.*s' is no guard: expected some of %s",
		       length > 60 ? 60 : (int)length, word, all);
}

enum status guard_overrides(const char *words, unsigned *bits, struct err *err)
{
	*bits = 0;
	for (const char *word = words;; word++) {
		size_t length = strcspn(word, ",");
		unsigned st = STATUS_ALREADY_PASSED;

		while (guard_is((enum status)st) &&
		       (strlen(status_code((enum status)st)) != length ||
			strncasecmp(status_code((enum status)st), word, length) != 0))
			st++;
		if (!guard_is((enum status)st))
			return refuse_word(word, length, err);
		*bits |= GUARD_BIT(st);
		word += length;
		if (!*word)
			return STATUS_OK;
	}
}

enum status guard_check_serial(const char *serial, struct err *err)
{
	size_t characters = 0;

	for (const char *c = serial; *c; c++) {
		if (utf8_control((const uint8_t *)c))
			return err_set(err, STATUS_USAGE,
				       "--serial: a control character stands in it: expected the "
				       "number as it is printed");
		characters += (*c & 0xC0) != 0x80;
	}
	if (characters > GUARD_SERIAL_MAX)
		return err_set(err, STATUS_USAGE, "--serial: %zu characters: expected %d at most",
			       characters, GUARD_SERIAL_MAX);
	return STATUS_OK;
}

/* ---- making them ---- */

static enum status count_batch(struct guards *g, struct err *err)
{
	struct batch_state state;

	if (!g->setup.batch)
		return STATUS_OK;
	TRY(decided_batch(g->db, g->setup.batch, &state, err));
	g->passed = state.passed;
	g->of = batch_size(&state);
	return STATUS_OK;
}

enum status guards_new(const struct guard_setup *setup, struct guards **out, struct err *err)
{
	struct guards *g = calloc(1, sizeof(*g) + setup->slots * sizeof(g->places[0]));
	enum status st;

	*out = NULL;
	if (!g)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the guards");
	pthread_mutex_init(&g->lock, NULL);
	g->setup = *setup;
	g->product = setup->plan->product ? setup->plan->product : setup->plan->name;
	g->process = setup->plan->process ? setup->plan->process : PLAN_PROCESS_USUAL;
	st = db_open(setup->db_path, DB_READ, &g->db, err);
	if (!st)
		st = count_batch(g, err);
	if (st) {
		guards_free(g);
		return st;
	}
	*out = g;
	return STATUS_OK;
}

uint32_t guards_wait_ms(const struct guards *g)
{
	return g->setup.plant ? 2 * GUARD_CLAIM_MS
			      : 0; /* for its MAC, and its number if it has one */
}

void guards_free(struct guards *g)
{
	if (!g)
		return;
	db_close(g->db);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* ---- from findings to a verdict ---- */

void findings_add(struct findings *f, enum status code, const char *format, ...)
{
	va_list args;

	assert(f->count < GUARD_COUNT);
	f->rows[f->count].code = code;
	va_start(args, format);
	vsnprintf(f->rows[f->count].detail, sizeof(f->rows[0].detail), format, args);
	va_end(args);
	f->count++;
}

static bool is_overridden(const struct guards *g, enum status code)
{
	return g->setup.overrides & GUARD_BIT(code);
}

/* In this run already. */
static bool was_overridden(const struct guard_run *run, enum status code)
{
	for (size_t i = 0; i < run->overridden_count; i++) {
		if (run->overridden[i].code == code)
			return true;
	}
	return false;
}

void guards_say(const struct guard_run *run, const char *format, ...)
{
	char line[ERR_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	run->note(run->ctx, line);
}

/* On the disk first: what is not recorded was not overridden. */
static enum status record_override(const struct guards *g, struct guard_run *run,
				   const struct guard_overridden *row, struct err *err)
{
	const struct record_override record = {
		.run_id = run->run_id,
		.code = status_code(row->code),
		.detail = row->detail,
		.operator_name = g->setup.operator_name,
		.reason = g->setup.reason,
		.utc_ms = clock_utc_ms(),
	};
	struct err why;

	err_clear(&why);
	if (writer_put(g->setup.writer, RECORD_OVERRIDE, &record, &why))
		return err_set(err, STATUS_DATABASE, "%s cannot be overridden: %s", record.code,
			       why.text);
	run->overridden[run->overridden_count++] = *row;
	guards_say(run, "%s is overridden by %s (%s): %s", record.code, record.operator_name,
		   record.reason, record.detail);
	return STATUS_OK;
}

enum status guards_settle(const struct guards *g, struct guard_run *run,
			  const struct findings *found, struct err *err)
{
	for (size_t i = 0; i < found->count; i++) {
		if (!is_overridden(g, found->rows[i].code))
			return err_set(err, found->rows[i].code, "%s", found->rows[i].detail);
	}
	for (size_t i = 0; i < found->count; i++) {
		if (was_overridden(run, found->rows[i].code))
			guards_say(run, "%s: %s", status_code(found->rows[i].code),
				   found->rows[i].detail);
		else
			TRY(record_override(g, run, &found->rows[i], err));
	}
	return STATUS_OK;
}

enum status guards_before_port(struct guards *g, struct guard_run *run, struct err *err)
{
	struct findings found = { 0 };
	enum status st;

	pthread_mutex_lock(&g->lock);
	st = judge_before_port(g, &found, err);
	pthread_mutex_unlock(&g->lock);
	return st ? st : guards_settle(g, run, &found, err);
}

/* ---- a place in the batch ---- */

/* One look and one reservation, so that two slots cannot both find the last place free. */
static enum status take_place(struct guards *g, struct guard_run *run, const char *mac,
			      struct err *err)
{
	struct findings found = { 0 };
	struct guard_place *place = &g->places[run->slot];
	bool needs_one = false;
	enum status st;

	pthread_mutex_lock(&g->lock);
	st = judge_place(g, mac, &needs_one, &found, err);
	if (!st && (place->is_ended || (place->run_id && place->run_id != run->run_id)))
		st = err_set(err, STATUS_CANCELLED, "the run has ended already");
	if (!st && needs_one && (!found.count || is_overridden(g, STATUS_BATCH_FULL))) {
		place->is_taken = true;
		g->taken++;
	}
	pthread_mutex_unlock(&g->lock);
	return st ? st : guards_settle(g, run, &found, err);
}

void guards_begin(struct guards *g, unsigned slot, const char *run_id)
{
	pthread_mutex_lock(&g->lock);
	g->places[slot] = (struct guard_place){ .run_id = run_id };
	pthread_mutex_unlock(&g->lock);
}

void guards_end(struct guards *g, unsigned slot, bool has_passed)
{
	struct guard_place *place = &g->places[slot];

	pthread_mutex_lock(&g->lock);
	if (place->is_taken && !place->is_ended) {
		g->taken--;
		g->passed += has_passed;
	}
	place->is_ended = true;
	pthread_mutex_unlock(&g->lock);
}

bool guards_batch_count(struct guards *g, int64_t *passed, int64_t *of)
{
	pthread_mutex_lock(&g->lock);
	*passed = g->passed;
	*of = g->of;
	pthread_mutex_unlock(&g->lock);
	return *of > 0;
}

/* ---- the unit ---- */

/*
 * 1 the first time; rework is the one behind the last that passed, here or elsewhere. A rework
 * that did not pass and is tried again is the same one.
 */
static int64_t own_generation(const struct unit_facts *facts, bool is_rework)
{
	int64_t done = facts->generation.passed > 1 ? facts->generation.passed : 1;
	int64_t last = facts->generation.last > 1 ? facts->generation.last : 1;

	if (!is_rework)
		return last;
	if (facts->claim.is_there && facts->claim.generation > done)
		done = facts->claim.generation;
	return last > done ? last : done + 1;
}

enum status guards_identified(struct guards *g, struct guard_run *run, const uint8_t *mac,
			      struct err *err)
{
	struct findings found = { 0 };
	struct unit_facts facts = { 0 };
	char text[MAC_TEXT_BYTES];
	const char *name = mac ? text : NULL;
	enum status st = STATUS_OK;

	if (mac) {
		mac_text(mac, text);
		pthread_mutex_lock(&g->lock);
		st = judge_unit(g, text, guards_serial(g, run), &found, &facts, err);
		pthread_mutex_unlock(&g->lock);
	} else {
		guards_say(run, "the unit tells no MAC: what goes by it is not judged");
	}
	if (!st)
		st = guards_settle(g, run, &found, err);
	if (st)
		return st;
	if (run->give_serial)
		TRY(run->give_serial(run->ctx, name, err));
	TRY(take_place(g, run, name, err));
	run->generation = own_generation(&facts, facts.is_rework);
	if (g->setup.plan->plant_policy != PLANT_STANDALONE)
		TRY(guards_claim(g, run, name, &facts, err));
	if (!mac)
		return STATUS_OK;
	if (was_overridden(run, STATUS_MAC_ELSEWHERE)) {
		int64_t again = own_generation(&facts, true);

		run->generation = again > run->generation ? again : run->generation;
	}
	run->has_generation = true;
	if (run->generation > 1)
		guards_say(run, "rework: this is generation %lld of %s in %s",
			   (long long)run->generation, name, g->process);
	return STATUS_OK;
}
