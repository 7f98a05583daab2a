#include "tests/sim/flash_bench.h"

#include "engine/stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HAND_US 1000000u
#define POWER_OFF_MS 1000u
#define OLD_CONTENT_BYTES 69997u /* odd: what repeats lies at other places of a sector */

/* ---- what the run tells ---- */

static void keep_line(void *ctx, const char *line)
{
	struct flash_bench *b = ctx;
	size_t len = strlen(b->log);

	snprintf(b->log + len, sizeof(b->log) - len, "%s\n", line);
}

static void keep_progress(void *ctx, const struct flash_progress *p)
{
	struct flash_bench *b = ctx;

	b->progress_calls++;
	b->last_done_bytes = p->done_bytes;
	assert_true(p->done_bytes <= p->total_bytes);
	if (b->on_progress)
		b->on_progress(b, p);
}

static enum status keep_identified(void *ctx, const struct ident *ident, struct err *err)
{
	struct flash_bench *b = ctx;
	struct sim_counters c;

	(void)ident;
	sim_unit_counters(b->unit, &c);
	b->identified_calls++;
	b->programmed_when_identified = c.bytes_programmed + c.sectors_erased;
	if (!b->identified_status)
		return STATUS_OK;
	return err_set(err, b->identified_status, "a guard said no");
}

static enum status give_own(void *ctx, const struct ident *ident,
			    const struct flash_region **regions, size_t *count, struct err *err)
{
	struct flash_bench *b = ctx;

	(void)ident;
	assert_int_equal(b->identified_calls, 1); /* guards first */
	b->own_calls++;
	if (b->own_status)
		return err_set(err, b->own_status, "no number is left");
	*regions = b->own;
	*count = b->own_count;
	return STATUS_OK;
}

/* ---- a port that comes and goes, an adapter without lines ---- */

static enum status follow_port(void *ctx, struct transport **transport, struct deadline d,
			       struct err *err)
{
	struct flash_bench *b = ctx;

	b->reopens++;
	*transport = NULL;
	if (!sim_transport_follow(&b->port, d.at_us))
		return err_set(err, STATUS_PORT_GONE, "simulated port: it did not come back");
	*transport = &b->port.base;
	return STATUS_OK;
}

static enum status switch_power(void *ctx, struct transport **transport, struct deadline d,
				struct err *err)
{
	struct flash_bench *b = ctx;

	b->power_cycles++;
	transport_close(*transport);
	sim_unit_pull(b->unit, b->port.now_us);
	sim_transport_wait_ms(&b->port, POWER_OFF_MS);
	sim_unit_plug(b->unit, b->port.now_us);
	return follow_port(ctx, transport, d, err);
}

void bench_hold_boot_if_gone(struct flash_bench *b)
{
	if (sim_unit_is_present(b->unit))
		return;
	sim_unit_press_reset(b->unit, b->port.now_us, true);
	if (!sim_transport_follow(&b->port, b->port.now_us + HAND_US))
		fail_msg("no port in the loader\n%s", sim_unit_journal(b->unit));
}

static enum status refuse_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	(void)t;
	(void)dtr;
	(void)rts;
	return err_set(err, STATUS_NOT_SUPPORTED, "this adapter has no lines");
}

void bench_cut_lines(struct flash_bench *b)
{
	b->ops_without_lines = *b->port.base.ops;
	b->ops_without_lines.set_lines = refuse_lines;
	b->port.base.ops = &b->ops_without_lines;
}

/* ---- the bench ---- */

bool bench_has_stubs(void)
{
	if (stub_images[0].name)
		return true;
	print_message("SKIPPED: this build carries no stub images (STUB_DIR)\n");
	return false;
}

/* Revision and bridge that are usual for each chip. */
static const struct {
	const char *chip;
	unsigned revision;
	const char *bridge;
} usual[] = {
	{ "esp32", 300, "cp2104" },   { "esp32s2", 100, "usb-otg" },
	{ "esp32s3", 2, "usb-jtag" }, { "esp32c2", 100, "cp2104" },
	{ "esp32c3", 4, "cp2104" },   { "esp32c5", 100, "usb-jtag" },
	{ "esp32c6", 1, "usb-jtag" }, { "esp32c61", 100, "usb-jtag" },
	{ "esp32h2", 1, "usb-jtag" }, { "esp32p4", 103, "usb-jtag" },
};

