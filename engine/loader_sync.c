/* First contact: SYNC, what its echoes say, and the stub's greeting. */
#include "engine/loader.h"

#include "engine/boot_text.h"
#include "engine/loader_link.h"

#include <stdio.h>
#include <string.h>

#define SYNC_PAYLOAD_BYTES 36
#define SYNC_FILL 0x55
#define SYNC_ECHOES 8
#define SYNC_WAIT_MS 100
/* The first four payload bytes, as a ROM gives them back. */
#define SYNC_VALUE 0x20120707u
#define STUB_STATUS_BYTES 2
#define STUB_GREETING_MS 3000
#define STUB_ASK_SYNCS 3

static size_t sync_request(struct loader *l)
{
	static const uint8_t head[] = { 0x07, 0x07, 0x12, 0x20 };

	memset(l->payload, SYNC_FILL, SYNC_PAYLOAD_BYTES);
	memcpy(l->payload, head, sizeof(head));
	return packet_request(OP_SYNC, l->payload, SYNC_PAYLOAD_BYTES, 0, l->tx);
}

/* What one SYNC brought back. */
struct echoes {
	unsigned count, altered, from_stub;
	uint32_t odd_value;
	uint8_t late_error[2];
};

static void count_echo(struct loader *l, struct echoes *e)
{
	struct packet p;

	if (packet_parse(l->frame, l->reader.len, &p) != PACKET_ANSWER) {
		if (!loader_is_greeting(l->frame, l->reader.len))
			loader_note_noise(l, l->frame, l->reader.len);
		return;
	}
	if (p.op != OP_SYNC)
		return; /* late, to an older command */
	if (p.body[0]) {
		memcpy(e->late_error, p.body, sizeof(e->late_error));
		return;
	}
	e->count++;
	if (p.value == 0 && p.size == STUB_STATUS_BYTES) {
		e->from_stub++;
	} else if (p.value != 0 && p.value != SYNC_VALUE) {
		if (!e->altered++)
			e->odd_value = p.value;
	}
}

/* One SYNC, up to eight echoes, each within 100 ms of what came before it. */
static enum status ask_once(struct loader *l, struct echoes *e, struct err *err)
{
	size_t size = sync_request(l);
	uint64_t wait_us =
		paced_us(size, l->rate_baud, l->pace_bytes) + SYNC_WAIT_MS * UINT64_C(1000);

	*e = (struct echoes){ .count = 0 };
	if (l->trace.request)
		l->trace.request(l->trace.ctx, OP_SYNC, l->payload, SYNC_PAYLOAD_BYTES);
	TRY(loader_send_raw(l, l->tx, size, loader_deadline(l, wait_us), err));
	while (e->count < SYNC_ECHOES) {
		struct deadline d = loader_deadline(l, wait_us);
		unsigned before = e->count;
		bool has_frame;

		do {
			TRY(loader_next_frame(l, d, &has_frame, err));
			if (has_frame)
				count_echo(l, e);
		} while (has_frame && e->count == before);
		if (!has_frame)
			break;
	}
	if (l->trace.answer)
		l->trace.answer(l->trace.ctx, OP_SYNC, e->count ? STATUS_OK : STATUS_NO_ANSWER,
				l->frame, e->count ? l->reader.len : 0, 0);
	return STATUS_OK;
}

static void add_to_report(struct sync_report *r, const struct echoes *e)
{
	if (!r->altered)
		r->odd_value = e->odd_value;
	r->answers += e->count;
	r->altered += e->altered;
	if (e->late_error[0])
		memcpy(r->late_error, e->late_error, sizeof(r->late_error));
}

/* Fewer characters than these may be anything. */
#define APPLICATION_TEXT_MIN 16

/* A reset's text comes with every reset: what prints something else was not reset. */
static bool is_application_talk(const struct loader_noise *n, const struct boot_text *boot)
{
	return !boot->resets && n->text_len >= APPLICATION_TEXT_MIN && n->odd_bytes * 4 <= n->bytes;
}

static enum status judge_boot_text(const struct loader *l, unsigned syncs, struct err *err)
{
	const char *text = l->noise.text;
	struct boot_text boot;

	boot_text_read(text, &boot);
	if (boot.is_forbidden)
		return err_set(err, STATUS_DOWNLOAD_DISABLED,
			       "the unit's fuses forbid its loader: \"%.200s\"", text);
	switch (boot.mode) {
	case BOOT_MODE_FORBIDDEN: /* is_forbidden */
		break;
	case BOOT_MODE_FLASH:
		return err_set(err, STATUS_WRONG_BOOT_MODE,
			       "the unit started its application instead of the loader: \"%.200s\"",
			       text);
	case BOOT_MODE_ELSEWHERE:
		return err_set(
			err, STATUS_WRONG_BOOT_MODE,
			"the unit waits in another loader than the serial one, a strap pin is "
			"wrong: \"%.200s\"",
			text);
	case BOOT_MODE_LOADER:
		return err_set(
			err, STATUS_SYNC_NO_REPLY,
			"the unit says that its loader waits, but %u SYNCs at %u baud stayed "
			"without an answer: nothing reaches it",
			syncs, (unsigned)l->rate_baud);
	case BOOT_MODE_UNKNOWN:
		break;
	}
	if (is_application_talk(&l->noise, &boot))
		return err_set(err, STATUS_WRONG_BOOT_MODE,
			       "the unit's application talks and answers no SYNC, and no boot text "
			       "came with the reset; " UNIT_PRINTED "%.200s\"",
			       text);
	return STATUS_OK;
}

