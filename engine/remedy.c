#include "engine/remedy.h"

#include <stdio.h>

#define STUB_DATA_BLOCK 0x4000u
#define OTG_BLOCK 0x800u
/* Divides a sector, so that a size rounded up to blocks stays in its last sector. */
#define ROM_DATA_BLOCK 0x400u

/* docs/protocol.md, result 01070000: what to try on a link that loses long bursts. */
static const uint32_t smaller_ram_blocks[] = { 0x400, 0x100 };

void way_use_rom(struct way *w)
{
	w->with_stub = false;
	if (w->data_block_bytes > ROM_DATA_BLOCK)
		w->data_block_bytes = ROM_DATA_BLOCK;
}

void way_fit_link(struct way *w, const struct link_profile *link)
{
	bool is_otg = link->is_usb_otg || link->ram_block_bytes == OTG_BLOCK;
	uint32_t most_ram = is_otg ? OTG_BLOCK : link->ram_block_bytes;

	if (w->ram_block_bytes > most_ram)
		w->ram_block_bytes = most_ram;
	if (is_otg && w->data_block_bytes > OTG_BLOCK)
		w->data_block_bytes = OTG_BLOCK;
}

void way_init(struct way *w, const struct link_profile *link, bool with_stub)
{
	*w = (struct way){
		.ram_block_bytes = link->ram_block_bytes,
		.data_block_bytes = STUB_DATA_BLOCK,
		.with_stub = with_stub,
	};
	way_fit_link(w, link);
	if (!with_stub)
		way_use_rom(w);
}

bool way_shrink_blocks(struct way *w)
{
	for (size_t i = 0; i < sizeof(smaller_ram_blocks) / sizeof(smaller_ram_blocks[0]); i++) {
		if (smaller_ram_blocks[i] < w->ram_block_bytes) {
			w->ram_block_bytes = smaller_ram_blocks[i];
			if (w->data_block_bytes > w->ram_block_bytes)
				w->data_block_bytes = w->ram_block_bytes;
			return true;
		}
	}
	return false;
}

void way_text(const struct way *w, const struct link_profile *link, char *text, size_t size)
{
	unsigned rate = w->rate_at < link->rate_count ? link->rates[w->rate_at] : 115200;
	int len;

	len = link->is_native_usb
		      ? snprintf(text, size, "%s", w->with_stub ? "stub" : "ROM")
		      : snprintf(text, size, "%s %u", w->with_stub ? "stub" : "ROM", rate);
	if (w->with_stub && w->ram_block_bytes < link->ram_block_bytes && len > 0 &&
	    (size_t)len < size)
		snprintf(text + len, size - (size_t)len, ", blocks of %u",
			 (unsigned)w->ram_block_bytes);
}

void way_sync_text(const struct way *w, const struct link_profile *link, char *text, size_t size)
{
	if (link->reset_count)
		snprintf(text, size, "sync, '%s' first",
			 reset_kind_name(link->resets[w->reset_at]));
	else
		snprintf(text, size, "sync");
}

/* ---- the ladder ---- */

enum remedy {
	NOTHING,     /* the end of a row's list: give up */
	OTHER_RESET, /* begin with the next reset timing */
	AGAIN_ONCE,  /* the same way, unless it was the same way already */
	AGAIN,
	SMALLER_BLOCKS,
	LOWER_RATE, /* straight to 115200 when it is the last try */
	ROM_ONLY,
};

#define ANY_STEP STEP_COUNT
#define REMEDIES_MAX 4

