#include "station/serial_numbers.h"

#include "db/plant/plant_blocks.h"
#include "engine/base/clock.h"
#include "recipes/serial_source.h"
#include "recipes/unit_data.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Somebody else took it in between: so often another one is looked for. */
#define LOOKS_MAX 100

struct serial_numbers {
	/* Const. */
	const struct plan *plan;
	struct writer *writer;
	const char *product;
	bool is_scanned;
	bool is_in_unit; /* the number goes into the unit */

	pthread_mutex_t lock; /* protects the rest */
	struct db *db;
	size_t next_row; /* CSV: no row before can become free: they are given out, or for a MAC */
};

static bool needs_serial(const struct plan *plan)
{
	for (size_t i = 0; plan->unit_data && i < plan->unit_data->count; i++)
		if (plan->unit_data->parts[i].needs_serial)
			return true;
	return false;
}

enum status serial_numbers_new(const struct serial_numbers_setup *setup,
			       struct serial_numbers **out, struct err *err)
{
	const struct plan *plan = setup->plan;
	struct serial_numbers *n;
	enum status st;

	*out = NULL;
	if (plan->serial.source == SERIAL_FROM_NOWHERE && !needs_serial(plan))
		return STATUS_OK;
	n = calloc(1, sizeof(*n));
	if (!n)
		return err_set(err, STATUS_NO_MEMORY, "no memory for serial numbers");
	pthread_mutex_init(&n->lock, NULL);
	n->plan = plan;
	n->writer = setup->writer;
	n->product = plan->product ? plan->product : plan->name;
	n->is_scanned = setup->is_scanned;
	n->is_in_unit = needs_serial(plan);
	st = db_open(setup->db_path, DB_READ, &n->db, err);
	if (st) {
		serial_numbers_free(n);
		return st;
	}
	*out = n;
	return STATUS_OK;
}

