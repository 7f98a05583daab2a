#include "engine/loader.h"

#include "engine/base/bytes.h"
#include "engine/boot_text.h"
#include "engine/loader_link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RX_BYTES 1024
/* Far longer than any answer; what is longer is text. */
#define FRAME_BYTES 512
/* A stream that never pauses must not keep us from sending. */
#define STALE_READS_MAX 64
/* A unit that never stops sending must not keep us beyond a deadline. */
#define LATE_READS_MAX 4
#define QUIET_MS 100
#define UNKNOWN_OP_DRAIN_MS 1000
#define ROM_ERROR_FORMAT 0x05

static const char *kind_name(enum loader_kind kind)
{
	return kind == LOADER_STUB ? "stub" : "ROM";
}

uint64_t wire_us(uint64_t bytes, uint32_t rate_baud)
{
	assert(rate_baud);
	return (bytes * 10u * 1000000u + rate_baud - 1) / rate_baud;
}

uint64_t paced_us(uint64_t bytes, uint32_t rate_baud, uint32_t pace_bytes)
{
	uint64_t pieces = pace_bytes ? (bytes + pace_bytes - 1) / pace_bytes : 0;

	return wire_us(bytes, rate_baud) + pieces * LOADER_PACE_GAP_US;
}

struct deadline loader_deadline(const struct loader *l, uint64_t us)
{
	return deadline_earlier(deadline_after_us(l->clock, us), l->limit);
}

/* ---- what is no answer ---- */

static bool is_text(uint8_t byte)
{
	return (byte >= 0x20 && byte < 0x7F) || byte == '\r' || byte == '\n' || byte == '\t' ||
	       byte == 0x1B;
}

/*
 * The text that matters after a reset is its first lines ("rst:0x1 ... boot:0x13
 * ..."); an application that goes on printing must not push them out, and text
 * from before the reset may go.
 */
static void make_text_room(struct loader_noise *n)
{
	size_t keep_from = (size_t)(boot_text_keep(n->text) - n->text);
	size_t drop = sizeof(n->text) / 2;

	if (keep_from < drop)
		drop = keep_from;
	memmove(n->text, n->text + drop, n->text_len - drop + 1);
	n->text_len -= drop;
}

static void add_text(struct loader_noise *n, uint8_t byte)
{
	if (byte == '\r' || byte == '\n' || byte == '\t')
		byte = ' ';
	if (byte < 0x20 || byte >= 0x7F)
		return;
	if (byte == ' ' && (!n->text_len || n->text[n->text_len - 1] == ' '))
		return;
	if (n->text_len == sizeof(n->text) - 1)
		make_text_room(n);
	if (n->text_len == sizeof(n->text) - 1)
		return;
	n->text[n->text_len++] = (char)byte;
	n->text[n->text_len] = '\0';
}

void loader_note_noise(struct loader *l, const uint8_t *bytes, size_t size)
{
	if (l->trace.noise && size)
		l->trace.noise(l->trace.ctx, bytes, size);
	for (size_t i = 0; i < size; i++) {
		l->noise.bytes++;
		if (!is_text(bytes[i]))
			l->noise.odd_bytes++;
		add_text(&l->noise, bytes[i]);
	}
}

static void note_dropped(void *ctx, const uint8_t *bytes, size_t size)
{
	loader_note_noise(ctx, bytes, size);
}

void loader_note_unfinished(struct loader *l)
{
	if (l->reader.state == SLIP_INSIDE || l->reader.state == SLIP_ESCAPED)
		loader_note_noise(l, l->reader.frame, l->reader.len);
	slip_reader_reset(&l->reader);
}

void loader_clear_noise(struct loader *l)
{
	l->noise = (struct loader_noise){ .text_len = 0 };
}

/* ---- begin and end ---- */

enum status loader_init(struct loader *l, struct transport *t, uint32_t rate_baud,
			struct deadline limit, struct err *err)
{
	uint8_t *room = malloc(LOADER_PAYLOAD_MAX + LOADER_FRAME_MAX + RX_BYTES + FRAME_BYTES);

	*l = (struct loader){
		.transport = t,
		.clock = t->clock,
		.kind = LOADER_ROM,
		.rate_baud = rate_baud,
		.limit = limit,
		.payload = room,
	};
	if (!room)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the loader's buffers");
	l->tx = l->payload + LOADER_PAYLOAD_MAX;
	l->rx = l->tx + LOADER_FRAME_MAX;
	l->frame = l->rx + RX_BYTES;
	slip_reader_init(&l->reader, l->frame, FRAME_BYTES);
	l->reader.dropped = note_dropped;
	l->reader.ctx = l;
	return STATUS_OK;
}

void loader_release(struct loader *l)
{
	free(l->payload);
	*l = (struct loader){ .payload = NULL };
}

void loader_use(struct loader *l, struct transport *t)
{
	l->transport = t;
	loader_forget_input(l);
}

/* ---- bytes in and out ---- */

