/* Whatever is changed in the file by hand is found, and named. */
#include "tests/db/ledger_world.h"

#include "db/decide.h"
#include "db/ledger/ledger_body.h"
#include "db/ledger/ledger_diff.h"
#include "db/ledger/ledger_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_ID "01931f2e-4c00-7000-8000-000000000001"

static const struct world *world_of(void **state)
{
	return *state;
}

static int64_t number(const struct world *w, const char *sql)
{
	return strtoll(world_ask(w, sql), NULL, 10);
}

/* The entry of a record of that kind: the first. */
static int64_t entry_of(const struct world *w, const char *kind)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT min(seq) FROM ledger WHERE kind = '%s'", kind);
	return number(w, sql);
}

static void a_file_that_nobody_changed_is_sound(void **state)
{
	const struct world *w = world_of(state);
	struct ledger_head head = head_of(w);
	struct ledger_report report = verify_with(w, &head, 1);

	expect_fault(&report, LEDGER_SOUND, 0, "", NULL);
	assert_int_equal(report.entries, number(w, "SELECT count(*) FROM ledger"));
	assert_int_equal(report.records, report.entries);
	assert_int_equal(report.adopted, 0);
	assert_memory_equal(&report.head, &head, sizeof(head));
}

/* ---- records ---- */

