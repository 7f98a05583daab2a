/*
 * One command, one answer, one deadline: the ROM's and the stub's loader.
 *
 * A loader borrows its transport. It knows which of the two programs answers
 * (their status lengths differ) and never sends a second request before the
 * answer to the first. Silence, refusal, garbage and a vanished port come back
 * as different statuses: STATUS_NO_ANSWER, STATUS_REFUSED (the device's bytes
 * are in err->device), STATUS_GARBLED, STATUS_PORT_GONE. Nothing here resends
 * a command, but what changes nothing as often as loader_repeats allows:
 * docs/protocol.md, what may be asked again.
 */
#ifndef ENGINE_LOADER_H
#define ENGINE_LOADER_H

#include "engine/slip.h"
#include "engine/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum loader_kind { LOADER_ROM, LOADER_STUB };

/* Longest data block of one request: the stub's. docs/protocol.md, SLIP. */
#define LOADER_BLOCK_MAX 0x4000
/* A block goes behind four words: length, sequence number, 0, 0. */
#define LOADER_PAYLOAD_MAX (16 + LOADER_BLOCK_MAX)
/* Request: 8 header + payload, every byte escaped, two delimiters. */
#define LOADER_FRAME_MAX (2 * (8 + LOADER_PAYLOAD_MAX) + 2)

/* Who wants to see each request and answer; any member may be NULL. */
struct loader_trace {
	void (*request)(void *ctx, uint8_t op, const uint8_t *payload, size_t size);
	void (*answer)(void *ctx, uint8_t op, enum status st, const uint8_t *frame, size_t size,
		       uint64_t took_us);
	void (*noise)(void *ctx, const uint8_t *bytes, size_t size);
	void *ctx;
};

/*
 * How often what changes nothing, or the same thing again, may be asked once more when its
 * answer was lost, damaged or a refusal; a second refusal in a row is believed. That is
 * loader_read_reg, loader_write_reg, loader_spi_attach, loader_spi_params, and but for the
 * refusal loader_security_info. find_again is called before each and finds the loader by
 * SYNC; what it returns but STATUS_OK is returned.
 */
struct loader_repeats {
	unsigned left; /* 0: none */
	enum status (*find_again)(void *ctx);
	void *ctx;
};

/* In front of what a unit printed, in every message, note and evidence; '"' is behind it. */
#define UNIT_PRINTED "the unit printed \""

/*
 * What arrived since the last request and was no answer: boot text, a panic,
 * line noise. The text is printable and keeps the last reset's first lines.
 */
struct loader_noise {
	char text[512];
	size_t text_len;
	uint32_t bytes;
	uint32_t odd_bytes; /* of these, not printable */
};

struct loader {
	struct transport *transport;
	const struct clock *clock;
	enum loader_kind kind;
	uint32_t rate_baud;    /* the rate really on the wire, for deadlines */
	uint32_t pace_bytes;   /* no more than so many at once, each waited out; 0 = all at once */
	struct deadline limit; /* of the whole run: every deadline is cut to it */
	struct slip_reader reader;
	struct loader_trace trace;
	struct loader_repeats repeats;
	uint64_t sent_bytes; /* on the wire, framing included */
	uint64_t received_bytes;
	uint8_t last_op;   /* last request that the loader knew, see loader_exchange */
	bool has_greeting; /* the stub's OHAI was seen */
	struct loader_noise noise;
	uint8_t *payload; /* of the request being built: LOADER_PAYLOAD_MAX */
	uint8_t *tx;      /* LOADER_FRAME_MAX */
	uint8_t *rx;      /* bytes read and not yet consumed */
	size_t rx_at, rx_len;
	uint8_t *frame;      /* the frame being read */
	unsigned late_reads; /* since the last request, after its deadline */
};

struct reply {
	uint8_t op;
	uint32_t value;
	const uint8_t *data; /* lent by the loader until its next call */
	size_t size;         /* without the status bytes */
};

/* The loader starts as LOADER_ROM at rate_baud. STATUS_NO_MEMORY. The caller may
 * fill in l->trace and l->repeats afterwards, and change l->limit, l->kind and l->rate_baud when
 * it changed the facts behind them (a reset brings back the ROM at 115200). */
enum status loader_init(struct loader *l, struct transport *t, uint32_t rate_baud,
			struct deadline limit, struct err *err);
void loader_release(struct loader *l);

/* The same unit through another transport, on the same clock: what was read and not yet
 * looked at is dropped. */
void loader_use(struct loader *l, struct transport *t);

/* What the SYNC echoes say about the line. docs/protocol.md, sync. */
struct sync_report {
	unsigned answers;      /* SYNC replies read */
	unsigned altered;      /* ROM echoes other than 0x20120707 */
	bool is_stub;          /* every echo was 0: a stub runs already */
	uint32_t odd_value;    /* the first altered echo */
	uint8_t late_error[2]; /* a stub's failure of an earlier write, told now; else 0 0 */
	char boot_text[512];   /* what the chip printed before, printable, may be empty */
};

