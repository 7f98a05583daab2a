#include "recipes/recipe.h"

#include "recipes/boot_check.h"
#include "recipes/interlock.h"
#include "recipes/label.h"
#include "recipes/product.h"
#include "recipes/schema.h"
#include "recipes/serial_source.h"
#include "recipes/setting.h"
#include "recipes/unit_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MIN 115200
#define RATE_MAX 6000000
#define CONSOLE_RATE_MIN 1200

/* clang-format off */
static const char *const keep_words[] = { "keep", NULL };
static const char *const mode_words[] = { "qio", "qout", "dio", "dout", "keep", NULL };
static const char *const size_words[] = { "keep", "detect", NULL };
static const char *const erase_words[] = { "sectors", "rooms", "all", NULL };
static const char *const stub_words[] = { "auto", "always", "never", NULL };
/* In the order of their enums. */
static const char *const security_words[] = { "open", "secure_boot", "secure_download", NULL };
static const char *const bridge_words[] = { "warn", "refuse", "any", NULL };
static const char *const yes_no_words[] = { "no", "yes", NULL };
static const char *const skip_words[] = { "never", "unchanged", NULL };
static const char *const passed_words[] = { "flash", "refuse", NULL };
static const char *const passed_later[] = { "skip", "verify", "ask", NULL };
static const char *const plant_words[] = { "leased", "strict", "standalone", NULL };

/* The address space of the largest flash chip; the target's own end is checked with the images. */
#define ADDRESS_MAX 0x7fffffffu