/* Every table belongs to the ledger, or is known not to. */
static void every_table_is_in_the_ledger_or_known_not_to_be(void **state)
{
	static const char *const apart[] = { "schema_version", "ledger", "outbox", "plant_claim" };
	const struct world *w = world_of(state);
	int64_t known = sizeof(apart) / sizeof(apart[0]);
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (size_t i = 0; i < count; i++) {
		known += 1 + (int64_t)kinds[i].child_count;
		if (!entry_of(w, kinds[i].name))
			fail_msg("the world has no %s", kinds[i].name);
	}
	assert_int_equal(known,
			 number(w, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'"));
}

/* UPDATE of one column to another value of its type. */
static char *change_sql(sqlite3_stmt *column, const char *table)
{
	const char *name = (const char *)sqlite3_column_text(column, 0);
	const char *type = (const char *)sqlite3_column_text(column, 1);
	const char *value = "-1 - ifnull(\"%w\", 0)";

	if (strcmp(type, "TEXT") == 0)
		value = "ifnull(\"%w\", '') || 'x'";
	if (strcmp(type, "BLOB") == 0)
		value = "CAST(\"%w\" || 'x' AS BLOB)";
	char *format = sqlite3_mprintf("UPDATE \"%s\" SET \"%%w\" = %s", table, value);
	char *sql = sqlite3_mprintf(format, name, name);
	sqlite3_free(format);
	return sql;
}

struct changed {
	struct db db; /* a connection in which a change is made and taken back */
	struct body_reader *reader;
	const struct ledger_kind *kind;
	char ref[200], *body;
};

static void changed_init(struct changed *c, const struct world *w)
{
	*c = (struct changed){ .db = { .sql = world_raw(w), .path = (char *)w->path } };
	sqlite3_exec(c->db.sql, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL);
	c->reader = body_reader_new(&c->db);
}

static void changed_release(struct changed *c)
{
	body_reader_free(c->reader);
	assert_int_equal(sqlite3_close(c->db.sql), SQLITE_OK);
}

static void read_entry(struct changed *c, const struct ledger_kind *kind)
{
	sqlite3_stmt *stmt;

	c->kind = kind;
	sqlite3_prepare_v2(c->db.sql, "SELECT ref, body FROM ledger WHERE kind = ?1 LIMIT 1", -1,
			   &stmt, NULL);
	sqlite3_bind_text(stmt, 1, kind->name, -1, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	snprintf(c->ref, sizeof(c->ref), "%s", sqlite3_column_text(stmt, 0));
	c->body = strdup((const char *)sqlite3_column_text(stmt, 1));
	sqlite3_finalize(stmt);
}

/* The changed column, or the table whose rows were, has to be named, unless the key was changed. */
static void expect_change_is_seen(struct changed *c, const char *table, const char *column)
{
	const char *named = strcmp(table, c->kind->name) == 0 ? column : table;
	struct body body;
	struct err err;
	char text[300];

	assert_int_equal(body_read(c->reader, c->kind, c->ref, &body, &err), STATUS_OK);
	if (!body.is_there)
		return;
	if (strcmp(body.text, c->body) == 0)
		fail_msg("%s.%s was changed, and nobody sees it", table, column);
	assert_true(ledger_diff(c->body, body.text, text, sizeof(text)));
	if (!strstr(text, named))
		fail_msg("%s.%s was changed: '%s' does not name %s", table, column, text, named);
}

static unsigned change_each_column(struct changed *c, const char *table)
{
	sqlite3_stmt *columns;
	unsigned count = 0;

	sqlite3_prepare_v2(c->db.sql, "SELECT name, type FROM pragma_table_info(?1)", -1, &columns,
			   NULL);
	sqlite3_bind_text(columns, 1, table, -1, SQLITE_STATIC);
	while (sqlite3_step(columns) == SQLITE_ROW) {
		char *sql = change_sql(columns, table);
		char *drop = sqlite3_mprintf("BEGIN; DROP TRIGGER \"%w_no_update\"", table);

		assert_int_equal(sqlite3_exec(c->db.sql, drop, NULL, NULL, NULL), SQLITE_OK);
		if (sqlite3_exec(c->db.sql, sql, NULL, NULL, NULL))
			fail_msg("%s: %s", sql, sqlite3_errmsg(c->db.sql));
		expect_change_is_seen(c, table, (const char *)sqlite3_column_text(columns, 0));
		sqlite3_exec(c->db.sql, "ROLLBACK", NULL, NULL, NULL);
		sqlite3_free(drop);
		sqlite3_free(sql);
		count++;
	}
	sqlite3_finalize(columns);
	return count;
}

static void every_column_of_every_record_is_sealed(void **state)
{
	struct changed c;
	unsigned columns = 0;
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	changed_init(&c, world_of(state));
	for (size_t i = 0; i < count; i++) {
		read_entry(&c, &kinds[i]);
		columns += change_each_column(&c, kinds[i].name);
		for (size_t k = 0; k < kinds[i].child_count; k++)
			columns += change_each_column(&c, kinds[i].children[k].table);
		free(c.body);
	}
	changed_release(&c);

	assert_true(columns >= 180);
}

static void a_changed_record_is_named_with_both_values(void **state)
{
	const struct world *w = world_of(state);
	struct ledger_report report;
	int64_t seq = entry_of(w, "result");

	tamper(w, "UPDATE result SET outcome = 'FAIL'");
	report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, seq, "result",
		     "outcome was \"PASS\" and is \"FAIL\"");
	assert_string_equal(report.ref, RUN_ID);

	ledger_world_restore(w);
	tamper(w, "UPDATE result SET mac = NULL");
	report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, seq, "result",
		     "mac was \"24:0a:c4:00:01:10\" and is unknown");

	ledger_world_restore(w);
	tamper(w, "UPDATE step SET took_us = 1 WHERE position = 1");
	report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, seq, "result",
		     "its rows of step (2) are not what they were");

	ledger_world_restore(w);
	tamper(w, "UPDATE attachment SET content = x'00' WHERE media_type = 'image/jpeg'");
	report = verify(w);
	assert_int_equal(report.fault, LEDGER_ROW_CHANGED);
	assert_non_null(strstr(report.text, "content was \"sha256:"));
}

/* Deleted where it stands; what belongs to it stays. */
static void expect_deleted_row_is_found(const struct world *w, const char *table,
					const struct ledger_kind *parent)
{
	char sql[200], part[100];

	ledger_world_restore(w);
	snprintf(sql, sizeof(sql),
		 "DELETE FROM \"%s\" WHERE \"%s\" = (SELECT \"%s\" FROM \"%s\" "
		 "LIMIT 1)",
		 table, parent->key, parent->key, table);
	tamper(w, sql);
	struct ledger_report report = verify(w);
	if (strcmp(table, parent->name) == 0) {
		if (report.fault != LEDGER_ROW_MISSING || strcmp(report.table, table))
			fail_msg("a deleted %s: %s of '%s'", table, ledger_fault_name(report.fault),
				 report.table);
		assert_true(report.first_bad_seq >= entry_of(w, table));
	} else {
		snprintf(part, sizeof(part), "rows of %s and has 0", table);
		expect_fault(&report, LEDGER_ROW_CHANGED, report.first_bad_seq, parent->name, part);
	}
}

