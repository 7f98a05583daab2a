#include "engine/slip.h"

#define SLIP_ESC 0xDB
#define SLIP_ESC_END 0xDC
#define SLIP_ESC_ESC 0xDD

size_t slip_escape(const uint8_t *bytes, size_t size, uint8_t *out)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == SLIP_END) {
			out[n++] = SLIP_ESC;
			out[n++] = SLIP_ESC_END;
		} else if (bytes[i] == SLIP_ESC) {
			out[n++] = SLIP_ESC;
			out[n++] = SLIP_ESC_ESC;
		} else {
			out[n++] = bytes[i];
		}
	}
	return n;
}

size_t slip_encode(const uint8_t *payload, size_t size, uint8_t *out)
{
	size_t n = 0;

	out[n++] = SLIP_END;
	n += slip_escape(payload, size, out + n);
	out[n++] = SLIP_END;
	return n;
}

void slip_reader_init(struct slip_reader *r, uint8_t *frame, size_t room)
{
	*r = (struct slip_reader){ .frame = frame, .room = room, .state = SLIP_OUTSIDE };
}

void slip_reader_reset(struct slip_reader *r)
{
	r->state = SLIP_OUTSIDE;
	r->len = 0;
}

static void drop(struct slip_reader *r, const uint8_t *bytes, size_t size)
{
	if (r->dropped && size)
		r->dropped(r->ctx, bytes, size);
}

static void give_up(struct slip_reader *r)
{
	r->bad_frames++;
	drop(r, r->frame, r->len);
	slip_reader_reset(r);
}

static void put(struct slip_reader *r, uint8_t byte)
{
	if (r->len == r->room) {
		give_up(r);
		return;
	}
	r->frame[r->len++] = byte;
	r->state = SLIP_INSIDE;
}

/* How many bytes stand before the first C0. */
static size_t skip_noise(struct slip_reader *r, const uint8_t *bytes, size_t size)
{
	size_t n = 0;

	while (n < size && bytes[n] != SLIP_END)
		n++;
	r->noise_bytes += (uint32_t)n;
	drop(r, bytes, n);
	return n;
}

/* One byte inside a frame. True when it ended a frame that is not empty. */
static bool take_inside(struct slip_reader *r, uint8_t byte)
{
	if (byte == SLIP_END) {
		if (r->state == SLIP_ESCAPED) {
			give_up(r);
			r->state = SLIP_INSIDE;
			return false;
		}
		if (!r->len)
			return false;
		r->state = SLIP_COMPLETE;
		return true;
	}
	if (r->state == SLIP_ESCAPED) {
		if (byte == SLIP_ESC_END)
			put(r, SLIP_END);
		else if (byte == SLIP_ESC_ESC)
			put(r, SLIP_ESC);
		else
			give_up(r);
	} else if (byte == SLIP_ESC) {
		r->state = SLIP_ESCAPED;
	} else {
		put(r, byte);
	}
	return false;
}

size_t slip_take(struct slip_reader *r, const uint8_t *bytes, size_t size, bool *is_complete)
{
	size_t at = 0;

	*is_complete = false;
	if (r->state == SLIP_COMPLETE) {
		r->state = SLIP_INSIDE;
		r->len = 0;
	}
	while (at < size && !*is_complete) {
		if (r->state == SLIP_OUTSIDE) {
			at += skip_noise(r, bytes + at, size - at);
			if (at == size)
				break;
			at++;
			r->state = SLIP_INSIDE;
			r->len = 0;
		} else {
			*is_complete = take_inside(r, bytes[at++]);
		}
	}
	return at;
}
