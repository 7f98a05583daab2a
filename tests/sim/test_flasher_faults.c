/*
 * An ESP32 behind a CP2104: every kind of fault at every event of a whole run. Whatever the run
 * says: when it says PASS, the flash equals the plan and nothing else changed; and it is over in
 * time.
 */
#include "tests/sim/fault_suite.h"

static const struct fault_case ways[] = {
	{ .chip = "esp32", .seed = 1, .stub = STUB_AUTO, .compress = true },
	{ .chip = "esp32", .seed = 2, .stub = STUB_ALWAYS, .erase = ERASE_ROOMS },
	{ .chip = "esp32", .seed = 3, .stub = STUB_NEVER, .compress = true, .erase = ERASE_ROOMS },
	{ .chip = "esp32", .seed = 4, .stub = STUB_NEVER },
};

int main(void)
{
	return fault_suite(ways, sizeof(ways) / sizeof(ways[0]));
}
