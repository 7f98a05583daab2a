#include "engine/remedy.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STUB_DATA_BLOCK 0x4000u
#define OTG_BLOCK 0x800u
/* Divides a sector, so that a size rounded up to blocks stays in its last sector. */
#define ROM_DATA_BLOCK 0x400u
#define FIRST_RATE 115200u
/* What a SYNC has behind its head may be lost; what comes in pieces this small is not. */
#define SMALLEST_PIECE 16u
/* A way to the unit that has stalled may move again: half a minute at last. */
#define SHORT_WAIT_MS 5000u
#define LONG_WAIT_MS 30000u

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
	{ 0x100, SMALLEST_PIECE },
};

static const struct rung data_rungs[] = {
	{ 0x1000, 0 }, { 0x400, 0 }, { 0x100, 0 }, { 0x100, 64 }, { 0x100, SMALLEST_PIECE },
};

/* ---- ways ---- */

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
	return bytes >= SMALLEST_PIECE && (bytes & (bytes - 1)) == 0;
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
	if (start->pace_bytes >= SMALLEST_PIECE)
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

/* ---- the ladder ---- */

enum remedy {
	NOTHING,        /* the end of a row's list: give up */
	OTHER_RESET,    /* begin with the next reset timing */
	AGAIN_UNSHRUNK, /* the same once more, unless blocks are smaller already */
	AGAIN_ONCE,     /* the same way, unless it was the same way already */
	AGAIN,
	SMALLER_UPLOAD,
	SMALLER_DATA, /* straight to paced pieces when it is the last try */
	PACED,        /* every request in the smallest pieces */
	OTHER_RATE,   /* straight to 115200 when it is the last try */
	ROM_ONLY,
	POWER_CYCLE,
	WAIT, /* with nothing on the line; long when it is the last try */
};

#define ANY_STEP STEP_COUNT
#define REMEDIES_MAX 5

/*
 * The first row that fits counts; in it, the first remedy that can still be taken. With
 * is_power_last the last try is begun with the hub's port switched off and on, whatever else
 * is changed: docs/bridges.md, CP210x and Native USB, for what only that cures.
 */
struct remedy_row {
	enum status failed;
	enum flash_step step;
	enum failure_how how;
	const char *bridge; /* its name begins so; NULL any */
	enum remedy remedies[REMEDIES_MAX];
	bool is_power_last;
};

/* clang-format off */

/* Nothing but RAM and the rate was touched: these cost no try. */
static const struct remedy_row in_try_rows[] = {
	{ STATUS_STUB_UPLOAD_CHECKSUM, STEP_STUB, HOW_ANY, NULL, { AGAIN_UNSHRUNK, SMALLER_UPLOAD }, false },
	{ STATUS_STUB_UPLOAD_REFUSED,  STEP_STUB, HOW_ANY, NULL, { AGAIN_UNSHRUNK, SMALLER_UPLOAD }, false },
	{ STATUS_NO_ANSWER,            STEP_STUB, HOW_ANY, NULL, { AGAIN_UNSHRUNK, SMALLER_UPLOAD }, false },
	{ STATUS_GARBLED,              STEP_STUB, HOW_ANY, NULL, { AGAIN_UNSHRUNK, SMALLER_UPLOAD }, false },
	{ STATUS_RATE_FAILED,          STEP_RATE, HOW_ANY, NULL, { OTHER_RATE }, false },
	{ STATUS_NO_ANSWER,            STEP_IDENTIFY, HOW_ANY, NULL, { AGAIN_ONCE }, false },
	{ STATUS_GARBLED,              STEP_IDENTIFY, HOW_ANY, NULL, { AGAIN_ONCE }, false },
	{ STATUS_REFUSED,              STEP_IDENTIFY, HOW_ANY, NULL, { AGAIN_ONCE }, false },
};

