#include "station/line/lock_judge.h"

#include "station/line/golden.h"
#include "station/line/said.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_PER_MINUTE 60000
#define US_PER_MS 1000
#define MB 1e6

struct slot_fails {
	unsigned in_row;
	enum status last;
};

struct lock_judge {
	const struct station_lockouts *rules;
	size_t slots;

	bool is_golden_due;
	char golden_why[LOCK_DETAIL_BYTES];
	bool has_past;         /* of this recipe */
	bool has_own_golden;   /* passed, or overridden, since this recipe began */
	int64_t golden_utc_ms; /* the newest pass; 0 none */
	uint64_t units_since_golden;
	int64_t shift_minute; /* for which the two below hold; -1 none */
	int64_t shift_begin_utc_ms;
	unsigned shift_time;

	struct lock_unit *window; /* a ring of rules->yield_over: first runs of units */
	size_t seen_first, seen_count;
	int64_t yield_since_utc_ms; /* what ended before does not count */
	bool is_yield_low;

	struct slot_fails *fails; /* of each slot */

	int64_t newest_utc_ms;
	bool is_behind; /* the plant */
	uint64_t behind_since_us;
	enum lock_cause cause[LOCK_CODE_COUNT]; /* of the line's conditions */
	bool is_muted[LOCK_CODE_COUNT];         /* overridden, and still so */
};

bool lock_run_is_judged(enum status status)
{
	const struct status_row *row = status_row(status);

	return row->outcome != OUTCOME_ABORTED && row->party != PARTY_STATION &&
	       row->party != PARTY_OPERATOR;
}

static bool is_in_golden_use(const struct lock_judge *j)
{
	return j->rules->golden.unit_count > 0;
}

struct lock_judge *lock_judge_new(const struct station_lockouts *rules, size_t slots)
{
	struct lock_judge *j = calloc(1, sizeof(*j));

	if (!j)
		return NULL;
	j->rules = rules;
	j->slots = slots;
	j->shift_minute = -1;
	j->window = calloc(rules->yield_over ? rules->yield_over : 1, sizeof(*j->window));
	j->fails = calloc(slots ? slots : 1, sizeof(*j->fails));
	for (int code = 0; code < LOCK_CODE_COUNT; code++)
		j->cause[code] = CAUSE_UNKNOWN;
	if (j->window && j->fails)
		return j;
	lock_judge_free(j);
	return NULL;
}

void lock_judge_free(struct lock_judge *j)
{
	if (!j)
		return;
	free(j->fails);
	free(j->window);
	free(j);
}

/* ---- golden checks ---- */

/* The sentence, for the screens and the records; said_read() takes it apart again. */
static void set_detail(char *detail, const char *why)
{
	snprintf(detail, LOCK_DETAIL_BYTES, "%.*s", LOCK_DETAIL_BYTES - 1, why);
}

static void golden_due(struct lock_judge *j, const char *why)
{
	j->is_golden_due = true;
	set_detail(j->golden_why, why);
}

static void golden_done(struct lock_judge *j, int64_t utc_ms)
{
	j->is_golden_due = false;
	j->has_own_golden = true;
	j->golden_utc_ms = utc_ms;
	j->units_since_golden = 0;
}

void lock_judge_begin_recipe(struct lock_judge *j, bool is_change)
{
	j->has_past = j->has_own_golden = false;
	j->golden_utc_ms = 0;
	j->units_since_golden = 0;
	j->seen_first = j->seen_count = 0;
	if (is_in_golden_use(j) && j->rules->golden.at_start && !j->is_golden_due) {
		struct said why;

		said_plain(&why, is_change ? SAID_WHY_RECIPE_CHANGED : SAID_WHY_STARTED);
		golden_due(j, why.text);
	}
}

static void look_at_shift(struct lock_judge *j, int64_t now_utc_ms)
{
	int64_t minute = now_utc_ms / MS_PER_MINUTE;

	if (minute != j->shift_minute) {
		j->shift_minute = minute;
		j->shift_begin_utc_ms =
			golden_shift_begin(&j->rules->golden, now_utc_ms, &j->shift_time);
	}
	if (j->shift_begin_utc_ms && j->golden_utc_ms < j->shift_begin_utc_ms) {
		struct said why;

		said_set(&why, SAID_WHY_SHIFT, "%02u:%02u", j->shift_time / 60, j->shift_time % 60);
		golden_due(j, why.text);
	}
}

