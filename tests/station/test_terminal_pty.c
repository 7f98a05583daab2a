/* The line on a real terminal: a pty, with a shell of three lines in front of it. */
#define _DEFAULT_SOURCE /* TIOCSCTTY */
#define _XOPEN_SOURCE 700
#include "tests/station/tree.h"

#include "engine/base/clock.h"
#include "station/terminal/terminal.h"
#include "tests/station/line_world.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define WAIT_MS 20000 /* for what has to come */

struct world {
	int master, slave;
	int told; /* what the shell saw: 'S' stopped, 'K' killed, 'E' and the exit status */
	pid_t shell, program;
	struct termios before;
	char seen[1 << 20];
	size_t seen_len;
};

/* ---- the program ---- */

/* A line that answers requests, until one asks for the end. Its exit status is what happened. */
static int program(bool is_at_work)
{
	static struct line_world w;
	struct requests *requests = requests_new();
	struct terminal *terminal;
	struct view view;
	struct err err;
	bool ends = false;

	line_world_make(&w, 8, 4);
	for (size_t i = 0; i < 8 && !is_at_work; i++)
		w.slots[i].state = SLOT_EMPTY;
	if (!requests || !terminal_can(STDOUT_FILENO) || terminal_new(requests, &terminal, &err))
		return 1;
	view = terminal_view(terminal);
	view.event(view.ctx, &w.snapshot, &(struct event){ .kind = EVENT_STATION_START });
	while (!ends) {
		struct pollfd fd = { .fd = requests_fd(requests), .events = POLLIN };
		struct request request;
		uint64_t ticket;

		poll(&fd, 1, (int)view.tick_ms);
		view.tick(view.ctx, &w.snapshot);
		while (requests_take(requests, &request, &ticket)) {
			struct said said;

			ends = request.kind == REQUEST_DRAIN;
			said_set(&said, SAID_TEXT, "%s", ends ? "the line ends" : "it was heard");
			requests_answer(requests, ticket, STATUS_OK, &said);
		}
	}
	view.event(view.ctx, &w.snapshot, &(struct event){ .kind = EVENT_SUMMARY });
	if (!terminal_free(terminal))
		return 2;
	requests_free(requests);
	return 0;
}

/* ---- the shell ---- */

static void shell(struct world *w, int tell, bool is_at_work)
{
	char state;
	int status;
	pid_t pid;

	setsid();
	close(w->master);
	signal(SIGHUP, SIG_IGN); /* as a line has it: there it asks for the recipe */
	ioctl(w->slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(w->slave, fd);
	signal(SIGTTOU, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		signal(SIGTTOU, SIG_DFL);
		_exit(program(is_at_work));
	}
	if (write(tell, &pid, sizeof(pid)) < 0)
		_exit(3);
	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0)
			_exit(3);
		state = WIFSTOPPED(status) ? 'S' : WIFSIGNALED(status) ? 'K' : 'E';
		if (write(tell, &state, 1) < 0)
			_exit(3);
		if (state != 'S')
			break;
	}
	state = (char)(WIFEXITED(status) ? WEXITSTATUS(status) : 0);
	if (write(tell, &state, 1) < 0)
		_exit(3);
	pause(); /* a shell stays when its program ends: the terminal is still somebody's */
}

/* ---- the person ---- */

