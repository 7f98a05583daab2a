#include "engine/way.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STUB_DATA_BLOCK 0x4000u
#define OTG_BLOCK 0x800u
/* Divides a sector, so that a size rounded up to blocks stays in its last sector. */
#define ROM_DATA_BLOCK 0x400u
#define FIRST_RATE 115200u

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct rung {
	uint32_t block_bytes, pace_bytes;
};

/*
 * For a link that loses bytes of long writes. docs/bridges.md, Ladder; the paced ones are for
 * a bridge that cannot even take a frame of 256 bytes at once.
 */
static const struct rung upload_rungs[] = {
	{ 0x400, 0 },
	{ 0x100, 0 },
	{ 0x100, 64 },
	{ 0x100, WAY_SMALLEST_PIECE },
};

static const struct rung data_rungs[] = {
	{ 0x1000, 0 }, { 0x400, 0 }, { 0x100, 0 }, { 0x100, 64 }, { 0x100, WAY_SMALLEST_PIECE },
};

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

/* A power of two divides a sector, as a ROM's blocks have to. */
static bool is_block_size(uint32_t bytes)
{
	return bytes >= WAY_SMALLEST_PIECE && (bytes & (bytes - 1)) == 0;
}

static size_t rate_index(const struct link_profile *link, uint32_t rate_baud)
{
	for (size_t i = 0; i < link->rate_count; i++) {
		if (link->rates[i] == rate_baud)
			return i;
	}
	return rate_baud == FIRST_RATE ? link->rate_count : 0;
}

void way_start(struct way *w, const struct link_profile *link, const struct flash_way *start,
	       bool may_drop_stub)
{
	if (!start)
		return;
	w->rate_at = rate_index(link, start->rate_baud);
	if (is_block_size(start->ram_block_bytes) && start->ram_block_bytes < w->ram_block_bytes)
		w->ram_block_bytes = start->ram_block_bytes;
	if (is_block_size(start->data_block_bytes) && start->data_block_bytes < w->data_block_bytes)
		w->data_block_bytes = start->data_block_bytes;
	if (start->pace_bytes >= WAY_SMALLEST_PIECE)
		w->pace_bytes = start->pace_bytes;
	if (!start->with_stub && may_drop_stub && w->with_stub && start->data_block_bytes)
		way_use_rom(w);
}

struct flash_way way_figures(const struct way *w, const struct link_profile *link)
{
	uint32_t rate = w->rate_at < link->rate_count ? link->rates[w->rate_at] : FIRST_RATE;

	return (struct flash_way){
		.with_stub = w->with_stub,
		.rate_baud = link->is_native_usb ? 0 : rate,
		.ram_block_bytes = w->with_stub ? w->ram_block_bytes : 0,
		.data_block_bytes = w->data_block_bytes,
		.pace_bytes = w->pace_bytes,
	};
}

/* The first rung that is smaller than blocks of so many bytes at the way's pace. */
static bool next_rung(struct way *w, const struct rung *rungs, size_t count, uint32_t *block_bytes)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t pace = rungs[i].pace_bytes;
		bool is_tighter = pace && (!w->pace_bytes || pace < w->pace_bytes);

		if (rungs[i].block_bytes >= *block_bytes && !is_tighter)
			continue;
		if (is_tighter)
			w->pace_bytes = pace;
		if (rungs[i].block_bytes < *block_bytes)
			*block_bytes = rungs[i].block_bytes;
		w->is_shrunk = true;
		return true;
	}
	return false;
}

bool way_shrink_upload(struct way *w)
{
	if (!next_rung(w, upload_rungs, COUNT(upload_rungs), &w->ram_block_bytes))
		return false;
	if (w->data_block_bytes > w->ram_block_bytes)
		w->data_block_bytes = w->ram_block_bytes;
	return true;
}

bool way_shrink_data(struct way *w)
{
	return next_rung(w, data_rungs, COUNT(data_rungs), &w->data_block_bytes);
}

bool way_use_smallest_pieces(struct way *w)
{
	if (w->pace_bytes == WAY_SMALLEST_PIECE)
		return false;
	w->pace_bytes = WAY_SMALLEST_PIECE;
	w->is_shrunk = true;
	return true;
}

/* Some bridges fail at one rate and work at a higher one: docs/bridges.md, CP210x. */
static size_t untried_rate(const struct way *w, const struct link_profile *link)
{
	for (size_t i = w->rate_at + 1; i < link->rate_count; i++) {
		if (!(w->failed_rates >> i & 1))
			return i;
	}
	for (size_t i = w->rate_at; i-- > 0;) {
		if (!(w->failed_rates >> i & 1))
			return i;
	}
	return link->rate_count;
}

bool way_other_rate(struct way *w, const struct link_profile *link)
{
	if (link->is_native_usb || w->rate_at >= link->rate_count)
		return false;
	w->failed_rates |= (uint16_t)(1u << w->rate_at);
	w->rate_at = untried_rate(w, link);
	return true;
}

/* ---- in words ---- */

__attribute__((format(printf, 3, 4))) static void add(char *text, size_t size, const char *format,
						      ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

static void add_pace(const struct way *w, char *text, size_t size, const char *separator)
{
	if (w->pace_bytes)
		add(text, size, "%s in pieces of %u", separator, (unsigned)w->pace_bytes);
}

void way_text(const struct way *w, const struct link_profile *link, char *text, size_t size)
{
	uint32_t rate = w->rate_at < link->rate_count ? link->rates[w->rate_at] : FIRST_RATE;
	uint32_t usual = w->with_stub ? STUB_DATA_BLOCK : ROM_DATA_BLOCK;
	const char *separator = ",";

	if (w->with_stub && (link->is_usb_otg || link->ram_block_bytes == OTG_BLOCK))
		usual = OTG_BLOCK;
	snprintf(text, size, "%s", w->with_stub ? "stub" : "ROM");
	if (!link->is_native_usb)
		add(text, size, " %u", (unsigned)rate);
	if (w->with_stub && w->ram_block_bytes < link->ram_block_bytes) {
		add(text, size, ", blocks of %u", (unsigned)w->ram_block_bytes);
		separator = "";
	} else if (w->data_block_bytes < usual) {
		add(text, size, ", %sblocks of %u", w->with_stub ? "data " : "",
		    (unsigned)w->data_block_bytes);
		separator = "";
	}
	add_pace(w, text, size, separator);
}

void way_text_until(const struct way *w, const struct link_profile *link, enum flash_step step,
		    char *text, size_t size)
{
	if (step > STEP_STUB || (step == STEP_STUB && !w->with_stub)) {
		way_text(w, link, text, size);
		return;
	}
	if (step == STEP_STUB)
		snprintf(text, size, "upload, blocks of %u", (unsigned)w->ram_block_bytes);
	else if (link->reset_count)
		snprintf(text, size, "sync, '%s' first",
			 reset_kind_name(link->resets[w->reset_at]));
	else
		snprintf(text, size, "sync");
	add_pace(w, text, size, step == STEP_STUB ? "" : ",");
}
