/* What a run tells while it happens and leaves behind. */
#include "engine/flasher_run.h"

#include "engine/base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOG_LINE_BYTES 700

const char *flash_step_name(enum flash_step step)
{
	static const char *const names[STEP_COUNT] = {
		[STEP_CONNECT] = "connect", [STEP_IDENTIFY] = "identify", [STEP_STUB] = "stub",
		[STEP_RATE] = "rate",       [STEP_COMPARE] = "compare",   [STEP_ERASE] = "erase",
		[STEP_WRITE] = "write",     [STEP_VERIFY] = "verify",     [STEP_RESET] = "reset",
		[STEP_BOOT] = "boot",
	};

	assert((unsigned)step < STEP_COUNT);
	return names[step];
}

static uint64_t since_start_us(const struct run *r)
{
	return clock_now_us(r->loader.clock) - r->start_us;
}

void run_note(struct run *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->note, sizeof(r->note), format, args);
	va_end(args);
}

void run_log(struct run *r, const char *format, ...)
{
	char line[LOG_LINE_BYTES];
	va_list args;

	if (!r->job->watch.log)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	r->job->watch.log(r->job->watch.ctx, line);
}

void run_evidence(struct run *r, const char *format, ...)
{
	char fact[300];
	va_list args;

	va_start(args, format);
	vsnprintf(fact, sizeof(fact), format, args);
	va_end(args);
	if (!strstr(r->more, fact))
		text_append(r->more, sizeof(r->more), "\n", fact);
}

void run_astray(struct run *r, const char *label)
{
	r->is_astray = true;
	run_log(r, "%s: acknowledged, but not in its place: it may have gone elsewhere", label);
	run_evidence(r, "%.100s was not where it had been sent to", label);
}

/* The first and the last ways say more than those between. */
static void make_way_room(char *ways, size_t size, size_t need)
{
	char *second;

	while (strlen(ways) + need + 1 >= size && (second = strchr(ways, '\n')) != NULL) {
		const char *third = strchr(second + 1, '\n');

		if (third)
			memmove(second, third, strlen(third) + 1);
		else
			*second = '\0';
	}
}

void run_add_way(struct run *r)
{
	char text[80];

	way_text_until(&r->way, r->link, r->step, text, sizeof(text));
	make_way_room(r->ways, sizeof(r->ways), strlen(text));
	text_append(r->ways, sizeof(r->ways), "\n", text);
	if (r->step >= STEP_STUB)
		r->report->way = way_figures(&r->way, r->link);
}

/* The last one always has room: it is the one that passed, or the last that failed. */
void run_tell_ways(struct run *r)
{
	char *rungs = r->report->rungs, *last = strrchr(r->ways, '\n');
	size_t size = sizeof(r->report->rungs);
	bool is_cut = false;

	rungs[0] = '\0';
	if (last)
		*last++ = '\0';
	for (char *way = r->ways; last && way;) {
		char *next = strchr(way, '\n');

		if (next)
			*next++ = '\0';
		is_cut = strlen(rungs) + strlen(way) + strlen(last) + strlen("; ; ...; ") >= size;
		text_append(rungs, size, "; ", is_cut ? "..." : way);
		way = is_cut ? NULL : next;
	}
	text_append(rungs, size, "; ", last ? last : r->ways);
}

void run_progress(struct run *r, uint64_t done_bytes)
{
	struct flash_progress p = {
		.step = r->step,
		.try_no = r->report->tries,
		.done_bytes = done_bytes,
		.rate_baud = r->loader.rate_baud,
	};

	if (!r->job->watch.progress)
		return;
	for (size_t i = 0; r->variant && i < r->variant->region_count; i++)
		p.total_bytes += r->variant->regions[i].size_bytes;
	if (p.done_bytes > p.total_bytes)
		p.done_bytes = p.total_bytes;
	r->job->watch.progress(r->job->watch.ctx, &p);
}

void run_step_begin(struct run *r, enum flash_step step)
{
	r->step = step;
	r->step_start_us = since_start_us(r);
	r->note[0] = '\0';
	run_progress(r, r->done_bytes);
}

void run_step_end(struct run *r, enum status st)
{
	struct flash_report *report = r->report;
	uint64_t took_us = since_start_us(r) - r->step_start_us;

	run_log(r, "try %u: %s %s, %.3f s%s%s", report->tries, flash_step_name(r->step),
		st ? status_code(st) : "ok", (double)took_us / 1e6, st || r->note[0] ? ": " : "",
		st ? report->err.text : r->note);
	if (report->step_count == FLASH_STEPS_MAX)
		return;
	report->steps[report->step_count] = (struct flash_step_report){
		.step = r->step,
		.try_no = report->tries,
		.start_us = r->step_start_us,
		.took_us = took_us,
		.status = st,
	};
	snprintf(report->steps[report->step_count].note,
		 sizeof(report->steps[report->step_count].note), "%.119s",
		 st ? report->err.text : r->note);
	report->step_count++;
}
