/* What the unit says after its restart: docs/boot-check.md, docs/protocol.md, consoles. */
#include "engine/flasher_run.h"

#include "engine/boot_watch.h"
#include "engine/console_lines.h"

#include <stdio.h>
#include <string.h>

#define READ_BYTES 512
/* A port of the chip's own may leave with the ROM, and once more for the application's. */
#define FOLLOWS_MAX 3
/* Noise makes shorter lines too. */
#define READABLE_MIN 12

struct boot {
	struct run *r;
	const struct flash_boot *judge;
	struct console_lines lines;
	struct boot_watch watch;
	uint64_t restarted_us;
	struct deadline end;  /* of listening */
	struct deadline last; /* of the whole step */
	unsigned follows;
	bool is_complete, is_failed; /* as the judge says */
	bool is_settling, is_ending; /* end was set for that */
	bool has_ended_line;         /* one was heard up to its end */
	uint64_t bytes;              /* heard since the restart */
	uint32_t complete_ms;
	unsigned line_count;
	uint64_t tail_bytes, tail_odd; /* of these, since the last line that could be read */
};

static uint32_t since_restart_ms(const struct boot *b)
{
	return (uint32_t)((clock_now_us(b->r->clock) - b->restarted_us) / 1000);
}

static struct deadline within(const struct boot *b, uint32_t ms)
{
	return deadline_earlier(deadline_after_ms(b->r->clock, ms), b->last);
}

static void begin(struct boot *b)
{
	console_lines_init(&b->lines);
	boot_watch_begin(&b->watch, b->r->plan->boot.resets);
	b->restarted_us = clock_now_us(b->r->clock);
	b->end = within(b, b->r->plan->boot.within_ms);
	b->is_complete = b->is_failed = b->is_settling = b->is_ending = false;
	b->has_ended_line = false;
	b->bytes = 0;
	b->line_count = b->follows = 0;
	b->tail_bytes = b->tail_odd = 0;
	b->judge->begin(b->judge->ctx);
}

/* ---- lines ---- */

static void settle(struct boot *b)
{
	b->is_complete = true;
	b->complete_ms = since_restart_ms(b);
	if (!b->is_settling)
		b->end = within(b, RUN_BOOT_SETTLE_MS);
	b->is_settling = true;
}

/* What belongs to it still comes: the registers, the reason of the restart. */
static void end_soon(struct boot *b)
{
	if (!b->is_ending)
		b->end = within(b, RUN_BOOT_AFTER_MS);
	b->is_ending = true;
}

static void take_line(struct boot *b)
{
	enum boot_heard heard;
	bool was_failed = b->is_failed || b->watch.status;

	b->line_count++;
	/* Whatever came first is the cause; the judge keeps all of it. */
	if (!was_failed && boot_watch_line(&b->watch, b->lines.text))
		end_soon(b);
	if (b->watch.is_in_loader)
		end_soon(b);
	heard = b->judge->hear(b->judge->ctx, b->lines.text, since_restart_ms(b));
	if (was_failed || b->watch.status)
		return;
	if (heard == BOOT_FAILED) {
		b->is_failed = true;
		end_soon(b);
	} else if (heard == BOOT_COMPLETE && !b->is_complete) {
		settle(b);
	}
}

static void take_bytes(struct boot *b, const uint8_t *bytes, size_t count)
{
	for (size_t used = 0; used < count;) {
		uint64_t odd = b->lines.odd_bytes;
		bool has_line;
		size_t n = console_lines_take(&b->lines, bytes + used, count - used, &has_line);

		used += n;
		b->bytes += n;
		b->tail_bytes += n;
		b->tail_odd += b->lines.odd_bytes - odd;
		if (!has_line)
			continue;
		b->has_ended_line = true;
		if (!b->lines.is_odd && b->lines.len >= READABLE_MIN)
			b->tail_bytes = b->tail_odd = 0;
		take_line(b);
	}
}

/* ---- listening ---- */

/* The chip's own port left: the time counts from when there is one again. */
static enum status follow(struct boot *b, struct err *err)
{
	struct run *r = b->r;
	enum status st;