/* Only when all that was read before is used up. */
static enum status read_more(struct loader *l, struct deadline d, size_t *got, struct err *err)
{
	l->rx_at = l->rx_len = 0;
	TRY(transport_read(l->transport, l->rx, RX_BYTES, got, d, err));
	l->rx_len = *got;
	l->received_bytes += *got;
	return STATUS_OK;
}

static bool take_frame(struct loader *l)
{
	bool has_frame = false;

	while (l->rx_at < l->rx_len && !has_frame)
		l->rx_at +=
			slip_take(&l->reader, l->rx + l->rx_at, l->rx_len - l->rx_at, &has_frame);
	return has_frame;
}

static void drop_frames(struct loader *l)
{
	while (take_frame(l))
		loader_note_noise(l, l->frame, l->reader.len);
}

enum status loader_next_frame(struct loader *l, struct deadline d, bool *has_frame, struct err *err)
{
	bool is_late = deadline_passed(d);
	size_t got = 1;

	/* Neither a stream without frames nor one of frames alone may outlast the deadline. */
	for (bool is_last = false;; is_last = deadline_passed(d)) {
		*has_frame = take_frame(l);
		if (*has_frame || is_last || !got)
			return STATUS_OK;
		if (is_late && l->late_reads++ >= LATE_READS_MAX)
			return STATUS_OK;
		TRY(read_more(l, d, &got, err));
	}
}

enum status loader_drop_arrived(struct loader *l, struct err *err)
{
	struct deadline now = deadline_after_us(l->clock, 0);
	size_t got = 1;

	drop_frames(l);
	for (unsigned i = 0; i < STALE_READS_MAX && got; i++) {
		TRY(read_more(l, now, &got, err));
		drop_frames(l);
	}
	return STATUS_OK;
}

void loader_forget_input(struct loader *l)
{
	l->rx_at = l->rx_len = 0;
	slip_reader_reset(&l->reader);
}

enum status loader_drain(struct loader *l, uint32_t max_ms, struct err *err)
{
	struct deadline end = loader_deadline(l, (uint64_t)max_ms * 1000u);
	size_t got = 1;

	loader_clear_noise(l);
	drop_frames(l);
	while (got && !deadline_passed(end)) {
		struct deadline quiet = deadline_after_ms(l->clock, QUIET_MS);

		TRY(read_more(l, deadline_earlier(quiet, end), &got, err));
		drop_frames(l);
	}
	loader_note_unfinished(l);
	return STATUS_OK;
}

/* A piece waits until the wire has drained the one before: computed, because no driver tells. */
static enum status send_paced(struct loader *l, const uint8_t *wire, size_t size, struct deadline d,
			      struct err *err)
{
	for (size_t sent = 0; sent < size;) {
		size_t piece = size - sent < l->pace_bytes ? size - sent : l->pace_bytes;

		if (sent && deadline_passed(d))
			return err_set(err, STATUS_NO_ANSWER,
				       "only %zu of %zu bytes could be sent in time, %u at once",
				       sent, size, (unsigned)l->pace_bytes);
		TRY(transport_write(l->transport, wire + sent, piece, d, err));
		clock_sleep_us(l->clock, paced_us(piece, l->rate_baud, l->pace_bytes));
		sent += piece;
	}
	return STATUS_OK;
}

enum status loader_send_raw(struct loader *l, const uint8_t *wire, size_t size, struct deadline d,
			    struct err *err)
{
	enum status st = l->pace_bytes ? send_paced(l, wire, size, d, err)
				       : transport_write(l->transport, wire, size, d, err);

	l->late_reads = 0;
	if (!st)
		l->sent_bytes += size;
	if (st == STATUS_NO_ANSWER && deadline_passed(l->limit))
		return err_set(err, STATUS_RUN_TIMEOUT,
			       "the run's time limit passed while %zu bytes were being sent", size);
	return st;
}

/* ---- one exchange ---- */

bool loader_is_greeting(const uint8_t *frame, size_t size)
{
	return size == 4 && memcmp(frame, "OHAI", 4) == 0;
}

static enum status judge_silence(const struct loader *l, uint8_t op, uint64_t took_us,
				 struct err *err)
{
	const struct loader_noise *n = &l->noise;
	const char *name = loader_op_name(op);
	const char *who = kind_name(l->kind);

	if (deadline_passed(l->limit))
		return err_set(err, STATUS_RUN_TIMEOUT,
			       "%s: the run's time limit passed before the %s answered", name, who);
	/* Lone odd bytes come with every reset; an answer is mostly odd bytes. */
	if (n->odd_bytes * 4 > n->bytes)
		return err_set(err, STATUS_GARBLED,
			       "%s: no whole answer from the %s, only %u damaged bytes", name, who,
			       (unsigned)n->bytes);
	return err_set(err, STATUS_NO_ANSWER, "%s: no answer from the %s within %.1f s%s%s%s", name,
		       who, (double)took_us / 1e6, n->text_len ? "; " UNIT_PRINTED : "", n->text,
		       n->text_len ? "\"" : "");
}

static enum status refuse(const struct loader *l, uint8_t op, const struct packet *p, size_t at,
			  struct err *err)
{
	uint8_t status = p->body[at], error = p->body[at + 1];

