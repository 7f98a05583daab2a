/*
 * Why a run failed or had to be rescued: rows that make suspects and one sentence of what
 * the run has seen.
 *
 * Pure. A weak supply and a driver that loses bytes end in the same code 07: what tells them
 * apart is in docs/bridges.md, When bytes get lost; where the facts do not tell, the sentence
 * says so. Advice about a driver comes from a row with its source, never by guess.
 */
#ifndef ENGINE_CAUSE_H
#define ENGINE_CAUSE_H

#include "engine/link_facts.h"

struct cause_case {
	enum status status;     /* the verdict; STATUS_OK: it was rescued */
	enum status first;      /* with which the first try failed; STATUS_OK: it did not */
	const char *passed_by;  /* the way that passed, "stub 921600"; NULL: it failed */
	bool clears_protection; /* the recipe lets block protection be cleared */
};

/*
 * The most telling first, "; " between facts, whole facts only. more: what else was noted,
 * a line each; it comes last.
 */
void cause_evidence(const struct link_facts *f, const char *more, char *text, size_t size);

/* suspects: "driver, bridge, cable", most likely first; advice: one sentence. */
void cause_judge(const struct link_facts *f, const struct cause_case *c, char *suspects,
		 size_t suspects_size, char *advice, size_t advice_size);

/* What is known of a driver. */
struct driver_row {
	const char *system;
	const char *driver; /* contained in the driver's name; NULL any */
	const char *bridge; /* the bridge's name begins so */
	bool is_suspect;    /* reported to lose bytes of long writes */
	const char *advice; /* part of a sentence: "on macOS use ..." */
	const char *source;
};

/* NULL: nothing is known. */
const struct driver_row *cause_driver(const char *system, const char *driver, const char *bridge);
/* Every row, and how many. */
const struct driver_row *cause_driver_rows(size_t *count);

/* The system that this program was built for, as rows spell it: "Linux". */
const char *cause_this_system(void);

#endif
