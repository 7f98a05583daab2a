/* Labels on their way to a printer, and back through a scanner. */
#include "tests/station/tree.h"

#include "db/prints.h"
#include "engine/base/clock.h"
#include "station/label/label.h"
#include "tests/station/line_world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 30000
#define READY                                                                                      \
	"\002030,0,0,1245,000,0,0,0,000,0,0,0\003\r\n\002000,0,0,0,0,2,4,0,00000000,1,000\003\r\n" \
	"\0021234,0\003\r\n"

/* A printer on a TCP port: one connection after the other. */
struct paper {
	int listener, stop[2];
	unsigned port;
	pthread_t thread;
	atomic_bool breaks; /* it resets the connection at the first byte of a label */
	pthread_mutex_t lock;
	char printed[8192];
};

struct world {
	struct tree *tree;
	char path[160];
	struct db *db;
	struct writer *writer;
	struct line_world line;
	struct plan_label label;
	struct paper paper;
	struct station_printer printer;
	char address[40], command[200];
	struct labels *labels;
	enum label_state states[8];
	char texts[8][LABEL_TEXT_BYTES];
};

/* ---- the printer ---- */

static void keep(struct paper *p, const char *bytes, size_t size)
{
	size_t used;

	pthread_mutex_lock(&p->lock);
	used = strlen(p->printed);
	if (used + size < sizeof(p->printed)) {
		memcpy(p->printed + used, bytes, size);
		p->printed[used + size] = '\0';
	}
	pthread_mutex_unlock(&p->lock);
}

static void serve(struct paper *p, int fd)
{
	const struct linger at_once = { .l_onoff = 1 };
	char bytes[1024];
	ssize_t got;

	while ((got = recv(fd, bytes, sizeof(bytes), 0)) > 0) {
		if (got == 3 && memcmp(bytes, "~HS", 3) == 0) {
			if (send(fd, READY, strlen(READY), MSG_NOSIGNAL) < 0)
				break;
		} else if (p->breaks) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			break;
		} else {
			keep(p, bytes, (size_t)got);
		}
	}
	close(fd);
}

static void *print(void *ctx)
{
	struct paper *p = ctx;

	for (;;) {
		struct pollfd fds[] = { { .fd = p->stop[0], .events = POLLIN },
					{ .fd = p->listener, .events = POLLIN } };
		int fd;

		poll(fds, 2, -1);
		if (fds[0].revents)
			return NULL;
		fd = accept(p->listener, NULL, NULL);
		if (fd >= 0)
			serve(p, fd);
	}
}

static void paper_begin(struct paper *p)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	p->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(p->listener, 8), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&address, &size), 0);
	p->port = ntohs(address.sin_port);
	pthread_mutex_init(&p->lock, NULL);
	assert_int_equal(pipe(p->stop), 0);
	assert_int_equal(pthread_create(&p->thread, NULL, print, p), 0);
}

static void paper_end(struct paper *p)
{
	assert_int_equal(write(p->stop[1], "", 1), 1);
	pthread_join(p->thread, NULL);
	close(p->listener);
	close(p->stop[0]);
	close(p->stop[1]);
	pthread_mutex_destroy(&p->lock);
}

/* ---- the world ---- */

static void no_error(enum status st, const struct err *err)
{
	if (st)
		fail_msg("%s: %s", status_code(st), err->text);
}

static int set_up(void **state)
{
	static struct world world;
	struct world *w = &world;
	void *tree;
	struct err err;

	memset(w, 0, sizeof(*w));
	assert_int_equal(tree_set_up(&tree), 0);
	w->tree = tree;
	snprintf(w->path, sizeof(w->path), "%.60s/flashline.db", w->tree->root);
	no_error(db_open(w->path, DB_WRITE, &w->db, &err), &err);
	no_error(writer_new(w->db, &w->writer, &err), &err);
	line_world_make(&w->line, 8, 4);
	w->label = (struct plan_label){ .template = (char *)"[{serial} {slot}]" };
	w->label.template_bytes = strlen(w->label.template);
	w->line.plan.label = &w->label;
	for (unsigned i = 0; i < 8; i++) {
		struct slot_view *slot = &w->line.slots[i];
		const struct record_run run = { .run_id = slot->run_id,
						.kind = "FLASH",
						.slot = slot->port->slot,
						.node = "/dev/ttyUSB0",
						.start_utc_ms = 1 };

		snprintf(slot->serial, SLOT_SERIAL_BYTES, "S%u", i + 1);
		db_new_run_id(slot->run_id);
		no_error(writer_put_run(w->writer, &run, &err), &err);
	}
	paper_begin(&w->paper);
	snprintf(w->address, sizeof(w->address), "127.0.0.1:%u", w->paper.port);
	w->printer.zpl = w->address;
	*state = w;
	return 0;
}

