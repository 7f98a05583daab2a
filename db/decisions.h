/*
 * What people decided, one after the other, as it is shown to people: db/decided.h tells how
 * things stand now.
 *
 * A walk hands out one row at a time; its texts are lent for the call, and NULL is unknown.
 * each may stop it by returning another status than STATUS_OK, which is then returned.
 * All return STATUS_DATABASE when the records cannot be read.
 */
#ifndef DB_DECISIONS_H
#define DB_DECISIONS_H

#include "db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decision {
	const char *what; /* "OPENED", "QUOTA", "APPROVED", "required", "SCRAP" ... */
	int64_t number;   /* the quota of "OPENED" and "QUOTA"; else 0 */
	const char *operator_name, *reason;
	int64_t utc_ms;
};

enum decision_list {
	DECISIONS_OF_BATCH,  /* key: its name */
	DECISIONS_OF_RECIPE, /* its digest */
	DECISIONS_OF_RULE,   /* its name */
	DECISIONS_OF_UNIT,   /* its MAC */
};

/* In the order of the ledger, the newest last. */
enum status decisions_walk(struct db *db, enum decision_list list, const char *key,
			   enum status (*each)(void *ctx, const struct decision *decision,
					       struct err *err),
			   void *ctx, struct err *err);

/* Batches that were opened, and names that were only typed with a run, by name. last: only the
 * newest so many, by their newest run or their opening; 0 all. */
enum status batch_names_walk(struct db *db, uint64_t last,
			     enum status (*each)(void *ctx, const char *batch, struct err *err),
			     void *ctx, struct err *err);

/* The FLASH runs of a batch, by unit. A unit is a MAC. */
struct batch_units {
	int64_t runs;         /* open ones included */
	int64_t passed;       /* passed once at least */
	int64_t failed;       /* never passed in it, and judged: FAIL, ERROR or TIMEOUT */
	int64_t unjudged;     /* only ABORTED: refused by a guard, or stopped */
	int64_t set_aside;    /* of the passed: now in QUARANTINE, SCRAP or RMA */
	int64_t open_runs;    /* under way, or a station was killed */
	int64_t unknown_runs; /* ended before the MAC was read */
};
enum status batch_units_read(struct db *db, const char *batch, struct batch_units *units,
			     struct err *err);

struct recipe_row {
	const char *digest, *name;
	int64_t revision;
	const char *product, *process, *canonical;
	int64_t first_seen_utc_ms;
};
/* digest NULL: all, in the order in which they were first seen. */
enum status recipes_walk(struct db *db, const char *digest,
			 enum status (*each)(void *ctx, const struct recipe_row *recipe,
					     struct err *err),
			 void *ctx, struct err *err);

/* The FLASH runs of a recipe. */
struct recipe_use {
	int64_t runs, passed_units;
	int64_t first_utc_ms, last_utc_ms; /* 0 without runs */
};
enum status recipe_use_read(struct db *db, const char *digest, struct recipe_use *use,
			    struct err *err);

struct recipe_image_row {
	int64_t addr, size_bytes;
	const char *sha256, *file, *kind, *version, *partition;
};
enum status recipe_images_walk(struct db *db, const char *digest,
			       enum status (*each)(void *ctx, const struct recipe_image_row *image,
						   struct err *err),
			       void *ctx, struct err *err);

struct attachment_row {
	const char *name, *media_type, *sha256;
	int64_t size_bytes;
	const void *content; /* NULL unless asked for */
	const char *operator_name;
	int64_t utc_ms;
};
/* owner: "run", "recipe" or "batch"; oldest first. */
enum status attachments_walk(struct db *db, const char *owner, const char *ref, bool with_content,
			     enum status (*each)(void *ctx, const struct attachment_row *attachment,
						 struct err *err),
			     void *ctx, struct err *err);

#endif
