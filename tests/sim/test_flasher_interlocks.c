/*
 * What a recipe asks of a unit beyond chip, revision and flash: package, memory,
 * security state. Whoever is refused is refused before a byte of flash changes.
 */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void expect(struct flash_bench *b, const struct small_plan *p, enum status expected)
{
	enum status st = bench_run(b, FLASH_RUN_FLASH, &p->plan);

	if (st != expected)
		fail_msg("%s instead of %s: %s\n%s", status_code(st), status_code(expected),
			 b->report.err.text, b->log);
}

static void expect_refusal(const struct sim_unit_config *config, const struct small_plan *p,
			   enum status expected, const char *word)
{
	struct flash_bench b;

	bench_init(&b, config);
	expect(&b, p, expected);
	if (!strstr(b.report.err.text, word))
		fail_msg("'%s' does not say '%s'", b.report.err.text, word);
	assert_int_equal(b.identified_calls, 0);
	assert_int_equal(b.report.tries, 1);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
}

/* How the run told what it did in that step. */
static const char *note_of(const struct flash_bench *b, enum flash_step step)
{
	for (size_t i = 0; i < b->report.step_count; i++) {
		if (b->report.steps[i].step == step)
			return b->report.steps[i].note;
	}
	return "";
}

static void expect_pass(const struct sim_unit_config *config, const struct small_plan *p,
			enum flash_proof proof, bool used_stub)
{
	struct flash_bench b;

	bench_init(&b, config);
	expect(&b, p, STATUS_OK);
	assert_int_equal(b.report.proof, proof);
	assert_int_equal(b.report.used_stub, used_stub);
	assert_true(bench_holds(&b, p));
	bench_release(&b);
}

/* ---- package and memory ---- */

static void only_a_package_that_the_recipe_names_is_written(void **state)
{
	static const char *const pico[] = { "PICO-D4", "PICO-V3-02" };
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	p.plan.packages = pico;
	p.plan.package_count = 2;
	config.package = "D0WDQ6";
	expect_refusal(&config, &p, STATUS_WRONG_PACKAGE, "PICO-D4 or PICO-V3-02");
	config.package = "PICO-D4";
	config.revision = 100;
	expect_pass(&config, &p, FLASH_PROOF_CHIP_MD5, true);
	small_plan_release(&p);
}

static void memory_in_the_package_must_be_the_recipe_s(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	p.plan.psram_bytes = 0x800000;
	config.package = "PICO-V3-02";
	config.flash_bytes = 0x800000;
	expect_refusal(&config, &p, STATUS_WRONG_PSRAM, "2048 KB");
	/* What stands outside the package the chip does not know. */
	config.package = "D0WDQ6";
	expect_pass(&config, &p, FLASH_PROOF_CHIP_MD5, true);
	small_plan_release(&p);

	small_plan_init(&p, "esp32s3", 1);
	p.plan.psram_bytes = 0x800000;
	config = bench_unit("esp32s3");
	expect_refusal(&config, &p, STATUS_WRONG_PSRAM, "8192 KB");
	small_plan_release(&p);
}

/* ---- flash ---- */

static void a_flash_too_small_says_what_ends_there(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;

	(void)state;
	small_plan_init(&p, "esp32", 1);
	p.plan.end_addr = 0x800000; /* of a partition; the images end below 0x20000 */
	expect_refusal(&config, &p, STATUS_FLASH_TOO_SMALL, "partition table");
	expect_refusal(&config, &p, STATUS_FLASH_TOO_SMALL, "ends at 00800000 (the images at 0001");
	small_plan_release(&p);
}

/* An id of a vendor that there is, with a capacity in no table. */
#define ODD_FLASH_ID 0xef4077

static void a_flash_in_no_table_has_the_size_that_the_recipe_names(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.flash_id = ODD_FLASH_ID;
	small_plan_init(&p, "esp32", 1);
	expect_refusal(&config, &p, STATUS_WRONG_FLASH_SIZE, "target.flash_size");
	p.plan.flash_bytes = config.flash_bytes;
	bench_init(&b, &config);
	expect(&b, &p, STATUS_OK);
	assert_true(bench_holds(&b, &p));
	assert_non_null(strstr(b.report.evidence, "7740ef in no table, 4096 KB is the recipe's"));
	assert_int_equal(b.report.ident.flash_bytes, 0);
	bench_release(&b);
	p.plan.end_addr = 0x400001;
	expect_refusal(&config, &p, STATUS_FLASH_TOO_SMALL, "00400001");
	small_plan_release(&p);
}

/* ---- secure boot ---- */

static void an_open_unit_is_not_taken_for_a_locked_one(void **state)
{
	struct sim_unit_config config = bench_unit("esp32c3");
	struct small_plan p;

	(void)state;
	small_plan_init(&p, "esp32c3", 1);
	p.plan.security = SECURITY_SECURE_BOOT;
	expect_refusal(&config, &p, STATUS_SECURITY_STATE, "recipe says secure boot");
	p.plan.security = SECURITY_SECURE_DOWNLOAD;
	p.plan.accept_unproven = true;
	p.plan.flash_bytes = config.flash_bytes;
	expect_refusal(&config, &p, STATUS_SECURITY_STATE, "recipe says secure download");
	small_plan_release(&p);
}

