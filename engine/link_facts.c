#include "engine/link_facts.h"

#include "engine/boot_text.h"

#include <string.h>

/* Head of a request, head of a block, two delimiters: docs/protocol.md, packets. */
#define FRAME_BYTES (8u + 16u + 2u)

/* ---- blocks ---- */

static unsigned failures(const struct block_fact *row)
{
	return row->refused + row->silent + row->damaged;
}

bool facts_have_failures(const struct block_facts *b)
{
	return facts_worst_block(b) != NULL;
}

static struct block_fact *find_row(struct block_facts *b, uint32_t bytes, uint32_t pace_bytes)
{
	for (size_t i = 0; i < b->count; i++) {
		if (b->rows[i].bytes == bytes && b->rows[i].pace_bytes == pace_bytes)
			return &b->rows[i];
	}
	if (b->count == BLOCK_FACTS_MAX)
		return NULL;
	b->rows[b->count] = (struct block_fact){ .bytes = bytes, .pace_bytes = pace_bytes };
	return &b->rows[b->count++];
}

void facts_add_block(struct block_facts *b, uint32_t bytes, uint32_t pace_bytes, bool is_whole,
		     enum block_end end, uint8_t code)
{
	struct block_fact *row;

	if (end == BLOCK_ACCEPTED && !is_whole && !facts_have_failures(b))
		return;
	row = find_row(b, bytes, pace_bytes);
	if (!row)
		return;
	switch (end) {
	case BLOCK_ACCEPTED:
		row->accepted++;
		break;
	case BLOCK_REFUSED:
		if (!row->refused++)
			row->code = code;
		break;
	case BLOCK_SILENT:
		row->silent++;
		break;
	case BLOCK_DAMAGED:
		row->damaged++;
		break;
	}
}

uint32_t block_burst(const struct block_fact *row)
{
	uint32_t frame = row->bytes + FRAME_BYTES;

	return row->pace_bytes && row->pace_bytes < frame ? row->pace_bytes : frame;
}

const struct block_fact *facts_worst_block(const struct block_facts *b)
{
	const struct block_fact *worst = NULL;

	for (size_t i = 0; i < b->count; i++) {
		const struct block_fact *row = &b->rows[i];

		/* A refusal says more than silence does. */
		if (failures(row) &&
		    (!worst || (row->refused && !worst->refused) ||
		     (!row->refused == !worst->refused && block_burst(row) > block_burst(worst))))
			worst = row;
	}
	return worst;
}

static uint32_t smallest_failed_burst(const struct block_facts *b)
{
	uint32_t smallest = UINT32_MAX;

	for (size_t i = 0; i < b->count; i++) {
		if (failures(&b->rows[i]) && block_burst(&b->rows[i]) < smallest)
			smallest = block_burst(&b->rows[i]);
	}
	return smallest;
}

const struct block_fact *facts_best_block(const struct block_facts *b)
{
	const struct block_fact *best = NULL;
	uint32_t limit = smallest_failed_burst(b);

	for (size_t i = 0; i < b->count; i++) {
		const struct block_fact *row = &b->rows[i];

		if (row->accepted && !failures(row) && block_burst(row) < limit &&
		    (!best || row->bytes > best->bytes))
			best = row;
	}
	return best;
}

bool facts_show_threshold(const struct block_facts *b)
{
	unsigned failed = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct block_fact *row = &b->rows[i];

		if (failures(row) && row->accepted)
			return false; /* now and then: no matter of size */
		failed += row->refused;
	}
	return failed > 1 && facts_best_block(b);
}

/* ---- rates ---- */

void facts_add_failed_rate(struct link_facts *f, uint32_t rate_baud)
{
	for (size_t i = 0; i < f->failed_rate_count; i++) {
		if (f->failed_rates[i] == rate_baud)
			return;
	}
	if (f->failed_rate_count < LINK_RATES_MAX)
		f->failed_rates[f->failed_rate_count++] = rate_baud;
}

/* ---- what the unit prints ---- */

void facts_add_restart(struct link_facts *f)
{
	f->restarts += f->is_watched;
	f->is_watched = false;
}

void facts_judge_text(struct link_facts *f)
{
	struct boot_text boot;

	boot_text_read(f->text, &boot);
	f->saw_brown_out |= boot.has_brown_out;
	f->saw_boot_line |= boot.resets != 0;
	if (boot.resets)
		facts_add_restart(f);
}

void facts_add_text(struct link_facts *f, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n')
			facts_judge_text(f);
		if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
			continue;
		if (f->text_len == sizeof(f->text) - 1) {
			size_t keep = sizeof(f->text) / 2;

			memmove(f->text, f->text + f->text_len - keep, keep + 1);
			f->text_len = keep;
		}
		f->text[f->text_len++] = (char)bytes[i];
		f->text[f->text_len] = '\0';
	}
}

void facts_watch(struct link_facts *f, bool is_watched)
{
	facts_judge_text(f);
	f->text_len = 0;
	f->text[0] = '\0';
	f->is_watched = is_watched;
}
