#include "db/serials.h"

#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_COLUMNS "state, serial, mac, run_id, source, utc_ms"

static const char *const names[] = {
	[SERIAL_FREE] = "FREE",       [SERIAL_RESERVED] = "RESERVED",
	[SERIAL_WRITTEN] = "WRITTEN", [SERIAL_COMMITTED] = "COMMITTED",
	[SERIAL_VOIDED] = "VOID",     [SERIAL_PASSED] = "PASSED",
	[SERIAL_CLAIMED] = "CLAIMED",
};

const char *serial_standing_name(enum serial_standing standing)
{
	return names[standing];
}

/* ---- one number ---- */

static enum serial_standing standing_of(const char *state)
{
	for (enum serial_standing s = SERIAL_RESERVED; s <= SERIAL_VOIDED; s++)
		if (strcmp(state, names[s]) == 0)
			return s;
	return SERIAL_FREE; /* RETURNED */
}

/* row has STATE_COLUMNS. */
static void read_state(sqlite3_stmt *row, struct serial_now *now)
{
	*now = (struct serial_now){ .standing = standing_of(sql_text(row, 0)) };
	snprintf(now->serial, sizeof(now->serial), "%s", sql_text(row, 1));
	snprintf(now->mac, sizeof(now->mac), "%s", sql_text(row, 2));
	snprintf(now->run_id, sizeof(now->run_id), "%s", sql_text(row, 3));
	snprintf(now->source, sizeof(now->source), "%s", sql_text(row, 4));
	now->utc_ms = sql_time_ms(row, 5);
}

/* The newest state; of a number that came back, what it was to its unit before. */
static enum status read_standing(struct db *db, sqlite3_stmt *stmt, struct serial_now *now,
				 struct err *err)
{
	struct serial_now before;
	bool is_first = true;
	int rc;

	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		read_state(stmt, is_first ? now : &before);
		if (is_first && now->standing != SERIAL_FREE)
			return STATUS_OK;
		if (!is_first &&
		    (before.standing == SERIAL_COMMITTED || before.standing == SERIAL_VOIDED)) {
			*now = before;
			return STATUS_OK;
		}
		is_first = false;
	}
	return rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

static enum status read_states(struct db *db, const char *product, const char *serial,
			       struct serial_now *now, struct err *err)
{
	static const char sql[] = "SELECT " STATE_COLUMNS " FROM serial_state"
				  " WHERE product = ?1 AND serial = ?2 ORDER BY position DESC";
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, product);
	sql_bind_text(stmt, 2, serial);
	enum status st = read_standing(db, stmt, now, err);
	sqlite3_finalize(stmt);
	return st;
}

enum status serial_look_up(struct db *db, const char *product, const char *serial,
			   struct serial_now *now, struct err *err)
{
	struct guard_claim claim;
	char holder[MAC_TEXT_BYTES];

	*now = (struct serial_now){ .standing = SERIAL_FREE };
	TRY(read_states(db, product, serial, now, err));
	snprintf(now->serial, sizeof(now->serial), "%s", serial);
	if (now->standing != SERIAL_FREE)
		return STATUS_OK;
	TRY(guard_serial_holder(db, serial, product, "", holder, err));
	if (holder[0]) {
		now->standing = SERIAL_PASSED;
		memcpy(now->mac, holder, sizeof(holder));
		return STATUS_OK;
	}
	TRY(guard_serial_claim(db, serial, product, &claim, err));
	if (claim.is_there) {
		now->standing = SERIAL_CLAIMED;
		now->mac[0] = '\0';
		now->utc_ms = claim.claimed_utc_ms;
		snprintf(now->station, sizeof(now->station), "%s", claim.station);
	}
	return STATUS_OK;
}

bool serial_may_have(const struct serial_now *now, const char *mac)
{
	return now->standing == SERIAL_FREE || (mac && mac[0] && strcmp(now->mac, mac) == 0);
}

/* ---- the numbers of a unit ---- */

struct list {
	struct serial_now *rows;
	size_t count, room;
};

static enum status add_row(struct list *list, const struct serial_now *now, struct err *err)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 8;
		struct serial_now *more = realloc(list->rows, room * sizeof(*more));

		if (!more)
			return err_set(err, STATUS_NO_MEMORY,
				       "no memory for the serial numbers of unit %s", now->mac);
		list->rows = more;
		list->room = room;
	}
	list->rows[list->count++] = *now;
	return STATUS_OK;
}

static const char of_mac_sql[] =
	"SELECT serial FROM serial_state INDEXED BY serial_state_by_mac"
	" WHERE mac = ?2 AND product = ?1 GROUP BY serial"
	" ORDER BY max((SELECT max(seq) FROM ledger WHERE ref = serial_state_id"
	"  AND ledger.kind = 'serial_state')) DESC";

static enum status add_named(struct db *db, const char *product, const char *mac, struct list *list,
			     struct err *err)
{
	enum status st = STATUS_OK;
	struct serial_now now;
	sqlite3_stmt *stmt;
	int rc;

	TRY(sql_prepare(db, of_mac_sql, &stmt, err));
	sql_bind_text(stmt, 1, product);
	sql_bind_text(stmt, 2, mac);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		st = serial_look_up(db, product, sql_text(stmt, 0), &now, err);
		if (!st && now.standing != SERIAL_FREE && strcmp(now.mac, mac) == 0)
			st = add_row(list, &now, err);
	}
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

static enum status add_passed(struct db *db, const char *product, const char *mac,
			      struct list *list, struct err *err)
{
	struct serial_now now = { .standing = SERIAL_PASSED };

	TRY(guard_serial_of(db, mac, product, now.serial, err));
	if (!now.serial[0])
		return STATUS_OK;
	snprintf(now.mac, sizeof(now.mac), "%s", mac);
	return add_row(list, &now, err);
}

enum status serials_of_mac(struct db *db, const char *product, const char *mac,
			   struct serial_now **rows, size_t *count, struct err *err)
{
	struct list list = { 0 };
	enum status st = add_named(db, product, mac, &list, err);

	if (!st && !list.count)
		st = add_passed(db, product, mac, &list, err);
	if (st) {
		free(list.rows);
		list = (struct list){ 0 };
	}
	*rows = list.rows;
	*count = list.count;
	return st;
}
