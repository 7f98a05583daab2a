/* The next free number of a range. */
#include "db/serials.h"
#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 18 /* digits that an int64_t always holds */
#define ID_BYTES RUN_ID_BYTES

/* ---- a number and its text ---- */

static void serial_text(const struct serial_range *range, int64_t number,
			char text[static SERIAL_TEXT_BYTES])
{
	snprintf(text, SERIAL_TEXT_BYTES, "%s%0*" PRId64, range->prefix, (int)range->width, number);
}

bool serial_in_range(const struct serial_range *range, const char *serial, int64_t *number)
{
	size_t prefix = strlen(range->prefix);
	const char *digits = serial + prefix;

	if (strncmp(serial, range->prefix, prefix) != 0 || strlen(digits) != (size_t)range->width ||
	    strspn(digits, "0123456789") != (size_t)range->width)
		return false;
	*number = strtoll(digits, NULL, 10);
	return *number >= range->first && *number <= range->last;
}

static enum status check_range(const struct serial_range *range, struct err *err)
{
	int64_t above = 1;

	if (range->width < 1 || range->width > WIDTH_MAX)
		return err_set(err, STATUS_USAGE,
			       "serial numbers %s: a width of %lld digits: 1 to %d are possible",
			       range->prefix, (long long)range->width, WIDTH_MAX);
	for (int64_t i = 0; i < range->width; i++)
		above *= 10;
	if (range->first < 0 || range->last < range->first || range->last >= above)
		return err_set(err, STATUS_USAGE,
			       "serial numbers %s%lld to %s%lld: first and last go from 0 up to "
			       "%lld, the most that %lld digits hold, the last not below the first",
			       range->prefix, (long long)range->first, range->prefix,
			       (long long)range->last, (long long)above - 1,
			       (long long)range->width);
	if (strlen(range->prefix) + WIDTH_MAX >= SERIAL_TEXT_BYTES)
		return err_set(err, STATUS_USAGE,
			       "serial numbers with a prefix of %zu bytes: %d at most",
			       strlen(range->prefix), SERIAL_TEXT_BYTES - WIDTH_MAX - 1);
	return STATUS_OK;
}

/* ---- what was given out ---- */

/* The indexes are named: SQLite takes any that begins with the product for as good. */

/* Values ?1 to ?4: product, source, the first and the last number as texts; ?5 their length. Of
 * texts that are equally long and begin with one prefix the order is that of the numbers. */
static enum status prepare_of_range(struct db *db, const struct serial_range *range,
				    const char *sql, sqlite3_stmt **stmt, struct err *err)
{
	char text[SERIAL_TEXT_BYTES];

	TRY(sql_prepare(db, sql, stmt, err));
	sql_bind_text(*stmt, 1, range->product);
	sql_bind_text(*stmt, 2, range->source);
	serial_text(range, range->first, text);
	sqlite3_bind_text(*stmt, 3, text, -1, SQLITE_TRANSIENT);
	serial_text(range, range->last, text);
	sqlite3_bind_text(*stmt, 4, text, -1, SQLITE_TRANSIENT);
	return STATUS_OK;
}

/* The highest number that was ever reserved from this source, and the id of its first moment;
 * first - 1 and "" without one. Others than those of the range may lie between its ends. */
