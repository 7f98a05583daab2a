#include "station/terminal/terminal.h"

#include "engine/base/clock.h"
#include "station/terminal/glass.h"
#include "station/terminal/keeper.h"
#include "station/terminal/layout.h"
#include "station/view.h"
#include "station/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 200         /* of the owner, and between two looks at the terminal's size */
#define ANSWER_WAIT_MS 1500 /* for what became of a request; the screen stands still meanwhile */
#define END_WAIT_MS 2000    /* for a terminal that takes no bytes */

struct terminal {
	struct requests *requests;
	struct keeper *keeper;
	pthread_t thread;
	int wake[2];
	struct scene *made; /* the owner's: the next one is made in it */
	struct textbuf farewell;

	pthread_mutex_t lock; /* protects the next group */
	pthread_cond_t moved;
	struct scene *ready;
	bool has_new, is_stopping, is_open, is_ended;
	enum status open_status;
	struct err open_err;

	/* The thread's alone. */
	struct scene *shown;
	struct glass *glass;
	struct canvas canvas;
	struct desk desk;
	bool has_input;
};

bool terminal_can(int fd)
{
	const char *term = getenv("TERM");
	char farewell[GLASS_FAREWELL_BYTES];

	return isatty(fd) && isatty(STDIN_FILENO) && term && term[0] && strcmp(term, "dumb") != 0 &&
	       tcgetpgrp(fd) == getpgrp() && glass_can(fd, farewell);
}

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

/* ---- the thread ---- */

/* Somebody put the program into the background: the terminal is another's. */
static bool is_in_front(void)
{
	return tcgetpgrp(STDOUT_FILENO) == getpgrp();
}

static void draw(struct terminal *t)
{
	int columns, lines;

	if (!is_in_front())
		return;
	glass_size(t->glass, &columns, &lines);
	canvas_begin(&t->canvas, columns, lines, glass_has_utf8(t->glass));
	layout_draw(&t->canvas, t->shown, &t->desk);
	glass_show(t->glass, &t->canvas);
}

static void put(struct terminal *t)
{
	struct said answer = { .code = SAID_TEXT };
	enum status st = STATUS_CANCELLED;

	if (t->requests)
		st = requests_put(t->requests, &t->desk.request, ANSWER_WAIT_MS, &answer);
	desk_answer(&t->desk, st, answer.text, now_us());
}

static void obey(struct terminal *t, enum desk_order order)
{
	switch (order) {
	case ORDER_NONE:
		break;
	case ORDER_PUT:
		put(t);
		break;
	case ORDER_STOP:
		kill(getpid(), SIGINT);
		break;
	case ORDER_SUSPEND:
		glass_suspend(t->glass);
		break;
	}
}

static void read_keys(struct terminal *t)
{
	int key;

	while ((key = glass_key(t->glass)) >= 0) {
		obey(t, desk_tick(&t->desk, t->shown, now_us()));
		if (key > 0)
			obey(t, desk_key(&t->desk, t->shown, key, now_us()));
	}
}

/* The window was closed, or the connection cut: nobody sees results here any more, or could end
 * the line. Units at work finish. (SIGHUP comes as well, and asks for the recipe alone.) */
static void leave(struct terminal *t)
{
	const struct request request = {
		.kind = REQUEST_DRAIN,
		.slot = -1,
		.from = "terminal",
	};

	t->has_input = false;
	if (t->requests)
		requests_put(t->requests, &request, 0, NULL);
}

/* Until a key, a new scene, the end, or something that is due. */
static void wait_for_work(struct terminal *t)
{
	struct pollfd fds[] = {
		{ .fd = t->wake[0], .events = POLLIN },
		{ .fd = t->has_input ? STDIN_FILENO : -1, .events = is_in_front() ? POLLIN : 0 },
	};
	uint64_t now = now_us(), due = desk_next_us(&t->desk);
	int wait_ms = TICK_MS;
	char bytes[64];

	if (due <= now)
		wait_ms = 0;
	else if (due - now < TICK_MS * 1000)
		wait_ms = (int)((due - now) / 1000) + 1;
	if (poll(fds, 2, wait_ms) <= 0)
		return;
	if (fds[0].revents && read(t->wake[0], bytes, sizeof(bytes)) < 0 && errno != EAGAIN)
		return;
	if (fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		leave(t);
	else if (fds[1].revents)
		read_keys(t);
}

static bool take_newest(struct terminal *t)
{
	bool goes_on;

	pthread_mutex_lock(&t->lock);
	if (t->has_new) {
		struct scene *scene = t->ready;

		t->ready = t->shown;
		t->shown = scene;
		t->has_new = false;
	}
	goes_on = !t->is_stopping;
	pthread_mutex_unlock(&t->lock);
	return goes_on;
}

static void tell(struct terminal *t, bool *what)
{
	pthread_mutex_lock(&t->lock);
	*what = true;
	pthread_cond_broadcast(&t->moved);
	pthread_mutex_unlock(&t->lock);
}

static void *run(void *ctx)
{
	struct terminal *t = ctx;

	t->open_status = glass_open(STDIN_FILENO, STDOUT_FILENO, &t->glass, &t->open_err);
	tell(t, &t->is_open);
	while (t->glass && take_newest(t)) {
		obey(t, desk_tick(&t->desk, t->shown, now_us()));
		draw(t);
		wait_for_work(t);
	}
	glass_close(t->glass);
	tell(t, &t->is_ended);
	return NULL;
}

/* ---- the owner's side ---- */

static void wake(struct terminal *t)
{
	ssize_t done = write(t->wake[1], "", 1);

	(void)done; /* full: it is awake already */
}

static void show(struct terminal *t, const struct snapshot *s)
{
	struct scene *scene = t->made;

	scene_take(scene, s);
	pthread_mutex_lock(&t->lock);
	t->made = t->ready;
	t->ready = scene;
	t->has_new = true;
	pthread_mutex_unlock(&t->lock);
}

static void on_tick(void *ctx, const struct snapshot *s)
{
	show(ctx, s);
}

static void on_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	static const struct screen screen = { .columns = 80, .lines = 24 };
	struct terminal *t = ctx;

	if (e->kind == EVENT_STEP)
		return; /* the next tick shows it */
	if (e->kind == EVENT_SUMMARY)
		table_render(s, &screen, &t->farewell);
	show(t, s);
	wake(t);
}

