/*
 * What a run has seen of the line to its unit: counted while it works, judged by cause.h.
 *
 * Pure: bytes, sizes and answers in, facts out.
 */
#ifndef ENGINE_LINK_FACTS_H
#define ENGINE_LINK_FACTS_H

#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of blocks of one size that were sent at one pace. */
struct block_fact {
	uint32_t bytes;
	uint32_t pace_bytes; /* 0: in one piece */
	unsigned accepted;
	unsigned refused; /* because they arrived damaged */
	unsigned silent;  /* no answer: received or not */
	unsigned damaged; /* an answer that could not be read */
	uint8_t code;     /* of the first refusal: 07, C1 */
};

#define BLOCK_FACTS_MAX 12

struct block_facts {
	struct block_fact rows[BLOCK_FACTS_MAX];
	size_t count;
};

enum block_end { BLOCK_ACCEPTED, BLOCK_REFUSED, BLOCK_SILENT, BLOCK_DAMAGED };

#define FACTS_TEXT_BYTES 200

struct link_facts {
	const char *system;          /* "Linux"; NULL unknown, as the next two */
	const char *bridge, *driver; /* as in link_profile */

	unsigned echoes, altered_echoes; /* of SYNC, at first contact */
	uint32_t odd_echo;               /* the first altered one */

	struct block_facts ram, data;

	uint32_t failed_rates[LINK_RATES_MAX];
	size_t failed_rate_count;
	uint32_t rate_baud; /* of the data phase; 0: it did not come so far */

	bool saw_brown_out;    /* in what the unit printed, at any time */
	unsigned restarts;     /* the unit's own, while it worked */
	bool saw_boot_line;    /* a reset's text came, so its reset line works */
	bool is_deaf;          /* its loader says that it waits, and hears nothing */
	bool is_stuck;         /* the port took no more bytes, not even a SYNC's */
	bool has_left;         /* the port went away by itself and came back */
	bool was_power_cycled; /* the hub's port was switched off and on */
	unsigned silences;     /* requests without an answer, but for SYNC and blocks */
	unsigned damaged;      /* the same, with an answer that could not be read */

	/* Printable, the last that came. */
	char text[FACTS_TEXT_BYTES];
	size_t text_len;
	bool is_watched; /* a reset now would be the unit's own doing; counted once */
};

/* Accepted blocks are kept where is_whole, and of any size once one has failed. */
void facts_add_block(struct block_facts *b, uint32_t bytes, uint32_t pace_bytes, bool is_whole,
		     enum block_end end, uint8_t code);

void facts_add_failed_rate(struct link_facts *f, uint32_t rate_baud);

/* Bytes that were no answer, as they came. */
void facts_add_text(struct link_facts *f, const uint8_t *bytes, size_t size);
/* What came so far is judged now, also when its line has not ended. */
void facts_judge_text(struct link_facts *f);
/* From here on a reset is ours (false), or the unit's own doing (true). */
void facts_watch(struct link_facts *f, bool is_watched);
/* It shows in another way that the unit has restarted. */
void facts_add_restart(struct link_facts *f);

/* The most bytes that such blocks put on their way at once, head and delimiters included. */
uint32_t block_burst(const struct block_fact *row);

/* Did blocks of this kind fail at all? */
bool facts_have_failures(const struct block_facts *b);
/* The largest that failed; NULL when none did. */
const struct block_fact *facts_worst_block(const struct block_facts *b);
/* The largest that never failed and is smaller than all that did; NULL when there is none. */
const struct block_fact *facts_best_block(const struct block_facts *b);
/*
 * Does the size decide? Blocks failed more than once and were never taken at one size, and
 * never failed at a smaller one or in smaller pieces.
 */
bool facts_show_threshold(const struct block_facts *b);

#endif
