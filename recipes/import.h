/*
 * A firmware set as other tools describe it, turned into a recipe: ESP-IDF's
 * flasher_args.json, the manifest.json of esp-web-tools, and a merged image, which is
 * split at its partition table. docs/import.md has the formats and their sources.
 *
 * Nothing is written here: whoever asks gets the recipe's text and the pieces of a
 * merged image, and puts them into a folder.
 */
#ifndef RECIPES_IMPORT_H
#define RECIPES_IMPORT_H

#include "engine/base/err.h"
#include "engine/chip.h"

#include <stddef.h>
#include <stdint.h>

#define IMPORT_FILE_BYTES 4096

struct import_part {
	char file[IMPORT_FILE_BYTES]; /* as the source names it; of a piece, its new name */
	uint32_t addr;
	char partition[17];  /* "" placed by addr */
	const uint8_t *data; /* of a piece, inside the import; NULL: the file is there */
	size_t size_bytes;
};

struct import {
	const char *what; /* "merged image", for people */
	char name[81];    /* of the recipe; never empty */
	char version[81]; /* "" unknown; goes into a comment */
	const struct chip *chip;
	char mode[8], frequency[8], size[8]; /* of the boot loader's header; "" keep */
	struct import_part *parts;           /* by address */
	size_t part_count;
	uint8_t *storage; /* what the parts point into */
};

/*
 * Read a file and find out what it is. chip: which build of a manifest that has several, or what
 * a source that does not tell is for; NULL: the source has to tell.
 * *in is NULL on failure. STATUS_FILE (cannot be read), STATUS_RECIPE (not one of the
 * three, damaged, or something in it that a recipe cannot say), STATUS_NO_MEMORY.
 */
enum status import_read(const char *path, const struct chip *chip, struct import **in,
			struct err *err);
void import_free(struct import *in);

/*
 * The recipe, for free(); NULL without memory. product: a preset to start from, NULL none.
 * folder: goes before each file's name that is relative and no piece ("" none); it ends
 * with '/'.
 */
char *import_recipe(const struct import *in, const char *product, const char *folder);

/* ---- the three kinds; data ends with a zero byte that size does not count ---- */

enum status import_idf(struct import *in, const uint8_t *data, size_t size, const struct chip *chip,
		       struct err *err);
enum status import_manifest(struct import *in, const uint8_t *data, size_t size,
			    const struct chip *chip, struct err *err);
enum status import_merged(struct import *in, const char *stem, const uint8_t *data, size_t size,
			  const struct chip *chip, struct err *err);

/* Room for one more; NULL without memory. */
struct import_part *import_add(struct import *in);

#endif