static const struct schema_row image_rows[] = {
	{ .key = "file",      .kind = SCHEMA_TEXT, .is_required = true, .min = 1, .max = 1000 },
	{ .key = "address",   .kind = SCHEMA_SIZE, .min = 0, .max = ADDRESS_MAX },
	{ .key = "partition", .kind = SCHEMA_TEXT, .min = 1, .max = 16 },
	{ .key = "sha256",    .kind = SCHEMA_SHA256 },
	{ .key = NULL },
};
static const struct schema_row image_row = {
	.key = "images", .kind = SCHEMA_MAP, .rows = image_rows,
};
static const struct schema_row package_row = {
	.key = "package", .kind = SCHEMA_TEXT, .min = 1, .max = 39,
};
const struct schema_row target_rows[] = {
	{ .key = "chip",         .kind = SCHEMA_TEXT, .min = 1, .max = 20 },
	{ .key = "package",      .kind = SCHEMA_LIST, .takes_one = true, .min = 1, .item = &package_row },
	{ .key = "min_revision", .kind = SCHEMA_REVISION },
	{ .key = "max_revision", .kind = SCHEMA_REVISION },
	{ .key = "flash_size",   .kind = SCHEMA_FLASH },
	{ .key = "psram",        .kind = SCHEMA_PSRAM },
	{ .key = "security",     .kind = SCHEMA_CHOICE, .choices = security_words },
	{ .key = NULL },
};
const struct schema_row flash_rows[] = {
	{ .key = "mode",      .kind = SCHEMA_CHOICE,    .choices = mode_words },
	{ .key = "frequency", .kind = SCHEMA_FREQUENCY, .choices = keep_words, .min = 1, .max = 200 },
	{ .key = "size",      .kind = SCHEMA_FLASH,     .choices = size_words },
	{ .key = NULL },
};
const struct schema_row link_rows[] = {
	{ .key = "max_rate", .kind = SCHEMA_INTEGER, .min = RATE_MIN, .max = RATE_MAX },
	{ .key = "stub",     .kind = SCHEMA_CHOICE,  .choices = stub_words },
	{ .key = "compress", .kind = SCHEMA_CHOICE,  .choices = yes_no_words },
	{ .key = "bridge",   .kind = SCHEMA_CHOICE,  .choices = bridge_words },
	{ .key = NULL },
};
static const struct schema_row expect_row = {
	.key = "expect", .kind = SCHEMA_TEXT, .min = 1, .max = PATTERN_BYTES_MAX,
};
static const struct schema_row reject_row = {
	.key = "reject", .kind = SCHEMA_TEXT, .min = 1, .max = PATTERN_BYTES_MAX,
};
static const struct schema_row boot_value_rows[] = {
	{ .key = "name",     .kind = SCHEMA_TEXT, .is_required = true, .min = 1, .max = BOOT_NAME_BYTES - 1 },
	{ .key = "match",    .kind = SCHEMA_TEXT, .min = 1, .max = PATTERN_BYTES_MAX },
	{ .key = "low",      .kind = SCHEMA_DECIMAL },
	{ .key = "high",     .kind = SCHEMA_DECIMAL },
	{ .key = "unit",     .kind = SCHEMA_TEXT, .min = 1, .max = 20 },
	{ .key = "equal",    .kind = SCHEMA_TEXT, .min = 1, .max = FLASH_READING_BYTES - 1 },
	{ .key = "required", .kind = SCHEMA_CHOICE, .choices = yes_no_words },
	{ .key = NULL },
};
static const struct schema_row boot_value_row = {
	.key = "values", .kind = SCHEMA_MAP, .rows = boot_value_rows,
};
static const struct schema_row boot_check_rows[] = {
	{ .key = "within",   .kind = SCHEMA_DURATION, .is_required = true, .min = 100, .max = 600000 },
	{ .key = "rate",     .kind = SCHEMA_INTEGER, .min = CONSOLE_RATE_MIN, .max = RATE_MAX },
	{ .key = "expect",   .kind = SCHEMA_LIST, .min = 1, .item = &expect_row },
	{ .key = "reject",   .kind = SCHEMA_LIST, .min = 1, .item = &reject_row },
	{ .key = "values",   .kind = SCHEMA_LIST, .min = 1, .item = &boot_value_row },
	{ .key = "in_order", .kind = SCHEMA_CHOICE, .choices = yes_no_words },
	{ .key = "loops",    .kind = SCHEMA_INTEGER, .min = 0, .max = 100 },
	{ .key = NULL },
};
static const struct schema_row policy_rows[] = {
	{ .key = "tries",          .kind = SCHEMA_INTEGER, .min = 1, .max = 10 },
	{ .key = "already_passed", .kind = SCHEMA_CHOICE,  .choices = passed_words, .later = passed_later },
	{ .key = "skip",           .kind = SCHEMA_CHOICE,  .choices = skip_words },
	{ .key = "accept_unproven", .kind = SCHEMA_CHOICE, .choices = yes_no_words },
	{ .key = "clear_protection", .kind = SCHEMA_CHOICE, .choices = yes_no_words },
	{ .key = "plant",          .kind = SCHEMA_CHOICE,  .choices = plant_words },
	{ .key = NULL },
};
static const struct schema_row data_row = {
	.key = "data", .kind = SCHEMA_MAP, .rows = unit_data_rows,
};
static const struct schema_row recipe_rows[] = {
	{ .key = "recipe",     .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 80 },
	{ .key = "revision",   .kind = SCHEMA_INTEGER, .min = 1, .max = 1000000 },
	{ .key = "product",    .kind = SCHEMA_TEXT,    .min = 1, .max = 80 },
	{ .key = "process",    .kind = SCHEMA_TEXT,    .min = 1, .max = 40 },
	{ .key = "target",     .kind = SCHEMA_MAP,     .rows = target_rows },
	{ .key = "images",     .kind = SCHEMA_LIST,    .is_required = true, .min = 1, .item = &image_row },
	{ .key = "flash",      .kind = SCHEMA_MAP,     .rows = flash_rows },
	{ .key = "erase",      .kind = SCHEMA_CHOICE,  .choices = erase_words },
	{ .key = "link",       .kind = SCHEMA_MAP,     .rows = link_rows },
	{ .key = "boot_check", .kind = SCHEMA_MAP,     .rows = boot_check_rows },
	{ .key = "policy",     .kind = SCHEMA_MAP,     .rows = policy_rows },
	{ .key = "serial",     .kind = SCHEMA_MAP,     .rows = serial_rows },
	{ .key = "label",      .kind = SCHEMA_MAP,     .rows = label_rows },
	{ .key = "data",       .kind = SCHEMA_LIST,    .min = 1, .max = UNIT_PARTS_MAX, .item = &data_row },
	{ .key = NULL },
};
/* clang-format on */

/* Something that could have named the chip is wrong, and was reported where it stands. */
static bool is_chip_reported(const struct recipe *r)
{
	const struct yaml_node *root = &r->yaml->root;
	const struct yaml_node *target = yaml_find(root, "target");
	const struct yaml_node *product = yaml_find(root, "product");

	return (target && target->is_bad) || (product && product->is_bad) ||
	       yaml_find(root, "target.chip") || (r->product && !r->preset);
}

