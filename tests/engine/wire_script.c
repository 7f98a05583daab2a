#include "tests/engine/wire_script.h"

#include "engine/base/bytes.h"
#include "engine/slip.h"

#include <assert.h>
#include <string.h>

static struct wire_script *script_of(struct transport *t)
{
	return (struct wire_script *)t;
}

static uint64_t script_now_us(void *ctx)
{
	return ((struct wire_script *)ctx)->now_us;
}

static void script_sleep_until_us(void *ctx, uint64_t at_us)
{
	struct wire_script *s = ctx;

	if (at_us > s->now_us)
		s->now_us = at_us;
}

static bool is_gone(const struct wire_script *s)
{
	return s->gone_at_write >= 0 && s->write_count >= s->gone_at_write;
}

static void make_due(struct wire_script *s, int write)
{
	for (size_t i = 0; i < s->chunk_count; i++) {
		struct script_chunk *c = &s->chunks[i];

		if (c->after_write != write)
			continue;
		c->is_due = true;
		c->due_us = s->now_us + c->delay_us;
	}
}

static struct script_chunk *next_due(struct wire_script *s)
{
	struct script_chunk *next = NULL;

	for (size_t i = 0; i < s->chunk_count; i++) {
		struct script_chunk *c = &s->chunks[i];

		if (c->is_due && c->taken < c->size && (!next || c->due_us < next->due_us))
			next = c;
	}
	return next;
}

static enum status script_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			       struct deadline d, struct err *err)
{
	struct wire_script *s = script_of(t);
	struct script_chunk *c = next_due(s);

	*got = 0;
	if (atomic_load(&s->cancel))
		return err_set(err, STATUS_CANCELLED, "stopped");
	if (is_gone(s))
		return err_set(err, STATUS_PORT_GONE, "gone");
	if (!c || (c->due_us > s->now_us && c->due_us > d.at_us)) {
		script_sleep_until_us(s, d.at_us);
		return STATUS_OK;
	}
	script_sleep_until_us(s, c->due_us);
	if (size > c->size - c->taken)
		size = c->size - c->taken;
	if (s->read_max && size > s->read_max)
		size = s->read_max;
	memcpy(buf, c->bytes + c->taken, size);
	c->taken += size;
	*got = size;
	return STATUS_OK;
}

static enum status script_do_write(struct transport *t, const uint8_t *buf, size_t size,
				   struct deadline d, struct err *err)
{
	struct wire_script *s = script_of(t);

	(void)d;
	if (atomic_load(&s->cancel))
		return err_set(err, STATUS_CANCELLED, "stopped");
	if (is_gone(s))
		return err_set(err, STATUS_PORT_GONE, "gone");
	assert(s->written_size + size <= sizeof(s->written));
	assert(s->write_count < (int)(sizeof(s->write_start) / sizeof(s->write_start[0])));
	s->write_start[s->write_count] = s->written_size;
	memcpy(s->written + s->written_size, buf, size);
	s->written_size += size;
	make_due(s, s->write_count++);
	return STATUS_OK;
}

static enum status script_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
				   struct err *err)
{
	struct wire_script *s = script_of(t);

	s->rate_asked = rate_baud;
	if (s->rate_status)
		return err_set(err, s->rate_status, "no such rate");
	*actual_baud = s->rate_made ? s->rate_made : rate_baud;
	return STATUS_OK;
}

static enum status script_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	struct wire_script *s = script_of(t);

	if (s->lines_status)
		return err_set(err, s->lines_status, "no lines");
	assert(s->line_count < SCRIPT_LINES_MAX);
	s->lines[s->line_count++] =
		(struct script_lines){ .at_us = s->now_us, .dtr = dtr, .rts = rts };
	return STATUS_OK;
}

static enum status script_discard(struct transport *t, struct err *err)
{
	struct wire_script *s = script_of(t);

	(void)err;
	s->discards++;
	for (struct script_chunk *c = next_due(s); c && c->due_us <= s->now_us; c = next_due(s))
		c->taken = c->size;
	return STATUS_OK;
}

static void script_close(struct transport *t)
{
	script_of(t)->closes++;
}

static const struct transport_ops script_ops = {
	.read = script_read,
	.write = script_do_write,
	.set_baud = script_set_baud,
	.set_lines = script_set_lines,
	.discard = script_discard,
	.close = script_close,
};

void script_init(struct wire_script *s)
{
	memset(s, 0, sizeof(*s));
	s->clock = (struct clock){
		.now_us = script_now_us,
		.sleep_until_us = script_sleep_until_us,
		.ctx = s,
	};
	s->base =
		(struct transport){ .ops = &script_ops, .clock = &s->clock, .cancel = &s->cancel };
	s->now_us = 1000000;
	s->gone_at_write = -1;
}

void script_bytes(struct wire_script *s, int after_write, uint64_t delay_us, const void *bytes,
		  size_t size)
{
	struct script_chunk *c = &s->chunks[s->chunk_count++];

	assert(s->chunk_count <= SCRIPT_CHUNKS_MAX && size <= sizeof(c->bytes));
	*c = (struct script_chunk){
		.after_write = after_write,
		.delay_us = delay_us,
		.size = size,
		.is_due = after_write == SCRIPT_BEFORE,
		.due_us = s->now_us + delay_us,
	};
	memcpy(c->bytes, bytes, size);
}

void script_answer(struct wire_script *s, int after_write, uint64_t delay_us, uint8_t op,
		   uint32_t value, const void *body, size_t size)
{
	uint8_t frame[8 + 80], wire[2 * sizeof(frame) + 2];

	assert(size <= 80);
	frame[0] = 1;
	frame[1] = op;
	put_le16(frame + 2, (uint16_t)size);
	put_le32(frame + 4, value);
	memcpy(frame + 8, body, size);
	script_bytes(s, after_write, delay_us, wire, slip_encode(frame, 8 + size, wire));
}

void script_status(struct wire_script *s, int after_write, uint8_t op, size_t count, uint8_t status,
		   uint8_t error)
{
	const uint8_t body[4] = { status, error, 0x5A, 0xA5 };

	script_answer(s, after_write, 1000, op, 0, body, count);
}

const uint8_t *script_write(const struct wire_script *s, int nth, size_t *size)
{
	size_t end;

	assert(nth < s->write_count);
	end = nth + 1 < s->write_count ? s->write_start[nth + 1] : s->written_size;
	*size = end - s->write_start[nth];
	return s->written + s->write_start[nth];
}
