/*
 * What the factory wrote, checked key by key and merged with its product preset.
 *
 * No image has been read yet: that is the plan's work. A setting in the recipe
 * wins over the preset's, the preset's over the default. The keys, their kinds
 * and limits are the rows in recipe.c and product.c; docs/recipes.md tells
 * people about them.
 */
#ifndef RECIPES_RECIPE_H
#define RECIPES_RECIPE_H

#include "engine/flasher.h"
#include "engine/image.h"
#include "recipes/plan.h"
#include "recipes/yaml.h"

#define RECIPE_TRIES_DEFAULT 3

/* What the boot loader's header shall say about the flash's size. */
enum header_size { HEADER_SIZE_KEEP, HEADER_SIZE_DETECT, HEADER_SIZE_FIXED };

struct recipe_image {
	struct place at; /* of the item, for messages about the image as a whole */
	struct place file_at, address_at, sha256_at;
	const char *file; /* as written; NULL after an error */
	char *path;       /* relative names are relative to the recipe's folder */
	bool has_address;
	uint32_t address;
	const char *partition; /* NULL when placed by address */
	struct place partition_at;
	const char *sha256; /* 64 hex digits, NULL without */
};

struct recipe {
	struct yaml *yaml;
	struct yaml *preset; /* NULL without */
	const char *name;
	unsigned revision;   /* 0 not given */
	const char *process; /* NULL without */
	const char *product; /* NULL without */
	const char *product_title;
	const char *download_hint;

	const struct chip *chip; /* NULL after an error */
	struct place chip_at;
	uint16_t min_rev, max_rev;        /* 0 and 65535 without */
	uint32_t flash_bytes;             /* 0 any */
	const struct yaml_node *packages; /* yaml_text_at(); NULL any */
	uint32_t psram_bytes;             /* in the package; 0 any */
	enum security_wanted security;
	bool accept_unproven;

	enum flash_mode mode;
	unsigned frequency_mhz; /* 0 keep */
	enum header_size header_size;
	uint32_t header_size_bytes; /* HEADER_SIZE_FIXED */
	struct place header_at;     /* of flash: in the recipe or preset */

	enum erase_mode erase;
	struct place erase_at;
	uint32_t max_rate; /* 0 the bridge's own best */
	enum stub_policy stub;
	bool compress;
	enum bridge_policy bridge_policy;
	unsigned tries;
	enum skip_policy skip;
	bool clear_protection;
	enum passed_policy passed_policy;
	enum plant_policy plant_policy;

	struct boot_check *boot_check; /* NULL none; plan_load takes it over */

	struct recipe_image *images;
	size_t image_count;
};

/*
 * Read, check and merge. *out is there whenever the YAML could be read, so that
 * images can be checked even when a key is wrong; whether anything was wrong,
 * diags tells. STATUS_RECIPE nothing to go on with, STATUS_NO_MEMORY.
 */
enum status recipe_load(const char *path, const char *products_dir, struct recipe **out,
			struct diag_list *diags, struct err *err);
/* The same for YAML that was read already; takes y over, also on failure. path is
 * what image files are relative to. */
enum status recipe_from_yaml(struct yaml *y, const char *path, const char *products_dir,
			     struct recipe **out, struct diag_list *diags, struct err *err);
void recipe_free(struct recipe *r);

/* A file's path: relative names are relative to the recipe's folder. free() it; NULL: no memory. */
char *recipe_join_path(const char *recipe_path, const char *file);

/* The preset's list of bridges, each a map of 'name' and perhaps 'rates'; NULL without. */
const struct yaml_node *recipe_bridges(const struct recipe *r);

#endif
