/* Which slots are called bad, from how often they needed help. */
#include "tests/station/tree.h"

#include "station/slot_health.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX 64

static struct slot_count items[SLOTS_MAX];
static struct slot_counts counts = { .items = items };

static void begin(void)
{
	memset(items, 0, sizeof(items));
	counts.count = 0;
}

static struct slot_count *add(const char *chain, const char *bridge, int runs, int rescued)
{
	struct slot_count *c = &items[counts.count++];

	snprintf(c->slot, sizeof(c->slot), "pci-0000:00:14.0/%s:1.0", chain);
	snprintf(c->bridge, sizeof(c->bridge), "%s", bridge);
	c->runs = c->passes = runs;
	c->rescued = rescued;
	return c;
}

/* "1.1 bad, 1.2 sound, ..." */
static const char *judged(void)
{
	static const char *const words[] = { "too few", "sound", "bad" };
	static char text[600];
	size_t count;
	struct slot_health *h = slot_health_new(&counts, &count);

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);
		const char *chain = strchr(h[i].last->slot, '/') + 1;

		snprintf(text + used, sizeof(text) - used, "%s%.*s %s%s", i ? ", " : "",
			 (int)strcspn(chain, ":"), chain, words[h[i].judgement],
			 h[i].is_hub_bad ? " with its hub" : "");
	}
	free(h);
	return text;
}

static void the_one_that_needs_rescue_far_more_often_is_bad(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 20, 0);
	add("1.2", "CP2104", 20, 12);
	add("1.3", "CP2104", 20, 1);
	assert_string_equal(judged(), "1.1 sound, 1.2 bad, 1.3 sound");
}

static void two_slots_are_enough_to_compare(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 30, 0);
	add("1.2", "CP2104", 30, 15);
	assert_string_equal(judged(), "1.1 sound, 1.2 bad");
}

static void failures_by_the_link_count_and_lowered_passes_are_no_test(void **state)
{
	struct slot_count *c;

	(void)state;
	begin();
	add("1.1", "CP2104", 40, 0);
	c = add("1.2", "CP2104", 25, 3); /* and after each it began lowered */
	c->lowered = 20;
	c = add("1.3", "CP2104", 30, 0);
	c->passes = 10;
	c->link_failures = 20;
	c = add("1.4", "CP2104", 30, 0);
	c->passes = 10; /* 20 units that are broken themselves */
	assert_string_equal(judged(), "1.1 sound, 1.2 bad, 1.3 bad, 1.4 sound");
}

static void one_rescue_and_its_lowered_runs_are_no_proof(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 100, 0);
	add("1.2", "CP2104", 10, 1)->lowered = 3;
	assert_string_equal(judged(), "1.1 sound, 1.2 sound");
}

static void nobody_is_judged_by_a_handful_of_runs(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 100, 0);
	add("1.2", "CP2104", 7, 7);
	assert_string_equal(judged(), "1.1 too few, 1.2 too few");
	begin();
	add("1.2", "CP2104", 100, 90);
	assert_string_equal(judged(), "1.2 too few");
	begin();
	assert_string_equal(judged(), "");
}

static void a_trouble_that_all_share_is_no_slots_fault(void **state)
{
	(void)state;
	begin();
	for (int i = 1; i <= 8; i++) {
		char chain[8];

		snprintf(chain, sizeof(chain), "1.%d", i);
		add(chain, "CH9102", 20, i % 2 ? 9 : 12);
	}
	assert_null(strstr(judged(), "bad"));
}

static void only_slots_with_the_same_bridge_are_compared(void **state)
{
	(void)state;
	begin();
	for (int i = 1; i <= 4; i++) {
		char chain[8];

		snprintf(chain, sizeof(chain), "1.%d", i);
		add(chain, i <= 2 ? "CP2104" : "CH9102F", 30, i <= 2 ? 0 : 20);
	}
	assert_null(strstr(judged(), "bad"));
}

