#define _XOPEN_SOURCE 700 /* setenv */
#include "tests/station/tree.h"

#include "station/line/service_notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct world {
	struct tree *tree;
	int manager; /* its end */
	struct service_notify notify;
	struct snapshot s;
	char said[1024];
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	void *tree;

	tree_set_up(&tree);
	w->tree = tree;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", w->tree->root);
	w->manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(w->manager, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_true(service_notify_open(&w->notify));
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	unsetenv("NOTIFY_SOCKET");
	service_notify_close(&w->notify);
	close(w->manager);
	tree_tear_down(&tree);
	free(w);
	return 0;
}

/* All that was said since. */
static const char *said(struct world *w)
{
	size_t len = 0;
	ssize_t got;

	while ((got = recv(w->manager, w->said + len, sizeof(w->said) - len - 1, 0)) > 0)
		len += (size_t)got;
	w->said[len] = '\0';
	return w->said;
}

static void tell(struct world *w, enum event_kind kind)
{
	const struct event e = { .kind = kind };
	struct view view = service_notify_view(&w->notify);

	view.event(view.ctx, &w->s, &e);
}

static void tick(struct world *w)
{
	struct view view = service_notify_view(&w->notify);

	view.tick(view.ctx, &w->s);
}

static void a_line_is_ready_alive_and_told_of_once(void **state)
{
	struct world *w = *state;

	tell(w, EVENT_STATION_START);
	assert_string_equal(said(w), "READY=1\nSTATUS=0 of 0 slots at work, 0 passed, 0 did not\n");
	tick(w);
	assert_string_equal(said(w), "WATCHDOG=1\n");
	tick(w);
	assert_string_equal(said(w), "");
}

static void a_line_that_drains_asks_for_time(void **state)
{
	struct world *w = *state;

	tell(w, EVENT_STOPPING);
	assert_string_equal(said(w), "STOPPING=1\nEXTEND_TIMEOUT_USEC=60000000\n");
	w->s.is_draining = true;
	tick(w);
	assert_non_null(strstr(said(w), "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=60000000\n"));
	assert_non_null(strstr(w->said, "STATUS=draining: "));
}

static void the_status_names_counts_and_locks(void **state)
{
	struct world *w = *state;
	const struct lock_view locks[] = { { .code = "GOLDEN_DUE" }, { .code = "DISK_LOW" } };
	const struct slot_view slots[3] = { { .state = SLOT_RUNNING } };
	char text[SERVICE_TEXT_BYTES];

	w->s.slots = slots;
	w->s.slot_count = 3;
	w->s.counts = (struct line_counts){ .passed = 340, .failed = 9, .errors = 3 };
	w->s.locks = locks;
	w->s.lock_count = 2;
	service_status_text(&w->s, text);
	assert_string_equal(text,
			    "1 of 3 slots at work, 340 passed, 12 did not; GOLDEN_DUE, DISK_LOW");
}

static void a_manager_that_does_not_listen_holds_nobody_up(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 10000; i++)
		tell(w, EVENT_STOPPING);
	close(w->manager);
	w->manager = -1;
	tell(w, EVENT_STATION_START);
	tick(w);
}

static void without_a_manager_nothing_is_opened(void **state)
{
	struct service_notify n;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_false(service_notify_open(&n));
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	assert_false(service_notify_open(&n));
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_false(service_notify_open(&n));
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_line_is_ready_alive_and_told_of_once),
		TEST(a_line_that_drains_asks_for_time),
		TEST(the_status_names_counts_and_locks),
		TEST(a_manager_that_does_not_listen_holds_nobody_up),
		cmocka_unit_test(without_a_manager_nothing_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