static const struct remedy_row rows[] = {
	{ STATUS_SYNC_NO_REPLY,        ANY_STEP, HOW_STALLED, NULL, { WAIT }, true },
	{ STATUS_NO_ANSWER,            STEP_CONNECT, HOW_STALLED, NULL, { WAIT }, true },
	{ STATUS_SYNC_NO_REPLY,        ANY_STEP, HOW_ANY, NULL, { OTHER_RESET, AGAIN }, true },
	{ STATUS_WRONG_BOOT_MODE,      ANY_STEP, HOW_ANY, NULL, { OTHER_RESET, AGAIN }, true },
	{ STATUS_NEEDS_HAND,           ANY_STEP, HOW_ANY, NULL, { OTHER_RESET, AGAIN }, true },
	{ STATUS_SYNC_ALTERED,         ANY_STEP, HOW_ANY, NULL, { PACED, OTHER_RESET, AGAIN }, false },
	{ STATUS_PORT_FAILED,          ANY_STEP, HOW_ANY, NULL, { POWER_CYCLE }, false },

	{ STATUS_STUB_UPLOAD_CHECKSUM, ANY_STEP, HOW_ANY, NULL, { SMALLER_UPLOAD, ROM_ONLY, AGAIN }, false },
	{ STATUS_STUB_UPLOAD_REFUSED,  ANY_STEP, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },
	{ STATUS_STUB_NO_START,        ANY_STEP, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },
	{ STATUS_NO_ANSWER,            STEP_STUB, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, SMALLER_UPLOAD, AGAIN }, true },
	{ STATUS_GARBLED,              STEP_STUB, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },

	{ STATUS_RATE_FAILED,          ANY_STEP, HOW_ANY, NULL, { OTHER_RATE, AGAIN }, false },

	/* A supply that dipped wants no other way; if it dips again, what has arrived by then counts. */
	{ STATUS_NO_ANSWER, STEP_ERASE, HOW_RESTARTED,  NULL, { AGAIN_ONCE, SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_NO_ANSWER, STEP_WRITE, HOW_RESTARTED,  NULL, { AGAIN_ONCE, SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_GARBLED,   STEP_WRITE, HOW_RESTARTED,  NULL, { AGAIN_ONCE, SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	/* Long requests lose bytes and short ones do not: the rate is not to blame. */
	{ STATUS_NO_ANSWER, STEP_ERASE, HOW_LOST_BYTES, NULL, { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_GARBLED,   STEP_ERASE, HOW_LOST_BYTES, NULL, { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_NO_ANSWER, STEP_WRITE, HOW_LOST_BYTES, NULL, { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_GARBLED,   STEP_WRITE, HOW_LOST_BYTES, NULL, { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	/* docs/bridges.md, When bytes get lost: these are known for it. */
	{ STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY, "CH9102", { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, true },
	{ STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY, "CH343",  { SMALLER_DATA, OTHER_RATE, ROM_ONLY, AGAIN }, true },
	{ STATUS_NO_ANSWER, STEP_WRITE, HOW_ANY, NULL,     { OTHER_RATE, SMALLER_DATA, ROM_ONLY, AGAIN }, true },
	{ STATUS_GARBLED,   STEP_WRITE, HOW_ANY, NULL,     { OTHER_RATE, SMALLER_DATA, ROM_ONLY, AGAIN }, false },

	{ STATUS_WRITE_REFUSED,        ANY_STEP, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },
	{ STATUS_ERASE_REFUSED,        ANY_STEP, HOW_ANY, NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },
	{ STATUS_MD5_MISMATCH,         ANY_STEP, HOW_ANY, NULL, { AGAIN_ONCE, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_FLASH_ID_BAD,         ANY_STEP, HOW_ANY, NULL, { AGAIN }, true },

	{ STATUS_NO_ANSWER, STEP_CONNECT,  HOW_ANY,   NULL, { OTHER_RESET, AGAIN }, true },
	{ STATUS_NO_ANSWER, STEP_IDENTIFY, HOW_NOISY, NULL, { PACED, AGAIN }, true },
	{ STATUS_GARBLED,   STEP_IDENTIFY, HOW_NOISY, NULL, { PACED, AGAIN }, false },
	{ STATUS_NO_ANSWER, STEP_IDENTIFY, HOW_ANY,   NULL, { AGAIN_ONCE, PACED, AGAIN }, true },
	{ STATUS_GARBLED,   STEP_IDENTIFY, HOW_ANY,   NULL, { AGAIN_ONCE, PACED, AGAIN }, false },
	{ STATUS_REFUSED,   STEP_IDENTIFY, HOW_ANY,   NULL, { AGAIN_ONCE, PACED, AGAIN }, false },
	{ STATUS_NO_ANSWER, ANY_STEP,      HOW_ANY,   NULL, { AGAIN_ONCE, OTHER_RATE, ROM_ONLY, AGAIN }, true },
	{ STATUS_GARBLED,   ANY_STEP,      HOW_ANY,   NULL, { AGAIN_ONCE, OTHER_RATE, ROM_ONLY, AGAIN }, false },
	{ STATUS_REFUSED,   ANY_STEP,      HOW_ANY,   NULL, { AGAIN_ONCE, ROM_ONLY, AGAIN }, false },
};
/* clang-format on */

static bool is_bridge(const char *wanted, const char *bridge)
{
	return !wanted || (bridge && strncmp(bridge, wanted, strlen(wanted)) == 0);
}

static const struct remedy_row *find_row(const struct remedy_row *table, size_t count,
					 const struct link_profile *link, const struct failure *f)
{
	for (size_t i = 0; i < count; i++) {
		const struct remedy_row *row = &table[i];

		if (row->failed == f->status && (row->step == f->step || row->step == ANY_STEP) &&
		    (row->how == f->how || row->how == HOW_ANY) &&
		    is_bridge(row->bridge, link->bridge))
			return row;
	}
	return NULL;
}

/* The last try goes where anything gets through: a frame of blocks this small, in pieces. */
static bool shrink_data(struct way *w, bool is_last)
{
	if (!way_shrink_data(w))
		return false;
	while (is_last && !w->pace_bytes && way_shrink_data(w))
		;
	return true;
}

static bool other_rate(struct way *w, const struct link_profile *link, bool is_last)
{
	if (!way_other_rate(w, link))
		return false;
	if (is_last)
		w->rate_at = link->rate_count;
	return true;
}

static bool use_smallest_pieces(struct way *w)
{
	if (w->pace_bytes == SMALLEST_PIECE)
		return false;
	w->pace_bytes = SMALLEST_PIECE;
	w->is_shrunk = true;
	return true;
}

static bool go_on_again(unsigned *again, bool is_allowed)
{
	if (is_allowed)
		++*again;
	return is_allowed;
}

static bool take(enum remedy remedy, struct way *w, const struct link_profile *link,
		 const struct remedy_limits *may, unsigned *again)
{
	bool is_last = may->tries_left <= 1;

	switch (remedy) {
	case NOTHING:
		return false;
	case OTHER_RESET:
		if (link->reset_count < 2)
			return false;
		w->reset_at = (w->reset_at + 1) % link->reset_count;
		return true;
	case AGAIN_UNSHRUNK:
		return go_on_again(again, !*again && !w->is_shrunk);
	case AGAIN_ONCE:
		return go_on_again(again, !*again);
	case AGAIN:
		return go_on_again(again, true);
	case SMALLER_UPLOAD:
		return w->with_stub && way_shrink_upload(w);
	case SMALLER_DATA:
		return shrink_data(w, is_last);
	case PACED:
		return use_smallest_pieces(w);
	case OTHER_RATE:
		return other_rate(w, link, is_last);
	case ROM_ONLY:
		if (!w->with_stub || !may->may_drop_stub)
			return false;
		way_use_rom(w);
		return true;
	case POWER_CYCLE:
		w->wants_power_cycle = may->may_power_cycle;
		return may->may_power_cycle;
	case WAIT:
		w->wait_ms = is_last ? LONG_WAIT_MS : SHORT_WAIT_MS;
		return true;
	}
	return false;
}

/* A changed way begins anew. */
static bool take_first(const struct remedy_row *row, struct way *w, const struct link_profile *link,
		       const struct remedy_limits *may, unsigned *again)
{
	unsigned before = *again;

	for (size_t i = 0; i < REMEDIES_MAX; i++) {
		if (!take(row->remedies[i], w, link, may, again))
			continue;
		if (*again == before)
			*again = 0;
		return true;
	}
	return false;
}

bool remedy_in_try(struct way *w, const struct link_profile *link, const struct failure *f)
{
	/* Rungs within a try are not the last of anything. */
	const struct remedy_limits may = { .tries_left = UINT32_MAX };
	const struct remedy_row *row = find_row(in_try_rows, COUNT(in_try_rows), link, f);

	return row && take_first(row, w, link, &may, &w->again_in_try);
}

bool remedy_next(struct way *w, const struct link_profile *link, const struct failure *f,
		 const struct remedy_limits *may)
{
	const struct remedy_row *row = find_row(rows, COUNT(rows), link, f);

	if (!row || !may->tries_left || !take_first(row, w, link, may, &w->again))
		return false;
	w->again_in_try = 0;
	if (row->is_power_last && may->tries_left == 1 && may->may_power_cycle)
		w->wants_power_cycle = true;
	return true;
}
