#include "station/line/hooks.h"

#include "engine/base/clock.h"
#include "station/line/hook_facts.h"
#include "station/line/hook_run.h"
#include "station/textbuf.h"
#include "station/threads.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that ends is noticed after so long at most. */
#define LOOK_EVERY_MS 20
/* After the last of a hook's group was ended: one that hangs in the kernel is left behind. */
#define END_US 2000000
/* Not told yet; more are counted. */
#define TROUBLES_MAX 16

struct note { /* an event that has to be told */
	char **environment;
	unsigned number; /* of the slot; 0 none */
	uint64_t put_us;
};

struct notes { /* of one kind; a ring */
	struct note items[HOOKS_WAITING_MAX];
	size_t first, count;
	unsigned dropped; /* since it was told last */
};

struct trouble {
	char head[160];
	char tail[HOOK_OUTPUT_BYTES];
};

struct hooks {
	const char *commands[HOOK_KIND_COUNT]; /* NULL none */
	uint32_t limit_ms;
	pthread_t thread;
	int wake_fd;
	pthread_mutex_t mutex; /* protects all of this block */
	struct notes notes[HOOK_KIND_COUNT];
	struct trouble *troubles; /* a ring of TROUBLES_MAX */
	size_t trouble_first, trouble_count;
	unsigned troubles_lost;
	bool is_stopping;
	uint64_t stop_at_us; /* of is_stopping */

	/* The thread's alone: at most one of each kind. */
	struct hook_run runs[HOOK_KIND_COUNT];
	unsigned run_numbers[HOOK_KIND_COUNT];
};

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

/* ---- troubles ---- */

static void word_place(unsigned number, char *text, size_t size)
{
	text[0] = '\0';
	if (number)
		snprintf(text, size, ", slot %u", number);
}

/* With the mutex. */
static struct trouble *add_trouble(struct hooks *h)
{
	if (h->trouble_count == TROUBLES_MAX) {
		h->troubles_lost++;
		return NULL;
	}
	return &h->troubles[(h->trouble_first + h->trouble_count++) % TROUBLES_MAX];
}

__attribute__((format(printf, 4, 5))) static void note_trouble(struct hooks *h, enum hook_kind kind,
							       const struct hook_run *run,
							       const char *format, ...)
{
	char place[32];
	va_list args;

	pthread_mutex_lock(&h->mutex);
	struct trouble *t = add_trouble(h);
	if (t) {
		word_place(run ? h->run_numbers[kind] : 0, place, sizeof(place));
		int len = snprintf(t->head, sizeof(t->head), "hook %s%s: ", hook_kind_name(kind),
				   place);
		va_start(args, format);
		vsnprintf(t->head + len, sizeof(t->head) - (size_t)len, format, args);
		va_end(args);
		t->tail[0] = '\0';
		if (run)
			hook_run_tail(run, t->tail, sizeof(t->tail));
	}
	pthread_mutex_unlock(&h->mutex);
}

bool hooks_next_trouble(struct hooks *h, char *text, size_t size)
{
	pthread_mutex_lock(&h->mutex);
	bool has_one = h->trouble_count > 0, has_lost = !has_one && h->troubles_lost > 0;
	if (has_one) {
		const struct trouble *t = &h->troubles[h->trouble_first];
		size_t head = strlen(t->head), tail = strlen(t->tail);
		size_t room = size > head + 3 ? size - head - 3 : 0;
		size_t skip = tail > room ? tail - room : 0;

		snprintf(text, size, "%s%s%s", t->head, tail ? ": " : "", t->tail + skip);
		text_clean(text); /* cut inside a character, maybe */
		h->trouble_first = (h->trouble_first + 1) % TROUBLES_MAX;
		h->trouble_count--;
	} else if (has_lost) {
		snprintf(text, size, "hooks: %u more had trouble", h->troubles_lost);
		h->troubles_lost = 0;
	}
	pthread_mutex_unlock(&h->mutex);
	return has_one || has_lost;
}

/* ---- notes ---- */

