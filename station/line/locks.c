#include "station/line/locks.h"

#include "db/line_facts.h"
#include "db/lockouts.h"
#include "engine/base/clock.h"
#include "station/line/lock_book.h"
#include "station/line/lock_judge.h"
#include "station/line/lock_keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Overrides are looked for among so many of the newest lockouts: what was overridden before those
 * is long past. Our choice. */
#define LOCKOUTS_LOOKED_AT 2000

struct locks {
	struct locks_setup setup;
	struct lock_judge *judge;
	struct lock_book *book;
	struct lock_keeper *keeper;
	char recipe_digest[sizeof(((struct lock_question *)NULL)->digest)];
	int64_t golden_overridden_utc_ms;
	/* Begun by others: only they end it. Of the line's locks. */
	bool is_foreign[LOCK_CODE_COUNT];
	char (*run_ids)[sizeof(((struct slot_view *)NULL)->run_id)]; /* of each slot: the run that
									was counted last */
	/* Open in the records, of slots that have no port here now; they stay open there. */
	struct lockout_row *elsewhere;
	size_t elsewhere_count;
	bool has_plant;
	int64_t plant_pending;
	struct lock_seen seen;
};

/* ---- judging ---- */

static struct lock_facts facts_now(const struct locks *l)
{
	return (struct lock_facts){
		.now_utc_ms = clock_utc_ms(),
		.now_us = clock_now_us(&clock_monotonic),
		.has_disk = l->seen.has_disk,
		.disk_free_bytes = l->seen.disk_free_bytes,
		.has_plant = l->has_plant,
		.plant_pending = l->plant_pending,
		.has_records = l->seen.has_records,
		.records_trouble = l->seen.trouble,
	};
}

static void judge_one(struct locks *l, enum lock_code code, int slot,
		      const struct lock_facts *facts)
{
	char detail[LOCK_DETAIL_BYTES];
	enum lock_cause cause = lock_judge_cause(l->judge, code, slot, facts, detail);

	if (cause == CAUSE_NONE && !l->is_foreign[code]) {
		lock_book_end(l->book, code, slot, NULL, NULL, facts->now_utc_ms);
	} else if (cause == CAUSE_THERE) {
		/* Why a golden check is due may change; the figures of others do all the time. */
		if (!lock_book_has(l->book, code, slot) ||
		    (code == LOCK_GOLDEN_DUE && lock_book_is_open(l->book, code, slot)))
			lock_book_begin(l->book, code, slot, detail, facts->now_utc_ms);
	}
}

static void judge_all(struct locks *l)
{
	struct lock_facts facts = facts_now(l);

	lock_judge_look(l->judge, &facts);
	for (int code = 0; code < LOCK_CODE_COUNT; code++) {
		if (!lock_row(code)->is_of_slot)
			judge_one(l, code, -1, &facts);
		for (size_t slot = 0; lock_row(code)->is_of_slot && slot < l->setup.slots; slot++)
			judge_one(l, code, (int)slot, &facts);
	}
}

/* What the thread has found and stored since. */
static void take_from_keeper(struct locks *l)
{
	struct lock_history *history = lock_keeper_take_history(l->keeper);
	struct lock_order order;

	if (history)
		lock_judge_past(l->judge, &history->past);
	free(history);
	while (lock_keeper_take_stored(l->keeper, &order))
		lock_book_stored(l->book, &order);
	lock_keeper_look(l->keeper, &l->seen);
	/* To wait until a lock is stored would be to wait for what it is about. */
	lock_book_set_trouble(l->book, l->seen.has_trouble || l->seen.trouble[0]);
}

static bool find_slot(const struct locks *l, const char *path, int *slot)
{
	*slot = -1;
	for (size_t i = 0; i < l->setup.slots; i++)
		if (strcmp(l->setup.slot_names[i], path) == 0)
			*slot = (int)i;
	return *slot >= 0;
}