static void of_a_slot_with_two_bridges_the_one_seen_last_is_judged(void **state)
{
	size_t count;
	struct slot_health *h;

	(void)state;
	begin();
	add("1.1", "CP2104", 30, 0);
	add("1.2", "CP2104", 30, 0); /* the cable was replaced with the product */
	add("1.2", "CH9102F", 30, 25);
	add("1.3", "CH9102F", 30, 0);
	assert_string_equal(judged(), "1.1 sound, 1.2 sound, 1.3 sound");
	h = slot_health_new(&counts, &count);
	assert_int_equal(count, 3);
	assert_int_equal(h[1].runs, 60);
	assert_int_equal(h[1].rescued, 25);
	assert_int_equal(h[1].judged, 30);
	assert_string_equal(h[1].last->bridge, "CP2104");
	free(h);
}

static void half_of_all_slots_may_be_bad_and_their_hub_is_named(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 30, 0);
	add("1.2", "CP2104", 30, 1);
	add("1.3", "CP2104", 30, 0);
	add("2.1", "CP2104", 30, 15);
	add("2.2", "CP2104", 30, 14);
	add("2.3", "CP2104", 2, 0); /* cannot be judged, and says nothing against it */
	assert_string_equal(judged(), "1.1 sound, 1.2 sound, 1.3 sound, 2.1 bad with its hub, "
				      "2.2 bad with its hub, 2.3 too few with its hub");
	add("2.4", "CP2104", 30, 0);
	assert_null(strstr(judged(), "hub"));
	assert_non_null(strstr(judged(), "2.1 bad"));
}

static void a_rare_trouble_is_not_called_bad_however_sure_it_is(void **state)
{
	(void)state;
	begin();
	add("1.1", "CP2104", 5000, 0);
	add("1.2", "CP2104", 5000, 200);
	assert_string_equal(judged(), "1.1 sound, 1.2 sound");
}

/* ---- chance ---- */

static uint32_t seed = 1;

static bool happens(double share)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) / 16777216.0 < share;
}

/*
 * So many runs in a slot with the memory that docs/records.md describes, in which a unit needs help
 * with that chance, by itself or by the slot: after a rescue passes that begin lowered,
 * then the best again, and twice as many when that fails.
 */
static void live(struct slot_count *c, int runs, double units_share, double slots_share)
{
	int lowered = 0, wait = 3;
	bool is_lowered = false;

	for (int i = 0; i < runs; i++) {
		bool needs_help = happens(units_share) || happens(slots_share);

		c->runs++;
		c->passes++;
		if (is_lowered && lowered < wait) {
			c->lowered++;
			lowered++;
			continue;
		}
		c->rescued += needs_help;
		wait = !is_lowered ? 3 : wait < 24 ? 2 * wait : 48;
		is_lowered = needs_help;
		lowered = 0;
	}
}

/* A fixture; its first slots are bad. Slots called so, and how many of the first. */
static unsigned called_bad(int slots, int bad, int runs, double units_share, double slots_share,
			   unsigned *right)
{
	unsigned called = 0;
	size_t count;
	struct slot_health *h;

	begin();
	for (int i = 0; i < slots; i++) {
		char chain[16];

		snprintf(chain, sizeof(chain), "%d.%d", i / 7 + 1, i % 7 + 1);
		live(add(chain, "CP2104", 0, 0), runs, units_share, i < bad ? slots_share : 0);
	}
	h = slot_health_new(&counts, &count);
	for (size_t i = 0; i < count; i++) {
		called += h[i].judgement == SLOT_BAD;
		*right += h[i].judgement == SLOT_BAD && (int)i < bad;
	}
	free(h);
	return called;
}

