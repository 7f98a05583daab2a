/*
 * Numbers for units, on a real database with its writer: each source, who keeps what, many at
 * once, and a run that was given up on. A MAC is told by its last byte.
 */
#include "tests/station/tree.h"

#include "db/run.h"
#include "recipes/unit_data.h"
#include "station/serial_numbers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 64

struct world {
	struct tree tree;
	char path[128];
	struct plan plan;
	struct unit_part part;
	struct unit_data data;
	struct unit_values *file;
	struct db *db;
	struct writer *writer;
	struct serial_numbers *numbers;
	struct err err;
};

static void must(struct world *w, enum status st)
{
	if (st)
		fail_msg("%s: %s", status_code(st), w->err.text);
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	struct tree *t;

	memset(w, 0, sizeof(*w));
	if (tree_set_up((void **)&t))
		return -1;
	w->tree = *t;
	free(t);
	snprintf(w->path, sizeof(w->path), "%.63s/flashline.db", w->tree.root);
	w->part.needs_serial = true;
	w->data = (struct unit_data){ .parts = &w->part, .count = 1 };
	w->plan = (struct plan){ .name = (char *)"lamp", .unit_data = &w->data };
	w->plan.serial = (struct plan_serial){ .source = SERIAL_FROM_RANGE,
					       .prefix = (char *)"L-",
					       .width = 3,
					       .first = 1,
					       .last = 99 };
	must(w, db_open(w->path, DB_WRITE, &w->db, &w->err));
	must(w, writer_new(w->db, &w->writer, &w->err));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	struct tree *gone = malloc(sizeof(*gone));
	void *holder = gone;

	serial_numbers_free(w->numbers);
	writer_free(w->writer);
	db_close(w->db);
	unit_values_free(w->file);
	if (!gone)
		return -1;
	*gone = w->tree;
	return tree_tear_down(&holder);
}

static void begin(struct world *w)
{
	const struct serial_numbers_setup setup = { .db_path = w->path,
						    .plan = &w->plan,
						    .writer = w->writer };

	serial_numbers_free(w->numbers);
	must(w, serial_numbers_new(&setup, &w->numbers, &w->err));
	assert_non_null(w->numbers);
}

static void use_file(struct world *w, const char *text, bool by_mac)
{
	const struct unit_values_wish wish = { .name = "s.csv",
					       .serial_column = "serial",
					       .mac_column = by_mac ? "mac" : NULL,
					       .may_lack_mac = true };
	struct diag_list diags = { 0 };

	must(w, unit_values_read_text(text, strlen(text), &wish, &w->file, &diags, &w->err));
	w->plan.serial = (struct plan_serial){ .source = SERIAL_FROM_CSV,
					       .file_name = (char *)"s.csv",
					       .file = w->file,
					       .by_mac = by_mac };
}

struct a_run {
	char run_id[RUN_ID_BYTES], mac[MAC_TEXT_BYTES], serial[SERIAL_TEXT_BYTES];
	struct unit_serial number;
	struct world *world;
	enum status status;
};

static void run_init(struct a_run *r, struct world *w, unsigned mac, const char *declared)
{
	db_new_run_id(r->run_id);
	snprintf(r->mac, sizeof(r->mac), "24:0a:c4:00:00:%02x", mac);
	unit_serial_init(&r->number, r->run_id, declared);
	r->world = w;
}

static enum status give(struct a_run *r)
{
	enum status st = serial_numbers_give(r->world->numbers, &r->number, r->mac, &r->world->err);

	unit_serial_text(&r->number, r->serial);
	return st;
}

/* As a result stores it. */
static void end(struct a_run *r, enum status status)
{
	const struct record_serial_state *state =
		serial_numbers_end(r->world->numbers, &r->number, status);

	if (state)
		must(r->world,
		     writer_put(r->world->writer, RECORD_SERIAL_STATE, state, &r->world->err));
	unit_serial_release(&r->number);
}

