/*
 * What a unit's flash holds, worked out from its runs in their order. Pure: no SQL.
 *
 * An image is carried from the PASS that wrote it - or found it, a verify run - until another PASS
 * writes other content over any of its sectors, erases the whole flash, or finds other content
 * there. A run that did not pass, but may have come as far as erasing or writing, leaves every
 * image in its way uncertain: nobody knows what of it is there. The next PASS there settles it.
 */
#ifndef DB_TRACE_FLASH_H
#define DB_TRACE_FLASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file in a recipe, at its place. Unknown texts are NULL. */
struct trace_image {
	const char *sha256; /* hex */
	const char *file;
	int64_t addr, size_bytes;
	const char *kind, *version, *partition;
};

/* What a recipe erases beyond the sectors that it writes. */
enum trace_erase {
	TRACE_ERASE_SECTORS, /* nothing */
	TRACE_ERASE_ROOMS,   /* the rest of each partition that it writes into */
	TRACE_ERASE_ALL,     /* everything */
};

struct trace_recipe {
	const char *digest, *name, *product;
	int64_t revision;
	enum trace_erase erase;
	const struct trace_image *images;
	size_t image_count;
};

/* From the canonical text, which leaves out what is the default (recipes/canonical.h). */
enum trace_erase trace_erase_of(const char *canonical);

/* What a run did to the flash, or found out about it. */
enum trace_effect {
	TRACE_NO_EFFECT, /* wrote nothing, proved nothing */
	TRACE_WROTE,     /* FLASH, PASS */
	TRACE_MAYBE,     /* FLASH, no PASS, and it came as far as erasing or writing */
	TRACE_FOUND,     /* VERIFY, PASS with the chip's proof */
	TRACE_MISSED,    /* VERIFY, the chip said that it holds something else */
};

/*
 * outcome NULL: the run is open. has_written: it has a step 'erase' or 'write', or so many
 * steps that the rest was not recorded. A run that nobody saw the end of may have written.
 */
enum trace_effect trace_effect_of(const char *kind, const char *outcome, const char *code,
				  const char *proof, bool has_written);

enum trace_carry {
	TRACE_PROVEN,    /* the chip's MD5 said so */
	TRACE_UNPROVEN,  /* written by a PASS, but this chip can prove nothing */
	TRACE_UNCERTAIN, /* may be there, or a part of it */
	TRACE_GONE,
};

/* Why it is uncertain or gone. */
enum trace_cause {
	TRACE_NO_CAUSE,
	TRACE_NOT_PASSED,   /* uncertain: the only run that wrote it did not pass */
	TRACE_WRITTEN_OVER, /* uncertain: a later run over its place did not pass */
	TRACE_MAYBE_ERASED, /* uncertain: a later PASS erased partitions, perhaps this one */
	TRACE_DIFFERS,      /* uncertain: a later verify run found something else */
	TRACE_REPLACED,     /* gone: a later PASS wrote over all of it */
	TRACE_PARTLY,       /* gone: over a part of it */
	TRACE_ERASED,       /* gone: a later PASS erased the whole flash */
	TRACE_FOUND_OTHER,  /* gone: a later verify run proved other content there */
};

/* Stable words: "PROVEN", "PARTLY_REPLACED"; NULL of TRACE_NO_CAUSE. */
const char *trace_carry_name(enum trace_carry carry);
const char *trace_cause_name(enum trace_cause cause);

#define TRACE_NO_RUN SIZE_MAX

/* One image at one address. Runs are told by the caller's own numbers. */
struct trace_carried {
	const struct trace_recipe *recipe; /* that brought it */
	const struct trace_image *image;   /* in it */
	enum trace_carry carry;
	enum trace_cause cause;
	bool was_carried;     /* at some time it was more than uncertain */
	size_t since_run;     /* there since; of what was never certain, the run that tried */
	size_t confirmed_run; /* the newest that wrote or found it; TRACE_NO_RUN: none passed */
	size_t by_run;        /* made it uncertain or gone; TRACE_NO_RUN: it is neither */
};

/* In the order of their coming. What is gone stays in the list. */
struct trace_flash {
	struct trace_carried *items;
	size_t count, room;
	bool has_failed; /* no memory */
};

/*
 * The next run. recipe: what it was to write or find, NULL unknown; it has to outlive
 * the list. detail: the error's text of a TRACE_MISSED run, which names the image; NULL unknown.
 */
void trace_flash_add(struct trace_flash *flash, size_t run, enum trace_effect effect,
		     bool is_proven, const struct trace_recipe *recipe, const char *detail);
/* Forget all items, keep the memory. */
void trace_flash_clear(struct trace_flash *flash);
void trace_flash_release(struct trace_flash *flash);

#endif