static enum status judge_no_echo(const struct loader *l, unsigned syncs,
				 const struct sync_report *r, struct err *err)
{
	if (deadline_passed(l->limit))
		return err_set(err, STATUS_RUN_TIMEOUT,
			       "SYNC: the run's time limit passed without an answer");
	TRY(judge_boot_text(l, syncs, err));
	if (r->late_error[0])
		return err_set_device(err, STATUS_SYNC_NO_REPLY, r->late_error,
				      sizeof(r->late_error),
				      "every SYNC was refused, last with %02X %s",
				      loader_code(r->late_error[0], r->late_error[1]),
				      loader_code_text(r->late_error[0], r->late_error[1]));
	return err_set(err, STATUS_SYNC_NO_REPLY, "no answer to %u SYNCs at %u baud%s%.200s%s",
		       syncs, (unsigned)l->rate_baud, r->boot_text[0] ? "; " UNIT_PRINTED : "",
		       r->boot_text, r->boot_text[0] ? "\"" : "");
}

/*
 * SYNC until one is answered well, at most `syncs` times. STATUS_SYNC_NO_REPLY
 * comes without a text, because the boot text is not complete yet.
 */
static enum status sync_tries(struct loader *l, unsigned syncs, struct sync_report *r,
			      struct err *err)
{
	static const uint8_t lone_end = SLIP_END;
	unsigned plain_tries = l->kind == LOADER_STUB ? 1 : 2;
	bool sent_end = false, was_heard = false, was_altered = false;
	struct echoes e = { .count = 0 };

	for (unsigned i = 0; i < syncs && !deadline_passed(l->limit); i++) {
		bool is_confirming = e.count != 0;

		if (i >= plain_tries && !was_heard) {
			TRY(loader_send_raw(l, &lone_end, 1,
					    loader_deadline(l, SYNC_WAIT_MS * UINT64_C(1000)),
					    err));
			sent_end = true;
		}
		TRY(ask_once(l, &e, err));
		add_to_report(r, &e);
		was_heard = e.count || e.late_error[0];
		if (!e.count)
			continue;
		r->is_stub = e.from_stub == e.count;
		was_altered = e.altered != 0;
		/*
		 * A late echo may belong to a SYNC before the lone C0, and then that C0
		 * has put the stub out of step: a SYNC without one proves that it did not.
		 */
		if (!was_altered && (!r->is_stub || !sent_end || is_confirming))
			return STATUS_OK;
	}
	if (was_altered)
		return err_set(
			err, STATUS_SYNC_ALTERED,
			"%u of %u SYNC echoes came back altered, first %08x instead of %08x: "
			"bytes are lost on the way to the unit",
			r->altered, r->answers, r->odd_value, SYNC_VALUE);
	return STATUS_SYNC_NO_REPLY;
}

enum status loader_sync(struct loader *l, unsigned syncs, struct sync_report *report,
			struct err *err)
{
	enum status st;

	*report = (struct sync_report){ .answers = 0 };
	/* Echoes of a SYNC before the reset prove nothing; boot text is welcome. */
	loader_note_unfinished(l);
	loader_clear_noise(l);
	st = loader_drop_arrived(l, err);
	if (!st) {
		slip_reader_reset(&l->reader);
		st = sync_tries(l, syncs, report, err);
	}
	loader_note_unfinished(l);
	snprintf(report->boot_text, sizeof(report->boot_text), "%s", l->noise.text);
	if (st == STATUS_SYNC_NO_REPLY)
		return judge_no_echo(l, syncs, report, err);
	if (st)
		return st;
	l->kind = report->is_stub ? LOADER_STUB : LOADER_ROM;
	l->last_op = OP_SYNC;
	return STATUS_OK;
}

static enum status become_stub(struct loader *l)
{
	l->kind = LOADER_STUB;
	l->last_op = 0;
	return STATUS_OK;
}

/* The greeting is one frame and may be lost; a stub that runs answers a SYNC. */
static enum status ask_for_stub(struct loader *l, struct err *err)
{
	char printed[200];
	struct sync_report report;
	enum status st;

	loader_note_unfinished(l);
	snprintf(printed, sizeof(printed), "%.199s", l->noise.text);
	st = loader_sync(l, STUB_ASK_SYNCS, &report, err);
	if (st == STATUS_PORT_GONE || st == STATUS_CANCELLED || st == STATUS_RUN_TIMEOUT ||
	    st == STATUS_PORT_FAILED)
		return st;
	if (!st && report.is_stub)
		return become_stub(l);
	if (report.answers)
		return err_set(err, STATUS_STUB_NO_START,
			       "the stub did not start: the ROM still answers");
	return err_set(err, STATUS_STUB_NO_START,
		       "the stub did not start: no greeting, and no answer to SYNC%s%s%s",
		       printed[0] ? "; " UNIT_PRINTED : "", printed, printed[0] ? "\"" : "");
}

enum status loader_await_stub(struct loader *l, struct err *err)
{
	struct deadline d = loader_deadline(l, STUB_GREETING_MS * UINT64_C(1000));

	if (l->has_greeting)
		return become_stub(l);
	for (;;) {
		struct packet p;
		bool has_frame;

		TRY(loader_next_frame(l, d, &has_frame, err));
		if (!has_frame)
			return ask_for_stub(l, err);
		if (loader_is_greeting(l->frame, l->reader.len))
			return become_stub(l);
		if (packet_parse(l->frame, l->reader.len, &p) != PACKET_ANSWER)
			loader_note_noise(l, l->frame, l->reader.len);
		else if (p.op == OP_MEM_END && p.body[0])
			return err_set_device(err, STATUS_STUB_NO_START, p.body, p.size,
					      "the stub did not start: MEM_END refused by the ROM: "
					      "%02X %s",
					      loader_code(p.body[0], p.body[1]),
					      loader_code_text(p.body[0], p.body[1]));
	}
}