static void a_locked_unit_is_not_taken_for_an_open_one(void **state)
{
	struct sim_unit_config config = bench_unit("esp32c3");
	struct small_plan p;

	(void)state;
	config.secure_boot = true;
	small_plan_init(&p, "esp32c3", 1);
	expect_refusal(&config, &p, STATUS_SECURITY_STATE, "secure boot, recipe says open");
	small_plan_release(&p);
}

static void encrypted_flash_is_never_written(void **state)
{
	static const enum security_wanted wanted[] = { SECURITY_OPEN, SECURITY_SECURE_BOOT,
						       SECURITY_SECURE_DOWNLOAD };
	struct sim_unit_config config = bench_unit("esp32c3");
	struct small_plan p;

	(void)state;
	config.secure_boot = config.flash_encryption = true;
	small_plan_init(&p, "esp32c3", 1);
	p.plan.accept_unproven = true;
	p.plan.flash_bytes = config.flash_bytes;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		p.plan.security = wanted[i];
		config.secure_download = wanted[i] == SECURITY_SECURE_DOWNLOAD;
		expect_refusal(&config, &p, STATUS_SECURITY_STATE, "flash encryption");
	}
	small_plan_release(&p);
}

static void secure_boot_leaves_s3_and_c3_to_their_roms(void **state)
{
	static const char *const chips[] = { "esp32s3", "esp32c3" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;

		config.secure_boot = true;
		small_plan_init(&p, chips[i], 1);
		p.plan.security = SECURITY_SECURE_BOOT;
		expect_pass(&config, &p, FLASH_PROOF_CHIP_MD5, false);
		p.plan.stub = STUB_ALWAYS;
		expect_refusal(&config, &p, STATUS_NOT_SUPPORTED, "secure boot");
		small_plan_release(&p);
	}
}

static void secure_boot_v1_keeps_its_first_32_kb(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct small_plan p;
	struct flash_region app;
	struct flash_variant only_app = { .regions = &app, .region_count = 1 };
	struct flash_bench b;

	(void)state;
	config.secure_boot = true;
	config.revision = 100;
	small_plan_init(&p, "esp32", 1);
	p.plan.security = SECURITY_SECURE_BOOT;
	expect_refusal(&config, &p, STATUS_SECURITY_STATE, "V1");
	app = p.regions[SMALL_APP];
	p.plan.variants = &only_app;
	p.plan.erase = ERASE_ALL;
	expect_refusal(&config, &p, STATUS_SECURITY_STATE, "V1");
	p.plan.erase = ERASE_SECTORS;
	bench_init(&b, &config);
	expect(&b, &p, STATUS_OK);
	bench_release(&b);
	small_plan_release(&p);
}

/* ---- secure download mode ---- */

static void init_secure_download(struct sim_unit_config *config, struct small_plan *p,
				 const char *chip)
{
	*config = bench_unit(chip);
	config->secure_download = true;
	small_plan_init(p, chip, 1);
	p->plan.security = SECURITY_SECURE_DOWNLOAD;
	p->plan.accept_unproven = true;
	p->plan.flash_bytes = config->flash_bytes;
}

static void what_cannot_be_proven_has_to_be_accepted_first(void **state)
{
	struct sim_unit_config config;
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	init_secure_download(&config, &p, "esp32c3");
	p.plan.accept_unproven = false;
	expect_refusal(&config, &p, STATUS_NOT_PROVABLE, "does not accept");
	p.plan.accept_unproven = true;
	p.plan.flash_bytes = 0;
	expect_refusal(&config, &p, STATUS_NOT_PROVABLE, "flash size");
	p.plan.flash_bytes = config.flash_bytes;
	p.plan.stub = STUB_ALWAYS;
	expect_refusal(&config, &p, STATUS_NOT_SUPPORTED, "secure download");
	p.plan.stub = STUB_AUTO;
	p.plan.end_addr = p.plan.flash_bytes + 1;
	expect_refusal(&config, &p, STATUS_FLASH_TOO_SMALL, "00400001");
	bench_init(&b, &config);
	assert_int_equal(bench_run(&b, FLASH_RUN_VERIFY, &p.plan), STATUS_NOT_PROVABLE);
	bench_release(&b);
	small_plan_release(&p);
}

static void a_unit_in_secure_download_mode_passes_without_proof(void **state)
{
	static const char *const chips[] = { "esp32c3", "esp32s3" };
	static const enum erase_mode modes[] = { ERASE_SECTORS, ERASE_ROOMS };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config;
		struct small_plan p;
		struct flash_bench b;

		init_secure_download(&config, &p, chips[i]);
		p.plan.erase = modes[i];
		p.rooms[0] = (struct flash_range){ 0x9000, 0x5000 };
		p.plan.room_count = 1;
		bench_init(&b, &config);
		expect(&b, &p, STATUS_OK);
		assert_int_equal(b.report.proof, FLASH_PROOF_NONE);
		assert_false(b.report.used_stub);
		assert_false(b.report.ident.has_mac);
		assert_int_equal(b.report.ident.flash_bytes, 0);
		assert_non_null(strstr(note_of(&b, STEP_VERIFY), "nothing can be proven"));
		assert_true(bench_holds(&b, &p));
		bench_release(&b);
		small_plan_release(&p);
	}
}

