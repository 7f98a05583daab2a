#include "db/plant/plant_blocks.h"

#include "db/sql.h"

#include <stdio.h>

/* Leased to the chain that is written now, and nothing found since that makes it void. The order
 * is the ledger's, because the clock may have been set. */
#define BLOCKS                                                                                     \
	"SELECT b.block_id, b.product, b.prefix || format('%0*d', b.width, b.first) AS first, "    \
	"b.prefix || format('%0*d', b.width, b.last) AS last, b.last - b.first + 1 AS units, "     \
	"b.leased_utc_ms AS leased, b.prefix AS prefix, b.width AS width, "                        \
	"b.first AS first_number, b.last AS last_number, "                                         \
	"b.chain_id = (SELECT chain_id FROM chain ORDER BY first_seq DESC LIMIT 1) "               \
	"AND NOT EXISTS (SELECT 1 FROM alarm a "                                                   \
	"JOIN ledger la ON la.ref = a.alarm_id AND la.kind = 'alarm' "                             \
	"WHERE a.code IN ('PLANT_FORKED', 'PLANT_ROLLED_BACK') AND la.seq > "                      \
	"(SELECT lb.seq FROM ledger lb WHERE lb.ref = b.block_id AND lb.kind = 'serial_block')) "  \
	"AS holds FROM serial_block b"

static const char list_sql[] =
	"SELECT block_id, product, first, last, units, leased, holds, "
	"(SELECT count(*) FROM (SELECT run.serial FROM run JOIN result USING (run_id) "
	"WHERE run.serial BETWEEN first AND last AND length(run.serial) = length(first) "
	"AND run.kind = 'FLASH' AND result.outcome = 'PASS' UNION "
	"SELECT s.serial FROM serial_state s WHERE s.product = b.product "
	"AND s.serial BETWEEN first AND last AND length(s.serial) = length(first) "
	"AND (s.state IN ('WRITTEN', 'COMMITTED', 'VOID') OR s.state = 'RESERVED' AND NOT EXISTS "
	"(SELECT 1 FROM serial_state later WHERE later.product = s.product "
	"AND later.serial = s.serial AND later.position > s.position)))), "
	"prefix, width, first_number, last_number "
	"FROM (" BLOCKS ") AS b WHERE ?1 IS NULL OR block_id = ?1 ORDER BY leased, block_id";

static void read_block(void *to, sqlite3_stmt *row)
{
	struct serial_block *b = to;

	snprintf(b->block_id, sizeof(b->block_id), "%s", sql_text(row, 0));
	snprintf(b->product, sizeof(b->product), "%s", sql_text(row, 1));
	snprintf(b->first_serial, sizeof(b->first_serial), "%s", sql_text(row, 2));
	snprintf(b->last_serial, sizeof(b->last_serial), "%s", sql_text(row, 3));
	b->units = sqlite3_column_int64(row, 4);
	b->leased_utc_ms = sqlite3_column_int64(row, 5);
	b->holds = sqlite3_column_int(row, 6);
	b->used = sqlite3_column_int64(row, 7);
	snprintf(b->prefix, sizeof(b->prefix), "%s", sql_text(row, 8));
	b->width = sqlite3_column_int64(row, 9);
	b->first = sqlite3_column_int64(row, 10);
	b->last = sqlite3_column_int64(row, 11);
}

enum status serial_blocks_read(struct db *db, const char *block_id, struct serial_block **blocks,
			       size_t *count, struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st;
	void *list;

	*blocks = NULL;
	*count = 0;
	TRY(sql_prepare(db, list_sql, &stmt, err));
	sql_bind_text(stmt, 1, block_id);
	st = sql_read_all(db, stmt, sizeof(**blocks), read_block, "blocks", &list, count, err);
	*blocks = list;
	/* A copy of the file is somebody else's. */
	for (size_t i = 0; i < *count && db_other_machine(db); i++)
		(*blocks)[i].holds = false;
	return st;
}

enum status serial_lease_of(struct db *db, const char *serial, const char *product,
			    enum serial_lease *lease, struct err *err)
{
	const bool is_copy = db_other_machine(db) != NULL;
	sqlite3_stmt *stmt;

	TRY(sql_prepare(db,
			"SELECT max(is_in), max(is_in AND holds), max(holds) FROM (SELECT holds, "
			"?1 BETWEEN first AND last AND length(?1) = length(first) AS is_in "
			"FROM (" BLOCKS ") WHERE product = ?2)",
			&stmt, err));
	sql_bind_text(stmt, 1, serial);
	sql_bind_text(stmt, 2, product);
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	if (sqlite3_column_int(stmt, 1) && !is_copy)
		*lease = SERIAL_OURS;
	else if (sqlite3_column_int(stmt, 0))
		*lease = SERIAL_VOID;
	else if (sqlite3_column_int(stmt, 2))
		*lease = SERIAL_OUTSIDE;
	else
		*lease = SERIAL_NO_BLOCKS;
	sqlite3_finalize(stmt);
	return st;
}
