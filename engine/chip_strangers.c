/* docs/chips.md 1: the chips of Espressif's that nothing here can flash, by name. */
#include "engine/chip.h"

#define NO_ID UINT32_MAX

static const struct stranger {
	const char *name;
	uint32_t id;    /* NO_ID: its loader does not tell one */
	uint32_t magic; /* 0: none is known */
} strangers[] = {
	/* clang-format off */
	{ "ESP8266",          NO_ID, 0xfff0c101 },
	{ "ESP32-S3 (beta2)", 4,     0xeb004136 },
	{ "ESP32-S3 (beta3)", 6,     0 },
	{ "ESP32-C6 (beta)",  7,     0x0da1806f },
	{ "ESP32-H2 (beta1)", 10,    0xca26cc22 },
	{ "ESP32-H2 (beta2)", 14,    0x6881b06f },
	{ "ESP32-C5 (beta3)", 17,    0xe10d8082 },
	{ "ESP32-H21",        25,    0 },
	{ "ESP32-H4",         28,    0 },
	{ "ESP32-E22",        31,    0 },
	{ "ESP32-S31",        32,    0 },
	/* clang-format on */
};

#define STRANGERS (sizeof(strangers) / sizeof(strangers[0]))

const char *chip_stranger_by_id(uint32_t id)
{
	for (size_t i = 0; i < STRANGERS; i++) {
		if (strangers[i].id != NO_ID && strangers[i].id == id)
			return strangers[i].name;
	}
	return NULL;
}

const char *chip_stranger_by_magic(uint32_t magic)
{
	for (size_t i = 0; i < STRANGERS; i++) {
		if (strangers[i].magic && strangers[i].magic == magic)
			return strangers[i].name;
	}
	return NULL;
}