/* A whole run; its number, "" none. Static. */
static const char *run(struct world *w, unsigned mac, const char *declared, bool is_written,
		       enum status status)
{
	static struct a_run r;

	run_init(&r, w, mac, declared);
	must(w, give(&r));
	if (is_written)
		must(w, serial_numbers_write(w->numbers, &r.number, &w->err));
	end(&r, status);
	return r.serial;
}

static enum status refused(struct world *w, unsigned mac, const char *declared)
{
	struct a_run r;
	enum status st;

	run_init(&r, w, mac, declared);
	st = give(&r);
	end(&r, st);
	return st;
}

static void expect_standing(struct world *w, const char *serial, enum serial_standing standing,
			    const char *mac)
{
	struct serial_now now;
	struct db *db;

	must(w, db_open(w->path, DB_READ, &db, &w->err));
	must(w, serial_look_up(db, "lamp", serial, &now, &w->err));
	db_close(db);
	if (now.standing != standing || strcmp(now.mac, mac) != 0)
		fail_msg("%s is %s of '%s'", serial, serial_standing_name(now.standing), now.mac);
}

/* ---- tests ---- */

static void a_recipe_without_numbers_gives_none(void **state)
{
	struct world *w = *state;
	const struct serial_numbers_setup setup = { .db_path = w->path,
						    .plan = &w->plan,
						    .writer = w->writer };
	struct a_run r;

	w->plan.serial.source = SERIAL_FROM_NOWHERE;
	w->part.needs_serial = false;
	must(w, serial_numbers_new(&setup, &w->numbers, &w->err));
	assert_null(w->numbers);
	run_init(&r, w, 1, "S1");
	assert_int_equal(give(&r), STATUS_OK);
	assert_string_equal(r.serial, "S1");
	assert_int_equal(serial_numbers_write(NULL, &r.number, &w->err), STATUS_OK);
	assert_null(serial_numbers_end(NULL, &r.number, STATUS_OK));
	unit_serial_release(&r.number);
}

static void what_became_of_a_run_becomes_of_its_number(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "L-001");
	expect_standing(w, "L-001", SERIAL_COMMITTED, "24:0a:c4:00:00:01");
	assert_string_equal(run(w, 2, NULL, true, STATUS_PORT_GONE), "L-002");
	expect_standing(w, "L-002", SERIAL_VOIDED, "24:0a:c4:00:00:02");
	assert_string_equal(run(w, 3, NULL, false, STATUS_PORT_GONE), "L-003");
	assert_string_equal(run(w, 4, NULL, true, STATUS_OK), "L-003");
	assert_string_equal(run(w, 3, NULL, true, STATUS_OK), "L-004");
	assert_string_equal(run(w, 2, NULL, true, STATUS_OK), "L-002");
	/* Nothing of it was to be written: it was all there. */
	assert_string_equal(run(w, 1, NULL, false, STATUS_OK), "L-001");
	assert_string_equal(run(w, 1, NULL, true, STATUS_MD5_MISMATCH), "L-001");
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "L-001");
}

static void a_number_that_the_plant_gave_to_others_is_not_tried_again(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_string_equal(run(w, 1, NULL, false, STATUS_SERIAL_TAKEN), "L-001");
	expect_standing(w, "L-001", SERIAL_VOIDED, "");
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "L-002");
}

static void each_row_of_a_file_is_for_one_unit(void **state)
{
	struct world *w = *state;

	use_file(w, "serial,mac\nA,\nB,24:0a:c4:00:00:09\nC,\n", true);
	begin(w);
	assert_string_equal(run(w, 1, NULL, false, STATUS_PORT_GONE), "A");
	assert_string_equal(run(w, 9, NULL, true, STATUS_OK), "B");
	assert_string_equal(run(w, 2, NULL, true, STATUS_OK), "A");
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "C");
	assert_int_equal(refused(w, 3, NULL), STATUS_SERIALS_USED_UP);
	assert_string_equal(run(w, 2, NULL, true, STATUS_OK), "A");
}

