#include "station/line/lock_book.h"

#include "db/db.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum entry_state { ENTRY_ABSENT, ENTRY_BEGINNING, ENTRY_OPEN, ENTRY_ENDING };

struct entry {
	enum entry_state state;
	enum lock_code code;
	struct lock_view view;
	bool has_order; /* beginning or ending, and the order did not come out yet */
	bool was_told;  /* that it began */
	bool is_to_tell_begin, is_to_tell_end;
	/* Wanted next: an end as soon as it is open, a beginning as soon as it has ended. */
	bool will_end, will_begin;
	char next_detail[sizeof(((struct lock_view *)NULL)->detail)];
	int64_t next_utc_ms;
	/* Of an end. */
	bool is_override;
	char operator_name[81], reason[300];
	int64_t end_utc_ms;
};

struct lock_book {
	size_t slots, room;
	struct entry *entries; /* one for each lock that there can be */
	bool has_trouble;
};

/* Three codes are of a slot: each slot has three entries behind those of the line. */
#define SLOT_CODES 3

static size_t place_of(enum lock_code code)
{
	return code == LOCK_SLOT_FAILS ? 0 : code == LOCK_LABEL_MISMATCH ? 1 : 2;
}

static size_t index_of(const struct lock_book *b, enum lock_code code, int slot)
{
	if (!lock_row(code)->is_of_slot)
		return (size_t)code;
	assert(slot >= 0 && (size_t)slot < b->slots);
	return LOCK_CODE_COUNT + (size_t)slot * SLOT_CODES + place_of(code);
}

static struct entry *entry_of(const struct lock_book *b, enum lock_code code, int slot)
{
	return &b->entries[index_of(b, code, slot)];
}

struct lock_book *lock_book_new(size_t slots)
{
	struct lock_book *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->slots = slots;
	b->room = LOCK_CODE_COUNT + slots * SLOT_CODES;
	b->entries = calloc(b->room, sizeof(*b->entries));
	if (!b->entries) {
		free(b);
		return NULL;
	}
	return b;
}

void lock_book_free(struct lock_book *b)
{
	if (!b)
		return;
	free(b->entries);
	free(b);
}

size_t lock_book_room(const struct lock_book *b)
{
	return b->room;
}

/* ---- beginning ---- */

static void set_detail(char *to, const char *detail)
{
	snprintf(to, sizeof(((struct lock_view *)NULL)->detail), "%s", detail);
}

static void tell_begin(struct entry *e)
{
	e->was_told = e->is_to_tell_begin = true;
}

static void set_view(struct entry *e, enum lock_code code, int slot, const char *detail,
		     int64_t utc_ms)
{
	const struct lock_row *row = lock_row(code);

	*e = (struct entry){ .code = code };
	e->view.code = row->code;
	e->view.sentence = row->sentence;
	e->view.slot = row->is_of_slot ? slot : -1;
	e->view.since_utc_ms = utc_ms;
	set_detail(e->view.detail, detail);
}

static void begin(const struct lock_book *b, struct entry *e, enum lock_code code, int slot,
		  const char *detail, int64_t utc_ms)
{
	set_view(e, code, slot, detail, utc_ms);
	db_new_run_id(e->view.lock_id);
	e->state = ENTRY_BEGINNING;
	e->has_order = true;
	if (b->has_trouble)
		tell_begin(e);
}

void lock_book_begin(struct lock_book *b, enum lock_code code, int slot, const char *detail,
		     int64_t utc_ms)
{
	struct entry *e = entry_of(b, code, slot);
	char kept[sizeof(e->view.detail)]; /* as it is when it is cut */

	set_detail(kept, detail);
	if (e->state == ENTRY_ENDING || (e->state == ENTRY_ABSENT && e->is_to_tell_end) ||
	    e->will_end) {
		e->will_begin = true;
		e->next_utc_ms = utc_ms;
		set_detail(e->next_detail, detail);
	} else if (e->state == ENTRY_ABSENT) {
		begin(b, e, code, slot, detail, utc_ms);
	} else if (strcmp(e->view.detail, kept) != 0) {
		set_detail(e->view.detail, kept);
		e->is_to_tell_begin = e->was_told;
	}
}

void lock_book_restore(struct lock_book *b, enum lock_code code, int slot, const char *lock_id,
		       const char *detail, int64_t since_utc_ms)
{
	struct entry *e = entry_of(b, code, slot);

	if (e->state != ENTRY_ABSENT)
		return; /* two programs began one: the first holds, as the other would */
	set_view(e, code, slot, detail, since_utc_ms);
	snprintf(e->view.lock_id, sizeof(e->view.lock_id), "%s", lock_id);
	e->state = ENTRY_OPEN;
	tell_begin(e);
}

/* ---- ending ---- */

void lock_book_end(struct lock_book *b, enum lock_code code, int slot, const char *operator_name,
		   const char *reason, int64_t utc_ms)
{
	struct entry *e = entry_of(b, code, slot);

	e->will_begin = false;
	if (e->state == ENTRY_ABSENT || e->state == ENTRY_ENDING || e->will_end)
		return;
	e->is_override = operator_name != NULL;
	snprintf(e->operator_name, sizeof(e->operator_name), "%s",
		 operator_name ? operator_name : "");
	snprintf(e->reason, sizeof(e->reason), "%s", reason ? reason : "");
	e->end_utc_ms = utc_ms;
	if (e->state == ENTRY_BEGINNING) {
		e->will_end = true;
		return;
	}
	e->state = ENTRY_ENDING;
	e->has_order = true;
}

