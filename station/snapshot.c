#include "station/snapshot.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct snapshot_counts snapshot_count(const struct snapshot *s)
{
	struct snapshot_counts counts = { 0 };

	for (size_t i = 0; i < s->slot_count; i++) {
		const struct slot_view *slot = &s->slots[i];

		switch (slot->state) {
		case SLOT_EMPTY:
			counts.empty++;
			break;
		case SLOT_SETTLING:
		case SLOT_WAITING:
			counts.waiting++;
			break;
		case SLOT_STARTING:
		case SLOT_OPENING:
		case SLOT_RUNNING:
		case SLOT_STORING:
			counts.running++;
			break;
		case SLOT_NOT_STARTED:
			counts.not_started++;
			break;
		case SLOT_DONE:
			counts.done++;
			counts.outcomes[status_row(slot->status)->outcome]++;
			break;
		}
	}
	counts.not_passed = counts.done - counts.outcomes[OUTCOME_PASS];
	return counts;
}

const char *flash_kind_name(enum flash_kind kind)
{
	switch (kind) {
	case FLASH_RUN_FLASH:
		return "flash";
	case FLASH_RUN_VERIFY:
		return "verify";
	case FLASH_RUN_IDENTIFY:
		return "identify";
	}
	assert(false);
	return "";
}

const char *label_state_name(enum label_state state)
{
	static const char *const names[LABEL_STATE_COUNT] = {
		[LABEL_NONE] = "none",       [LABEL_PRINTING] = "printing",
		[LABEL_PRINTED] = "printed", [LABEL_TO_SCAN] = "to_scan",
		[LABEL_SCANNED] = "scanned", [LABEL_MISMATCH] = "mismatch",
		[LABEL_FAILED] = "failed",
	};

	return names[state];
}

const struct slot_past *snapshot_left(const struct slot_view *slot)
{
	bool is_its_own = slot->past_count && slot->past[0].visit == slot->visit;

	return is_its_own ? &slot->past[0] : NULL;
}

const char *snapshot_download_hint(const struct snapshot *s, const struct slot_view *slot)
{
	bool needs_hand = slot->state >= SLOT_STORING && (slot->status == STATUS_NEEDS_HAND ||
							  slot->status == STATUS_WRONG_BOOT_MODE);

	return needs_hand && s->plan ? s->plan->download_hint : NULL;
}

const char *snapshot_sentence(const struct slot_view *slot)
{
	const struct flash_report *r = slot->report;

	/* What the station itself found (the same MAC twice) has a sentence of its own. */
	if (r && r->status == slot->status && r->advice[0])
		return r->advice;
	return status_row(slot->status)->sentence;
}

bool snapshot_is_rescued(const struct slot_view *slot)
{
	return slot->status == STATUS_OK && slot->report && slot->report->is_rescued;
}

/* "1.4" of "pci-0000:00:14.0/1.4:1.0": port chain, and the interface unless it is the first. */
static void chain_name(const char *slot, char *name, size_t size)
{
	const char *slash = strrchr(slot, '/');
	size_t length;

	snprintf(name, size, "%s", slash ? slash + 1 : slot);
	length = strlen(name);
	if (length > 4 && strcmp(name + length - 4, ":1.0") == 0)
		name[length - 4] = '\0';
}

void snapshot_name_slots(struct slot_view *slots, size_t count)
{
	bool is_unique = true;

	for (size_t i = 0; i < count; i++)
		chain_name(slots[i].port->slot, slots[i].short_name, sizeof(slots[i].short_name));
	for (size_t i = 0; i < count && is_unique; i++) {
		for (size_t j = 0; j < i && is_unique; j++)
			is_unique = strcmp(slots[i].short_name, slots[j].short_name) != 0;
	}
	/* Two controllers: then all slots say theirs, so that they can be compared. */
	for (size_t i = 0; i < count && !is_unique; i++)
		snprintf(slots[i].short_name, sizeof(slots[i].short_name), "%s",
			 slots[i].port->slot);
}

double snapshot_slot_left_s(const struct slot_view *slot, double expected_s, uint64_t write_us)
{
	const struct flash_progress *p = &slot->progress;
	double left_s = expected_s - (double)slot->elapsed_us / 1e6;

	if (expected_s <= 0)
		return -1;
	/* A second of data tells more than the plan's guess. */
	if (write_us > 1000000 && p->done_bytes && p->done_bytes <= p->total_bytes)
		left_s = (double)write_us / 1e6 * (double)(p->total_bytes - p->done_bytes) /
			 (double)p->done_bytes;
	/* What takes longer than it should may take any time: nobody answers, or a second try. */
	return left_s < 0 ? -1 : left_s;
}

double snapshot_boot_left_s(uint32_t within_ms, uint64_t boot_us)
{
	double left_s = within_ms / 1e3 - (double)boot_us / 1e6;

	return left_s < 0 ? -1 : left_s;
}

double snapshot_left_s(const struct snapshot *s, double expected_s)
{
	struct snapshot_counts counts = snapshot_count(s);
	double left_s = counts.running ? -1 : 0;

	if (expected_s <= 0)
		return -1;
	for (size_t i = 0; i < s->slot_count; i++) {
		const struct slot_view *slot = &s->slots[i];

		if (slot->state >= SLOT_STARTING && slot->state < SLOT_DONE &&
		    slot->left_s > left_s)
			left_s = slot->left_s;
	}
	/* Those that wait go in rounds of as many as work at a time. */
	if (counts.waiting) {
		unsigned rounds = (counts.waiting + s->jobs - 1) / s->jobs;

		left_s = (left_s < 0 ? 0 : left_s) + expected_s * rounds;
	}
	return left_s;
}