static void look_at_golden(struct lock_judge *j, int64_t now_utc_ms)
{
	const struct station_golden *rule = &j->rules->golden;

	if (!is_in_golden_use(j) || !j->has_past)
		return;
	/* The clock was set back: the check was before now all the same. */
	if (j->golden_utc_ms > now_utc_ms)
		j->golden_utc_ms = now_utc_ms;
	if (j->is_golden_due)
		return;
	look_at_shift(j, now_utc_ms);
	if (!j->is_golden_due && rule->every && j->units_since_golden >= rule->every) {
		struct said why;

		said_set(&why, SAID_WHY_UNITS, "%" PRIu64 SAID_NEXT "%u", j->units_since_golden,
			 rule->every);
		golden_due(j, why.text);
	}
}

void lock_judge_golden(struct lock_judge *j, unsigned slot, unsigned number,
		       const struct lock_run *run)
{
	const struct status_row *row = status_row(run->status);
	struct said why;

	if (row->outcome == OUTCOME_ABORTED)
		return; /* not a golden unit, or somebody stopped it */
	if (run->status == STATUS_OK) {
		j->fails[slot].in_row = 0;
		golden_done(j, run->end_utc_ms);
		return;
	}
	j->fails[slot].in_row++;
	j->fails[slot].last = run->status;
	if (run->mac[0])
		said_set(&why, SAID_WHY_GOLDEN_UNIT,
			 "%s" SAID_NEXT "%u" SAID_NEXT "%s" SAID_NEXT "%s", run->mac, number,
			 outcome_name(row->outcome), row->code);
	else
		said_set(&why, SAID_WHY_GOLDEN_SLOT, "%u" SAID_NEXT "%s" SAID_NEXT "%s", number,
			 outcome_name(row->outcome), row->code);
	golden_due(j, why.text);
}

/* ---- units ---- */

static struct lock_unit *seen_at(const struct lock_judge *j, size_t i)
{
	return &j->window[(j->seen_first + i) % j->rules->yield_over];
}

/* Where units of one maker differ. */
#define MAC_TAIL 12

static bool was_seen(const struct lock_judge *j, const char mac[static MAC_TEXT_BYTES])
{
	for (size_t i = 0; mac[0] && i < j->seen_count; i++) {
		const char *other = j->window[i].mac; /* in whatever order */

		/* The tail first: with the longest window this is asked a hundred million times. */
		if (memcmp(other + MAC_TAIL, mac + MAC_TAIL, MAC_TEXT_BYTES - MAC_TAIL) == 0 &&
		    strcmp(other, mac) == 0)
			return true;
	}
	return false;
}

static void see(struct lock_judge *j, const struct lock_unit *one)
{
	if (j->rules->yield_over == 0 || was_seen(j, one->mac))
		return;
	if (j->seen_count == j->rules->yield_over)
		j->seen_first = (j->seen_first + 1) % j->rules->yield_over;
	else
		j->seen_count++;
	*seen_at(j, j->seen_count - 1) = *one;
}

static unsigned seen_passed(const struct lock_judge *j)
{
	unsigned passed = 0;

	for (size_t i = 0; i < j->seen_count; i++)
		passed += seen_at(j, i)->has_passed;
	return passed;
}

static void look_at_yield(struct lock_judge *j)
{
	unsigned over = j->rules->yield_over;

	/* Not judged before so many were seen; what is low already stays so until then. */
	if (over && j->seen_count == over)
		j->is_yield_low =
			(uint64_t)seen_passed(j) * 100 < (uint64_t)j->rules->yield_floor * over;
}

void lock_judge_run(struct lock_judge *j, unsigned slot, const struct lock_run *run)
{
	struct slot_fails *fails = &j->fails[slot];
	struct lock_unit unit = {
		.end_utc_ms = run->end_utc_ms,
		.has_passed = run->status == STATUS_OK,
	};

	memcpy(unit.mac, run->mac, sizeof(unit.mac));
	if (run->end_utc_ms > j->newest_utc_ms)
		j->newest_utc_ms = run->end_utc_ms;
	if (status_row(run->status)->outcome == OUTCOME_ABORTED)
		return;
	fails->in_row = run->status == STATUS_OK ? 0 : fails->in_row + 1;
	fails->last = run->status;
	if (!lock_run_is_judged(run->status))
		return;
	j->units_since_golden++;
	see(j, &unit);
	look_at_yield(j);
}

/* ---- the records ---- */

static enum status read_again(struct lock_judge *j, const struct lock_past *past)
{
	size_t count = j->seen_count;
	struct lock_unit *own = calloc(count ? count : 1, sizeof(*own));
	int64_t newest = past->unit_count ? past->units[past->unit_count - 1].end_utc_ms : 0;