/* false: it is of a slot that is not there now. */
static bool restore(struct locks *l, const struct lockout_row *row)
{
	enum lock_code code = lock_by_name(row->code);
	int slot = -1;

	if (code == LOCK_CODE_COUNT)
		return true; /* of a newer program */
	if (lock_row(code)->is_of_slot && !find_slot(l, row->slot, &slot))
		return false;
	lock_book_restore(l->book, code, slot, row->lockout_id, row->detail, row->begin_utc_ms);
	lock_judge_restore(l->judge, code, slot, row->detail);
	return true;
}

static void restore_elsewhere(struct locks *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->elsewhere_count; i++)
		if (!restore(l, &l->elsewhere[i]))
			l->elsewhere[kept++] = l->elsewhere[i];
	l->elsewhere_count = kept;
}

static void put_orders(struct locks *l)
{
	struct lock_order order;

	while (lock_book_next_order(l->book, &order)) {
		if (order.slot >= 0)
			snprintf(order.slot_path, sizeof(order.slot_path), "%s",
				 l->setup.slot_names[order.slot]);
		lock_keeper_put(l->keeper, &order);
	}
}

static void look(struct locks *l, const struct snapshot *s)
{
	l->has_plant = s->has_plant;
	l->plant_pending = s->plant.pending;
	take_from_keeper(l);
	restore_elsewhere(l);
	judge_all(l);
	put_orders(l);
}

/* ---- the start ---- */

static struct lock_question question_of(const struct locks *l)
{
	struct lock_question question = {
		.golden_overridden_utc_ms = l->golden_overridden_utc_ms,
		.golden_every = l->setup.rules->golden.every,
		.yield_over = l->setup.rules->yield_over,
	};

	memcpy(question.digest, l->recipe_digest, sizeof(question.digest));
	return question;
}

static enum status restore_open(struct locks *l, struct db *db, struct err *err)
{
	const struct lockout_choice open = { .is_open = true };

	TRY(lockouts_read(db, &open, &l->elsewhere, &l->elsewhere_count, err));
	restore_elsewhere(l);
	return STATUS_OK;
}

/* What somebody overrode does not come again of what was before. since: of each slot. */
static enum status read_overrides(struct locks *l, struct db *db, int64_t *since, struct err *err)
{
	const struct lockout_choice newest = { .last = LOCKOUTS_LOOKED_AT };
	struct lockout_row *rows = NULL;
	size_t count = 0;
	int slot;

	TRY(lockouts_read(db, &newest, &rows, &count, err));
	for (size_t i = 0; i < count; i++) {
		const struct lockout_row *row = &rows[i];
		enum lock_code code = lock_by_name(row->code);

		if (!row->has_ended || strcmp(row->how, "OVERRIDDEN") != 0)
			continue;
		if (code == LOCK_GOLDEN_DUE && row->end_utc_ms > l->golden_overridden_utc_ms)
			l->golden_overridden_utc_ms = row->end_utc_ms;
		else if (code == LOCK_YIELD_LOW)
			lock_judge_yield_since(l->judge, row->end_utc_ms);
		else if (code == LOCK_SLOT_FAILS && find_slot(l, row->slot, &slot))
			since[slot] = row->end_utc_ms;
	}
	free(rows);
	return STATUS_OK;
}

static enum status read_slots(struct locks *l, struct db *db, const int64_t *since, struct err *err)
{
	for (size_t i = 0; l->setup.rules->slot_failures && i < l->setup.slots; i++) {
		unsigned fails;

		if (!l->setup.slot_names[i][0])
			continue;
		TRY(lock_slot_fails_read(db, l->setup.slot_names[i], since[i],
					 l->setup.rules->slot_failures, &fails, err));
		lock_judge_slot_fails(l->judge, (unsigned)i, fails);
	}
	return STATUS_OK;
}

static enum status read_records(struct locks *l, struct db *db, struct err *err)
{
	int64_t *since = calloc(l->setup.slots + 1, sizeof(*since)), newest;
	struct lock_question question;
	struct lock_history *history = NULL;
	enum status st;

