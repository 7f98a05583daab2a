#include "engine/remedy.h"

#include <string.h>

/* A way to the unit that has stalled may move again: half a minute at last. */
#define SHORT_WAIT_MS 5000u
#define LONG_WAIT_MS 30000u

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
		return way_use_smallest_pieces(w);
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
