#include "db/prints.h"

#include "db/sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY(to, row, column) snprintf(to, sizeof(to), "%s", sql_text(row, column))

#define JOBS                                                                                       \
	"SELECT print_id, run_id, copy, mac, serial, printer, template_sha256, operator, reason,"  \
	" utc_ms, content FROM print_job WHERE "
/* By the ledger, because a copy may be typed twice and the clock may have been set. */
#define IN_ORDER                                                                                   \
	" ORDER BY (SELECT max(seq) FROM ledger WHERE ref = print_id AND kind = 'print_job')"

static const char of_run_sql[] = JOBS "run_id = ?1" IN_ORDER;
static const char of_unit_sql[] =
	JOBS "run_id IN (SELECT run_id FROM result WHERE result.mac = ?1)" IN_ORDER;
static const char events_sql[] =
	"SELECT state, detail, operator, utc_ms FROM print_event WHERE print_id = ?1 ORDER BY"
	" (SELECT max(seq) FROM ledger WHERE ref = print_event_id AND kind = 'print_event')";

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for the labels of a unit");
}

/* Room for one more, at twice the size where it is full; counts are powers of two then. */
static void *grow(void *rows, size_t count, size_t size)
{
	if (count & (count - 1))
		return rows;
	return realloc(rows, (count ? 2 * count : 1) * size);
}

static enum status add_event(struct print_row *row, sqlite3_stmt *stmt, struct err *err)
{
	struct print_happening *more = grow(row->events, row->event_count, sizeof(*more));

	if (!more)
		return no_memory(err);
	row->events = more;
	more += row->event_count++;
	COPY(more->state, stmt, 0);
	COPY(more->detail, stmt, 1);
	COPY(more->operator_name, stmt, 2);
	more->utc_ms = sql_time_ms(stmt, 3);
	return STATUS_OK;
}

static enum status read_events(struct db *db, struct print_row *row, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db, events_sql, &stmt, err));
	sql_bind_text(stmt, 1, row->print_id);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = add_event(row, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

static enum status add_job(struct print_list *list, sqlite3_stmt *stmt, struct err *err)
{
	struct print_row *row = grow(list->rows, list->count, sizeof(*row));

	if (!row)
		return no_memory(err);
	list->rows = row;
	row += list->count++;
	*row = (struct print_row){ .copy = sqlite3_column_int64(stmt, 2),
				   .utc_ms = sql_time_ms(stmt, 9) };
	COPY(row->print_id, stmt, 0);
	COPY(row->run_id, stmt, 1);
	COPY(row->mac, stmt, 3);
	COPY(row->serial, stmt, 4);
	COPY(row->printer, stmt, 5);
	COPY(row->template_sha256, stmt, 6);
	COPY(row->operator_name, stmt, 7);
	COPY(row->reason, stmt, 8);
	row->content = strdup(sql_text(stmt, 10));
	return row->content ? STATUS_OK : no_memory(err);
}

static enum status read_jobs(struct db *db, const char *sql, const char *key,
			     struct print_list *list, struct err *err)
{
	enum status st = STATUS_OK;
	int rc = SQLITE_DONE;
	sqlite3_stmt *stmt;

	*list = (struct print_list){ 0 };
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, key);
	while (!st && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		st = add_job(list, stmt, err);
	if (!st && rc != SQLITE_DONE)
		st = sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < list->count && !st; i++)
		st = read_events(db, &list->rows[i], err);
	if (st)
		prints_release(list);
	return st;
}

enum status prints_of_run(struct db *db, const char *run_id, struct print_list *list,
			  struct err *err)
{
	return read_jobs(db, of_run_sql, run_id, list, err);
}

enum status prints_of_unit(struct db *db, const char *mac, struct print_list *list, struct err *err)
{
	return read_jobs(db, of_unit_sql, mac, list, err);
}

void prints_release(struct print_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->rows[i].content);
		free(list->rows[i].events);
	}
	free(list->rows);
	*list = (struct print_list){ 0 };
}