static void no_lost_reply_makes_an_unproven_pass(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (uint64_t nth = 1;; nth++) {
		struct sim_unit_config config;
		struct sim_counters c;
		struct small_plan p;
		struct flash_bench b;

		init_secure_download(&config, &p, "esp32c3");
		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_LOSE_REPLY, .nth = nth };
		bench_init(&b, &config);
		if (bench_run(&b, FLASH_RUN_FLASH, &p.plan) == STATUS_OK)
			assert_true(bench_holds(&b, &p));
		else
			refused++;
		sim_unit_counters(b.unit, &c);
		bench_release(&b);
		small_plan_release(&p);
		if (nth > c.frames_out)
			break;
	}
	assert_true(refused > 10);
}

/* ---- download mode forbidden by fuses ---- */

static void a_unit_whose_fuses_forbid_its_loader_is_called_so(void **state)
{
	static const struct {
		const char *chip, *bridge;
		unsigned revision;
	} units[] = {
		{ "esp32", "cp2104", 300 },   { "esp32", "ch9102f", 301 },
		{ "esp32c3", "ch9102f", 3 },  { "esp32s3", "cp2102n", 1 },
		{ "esp32c3", "usb-jtag", 3 }, { "esp32s3", "usb-jtag", 1 },
		{ "esp32c6", "usb-jtag", 1 }, { "esp32p4", "usb-jtag", 103 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct sim_unit_config config = bench_unit(units[i].chip);
		struct small_plan p;
		struct flash_bench b;

		config.bridge = units[i].bridge;
		config.revision = units[i].revision;
		config.download_disabled = true;
		small_plan_init(&p, units[i].chip, 1);
		bench_init(&b, &config);
		expect(&b, &p, STATUS_DOWNLOAD_DISABLED);
		assert_non_null(strstr(b.report.err.text, "disabled"));
		assert_int_equal(b.report.tries, 1);
		assert_true(bench_is_untouched(&b));
		bench_release(&b);
		small_plan_release(&p);
	}
}

/* A C3 that was asked for its loader says so until it is reset without the strap. */
static void a_unit_that_refuses_its_loader_runs_its_application_afterwards(void **state)
{
	static const char *const chips[] = { "esp32", "esp32c3" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_unit_config config = bench_unit(chips[i]);
		struct small_plan p;
		struct flash_bench b;

		config.revision = i ? 3 : 300;
		small_plan_init(&p, chips[i], 1);
		config.download_disabled = true;
		bench_init(&b, &config);
		small_plan_apply(&p, sim_unit_flash_edit(b.unit, &b.flash_bytes), b.flash_bytes);
		expect(&b, &p, STATUS_DOWNLOAD_DISABLED);
		sim_transport_wait_ms(&b.port, 1000);
		assert_true(sim_unit_runs_application(b.unit));
		bench_release(&b);
		small_plan_release(&p);
	}
}

/* It says that it waits, and does not listen: nobody can tell that from a broken port. */
static void a_loader_that_is_barred_from_usb_needs_a_hand(void **state)
{
	struct sim_unit_config config = bench_unit("esp32c3");
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.bridge = "usb-jtag";
	config.usb_download_disabled = true;
	small_plan_init(&p, "esp32c3", 1);
	bench_init(&b, &config);
	expect(&b, &p, STATUS_NEEDS_HAND);
	if (!strstr(b.report.err.text, "hears nothing over its own USB"))
		fail_msg("%s; evidence %s\n%s", b.report.err.text, b.report.evidence, b.log);
	assert_non_null(strstr(b.report.err.text, "fuses"));
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
	small_plan_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_package_that_the_recipe_names_is_written),
		cmocka_unit_test(memory_in_the_package_must_be_the_recipe_s),
		cmocka_unit_test(a_flash_too_small_says_what_ends_there),
		cmocka_unit_test(a_flash_in_no_table_has_the_size_that_the_recipe_names),
		cmocka_unit_test(an_open_unit_is_not_taken_for_a_locked_one),
		cmocka_unit_test(a_locked_unit_is_not_taken_for_an_open_one),
		cmocka_unit_test(encrypted_flash_is_never_written),
		cmocka_unit_test(secure_boot_leaves_s3_and_c3_to_their_roms),
		cmocka_unit_test(secure_boot_v1_keeps_its_first_32_kb),
		cmocka_unit_test(what_cannot_be_proven_has_to_be_accepted_first),
		cmocka_unit_test(a_unit_in_secure_download_mode_passes_without_proof),
		cmocka_unit_test(no_lost_reply_makes_an_unproven_pass),
		cmocka_unit_test(a_unit_whose_fuses_forbid_its_loader_is_called_so),
		cmocka_unit_test(a_unit_that_refuses_its_loader_runs_its_application_afterwards),
		cmocka_unit_test(a_loader_that_is_barred_from_usb_needs_a_hand),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
