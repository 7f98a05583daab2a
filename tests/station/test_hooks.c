#define _XOPEN_SOURCE 700 /* setenv, kill */
#include "tests/station/tree.h"

#include "engine/base/clock.h"
#include "station/line/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HANGS_MS 60000 /* for what ends by itself: a test that waits longer has failed */

/* A line of one slot in which a unit has just passed. */
struct world {
	struct tree *tree;
	struct port port;
	struct ident ident;
	struct plan plan;
	struct slot_view slot;
	struct lock_view lock;
	struct snapshot s;
	struct station_hooks setup;
	struct hooks *hooks;
	char command[1024];
};

static char plan_name[] = "core2-factory-test";

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	void *tree;

	tree_set_up(&tree);
	w->tree = tree;
	snprintf(w->port.slot, sizeof(w->port.slot), "pci-0000:00:14.0/1.4:1.0");
	w->ident.has_mac = true;
	memcpy(w->ident.mac, "\x24\x0a\xc4\x00\x01\x10", MAC_BYTES);
	w->plan.name = plan_name;
	w->plan.revision = 7;
	w->slot = (struct slot_view){
		.number = 7,
		.port = &w->port,
		.ident = &w->ident,
		.state = SLOT_DONE,
		.elapsed_us = 12340000,
		.status = STATUS_OK,
		.detail = "",
		.serial = "M5C2-000123",
		.run_id = "0193-run",
	};
	w->s = (struct snapshot){
		.plan = &w->plan,
		.station = "line-3",
		.batch = "B-2026-11",
		.has_batch_count = true,
		.batch_passed = 41,
		.batch_of = 500,
		.slots = &w->slot,
		.slot_count = 1,
		.is_line = true,
	};
	w->setup.limit_ms = HANGS_MS;
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	hooks_free(w->hooks, 0);
	tree_tear_down(&tree);
	free(w);
	return 0;
}

__attribute__((format(printf, 2, 3))) static const char *command(struct world *w,
								 const char *format, ...)
{
	size_t len = (size_t)snprintf(w->command, sizeof(w->command), "cd %s; ", w->tree->root);
	va_list args;

	va_start(args, format);
	vsnprintf(w->command + len, sizeof(w->command) - len, format, args);
	va_end(args);
	return w->command;
}

static void begin(struct world *w)
{
	struct err err;

	if (hooks_new(&w->setup, &w->hooks, &err))
		fail_msg("%s", err.text);
}

static void tell(struct world *w, struct event e)
{
	struct view view = hooks_view(w->hooks);

	view.event(view.ctx, &w->s, &e);
}

static void tell_result(struct world *w, enum status status)
{
	w->slot.status = status;
	tell(w, (struct event){ .kind = EVENT_RESULT, .slot = &w->slot });
}

/* All that was told has run, and is over. */
static void finish(struct world *w)
{
	hooks_free(w->hooks, HANGS_MS);
	w->hooks = NULL;
}

static void path_of(const struct world *w, const char *name, char path[static 200])
{
	snprintf(path, 200, "%s/%s", w->tree->root, name);
}

/* "" when the file is not there. */
static const char *content(const struct world *w, const char *name)
{
	static char text[16384];
	char path[200];

	path_of(w, name, path);
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[len] = '\0';
	if (file)
		fclose(file);
	return text;
}

static void wait_for_file(const struct world *w, const char *name)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, HANGS_MS);

	while (!content(w, name)[0]) {
		assert_false(deadline_passed(d));
		clock_sleep_ms(&clock_monotonic, 2);
	}
}

static const char *wait_for_trouble(const struct world *w, size_t size)
{
	static char text[8192];
	struct deadline d = deadline_after_ms(&clock_monotonic, HANGS_MS);

	while (!hooks_next_trouble(w->hooks, text, size)) {
		assert_false(deadline_passed(d));
		clock_sleep_ms(&clock_monotonic, 2);
	}
	return text;
}

/* ---- what a hook is told ---- */