static void take_chip(struct recipe *r, struct diag_list *diags)
{
	struct setting s = setting_find(r, "target.chip");
	const struct yaml_node *usual;
	char known[200] = "";
	size_t count;
	const struct chip *rows = chip_rows(&count);

	r->chip_at = s.at;
	if (!s.node) {
		if (!is_chip_reported(r))
			diag_error(diags, r->chip_at,
				   "'target.chip' is missing: "
				   "name a chip, or a product that has one");
		return;
	}
	r->chip = chip_by_key(s.node->text);
	if (!r->chip) {
		for (size_t i = 0; i < count; i++) {
			size_t used = strlen(known);

			snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
				 rows[i].key);
		}
		diag_error(diags, s.at, "'chip' is '%s': expected one of %s", s.node->text, known);
		return;
	}
	usual = r->preset ? yaml_find(&r->preset->root, "target.chip") : NULL;
	if (usual && !usual->is_bad && strcmp(usual->text, s.node->text) != 0)
		diag_warning(diags, s.at, "%s has an %s, this recipe says %s", r->product,
			     usual->text, s.node->text);
}

static void take_target(struct recipe *r, struct diag_list *diags)
{
	struct setting flash = setting_find(r, "target.flash_size");

	take_chip(r, diags);
	r->min_rev = (uint16_t)setting_number(r, "target.min_revision", 0);
	r->max_rev = (uint16_t)setting_number(r, "target.max_revision", UINT16_MAX);
	if (r->min_rev > r->max_rev)
		diag_error(diags, setting_find(r, "target.min_revision").at,
			   "'min_revision' is above 'max_revision'");
	r->flash_bytes = flash.node ? (uint32_t)flash.node->number : 0;
	if (r->chip && r->flash_bytes > r->chip->max_flash_bytes)
		diag_error(diags, flash.at, "'flash_size' is %s: an %s addresses %u MB at most",
			   flash.node->text, r->chip->name, r->chip->max_flash_bytes >> 20);
}

static void take_header(struct recipe *r, struct diag_list *diags)
{
	struct setting frequency = setting_find(r, "flash.frequency"),
		       size = setting_find(r, "flash.size");
	uint8_t nibble;

	r->header_at = setting_find(r, "flash").at;
	/* The words stand in the order of enum flash_mode. */
	r->mode = (enum flash_mode)setting_choice(r, "flash.mode", FLASH_MODE_KEEP);
	if (frequency.node && frequency.node->choice < 0) {
		r->frequency_mhz = (unsigned)frequency.node->number;
		if (r->chip && !chip_frequency_nibble(r->chip, r->frequency_mhz, &nibble))
			diag_error(diags, frequency.at,
				   "'frequency' is %s: an %s header has no "
				   "such frequency",
				   frequency.node->text, r->chip->name);
	}
	r->header_size = HEADER_SIZE_KEEP;
	if (size.node && size.node->choice == 1)
		r->header_size = HEADER_SIZE_DETECT;
	if (!size.node || size.node->choice >= 0)
		return;
	r->header_size = HEADER_SIZE_FIXED;
	r->header_size_bytes = (uint32_t)size.node->number;
	if (r->flash_bytes && r->header_size_bytes > r->flash_bytes)
		diag_error(diags, size.at, "'size' is %s: more than the target's flash",
			   size.node->text);
	else if (r->chip && r->header_size_bytes > r->chip->max_flash_bytes)
		diag_error(diags, size.at, "'size' is %s: an %s addresses %u MB at most",
			   size.node->text, r->chip->name, r->chip->max_flash_bytes >> 20);
}

char *recipe_join_path(const char *recipe_path, const char *file)
{
	const char *slash = strrchr(recipe_path, '/');
	size_t folder = slash && file[0] != '/' ? (size_t)(slash - recipe_path) + 1 : 0;
	char *path = malloc(folder + strlen(file) + 1);

	if (!path)
		return NULL;
	memcpy(path, recipe_path, folder);
	strcpy(path + folder, file);
	return path;
}

static const struct yaml_node *good(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_find(map, key);

	return node && !node->is_bad ? node : NULL;
}

static bool take_image(const struct recipe *r, const char *path, const struct yaml_node *item,
		       struct recipe_image *image, struct diag_list *diags)
{
	const struct yaml_node *file = good(item, "file"), *address = good(item, "address");
	const struct yaml_node *partition = good(item, "partition"), *sha256 = good(item, "sha256");

