#include "recipes/recipe.h"

#include "recipes/product.h"
#include "recipes/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE_MIN 115200
#define RATE_MAX 6000000

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
static const char *const passed_words[] = { "flash", NULL };
static const char *const passed_later[] = { "skip", "verify", "refuse", "ask", NULL };

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
static const struct schema_row phrase_row = {
	.key = "phrases", .kind = SCHEMA_TEXT, .min = 1, .max = 200,
};
static const struct schema_row boot_check_rows[] = {
	{ .key = "within", .kind = SCHEMA_DURATION, .is_required = true, .min = 1, .max = 600000 },
	{ .key = "expect", .kind = SCHEMA_LIST, .min = 1, .item = &phrase_row },
	{ .key = "reject", .kind = SCHEMA_LIST, .min = 1, .item = &phrase_row },
	{ .key = NULL },
};
static const struct schema_row policy_rows[] = {
	{ .key = "tries",          .kind = SCHEMA_INTEGER, .min = 1, .max = 10 },
	{ .key = "already_passed", .kind = SCHEMA_CHOICE,  .choices = passed_words, .later = passed_later },
	{ .key = "skip",           .kind = SCHEMA_CHOICE,  .choices = skip_words },
	{ .key = "accept_unproven", .kind = SCHEMA_CHOICE, .choices = yes_no_words },
	{ .key = NULL },
};
static const struct schema_row recipe_rows[] = {
	{ .key = "recipe",     .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 80 },
	{ .key = "revision",   .kind = SCHEMA_INTEGER, .min = 1, .max = 1000000 },
	{ .key = "product",    .kind = SCHEMA_TEXT,    .min = 1, .max = 80 },
	{ .key = "target",     .kind = SCHEMA_MAP,     .rows = target_rows },
	{ .key = "images",     .kind = SCHEMA_LIST,    .is_required = true, .min = 1, .item = &image_row },
	{ .key = "flash",      .kind = SCHEMA_MAP,     .rows = flash_rows },
	{ .key = "erase",      .kind = SCHEMA_CHOICE,  .choices = erase_words },
	{ .key = "link",       .kind = SCHEMA_MAP,     .rows = link_rows },
	{ .key = "boot_check", .kind = SCHEMA_MAP,     .is_later = true, .rows = boot_check_rows },
	{ .key = "policy",     .kind = SCHEMA_MAP,     .rows = policy_rows },
	{ .key = NULL },
};
/* clang-format on */

struct setting {
	const struct yaml_node *node; /* NULL: not set, or wrong and reported */
	struct place at;
};

/* From the recipe, else from the preset. */
static struct setting find(const struct recipe *r, const char *path)
{
	const struct yaml *from[] = { r->yaml, r->preset };
	struct setting found = { NULL, { r->yaml->file, 1, 1 } };

	for (size_t i = 0; i < 2 && from[i]; i++) {
		const struct yaml_node *node = yaml_find(&from[i]->root, path);

		if (!node)
			continue;
		found.at = yaml_place(from[i], node);
		found.node = node->is_bad ? NULL : node;
		return found;
	}
	return found;
}

static uint64_t number(const struct recipe *r, const char *path, uint64_t unset)
{
	struct setting s = find(r, path);

	return s.node ? s.node->number : unset;
}

static int choice(const struct recipe *r, const char *path, int unset)
{
	struct setting s = find(r, path);

	return s.node ? s.node->choice : unset;
}

static const char *text(const struct recipe *r, const char *path)
{
	struct setting s = find(r, path);

	return s.node ? s.node->text : NULL;
}

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
	struct setting s = find(r, "target.chip");
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

/* A recipe that puts another chip into the product means another package and memory too. */
static struct setting find_of_chip(const struct recipe *r, const char *path)
{
	const struct yaml_node *usual =
		r->preset ? yaml_find(&r->preset->root, "target.chip") : NULL;
	struct setting s = find(r, path);

	if (s.node && s.at.file != r->yaml->file && r->chip && usual && !usual->is_bad &&
	    strcmp(usual->text, r->chip->key) != 0)
		s.node = NULL;
	return s;
}

static bool chip_has_package(const struct chip *chip, const char *name)
{
	for (const struct value_text *p = chip->efuse->packages; p->text; p++) {
		struct ident ident = { .chip = chip };

		snprintf(ident.package, sizeof(ident.package), "%s", p->text);
		if (ident_package_is(&ident, name))
			return true;
	}
	return false;
}

/* A name that no unit can have would refuse them all. */
static void take_packages(struct recipe *r, struct diag_list *diags)
{
	struct setting s = find_of_chip(r, "target.package");
	char known[300] = "";

	if (!s.node)
		return;
	for (size_t i = 0; s.node->kind == YAML_LIST && i < s.node->count; i++)
		if (s.node->items[i].is_bad)
			return;
	r->packages = s.node;
	if (!r->chip || !r->chip->efuse || !r->chip->efuse->packages)
		return;
	for (const struct value_text *p = r->chip->efuse->packages; p->text; p++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "", p->text);
	}
	for (size_t i = 0; i < yaml_text_count(s.node); i++)
		if (!chip_has_package(r->chip, yaml_text_at(s.node, i)))
			diag_error(diags, s.at, "'package' is '%s': an %s comes as %s",
				   yaml_text_at(s.node, i), r->chip->name, known);
}