/* With the mutex. */
static void drop_oldest(struct notes *notes)
{
	free(notes->items[notes->first].environment);
	notes->first = (notes->first + 1) % HOOKS_WAITING_MAX;
	notes->count--;
}

static void wake(struct hooks *h)
{
	const uint64_t one = 1;

	/* Fails only when the counter is full, and then the thread is woken anyway. */
	if (write(h->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void put_note(struct hooks *h, enum hook_kind kind, const struct note *note)
{
	struct notes *notes = &h->notes[kind];

	pthread_mutex_lock(&h->mutex);
	/* What is newest is what a lamp has to show. */
	if (notes->count == HOOKS_WAITING_MAX) {
		drop_oldest(notes);
		notes->dropped++;
	}
	notes->items[(notes->first + notes->count) % HOOKS_WAITING_MAX] = *note;
	notes->count++;
	pthread_mutex_unlock(&h->mutex);
	wake(h);
}

static bool take_note(struct hooks *h, enum hook_kind kind, struct note *note)
{
	struct notes *notes = &h->notes[kind];

	pthread_mutex_lock(&h->mutex);
	while (notes->count > 0 &&
	       now_us() - notes->items[notes->first].put_us > HOOKS_WAITING_MS * UINT64_C(1000)) {
		drop_oldest(notes);
		notes->dropped++;
	}
	bool has_one = notes->count > 0;
	if (has_one) {
		*note = notes->items[notes->first];
		notes->items[notes->first].environment = NULL;
		drop_oldest(notes);
	}
	unsigned dropped = notes->dropped;
	notes->dropped = 0;
	pthread_mutex_unlock(&h->mutex);
	if (dropped)
		note_trouble(h, kind, NULL,
			     "%u events were dropped: it takes longer than they come", dropped);
	return has_one;
}

static void take_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct hooks *h = ctx;
	enum hook_kind kind;

	if (!hook_kind_of(e, &kind) || !h->commands[kind])
		return;
	const struct slot_view *slot = e->slot                         ? e->slot
				       : e->lock && e->lock->slot >= 0 ? &s->slots[e->lock->slot]
								       : NULL;
	struct note note = {
		.environment = hook_environment(s, e),
		.number = slot ? slot->number : 0,
		.put_us = now_us(),
	};
	if (note.environment)
		put_note(h, kind, &note);
	else
		note_trouble(h, kind, NULL, "no memory for it");
}

static void take_tick(void *ctx, const struct snapshot *s)
{
	(void)ctx;
	(void)s;
}

struct view hooks_view(struct hooks *h)
{
	return (struct view){
		.ctx = h,
		.event = take_event,
		.tick = take_tick,
		.tick_ms = 1000,
	};
}

/* ---- the thread ---- */

static void start_one(struct hooks *h, enum hook_kind kind)
{
	struct note note;

	if (!take_note(h, kind, &note))
		return;
	h->run_numbers[kind] = note.number;
	int failed = hook_run_start(&h->runs[kind], h->commands[kind], note.environment, now_us(),
				    h->limit_ms);
	free(note.environment);
	if (failed)
		note_trouble(h, kind, NULL, "cannot be started: %s", strerror(failed));
}

static void judge_end(struct hooks *h, enum hook_kind kind, const struct hook_run *r,
		      int wait_status)
{
	double took_s = (double)(now_us() - r->start_us) / 1e6;

	if (r->is_late)
		note_trouble(h, kind, r, "took too long and was ended after %.1f s", took_s);
	else if (WIFSIGNALED(wait_status))
		note_trouble(h, kind, r, "ended by signal %d", WTERMSIG(wait_status));
	else if (WEXITSTATUS(wait_status))
		note_trouble(h, kind, r, "ended with %d", WEXITSTATUS(wait_status));
}

/* How many run. */
static unsigned look_at_runs(struct hooks *h)
{
	unsigned running = 0;

	for (int kind = 0; kind < HOOK_KIND_COUNT; kind++) {
		struct hook_run *r = &h->runs[kind];
		int wait_status;

		if (!r->pid)
			continue;
		hook_run_look(r, now_us());
		if (hook_run_ended(r, &wait_status))
			judge_end(h, kind, r, wait_status);
		else
			running++;
	}
	return running;
}

static unsigned start_waiting(struct hooks *h, unsigned running)
{
	for (int kind = 0; kind < HOOK_KIND_COUNT && running < HOOKS_AT_ONCE; kind++) {
		if (h->runs[kind].pid || !h->commands[kind])
			continue;
		start_one(h, kind);
		running += h->runs[kind].pid != 0;
	}
	return running;
}

static bool has_notes(struct hooks *h, uint64_t *stop_at_us)
{
	size_t count = 0;

	pthread_mutex_lock(&h->mutex);
	for (int kind = 0; kind < HOOK_KIND_COUNT; kind++)
		count += h->notes[kind].count;
	*stop_at_us = h->is_stopping ? h->stop_at_us : UINT64_MAX;
	pthread_mutex_unlock(&h->mutex);
	return count > 0;
}

static void end_all(struct hooks *h)
{
	uint64_t until_us = now_us() + END_US;

	for (int kind = 0; kind < HOOK_KIND_COUNT; kind++)
		if (h->runs[kind].pid)
			hook_run_hurry(&h->runs[kind], now_us());
	while (look_at_runs(h) && now_us() < until_us)
		clock_sleep_ms(&clock_monotonic, LOOK_EVERY_MS);
}

static void wait_for_work(struct hooks *h, bool is_busy)
{
	struct pollfd wake = { .fd = h->wake_fd, .events = POLLIN };
	uint64_t wakes;

	if (poll(&wake, 1, is_busy ? LOOK_EVERY_MS : -1) > 0 &&
	    read(h->wake_fd, &wakes, sizeof(wakes)) < 0)
		return;
}

static void *work(void *ctx)
{
	struct hooks *h = ctx;
	uint64_t stop_at_us;

	for (;;) {
		unsigned running = start_waiting(h, look_at_runs(h));
		bool waits = has_notes(h, &stop_at_us);

		if (stop_at_us != UINT64_MAX && ((!running && !waits) || now_us() >= stop_at_us))
			break;
		wait_for_work(h, running > 0 || waits);
	}
	end_all(h);
	return NULL;
}

/* ---- beginning and end ---- */

static void release(struct hooks *h)
{
	for (int kind = 0; kind < HOOK_KIND_COUNT; kind++)
		while (h->notes[kind].count > 0)
			drop_oldest(&h->notes[kind]);
	pthread_mutex_destroy(&h->mutex);
	if (h->wake_fd >= 0)
		close(h->wake_fd);
	free(h->troubles);
	free(h);
}

enum status hooks_new(const struct station_hooks *setup, struct hooks **out, struct err *err)
{
	struct hooks *h = calloc(1, sizeof(*h));
	int failed;

	*out = NULL;
	if (!h)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the hooks");
	h->commands[HOOK_ARRIVED] = setup->arrived;
	h->commands[HOOK_PASSED] = setup->passed;
	h->commands[HOOK_FAILED] = setup->failed;
	h->commands[HOOK_BATCH_COMPLETE] = setup->batch_complete;
	h->commands[HOOK_LOCKED] = setup->locked;
	h->limit_ms = setup->limit_ms;
	pthread_mutex_init(&h->mutex, NULL);
	h->troubles = calloc(TROUBLES_MAX, sizeof(*h->troubles));
	h->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	failed = h->wake_fd < 0 ? errno : h->troubles ? thread_start(&h->thread, work, h) : ENOMEM;
	if (failed) {
		release(h);
		return err_set(err, STATUS_NO_MEMORY, "no thread for the hooks (%s)",
			       strerror(failed));
	}
	*out = h;
	return STATUS_OK;
}

void hooks_free(struct hooks *h, uint32_t wait_ms)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->mutex);
	h->is_stopping = true;
	h->stop_at_us = now_us() + (uint64_t)wait_ms * 1000;
	pthread_mutex_unlock(&h->mutex);
	wake(h);
	pthread_join(h->thread, NULL);
	release(h);
}
