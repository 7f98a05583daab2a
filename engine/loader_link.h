/*
 * What the loader's own files share: one request out, frames in.
 *
 * loader.c has the exchange, loader_sync.c the first contact, loader_commands.c
 * the commands. Nobody else includes this.
 */
#ifndef ENGINE_LOADER_LINK_H
#define ENGINE_LOADER_LINK_H

#include "engine/loader.h"
#include "engine/packet.h"

/*
 * How much data an answer may carry before its status bytes: the first of the
 * two lengths that the body has room for, else none. ROM and stub differ in the
 * length of an MD5, chips in that of the security info.
 */
struct answer_shape {
	uint8_t data_sizes[2];
};

/* us from now, but never beyond the run's limit. */
struct deadline loader_deadline(const struct loader *l, uint64_t us);

/* The next frame of any kind in l->reader, or at the deadline none. */
enum status loader_next_frame(struct loader *l, struct deadline d, bool *has_frame,
			      struct err *err);

/* Whatever has arrived so far goes to the noise. */
enum status loader_drop_arrived(struct loader *l, struct err *err);

/* Forget what was read, also in the middle of a frame. */
void loader_forget_input(struct loader *l);

void loader_note_noise(struct loader *l, const uint8_t *bytes, size_t size);
/* A frame that was begun and not finished counts as noise. */
void loader_note_unfinished(struct loader *l);
void loader_clear_noise(struct loader *l);

enum status loader_send_raw(struct loader *l, const uint8_t *wire, size_t size, struct deadline d,
			    struct err *err);

/*
 * Send op with l->payload[0 .. size) and wait for its answer, in that shape. wait_ms is
 * the time the chip may need; wire time of the request and the answer at rate_baud is added
 * here. checksum goes into the header (data commands only, else 0).
 *
 * What arrived before the request is dropped first: it cannot be its answer.
 * An answer with another opcode belongs to an older command and is skipped, with
 * one exception: a ROM refuses an opcode that it does not know under the opcode
 * of the command before (eight times, if that was SYNC); that is a refusal of
 * this request, and the repetitions are drained before it is returned.
 *
 * STATUS_NO_ANSWER silence or only text, STATUS_GARBLED something that is no
 * whole answer, STATUS_REFUSED (err says which code, in words), and when the
 * run's limit ends the wait: STATUS_RUN_TIMEOUT.
 */
enum status loader_exchange(struct loader *l, uint8_t op, size_t size, uint32_t checksum,
			    struct answer_shape shape, uint32_t wait_ms, struct reply *reply,
			    struct err *err);

/* Is this frame the stub's greeting? */
bool loader_is_greeting(const uint8_t *frame, size_t size);

#endif