	if (!r->link->is_native_usb || b->follows++ == FOLLOWS_MAX)
		return STATUS_PORT_GONE;
	/* The verdict is known: where it goes is its own business. */
	if (b->is_complete || b->is_failed || b->watch.status)
		return STATUS_PORT_GONE;
	st = run_follow_port(r, b->last, err);
	if (st)
		return st;
	run_log(r, "the unit's port left with the restart and came back");
	if (!b->is_ending)
		b->end = within(b, r->plan->boot.within_ms);
	return STATUS_OK;
}

static enum status listen(struct boot *b, struct err *err)
{
	while (!deadline_passed(b->end)) {
		uint8_t bytes[READ_BYTES];
		size_t got = 0;
		enum status st = STATUS_PORT_GONE;

		if (b->r->transport)
			st = transport_read(b->r->transport, bytes, sizeof(bytes), &got, b->end,
					    err);
		if (st == STATUS_PORT_GONE)
			st = follow(b, err);
		if (st)
			return st;
		take_bytes(b, bytes, got);
	}
	return STATUS_OK;
}

/* A prompt has no end of line. */
static void take_rest(struct boot *b)
{
	uint64_t odd = b->lines.odd_bytes;

	if (!console_lines_end(&b->lines))
		return;
	b->tail_odd += b->lines.odd_bytes - odd;
	take_line(b);
}

static enum status listen_out(struct boot *b, struct err *err)
{
	TRY(listen(b, err));
	take_rest(b);
	return STATUS_OK;
}

/* A line that moves with the reset makes a byte or two, which nobody has said. */
static bool is_silent(const struct boot *b)
{
	bool is_text = b->has_ended_line && b->bytes > b->lines.odd_bytes;

	return b->bytes < READABLE_MIN && !is_text && !b->is_complete && !b->is_failed;
}

/* ---- again ---- */

/* A reset can be missed, or caught while something held GPIO0 low. */
static bool may_restart(const struct boot *b)
{
	bool is_missed = is_silent(b) || (b->watch.is_in_loader && !b->watch.status);

	return is_missed && b->r->transport && !b->r->link->is_usb_otg && !deadline_passed(b->last);
}

static enum status listen_again(struct boot *b, struct err *err)
{
	run_log(b->r, "%s: one more restart",
		is_silent(b) ? "nothing was heard" : "the unit came up in its loader");
	run_evidence(b->r, "a second restart, because %s",
		     is_silent(b) ? "nothing was heard" : "the first led into the loader");
	TRY(run_restart_by_lines(b->r, err));
	begin(b);
	return listen_out(b, err);
}

/* ---- the verdict ---- */

/* As it can stand in a message: in one line, and of printable characters alone. */
static const char *quoted(const char *line, char text[static 200])
{
	size_t len = 0;

	for (; line[len] && len < 160; len++)
		text[len] = line[len] >= ' ' && line[len] < 0x7f ? line[len] : '?';
	text[len] = '\0';
	return text;
}

static enum status judge_watch(const struct boot *b, struct err *err)
{
	const struct boot_watch *w = &b->watch;
	char line[200];

	quoted(w->line, line);
	if (w->status == STATUS_BOOT_LOOP && w->hint[0])
		return err_set(err, w->status, "the unit restarts by itself, %s: \"%s\"", w->hint,
			       quoted(w->hint_line, line));
	if (w->status == STATUS_BOOT_LOOP)
		return err_set(
			err, w->status,
			"the unit restarts by itself: restart %u, where %u are normal: \"%s\"",
			w->own_resets, w->resets_allowed, line);
	return err_set(err, w->status, "%s after the restart: \"%s\"", w->what, line);
}

static enum status judge_silence(struct run *r, struct err *err)
{
	if (!r->link->is_native_usb)
		return err_set(err, STATUS_BOOT_SILENT,
			       "nothing was heard at %u baud within %.1f s, after two restarts",
			       (unsigned)run_console_rate(r), r->plan->boot.within_ms / 1e3);
	if (r->transport && run_is_in_loader(r))
		return err_set(
			err, STATUS_BOOT_NOT_SEEN,
			"the unit is still in its loader, into which a hand has put it: reset "
			"it by hand, or take its power away");
	return err_set(err, STATUS_BOOT_NOT_SEEN,
		       "nothing was heard over the chip's own USB within %.1f s: does the firmware "
		       "have its console there?",
		       r->plan->boot.within_ms / 1e3);
}