static void units_that_need_help_make_hardly_ever_a_bad_slot(void **state)
{
	static const int slots[] = { 2, 8, 24, 64 }, runs[] = { 12, 30, 100, 200 };
	static const double shares[] = { 0.01, 0.03, 0.1, 0.2, 0.4 };
	unsigned fixtures = 0, wrong = 0, right = 0;

	(void)state;
	seed = 1;
	for (size_t i = 0; i < 4 * 4 * 5 * 25; i++, fixtures++)
		wrong += called_bad(slots[i % 4], 0, runs[i / 4 % 4], shares[i / 16 % 5], 0,
				    &right) > 0;
	print_message("%u of %u fixtures with a slot called bad by chance\n", wrong, fixtures);
	assert_in_range(wrong, 0, fixtures / 20);
}

static void slots_that_need_help_are_found_in_forty_runs(void **state)
{
	static const struct {
		int slots, bad;
	} fixtures[] = { { 2, 1 }, { 8, 1 }, { 8, 3 }, { 24, 1 }, { 24, 10 }, { 64, 1 } };
	unsigned right = 0, bad = 0;

	(void)state;
	seed = 1;
	for (size_t i = 0; i < 300; i++) {
		called_bad(fixtures[i % 6].slots, fixtures[i % 6].bad, 40, 0.02, 0.5, &right);
		bad += (unsigned)fixtures[i % 6].bad;
	}
	print_message("%u of %u bad slots found\n", right, bad);
	assert_in_range(right, bad * 9 / 10, bad);
}

static void the_chance_is_the_binomials_tail(void **state)
{
	(void)state;
	assert_in_range((int)(chance_of(1, 10, 0.1) * 1e6 + 0.5), 651321, 651322);
	assert_in_range((int)(chance_of(3, 5, 0.5) * 1e6 + 0.5), 500000, 500000);
	assert_in_range((int)(chance_of(5, 5, 0.1) * 1e9 + 0.5), 10000, 10000);
	assert_true(chance_of(0, 5, 0.1) == 1 && chance_of(3, 5, 0) == 0 &&
		    chance_of(3, 5, 1) == 1);
}

static void the_hub_is_the_slot_without_its_last_port(void **state)
{
	static const struct {
		const char *slot, *hub;
	} rows[] = {
		{ "pci-0000:00:14.0/1.4:1.0", "pci-0000:00:14.0/1" },
		{ "pci-0000:00:14.0/1.4.2:1.0.port1", "pci-0000:00:14.0/1.4" },
		{ "pci-0000:00:14.0/3:1.0", "pci-0000:00:14.0" },
		{ "platform-fe980000.usb/1.2:1.0", "platform-fe980000.usb/1" },
		{ "ttyS0", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hub[200];

		slot_hub(rows[i].slot, hub, sizeof(hub));
		assert_string_equal(hub, rows[i].hub);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_that_needs_rescue_far_more_often_is_bad),
		cmocka_unit_test(two_slots_are_enough_to_compare),
		cmocka_unit_test(failures_by_the_link_count_and_lowered_passes_are_no_test),
		cmocka_unit_test(one_rescue_and_its_lowered_runs_are_no_proof),
		cmocka_unit_test(nobody_is_judged_by_a_handful_of_runs),
		cmocka_unit_test(a_trouble_that_all_share_is_no_slots_fault),
		cmocka_unit_test(only_slots_with_the_same_bridge_are_compared),
		cmocka_unit_test(of_a_slot_with_two_bridges_the_one_seen_last_is_judged),
		cmocka_unit_test(half_of_all_slots_may_be_bad_and_their_hub_is_named),
		cmocka_unit_test(a_rare_trouble_is_not_called_bad_however_sure_it_is),
		cmocka_unit_test(units_that_need_help_make_hardly_ever_a_bad_slot),
		cmocka_unit_test(slots_that_need_help_are_found_in_forty_runs),
		cmocka_unit_test(the_chance_is_the_binomials_tail),
		cmocka_unit_test(the_hub_is_the_slot_without_its_last_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
