/*
 * An ESP32-C3 behind a CH9102F: every kind of fault at every event of a whole run. Whatever the run
 * says: when it says PASS, the flash equals the plan and nothing else changed; and it is over in
 * time.
 */
#include "tests/sim/fault_suite.h"

static const struct fault_case ways[] = {
	{ .chip = "esp32c3", .bridge = "ch9102f", .seed = 1, .stub = STUB_AUTO, .compress = true },
	{ .chip = "esp32c3",
	  .bridge = "ch9102f",
	  .seed = 2,
	  .stub = STUB_ALWAYS,
	  .skip = SKIP_UNCHANGED,
	  .is_half_there = true,
	  .erase = ERASE_ROOMS },
	{ .chip = "esp32c3", .bridge = "ch9102f", .seed = 3, .stub = STUB_NEVER, .compress = true },
	{ .chip = "esp32c3",
	  .bridge = "ch9102f",
	  .seed = 4,
	  .stub = STUB_NEVER,
	  .erase = ERASE_ROOMS },
};

int main(void)
{
	return fault_suite(ways, sizeof(ways) / sizeof(ways[0]));
}