	if (!since)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the locks");
	st = read_overrides(l, db, since, err);
	if (!st)
		st = read_slots(l, db, since, err);
	if (!st)
		st = restore_open(l, db, err);
	if (!st)
		st = line_newest_utc_ms(db, &newest, err);
	if (!st) {
		lock_judge_newest(l->judge, newest);
		question = question_of(l);
		st = lock_history_read(db, &question, &history, err);
	}
	if (!st)
		lock_judge_past(l->judge, &history->past);
	free(history);
	free(since);
	return st;
}

static enum status make(struct locks *l, struct err *err)
{
	struct lock_keeper_setup setup = { .writer = l->setup.writer };

	l->judge = lock_judge_new(l->setup.rules, l->setup.slots);
	l->book = lock_book_new(l->setup.slots);
	l->run_ids = calloc(l->setup.slots + 1, sizeof(*l->run_ids));
	if (!l->judge || !l->book || !l->run_ids)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the locks");
	TRY(db_open(l->setup.db_path, DB_READ, &setup.db, err));
	lock_judge_begin_recipe(l->judge, false);
	enum status st = read_records(l, setup.db, err);
	if (st) {
		db_close(setup.db);
		return st;
	}
	setup.room = lock_book_room(l->book);
	return lock_keeper_new(&setup, &l->keeper, err);
}

enum status locks_new(const struct locks_setup *setup, struct locks **out, struct err *err)
{
	struct locks *l = calloc(1, sizeof(*l));
	enum status st;

	*out = NULL;
	if (!l)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the locks");
	l->setup = *setup;
	snprintf(l->recipe_digest, sizeof(l->recipe_digest), "%s", setup->recipe_digest);
	st = make(l, err);
	if (st) {
		locks_free(l);
		return st;
	}
	/* What holds from the first moment on. */
	judge_all(l);
	put_orders(l);
	*out = l;
	return STATUS_OK;
}

void locks_free(struct locks *l)
{
	if (!l)
		return;
	lock_keeper_free(l->keeper);
	lock_book_free(l->book);
	lock_judge_free(l->judge);
	free(l->elsewhere);
	free(l->run_ids);
	free(l);
}

/* ---- what happens ---- */

void locks_recipe(struct locks *l, const char *recipe_digest)
{
	struct lock_question question;

	if (strcmp(recipe_digest, l->recipe_digest) == 0)
		return;
	snprintf(l->recipe_digest, sizeof(l->recipe_digest), "%s", recipe_digest);
	lock_judge_begin_recipe(l->judge, true);
	judge_all(l);
	question = question_of(l);
	lock_keeper_ask(l->keeper, &question);
}

void locks_run_begins(struct locks *l)
{
	lock_judge_newest(l->judge, clock_utc_ms());
}

void locks_result(struct locks *l, const struct snapshot *s, const struct slot_view *slot)
{
	unsigned index = (unsigned)(slot - s->slots);
	struct lock_run run = { .end_utc_ms = clock_utc_ms(), .status = slot->status };

	/* A run was refused: why, and for how long, the next unit shall not have to find out. */
	if (slot->status == STATUS_DATABASE)
		lock_keeper_hurry(l->keeper);
	if (slot->state != SLOT_DONE || !slot->run_id[0] ||
	    strcmp(slot->run_id, l->run_ids[index]) == 0)
		return;
	memcpy(l->run_ids[index], slot->run_id, sizeof(l->run_ids[index]));
	if (slot->ident && slot->ident->has_mac)
		mac_text(slot->ident->mac, run.mac);
	if (slot->is_golden)
		lock_judge_golden(l->judge, index, slot->number, &run);
	else
		lock_judge_run(l->judge, index, &run);
	look(l, s);
}

static bool has_slot(const struct locks *l, enum lock_code code, int slot)
{
	return !lock_row(code)->is_of_slot || (slot >= 0 && (size_t)slot < l->setup.slots);
}