static void a_deleted_row_of_any_table_is_found(void **state)
{
	const struct world *w = world_of(state);
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (size_t i = 0; i < count; i++) {
		expect_deleted_row_is_found(w, kinds[i].name, &kinds[i]);
		for (size_t k = 0; k < kinds[i].child_count; k++)
			expect_deleted_row_is_found(w, kinds[i].children[k].table, &kinds[i]);
	}
}

/* A copy of the first row with other keys: every text longer, every integer larger. */
static void expect_added_row_is_found(const struct world *w, const char *table)
{
	char columns[4000], sql[5000];

	ledger_world_restore(w);
	snprintf(sql, sizeof(sql),
		 "SELECT group_concat(CASE type WHEN 'INTEGER' THEN format('\"%%w\" + 1000', name) "
		 "WHEN 'TEXT' THEN format('\"%%w\" || ''x''', name) ELSE format('\"%%w\"', name) "
		 "END) "
		 "FROM pragma_table_info('%s')",
		 table);
	snprintf(columns, sizeof(columns), "%s", world_ask(w, sql));
	snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" SELECT %s FROM \"%s\" LIMIT 1", table,
		 columns, table);
	tamper(w, sql);
	struct ledger_report report = verify(w);
	if (report.fault != LEDGER_ROW_ADDED || strcmp(report.table, table))
		fail_msg("an added %s: %s of '%s': %s", table, ledger_fault_name(report.fault),
			 report.table, report.text);
}

static void an_added_row_in_any_table_is_found(void **state)
{
	const struct world *w = world_of(state);
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (size_t i = 0; i < count; i++) {
		expect_added_row_is_found(w, kinds[i].name);
		for (size_t k = 0; k < kinds[i].child_count; k++)
			expect_added_row_is_found(w, kinds[i].children[k].table);
	}
	ledger_world_restore(w);
	tamper(w, "INSERT INTO step VALUES ('" RUN_ID "', 2, 1, 'x', 0, 0, NULL, NULL)");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, entry_of(w, "result"), "result",
		     "it had 2 rows of step and has 3");
}

/* One row takes the place of another: as many as before. */
static void a_row_that_was_exchanged_for_another_is_found(void **state)
{
	const struct world *w = world_of(state);

	tamper(w, "UPDATE unit SET mac = '24:0a:c4:ff:ff:ff';"
		  "UPDATE result SET mac = '24:0a:c4:ff:ff:ff'");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_ROW_MISSING, entry_of(w, "unit"), "unit", "24:0a:c4:00:01:10");
}

/* ---- entries ---- */

static void every_column_of_an_entry_is_sealed(void **state)
{
	static const struct {
		const char *change;
		enum ledger_fault fault;
	} rows[] = {
		{ "utc_ms = utc_ms + 1", LEDGER_ENTRY_CHANGED },
		{ "kind = 'x'", LEDGER_ENTRY_CHANGED },
		{ "ref = ref || 'x'", LEDGER_ENTRY_CHANGED },
		{ "body = replace(body, ':', ': ')", LEDGER_ENTRY_CHANGED },
		{ "body = ''", LEDGER_ENTRY_CHANGED },
		{ "prev = CAST(zeroblob(31) || x'01' AS BLOB)", LEDGER_CHAIN_BROKEN },
		{ "hash = randomblob(32)", LEDGER_ENTRY_CHANGED },
		{ "hash = x''", LEDGER_ENTRY_CHANGED },
		{ "body = body || CAST(x'0041' AS TEXT)", LEDGER_ENTRY_CHANGED },
	};
	const struct world *w = world_of(state);
	int64_t last = head_of(w).seq;
	const int64_t seqs[] = { 1, last / 2, last };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			char sql[200];

			ledger_world_restore(w);
			snprintf(sql, sizeof(sql), "UPDATE ledger SET %s WHERE seq = %lld",
				 rows[i].change, (long long)seqs[k]);
			tamper(w, sql);
			struct ledger_report report = verify(w);
			expect_fault(&report, rows[i].fault, seqs[k], NULL, NULL);
		}
}

/* The change is told by the record, which still says what the entry said. */
static void a_changed_entry_is_named_with_what_differs_from_its_record(void **state)
{
	const struct world *w = world_of(state);

	tamper(w, "UPDATE ledger SET body = replace(body, '\"FLASH\"', '\"VERIFY\"') "
		  "WHERE kind = 'run'");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_ENTRY_CHANGED, entry_of(w, "run"), "run",
		     "kind was \"VERIFY\" and is \"FLASH\"");
	assert_string_equal(report.ref, RUN_ID);
}

