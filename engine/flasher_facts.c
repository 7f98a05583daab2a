/* What the line shows while a run works, taken down for its record: link_facts.h, cause.h. */
#include "engine/flasher_run.h"

#include "engine/cause.h"
#include "engine/packet.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_HEAD_BYTES 16u

/* ---- each request and its answer ---- */

static bool is_ram_block(uint8_t op)
{
	return op == OP_MEM_DATA;
}

static bool is_block(uint8_t op)
{
	return is_ram_block(op) || op == OP_FLASH_DATA || op == OP_FLASH_DEFL_DATA;
}

/*
 * Codes by which a loader says that a request came damaged. Others are the chip's own no, or
 * about the block before.
 */
static bool is_damage_code(enum loader_kind kind, uint8_t code)
{
	static const uint8_t rom_codes[] = { 0x05, 0x07 };
	static const uint8_t stub_codes[] = { 0xc0, 0xc1, 0xc3, 0xc8, 0xc9 };
	const uint8_t *codes = kind == LOADER_STUB ? stub_codes : rom_codes;
	size_t count = kind == LOADER_STUB ? sizeof(stub_codes) : sizeof(rom_codes);

	return memchr(codes, code, count) != NULL;
}

static void on_request(void *ctx, uint8_t op, const uint8_t *payload, size_t size)
{
	struct run *r = ctx;

	(void)payload;
	r->block_bytes = is_block(op) && size > BLOCK_HEAD_BYTES ? size - BLOCK_HEAD_BYTES : 0;
}

static void add_refused_block(struct run *r, struct block_facts *blocks, bool is_whole,
			      const uint8_t *frame, size_t size)
{
	struct packet p;
	uint8_t code;

	if (packet_parse(frame, size, &p) != PACKET_ANSWER)
		return;
	code = loader_code(p.body[0], p.body[1]);
	if (!is_damage_code(r->loader.kind, code))
		return;
	r->lost_blocks++;
	facts_add_block(blocks, (uint32_t)r->block_bytes, r->loader.pace_bytes, is_whole,
			BLOCK_REFUSED, code);
}

static void add_block(struct run *r, uint8_t op, enum status st, const uint8_t *frame, size_t size)
{
	bool is_ram = is_ram_block(op);
	struct block_facts *blocks = is_ram ? &r->facts.ram : &r->facts.data;
	uint32_t whole = is_ram ? r->way.ram_block_bytes : r->way.data_block_bytes;
	bool is_whole = r->block_bytes == whole;
	uint32_t bytes = (uint32_t)r->block_bytes, pace = r->loader.pace_bytes;

	if (st == STATUS_OK)
		facts_add_block(blocks, bytes, pace, is_whole, BLOCK_ACCEPTED, 0);
	else if (st == STATUS_REFUSED)
		add_refused_block(r, blocks, is_whole, frame, size);
	else if (st == STATUS_NO_ANSWER)
		facts_add_block(blocks, bytes, pace, is_whole, BLOCK_SILENT, 0);
	else if (st == STATUS_GARBLED)
		facts_add_block(blocks, bytes, pace, is_whole, BLOCK_DAMAGED, 0);
}

/* The answer to MEM_END may be lost by design; a rate that fails is a fact of its own. */
static void on_answer(void *ctx, uint8_t op, enum status st, const uint8_t *frame, size_t size,
		      uint64_t took_us)
{
	struct run *r = ctx;

	(void)took_us;
	if (r->block_bytes) {
		add_block(r, op, st, frame, size);
		return;
	}
	if (op == OP_SYNC || op == OP_MEM_END || r->step == STEP_RATE)
		return;
	r->facts.silences += st == STATUS_NO_ANSWER;
	r->facts.damaged += st == STATUS_GARBLED;
}

static void on_noise(void *ctx, const uint8_t *bytes, size_t size)
{
	struct run *r = ctx;

	facts_add_text(&r->facts, bytes, size);
}

void run_watch_line(struct run *r)
{
	r->facts.system = cause_this_system();
	r->facts.bridge = r->link->bridge;
	r->facts.driver = r->link->driver;
	r->loader.trace = (struct loader_trace){
		.request = on_request,
		.answer = on_answer,
		.noise = on_noise,
		.ctx = r,
	};
}

/* ---- how it failed ---- */

struct failure run_failure(struct run *r, enum status st)
{
	struct failure f = { .status = st, .step = r->step, .how = HOW_ANY };

	facts_judge_text(&r->facts);
	/* Silence has another name there: SYNC_NO_REPLY. */
	r->facts.is_stuck = r->step == STEP_CONNECT && st == STATUS_NO_ANSWER;
	if (r->step == STEP_CONNECT && r->had_contact)
		f.how = HOW_STALLED;
	else if (r->facts.restarts != r->restarts_before)
		f.how = HOW_RESTARTED;
	else if (r->facts.altered_echoes)
		f.how = HOW_NOISY;
	else if (r->lost_blocks)
		f.how = HOW_LOST_BYTES;
	return f;
}

/* ---- the end ---- */

static bool is_rescued(const struct run *r, enum status st)
{
	return !st && (r->report->tries > 1 || r->rungs);
}

void run_tell_cause(struct run *r, enum status st)
{
	struct flash_report *report = r->report;
	struct cause_case c = { .status = st,
				.first = r->first_failure,
				.clears_protection = r->plan && r->plan->clear_protection };
	char way[60];

	facts_judge_text(&r->facts);
	report->is_rescued = is_rescued(r, st);
	r->facts.rate_baud = st ? 0 : report->rate_asked;
	cause_evidence(&r->facts, r->more, report->evidence, sizeof(report->evidence));
	if (!st && !report->is_rescued)
		return;
	way_text(&r->way, r->link, way, sizeof(way));
	if (!st && r->plan)
		c.passed_by = way;
	cause_judge(&r->facts, &c, report->suspects, sizeof(report->suspects), report->advice,
		    sizeof(report->advice));
}