void locks_begin(struct locks *l, enum lock_code code, int slot, const char *detail)
{
	if (!has_slot(l, code, slot))
		return;
	if (!lock_row(code)->is_of_slot)
		l->is_foreign[code] = true;
	lock_judge_restore(l->judge, code, slot, detail);
	lock_book_begin(l->book, code, slot, detail, clock_utc_ms());
}

void locks_cure(struct locks *l, enum lock_code code, int slot)
{
	if (!has_slot(l, code, slot))
		return;
	l->is_foreign[code] = false;
	lock_book_end(l->book, code, slot, NULL, NULL, clock_utc_ms());
}

enum status locks_override(struct locks *l, enum lock_code code, int slot,
			   const char *operator_name, const char *reason, struct err *err)
{
	struct lock_facts facts = facts_now(l);

	if (code >= LOCK_CODE_COUNT)
		return err_set(err, STATUS_USAGE, "there is no such lock");
	const struct lock_row *row = lock_row(code);
	if (!has_slot(l, code, slot))
		return err_set(err, STATUS_USAGE, "%s: is of one slot: say which", row->code);
	if (!lock_book_is_open(l->book, code, slot))
		return err_set(err, STATUS_USAGE, "%s: does not hold now", row->code);
	if (!row->may_be_overridden)
		return err_set(err, STATUS_USAGE, "%s: nobody may override it: %s", row->code,
			       row->sentence);
	if (!operator_name || !operator_name[strspn(operator_name, " \t")] || !reason ||
	    !reason[strspn(reason, " \t")])
		return err_set(err, STATUS_USAGE,
			       "%s: is overridden only with a name and a reason: say both",
			       row->code);
	l->is_foreign[code] = false;
	if (code == LOCK_GOLDEN_DUE)
		l->golden_overridden_utc_ms = facts.now_utc_ms;
	lock_judge_forget(l->judge, code, slot, &facts);
	lock_book_end(l->book, code, slot, operator_name, reason, facts.now_utc_ms);
	return STATUS_OK;
}

bool locks_next_change(struct locks *l, const struct snapshot *s, struct lock_change *change)
{
	if (lock_book_next_change(l->book, change))
		return true;
	look(l, s);
	return lock_book_next_change(l->book, change);
}

/* ---- slots out of use ---- */

#define ENABLED "it is in use again"

void locks_disable(struct locks *l, unsigned slot, const char *why)
{
	const char *before = locks_disabled(l, slot);
	int64_t now_utc_ms = clock_utc_ms();

	/* Another reason is another lock: the records keep both. */
	if (before && strcmp(before, why) != 0)
		lock_book_end(l->book, LOCK_SLOT_DISABLED, (int)slot, NULL, NULL, now_utc_ms);
	lock_book_begin(l->book, LOCK_SLOT_DISABLED, (int)slot, why, now_utc_ms);
	put_orders(l);
}

void locks_enable(struct locks *l, unsigned slot, const char *operator_name)
{
	lock_book_end(l->book, LOCK_SLOT_DISABLED, (int)slot, operator_name,
		      operator_name ? ENABLED : NULL, clock_utc_ms());
	put_orders(l);
}

const char *locks_disabled(const struct locks *l, unsigned slot)
{
	return lock_book_wanted(l->book, LOCK_SLOT_DISABLED, (int)slot);
}

void locks_slots_came(struct locks *l)
{
	restore_elsewhere(l);
}

/* ---- questions ---- */

bool locks_allow(const struct locks *l, unsigned slot, bool *golden)
{
	return lock_book_allows(l->book, slot, golden);
}

bool locks_is_golden(const struct locks *l, const uint8_t mac[static MAC_BYTES])
{
	const struct station_golden *golden = &l->setup.rules->golden;

	for (size_t i = 0; i < golden->unit_count; i++)
		if (memcmp(golden->units[i], mac, MAC_BYTES) == 0)
			return true;
	return false;
}

size_t locks_view(const struct locks *l, struct lock_view *views)
{
	return lock_book_view(l->book, views);
}