static void a_deleted_entry_is_found_with_its_number(void **state)
{
	const struct world *w = world_of(state);
	int64_t last = head_of(w).seq;

	for (int64_t seq = 1; seq <= last; seq++) {
		char sql[100];

		ledger_world_restore(w);
		snprintf(sql, sizeof(sql), "DELETE FROM ledger WHERE seq = %lld", (long long)seq);
		tamper(w, sql);
		struct ledger_report report = verify(w);
		if (seq < last)
			expect_fault(&report, LEDGER_ENTRY_MISSING, seq, "", NULL);
		else /* its record outlives it */
			expect_fault(&report, LEDGER_ROW_ADDED, 0, "lockout_end",
				     "the end of the ledger was cut off");
	}
}

static void renumbered_swapped_and_inserted_entries_are_found(void **state)
{
	static const struct {
		const char *sql;
		enum ledger_fault fault;
		int64_t seq;
	} rows[] = {
		/* The gap is closed. */
		{ "DELETE FROM ledger WHERE seq = 7;"
		  "UPDATE ledger SET seq = -seq WHERE seq > 7;"
		  "UPDATE ledger SET seq = -seq - 1 WHERE seq < 0",
		  LEDGER_CHAIN_BROKEN, 7 },
		{ "UPDATE ledger SET seq = -5 WHERE seq = 5; UPDATE ledger SET seq = 5 WHERE seq = "
		  "6;"
		  "UPDATE ledger SET seq = 6 WHERE seq = -5",
		  LEDGER_CHAIN_BROKEN, 5 },
		/* Only the texts. */
		{ "UPDATE ledger SET body = (SELECT body FROM ledger AS other "
		  "WHERE other.seq = 7 - ledger.seq) WHERE seq IN (3, 4)",
		  LEDGER_ENTRY_CHANGED, 3 },
		{ "INSERT INTO ledger SELECT 0, utc_ms, kind, ref, body, prev, hash FROM ledger "
		  "WHERE seq = 1",
		  LEDGER_CHAIN_BROKEN, 0 },
		{ "INSERT INTO ledger SELECT (SELECT max(seq) + 1 FROM ledger), utc_ms, kind, ref, "
		  "body, prev, hash FROM ledger WHERE seq = 3",
		  LEDGER_CHAIN_BROKEN, -1 },
		{ "INSERT INTO ledger SELECT 9223372036854775807, utc_ms, kind, ref, body, prev, "
		  "hash "
		  "FROM ledger WHERE seq = 3",
		  LEDGER_ENTRY_MISSING, -1 },
		{ "DELETE FROM ledger", LEDGER_ENTRY_MISSING, 1 },
	};
	const struct world *w = world_of(state);
	int64_t last = head_of(w).seq;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ledger_world_restore(w);
		tamper(w, rows[i].sql);
		struct ledger_report report = verify(w);
		expect_fault(&report, rows[i].fault, rows[i].seq < 0 ? last + 1 : rows[i].seq, NULL,
			     NULL);
	}
}

/* ---- what only an anchor tells ---- */

static void an_end_that_was_cut_off_with_its_records_needs_an_anchor(void **state)
{
	const struct world *w = world_of(state);
	struct ledger_head head = head_of(w);

	tamper(w, "DELETE FROM ledger WHERE kind IN ('lockout', 'lockout_end');"
		  "DELETE FROM lockout_end; DELETE FROM lockout");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	report = verify_with(w, &head, 1);
	expect_fault(&report, LEDGER_TAIL_CUT, head.seq - 1, NULL, "was cut off");
}

static void a_server_that_has_confirmed_more_is_an_anchor_too(void **state)
{
	const struct world *w = world_of(state);
	struct ledger_head head = head_of(w);
	struct db *db = world_open(w, DB_DECIDE);
	const struct record_ack ack = { .server = "plant",
					.chain_id = head.chain_id,
					.up_to_seq = head.seq,
					.acked_utc_ms = 1 };

	assert_int_equal(db_put(db, RECORD_ACK, &ack, NULL), STATUS_OK);
	db_close(db);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	tamper(w, "DELETE FROM ledger WHERE kind IN ('lockout', 'lockout_end');"
		  "DELETE FROM lockout_end; DELETE FROM lockout");
	report = verify(w);
	expect_fault(&report, LEDGER_TAIL_CUT, head.seq - 1, NULL, "plant has confirmed more");
}