	if (!own)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < count; i++)
		own[i] = *seen_at(j, i);
	j->seen_first = j->seen_count = 0;
	for (size_t i = 0; i < past->unit_count; i++)
		if (past->units[i].end_utc_ms > j->yield_since_utc_ms)
			see(j, &past->units[i]);
	/* Results that came before the records were read are among those. */
	for (size_t i = 0; i < count; i++)
		if (own[i].end_utc_ms > newest)
			see(j, &own[i]);
	free(own);
	return STATUS_OK;
}

void lock_judge_past(struct lock_judge *j, const struct lock_past *past)
{
	j->has_past = true;
	if (!j->has_own_golden) {
		j->golden_utc_ms = past->golden_utc_ms;
		if (past->units_since_golden > j->units_since_golden)
			j->units_since_golden = past->units_since_golden;
	}
	/* Without memory the window begins empty. */
	if (j->rules->yield_over && !read_again(j, past))
		look_at_yield(j);
}

void lock_judge_newest(struct lock_judge *j, int64_t newest_utc_ms)
{
	if (newest_utc_ms > j->newest_utc_ms)
		j->newest_utc_ms = newest_utc_ms;
}

void lock_judge_restore(struct lock_judge *j, enum lock_code code, int slot, const char *detail)
{
	if (code == LOCK_GOLDEN_DUE)
		golden_due(j, detail);
	else if (code == LOCK_YIELD_LOW)
		j->is_yield_low = true;
	else if (code == LOCK_SLOT_FAILS && j->fails[slot].in_row < j->rules->slot_failures)
		j->fails[slot].in_row = j->rules->slot_failures;
}

void lock_judge_slot_fails(struct lock_judge *j, unsigned slot, unsigned fails)
{
	if (fails > j->fails[slot].in_row)
		j->fails[slot].in_row = fails;
}

void lock_judge_yield_since(struct lock_judge *j, int64_t utc_ms)
{
	j->yield_since_utc_ms = utc_ms;
}

void lock_judge_forget(struct lock_judge *j, enum lock_code code, int slot,
		       const struct lock_facts *facts)
{
	if (code == LOCK_GOLDEN_DUE) {
		golden_done(j, facts->now_utc_ms);
	} else if (code == LOCK_YIELD_LOW) {
		j->is_yield_low = false;
		j->seen_first = j->seen_count = 0;
		j->yield_since_utc_ms = facts->now_utc_ms;
	} else if (code == LOCK_SLOT_FAILS) {
		j->fails[slot].in_row = 0;
	} else {
		j->is_muted[code] = true;
	}
}

/* ---- conditions ---- */

static enum lock_cause look_at_disk(const struct lock_judge *j, const struct lock_facts *facts)
{
	uint64_t floor = j->rules->disk_bytes;

	if (floor == 0)
		return CAUSE_NONE;
	if (!facts->has_disk)
		return CAUSE_UNKNOWN;
	if (facts->disk_free_bytes < floor)
		return CAUSE_THERE;
	/* A little more than it takes, so that the lock does not come and go. */
	return facts->disk_free_bytes >= floor + floor / 16 ? CAUSE_NONE : CAUSE_UNKNOWN;
}

static enum lock_cause look_at_clock(const struct lock_judge *j, const struct lock_facts *facts)
{
	if (!j->rules->clock || facts->now_utc_ms >= j->newest_utc_ms)
		return CAUSE_NONE;
	return facts->now_utc_ms + CLOCK_SLACK_MS < j->newest_utc_ms ? CAUSE_THERE : CAUSE_UNKNOWN;
}

static enum lock_cause look_at_ledger(struct lock_judge *j, const struct lock_facts *facts)
{
	bool was_behind = j->is_behind;

	if (j->rules->ledger_pending == 0)
		return CAUSE_NONE;
	if (!facts->has_plant)
		return CAUSE_UNKNOWN;
	j->is_behind = facts->plant_pending >= 0 &&
		       (uint64_t)facts->plant_pending >= j->rules->ledger_pending;
	if (!j->is_behind)
		return CAUSE_NONE;
	if (!was_behind)
		j->behind_since_us = facts->now_us;
	return facts->now_us - j->behind_since_us >= j->rules->ledger_ms * US_PER_MS
		       ? CAUSE_THERE
		       : CAUSE_UNKNOWN;
}

