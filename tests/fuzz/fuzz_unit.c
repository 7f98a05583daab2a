/* Whatever a client sends to a simulated unit, whenever, the unit stays in bounds. */
#include "fixtures/sim_unit.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const chips[] = { "esp32", "esp32s3", "esp32c3" };
	struct sim_unit_config config = {
		.name = "fuzzed",
		.chip = chips[size ? data[0] % 3 : 0],
		.bridge = "usb-jtag",
		.mac = { 2, 0, 0, 0, 0, 1 },
		.flash_bytes = 1 << 20,
		.seed = 1,
	};
	uint64_t now_us = 0;
	struct sim_unit *u;
	char error[200];
	uint8_t out[512];

	if (config.chip == chips[0])
		config.bridge = "cp2104";
	u = sim_unit_new(&config, error, sizeof(error));
	assert(u);
	sim_unit_open(u, now_us);
	for (size_t i = 1; i + 1 < size; i++) {
		size_t len = size - i - 1;

		switch (data[i] >> 5) {
		case 0:
			sim_unit_lines(u, now_us, data[i] & 1, data[i] & 2);
			break;
		case 1:
			sim_unit_rate(u, now_us, (data[i] & 31) * 57600u);
			break;
		case 2:
			now_us += (uint64_t)(data[i] & 31) * 20000;
			break;
		case 3:
			while (sim_unit_read(u, now_us, out, sizeof(out)))
				;
			break;
		default:
			if (len > (data[i] & 127u))
				len = data[i] & 127u;
			i += sim_unit_write(u, now_us, data + i + 1, len);
			break;
		}
		now_us += 200;
		sim_unit_advance(u, now_us);
		assert(sim_unit_next_us(u) > now_us);
	}
	sim_unit_free(u);
	return 0;
}
