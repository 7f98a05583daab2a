/* Whatever a unit prints, and whatever its flash's status registers hold: told in bounds. */
#include "engine/boot_text.h"
#include "engine/cause.h"
#include "engine/flash_status.h"

#include <assert.h>
#include <string.h>

#define TEXT_MOST 600

static void read_text(const uint8_t *data, size_t size)
{
	struct boot_text boot;
	char text[TEXT_MOST], words[40];

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	boot_text_read(text, &boot);
	assert(boot_text_signs(&boot, words, sizeof(words)) == (words[0] != '\0'));
	assert(strlen(words) < sizeof(words));
	assert(boot_text_keep(text) >= text && boot_text_keep(text) <= text + strlen(text));
}

static void note_facts(const uint8_t *data, size_t size)
{
	static const struct cause_case cases[] = { { .status = STATUS_NO_ANSWER },
						   { .first = STATUS_GARBLED } };
	struct link_facts f = { .bridge = "CH9102F", .driver = "cdc_acm", .is_watched = true };
	char evidence[100], suspects[30], advice[60];

	for (size_t i = 0; i < size; i++) {
		uint32_t bytes = (uint32_t)16 << (data[i] & 7);

		facts_add_block(&f.data, bytes, data[i] & 8 ? 64 : 0, data[i] & 16,
				(enum block_end)(data[i] >> 6), data[i]);
	}
	facts_add_text(&f, data, size);
	facts_judge_text(&f);
	assert(f.text_len < sizeof(f.text) && !f.text[f.text_len]);
	for (size_t i = 0; i < 2; i++) {
		cause_evidence(&f, "more\n", evidence, sizeof(evidence));
		cause_judge(&f, &cases[i], suspects, sizeof(suspects), advice, sizeof(advice));
		assert(strlen(evidence) < sizeof(evidence) && strlen(suspects) < sizeof(suspects) &&
		       strlen(advice) < sizeof(advice));
	}
}

/* What covers a part covers the whole, and what is open covers nothing. */
static void read_status(const uint8_t *data)
{
	const struct flash_status s = { .regs = { data[0], data[1], data[2] } };
	const uint32_t id = (uint32_t)data[3] | (uint32_t)data[4] << 8;
	const uint32_t flash_bytes = UINT32_C(0x80000) << data[5] % 6;
	uint32_t addr = (uint32_t)data[6] << 16 & (flash_bytes - 1);
	enum flash_protection kind = flash_status_judge(id, flash_bytes, &s);
	char text[9];

	flash_status_text(&s, text, sizeof(text));
	if (kind != FLASH_PROTECTED)
		return;
	if (flash_status_covers(&s, flash_bytes, addr, 0x1000))
		assert(flash_status_covers(&s, flash_bytes, 0, flash_bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_text(data, size);
	note_facts(data, size);
	if (size >= 7)
		read_status(data);
	return 0;
}
