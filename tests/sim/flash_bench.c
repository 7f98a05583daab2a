#include "tests/sim/flash_bench.h"

#include "engine/stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

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

/* ---- the bench ---- */

bool bench_has_stubs(void)
{
	if (stub_images[0].name)
		return true;
	print_message("SKIPPED: this build carries no stub images (STUB_DIR)\n");
	return false;
}

struct sim_unit_config bench_unit(const char *chip_key)
{
	bool is_s3 = strcmp(chip_key, "esp32s3") == 0;

	return (struct sim_unit_config){
		.name = "unit",
		.chip = chip_key,
		.revision = strcmp(chip_key, "esp32") == 0 ? 300
			    : is_s3                        ? 2
							   : 4,
		.mac = { 0x24, 0x0a, 0xc4, 0x00, 0x01, 0x10 },
		.flash_bytes = 0x400000,
		.bridge = is_s3 ? "usb-jtag" : "cp2104",
		.seed = 1,
	};
}

static void fill_flash(struct flash_bench *b)
{
	uint8_t *flash = sim_unit_flash_edit(b->unit, &b->flash_bytes);

	for (size_t i = 0; i < b->flash_bytes; i++)
		flash[i] = (uint8_t)(i * 167 + (i >> 9));
	b->before = malloc(b->flash_bytes);
	assert_non_null(b->before);
	memcpy(b->before, flash, b->flash_bytes);
}

void bench_init(struct flash_bench *b, const struct sim_unit_config *config)
{
	bool is_native = strcmp(config->bridge, "usb-jtag") == 0;
	char error[200] = "";

	memset(b, 0, sizeof(*b));
	if (!sim_transport_init(&b->port, config, error, sizeof(error)))
		fail_msg("%s", error);
	b->unit = b->port.unit;
	b->link = (struct link_profile){
		.resets = { is_native ? RESET_USB_JTAG : RESET_TIGHT, RESET_TIGHT_LONG },
		.reset_count = is_native ? 1 : 2,
		.rates = { 921600, 460800 },
		.rate_count = is_native ? 0 : 2,
		.is_native_usb = is_native,
		.ram_block_bytes = 0x1800,
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
	};
	return flasher_run(&b->job, &b->report);
}

/* ---- what the flash holds ---- */

static bool is_same(const uint8_t *is, const uint8_t *wanted, size_t size)
{
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