static void a_ledger_that_was_written_anew_needs_an_anchor(void **state)
{
	const struct world *w = world_of(state);
	struct ledger_head head = head_of(w), early, none = { .seq = 0 };

	early = head;
	early.seq = 2;
	snprintf(early.chain_id, sizeof(early.chain_id), "%s", "another");
	tamper(w, "UPDATE result SET outcome = 'FAIL', code = 'MD5_MISMATCH'");
	write_anew(w);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
	report = verify_with(w, &head, 1);
	expect_fault(&report, LEDGER_ANCHOR_DIFFERS, head.seq, NULL, "written anew");
	/* The first of several that fails, in whatever order they come. */
	const struct ledger_head several[] = { head, none, early };
	report = verify_with(w, several, 3);
	expect_fault(&report, LEDGER_ANCHOR_DIFFERS, 2, NULL, "another");
}

/* Whoever seals it anew has to make a history that holds together. */
static void a_history_that_cannot_be_is_found_even_if_it_is_sealed(void **state)
{
	static const struct {
		const char *sql, *part;
	} rows[] = {
		{ "UPDATE unit SET first_run_id = 'none'", "no run has seen it" },
		{ "UPDATE result SET mac = NULL", "no run has seen it" },
		{ "UPDATE chain SET first_seq = 2", "says that it begins with entry 2" },
	};
	const struct world *w = world_of(state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ledger_world_restore(w);
		tamper(w, rows[i].sql);
		write_anew(w);
		struct ledger_report report = verify(w);
		assert_int_not_equal(report.fault, LEDGER_SOUND);
		if (!strstr(report.text, rows[i].part))
			fail_msg("'%s' does not say '%s'", report.text, rows[i].part);
	}
}

/* ---- how the file is made ---- */

static void expect_schema_fault(const struct world *w, const char *sql, enum ledger_fault fault,
				const char *name)
{
	const char *message;

	ledger_world_restore(w);
	if (world_do(w, sql, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	struct ledger_report report = verify(w);
	if (report.fault != fault || strcmp(report.table, name))
		fail_msg("%s: %s of '%s': %s", sql, ledger_fault_name(report.fault), report.table,
			 report.text);
}

static void a_file_that_is_made_otherwise_is_found(void **state)
{
	static const struct {
		const char *sql;
		enum ledger_fault fault;
		const char *name;
	} rows[] = {
		{ "DROP TRIGGER result_no_update", LEDGER_TRIGGER_MISSING, "result_no_update" },
		{ "DROP TRIGGER unit_keeps_primary", LEDGER_TRIGGER_MISSING, "unit_keeps_primary" },
		{ "DROP TRIGGER ledger_is_gapless", LEDGER_TRIGGER_MISSING, "ledger_is_gapless" },
		{ "DROP TRIGGER run_no_delete; CREATE TRIGGER run_no_delete BEFORE DELETE ON run "
		  "BEGIN SELECT 1; END",
		  LEDGER_TRIGGER_MISSING, "run_no_delete" },
		{ "CREATE TRIGGER more AFTER INSERT ON result BEGIN SELECT 1; END",
		  LEDGER_TRIGGER_MISSING, "more" },
		{ "DROP VIEW runs; CREATE VIEW runs AS SELECT * FROM run", LEDGER_SCHEMA_CHANGED,
		  "runs" },
		{ "DROP INDEX run_by_batch", LEDGER_SCHEMA_CHANGED, "run_by_batch" },
		{ "ALTER TABLE alarm ADD COLUMN note TEXT", LEDGER_SCHEMA_CHANGED, "alarm" },
		{ "DROP TABLE measurement", LEDGER_SCHEMA_CHANGED, "measurement" },
		{ "DROP TABLE ledger", LEDGER_SCHEMA_CHANGED, "ledger" },
		{ "DROP TABLE chain", LEDGER_SCHEMA_CHANGED, "chain" },
	};
	const struct world *w = world_of(state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_schema_fault(w, rows[i].sql, rows[i].fault, rows[i].name);
	expect_schema_fault(w,
			    "CREATE INDEX mine ON run (node); CREATE TABLE mine_too (x);"
			    "CREATE VIEW mine_as_well AS SELECT 1; ANALYZE",
			    LEDGER_SOUND, "");
}

/* An index that leaves a record out, and looks as it should: whoever lists the order by it does
 * not see the run. */
static void a_record_that_an_index_leaves_out_is_found(void **state)
{
	const struct world *w = world_of(state);

	tamper(w, "PRAGMA writable_schema = ON;"
		  "UPDATE sqlite_schema SET sql = sql || ' AND batch <> ''WO-4711''' "
		  "WHERE name = 'run_by_batch'");
	tamper(w, "REINDEX run_by_batch");
	tamper(w, "PRAGMA writable_schema = ON;"
		  "UPDATE sqlite_schema SET sql = replace(sql, ' AND batch <> ''WO-4711''', '') "
		  "WHERE name = 'run_by_batch'");
	assert_string_equal(world_ask(w, "SELECT count(*) FROM run WHERE batch = 'WO-4711'"), "0");
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_INDEX_DIFFERS, 0, NULL, "run_by_batch");
}

/* A record that differs is worse than a trigger that is not there. */
static void a_changed_record_goes_before_a_missing_trigger(void **state)
{
	const struct world *w = world_of(state);
	const char *message;

	assert_int_equal(
		world_do(w, "DROP TRIGGER result_no_update; UPDATE result SET outcome = 'FAIL'",
			 &message),
		SQLITE_OK);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_ROW_CHANGED, entry_of(w, "result"), "result", "outcome");
}

static void a_version_that_was_set_back_is_refused(void **state)
{
	const struct world *w = world_of(state);
	const char *message;

	for (int version = 0; version < 5; version++) {
		struct err err;
		struct db *db;
		char sql[60];

		snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
		assert_int_equal(world_do(w, sql, &message), SQLITE_OK);
		for (int mode = DB_READ; mode <= DB_DECIDE; mode++) {
			assert_int_equal(db_open(w->path, (enum db_mode)mode, &db, &err),
					 STATUS_DATABASE);
			if (!strstr(err.text, "was set to"))
				fail_msg("version %d, mode %d: %s", version, mode, err.text);
		}
	}
	assert_string_equal(world_ask(w, "SELECT count(*) FROM schema_version"), "5");
	assert_int_equal(world_do(w, "PRAGMA user_version = 5", &message), SQLITE_OK);
	struct ledger_report report = verify(w);
	expect_fault(&report, LEDGER_SOUND, 0, NULL, NULL);
}

/* ---- anything at all ---- */

static uint32_t random_below(uint64_t *seed, uint32_t limit)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % limit;
}

