/* A case in words that somebody can run again: C for a test, YAML for m5sim. */
#include "tests/sim/fault_case.h"
#include "tests/sim/flash_bench.h"

#include <inttypes.h>

static const char *stub_name(enum stub_policy stub)
{
	switch (stub) {
	case STUB_AUTO:
		return "STUB_AUTO";
	case STUB_ALWAYS:
		return "STUB_ALWAYS";
	case STUB_NEVER:
		return "STUB_NEVER";
	}
	return "?";
}

static const char *erase_name(enum erase_mode erase)
{
	switch (erase) {
	case ERASE_SECTORS:
		return "ERASE_SECTORS";
	case ERASE_ROOMS:
		return "ERASE_ROOMS";
	case ERASE_ALL:
		return "ERASE_ALL";
	}
	return "?";
}

static const char *truth(bool is)
{
	return is ? "true" : "false";
}

void fault_case_print_c(FILE *out, const struct fault_case *c)
{
	fprintf(out, "(struct fault_case){\n\t.chip = \"%s\",\n", c->chip);
	if (c->bridge)
		fprintf(out, "\t.bridge = \"%s\",\n", c->bridge);
	fprintf(out, "\t.seed = %" PRIu64 ",\n\t.stub = %s,\n\t.compress = %s,\n", c->seed,
		stub_name(c->stub), truth(c->compress));
	fprintf(out, "\t.skip = %s,\n\t.erase = %s,\n\t.clear_protection = %s,\n",
		c->skip == SKIP_NEVER ? "SKIP_NEVER" : "SKIP_UNCHANGED", erase_name(c->erase),
		truth(c->clear_protection));
	fprintf(out, "\t.is_half_there = %s,\n\t.can_switch_power = %s,\n\t.tries = %u,\n",
		truth(c->is_half_there), truth(c->can_switch_power), c->tries);
	if (c->has_start)
		fprintf(out,
			"\t.has_start = true,\n\t.start = { %s, %" PRIu32 ", %" PRIu32 ", %" PRIu32
			", %" PRIu32 " },\n",
			truth(c->start.with_stub), c->start.rate_baud, c->start.ram_block_bytes,
			c->start.data_block_bytes, c->start.pace_bytes);
	if (c->kind == FLASH_RUN_VERIFY)
		fprintf(out, "\t.kind = FLASH_RUN_VERIFY,\n");
	fprintf(out, "\t.limit_ms = %" PRIu32 ",\n\t.cancel_at_ms = %" PRIu32 ",\n", c->limit_ms,
		c->cancel_at_ms);
	fprintf(out, "\t.faults = {\n");
	for (size_t i = 0; i < c->fault_count; i++)
		fprintf(out, "\t\t{ %s, %" PRIu64 ", %" PRIu32 ", %" PRIu32 " },\n",
			fault_kinds[c->faults[i].kind].name, c->faults[i].nth, c->faults[i].at,
			c->faults[i].amount);
	fprintf(out, "\t},\n\t.fault_count = %zu,\n}\n", c->fault_count);
}

/* Returns what stands before the next key. */
static const char *print_key(FILE *out, const char *before, const char *key, uint64_t value)
{
	if (!key)
		return before;
	fprintf(out, "%s%s: %" PRIu64, before, key, value);
	return ", ";
}

/* 0 is not written: once, each, for good. */
static bool may_omit(enum sim_fault_kind kind)
{
	return kind == SIM_FAULT_BROWN_OUT || kind == SIM_FAULT_NO_FLASH_ID ||
	       kind == SIM_FAULT_SLOW_OPEN || kind == SIM_FAULT_HELD;
}

static void print_fault(FILE *out, const struct sim_fault *f)
{
	const struct fault_kind *k = &fault_kinds[f->kind];
	const char *nth_key = f->nth || !may_omit(f->kind) ? k->nth_key : NULL;
	const char *amount_key = f->amount || !may_omit(f->kind) ? k->amount_key : NULL;
	const char *before = "";

	if (!nth_key && !k->at_key && !amount_key) {
		fprintf(out, "%s", k->yaml);
		return;
	}
	fprintf(out, "{%s: {", k->yaml);
	before = print_key(out, before, nth_key, f->nth);
	before = print_key(out, before, k->at_key, f->at);
	print_key(out, before, amount_key, f->amount);
	fprintf(out, "}}");
}

void fault_case_print_yaml(FILE *out, const struct fault_case *c)
{
	struct sim_unit_config unit = bench_unit(c->chip);

	fprintf(out, "bench: a mix of faults\nseed: %" PRIu64 "\nunits:\n", c->seed);
	fprintf(out, "  - {chip: %s, revision: %u.%u, flash: 1MB, bridge: %s, content: random,\n",
		c->chip, unit.revision / 100, unit.revision % 100,
		c->bridge ? c->bridge : unit.bridge);
	fprintf(out, "     faults: [");
	for (size_t i = 0; i < c->fault_count; i++) {
		fprintf(out, "%s", i ? ", " : "");
		print_fault(out, &c->faults[i]);
	}
	fprintf(out, "]}\n");
}
