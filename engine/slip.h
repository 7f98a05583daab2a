/*
 * SLIP framing without I/O: bytes in, frames out.
 *
 * Frame = C0, payload with C0 -> DB DC and DB -> DB DD, C0. The reader
 * resynchronises by itself: it drops what stands before the first C0, and from
 * then on takes every C0 for the end of one frame and the possible beginning of
 * the next, so neither a lost nor a doubled delimiter costs more than one frame.
 * A frame with a bad escape or too many bytes is given up. What was dropped is
 * counted and can be looked at, because boot text hides there.
 *
 * Bytes between two frames therefore come out as a frame of their own: whoever
 * reads frames has to look whether one makes sense. docs/protocol.md, SLIP.
 */
#ifndef ENGINE_SLIP_H
#define ENGINE_SLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLIP_END 0xC0

/* Framed size of a payload: at most 2 * size + 2. out has room for that. */
size_t slip_encode(const uint8_t *payload, size_t size, uint8_t *out);
/* Append to a frame being built: escape size bytes into out, return the count. */
size_t slip_escape(const uint8_t *bytes, size_t size, uint8_t *out);

enum slip_state {
	SLIP_OUTSIDE, /* before the first C0, or after a frame that was given up */
	SLIP_INSIDE,
	SLIP_ESCAPED,
	SLIP_COMPLETE, /* a frame was just handed out; the next byte is inside again */
};

struct slip_reader {
	uint8_t *frame; /* lent */
	size_t room, len;
	enum slip_state state;
	uint32_t bad_frames;  /* bad escapes and frames longer than room */
	uint32_t noise_bytes; /* bytes outside any frame */
	/* Sees the bytes outside frames and the decoded bytes of a frame that was
	 * given up. May be NULL; survives slip_reader_reset. */
	void (*dropped)(void *ctx, const uint8_t *bytes, size_t size);
	void *ctx;
};

void slip_reader_init(struct slip_reader *r, uint8_t *frame, size_t room);
/* Forget a frame begun and wait for a C0 again; the counts stay. */
void slip_reader_reset(struct slip_reader *r);

/*
 * Take bytes until a frame is complete or they are used up. Returns how many
 * were taken; *is_complete tells whether r->frame[0 .. r->len) is a frame. It
 * stays valid until the next call. Empty frames are never reported.
 */
size_t slip_take(struct slip_reader *r, const uint8_t *bytes, size_t size, bool *is_complete);

#endif
