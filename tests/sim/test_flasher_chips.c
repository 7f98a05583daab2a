/* What single chips want: the stub of their revision, their ROM's idea of a crystal. */
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void expect_pass(const struct sim_unit_config *config, const struct small_plan *p,
			struct flash_report *report)
{
	struct flash_bench b;
	enum status st;

	bench_init(&b, config);
	st = bench_run(&b, FLASH_RUN_FLASH, &p->plan);
	if (st)
		fail_msg("%s: %s\n%s\n%s", status_code(st), b.report.err.text, b.log,
			 sim_unit_journal(b.unit));
	assert_int_equal(b.report.tries, 1);
	assert_int_equal(b.report.proof, FLASH_PROOF_CHIP_MD5);
	assert_true(bench_holds(&b, p));
	*report = b.report;
	bench_release(&b);
}

static void a_p4_of_each_revision_gets_its_own_stub(void **state)
{
	static const unsigned revisions[] = { 0, 103, 115, 300, 301, 302 };

	(void)state;
	for (size_t i = 0; i < sizeof(revisions) / sizeof(revisions[0]); i++) {
		struct sim_unit_config config = bench_unit("esp32p4");
		struct flash_report report;
		struct small_plan p;

		config.revision = revisions[i];
		small_plan_init(&p, "esp32p4", 1);
		p.plan.stub = STUB_ALWAYS;
		expect_pass(&config, &p, &report);
		assert_int_equal(report.ident.revision, revisions[i]);
		assert_true(report.used_stub);
		small_plan_release(&p);
	}
}

static void the_first_c2_is_left_to_its_rom(void **state)
{
	struct sim_unit_config config = bench_unit("esp32c2");
	struct flash_report report;
	struct small_plan p;
	struct flash_bench b;

	(void)state;
	config.revision = 0;
	small_plan_init(&p, "esp32c2", 1);
	expect_pass(&config, &p, &report);
	assert_false(report.used_stub);
	p.plan.stub = STUB_ALWAYS;
	bench_init(&b, &config);
	assert_int_equal(bench_run(&b, FLASH_RUN_FLASH, &p.plan), STATUS_NOT_SUPPORTED);
	assert_true(bench_is_untouched(&b));
	bench_release(&b);
	small_plan_release(&p);
}

/* A ROM that is told the plain rate would run at 26/40 or 40/48 of it. */
static void a_rom_reaches_a_high_rate_on_every_crystal(void **state)
{
	static const struct {
		const char *chip;
		unsigned crystal_mhz;
	} rows[] = {
		{ "esp32", 40 },   { "esp32", 26 },   { "esp32c2", 40 },
		{ "esp32c2", 26 }, { "esp32c5", 40 }, { "esp32c5", 48 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_unit_config config = bench_unit(rows[i].chip);
		struct flash_report report;
		struct small_plan p;

		config.bridge = "cp2104";
		config.crystal_mhz = rows[i].crystal_mhz;
		small_plan_init(&p, rows[i].chip, 1);
		p.plan.stub = STUB_NEVER;
		expect_pass(&config, &p, &report);
		assert_int_equal(report.ident.crystal_mhz, rows[i].crystal_mhz);
		assert_int_equal(report.rate_asked, 921600);
		small_plan_release(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_p4_of_each_revision_gets_its_own_stub),
		cmocka_unit_test(the_first_c2_is_left_to_its_rom),
		cmocka_unit_test(a_rom_reaches_a_high_rate_on_every_crystal),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
