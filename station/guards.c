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
	return g->setup.plant ? GUARD_CLAIM_MS * (g->setup.serial ? 2 : 1) : 0;
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

static bool was_overridden(const struct guard_run *run, enum status code)
{
	for (size_t i = 0; i < run->overridden_count; i++) {
		if (run->overridden[i].code == code)
			return true;
	}
	return false;
}

__attribute__((format(printf, 2, 3))) static void say(const struct guard_run *run,
						      const char *format, ...)
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
	say(run, "%s is overridden by %s (%s): %s", record.code, record.operator_name,
	    record.reason, record.detail);
	return STATUS_OK;
}

/* The first finding that nobody overrides; else all of them are recorded as overridden. */
static enum status settle(const struct guards *g, struct guard_run *run,
			  const struct findings *found, struct err *err)
{
	for (size_t i = 0; i < found->count; i++) {
		if (!is_overridden(g, found->rows[i].code))
			return err_set(err, found->rows[i].code, "%s", found->rows[i].detail);
	}
	for (size_t i = 0; i < found->count; i++) {
		if (was_overridden(run, found->rows[i].code))
			say(run, "%s: %s", status_code(found->rows[i].code), found->rows[i].detail);
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
	return st ? st : settle(g, run, &found, err);
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
	if (!st && place->is_ended)
		st = err_set(err, STATUS_CANCELLED, "the run has ended already");
	if (!st && needs_one && (!found.count || is_overridden(g, STATUS_BATCH_FULL))) {
		place->is_taken = true;
		g->taken++;
	}
	pthread_mutex_unlock(&g->lock);
	return st ? st : settle(g, run, &found, err);
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

/* ---- claims ---- */

/* In one piece: a server that is slow is asked once, and its answer waited for. */
static void ask_plant(const struct guards *g, const struct guard_run *run,
		      const struct plant_claim *claim, struct plant_grant *grant)
{
	const struct plant_line *plant = g->setup.plant;

	*grant = (struct plant_grant){ .answer = PLANT_NO_ANSWER };
	if (!atomic_load(run->cancel))
		plant->claim(plant->ctx, claim, GUARD_CLAIM_MS, grant);
}

/* One claim: granted, refused and overridden, or unknown. */
static enum status claim(struct guards *g, struct guard_run *run, struct plant_claim *claim,
			 struct plant_grant *grant, struct err *err)
{
	const enum status code = claim->is_serial ? STATUS_SERIAL_TAKEN : STATUS_MAC_ELSEWHERE;
	struct findings found = { 0 };

	ask_plant(g, run, claim, grant);
	if (grant->answer != PLANT_REFUSED)
		return STATUS_OK;
	findings_add(&found, code, "%s%s was claimed by %s, says the plant's ledger",
		     claim->is_serial ? "serial number " : "", claim->value, grant->owner);
	TRY(settle(g, run, &found, err));
	if (claim->is_rework)
		return STATUS_OK;
	claim->is_rework = true;
	ask_plant(g, run, claim, grant);
	if (grant->answer == PLANT_REFUSED)
		say(run, "the plant's ledger goes on to refuse it: %s", grant->owner);
	return STATUS_OK;
}

/* Without the plant: what is known of its claims here. */
static enum status go_without(struct guards *g, struct guard_run *run, const char *mac,
			      const struct unit_facts *facts, const char *why, struct err *err)
{
	struct findings found = { 0 };
	enum status st;

	if (why && g->setup.plan->plant_policy == PLANT_STRICT) {
		findings_add(&found, STATUS_PLANT_UNREACHABLE, "%s", why);
		TRY(settle(g, run, &found, err));
		found.count = 0;
	}
	if (why)
		say(run, "going by the plant's claims that are known here: %s", why);
	pthread_mutex_lock(&g->lock);
	st = judge_known_claims(g, mac, facts, &found, err);
	pthread_mutex_unlock(&g->lock);
	return st ? st : settle(g, run, &found, err);
}

static enum status claim_all(struct guards *g, struct guard_run *run, const char *mac,
			     const struct unit_facts *facts, struct err *err)
{
	struct plant_claim wish = {
		.value = mac,
		.product = g->product,
		.process = g->process,
		.run_id = run->run_id,
		.is_rework = facts->is_rework,
	};
	struct plant_grant grant = { .answer = PLANT_NO_ANSWER };
	char why[sizeof(grant.why) + 60];
	bool is_mac_open;

	if (!g->setup.plant)
		return go_without(g, run, mac, facts, NULL, err);
	if (!mac)
		return go_without(g, run, mac, facts,
				  "the unit tells no MAC, so the plant's ledger cannot be asked "
				  "for it",
				  err);
	TRY(claim(g, run, &wish, &grant, err));
	if (grant.answer == PLANT_GRANTED && grant.generation > run->generation)
		run->generation = grant.generation;
	is_mac_open = grant.answer == PLANT_NO_ANSWER;
	if (grant.answer != PLANT_NO_ANSWER && g->setup.serial) {
		wish.is_serial = true;
		wish.value = g->setup.serial;
		wish.is_rework = facts->is_rework;
		TRY(claim(g, run, &wish, &grant, err));
	}
	if (grant.answer != PLANT_NO_ANSWER)
		return STATUS_OK;
	snprintf(why, sizeof(why), "the plant's ledger did not answer%s%s",
		 grant.why[0] ? ": " : "", grant.why);
	return go_without(g, run, is_mac_open ? mac : NULL, facts, why, err);
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
		st = judge_unit(g, text, &found, &facts, err);
		pthread_mutex_unlock(&g->lock);
	} else {
		say(run, "the unit tells no MAC: what goes by it is not judged");
	}
	if (!st)
		st = settle(g, run, &found, err);
	if (st)
		return st;
	TRY(take_place(g, run, name, err));
	run->generation = own_generation(&facts, facts.is_rework);
	if (g->setup.plan->plant_policy != PLANT_STANDALONE)
		TRY(claim_all(g, run, name, &facts, err));
	if (!mac)
		return STATUS_OK;
	if (was_overridden(run, STATUS_MAC_ELSEWHERE)) {
		int64_t again = own_generation(&facts, true);

		run->generation = again > run->generation ? again : run->generation;
	}
	run->has_generation = true;
	if (run->generation > 1)
		say(run, "rework: this is generation %lld of %s in %s", (long long)run->generation,
		    name, g->process);
	return STATUS_OK;
}