/* A byte of the file becomes another one. What then can be read is either found to be
 * changed, or nothing of the records was: then the independent sum over all of them is the same. */
static void a_byte_of_the_file_changed_is_never_taken_for_a_record(void **state)
{
	static const char all[] =
		"SELECT group_concat(x, '|') FROM (SELECT quote(run_id) || quote(outcome) || "
		"quote(mac) ||"
		" quote(code) || quote(detail) || quote(serial) || quote(operator) || quote(batch) "
		"||"
		" quote(start_utc_ms) || quote(end_utc_ms) || quote(recipe_digest) AS x FROM runs)";
	const struct world *w = world_of(state);
	uint64_t seed = 20261122;
	unsigned opened = 0, caught = 0;
	char before[1000];

	snprintf(before, sizeof(before), "%s", world_ask(w, all));
	for (int i = 0; i < 60; i++) {
		struct ledger_report report;
		struct err err;
		struct db *db;

		ledger_world_restore(w);
		FILE *file = fopen(w->path, "r+");
		fseek(file, 0, SEEK_END);
		long at = (long)random_below(&seed, (uint32_t)ftell(file));
		fseek(file, at, SEEK_SET);
		int byte = getc(file);
		fseek(file, at, SEEK_SET);
		putc(byte ^ (1 << random_below(&seed, 8)), file);
		fclose(file);

		if (db_open(w->path, DB_READ, &db, &err))
			continue;
		opened++;
		enum status st = ledger_verify(db, NULL, 0, NULL, NULL, &report, &err);
		db_close(db);
		if (st || report.fault) {
			caught++;
			continue;
		}
		assert_string_equal(world_ask(w, all), before);
	}
	assert_true(opened > 20);
	assert_true(caught > 2);
}