/* While others are at work; nobody else tells that a row is free again. */
static void a_row_that_comes_back_is_given_out_next(void **state)
{
	struct world *w = *state;
	struct a_run slow;

	use_file(w, "serial\nA\nB\nC\nD\n", false);
	begin(w);
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "A");
	run_init(&slow, w, 2, NULL);
	must(w, give(&slow));
	assert_string_equal(slow.serial, "B");
	assert_string_equal(run(w, 3, NULL, true, STATUS_OK), "C");
	end(&slow, STATUS_PORT_GONE);
	unit_serial_release(&slow.number);
	assert_string_equal(run(w, 4, NULL, true, STATUS_OK), "B");
	assert_string_equal(run(w, 5, NULL, true, STATUS_OK), "D");
	assert_int_equal(refused(w, 6, NULL), STATUS_SERIALS_USED_UP);
}

static void a_file_that_names_another_number_is_not_followed(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_string_equal(run(w, 9, NULL, true, STATUS_OK), "L-001");
	use_file(w, "serial,mac\nB,24:0a:c4:00:00:09\n", true);
	assert_int_equal(refused(w, 9, NULL), STATUS_SERIAL_DIFFERS);
}

static void lease(struct world *w, const char *product, const char *prefix, int64_t first,
		  int64_t last)
{
	char block_id[RUN_ID_BYTES];
	const struct record_serial_block block = { .block_id = block_id,
						   .product = product,
						   .prefix = prefix,
						   .width = 2,
						   .first = first,
						   .last = last,
						   .leased_utc_ms = clock_utc_ms() };

	db_new_run_id(block_id);
	must(w, writer_put(w->writer, RECORD_SERIAL_BLOCK, &block, &w->err));
}

static void one_leased_block_after_the_other_is_used_up(void **state)
{
	struct world *w = *state;

	w->plan.serial = (struct plan_serial){ .source = SERIAL_FROM_PLANT };
	begin(w);
	assert_int_equal(refused(w, 1, NULL), STATUS_SERIALS_USED_UP);
	assert_non_null(strstr(w->err.text, "serials lease"));
	lease(w, "lamp", "P-", 8, 9);
	lease(w, "other", "P-", 20, 29);
	lease(w, "lamp", "P-", 30, 30);
	assert_string_equal(run(w, 1, NULL, true, STATUS_OK), "P-08");
	assert_string_equal(run(w, 2, NULL, true, STATUS_OK), "P-09");
	assert_string_equal(run(w, 3, NULL, true, STATUS_OK), "P-30");
	assert_int_equal(refused(w, 4, NULL), STATUS_SERIALS_USED_UP);
}

static void the_mac_is_a_number(void **state)
{
	struct world *w = *state;

	w->plan.serial = (struct plan_serial){ .source = SERIAL_FROM_MAC, .prefix = (char *)"M" };
	begin(w);
	assert_string_equal(run(w, 7, NULL, true, STATUS_OK), "M240ac4000007");
}

static void what_is_declared_goes_first(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_string_equal(run(w, 1, "L-050", true, STATUS_OK), "L-050");
	assert_int_equal(refused(w, 2, "L-050"), STATUS_SERIAL_TAKEN);
	assert_string_equal(run(w, 2, NULL, true, STATUS_OK), "L-001");
	w->plan.serial.pattern = (char *)"^L-0[0-9]{2}$";
	assert_int_equal(refused(w, 3, "X"), STATUS_SERIAL_MISSING);
	w->plan.serial.source = SERIAL_FROM_SCAN;
	assert_int_equal(refused(w, 3, NULL), STATUS_SERIAL_MISSING);
}