/* The firmware's words, behind those of the ROM, which speaks at a rate of its own. */
static bool is_unreadable(const struct boot *b)
{
	return b->tail_bytes >= READABLE_MIN && b->tail_odd * 4 > b->tail_bytes;
}

static enum status judge(struct boot *b, struct err *err)
{
	struct run *r = b->r;
	char line[200];
	enum status st;

	if (b->watch.status)
		return judge_watch(b, err);
	if (b->watch.is_in_loader && !b->is_complete)
		return err_set(err, STATUS_BOOT_NOT_SEEN,
			       "the unit comes up in its loader, not in its firmware: something "
			       "holds its strap (GPIO0) low");
	if (is_silent(b))
		return judge_silence(r, err);
	st = b->judge->judge(b->judge->ctx, err);
	if (b->is_failed || b->is_complete)
		return st;
	/* Also where no line is waited for: then nothing else tells that no firmware runs. */
	if (b->watch.hint[0])
		return err_set(err, STATUS_BOOT_LOOP, "the firmware is not started, %s: \"%s\"",
			       b->watch.hint, quoted(b->watch.hint_line, line));
	if (is_unreadable(b))
		return err_set(err, STATUS_BOOT_NOT_SEEN,
			       "of the last %llu bytes that were heard at %u baud, %llu are no "
			       "text: is that the rate of the firmware's console?",
			       (unsigned long long)b->tail_bytes, (unsigned)run_console_rate(r),
			       (unsigned long long)b->tail_odd);
	return st;
}

/* The port is lost: over the chip's own USB that is what an application without a console does. */
static enum status judge_lost(struct boot *b, enum status st, struct err *err)
{
	struct err why = *err;

	if (st != STATUS_PORT_GONE || !b->r->link->is_native_usb)
		return st;
	if (b->is_complete || b->is_failed || b->watch.status) {
		err_clear(err);
		return judge(b, err);
	}
	return err_set(err, STATUS_BOOT_NOT_SEEN,
		       "the chip's own USB port did not come back after the restart: the firmware "
		       "may have no console on it, or the unit was taken out: %.200s",
		       why.text);
}

static void tell(struct boot *b, enum status st)
{
	struct flash_report *report = b->r->report;

	report->own_resets = b->watch.own_resets;
	report->has_boot_ms = b->is_complete;
	report->boot_ms = b->complete_ms;
	report->reading_count = b->judge->readings(b->judge->ctx, report->readings);
	if (!st && b->is_complete)
		run_note(b->r, "complete after %.2f s, %u lines heard", b->complete_ms / 1e3,
			 b->line_count);
	else if (!st)
		run_note(b->r, "%u lines heard", b->line_count);
	if (st && b->bytes)
		run_evidence(b->r, "%llu bytes and %u lines of console text were heard",
			     (unsigned long long)b->bytes, b->line_count);
}

static enum status hear_out(struct boot *b, enum status restarted, struct err *err)
{
	const struct err why = *err;
	enum status st = restarted;

	if (st == STATUS_PORT_GONE && b->r->link->is_native_usb)
		st = STATUS_OK; /* it left as the unit restarted: followed below */
	else if (st == STATUS_NOT_SUPPORTED || st == STATUS_RATE_FAILED)
		return err_set(err, STATUS_BOOT_NOT_SEEN,
			       "the unit could not be restarted for its boot check: %.300s",
			       why.text);
	begin(b);
	if (!st)
		st = listen_out(b, err);
	if (!st && may_restart(b))
		st = listen_again(b, err);
	return st ? judge_lost(b, st, err) : judge(b, err);
}

bool run_wants_boot(const struct run *r, enum status verdict)
{
	return !verdict && r->job->kind == FLASH_RUN_FLASH && r->job->boot &&
	       r->plan->boot.within_ms;
}

uint32_t run_console_rate(const struct run *r)
{
	return r->plan->boot.rate_baud ? r->plan->boot.rate_baud : FIRST_RATE;
}

enum status run_boot(struct run *r, enum status restarted)
{
	struct boot b = {
		.r = r,
		.judge = r->job->boot,
		.last = deadline_after_ms(r->clock, run_boot_ms(r->plan, r->link)),
	};
	enum status st;

	run_step_begin(r, STEP_BOOT);
	r->loader.limit = b.last;
	st = hear_out(&b, restarted, &r->report->err);
	tell(&b, st);
	run_step_end(r, st);
	return st;
}