static enum status read_highest(struct db *db, const struct serial_range *range, int64_t *number,
				char since[static ID_BYTES], struct err *err)
{
	static const char sql[] = "SELECT serial, (SELECT serial_state_id FROM serial_state first"
				  "  WHERE first.product = s.product AND first.serial = s.serial"
				  "  ORDER BY position LIMIT 1)"
				  " FROM serial_state s INDEXED BY serial_state_reserved WHERE "
				  "state = 'RESERVED' AND product = ?1 AND source = ?2"
				  " AND serial BETWEEN ?3 AND ?4 ORDER BY serial DESC";
	bool is_found = false;
	sqlite3_stmt *stmt;
	int rc;

	*number = range->first - 1;
	since[0] = '\0';
	TRY(prepare_of_range(db, range, sql, &stmt, err));
	while (!is_found && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		is_found = serial_in_range(range, sql_text(stmt, 0), number);
		if (is_found)
			snprintf(since, ID_BYTES, "%s", sql_text(stmt, 1));
	}
	enum status st = is_found || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- is it free? ---- */

static enum status take_if_free(struct db *db, const struct serial_range *range, int64_t number,
				struct serial_pick *pick, struct err *err)
{
	struct serial_now now;

	serial_text(range, number, pick->serial);
	TRY(serial_look_up(db, range->product, pick->serial, &now, err));
	pick->is_there = now.standing == SERIAL_FREE;
	pick->is_returned = now.utc_ms != 0;
	pick->number = number;
	return STATUS_OK;
}

/* Each number of the query once, until one is free. */
static enum status take_first_free(struct db *db, const struct serial_range *range,
				   sqlite3_stmt *stmt, struct serial_pick *pick, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;
	int64_t number;

	while (!st && !pick->is_there && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		if (serial_in_range(range, sql_text(stmt, 0), &number))
			st = take_if_free(db, range, number, pick, err);
	if (!st && rc != SQLITE_ROW && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	return st;
}

/*
 * When a number was given out for the first time, none that had come back was free. So only
 * those that came back later are looked at, which are few at any time.
 */
static enum status pick_returned(struct db *db, const struct serial_range *range, const char *since,
				 struct serial_pick *pick, struct err *err)
{
	static const char sql[] = "SELECT DISTINCT serial FROM serial_state"
				  " INDEXED BY serial_state_returned"
				  " WHERE state = 'RETURNED' AND product = ?1 AND source = ?2"
				  " AND serial BETWEEN ?3 AND ?4 AND serial_state_id > ?5"
				  " ORDER BY serial";
	sqlite3_stmt *stmt;

	TRY(prepare_of_range(db, range, sql, &stmt, err));
	sql_bind_text(stmt, 5, since);
	enum status st = take_first_free(db, range, stmt, pick, err);
	sqlite3_finalize(stmt);
	return st;
}

static enum status pick_above(struct db *db, const struct serial_range *range, int64_t highest,
			      struct serial_pick *pick, struct err *err)
{
	for (int64_t number = highest + 1; number <= range->last && !pick->is_there; number++)
		TRY(take_if_free(db, range, number, pick, err));
	return STATUS_OK;
}

/* The lowest number that was never named here, below limit: reads the numbers of the range in their
 * order, and stops where one is left out. */
static enum status pick_gap(struct db *db, const struct serial_range *range, int64_t limit,
			    struct serial_pick *pick, struct err *err)
{
	static const char sql[] = "SELECT serial FROM serial_state"
				  " WHERE product = ?1 AND ?2 IS NOT NULL"
				  " AND serial BETWEEN ?3 AND ?4 AND position = 1 ORDER BY serial";
	enum status st = STATUS_OK;
	int64_t next = range->first, number;
	sqlite3_stmt *stmt;
	int rc = SQLITE_ROW;

	TRY(prepare_of_range(db, range, sql, &stmt, err));
	while (!st && !pick->is_there && rc == SQLITE_ROW && next < limit) {
		rc = sqlite3_step(stmt);
		if (rc != SQLITE_ROW)
			number = limit;
		else if (!serial_in_range(range, sql_text(stmt, 0), &number))
			continue;
		for (; next < number && next < limit && !pick->is_there && !st; next++)
			st = take_if_free(db, range, next, pick, err);
		next = number + 1;
	}
	if (!st && rc != SQLITE_ROW && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* At the end of the range: what came back whenever and from whatever source, or was left out. */
static enum status pick_lowest(struct db *db, const struct serial_range *range,
			       struct serial_pick *pick, struct err *err)
{
	static const char sql[] = "SELECT DISTINCT serial FROM serial_state"
				  " INDEXED BY serial_state_returned"
				  " WHERE state = 'RETURNED' AND product = ?1 AND ?2 IS NOT NULL"
				  " AND serial BETWEEN ?3 AND ?4 ORDER BY serial";
	struct serial_pick gap = { .is_there = false };
	sqlite3_stmt *stmt;

	TRY(prepare_of_range(db, range, sql, &stmt, err));
	enum status st = take_first_free(db, range, stmt, pick, err);
	sqlite3_finalize(stmt);
	if (!st)
		st = pick_gap(db, range, pick->is_there ? pick->number : range->last + 1, &gap,
			      err);
	if (!st && gap.is_there)
		*pick = gap;
	return st;
}

enum status serial_pick_next(struct db *db, const struct serial_range *range,
			     struct serial_pick *pick, struct err *err)
{
	char since[ID_BYTES];
	int64_t highest;

	*pick = (struct serial_pick){ .is_there = false };
	TRY(check_range(range, err));
	TRY(read_highest(db, range, &highest, since, err));
	if (highest >= range->first)
		TRY(pick_returned(db, range, since, pick, err));
	if (!pick->is_there)
		TRY(pick_above(db, range, highest, pick, err));
	if (!pick->is_there)
		TRY(pick_lowest(db, range, pick, err));
	highest = pick->is_there && pick->number > highest ? pick->number : highest;
	pick->left = range->last - highest;
	return STATUS_OK;
}