/* Somebody has overridden the refusal: the unit is written with it all the same. */
static void a_refused_number_may_be_written_and_stays_the_other_units(void **state)
{
	struct world *w = *state;
	struct a_run r;

	begin(w);
	run(w, 1, "L-050", true, STATUS_OK);
	run_init(&r, w, 2, "L-050");
	assert_int_equal(give(&r), STATUS_SERIAL_TAKEN);
	must(w, serial_numbers_write(w->numbers, &r.number, &w->err));
	end(&r, STATUS_OK);
	unit_serial_release(&r.number);
	expect_standing(w, "L-050", SERIAL_COMMITTED, "24:0a:c4:00:00:01");
}

static void a_run_that_was_given_up_on_takes_no_number(void **state)
{
	struct world *w = *state;
	struct a_run r;

	begin(w);
	run_init(&r, w, 1, NULL);
	assert_null(serial_numbers_end(w->numbers, &r.number, STATUS_PORT_WEDGED));
	assert_int_equal(give(&r), STATUS_CANCELLED);
	unit_serial_release(&r.number);

	run_init(&r, w, 1, NULL);
	must(w, give(&r));
	end(&r, STATUS_PORT_WEDGED);
	unit_serial_init(&r.number, r.run_id, NULL); /* only its lock is needed again */
	r.number.is_ended = true;
	r.number.progress = SERIAL_GIVEN;
	assert_int_equal(serial_numbers_write(w->numbers, &r.number, &w->err), STATUS_CANCELLED);
	unit_serial_release(&r.number);
	expect_standing(w, "L-001", SERIAL_FREE, "24:0a:c4:00:00:01");
}

static void *run_alone(void *ctx)
{
	struct a_run *r = ctx;
	struct err err;

	r->status = serial_numbers_give(r->world->numbers, &r->number, r->mac, &err);
	if (!r->status)
		r->status = serial_numbers_write(r->world->numbers, &r->number, &err);
	unit_serial_text(&r->number, r->serial);
	return NULL;
}

static void as_many_units_at_once_get_as_many_numbers(void **state)
{
	static struct a_run runs[UNITS];
	pthread_t threads[UNITS];
	bool is_given[UNITS + 1] = { false };
	struct world *w = *state;

	begin(w);
	for (unsigned i = 0; i < UNITS; i++) {
		run_init(&runs[i], w, i, NULL);
		assert_int_equal(pthread_create(&threads[i], NULL, run_alone, &runs[i]), 0);
	}
	for (unsigned i = 0; i < UNITS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < UNITS; i++) {
		int number = atoi(runs[i].serial + 2);

		assert_int_equal(runs[i].status, STATUS_OK);
		assert_in_range(number, 1, UNITS);
		assert_false(is_given[number]);
		is_given[number] = true;
		end(&runs[i], STATUS_OK);
	}
}

static void what_is_known_of_a_unit_is_told_and_nothing_reserved(void **state)
{
	char serial[SERIAL_TEXT_BYTES];
	struct world *w = *state;

	begin(w);
	must(w, serial_numbers_known(w->numbers, "24:0a:c4:00:00:01", serial, &w->err));
	assert_string_equal(serial, "");
	run(w, 1, NULL, true, STATUS_OK);
	must(w, serial_numbers_known(w->numbers, "24:0a:c4:00:00:01", serial, &w->err));
	assert_string_equal(serial, "L-001");
	expect_standing(w, "L-002", SERIAL_FREE, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_recipe_without_numbers_gives_none),
		TEST(what_became_of_a_run_becomes_of_its_number),
		TEST(a_number_that_the_plant_gave_to_others_is_not_tried_again),
		TEST(each_row_of_a_file_is_for_one_unit),
		TEST(a_row_that_comes_back_is_given_out_next),
		TEST(a_file_that_names_another_number_is_not_followed),
		TEST(one_leased_block_after_the_other_is_used_up),
		TEST(the_mac_is_a_number),
		TEST(what_is_declared_goes_first),
		TEST(a_refused_number_may_be_written_and_stays_the_other_units),
		TEST(a_run_that_was_given_up_on_takes_no_number),
		TEST(as_many_units_at_once_get_as_many_numbers),
		TEST(what_is_known_of_a_unit_is_told_and_nothing_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
