/* Bytes of one unit alone: written and proven with the plan's, judged and bounded like them. */
#include "tests/sim/flash_bench.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <zlib.h>

#define OWN_ADDR 0x9000u
#define OWN_BYTES 0x3000u

struct own_world {
	struct small_plan p;
	struct flash_bench b;
	struct flash_range range;
	struct flash_region region;
	uint8_t bytes[OWN_BYTES];
};

static enum status pack(const uint8_t *data, size_t size_bytes, uint8_t **packed,
			size_t *packed_bytes, struct err *err)
{
	uLongf room = compressBound(size_bytes);

	(void)err;
	*packed = malloc(room);
	assert_non_null(*packed);
	assert_int_equal(compress2(*packed, &room, data, size_bytes, 6), Z_OK);
	*packed_bytes = room;
	return STATUS_OK;
}

static void make_bytes(struct own_world *w, char unit)
{
	memset(w->bytes, 0xff, sizeof(w->bytes));
	for (size_t i = 0; i < 600; i++)
		w->bytes[i] = (uint8_t)(unit + i % 61);
	w->bytes[0x1000] = (uint8_t)unit;
}

static void init(struct own_world *w, const struct sim_unit_config *config)
{
	memset(w, 0, sizeof(*w));
	small_plan_init(&w->p, "esp32", 1);
	make_bytes(w, 'a');
	w->range = (struct flash_range){ OWN_ADDR, OWN_BYTES };
	w->region = (struct flash_region){
		.label = "nvs", .addr = OWN_ADDR, .data = w->bytes, .size_bytes = OWN_BYTES
	};
	w->p.plan.own_ranges = &w->range;
	w->p.plan.own_range_count = 1;
	w->p.plan.pack = pack;
	bench_init(&w->b, config);
	w->b.own = &w->region;
	w->b.own_count = 1;
}

static void release(struct own_world *w)
{
	bench_release(&w->b);
	small_plan_release(&w->p);
}

/* What the flash held before is now what it shall hold there. */
static bool holds_all(struct own_world *w)
{
	memcpy(w->b.before + OWN_ADDR, w->bytes, OWN_BYTES);
	return bench_holds(&w->b, &w->p);
}

static void flash(struct own_world *w)
{
	enum status st = bench_run(&w->b, FLASH_RUN_FLASH, &w->p.plan);

	if (st)
		fail_msg("%s: %s\n%s", status_code(st), w->b.report.err.text, w->b.log);
	assert_true(holds_all(w));
}

static void a_unit_gets_its_own_bytes_and_the_plans(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;
	uint64_t plan_bytes = 0;

	(void)state;
	for (int rom = 0; rom < 2; rom++) {
		init(&w, &config);
		w.p.plan.stub = rom ? STUB_NEVER : STUB_ALWAYS;
		flash(&w);
		plan_bytes = 0;
		for (size_t i = 0; i < SMALL_REGIONS; i++)
			plan_bytes += w.p.regions[i].size_bytes;
		assert_int_equal(w.b.own_calls, 1);
		assert_int_equal(w.b.report.raw_bytes, plan_bytes + OWN_BYTES);
		assert_int_equal(w.b.last_done_bytes, plan_bytes + OWN_BYTES);
		assert_true(w.b.report.wire_bytes < plan_bytes + OWN_BYTES / 2);
		release(&w);
	}
}

/* Whenever the port goes: a unit that finds its boot loader has its own bytes, too. */
static void an_interrupted_unit_never_looks_good_without_its_own_bytes(void **state)
{
	bool was_complete = false;

	(void)state;
	for (uint64_t nth = 9000; !was_complete; nth += 1501) {
		struct sim_unit_config config = bench_unit("esp32");
		struct own_world w;
		const uint8_t *bytes;
		enum status st;
		size_t size;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_UNPLUG, .nth = nth };
		init(&w, &config);
		st = bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan);
		was_complete = st == STATUS_OK;
		bytes = sim_unit_flash(w.b.unit, &size);
		if (memcmp(bytes, w.b.before, size) != 0 && bytes[0x1000] == 0xe9)
			assert_true(holds_all(&w));
		else
			assert_false(was_complete);
		release(&w);
	}
}

static void no_lost_reply_makes_a_false_pass(void **state)
{
	(void)state;
	for (uint64_t nth = 30;; nth += 7) {
		struct sim_unit_config config = bench_unit("esp32");
		struct sim_counters c;
		struct own_world w;

		config.faults[config.fault_count++] =
			(struct sim_fault){ .kind = SIM_FAULT_LOSE_REPLY, .nth = nth };
		init(&w, &config);
		if (bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan) == STATUS_OK)
			assert_true(holds_all(&w));
		assert_int_equal(w.b.own_calls, 1);
		sim_unit_counters(w.b.unit, &c);
		release(&w);
		if (!c.faults_fired)
			return;
	}
}