void serial_numbers_free(struct serial_numbers *n)
{
	if (!n)
		return;
	db_close(n->db);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* ---- the number of a run ---- */

void unit_serial_init(struct unit_serial *u, const char *run_id, const char *declared)
{
	*u = (struct unit_serial){ .run_id = run_id, .declared = declared };
	pthread_mutex_init(&u->lock, NULL);
}

void unit_serial_release(struct unit_serial *u)
{
	pthread_mutex_destroy(&u->lock);
}

void unit_serial_text(struct unit_serial *u, char serial[static SERIAL_TEXT_BYTES])
{
	pthread_mutex_lock(&u->lock);
	if (u->progress >= SERIAL_GIVEN)
		memcpy(serial, u->serial, SERIAL_TEXT_BYTES);
	else
		snprintf(serial, SERIAL_TEXT_BYTES, "%s", u->declared ? u->declared : "");
	pthread_mutex_unlock(&u->lock);
}

/* false: the run has ended. */
static bool go_on(struct unit_serial *u, enum serial_progress progress)
{
	bool may;

	pthread_mutex_lock(&u->lock);
	may = !u->is_ended;
	if (may)
		u->progress = progress;
	pthread_mutex_unlock(&u->lock);
	return may;
}

static enum status ended(struct err *err)
{
	return err_set(err, STATUS_CANCELLED, "the run has ended already");
}

static struct record_serial_state state_of(const struct serial_numbers *n,
					   const struct unit_serial *u, const char *state)
{
	return (struct record_serial_state){
		.product = n->product,
		.serial = u->serial,
		.state = state,
		.source = u->source,
		.run_id = u->run_id,
		.mac = u->mac[0] ? u->mac : NULL,
		.utc_ms = clock_utc_ms(),
	};
}

/* ---- which one ---- */

struct wish { /* what a unit shall get */
	char serial[SERIAL_TEXT_BYTES];
	const char *source;
	bool is_picked; /* another one would do as well */
	size_t row;     /* CSV */
};

static enum status take_text(struct wish *w, const char *serial, struct err *err)
{
	const char *fault = unit_serial_fault(serial);

	if (fault || strlen(serial) >= sizeof(w->serial))
		return err_set(err, STATUS_UNIT_DATA_BAD, "'%.100s' is no serial number: %s",
			       serial, fault ? fault : "it is too long");
	memcpy(w->serial, serial, strlen(serial) + 1);
	return STATUS_OK;
}

static enum status check_match(const struct serial_numbers *n, const struct wish *w,
			       struct err *err)
{
	if (serial_source_matches(&n->plan->serial, w->serial))
		return STATUS_OK;
	return err_set(err, STATUS_SERIAL_MISSING,
		       "serial number '%s' does not match '%s', as the recipe wants it", w->serial,
		       n->plan->serial.pattern);
}

/* Whatever became of it: what may stand on a unit is that unit's. */
static enum status find_kept(struct serial_numbers *n, const char *mac, struct serial_now *kept,
			     struct err *err)
{
	struct serial_now *rows;
	size_t count, best = 0;

	kept->serial[0] = '\0';
	if (!mac)
		return STATUS_OK;
	TRY(serials_of_mac(n->db, n->product, mac, &rows, &count, err));
	while (best < count && rows[best].standing != SERIAL_COMMITTED &&
	       rows[best].standing != SERIAL_PASSED)
		best++;
	if (count)
		*kept = rows[best < count ? best : 0];
	free(rows);
	return STATUS_OK;
}

static enum status used_up(const struct serial_numbers *n, const char *what, struct err *err)
{
	return err_set(err, STATUS_SERIALS_USED_UP, "%s: every serial number of %s is given out",
		       what, n->product);
}

static enum status pick_in(struct serial_numbers *n, const struct serial_range *range,
			   struct wish *w, bool *is_there, struct err *err)
{
	struct serial_pick pick;

	TRY(serial_pick_next(n->db, range, &pick, err));
	*is_there = pick.is_there;
	w->source = range->source;
	w->is_picked = true;
	return pick.is_there ? take_text(w, pick.serial, err) : STATUS_OK;
}

static enum status pick_of_range(struct serial_numbers *n, struct wish *w, struct err *err)
{
	const struct plan_serial *s = &n->plan->serial;
	const struct serial_range range = {
		.product = n->product,
		.source = "RANGE",
		.prefix = s->prefix ? s->prefix : "",
		.width = s->width,
		.first = s->first,
		.last = s->last,
	};
	bool is_there;

	TRY(pick_in(n, &range, w, &is_there, err));
	return is_there ? STATUS_OK : used_up(n, "the recipe's range", err);
}

static enum status pick_of_plant(struct serial_numbers *n, struct wish *w, struct err *err)
{
	struct serial_block *blocks;
	enum status st;
	size_t count;
	bool is_there = false;

	TRY(serial_blocks_read(n->db, NULL, &blocks, &count, err));
	st = STATUS_OK;
	for (size_t i = 0; i < count && !is_there && !st; i++) {
		const struct serial_range range = {
			.product = n->product,
			.source = "PLANT",
			.prefix = blocks[i].prefix,
			.width = blocks[i].width,
			.first = blocks[i].first,
			.last = blocks[i].last,
		};

		if (blocks[i].holds && strcmp(blocks[i].product, n->product) == 0)
			st = pick_in(n, &range, w, &is_there, err);
	}
	free(blocks);
	if (st || is_there)
		return st;
	return used_up(n,
		       "the blocks that the plant's ledger leased to this station ('flashline "
		       "serials lease' gets more)",
		       err);
}

/* The first row for any unit that is free; !is_picked: there is none. One that is only reserved may
 * come back, so it is looked at again the next time. */
static enum status find_free_row(struct serial_numbers *n, struct wish *w, struct err *err)
{
	const struct unit_values *file = n->plan->serial.file;
	size_t count = unit_values_rows(file), open = SIZE_MAX, row;

	for (row = n->next_row; row < count && !w->is_picked; row++) {
		struct serial_now now;

		if (unit_values_mac(file, row)[0])
			continue;
		TRY(take_text(w, unit_values_serial(file, row), err));
		TRY(serial_look_up(n->db, n->product, w->serial, &now, err));
		w->is_picked = now.standing == SERIAL_FREE;
		w->row = row;
		if (open == SIZE_MAX && (w->is_picked || now.standing == SERIAL_RESERVED))
			open = row;
	}
	n->next_row = open < row ? open : row;
	return STATUS_OK;
}

/* The row of this MAC, or the next one for any unit. */
static enum status pick_of_file(struct serial_numbers *n, const char *mac, struct wish *w,
				struct err *err)
{
	const struct plan_serial *s = &n->plan->serial;
	size_t row;

	w->source = "CSV";
	if (s->by_mac && mac && unit_values_by_mac(s->file, mac, &row)) {
		w->row = row;
		return take_text(w, unit_values_serial(s->file, row), err);
	}
	TRY(find_free_row(n, w, err));
	if (w->is_picked)
		return STATUS_OK;
	if (s->by_mac && mac)
		return err_set(err, STATUS_SERIALS_USED_UP,
			       "%s has no row for %s, and none without a MAC that is free",
			       s->file_name, mac);
	return used_up(n, s->file_name, err);
}

static enum status pick_of_mac(struct serial_numbers *n, const char *mac, struct wish *w,
			       struct err *err)
{
	char serial[SERIAL_NUMBER_BYTES];

	if (!mac)
		return err_set(err, STATUS_SERIAL_MISSING,
			       "the recipe makes the serial number of the MAC, and the unit tells "
			       "none");
	serial_source_of_mac(&n->plan->serial, mac, serial);
	w->source = "MAC";
	return take_text(w, serial, err);
}

static enum status pick(struct serial_numbers *n, const char *mac, struct wish *w, struct err *err)
{
	switch (n->plan->serial.source) {
	case SERIAL_FROM_NOWHERE:
		return err_set(err, STATUS_SERIAL_MISSING,
			       "the unit's data needs a serial number: give --serial, or let "
			       "'serial' of the recipe say where it comes from");
	case SERIAL_FROM_SCAN:
		return err_set(err, STATUS_SERIAL_MISSING,
			       "nobody has scanned the unit's serial number: scan it before the "
			       "unit is plugged in, or give --serial");
	case SERIAL_FROM_RANGE:
		return pick_of_range(n, w, err);
	case SERIAL_FROM_PLANT:
		return pick_of_plant(n, w, err);
	case SERIAL_FROM_CSV:
		return pick_of_file(n, mac, w, err);
	case SERIAL_FROM_MAC:
		return pick_of_mac(n, mac, w, err);
	}
	return STATUS_OK;
}

static const char *source_word(const char *source)
{
	static const char *const words[] = { "RANGE", "CSV", "PLANT", "SCAN", "MAC", "TYPED" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], source) == 0)
			return words[i];
	return "TYPED"; /* it passed with it before anybody kept states */
}

