#include "tests/sim/fault_draw.h"

#include <string.h>

/* What a run of small_plan has, and a bit more: tries begin anew. */
#define FRAMES_LAST 300u
#define BYTES_LAST 150000u
#define FRAME_BYTES_LAST 6200u
#define RATES_LAST 4u
#define READS_LAST 4u
/* A run keeps 3 s back for the restart at its end, as long as it has twice as many. */
#define LIMIT_MS 7000u

static uint64_t next(uint64_t *random)
{
	uint64_t x = *random += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t draw_below(uint64_t *random, uint64_t end)
{
	return end ? next(random) % end : 0;
}

uint64_t draw_between(uint64_t *random, uint64_t first, uint64_t last)
{
	return first + draw_below(random, last - first + 1);
}

uint64_t draw_size(uint64_t *random, uint64_t last)
{
	uint64_t bits = 0, size;

	while (last >> bits)
		bits++;
	bits = draw_between(random, 1, bits);
	size = next(random) & ((1ull << bits) - 1);
	return size < 1 ? 1 : size > last ? last : size;
}

/* ---- a fault ---- */

static uint64_t draw_nth(uint64_t *random, enum fault_count counts)
{
	/* Rarely each of them. */
	if (counts != FAULT_COUNTS_BYTES_IN && draw_below(random, 40) == 0)
		return 0;
	switch (counts) {
	case FAULT_COUNTS_NOTHING:
		return 0;
	case FAULT_COUNTS_FRAMES_IN:
	case FAULT_COUNTS_FRAMES_OUT:
		return draw_size(random, FRAMES_LAST);
	case FAULT_COUNTS_BYTES_IN:
		return draw_size(random, BYTES_LAST);
	case FAULT_COUNTS_RATES:
		return draw_between(random, 1, RATES_LAST);
	case FAULT_COUNTS_READS:
		return draw_below(random, READS_LAST);
	}
	return 0;
}

/* One that is worth trying, or any about as large. */
static uint32_t draw_value(uint64_t *random, const struct fault_values *v)
{
	uint32_t value;

	if (!v->count)
		return 0;
	value = v->values[draw_below(random, v->count)];
	if (draw_below(random, 2))
		return value;
	return (uint32_t)draw_size(random, (uint64_t)value * 2 + 1);
}

/* It ends most runs, and would hide what other faults do. */
static bool is_heavy(enum sim_fault_kind kind)
{
	static const enum sim_fault_kind heavy[] = {
		SIM_FAULT_DEAD,        SIM_FAULT_UNPLUG,        SIM_FAULT_EN_STUCK,
		SIM_FAULT_STRAP_STUCK, SIM_FAULT_BLOCK_PROTECT, SIM_FAULT_BAD_SECTOR,
		SIM_FAULT_NO_FLASH_ID, SIM_FAULT_WEDGED,
	};

	for (size_t i = 0; i < sizeof(heavy) / sizeof(heavy[0]); i++) {
		if (heavy[i] == kind)
			return true;
	}
	return false;
}

static struct sim_fault draw_fault(uint64_t *random)
{
	const struct fault_kind *k;
	struct sim_fault f;

	do
		k = &fault_kinds[draw_below(random, SIM_FAULT_KINDS)];
	while (k->is_of_m5sim || (is_heavy(k->kind) && draw_below(random, 8)));
	f = (struct sim_fault){ .kind = k->kind };
	f.nth = draw_nth(random, k->counts);
	f.at = k->hits_a_byte ? (uint32_t)draw_size(random, FRAME_BYTES_LAST) - 1
			      : draw_value(random, &k->at);
	if (f.kind == SIM_FAULT_BAD_SECTOR)
		f.at &= ~(FLASH_SECTOR_BYTES - 1u);
	f.amount = draw_value(random, &k->amount);
	if (f.kind == SIM_FAULT_BLOCK_PROTECT)
		f.amount &= 0xff;
	return f;
}

/* ---- a case ---- */

/* NULL: the chip's own USB, where it has one. */
static const struct {
	const char *chip, *bridge;
} units[] = {
	{ "esp32", "cp2104" },     { "esp32", "ch9102f" }, { "esp32", "m5-ftdi" },
	{ "esp32s3", "usb-jtag" }, { "esp32s3", "ch343" }, { "esp32c3", "ch9102f" },
	{ "esp32c3", "usb-jtag" }, { "esp32c3", "ch340" }, { "esp32", "ft231x" },
};

/* One draw a statement: C does not say in which order the parts of an expression are worked out. */
static void draw_recipe(uint64_t *random, struct fault_case *c)
{
	c->stub = (enum stub_policy)draw_below(random, 3);
	c->compress = draw_below(random, 2);
	c->skip = draw_below(random, 3) ? SKIP_NEVER : SKIP_UNCHANGED;
	c->erase = (enum erase_mode)(draw_below(random, 5) % 3);
	c->clear_protection = draw_below(random, 2);
	c->tries = (unsigned)draw_between(random, 1, 4);
}

static void draw_run(uint64_t *random, struct fault_case *c)
{
	c->is_half_there = draw_below(random, 3) == 0;
	c->can_switch_power = draw_below(random, 4) == 0;
	c->kind = draw_below(random, 8) ? FLASH_RUN_FLASH : FLASH_RUN_VERIFY;
	if (draw_below(random, 5) == 0)
		c->limit_ms = LIMIT_MS + (uint32_t)draw_size(random, 60000);
	if (draw_below(random, 12) == 0)
		c->cancel_at_ms = (uint32_t)draw_size(random, 8000);
}

/* Any figures: what a database says need not fit the link. */
static void draw_start(uint64_t *random, struct fault_case *c)
{
	static const uint32_t baud[] = { 0, 115200, 460800, 921600, 1500000 };

	c->has_start = draw_below(random, 4) == 0;
	if (!c->has_start)
		return;
	c->start.with_stub = draw_below(random, 2);
	c->start.rate_baud = baud[draw_below(random, sizeof(baud) / sizeof(baud[0]))];
	c->start.ram_block_bytes = (uint32_t)draw_size(random, 0x4000);
	c->start.data_block_bytes = (uint32_t)draw_size(random, 0x8000);
	if (draw_below(random, 2))
		c->start.pace_bytes = (uint32_t)draw_size(random, 4096);
}

void draw_case(uint64_t seed, struct fault_case *c)
{
	uint64_t random = seed;
	size_t unit = draw_below(&random, sizeof(units) / sizeof(units[0]));

	*c = (struct fault_case){ .chip = units[unit].chip, .bridge = units[unit].bridge };
	c->seed = 1 + draw_below(&random, 1000);
	draw_recipe(&random, c);
	draw_run(&random, c);
	draw_start(&random, c);
	c->fault_count = draw_between(&random, 1, FAULT_CASE_MAX);
	for (size_t i = 0; i < c->fault_count; i++)
		c->faults[i] = draw_fault(&random);
}