/*
 * Find the loader after a reset or a silence: up to `syncs` tries 100 ms each,
 * and judge the line from all echoes. On STATUS_OK l->kind is what answered.
 *
 * From the third try on (the second, when a stub was known to run) a lone C0
 * goes first, because a stub pairs its delimiters and may be out of step. A set
 * of echoes with an altered one is asked for once more and passes if the second
 * is clean; report->altered still counts them. STATUS_SYNC_NO_REPLY,
 * STATUS_WRONG_BOOT_MODE (the boot text says that an application was started),
 * STATUS_SYNC_ALTERED.
 */
enum status loader_sync(struct loader *l, unsigned syncs, struct sync_report *report,
			struct err *err);

enum status loader_read_reg(struct loader *l, uint32_t addr, uint32_t *value, struct err *err);
enum status loader_write_reg(struct loader *l, uint32_t addr, uint32_t value, uint32_t mask,
			     uint32_t delay_us, struct err *err);

#define SECURITY_INFO_BYTES 20
/* *size: 20, or 12 from chips that do not tell their id. A refusal drains the
 * ROM's repeated answers before it returns. */
enum status loader_security_info(struct loader *l, uint8_t info[static SECURITY_INFO_BYTES],
				 size_t *size, struct err *err);

enum status loader_mem_begin(struct loader *l, uint32_t total, uint32_t blocks,
			     uint32_t block_bytes, uint32_t addr, struct err *err);
enum status loader_mem_data(struct loader *l, const uint8_t *data, size_t size, uint32_t seq,
			    struct err *err);
/* Start what was uploaded. The answer may be lost by design; only a port that
 * fails, CANCELLED, the run's limit and a refusal are errors. */
enum status loader_mem_end(struct loader *l, uint32_t entry, struct err *err);
/* Wait for the stub's greeting, 3 s; if none came, ask with a SYNC, because the
 * greeting may be lost. Afterwards the loader is LOADER_STUB. STATUS_STUB_NO_START. */
enum status loader_await_stub(struct loader *l, struct err *err);

/*
 * Tell the chip told_baud, then set the port to new_baud. They differ for a chip that is wrong
 * about its own clock. old_baud is what the chip runs at now (sent to the stub only: a ROM would
 * take it for a clock divider). On success l->rate_baud is the rate the bridge really makes.
 * Judges nothing: SYNC afterwards. STATUS_RATE_FAILED: the chip may have changed, the port could
 * not.
 */
enum status loader_change_rate(struct loader *l, uint32_t told_baud, uint32_t new_baud,
			       uint32_t old_baud, struct err *err);

enum status loader_spi_attach(struct loader *l, uint32_t pins, struct err *err);
enum status loader_spi_params(struct loader *l, uint32_t flash_bytes, struct err *err);

/* begin_words: 4, or 5 where the loader wants the 'encrypted' word (0). */
enum status loader_flash_begin(struct loader *l, bool is_packed, uint32_t write_bytes,
			       uint32_t blocks, uint32_t block_bytes, uint32_t addr,
			       unsigned begin_words, uint32_t wait_ms, struct err *err);
enum status loader_flash_data(struct loader *l, bool is_packed, const uint8_t *data, size_t size,
			      uint32_t seq, uint32_t wait_ms, struct err *err);
/* Stay in the loader. To a stub always; to a ROM only after packed writes. */
enum status loader_flash_end(struct loader *l, bool is_packed, uint32_t wait_ms, struct err *err);

/* The chip's own MD5 of a range. md5 is written only on STATUS_OK. */
enum status loader_flash_md5(struct loader *l, uint32_t addr, uint32_t size_bytes,
			     uint8_t md5[static 16], struct err *err);
/* Whole chip and region, stub only. addr and size_bytes multiples of 0x1000. */
enum status loader_erase_flash(struct loader *l, struct err *err);
enum status loader_erase_region(struct loader *l, uint32_t addr, uint32_t size_bytes,
				struct err *err);

/* Read and drop until 100 ms of quiet, at most max_ms. l->noise has the text. */
enum status loader_drain(struct loader *l, uint32_t max_ms, struct err *err);

/* Silence or damage: whether the request arrived is not known. */
bool loader_was_lost(enum status st);

/* "MEM_DATA"; "command" for an opcode that is not in the table. */
const char *loader_op_name(uint8_t op);
/* The byte of a refusal's two that says why: a ROM's second, a stub's first. */
uint8_t loader_code(uint8_t status, uint8_t error);
/* What it means, "checksum error"; "unknown code". */
const char *loader_code_text(uint8_t status, uint8_t error);

/* What the chip may need, in ms: docs/protocol.md, timeouts. Floor 3 s each. */
uint32_t loader_md5_ms(uint32_t size_bytes);
uint32_t loader_erase_ms(uint32_t size_bytes);
uint32_t loader_write_ms(uint32_t size_bytes);
#define LOADER_CHIP_ERASE_MS 120000
#define LOADER_DEFAULT_MS 3000

/* Wire time of so many bytes, 10 bits each. */
uint64_t wire_us(uint64_t bytes, uint32_t rate_baud);

/*
 * The same with what pacing adds: behind each piece two frames of full-speed USB, in which
 * it gets to the bridge and the bridge begins to send it. docs/protocol.md, remedies.
 */
#define LOADER_PACE_GAP_US 2000u
uint64_t paced_us(uint64_t bytes, uint32_t rate_baud, uint32_t pace_bytes);

#endif