static void end_labels(struct world *w, uint32_t wait_ms)
{
	labels_free(w->labels, wait_ms);
	w->labels = NULL;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	end_labels(w, 0);
	paper_end(&w->paper);
	writer_free(w->writer);
	db_close(w->db);
	return tree_tear_down(&tree);
}

static void begin(struct world *w)
{
	const struct labels_setup setup = {
		.printer = &w->printer, .writer = w->writer, .db_path = w->path, .slots = 8
	};
	struct err err;

	no_error(labels_new(&setup, &w->labels, &err), &err);
}

static void pass(struct world *w, unsigned slot)
{
	labels_print(w->labels, &w->line.snapshot, &w->line.slots[slot]);
}

static void follow(struct world *w)
{
	char text[LABEL_TEXT_BYTES];
	enum label_state state;
	unsigned slot;

	while (labels_next_change(w->labels, &slot, &state, text)) {
		w->states[slot] = state;
		memcpy(w->texts[slot], text, sizeof(text));
	}
}

static void wait_for(struct world *w, unsigned slot, enum label_state state)
{
	struct deadline limit = deadline_after_ms(&clock_monotonic, WAIT_MS);

	for (follow(w); w->states[slot] != state; follow(w)) {
		if (deadline_passed(limit))
			fail_msg("slot %u: %s: %s", slot, label_state_name(w->states[slot]),
				 w->texts[slot]);
		clock_sleep_ms(&clock_monotonic, 1);
	}
}

/* "S1 1 SENT, S1 2 SENT reason": what the records have of labels, copy by copy. */
static void recorded(struct world *w, unsigned slot, char *text, size_t size)
{
	struct print_list list;
	struct db *db;
	struct err err;

	text[0] = '\0';
	no_error(db_open(w->path, DB_READ, &db, &err), &err);
	no_error(prints_of_run(db, w->line.slots[slot].run_id, &list, &err), &err);
	for (size_t i = 0; i < list.count; i++) {
		const struct print_row *row = &list.rows[i];

		snprintf(text + strlen(text), size - strlen(text), "%s%s %d", i ? ", " : "",
			 row->serial, (int)row->copy);
		for (size_t k = 0; k < row->event_count; k++)
			snprintf(text + strlen(text), size - strlen(text), " %s",
				 row->events[k].state);
		if (row->reason[0])
			snprintf(text + strlen(text), size - strlen(text), " (%s: %s)",
				 row->operator_name, row->reason);
	}
	prints_release(&list);
	db_close(db);
}