struct sim_unit_config bench_unit(const char *chip_key)
{
	struct sim_unit_config config = {
		.name = "unit",
		.chip = chip_key,
		.mac = { 0x24, 0x0a, 0xc4, 0x00, 0x01, 0x10 },
		.flash_bytes = 0x400000,
		.seed = 1,
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (strcmp(usual[i].chip, chip_key) == 0) {
			config.revision = usual[i].revision;
			config.bridge = usual[i].bridge;
		}
	}
	return config;
}

/* Old content: no two sectors alike for long, and quickly made. */
static void fill_flash(struct flash_bench *b)
{
	uint8_t *flash = sim_unit_flash_edit(b->unit, &b->flash_bytes);
	size_t filled = OLD_CONTENT_BYTES;

	for (size_t i = 0; i < filled; i++)
		flash[i] = (uint8_t)(i * 167 + (i >> 9));
	while (filled < b->flash_bytes) {
		size_t more = b->flash_bytes - filled < filled ? b->flash_bytes - filled : filled;

		memcpy(flash + filled, flash, more);
		filled += more;
	}
	b->before = malloc(b->flash_bytes);
	assert_non_null(b->before);
	memcpy(b->before, flash, b->flash_bytes);
}

void bench_init(struct flash_bench *b, const struct sim_unit_config *config)
{
	bool is_jtag = strcmp(config->bridge, "usb-jtag") == 0;
	bool is_otg = strcmp(config->bridge, "usb-otg") == 0;
	bool is_native = is_jtag || is_otg;
	char error[200] = "";

	memset(b, 0, sizeof(*b));
	if (!sim_transport_init(&b->port, config, error, sizeof(error)))
		fail_msg("%s", error);
	b->unit = b->port.unit;
	b->link = (struct link_profile){
		.resets = { is_jtag ? RESET_USB_JTAG : RESET_TIGHT, RESET_TIGHT_LONG },
		.reset_count = is_native ? 1 : 2,
		.rates = { 921600, 460800 },
		.rate_count = is_native ? 0 : 2,
		.is_native_usb = is_native,
		.is_usb_otg = is_otg,
		.ram_block_bytes = is_otg ? 0x800 : 0x1800,
	};
	fill_flash(b);
}

void bench_release(struct flash_bench *b)
{
	sim_transport_release(&b->port);
	free(b->before);
}

enum status bench_run(struct flash_bench *b, enum flash_kind kind, const struct flash_plan *plan)
{
	b->log[0] = '\0';
	b->job = (struct flash_job){
		.kind = kind,
		.plan = plan,
		.link = &b->link,
		.transport = &b->port.base,
		.limit_ms = b->limit_ms,
		.watch = { .ctx = b,
			   .progress = keep_progress,
			   .identified = keep_identified,
			   .log = keep_line },
		.reopen = b->loses_ports ? NULL : follow_port,
		.reopen_ctx = b,
		.power_cycle = b->can_power_cycle ? switch_power : NULL,
		.boot = b->boot,
		.start = b->start,
		.own_regions = give_own,
		.own_ctx = b,
	};
	return flasher_run(&b->job, &b->report);
}

/* ---- what the flash holds ---- */

static bool is_same(const uint8_t *is, const uint8_t *wanted, size_t size)
{
	if (memcmp(is, wanted, size) == 0)
		return true;
	for (size_t i = 0; i < size; i++) {
		if (is[i] != wanted[i]) {
			print_message("flash at %zx is %02x, wanted %02x\n", i, is[i], wanted[i]);
			return false;
		}
	}
	return true;
}

bool bench_holds(const struct flash_bench *b, const struct small_plan *p)
{
	size_t size;
	const uint8_t *flash = sim_unit_flash(b->unit, &size);
	uint8_t *wanted = malloc(size);
	bool is_good;

	assert_non_null(wanted);
	memcpy(wanted, b->before, size);
	small_plan_apply(p, wanted, size);
	is_good = is_same(flash, wanted, size);
	free(wanted);
	return is_good;
}

bool bench_is_untouched(const struct flash_bench *b)
{
	size_t size;
	const uint8_t *flash = sim_unit_flash(b->unit, &size);

	return is_same(flash, b->before, size);
}

void bench_flash(struct flash_bench *b, const struct small_plan *p, enum status expected)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->plan);

	if (st != expected)
		fail_msg("%s instead of %s: %s\n%s\n%s\n%s\n%s", status_code(st),
			 status_code(expected), b->report.err.text, b->report.evidence,
			 b->report.rungs, b->log, sim_unit_journal(b->unit));
	if (st == STATUS_OK)
		assert_true(bench_holds(b, p));
}

void expect_word(const char *text, const char *word)
{
	if (!strstr(text, word))
		fail_msg("'%s' does not say '%s'", text, word);
}
