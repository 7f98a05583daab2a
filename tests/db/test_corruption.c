/* Damage that leaves every page in order: the start cannot see it, the ledger does. */
#include "tests/db/world.h"

#include "db/ledger/ledger.h"
#include "db/run.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_records(const struct world *w, int runs)
{
	struct db *db = world_open(w, DB_WRITE);

	for (int i = 0; i < runs; i++) {
		char run_id[RUN_ID_BYTES];

		db_new_run_id(run_id);
		world_put(db, run_id);
	}
	db_close(db);
}

static char *read_file(const char *path, size_t *size)
{
	struct stat info;
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(stat(path, &info), 0);
	*size = (size_t)info.st_size;
	char *bytes = malloc(*size + 1);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Every place where the file has these letters gets others; how many there were. */
static int change_letters(const char *path, const char *from, const char *to)
{
	size_t size, length = strlen(from);
	char *bytes = read_file(path, &size);
	int count = 0;

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(bytes + i, from, length) == 0) {
			memcpy(bytes + i, to, length);
			count++;
		}
	write_file(path, bytes, size);
	free(bytes);
	return count;
}

static enum ledger_fault verify(const struct world *w, const struct ledger_head *anchor)
{
	struct ledger_report report;
	struct db *db = world_open(w, DB_WRITE); /* the start finds nothing */
	struct err err;

	if (ledger_verify(db, anchor, anchor ? 1 : 0, NULL, NULL, &report, &err))
		fail_msg("%s", err.text);
	db_close(db);
	return report.fault;
}

static void letters_changed_in_a_record_are_found_by_its_hash(void **state)
{
	struct world *w = *state;

	make_records(w, 2);
	assert_int_equal(verify(w, NULL), LEDGER_SOUND);
	/* In the log of a unit, which is in the ledger by its hash only. */
	assert_true(change_letters(w->path, "22.757 pass", "22.757 mass") > 0);
	assert_int_equal(verify(w, NULL), LEDGER_ROW_CHANGED);
}

/* The files of a station that was killed, in a folder of their own: the newest records are in the
 * log. anchor is the head at that moment. */
static struct world killed_station(const struct world *w, struct ledger_head *anchor)
{
	static const char *const ends[] = { "", "-wal" };
	struct world killed = *w;
	struct err err;

	make_records(w, 2);
	struct db *db = world_open(w, DB_WRITE);
	world_put(db, "newest");
	assert_int_equal(ledger_head(db, anchor, &err), STATUS_OK);
	snprintf(killed.path, sizeof(killed.path), "%s/killed.db", w->dir);
	for (size_t i = 0; i < 2; i++) {
		char from[128], to[128];
		size_t size;

		snprintf(from, sizeof(from), "%s%s", w->path, ends[i]);
		snprintf(to, sizeof(to), "%s%s", killed.path, ends[i]);
		char *bytes = read_file(from, &size);
		write_file(to, bytes, size);
		free(bytes);
	}
	db_close(db);
	return killed;
}

static void what_a_killed_station_left_is_complete_with_its_log(void **state)
{
	struct ledger_head anchor;
	struct world killed = killed_station(*state, &anchor);

	assert_int_equal(verify(&killed, &anchor), LEDGER_SOUND);
	assert_string_equal(world_ask(&killed, "SELECT count(*) FROM runs WHERE outcome = 'PASS'"),
			    "3");
}

static void a_log_that_was_deleted_is_found_by_an_anchor(void **state)
{
	struct ledger_head anchor;
	struct world killed = killed_station(*state, &anchor);

	assert_int_equal(unlink(world_file(&killed, "killed.db-wal")), 0);
	assert_int_equal(verify(&killed, &anchor), LEDGER_TAIL_CUT);
}

static void a_log_that_was_damaged_is_found_by_an_anchor(void **state)
{
	struct ledger_head anchor;
	struct world killed = killed_station(*state, &anchor);
	char log[128];
	size_t size;

	snprintf(log, sizeof(log), "%s-wal", killed.path);
	char *bytes = read_file(log, &size);
	/* In its first page, behind the two headers: nothing of it can be believed. */
	assert_true(size > 32 + 24 + 4096);
	memset(bytes + 32 + 24 + 2048, 0xff, 16);
	write_file(log, bytes, size);
	free(bytes);
	assert_int_equal(verify(&killed, &anchor), LEDGER_TAIL_CUT);
}

static void expect_refused(const char *path, enum db_mode mode, const char *part)
{
	struct err err;
	struct db *db;

	assert_int_equal(db_open(path, mode, &db, &err), STATUS_DATABASE);
	if (!strstr(err.text, path) || !strstr(err.text, part))
		fail_msg("'%s' does not name '%s' and '%s'", err.text, path, part);
}

static void a_header_of_zeros_is_named_and_kept(void **state)
{
	struct world *w = *state;
	size_t size, size_after;

	make_records(w, 2);
	char *bytes = read_file(w->path, &size);
	memset(bytes, 0, 100);
	write_file(w->path, bytes, size);
	expect_refused(w->path, DB_WRITE, "is not a database");
	expect_refused(w->path, DB_READ, "is not a database");
	char *after = read_file(w->path, &size_after);
	assert_int_equal(size_after, size);
	assert_memory_equal(after, bytes, size);
	free(after);
	free(bytes);
}

static void a_link_that_leads_nowhere_is_named(void **state)
{
	struct world *w = *state;

	assert_int_equal(symlink("records.db", w->path), 0); /* to itself */
	expect_refused(w->path, DB_WRITE, "cannot be opened");
	expect_refused(w->path, DB_READ, "cannot be opened");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(letters_changed_in_a_record_are_found_by_its_hash),
		TEST(what_a_killed_station_left_is_complete_with_its_log),
		TEST(a_log_that_was_deleted_is_found_by_an_anchor),
		TEST(a_log_that_was_damaged_is_found_by_an_anchor),
		TEST(a_header_of_zeros_is_named_and_kept),
		TEST(a_link_that_leads_nowhere_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