static enum lock_cause look_at_records(const struct lock_facts *facts)
{
	if (!facts->has_records)
		return CAUSE_UNKNOWN;
	return facts->records_trouble[0] ? CAUSE_THERE : CAUSE_NONE;
}

void lock_judge_look(struct lock_judge *j, const struct lock_facts *facts)
{
	look_at_golden(j, facts->now_utc_ms);
	j->cause[LOCK_DISK_LOW] = look_at_disk(j, facts);
	j->cause[LOCK_CLOCK_BACK] = look_at_clock(j, facts);
	j->cause[LOCK_LEDGER_BEHIND] = look_at_ledger(j, facts);
	j->cause[LOCK_RECORDS_FAILED] = look_at_records(facts);
	for (int code = 0; code < LOCK_CODE_COUNT; code++)
		if (j->cause[code] == CAUSE_NONE)
			j->is_muted[code] = false;
}

static void condition_detail(const struct lock_judge *j, enum lock_code code,
			     const struct lock_facts *facts, char *detail)
{
	struct said why;

	if (code == LOCK_DISK_LOW)
		said_set(&why, SAID_WHY_DISK, "%.1f" SAID_NEXT "%.1f",
			 (double)facts->disk_free_bytes / MB, (double)j->rules->disk_bytes / MB);
	else if (code == LOCK_CLOCK_BACK)
		said_set(&why, SAID_WHY_CLOCK, "%" PRId64,
			 (j->newest_utc_ms - facts->now_utc_ms) / 1000);
	else if (code == LOCK_LEDGER_BEHIND)
		said_set(&why, SAID_WHY_PLANT, "%" PRId64 SAID_NEXT "%" PRIu64 SAID_NEXT "%" PRIu64,
			 facts->plant_pending, j->rules->ledger_pending,
			 (facts->now_us - j->behind_since_us) / US_PER_MS / MS_PER_MINUTE);
	else
		said_set(&why, SAID_TEXT, "%s", facts->records_trouble);
	set_detail(detail, why.text);
}

static enum lock_cause slot_cause(const struct lock_judge *j, unsigned slot, char *detail)
{
	const struct slot_fails *fails = &j->fails[slot];
	const struct status_row *row = status_row(fails->last);
	struct said why;

	if (j->rules->slot_failures == 0 || fails->in_row < j->rules->slot_failures)
		return CAUSE_NONE;
	if (fails->last)
		said_set(&why, SAID_WHY_ROW_LAST, "%u" SAID_NEXT "%s" SAID_NEXT "%s", fails->in_row,
			 outcome_name(row->outcome), row->code);
	else
		said_set(&why, SAID_WHY_ROW, "%u", fails->in_row);
	set_detail(detail, why.text);
	return CAUSE_THERE;
}

static enum lock_cause yield_cause(const struct lock_judge *j, char *detail)
{
	unsigned passed = seen_passed(j), count = (unsigned)j->seen_count;
	struct said why;

	if (j->rules->yield_over == 0 || !j->is_yield_low)
		return CAUSE_NONE;
	said_set(&why, SAID_WHY_YIELD, "%u" SAID_NEXT "%u" SAID_NEXT "%.1f" SAID_NEXT "%u", passed,
		 count, count ? 100.0 * passed / count : 0.0, j->rules->yield_floor);
	set_detail(detail, why.text);
	return CAUSE_THERE;
}

enum lock_cause lock_judge_cause(const struct lock_judge *j, enum lock_code code, int slot,
				 const struct lock_facts *facts, char *detail)
{
	detail[0] = '\0';
	switch (code) {
	case LOCK_GOLDEN_DUE:
		if (!is_in_golden_use(j) || !j->is_golden_due)
			return CAUSE_NONE;
		snprintf(detail, LOCK_DETAIL_BYTES, "%s", j->golden_why);
		return CAUSE_THERE;
	case LOCK_YIELD_LOW:
		return yield_cause(j, detail);
	case LOCK_SLOT_FAILS:
		return slot_cause(j, (unsigned)slot, detail);
	case LOCK_PRINTER:
	case LOCK_LABEL_MISMATCH:
	case LOCK_SLOT_DISABLED:
		return CAUSE_UNKNOWN;
	case LOCK_DISK_LOW:
	case LOCK_CLOCK_BACK:
	case LOCK_LEDGER_BEHIND:
	case LOCK_RECORDS_FAILED:
		break;
	}
	if (j->is_muted[code])
		return CAUSE_NONE;
	if (j->cause[code] == CAUSE_THERE)
		condition_detail(j, code, facts, detail);
	return j->cause[code];
}