static void begin(struct world *w, bool is_at_work)
{
	const struct winsize size = { .ws_col = 80, .ws_row = 24 };
	int tell[2];

	setenv("TERM", "xterm", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	w->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(w->master >= 0 && grantpt(w->master) == 0 && unlockpt(w->master) == 0);
	w->slave = open(ptsname(w->master), O_RDWR | O_NOCTTY);
	assert_true(w->slave >= 0 && ioctl(w->slave, TIOCSWINSZ, &size) == 0);
	assert_int_equal(tcgetattr(w->slave, &w->before), 0);
	assert_int_equal(pipe(tell), 0);
	w->shell = fork();
	if (w->shell == 0) {
		close(tell[0]);
		shell(w, tell[1], is_at_work);
		_exit(0);
	}
	close(tell[1]);
	w->told = tell[0];
	assert_int_equal(read(w->told, &w->program, sizeof(w->program)), sizeof(w->program));
}

static int set_up(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	if (w->shell > 0) {
		kill(w->program, SIGKILL);
		kill(w->shell, SIGKILL);
		waitpid(w->shell, NULL, 0);
	}
	close(w->master);
	close(w->slave);
	close(w->told);
	return 0;
}

/* Reads what the program draws until this stands in what came since the last call. */
static void expect(struct world *w, const char *text)
{
	struct deadline limit = deadline_after_ms(&clock_monotonic, WAIT_MS);

	for (;;) {
		const char *found = strstr(w->seen, text);
		struct pollfd fd = { .fd = w->master, .events = POLLIN };
		ssize_t got;

		if (found) {
			w->seen_len = strlen(found + strlen(text));
			memmove(w->seen, found + strlen(text), w->seen_len + 1);
			return;
		}
		if (deadline_passed(limit))
			fail_msg("no '%s' in: %s", text, w->seen);
		if (poll(&fd, 1, 100) <= 0)
			continue;
		got = read(w->master, w->seen + w->seen_len, sizeof(w->seen) - 1 - w->seen_len);
		assert_true(got > 0);
		w->seen_len += (size_t)got;
		w->seen[w->seen_len] = '\0';
	}
}

static void press(struct world *w, const char *keys)
{
	assert_int_equal(write(w->master, keys, strlen(keys)), strlen(keys));
}

/* What the shell saw next; the screen is read meanwhile, so that it holds up nobody. */
static int shell_saw(struct world *w)
{
	struct deadline limit = deadline_after_ms(&clock_monotonic, WAIT_MS);
	char state = 0;
	bool is_told = false;

	while (!is_told && !deadline_passed(limit)) {
		struct pollfd fds[] = { { .fd = w->told, .events = POLLIN },
					{ .fd = w->master, .events = POLLIN } };

		poll(fds, 2, 100);
		if (fds[0].revents) {
			assert_int_equal(read(w->told, &state, 1), 1);
			is_told = true;
		} else if (fds[1].revents) {
			ssize_t got = read(w->master, w->seen + w->seen_len,
					   sizeof(w->seen) - 1 - w->seen_len);

			w->seen_len += got > 0 ? (size_t)got : 0;
			w->seen[w->seen_len] = '\0';
		}
	}
	return is_told ? state : -1;
}

static bool is_as_before(const struct world *w)
{
	struct termios now;

	return tcgetattr(w->slave, &now) == 0 && now.c_lflag == w->before.c_lflag &&
	       now.c_iflag == w->before.c_iflag && now.c_oflag == w->before.c_oflag &&
	       memcmp(now.c_cc, w->before.c_cc, sizeof(now.c_cc)) == 0;
}

#define LEAVES "\033[?1049l" /* xterm's full-screen mode */

static void a_line_is_drawn_asked_and_given_back(void **state)
{
	struct world *w = *state;

	begin(w, true);
	expect(w, "core2-factory-test");
	expect(w, "MD5_MISMA");
	assert_false(is_as_before(w));
	press(w, "r");
	expect(w, "it was heard");
	press(w, "q");
	expect(w, "y/n");
	press(w, "y");
	assert_int_equal(shell_saw(w), 'E');
	assert_int_equal(shell_saw(w), 0);
	expect(w, LEAVES);
	expect(w, "37 PASS, 2 FAIL");
	assert_true(is_as_before(w));
}

static void a_window_that_grows_is_filled(void **state)
{
	const struct winsize size = { .ws_col = 150, .ws_row = 40 };
	struct world *w = *state;

	begin(w, true);
	expect(w, "core2-factory-test");
	assert_int_equal(ioctl(w->slave, TIOCSWINSZ, &size), 0);
	expect(w, "reprint"); /* the keys that 80 columns have no room for */
}

static void the_terminal_is_given_back_when_the_program_is_killed(void **state)
{
	struct deadline limit = deadline_after_ms(&clock_monotonic, WAIT_MS);
	struct world *w = *state;

	begin(w, true);
	expect(w, "core2-factory-test");
	kill(w->program, SIGKILL);
	assert_int_equal(shell_saw(w), 'K');
	expect(w, LEAVES);
	while (!is_as_before(w) && !deadline_passed(limit))
		clock_sleep_ms(&clock_monotonic, 1);
	assert_true(is_as_before(w));
}

static void ctrl_z_gives_the_terminal_to_the_shell_and_takes_it_back(void **state)
{
	struct world *w = *state;

	begin(w, false);
	expect(w, "core2-factory-test");
	press(w, "\032");
	assert_int_equal(shell_saw(w), 'S');
	expect(w, LEAVES);
	assert_true(is_as_before(w));
	kill(w->program, SIGCONT);
	expect(w, "core2-factory-test");
	press(w, "q");
	expect(w, "y/n");
	press(w, "y");
	assert_int_equal(shell_saw(w), 'E');
	assert_true(is_as_before(w));
}

static void ctrl_z_does_not_stop_units_at_work(void **state)
{
	struct world *w = *state;

	begin(w, true);
	expect(w, "core2-factory-test");
	press(w, "\032");
	expect(w, "units are at work");
}

static void a_line_whose_terminal_goes_away_is_drained(void **state)
{
	struct world *w = *state;

	begin(w, true);
	expect(w, "core2-factory-test");
	close(w->slave);
	close(w->master);
	w->slave = w->master = -1;
	assert_int_equal(shell_saw(w), 'E');
	assert_int_equal(shell_saw(w), 0);
}

static void no_terminal_is_none(void **state)
{
	int null = open("/dev/null", O_RDWR);

	(void)state;
	assert_false(terminal_can(null));
	close(null);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_drawn_asked_and_given_back),
		TEST(a_window_that_grows_is_filled),
		TEST(the_terminal_is_given_back_when_the_program_is_killed),
		TEST(ctrl_z_gives_the_terminal_to_the_shell_and_takes_it_back),
		TEST(ctrl_z_does_not_stop_units_at_work),
		TEST(a_line_whose_terminal_goes_away_is_drained),
		cmocka_unit_test(no_terminal_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
