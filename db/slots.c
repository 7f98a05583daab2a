#include "db/slots.h"

#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_FAILURE "(outcome <> 'PASS' AND party IN ('LINK', 'FIXTURE'))"

/* ---- one slot's history ---- */

static const char history_sql[] =
	"SELECT kind = 'FLASH', outcome = 'PASS', ifnull(rescued, 0), " LINK_FAILURE ","
	" start_way IS NOT NULL, ifnull(loader = 'stub', 0), ifnull(rate_asked, 0),"
	" ifnull(ram_block_bytes, 0), ifnull(data_block_bytes, 0), ifnull(pace_bytes, 0)"
	" FROM (SELECT * FROM run WHERE slot = ?1 AND bridge = ?2"
	" ORDER BY start_utc_ms DESC, run_id DESC LIMIT ?3) AS newest JOIN result USING (run_id)"
	" ORDER BY start_utc_ms DESC, run_id DESC";

static uint32_t unsigned_at(sqlite3_stmt *row, int column)
{
	int64_t value = sqlite3_column_int64(row, column);

	return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static struct slot_run run_of(sqlite3_stmt *row)
{
	return (struct slot_run){
		.is_flash = sqlite3_column_int(row, 0),
		.is_pass = sqlite3_column_int(row, 1),
		.is_rescued = sqlite3_column_int(row, 2),
		.is_link_failure = sqlite3_column_int(row, 3),
		.began_lowered = sqlite3_column_int(row, 4),
		.with_stub = sqlite3_column_int(row, 5),
		.rate_baud = unsigned_at(row, 6),
		.ram_block_bytes = unsigned_at(row, 7),
		.data_block_bytes = unsigned_at(row, 8),
		.pace_bytes = unsigned_at(row, 9),
	};
}

enum status slot_history(struct db *db, const char *slot, const char *bridge, struct slot_run *runs,
			 size_t room, size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE;

	*count = 0;
	TRY(sql_prepare(db, history_sql, &stmt, err));
	sql_bind_text(stmt, 1, slot);
	sql_bind_text(stmt, 2, bridge);
	sqlite3_bind_int64(stmt, 3, (int64_t)room);
	while (*count < room && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		runs[(*count)++] = run_of(stmt);
	enum status st = rc == SQLITE_DONE || rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

/* ---- counts of all slots ---- */

/* The slots first, each found behind the one before in the index; then the newest runs of each. */
static const char slots_sql[] = "WITH RECURSIVE s (slot) AS (SELECT min(slot) FROM run UNION ALL"
				" SELECT (SELECT min(slot) FROM run WHERE run.slot > s.slot) FROM "
				"s WHERE s.slot IS NOT NULL)"
				" SELECT slot FROM s WHERE slot IS NOT NULL";
/* SQLite takes the bare columns from the row that has the maximum. */
static const char counts_sql[] =
	"SELECT ifnull(bridge, ''), ifnull(bridge_vid_pid, ''), ifnull(bridge_serial, ''),"
	" max(start_utc_ms), count(*), total(outcome = 'PASS'),"
	" total(outcome = 'PASS' AND ifnull(rescued, 0)),"
	" total(outcome = 'PASS' AND NOT ifnull(rescued, 0) AND start_way IS NOT NULL),"
	" total(" LINK_FAILURE ")"
	" FROM (SELECT * FROM run WHERE slot = ?1 AND start_utc_ms >= ?2"
	" ORDER BY start_utc_ms DESC, run_id DESC LIMIT ?3) AS newest JOIN result USING (run_id)"
	" GROUP BY bridge ORDER BY max(start_utc_ms) DESC, bridge";

static void copy_text(char *to, size_t size, sqlite3_stmt *row, int column)
{
	snprintf(to, size, "%s", (const char *)sqlite3_column_text(row, column));
}

static enum status add_count(struct slot_counts *counts, const char *slot, sqlite3_stmt *row,
			     struct err *err)
{
	struct slot_count *items =
		realloc(counts->items, (counts->count + 1) * sizeof(*counts->items));
	struct slot_count *c;

	if (!items)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu slots", counts->count + 1);
	counts->items = items;
	c = &items[counts->count++];
	*c = (struct slot_count){
		.last_utc_ms = sqlite3_column_int64(row, 3),
		.runs = sqlite3_column_int64(row, 4),
		.passes = sqlite3_column_int64(row, 5),
		.rescued = sqlite3_column_int64(row, 6),
		.lowered = sqlite3_column_int64(row, 7),
		.link_failures = sqlite3_column_int64(row, 8),
	};
	snprintf(c->slot, sizeof(c->slot), "%s", slot);
	copy_text(c->bridge, sizeof(c->bridge), row, 0);
	copy_text(c->bridge_vid_pid, sizeof(c->bridge_vid_pid), row, 1);
	copy_text(c->bridge_serial, sizeof(c->bridge_serial), row, 2);
	return STATUS_OK;
}

static enum status count_slot(struct db *db, sqlite3_stmt *stmt, const char *slot,
			      struct slot_counts *counts, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;

	sql_bind_text(stmt, 1, slot);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = add_count(counts, slot, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_reset(stmt);
	return st;
}

static enum status read_counts(struct db *db, sqlite3_stmt *slots, sqlite3_stmt *stmt,
			       struct slot_counts *counts, struct err *err)
{
	int rc;

	while ((rc = sqlite3_step(slots)) == SQLITE_ROW)
		TRY(count_slot(db, stmt, (const char *)sqlite3_column_text(slots, 0), counts, err));
	return rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
}

enum status slot_counts_read(struct db *db, int64_t since_utc_ms, uint64_t last,
			     struct slot_counts *counts, struct err *err)
{
	sqlite3_stmt *slots = NULL, *stmt = NULL;
	enum status st;

	*counts = (struct slot_counts){ 0 };
	st = sql_prepare(db, slots_sql, &slots, err);
	if (!st)
		st = sql_prepare(db, counts_sql, &stmt, err);
	if (!st) {
		sqlite3_bind_int64(stmt, 2, since_utc_ms);
		sqlite3_bind_int64(stmt, 3, last && last < INT64_MAX ? (int64_t)last : INT64_MAX);
		st = read_counts(db, slots, stmt, counts, err);
	}
	sqlite3_finalize(slots);
	sqlite3_finalize(stmt);
	return st;
}

void slot_counts_release(struct slot_counts *counts)
{
	free(counts->items);
	*counts = (struct slot_counts){ 0 };
}