/* A file that names the unit is a person's word, too. */
static enum status check_same(const struct wish *w, const struct serial_now *kept, const char *mac,
			      const char *who, struct err *err)
{
	if (!kept->serial[0] || strcmp(kept->serial, w->serial) == 0 ||
	    (kept->standing != SERIAL_COMMITTED && kept->standing != SERIAL_PASSED))
		return STATUS_OK;
	return err_set(err, STATUS_SERIAL_DIFFERS,
		       "%s has the serial number '%s', and %s says '%s'", mac, kept->serial, who,
		       w->serial);
}

/* With the lock. What was declared was judged by the guards (SERIAL_DIFFERS, SERIAL_TAKEN). */
static enum status find_wish(struct serial_numbers *n, const struct unit_serial *u, const char *mac,
			     struct wish *w, struct err *err)
{
	const struct plan_serial *s = &n->plan->serial;
	struct serial_now kept;
	size_t row;

	*w = (struct wish){ .row = SIZE_MAX };
	if (u->declared) {
		w->source = n->is_scanned ? "SCAN" : "TYPED";
		TRY(take_text(w, u->declared, err));
		return check_match(n, w, err);
	}
	TRY(find_kept(n, mac, &kept, err));
	if (s->by_mac && mac && unit_values_by_mac(s->file, mac, &row)) {
		TRY(pick_of_file(n, mac, w, err));
		return check_same(w, &kept, mac, s->file_name, err);
	}
	if (!kept.serial[0]) {
		TRY(pick(n, mac, w, err));
		return check_match(n, w, err);
	}
	w->source = source_word(kept.source);
	return take_text(w, kept.serial, err);
}

/* ---- giving it ---- */

static enum status reserve(struct serial_numbers *n, struct unit_serial *u, const struct wish *w,
			   struct err *err)
{
	struct record_serial_state state;