static void take_target(struct recipe *r, struct diag_list *diags)
{
	struct setting flash = find(r, "target.flash_size"), psram;

	take_chip(r, diags);
	take_packages(r, diags);
	psram = find_of_chip(r, "target.psram");
	r->psram_bytes = psram.node ? (uint32_t)psram.node->number : 0;
	r->min_rev = (uint16_t)number(r, "target.min_revision", 0);
	r->max_rev = (uint16_t)number(r, "target.max_revision", UINT16_MAX);
	if (r->min_rev > r->max_rev)
		diag_error(diags, find(r, "target.min_revision").at,
			   "'min_revision' is above 'max_revision'");
	r->flash_bytes = flash.node ? (uint32_t)flash.node->number : 0;
	if (r->chip && r->flash_bytes > r->chip->max_flash_bytes)
		diag_error(diags, flash.at, "'flash_size' is %s: an %s addresses %u MB at most",
			   flash.node->text, r->chip->name, r->chip->max_flash_bytes >> 20);
}

static void take_header(struct recipe *r, struct diag_list *diags)
{
	struct setting frequency = find(r, "flash.frequency"), size = find(r, "flash.size");
	uint8_t nibble;

	r->header_at = find(r, "flash").at;
	/* The words stand in the order of enum flash_mode. */
	r->mode = (enum flash_mode)choice(r, "flash.mode", FLASH_MODE_KEEP);
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

static char *join_path(const char *recipe_path, const char *file)
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
	image->path = join_path(path, file->text);
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
	struct setting product = find(r, "product");
	enum status st;

	if (!product.node)
		return STATUS_OK;
	r->product = product.node->text;
	st = product_read(r->product, products_dir, product.at, &r->preset, diags, err);
	if (st == STATUS_RECIPE)
		return STATUS_OK; /* reported; the rest of the recipe can still be checked */
	if (!st) {
		r->product_title = text(r, "title");
		r->download_hint = text(r, "download");
	}
	return st;
}

/*
 * Secure boot refuses a boot loader that differs from the signed one in a single byte.
 * A unit in secure download mode runs no stub, tells no flash size and computes no MD5:
 * docs/protocol.md, what a flasher may believe.
 */
static void take_security(struct recipe *r, struct diag_list *diags)
{
	struct setting security = find(r, "target.security");
	bool is_patched = r->mode != FLASH_MODE_KEEP || r->frequency_mhz ||
			  r->header_size != HEADER_SIZE_KEEP;
	bool is_download;

	r->security = (enum security_wanted)choice(r, "target.security", SECURITY_OPEN);
	r->accept_unproven = choice(r, "policy.accept_unproven", 0) == 1;
	is_download = r->security == SECURITY_SECURE_DOWNLOAD;
	if (r->security != SECURITY_OPEN && is_patched)
		diag_error(diags, r->header_at,
			   "'flash' changes the boot loader's header, and with it what was "
			   "signed: 'security: %s' needs mode, frequency and size 'keep'",
			   security.node->text);
	if (!is_download && r->accept_unproven)
		diag_warning(diags, find(r, "policy.accept_unproven").at,
			     "'accept_unproven' means something with 'security: "
			     "secure_download' only");
	if (!is_download)
		return;
	if (!find(r, "target.flash_size").node)
		diag_error(diags, security.at,
			   "'security: secure_download' needs 'target.flash_size': such a unit "
			   "does not tell its own");
	if (!r->accept_unproven)
		diag_error(diags, security.at,
			   "'security: secure_download' needs 'policy: {accept_unproven: yes}': "
			   "such a unit cannot prove what was written");
	if (find(r, "link.stub").node && r->stub != STUB_NEVER)
		diag_error(diags, find(r, "link.stub").at,
			   "'stub' is '%s': a unit in secure download mode runs none, expected "
			   "never",
			   find(r, "link.stub").node->text);
	if (find(r, "link.compress").node && r->compress)
		diag_error(
			diags, find(r, "link.compress").at,
			"'compress' is 'yes': not with 'security: secure_download', expected no");
	if (r->skip != SKIP_NEVER)
		diag_error(diags, find(r, "policy.skip").at,
			   "'skip' is 'unchanged': a unit in secure download mode cannot tell what "
			   "is there, expected never");
	if (r->erase != ERASE_SECTORS)
		diag_error(diags, r->erase_at,
			   "'erase' is '%s': a unit in secure download mode erases what is "
			   "written, expected sectors",
			   find(r, "erase").node->text);
	r->stub = STUB_NEVER;
	r->compress = false;
}

static void take_bridge_policy(struct recipe *r, struct diag_list *diags)
{
	struct setting bridge = find(r, "link.bridge");

	r->bridge_policy = (enum bridge_policy)choice(r, "link.bridge", BRIDGE_WARN);
	if (r->bridge_policy == BRIDGE_REFUSE && !recipe_bridges(r) && (!r->product || r->preset))
		diag_error(diags, bridge.at,
			   "'bridge: refuse' needs a product that says which bridges it has");
}

static void take_settings(struct recipe *r, struct diag_list *diags)
{
	r->name = text(r, "recipe");
	r->revision = (unsigned)number(r, "revision", 0);
	take_target(r, diags);
	take_header(r, diags);
	r->erase_at = find(r, "erase").at;
	r->erase = (enum erase_mode)choice(r, "erase", ERASE_SECTORS);
	r->max_rate = (uint32_t)number(r, "link.max_rate", 0);
	r->stub = (enum stub_policy)choice(r, "link.stub", STUB_AUTO);
	r->compress = choice(r, "link.compress", 1) == 1;
	r->tries = (unsigned)number(r, "policy.tries", RECIPE_TRIES_DEFAULT);
	r->skip = (enum skip_policy)choice(r, "policy.skip", SKIP_NEVER);
	take_security(r, diags);
	take_bridge_policy(r, diags);
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
	yaml_tree_free(r->preset);
	yaml_tree_free(r->yaml);
	free(r);
}

const struct yaml_node *recipe_bridges(const struct recipe *r)
{
	return r->preset ? good(&r->preset->root, "bridges") : NULL;
}