/* The first row that fits counts; in it, the first remedy that can still be taken. */
static const struct remedy_row {
	enum status failed;
	enum flash_step step;
	enum remedy remedies[REMEDIES_MAX];
} rows[] = {
	/* clang-format off */
	{ STATUS_SYNC_NO_REPLY,        ANY_STEP,      { OTHER_RESET, AGAIN } },
	{ STATUS_WRONG_BOOT_MODE,      ANY_STEP,      { OTHER_RESET, AGAIN } },
	{ STATUS_SYNC_ALTERED,         ANY_STEP,      { OTHER_RESET, AGAIN } },
	{ STATUS_NEEDS_HAND,           ANY_STEP,      { OTHER_RESET, AGAIN } },

	{ STATUS_STUB_UPLOAD_CHECKSUM, ANY_STEP,      { SMALLER_BLOCKS, ROM_ONLY, AGAIN } },
	{ STATUS_STUB_UPLOAD_REFUSED,  ANY_STEP,      { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	{ STATUS_STUB_NO_START,        ANY_STEP,      { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	{ STATUS_NO_ANSWER,            STEP_STUB,     { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	{ STATUS_GARBLED,              STEP_STUB,     { SMALLER_BLOCKS, ROM_ONLY, AGAIN } },

	{ STATUS_RATE_FAILED,          ANY_STEP,      { LOWER_RATE, AGAIN } },

	{ STATUS_NO_ANSWER,            STEP_WRITE,    { LOWER_RATE, SMALLER_BLOCKS, ROM_ONLY, AGAIN } },
	{ STATUS_GARBLED,              STEP_WRITE,    { LOWER_RATE, SMALLER_BLOCKS, ROM_ONLY, AGAIN } },
	{ STATUS_WRITE_REFUSED,        ANY_STEP,      { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	{ STATUS_ERASE_REFUSED,        ANY_STEP,      { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	{ STATUS_MD5_MISMATCH,         ANY_STEP,      { AGAIN_ONCE, LOWER_RATE, ROM_ONLY, AGAIN } },
	{ STATUS_FLASH_ID_BAD,         ANY_STEP,      { AGAIN } },

	{ STATUS_NO_ANSWER,            STEP_IDENTIFY, { AGAIN } },
	{ STATUS_GARBLED,              STEP_IDENTIFY, { AGAIN } },
	{ STATUS_NO_ANSWER,            ANY_STEP,      { AGAIN_ONCE, LOWER_RATE, ROM_ONLY, AGAIN } },
	{ STATUS_GARBLED,              ANY_STEP,      { AGAIN_ONCE, LOWER_RATE, ROM_ONLY, AGAIN } },
	{ STATUS_REFUSED,              ANY_STEP,      { AGAIN_ONCE, ROM_ONLY, AGAIN } },
	/* clang-format on */
};

static const struct remedy_row *find_row(enum status failed, enum flash_step step)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].failed == failed && (rows[i].step == step || rows[i].step == ANY_STEP))
			return &rows[i];
	}
	return NULL;
}

static bool lower_rate(struct way *w, const struct link_profile *link, unsigned tries_left)
{
	if (link->is_native_usb || w->rate_at >= link->rate_count)
		return false;
	w->rate_at = tries_left <= 1 ? link->rate_count : w->rate_at + 1;
	return true;
}

static bool take(enum remedy remedy, struct way *w, const struct link_profile *link,
		 unsigned tries_left, bool may_drop_stub)
{
	switch (remedy) {
	case NOTHING:
		return false;
	case OTHER_RESET:
		if (link->reset_count < 2)
			return false;
		w->reset_at = (w->reset_at + 1) % link->reset_count;
		return true;
	case AGAIN_ONCE:
		if (w->again)
			return false;
		w->again++;
		return true;
	case AGAIN:
		w->again++;
		return true;
	case SMALLER_BLOCKS:
		return w->with_stub && way_shrink_blocks(w);
	case LOWER_RATE:
		return lower_rate(w, link, tries_left);
	case ROM_ONLY:
		if (!w->with_stub || !may_drop_stub)
			return false;
		way_use_rom(w);
		return true;
	}
	return false;
}

bool remedy_next(struct way *w, const struct link_profile *link, enum status failed,
		 enum flash_step step, unsigned tries_left, bool may_drop_stub)
{
	const struct remedy_row *row = find_row(failed, step);
	unsigned before = w->again;

	if (!row || !tries_left)
		return false;
	for (size_t i = 0; i < REMEDIES_MAX; i++) {
		if (!take(row->remedies[i], w, link, tries_left, may_drop_stub))
			continue;
		if (w->again == before)
			w->again = 0; /* a changed way begins anew */
		return true;
	}
	return false;
}