bool lock_book_has(const struct lock_book *b, enum lock_code code, int slot)
{
	const struct entry *e = entry_of(b, code, slot);

	return e->state != ENTRY_ABSENT || e->is_to_tell_end;
}

static bool is_shown(const struct entry *e)
{
	return e->state == ENTRY_OPEN || e->state == ENTRY_ENDING ||
	       (e->state == ENTRY_BEGINNING && e->was_told);
}

bool lock_book_is_open(const struct lock_book *b, enum lock_code code, int slot)
{
	const struct entry *e = entry_of(b, code, slot);

	return is_shown(e) && e->state != ENTRY_ENDING && !e->will_end;
}

const char *lock_book_wanted(const struct lock_book *b, enum lock_code code, int slot)
{
	const struct entry *e = entry_of(b, code, slot);

	if (e->will_begin)
		return e->next_detail;
	if ((e->state == ENTRY_BEGINNING || e->state == ENTRY_OPEN) && !e->will_end)
		return e->view.detail;
	return NULL;
}

const char *lock_book_detail(const struct lock_book *b, enum lock_code code, int slot)
{
	const struct entry *e = entry_of(b, code, slot);

	return e->state == ENTRY_ABSENT ? "" : e->view.detail;
}

/* ---- the records ---- */

static void order_of(const struct entry *e, struct lock_order *order)
{
	*order = (struct lock_order){
		.is_end = e->state == ENTRY_ENDING,
		.code = e->code,
		.slot = e->view.slot,
		.is_override = e->is_override,
		.utc_ms = e->state == ENTRY_ENDING ? e->end_utc_ms : e->view.since_utc_ms,
	};
	snprintf(order->lock_id, sizeof(order->lock_id), "%s", e->view.lock_id);
	snprintf(order->detail, sizeof(order->detail), "%s", e->view.detail);
	snprintf(order->operator_name, sizeof(order->operator_name), "%s", e->operator_name);
	snprintf(order->reason, sizeof(order->reason), "%s", e->reason);
}

bool lock_book_next_order(struct lock_book *b, struct lock_order *order)
{
	for (size_t i = 0; i < b->room; i++) {
		struct entry *e = &b->entries[i];

		if (!e->has_order)
			continue;
		e->has_order = false;
		order_of(e, order);
		return true;
	}
	return false;
}

void lock_book_stored(struct lock_book *b, const struct lock_order *order)
{
	struct entry *e = entry_of(b, order->code, order->slot);

	assert(strcmp(e->view.lock_id, order->lock_id) == 0);
	if (order->is_end) {
		assert(e->state == ENTRY_ENDING);
		e->state = ENTRY_ABSENT;
		e->is_to_tell_end = true;
		return;
	}
	assert(e->state == ENTRY_BEGINNING);
	e->state = ENTRY_OPEN;
	if (!e->was_told)
		tell_begin(e);
	if (e->will_end) {
		e->will_end = false;
		e->state = ENTRY_ENDING;
		e->has_order = true;
	}
}

void lock_book_set_trouble(struct lock_book *b, bool has_trouble)
{
	b->has_trouble = has_trouble;
	for (size_t i = 0; has_trouble && i < b->room; i++)
		if (b->entries[i].state == ENTRY_BEGINNING && !b->entries[i].was_told)
			tell_begin(&b->entries[i]);
}

/* ---- what others see ---- */

static void word_end(const struct entry *e, char *how, size_t size)
{
	if (e->is_override)
		snprintf(how, size, "overridden by %s: %s", e->operator_name, e->reason);
	else
		snprintf(how, size, "cured");
}

bool lock_book_next_change(struct lock_book *b, struct lock_change *change)
{
	for (size_t i = 0; i < b->room; i++) {
		struct entry *e = &b->entries[i];

		if (!e->is_to_tell_begin && !e->is_to_tell_end)
			continue;
		*change = (struct lock_change){
			.has_begun = e->is_to_tell_begin,
			.code = e->code,
			.view = e->view,
		};
		if (e->is_to_tell_begin) {
			e->is_to_tell_begin = false;
			return true;
		}
		word_end(e, change->how, sizeof(change->how));
		e->is_to_tell_end = false;
		if (e->will_begin) {
			char detail[sizeof(e->next_detail)];

			set_detail(detail, e->next_detail);
			begin(b, e, e->code, e->view.slot, detail, e->next_utc_ms);
		}
		return true;
	}
	return false;
}

bool lock_book_allows(const struct lock_book *b, unsigned slot, bool *golden)
{
	bool is_allowed = true;

	*golden = false;
	for (int code = 0; code < LOCK_CODE_COUNT; code++) {
		const struct entry *e = entry_of(b, code, (int)slot);

		if (e->state == ENTRY_ABSENT)
			continue;
		if (code == LOCK_GOLDEN_DUE && e->state == ENTRY_OPEN)
			*golden = true;
		else
			is_allowed = false;
	}
	*golden = *golden && is_allowed;
	return is_allowed;
}

size_t lock_book_view(const struct lock_book *b, struct lock_view *views)
{
	size_t count = 0;

	for (size_t i = 0; i < b->room && count < LOCKS_MAX; i++)
		if (is_shown(&b->entries[i]) && !lock_row(b->entries[i].code)->is_shown_by_slot)
			views[count++] = b->entries[i].view;
	return count;
}