	image->at = yaml_place(r->yaml, item);
	image->file_at = file ? yaml_place(r->yaml, file) : image->at;
	image->address_at = address ? yaml_place(r->yaml, address) : image->file_at;
	image->partition_at = partition ? yaml_place(r->yaml, partition) : image->file_at;
	image->sha256_at = sha256 ? yaml_place(r->yaml, sha256) : image->file_at;
	image->has_address = address != NULL;
	image->address = address ? (uint32_t)address->number : 0;
	image->partition = partition ? partition->text : NULL;
	image->sha256 = sha256 ? sha256->text : NULL;
	if (yaml_find(item, "address") && yaml_find(item, "partition")) {
		diag_error(diags, image->partition_at,
			   "'address' and 'partition' both say where the image goes: keep one");
		image->partition = NULL;
	} else if (!yaml_find(item, "address") && !yaml_find(item, "partition")) {
		diag_error(diags, image->at, "the image has no 'address' and no 'partition'");
	}
	if (!file)
		return true;
	image->file = file->text;
	image->path = recipe_join_path(path, file->text);
	return image->path != NULL;
}

static bool take_images(struct recipe *r, const char *path, struct diag_list *diags)
{
	const struct yaml_node *list = good(&r->yaml->root, "images");

	if (!list)
		return true;
	r->images = calloc(list->count ? list->count : 1, sizeof(*r->images));
	if (!r->images)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].is_bad)
			continue;
		if (!take_image(r, path, &list->items[i], &r->images[r->image_count++], diags))
			return false;
	}
	return true;
}

static enum status take_preset(struct recipe *r, const char *products_dir, struct diag_list *diags,
			       struct err *err)
{
	struct setting product = setting_find(r, "product");
	enum status st;

	if (!product.node)
		return STATUS_OK;
	r->product = product.node->text;
	st = product_read(r->product, products_dir, product.at, &r->preset, diags, err);
	if (st == STATUS_RECIPE)
		return STATUS_OK; /* reported; the rest of the recipe can still be checked */
	if (!st) {
		r->product_title = setting_text(r, "title");
		r->download_hint = setting_text(r, "download");
	}
	return st;
}

static void take_settings(struct recipe *r, struct diag_list *diags)
{
	r->name = setting_text(r, "recipe");
	r->revision = (unsigned)setting_number(r, "revision", 0);
	r->process = setting_text(r, "process");
	take_target(r, diags);
	take_header(r, diags);
	r->erase_at = setting_find(r, "erase").at;
	r->erase = (enum erase_mode)setting_choice(r, "erase", ERASE_SECTORS);
	r->max_rate = (uint32_t)setting_number(r, "link.max_rate", 0);
	r->stub = (enum stub_policy)setting_choice(r, "link.stub", STUB_AUTO);
	r->compress = setting_choice(r, "link.compress", 1) == 1;
	r->tries = (unsigned)setting_number(r, "policy.tries", RECIPE_TRIES_DEFAULT);
	r->clear_protection = setting_choice(r, "policy.clear_protection", 0) == 1;
	r->skip = (enum skip_policy)setting_choice(r, "policy.skip", SKIP_NEVER);
	/* Not given stands before the first word. */
	r->passed_policy = (enum passed_policy)(setting_choice(r, "policy.already_passed", -1) + 1);
	r->plant_policy = (enum plant_policy)setting_choice(r, "policy.plant", PLANT_LEASED);
	interlock_take(r, diags);
}

enum status recipe_from_yaml(struct yaml *y, const char *path, const char *products_dir,
			     struct recipe **out, struct diag_list *diags, struct err *err)
{
	struct recipe *r = calloc(1, sizeof(*r));
	enum status st;

	*out = NULL;
	if (!r) {
		yaml_tree_free(y);
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	}
	r->yaml = y;
	schema_check(y, recipe_rows, diags);
	st = STATUS_OK;
	if (y->root.is_bad)
		st = err_set(err, STATUS_RECIPE, "%s: this is no recipe", path);
	if (!st)
		st = take_preset(r, products_dir, diags, err);
	if (!st) {
		take_settings(r, diags);
		if (!take_images(r, path, diags))
			st = err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	}
	if (!st)
		st = boot_check_take(r, &r->boot_check, diags, err);
	if (st) {
		recipe_free(r);
		return st;
	}
	*out = r;
	return STATUS_OK;
}

enum status recipe_load(const char *path, const char *products_dir, struct recipe **out,
			struct diag_list *diags, struct err *err)
{
	struct yaml *y;

	*out = NULL;
	TRY(yaml_read_file(path, &y, diags, err));
	return recipe_from_yaml(y, path, products_dir, out, diags, err);
}

void recipe_free(struct recipe *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->image_count; i++)
		free(r->images[i].path);
	free(r->images);
	boot_check_free(r->boot_check);
	yaml_tree_free(r->preset);
	yaml_tree_free(r->yaml);
	free(r);
}

const struct yaml_node *recipe_bridges(const struct recipe *r)
{
	return r->preset ? good(&r->preset->root, "bridges") : NULL;
}