struct view terminal_view(struct terminal *t)
{
	return (struct view){ .ctx = t, .event = on_event, .tick = on_tick, .tick_ms = TICK_MS };
}

static void release(struct terminal *t)
{
	if (t->wake[0] >= 0)
		close(t->wake[0]);
	if (t->wake[1] >= 0)
		close(t->wake[1]);
	free(t->made);
	free(t->ready);
	free(t->shown);
	canvas_release(&t->canvas);
	textbuf_release(&t->farewell);
	pthread_cond_destroy(&t->moved);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static bool make_pipe(struct terminal *t)
{
	if (pipe(t->wake))
		return false;
	for (int i = 0; i < 2; i++) {
		fcntl(t->wake[i], F_SETFL, O_NONBLOCK);
		fcntl(t->wake[i], F_SETFD, FD_CLOEXEC);
	}
	return true;
}

static enum status start(struct terminal *t, struct err *err)
{
	if (thread_start(&t->thread, run, t))
		return err_set(err, STATUS_NO_MEMORY, "no thread for the terminal");
	pthread_mutex_lock(&t->lock);
	while (!t->is_open)
		pthread_cond_wait(&t->moved, &t->lock);
	pthread_mutex_unlock(&t->lock);
	if (!t->open_status)
		return STATUS_OK;
	*err = t->open_err;
	pthread_join(t->thread, NULL);
	return t->open_status;
}

enum status terminal_new(struct requests *requests, struct terminal **out, struct err *err)
{
	struct terminal *t = calloc(1, sizeof(*t));
	char farewell[GLASS_FAREWELL_BYTES];
	enum status st = STATUS_OK;

	*out = NULL;
	if (!t)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the terminal");
	t->requests = requests;
	t->wake[0] = t->wake[1] = -1;
	t->has_input = true;
	pthread_mutex_init(&t->lock, NULL);
	thread_cond_init(&t->moved);
	t->made = calloc(1, sizeof(*t->made));
	t->ready = calloc(1, sizeof(*t->ready));
	t->shown = calloc(1, sizeof(*t->shown));
	if (!t->made || !t->ready || !t->shown || !make_pipe(t))
		st = err_set(err, STATUS_NO_MEMORY, "no memory for the terminal");
	if (!st && !glass_can(STDOUT_FILENO, farewell))
		st = err_set(err, STATUS_INTERNAL, "this terminal cannot place its cursor");
	if (!st)
		st = keeper_new(STDOUT_FILENO, farewell, &t->keeper, err);
	if (!st)
		st = start(t, err);
	if (st) {
		keeper_free(t->keeper);
		release(t);
		return st;
	}
	*out = t;
	return STATUS_OK;
}

static void write_farewell(const struct textbuf *text)
{
	const char *bytes = textbuf_string(text);
	size_t left = text->len;

	while (left) {
		ssize_t done = write(STDOUT_FILENO, bytes, left);

		if (done < 0 && errno != EINTR)
			return;
		if (done > 0) {
			bytes += done;
			left -= (size_t)done;
		}
	}
}

bool terminal_free(struct terminal *t)
{
	const struct timespec limit = thread_time_after(END_WAIT_MS);
	bool is_ended;

	if (!t)
		return true;
	pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	wake(t);
	while (!t->is_ended && pthread_cond_timedwait(&t->moved, &t->lock, &limit) != ETIMEDOUT)
		;
	is_ended = t->is_ended;
	pthread_mutex_unlock(&t->lock);
	if (!is_ended)
		return false; /* its keeper gives the terminal back when the program ends */
	pthread_join(t->thread, NULL);
	keeper_free(t->keeper);
	write_farewell(&t->farewell);
	release(t);
	return true;
}
