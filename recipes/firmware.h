/*
 * One file of the firmware set: its bytes, read once, and what they are.
 */
#ifndef RECIPES_FIRMWARE_H
#define RECIPES_FIRMWARE_H

#include "engine/base/digest.h"
#include "engine/image.h"
#include "recipes/recipe.h"

#define FIRMWARE_VERSION_BYTES 33
#define FLASH_MAX_BYTES 0x8000000u /* the largest size an image header can name */

enum firmware_kind {
	FIRMWARE_DATA,
	FIRMWARE_BOOT,
	FIRMWARE_TABLE,
	FIRMWARE_APP,
	FIRMWARE_MERGED, /* several of these in one file, gaps filled with FF */
};
/* "data", "boot loader", ... */
const char *firmware_kind_name(enum firmware_kind kind);

struct firmware {
	const struct recipe_image *recipe;
	uint8_t *data;     /* owned; NULL when the file could not be read */
	size_t size_bytes; /* behind them FF up to the end of the flash sector */
	uint8_t sha256[SHA256_BYTES];

	/* Filled in while the set is inspected. */
	bool is_placed; /* addr is known */
	uint32_t addr;
	const char *partition; /* that it begins in; NULL none, or no table known */
	enum firmware_kind kind;
	char version[FIRMWARE_VERSION_BYTES]; /* of an application; "" unknown */
};

/*
 * Read the file of an image and compare its SHA-256 with the recipe's.
 * max_bytes: what the chip can address. Errors go to diags; f->data stays NULL
 * then. STATUS_NO_MEMORY.
 */
enum status firmware_read(const struct recipe_image *image, size_t max_bytes, struct firmware *f,
			  struct diag_list *diags, struct err *err);
void firmware_release(struct firmware *f);

/* One past the image's last byte in flash. */
uint32_t firmware_end(const struct firmware *f);

/* For qsort of an array of pointers. */
int firmware_by_addr(const void *a, const void *b);

/* 0xff only? */
bool firmware_is_blank(const uint8_t *data, size_t size);

/*
 * Does the image run from flash? Applications do; a boot loader only loads RAM.
 * info is what image_parse said about data.
 */
bool firmware_maps_flash(const struct chip *chip, const uint8_t *data,
			 const struct image_info *info);

/* The version an application carries; "" when it has no description. */
void firmware_version(const uint8_t *data, const struct image_info *info,
		      char version[static FIRMWARE_VERSION_BYTES]);

#endif