	pthread_mutex_lock(&u->lock);
	memcpy(u->serial, w->serial, sizeof(u->serial));
	u->source = w->source;
	u->is_picked = w->is_picked;
	pthread_mutex_unlock(&u->lock);
	state = state_of(n, u, "RESERVED");
	return writer_put(n->writer, RECORD_SERIAL_STATE, &state, err);
}

/* One look and one reservation, so that two units cannot both find the same number free. */
static enum status find_and_reserve(struct serial_numbers *n, struct unit_serial *u,
				    const char *mac, struct err *err)
{
	for (unsigned looks = 1;; looks++) {
		struct wish w;
		enum status st;

		TRY(find_wish(n, u, mac, &w, err));
		st = reserve(n, u, &w, err);
		if (st != STATUS_SERIAL_TAKEN || !w.is_picked || looks == LOOKS_MAX)
			return st;
	}
}

/* The owner has given up in between, and has not seen the number: it goes back. */
static enum status give_back(struct serial_numbers *n, const struct unit_serial *u, struct err *err)
{
	const struct record_serial_state state = state_of(n, u, "RETURNED");

	TRY(writer_put(n->writer, RECORD_SERIAL_STATE, &state, err));
	return ended(err);
}

enum status serial_numbers_give(struct serial_numbers *n, struct unit_serial *u, const char *mac,
				struct err *err)
{
	enum status st;

	if (!n)
		return STATUS_OK;
	if (!go_on(u, SERIAL_BEING_RESERVED))
		return ended(err);
	snprintf(u->mac, sizeof(u->mac), "%s", mac ? mac : "");
	pthread_mutex_lock(&n->lock);
	st = find_and_reserve(n, u, mac, err);
	pthread_mutex_unlock(&n->lock);
	if (st) {
		go_on(u, SERIAL_NOT_GIVEN);
		return st;
	}
	return go_on(u, SERIAL_GIVEN) ? STATUS_OK : give_back(n, u, err);
}

enum status serial_numbers_write(struct serial_numbers *n, struct unit_serial *u, struct err *err)
{
	struct record_serial_state state;

	if (!n || !n->is_in_unit)
		return STATUS_OK;
	if (u->progress == SERIAL_NOT_GIVEN && u->declared)
		return STATUS_OK; /* it stays another unit's: that was overridden */
	assert(u->progress >= SERIAL_GIVEN);
	if (!go_on(u, SERIAL_BEING_WRITTEN))
		return ended(err);
	state = state_of(n, u, "WRITTEN");
	return writer_put(n->writer, RECORD_SERIAL_STATE, &state, err);
}

/* ---- the end ---- */

/* The plant's ledger says that somebody else has it: nobody here gets it from now on, and this unit
 * another one. */
static bool is_lost(const struct unit_serial *u, enum status status)
{
	return status == STATUS_SERIAL_TAKEN && u->is_picked;
}

const struct record_serial_state *serial_numbers_end(struct serial_numbers *n,
						     struct unit_serial *u, enum status status)
{
	enum serial_progress progress;
	bool was_ended;

	if (!n)
		return NULL;
	pthread_mutex_lock(&u->lock);
	progress = u->progress;
	was_ended = u->is_ended;
	u->is_ended = true;
	pthread_mutex_unlock(&u->lock);
	if (was_ended || progress < SERIAL_GIVEN)
		return NULL;
	u->end = state_of(n, u,
			  status == STATUS_OK                                      ? "COMMITTED"
			  : progress == SERIAL_BEING_WRITTEN || is_lost(u, status) ? "VOID"
										   : "RETURNED");
	if (progress == SERIAL_GIVEN && status && is_lost(u, status))
		u->end.mac = NULL;
	return &u->end;
}

/* ---- asking ---- */

enum status serial_numbers_known(struct serial_numbers *n, const char *mac,
				 char serial[static SERIAL_TEXT_BYTES], struct err *err)
{
	struct serial_now kept;
	enum status st;

	serial[0] = '\0';
	if (!n)
		return STATUS_OK;
	pthread_mutex_lock(&n->lock);
	st = find_kept(n, mac, &kept, err);
	pthread_mutex_unlock(&n->lock);
	if (!st)
		memcpy(serial, kept.serial, SERIAL_TEXT_BYTES);
	return st;
}
