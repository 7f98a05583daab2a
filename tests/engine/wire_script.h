/*
 * A transport that plays a script on a virtual clock: what was written is kept,
 * and after the nth write the bytes that the script has for it arrive.
 */
#ifndef TESTS_ENGINE_WIRE_SCRIPT_H
#define TESTS_ENGINE_WIRE_SCRIPT_H

#include "engine/transport.h"

#define SCRIPT_CHUNKS_MAX 80
#define SCRIPT_LINES_MAX 16
#define SCRIPT_BEFORE (-1) /* there from the start, before any write */

struct script_chunk {
	int after_write; /* 0 is the first */
	uint64_t delay_us;
	uint8_t bytes[600];
	size_t size, taken;
	bool is_due;
	uint64_t due_us;
};

struct script_lines {
	uint64_t at_us;
	bool dtr, rts;
};

struct wire_script {
	struct transport base;
	struct clock clock;
	uint64_t now_us;
	atomic_bool cancel;

	struct script_chunk chunks[SCRIPT_CHUNKS_MAX];
	size_t chunk_count;
	size_t read_max;   /* bytes per read, 0 = as many as fit */
	int gone_at_write; /* from this write on the port is gone; -1 never */
	enum status lines_status;

	uint8_t written[80000];
	size_t written_size;
	size_t write_start[64]; /* where each write begins in written[] */
	int write_count;

	struct script_lines lines[SCRIPT_LINES_MAX];
	size_t line_count;
	uint32_t rate_asked, rate_made; /* rate_made 0: as asked */
	enum status rate_status;
	unsigned discards, closes;
};

void script_init(struct wire_script *s);

/* Raw bytes that arrive delay_us after the given write. */
void script_bytes(struct wire_script *s, int after_write, uint64_t delay_us, const void *bytes,
		  size_t size);
/* An answer in its frame: header, value, body. */
void script_answer(struct wire_script *s, int after_write, uint64_t delay_us, uint8_t op,
		   uint32_t value, const void *body, size_t size);
/* An answer whose body is count status bytes. */
void script_status(struct wire_script *s, int after_write, uint8_t op, size_t count, uint8_t status,
		   uint8_t error);

/* The nth write; *size its length. */
const uint8_t *script_write(const struct wire_script *s, int nth, size_t *size);

#endif