	return err_set_device(err, STATUS_REFUSED, p->body + at, p->size - at,
			      "%s refused by the %s: %02X %s", loader_op_name(op),
			      kind_name(l->kind), loader_code(status, error),
			      loader_code_text(status, error));
}

static enum status judge_answer(const struct loader *l, const struct packet *p,
				struct answer_shape shape, struct reply *reply, struct err *err)
{
	size_t data_size = 0, at;

	for (size_t i = 0; i < sizeof(shape.data_sizes) && !data_size; i++)
		data_size = packet_status_at(p, shape.data_sizes[i]);
	at = data_size;
	if (p->body[at])
		return refuse(l, p->op, p, at, err);
	if (!data_size && shape.data_sizes[0])
		return err_set(
			err, STATUS_GARBLED,
			"%s: the %s's answer is too short: %zu bytes, expected %u and status",
			loader_op_name(p->op), kind_name(l->kind), p->size,
			(unsigned)shape.data_sizes[0]);
	*reply = (struct reply){
		.op = p->op, .value = p->value, .data = p->body, .size = data_size
	};
	return STATUS_OK;
}

/* A ROM's way to refuse an opcode that it does not know: see loader_exchange. */
static bool is_unknown_op(const struct loader *l, const struct packet *p, uint8_t previous_op)
{
	return l->kind == LOADER_ROM && p->op == previous_op && p->body[0] &&
	       p->body[1] == ROM_ERROR_FORMAT;
}

static enum status refuse_unknown_op(struct loader *l, uint8_t op, const struct packet *p,
				     struct err *err)
{
	enum status st = refuse(l, op, p, 0, err);

	TRY(loader_drain(l, UNKNOWN_OP_DRAIN_MS, err));
	return st;
}

/* Frames until one answers op, or the deadline. */
static enum status await_answer(struct loader *l, uint8_t op, uint8_t previous_op,
				struct answer_shape shape, struct deadline d, struct reply *reply,
				struct err *err)
{
	uint64_t start_us = clock_now_us(l->clock);

	for (;;) {
		struct packet p;
		bool has_frame;

		TRY(loader_next_frame(l, d, &has_frame, err));
		if (!has_frame) {
			loader_note_unfinished(l);
			return judge_silence(l, op, clock_now_us(l->clock) - start_us, err);
		}
		switch (packet_parse(l->frame, l->reader.len, &p)) {
		case PACKET_ANSWER:
			if (p.op == op)
				return judge_answer(l, &p, shape, reply, err);
			if (is_unknown_op(l, &p, previous_op)) {
				l->last_op = previous_op;
				return refuse_unknown_op(l, op, &p, err);
			}
			break;
		case PACKET_DAMAGED:
			if (p.op == op)
				return err_set(err, STATUS_GARBLED,
					       "%s: damaged answer from the %s, %zu bytes",
					       loader_op_name(op), kind_name(l->kind),
					       l->reader.len);
			loader_note_noise(l, l->frame, l->reader.len);
			break;
		case PACKET_FOREIGN:
			if (loader_is_greeting(l->frame, l->reader.len)) {
				l->has_greeting = true;
				if (op == OP_MEM_END)
					return STATUS_OK;
				break;
			}
			loader_note_noise(l, l->frame, l->reader.len);
			break;
		}
	}
}

static size_t longest_answer(struct answer_shape shape)
{
	size_t data = shape.data_sizes[0] > shape.data_sizes[1] ? shape.data_sizes[0]
								: shape.data_sizes[1];

	return 2 * (PACKET_HEADER_BYTES + data + ERR_DEVICE_BYTES) + 2;
}

enum status loader_exchange(struct loader *l, uint8_t op, size_t size, uint32_t checksum,
			    struct answer_shape shape, uint32_t wait_ms, struct reply *reply,
			    struct err *err)
{
	uint8_t previous_op = l->last_op;
	uint64_t start_us, budget_us;
	struct deadline d;
	enum status st;
	bool has_frame;
	size_t wire;

	assert(size <= LOADER_PAYLOAD_MAX);
	*reply = (struct reply){ .op = op };
	TRY(loader_drop_arrived(l, err));
	loader_clear_noise(l);
	l->has_greeting = false;

	wire = packet_request(op, l->payload, size, checksum, l->tx);
	budget_us = paced_us(wire + longest_answer(shape), l->rate_baud, l->pace_bytes) +
		    wait_ms * UINT64_C(1000);
	start_us = clock_now_us(l->clock);
	d = loader_deadline(l, budget_us);
	if (l->trace.request)
		l->trace.request(l->trace.ctx, op, l->payload, size);
	l->last_op = op;
	/* Takes nothing, but ends the loan of the last answer's frame. */
	slip_take(&l->reader, NULL, 0, &has_frame);
	st = loader_send_raw(l, l->tx, wire, d, err);
	if (!st)
		st = await_answer(l, op, previous_op, shape, d, reply, err);
	if (l->trace.answer)
		l->trace.answer(l->trace.ctx, op, st, l->frame,
				l->reader.state == SLIP_COMPLETE ? l->reader.len : 0,
				clock_now_us(l->clock) - start_us);
	return st;
}