/* One statement of somebody who knows SQL, drawn by chance. */
static void random_tamper(uint64_t *seed, sqlite3 *sql, const char *table)
{
	static const char *const values[] = {
		"NULL",
		"''",
		"-1",
		"9223372036854775807",
		"zeroblob(100000)",
		"x'00ff'",
		"'\"}'",
		"CAST(x'fffe00' AS TEXT)",
		"1e308 * 10",
		"randomblob(9)",
	};
	char *column = NULL, *text;
	sqlite3_stmt *stmt;

	sqlite3_prepare_v2(sql, "SELECT name FROM pragma_table_info(?1) ORDER BY random() LIMIT 1",
			   -1, &stmt, NULL);
	sqlite3_bind_text(stmt, 1, table, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		column = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
	const char *value = values[random_below(seed, sizeof(values) / sizeof(values[0]))];
	switch (random_below(seed, 4)) {
	case 0:
		text = sqlite3_mprintf("DELETE FROM \"%w\" WHERE random() %% 2", table);
		break;
	case 1:
		text = sqlite3_mprintf("DROP TABLE \"%w\"", table);
		break;
	default:
		text = sqlite3_mprintf(
			"UPDATE OR IGNORE \"%w\" SET \"%w\" = %s WHERE random() %% 2", table,
			column, value);
		break;
	}
	sqlite3_exec(sql, text, NULL, NULL, NULL);
	sqlite3_free(text);
	sqlite3_free(column);
}

/* Tables without types, checks and keys, and whatever fits into them. */
static void no_table_however_made_crashes_the_reader(void **state)
{
	const struct world *w = world_of(state);
	uint64_t seed = 4711;
	size_t count;
	const struct ledger_kind *kinds = ledger_kinds(&count);

	for (int i = 0; i < 40; i++) {
		const char *table =
			i % 3 ? kinds[random_below(&seed, (uint32_t)count)].name : "ledger";
		struct ledger_report report;
		struct err err;
		struct db *db;

		ledger_world_restore(w);
		sqlite3 *sql = world_raw(w);
		char *loose = sqlite3_mprintf(
			"PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;"
			"PRAGMA foreign_keys = OFF; PRAGMA writable_schema = ON;"
			"UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' STRICT', "
			"''), "
			"'NOT NULL', ''), 'WITHOUT ROWID', 'WITHOUT ROWID') "
			"WHERE type = 'table' AND name = %Q AND sql NOT LIKE '%%WITHOUT%%';"
			"DELETE FROM sqlite_schema WHERE type = 'trigger'; PRAGMA writable_schema "
			"= RESET",
			table);
		sqlite3_exec(sql, loose, NULL, NULL, NULL);
		sqlite3_free(loose);
		random_tamper(&seed, sql, table);
		random_tamper(&seed, sql, table);
		sqlite3_close(sql);
		if (db_open(w->path, DB_READ, &db, &err))
			continue;
		/* At least the triggers are gone. */
		if (ledger_verify(db, NULL, 0, NULL, NULL, &report, &err) == STATUS_OK)
			assert_int_not_equal(report.fault, LEDGER_SOUND);
		db_close(db);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_world_set_up, world_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_that_nobody_changed_is_sound),
		TEST(every_table_is_in_the_ledger_or_known_not_to_be),
		TEST(every_column_of_every_record_is_sealed),
		TEST(a_changed_record_is_named_with_both_values),
		TEST(a_deleted_row_of_any_table_is_found),
		TEST(an_added_row_in_any_table_is_found),
		TEST(a_row_that_was_exchanged_for_another_is_found),
		TEST(every_column_of_an_entry_is_sealed),
		TEST(a_changed_entry_is_named_with_what_differs_from_its_record),
		TEST(a_deleted_entry_is_found_with_its_number),
		TEST(renumbered_swapped_and_inserted_entries_are_found),
		TEST(an_end_that_was_cut_off_with_its_records_needs_an_anchor),
		TEST(a_server_that_has_confirmed_more_is_an_anchor_too),
		TEST(a_ledger_that_was_written_anew_needs_an_anchor),
		TEST(a_history_that_cannot_be_is_found_even_if_it_is_sealed),
		TEST(a_file_that_is_made_otherwise_is_found),
		TEST(a_record_that_an_index_leaves_out_is_found),
		TEST(a_changed_record_goes_before_a_missing_trigger),
		TEST(a_version_that_was_set_back_is_refused),
		TEST(a_byte_of_the_file_changed_is_never_taken_for_a_record),
		TEST(no_table_however_made_crashes_the_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