static void expect_recorded(struct world *w, unsigned slot, const char *wanted)
{
	char text[600];

	recorded(w, slot, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void expect_printed(struct world *w, const char *wanted)
{
	char text[sizeof(w->paper.printed)];

	pthread_mutex_lock(&w->paper.lock);
	memcpy(text, w->paper.printed, sizeof(text));
	pthread_mutex_unlock(&w->paper.lock);
	assert_string_equal(text, wanted);
}

/* ---- printing ---- */

static void labels_come_in_the_order_of_the_passes(void **state)
{
	struct world *w = *state;

	begin(w);
	pass(w, 6);
	pass(w, 0);
	pass(w, 7);
	wait_for(w, 7, LABEL_PRINTED);
	end_labels(w, 1000);
	expect_printed(w, "[S7 7][S1 1][S8 8]");
	assert_int_equal(w->states[0], LABEL_PRINTED);
	expect_recorded(w, 0, "S1 1 SENT");
}

static void a_recipe_without_a_label_prints_none(void **state)
{
	struct world *w = *state;

	begin(w);
	w->line.plan.label = NULL;
	pass(w, 0);
	end_labels(w, 1000);
	expect_printed(w, "");
	expect_recorded(w, 0, "");
}

static void a_unit_that_has_left_gets_its_label_and_the_next_one_no_word_of_it(void **state)
{
	struct world *w = *state;

	begin(w);
	pass(w, 0);
	labels_left(w->labels, 0);
	end_labels(w, 5000);
	expect_printed(w, "[S1 1]");
}

static void a_label_that_may_be_out_is_not_sent_again(void **state)
{
	struct world *w = *state;

	w->paper.breaks = true;
	begin(w);
	pass(w, 0);
	wait_for(w, 0, LABEL_FAILED);
	assert_non_null(strstr(w->texts[0], "look whether it was printed"));
	w->paper.breaks = false;
	pass(w, 6);
	wait_for(w, 6, LABEL_PRINTED);
	end_labels(w, 1000);
	expect_printed(w, "[S7 7]");
	expect_recorded(w, 0, "S1 1 FAILED");
}

static void a_required_label_waits_for_its_printer(void **state)
{
	struct world *w = *state;
	char why[200];

	w->label.is_required = true;
	snprintf(w->address, sizeof(w->address), "127.0.0.1:1"); /* nobody listens there */
	begin(w);
	pass(w, 0);
	for (follow(w); !w->texts[0][0]; follow(w))
		clock_sleep_ms(&clock_monotonic, 1);
	assert_int_equal(w->states[0], LABEL_PRINTING);
	assert_non_null(strstr(w->texts[0], "printer 127.0.0.1:1: not reached"));
	assert_false(labels_is_ready(w->labels, why, sizeof(why)));
	end_labels(w, 1000);
	expect_recorded(w, 0, "S1 1 FAILED");
}

static void without_a_printer_only_a_required_label_fails(void **state)
{
	struct world *w = *state;

	w->printer.zpl = NULL;
	begin(w);
	pass(w, 0);
	follow(w);
	assert_int_equal(w->states[0], LABEL_NONE);
	w->label.is_required = true;
	pass(w, 0);
	end_labels(w, 1000);
	expect_recorded(w, 0, "S1 1 FAILED");
}

static void a_command_gets_the_label_on_its_input(void **state)
{
	struct world *w = *state;
	char text[100] = "";
	int fd;

	w->printer.zpl = NULL;
	snprintf(w->command, sizeof(w->command), "cat >>'%.60s/out'", w->tree->root);
	w->printer.command = w->command;
	begin(w);
	pass(w, 0);
	pass(w, 6);
	wait_for(w, 6, LABEL_PRINTED);
	snprintf(w->command, sizeof(w->command), "%.60s/out", w->tree->root);
	fd = open(w->command, O_RDONLY);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	assert_string_equal(text, "[S1 1][S7 7]");
}

static void a_command_that_fails_says_what_it_said(void **state)
{
	struct world *w = *state;

	w->printer.zpl = NULL;
	w->printer.command = "echo no such queue >&2; exit 3";
	begin(w);
	pass(w, 0);
	wait_for(w, 0, LABEL_FAILED);
	assert_string_equal(w->texts[0], "the printer's command ended with 3: no such queue");
	end_labels(w, 1000);
	expect_recorded(w, 0, "S1 1 FAILED");
}

static void a_label_without_a_needed_value_is_not_printed(void **state)
{
	struct world *w = *state;

	w->line.slots[0].serial[0] = '\0';
	begin(w);
	pass(w, 0);
	wait_for(w, 0, LABEL_FAILED);
	assert_string_equal(w->texts[0], "label: the unit has no {serial}");
	end_labels(w, 1000);
	expect_printed(w, "");
	expect_recorded(w, 0, " 1 FAILED");
}

static void a_reprint_is_another_copy_with_who_and_why(void **state)
{
	struct world *w = *state;
	struct err err;

	begin(w);
	assert_int_equal(labels_reprint(w->labels, 0, "Kim", "torn", &err), STATUS_USAGE);
	pass(w, 0);
	wait_for(w, 0, LABEL_PRINTED);
	assert_int_equal(labels_reprint(w->labels, 0, "Kim", "", &err), STATUS_USAGE);
	no_error(labels_reprint(w->labels, 0, "Kim", "torn", &err), &err);
	labels_left(w->labels, 0);
	no_error(labels_reprint(w->labels, 0, "Kim", "lost", &err), &err);
	end_labels(w, 5000);
	expect_printed(w, "[S1 1][S1 1][S1 1]");
	expect_recorded(w, 0, "S1 1 SENT, S1 2 SENT (Kim: torn), S1 3 SENT (Kim: lost)");
}

/* ---- scanning back ---- */

static void scan(struct world *w, const char *text, int at, bool wanted_label, unsigned wanted_slot,
		 bool wanted_match)
{
	bool is_label, matches;
	unsigned slot;

	labels_scanned(w->labels, text, at, "Kim", &is_label, &slot, &matches);
	assert_int_equal(is_label, wanted_label);
	if (is_label)
		assert_int_equal(slot, wanted_slot);
	assert_int_equal(matches, wanted_match);
	follow(w);
}

static void print_two(struct world *w)
{
	w->label.is_scan_back = true;
	begin(w);
	pass(w, 0);
	wait_for(w, 0, LABEL_TO_SCAN);
	pass(w, 6);
	wait_for(w, 6, LABEL_TO_SCAN);
}

static void a_scan_goes_to_the_unit_whose_label_it_is(void **state)
{
	struct world *w = *state;

	print_two(w);
	scan(w, "S7", -1, true, 6, true);
	assert_int_equal(w->states[6], LABEL_SCANNED);
	assert_int_equal(w->states[0], LABEL_TO_SCAN);
	scan(w, "240AC4000110", -1, true, 0, true); /* its MAC does as well */
	end_labels(w, 1000);
	expect_recorded(w, 0, "S1 1 SENT SCANNED");
}

static void what_was_never_printed_is_no_label(void **state)
{
	struct world *w = *state;

	print_two(w);
	scan(w, "S99", -1, false, 0, false);
	assert_int_equal(w->states[0], LABEL_TO_SCAN);
}

static void another_units_label_is_a_mismatch_until_the_right_one_comes(void **state)
{
	struct world *w = *state;

	print_two(w);
	scan(w, "S7", -1, true, 6, true);
	scan(w, "S7", -1, true, 0, false); /* again, on the unit that still waits */
	assert_int_equal(w->states[0], LABEL_MISMATCH);
	scan(w, "S1", -1, true, 0, true);
	assert_int_equal(w->states[0], LABEL_SCANNED);
	end_labels(w, 1000);
	expect_recorded(w, 0, "S1 1 SENT MISMATCH SCANNED");
}

static void at_a_slot_that_was_scanned_only_its_own_label_is_right(void **state)
{
	struct world *w = *state;

	print_two(w);
	scan(w, "S7", 0, true, 0, false);
	scan(w, "S99", 0, true, 0, false);
	assert_int_equal(w->states[6], LABEL_TO_SCAN);
	scan(w, "S1", 0, true, 0, true);
	/* One that waits for nothing: the scan is for whoever it belongs to. */
	scan(w, "S7", 0, true, 6, true);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(labels_come_in_the_order_of_the_passes),
		TEST(a_recipe_without_a_label_prints_none),
		TEST(a_unit_that_has_left_gets_its_label_and_the_next_one_no_word_of_it),
		TEST(a_label_that_may_be_out_is_not_sent_again),
		TEST(a_required_label_waits_for_its_printer),
		TEST(without_a_printer_only_a_required_label_fails),
		TEST(a_command_gets_the_label_on_its_input),
		TEST(a_command_that_fails_says_what_it_said),
		TEST(a_label_without_a_needed_value_is_not_printed),
		TEST(a_reprint_is_another_copy_with_who_and_why),
		TEST(a_scan_goes_to_the_unit_whose_label_it_is),
		TEST(what_was_never_printed_is_no_label),
		TEST(another_units_label_is_a_mismatch_until_the_right_one_comes),
		TEST(at_a_slot_that_was_scanned_only_its_own_label_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