static void a_hook_is_told_who_passed_where(void **state)
{
	struct world *w = *state;

	w->setup.passed = command(w, "env | grep ^FLASHLINE_ | LC_ALL=C sort >facts");
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	assert_string_equal(content(w, "facts"), "FLASHLINE_BATCH=B-2026-11\n"
						 "FLASHLINE_BATCH_OF=500\n"
						 "FLASHLINE_BATCH_PASSED=41\n"
						 "FLASHLINE_CODE=\n"
						 "FLASHLINE_DETAIL=\n"
						 "FLASHLINE_DURATION_S=12.3\n"
						 "FLASHLINE_EVENT=passed\n"
						 "FLASHLINE_LOCK=\n"
						 "FLASHLINE_MAC=24:0a:c4:00:01:10\n"
						 "FLASHLINE_OUTCOME=PASS\n"
						 "FLASHLINE_PARTY=\n"
						 "FLASHLINE_RECIPE=core2-factory-test\n"
						 "FLASHLINE_REVISION=7\n"
						 "FLASHLINE_RUN_ID=0193-run\n"
						 "FLASHLINE_SENTENCE=\n"
						 "FLASHLINE_SERIAL=M5C2-000123\n"
						 "FLASHLINE_SLOT=7\n"
						 "FLASHLINE_SLOT_PATH=pci-0000:00:14.0/1.4:1.0\n"
						 "FLASHLINE_STATION=line-3\n");
}

static void a_hook_is_told_why_a_unit_did_not_pass(void **state)
{
	struct world *w = *state;

	w->setup.failed =
		command(w, "echo \"$FLASHLINE_EVENT $FLASHLINE_OUTCOME $FLASHLINE_CODE "
			   "$FLASHLINE_PARTY\" >facts; echo \"$FLASHLINE_SENTENCE\" >sentence");
	begin(w);
	tell_result(w, STATUS_MD5_MISMATCH);
	finish(w);
	assert_string_equal(content(w, "facts"), "failed FAIL MD5_MISMATCH UNIT\n");
	assert_true(strlen(content(w, "sentence")) > 1);
}

static void a_hook_is_told_of_a_lock_and_of_its_end(void **state)
{
	struct world *w = *state;

	w->setup.locked = command(w, "echo \"$FLASHLINE_EVENT $FLASHLINE_LOCK $FLASHLINE_SLOT "
				     "$FLASHLINE_MAC. $FLASHLINE_DETAIL\" >>facts");
	w->lock = (struct lock_view){
		.code = "SLOT_FAILS", .sentence = "look", .slot = 0, .detail = "3 in a row"
	};
	begin(w);
	tell(w, (struct event){ .kind = EVENT_LOCKED, .lock = &w->lock });
	tell(w, (struct event){ .kind = EVENT_UNLOCKED,
				.lock = &w->lock,
				.text = "overridden by Kim: new cable" });
	finish(w);
	/* The unit that lies in the slot now may be another. */
	assert_string_equal(content(w, "facts"),
			    "locked SLOT_FAILS 7 . 3 in a row\n"
			    "unlocked SLOT_FAILS 7 . overridden by Kim: new cable\n");
}

