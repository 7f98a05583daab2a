/* Which slots are called bad, from how often they needed help. */
#include "tests/station/tree.h"

#include "station/slot_health.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX 16

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

static void failures_by_the_link_and_lowered_passes_count_as_help(void **state)
{
	struct slot_count *c;

	(void)state;
	begin();
	add("1.1", "CP2104", 40, 0);
	c = add("1.2", "CP2104", 25, 3); /* after that it began lowered, which is no cure */
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

/* Of 8 equal slots with 20 runs each in which every tenth needs help: some seed of chance must
 * not be called bad more often than the bounds promise. */
static void chance_alone_makes_hardly_ever_a_bad_slot(void **state)
{
	uint32_t seed = 1;
	unsigned bad = 0;

	(void)state;
	for (int station = 0; station < 500; station++) {
		size_t count;
		struct slot_health *h;

		begin();
		for (int i = 0; i < 8; i++) {
			char chain[8];
			int rescued = 0;

			for (int run = 0; run < 20; run++) {
				seed = seed * 1664525 + 1013904223;
				rescued += seed >> 16 < 6554;
			}
			snprintf(chain, sizeof(chain), "1.%d", i + 1);
			add(chain, "CP2104", 20, rescued);
		}
		h = slot_health_new(&counts, &count);
		for (size_t i = 0; i < count; i++)
			bad += h[i].judgement == SLOT_BAD;
		free(h);
	}
	/* Of 4000 slots. */
	assert_in_range(bad, 0, 12);
}

static void the_bounds_are_wilsons(void **state)
{
	double low, high;

	(void)state;
	/* By hand from the formula, z = 2.576. */
	wilson_bounds(10, 20, &low, &high);
	assert_in_range((int)(low * 1000 + 0.5), 250, 252);
	assert_in_range((int)(high * 1000 + 0.5), 748, 750);
	wilson_bounds(0, 20, &low, &high);
	assert_true(low == 0);
	assert_in_range((int)(high * 1000 + 0.5), 248, 250);
	wilson_bounds(0, 0, &low, &high);
	assert_true(low == 0 && high == 1);
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
		cmocka_unit_test(failures_by_the_link_and_lowered_passes_count_as_help),
		cmocka_unit_test(one_rescue_and_its_lowered_runs_are_no_proof),
		cmocka_unit_test(nobody_is_judged_by_a_handful_of_runs),
		cmocka_unit_test(a_trouble_that_all_share_is_no_slots_fault),
		cmocka_unit_test(only_slots_with_the_same_bridge_are_compared),
		cmocka_unit_test(of_a_slot_with_two_bridges_the_one_seen_last_is_judged),
		cmocka_unit_test(half_of_all_slots_may_be_bad_and_their_hub_is_named),
		cmocka_unit_test(a_rare_trouble_is_not_called_bad_however_sure_it_is),
		cmocka_unit_test(chance_alone_makes_hardly_ever_a_bad_slot),
		cmocka_unit_test(the_bounds_are_wilsons),
		cmocka_unit_test(the_hub_is_the_slot_without_its_last_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
