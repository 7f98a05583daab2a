#include "tests/sim/fault_kinds.h"

#define VALUES(name) .values = (name), .count = sizeof(name) / sizeof((name)[0])

/* ms: within every deadline; beyond SYNC's; beyond most commands'; beyond all. */
static const uint32_t pauses_ms[] = { 100, 700, 3500, 30000 };
static const uint32_t factors[] = { 3, 30, 300, 3000 };
/* A CH9102's buffer is 576; each mark lies between two of the block sizes that are tried. */
static const uint32_t marks[] = { 8192, 2048, 576, 200, 64, 32 };
/* Those that flash_bench's link offers, and the first one. */
static const uint32_t rates[] = { 921600, 460800, 115200 };
static const uint32_t snapped_rates[] = { 900000, 460800, 230400, 9600 };
static const uint32_t brown_out_gaps[] = { 0, 100000, 20000, 2000 };
static const uint32_t en_ms[] = { 20, 60, 120, 400 };
static const uint32_t junk_bytes[] = { 50, 500, 5000, 30000 };
/* BP0 to BP3, all of them, with SRWD. */
static const uint32_t protect_bits[] = { 0x04, 0x1c, 0x3c, 0x7c, 0xfc };
/* In small_plan's boot sector, its table, its application; one that nobody writes. */
static const uint32_t sectors[] = { 0x0, 0x1000, 0x2000, 0x8000, 0x10000, 0x14000, 0x60000 };
static const uint32_t chatter[] = { 0 };

#define HITS_FRAMES(word, way)                                                                     \
	.yaml = (word), .nth_key = "frame", .at_key = "byte", .counts = FAULT_COUNTS_FRAMES_##way, \
	.hits_a_byte = true

#define ROW(member) .kind = SIM_FAULT_##member, .name = "SIM_FAULT_" #member

const struct fault_kind fault_kinds[SIM_FAULT_KINDS] = {
	{ ROW(DEAD), .yaml = "dead" },
	{ ROW(UNPLUG), .yaml = "unplug", .nth_key = "byte", .counts = FAULT_COUNTS_BYTES_IN },
	{ ROW(FLIP_IN), HITS_FRAMES("flip_in", IN), .alters_requests = true },
	{ ROW(DROP_IN), HITS_FRAMES("drop_in", IN), .alters_requests = true },
	{ ROW(FLIP_OUT), HITS_FRAMES("flip_out", OUT) },
	{ ROW(DROP_OUT), HITS_FRAMES("drop_out", OUT) },
	{ ROW(LOSE_REPLY), .yaml = "lose_reply", .nth_key = "frame",
	  .counts = FAULT_COUNTS_FRAMES_OUT },
	{ ROW(SLOW_ERASE), .yaml = "slow_erase", .amount_key = "factor",
	  .amount = { VALUES(factors) } },
	{ ROW(SLOW_CLOSE), .yaml = "slow_close", .amount_key = "ms",
	  .amount = { VALUES(pauses_ms) }, .is_of_m5sim = true },
	{ ROW(LOSSY_WRITES), .yaml = "lossy_writes", .amount_key = "beyond",
	  .amount = { VALUES(marks) }, .alters_requests = true },
	{ ROW(DUP_IN), HITS_FRAMES("dup_in", IN), .alters_requests = true },
	{ ROW(DUP_OUT), HITS_FRAMES("dup_out", OUT) },
	{ ROW(DELAY_REPLY), .yaml = "delay_reply", .nth_key = "frame", .amount_key = "ms",
	  .counts = FAULT_COUNTS_FRAMES_OUT, .amount = { VALUES(pauses_ms) } },
	{ ROW(STALL), .yaml = "stall", .nth_key = "byte", .amount_key = "ms",
	  .counts = FAULT_COUNTS_BYTES_IN, .amount = { VALUES(pauses_ms) } },
	{ ROW(GARBLE_RATE), .yaml = "garble_rate", .amount_key = "rate",
	  .amount = { VALUES(rates) }, .alters_requests = true },
	{ ROW(SNAP_RATE), .yaml = "snap_rate", .at_key = "rate", .amount_key = "to",
	  .at = { VALUES(rates) }, .amount = { VALUES(snapped_rates) }, .alters_requests = true },
	{ ROW(LOSE_RATE), .yaml = "lose_rate_change", .nth_key = "change",
	  .counts = FAULT_COUNTS_RATES, .alters_requests = true },
	{ ROW(BROWN_OUT), .yaml = "brown_out", .nth_key = "byte", .amount_key = "every",
	  .counts = FAULT_COUNTS_BYTES_IN, .amount = { VALUES(brown_out_gaps) },
	  .alters_requests = true },
	{ ROW(EN_STUCK), .yaml = "en_stuck" },
	{ ROW(STRAP_STUCK), .yaml = "strap_stuck" },
	{ ROW(SLOW_EN), .yaml = "slow_en", .amount_key = "ms", .amount = { VALUES(en_ms) } },
	{ ROW(NOISY_BOOT), .yaml = "noisy_boot", .amount_key = "bytes",
	  .amount = { VALUES(junk_bytes) } },
	{ ROW(CHATTER), .yaml = "chatter", .amount = { VALUES(chatter) } },
	{ ROW(BLOCK_PROTECT), .yaml = "block_protect", .amount_key = "bits",
	  .amount = { VALUES(protect_bits) } },
	{ ROW(SLOW_PROGRAM), .yaml = "slow_program", .amount_key = "factor",
	  .amount = { VALUES(factors) } },
	{ ROW(BAD_SECTOR), .yaml = "bad_sector", .at_key = "address", .at = { VALUES(sectors) } },
	{ ROW(NO_FLASH_ID), .yaml = "no_flash_id", .nth_key = "reads",
	  .counts = FAULT_COUNTS_READS },
	{ ROW(SLOW_OPEN), .yaml = "slow_open", .nth_key = "open", .amount_key = "ms",
	  .amount = { VALUES(pauses_ms) }, .is_of_m5sim = true },
	{ ROW(HELD), .yaml = "held", .amount_key = "ms", .amount = { VALUES(pauses_ms) },
	  .is_of_m5sim = true },
	{ ROW(WEDGED), .yaml = "wedged", .nth_key = "byte", .counts = FAULT_COUNTS_BYTES_IN },
};