static void without_its_own_bytes_nothing_is_written(void **state)
{
	static const struct flash_region elsewhere = { .label = "nvs",
						       .addr = OWN_ADDR + FLASH_SECTOR_BYTES,
						       .size_bytes = OWN_BYTES };
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;

	(void)state;
	init(&w, &config);
	w.b.own_status = STATUS_SERIALS_USED_UP;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan), STATUS_SERIALS_USED_UP);
	expect_word(w.b.report.err.text, "no number is left");
	assert_int_equal(w.b.report.tries, 1);
	assert_true(bench_is_untouched(&w.b));

	w.b.own_status = STATUS_OK;
	w.b.identified_calls = 0;
	w.b.own = &elsewhere;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan), STATUS_INTERNAL);
	w.b.identified_calls = 0;
	w.b.own_count = 0;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan), STATUS_INTERNAL);
	assert_true(bench_is_untouched(&w.b));
	release(&w);
}

static void a_verify_run_judges_them_where_they_are_known(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;

	(void)state;
	init(&w, &config);
	flash(&w);
	w.b.identified_calls = 0;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_VERIFY, &w.p.plan), STATUS_OK);
	make_bytes(&w, 'b');
	w.b.identified_calls = 0;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_VERIFY, &w.p.plan), STATUS_MD5_MISMATCH);
	expect_word(w.b.report.err.text, "nvs at 00009000");
	w.b.identified_calls = 0;
	w.b.own_count = 0;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_VERIFY, &w.p.plan), STATUS_OK);
	expect_word(w.b.log, "not judged");
	release(&w);
}

static void the_md5_of_a_secret_region_is_not_told(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;
	uint8_t md5[2][MD5_BYTES];
	char text[2 * MD5_BYTES + 1];

	(void)state;
	for (int secret = 0; secret < 2; secret++) {
		init(&w, &config);
		w.region.is_secret = secret;
		digest_md5(w.bytes, OWN_BYTES, md5[0]);
		flash(&w);
		make_bytes(&w, 'b');
		digest_md5(w.bytes, OWN_BYTES, md5[1]);
		w.b.identified_calls = 0;
		assert_int_equal(bench_run(&w.b, FLASH_RUN_VERIFY, &w.p.plan), STATUS_MD5_MISMATCH);
		for (int i = 0; i < 2; i++) {
			hex_text(md5[i], MD5_BYTES, text);
			assert_int_equal(strstr(w.b.report.err.text, text) == NULL, secret);
			assert_int_equal(strstr(w.b.log, text) == NULL, secret);
		}
		release(&w);
	}
}

static void own_bytes_that_are_there_already_are_not_sent_again(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;

	(void)state;
	init(&w, &config);
	flash(&w);
	w.p.plan.skip = SKIP_UNCHANGED;
	w.b.identified_calls = 0;
	flash(&w);
	assert_int_equal(w.b.report.raw_bytes, 0);
	make_bytes(&w, 'b');
	w.b.identified_calls = 0;
	flash(&w);
	/* Two sectors of three, and the boot sector. */
	assert_int_equal(w.b.report.raw_bytes, 3 * FLASH_SECTOR_BYTES);
	release(&w);
}

static void rooms_are_erased_around_own_bytes(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;

	(void)state;
	init(&w, &config);
	w.p.plan.erase = ERASE_ROOMS;
	w.p.rooms[0] = (struct flash_range){ OWN_ADDR, OWN_BYTES + FLASH_SECTOR_BYTES };
	w.p.plan.room_count = 1;
	assert_int_equal(bench_run(&w.b, FLASH_RUN_FLASH, &w.p.plan), STATUS_OK);
	w.p.rooms[0] = (struct flash_range){ OWN_ADDR + OWN_BYTES, FLASH_SECTOR_BYTES };
	assert_true(holds_all(&w));
	release(&w);
}

static void limits_know_of_them(void **state)
{
	struct sim_unit_config config = bench_unit("esp32");
	struct own_world w;
	uint32_t with_ms;
	double with_s;

	(void)state;
	init(&w, &config);
	with_ms = flasher_limit_ms(&w.p.plan, &w.b.link);
	with_s = flasher_expected_s(&w.p.plan, 921600, true);
	w.p.plan.own_range_count = 0;
	assert_true(with_ms > flasher_limit_ms(&w.p.plan, &w.b.link) + 3 * 1500);
	assert_true(with_s > flasher_expected_s(&w.p.plan, 921600, true) + 0.1);
	release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_gets_its_own_bytes_and_the_plans),
		cmocka_unit_test(an_interrupted_unit_never_looks_good_without_its_own_bytes),
		cmocka_unit_test(no_lost_reply_makes_a_false_pass),
		cmocka_unit_test(without_its_own_bytes_nothing_is_written),
		cmocka_unit_test(a_verify_run_judges_them_where_they_are_known),
		cmocka_unit_test(the_md5_of_a_secret_region_is_not_told),
		cmocka_unit_test(own_bytes_that_are_there_already_are_not_sent_again),
		cmocka_unit_test(rooms_are_erased_around_own_bytes),
		cmocka_unit_test(limits_know_of_them),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