static void what_a_unit_says_is_never_a_command(void **state)
{
	struct world *w = *state;
	const char *evil = "$(touch pwned) `touch pwned`; touch pwned; \"' | touch pwned";

	w->setup.passed = command(w, "env | grep ^FLASHLINE_SERIAL= >facts");
	snprintf(w->slot.serial, sizeof(w->slot.serial), "%s\n\x1b[2J", evil);
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	char expected[200];
	snprintf(expected, sizeof(expected), "FLASHLINE_SERIAL=%s??[2J\n", evil);
	assert_string_equal(content(w, "facts"), expected);
	char path[200];
	path_of(w, "pwned", path);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void the_station_s_own_environment_stays_with_it(void **state)
{
	struct world *w = *state;

	setenv("PGPASSWORD", "PLANTED", 1);
	setenv("FLASHLINE_TOKEN", "PLANTED", 1);
	w->setup.passed = command(w, "env >facts");
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	unsetenv("PGPASSWORD");
	unsetenv("FLASHLINE_TOKEN");
	assert_non_null(strstr(content(w, "facts"), "PATH="));
	assert_null(strstr(content(w, "facts"), "PLANTED"));
}

/* ---- what a hook has ---- */

static void a_hook_gets_no_descriptor_of_ours(void **state)
{
	struct world *w = *state;
	char path[200];
	int inherited;

	path_of(w, "ours", path);
	inherited = open(path, O_RDWR | O_CREAT, 0600); /* without O_CLOEXEC */
	assert_true(inherited > 2);
	w->setup.passed =
		command(w, "exec >open; ls /proc/$$/fd; exec >input; readlink /proc/$$/fd/0; true");
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	close(inherited);
	assert_string_equal(content(w, "open"), "0\n1\n2\n");
	assert_string_equal(content(w, "input"), "/dev/null\n");
}

static void a_hook_gets_signals_as_any_program_does(void **state)
{
	struct world *w = *state;
	sigset_t pipe_set, before;

	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigaddset(&pipe_set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &pipe_set, &before);
	signal(SIGPIPE, SIG_IGN);
	w->setup.passed =
		command(w, "grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -c 21- >signals; true");
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* Of the first 16 signals; 32 and 33 are the C library's own. */
	assert_string_equal(content(w, "signals"), "0000\n0000\n");
}

/* ---- troubles ---- */

static void what_a_failed_hook_said_is_told(void **state)
{
	struct world *w = *state;

	w->setup.failed = command(w, "echo no route to lamp; echo sorry >&2; exit 3");
	begin(w);
	tell_result(w, STATUS_MD5_MISMATCH);
	assert_string_equal(wait_for_trouble(w, 300),
			    "hook failed, slot 7: ended with 3: no route to lamp sorry");
}

static void a_hook_that_succeeds_is_no_trouble(void **state)
{
	struct world *w = *state;
	char text[300];

	w->setup.passed = command(w, "echo fine; echo 1 >done");
	begin(w);
	tell_result(w, STATUS_OK);
	wait_for_file(w, "done");
	/* Of one kind one runs after the other: this one ends behind the first. */
	w->setup.passed = NULL;
	assert_false(hooks_next_trouble(w->hooks, text, sizeof(text)));
}

static void of_long_output_the_end_is_told(void **state)
{
	struct world *w = *state;

	w->setup.passed = command(w, "yes line | head -n 20000; echo THE END; exit 1");
	begin(w);
	tell_result(w, STATUS_OK);
	const char *text = wait_for_trouble(w, 8192);
	assert_non_null(strstr(text, "line line"));
	assert_string_equal(text + strlen(text) - 7, "THE END");
	assert_in_range(strlen(text), 3900, 4300);
	tell_result(w, STATUS_OK);
	text = wait_for_trouble(w, 120);
	assert_true(strlen(text) < 120);
	assert_string_equal(text + strlen(text) - 7, "THE END");
}

/* ---- those that hang ---- */

static void nobody_is_left_of(const struct world *w, const char *file)
{
	pid_t group = (pid_t)strtol(content(w, file), NULL, 10);
	struct deadline d = deadline_after_ms(&clock_monotonic, HANGS_MS);

	assert_true(group > 1);
	/* Its other members are ours since their parent has ended (main). */
	while (kill(-group, 0) == 0 && !deadline_passed(d))
		if (waitpid(-group, NULL, WNOHANG) <= 0)
			clock_sleep_ms(&clock_monotonic, 2);
	assert_int_equal(kill(-group, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void a_hook_that_takes_too_long_is_ended_with_all_it_started(void **state)
{
	struct world *w = *state;

	w->setup.limit_ms = 200;
	w->setup.passed = command(
		w, "trap '' TERM; sh -c 'trap \"\" TERM; sleep 1000' & echo $$ >pid; echo stuck; "
		   "while :; do sleep 1000; done");
	begin(w);
	tell_result(w, STATUS_OK);
	const char *text = wait_for_trouble(w, 300);
	assert_non_null(strstr(text, "hook passed, slot 7: took too long and was ended after"));
	assert_non_null(strstr(text, "stuck"));
	nobody_is_left_of(w, "pid");
}

static void a_hook_may_clean_up_when_its_time_is_over(void **state)
{
	struct world *w = *state;

	w->setup.limit_ms = 200;
	w->setup.passed = command(
		w, "trap 'echo bye >cleaned; exit 0' TERM; echo $$ >pid; sleep 1000 & wait");
	begin(w);
	tell_result(w, STATUS_OK);
	assert_non_null(strstr(wait_for_trouble(w, 300), "took too long"));
	assert_string_equal(content(w, "cleaned"), "bye\n");
	nobody_is_left_of(w, "pid");
}

static void what_a_hook_leaves_running_ends_with_it(void **state)
{
	struct world *w = *state;

	w->setup.passed = command(w, "echo $$ >pid; sleep 1000 & exit 0");
	begin(w);
	tell_result(w, STATUS_OK);
	finish(w);
	nobody_is_left_of(w, "pid");
}

static void a_hook_that_hangs_does_not_hold_up_the_end(void **state)
{
	struct world *w = *state;

	w->setup.passed = command(w, "trap '' TERM; echo $$ >pid; while :; do sleep 1000; done");
	w->setup.failed = "sleep 1000";
	begin(w);
	tell_result(w, STATUS_OK);
	tell_result(w, STATUS_OK);
	tell_result(w, STATUS_MD5_MISMATCH);
	wait_for_file(w, "pid");
	hooks_free(w->hooks, 0);
	w->hooks = NULL;
	nobody_is_left_of(w, "pid");
}

/* ---- many ---- */

static void events_of_one_kind_are_told_in_their_order(void **state)
{
	struct world *w = *state;

	w->setup.passed = command(w, "echo $FLASHLINE_RUN_ID >>order");
	begin(w);
	for (int i = 0; i < 10; i++) {
		snprintf(w->slot.run_id, sizeof(w->slot.run_id), "%d", i);
		tell_result(w, STATUS_OK);
	}
	finish(w);
	assert_string_equal(content(w, "order"), "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
}

static void what_waits_is_bounded_and_what_is_dropped_is_told(void **state)
{
	struct world *w = *state;
	char path[200], expected[16];

	w->setup.passed = command(w, "echo $FLASHLINE_RUN_ID >>ran; "
				     "while [ ! -e open ]; do sleep 0.01; done");
	begin(w);
	snprintf(w->slot.run_id, sizeof(w->slot.run_id), "first");
	tell_result(w, STATUS_OK);
	wait_for_file(w, "ran");
	for (int i = 0; i < HOOKS_WAITING_MAX + 10; i++) {
		snprintf(w->slot.run_id, sizeof(w->slot.run_id), "%d", i);
		tell_result(w, STATUS_OK);
	}
	path_of(w, "open", path);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	assert_string_equal(wait_for_trouble(w, 300),
			    "hook passed: 10 events were dropped: it takes longer than they come");
	finish(w);
	/* The oldest were: the newest is what a lamp has to show. */
	const char *ran = content(w, "ran");
	assert_memory_equal(ran, "first\n10\n11\n", 12);
	snprintf(expected, sizeof(expected), "\n%d\n", HOOKS_WAITING_MAX + 9);
	assert_string_equal(ran + strlen(ran) - strlen(expected), expected);
}

static void troubles_that_nobody_reads_are_counted(void **state)
{
	struct world *w = *state;
	char text[300], last[300] = "";

	w->setup.passed = command(w, "[ $FLASHLINE_RUN_ID = 19 ] && echo 1 >done; exit 1");
	begin(w);
	for (int i = 0; i < 20; i++) {
		snprintf(w->slot.run_id, sizeof(w->slot.run_id), "%d", i);
		tell_result(w, STATUS_OK);
	}
	wait_for_file(w, "done");
	unsigned told = 0;
	struct deadline d = deadline_after_ms(&clock_monotonic, HANGS_MS);
	/* The last one may not be noted yet. */
	while (told < 16 || !strstr(last, "more had trouble")) {
		assert_false(deadline_passed(d));
		if (!hooks_next_trouble(w->hooks, text, sizeof(text)))
			continue;
		told++;
		memcpy(last, text, sizeof(last));
	}
	assert_int_equal(told, 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_hook_is_told_who_passed_where),
		TEST(a_hook_is_told_why_a_unit_did_not_pass),
		TEST(a_hook_is_told_of_a_lock_and_of_its_end),
		TEST(what_a_unit_says_is_never_a_command),
		TEST(the_station_s_own_environment_stays_with_it),
		TEST(a_hook_gets_no_descriptor_of_ours),
		TEST(a_hook_gets_signals_as_any_program_does),
		TEST(what_a_failed_hook_said_is_told),
		TEST(a_hook_that_succeeds_is_no_trouble),
		TEST(of_long_output_the_end_is_told),
		TEST(a_hook_that_takes_too_long_is_ended_with_all_it_started),
		TEST(a_hook_may_clean_up_when_its_time_is_over),
		TEST(what_a_hook_leaves_running_ends_with_it),
		TEST(a_hook_that_hangs_does_not_hold_up_the_end),
		TEST(events_of_one_kind_are_told_in_their_order),
		TEST(what_waits_is_bounded_and_what_is_dropped_is_told),
		TEST(troubles_that_nobody_reads_are_counted),
	};

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
