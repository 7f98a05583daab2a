#include "recipes/product.h"

#include "recipes/plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_BYTES 4096
#define PRODUCTS_MAX 256

/* clang-format off */
static const struct schema_row rate_row = {
	.key = "rates", .kind = SCHEMA_INTEGER, .min = 115200, .max = 6000000,
};
static const struct schema_row bridge_rows[] = {
	{ .key = "name",  .kind = SCHEMA_TEXT, .is_required = true, .min = 1, .max = 40 },
	{ .key = "rates", .kind = SCHEMA_LIST, .min = 1, .item = &rate_row },
	{ .key = NULL },
};
static const struct schema_row bridge_row = {
	.key = "bridges", .kind = SCHEMA_MAP, .rows = bridge_rows,
};
static const char *const none_words[] = { "none", NULL };
static const struct schema_row sku_row = {
	.key = "sku", .kind = SCHEMA_TEXT, .min = 1, .max = 30,
};
static const struct schema_row flash_size_row = {
	.key = "flash_sizes", .kind = SCHEMA_FLASH,
};
static const struct schema_row preset_rows[] = {
	{ .key = "product",  .kind = SCHEMA_TEXT, .is_required = true, .min = 1, .max = 80 },
	{ .key = "title",    .kind = SCHEMA_TEXT, .is_required = true, .min = 1, .max = 80 },
	{ .key = "target",   .kind = SCHEMA_MAP,  .is_required = true, .rows = target_rows },
	{ .key = "sku",      .kind = SCHEMA_LIST, .takes_one = true, .min = 1, .item = &sku_row },
	{ .key = "flash_sizes", .kind = SCHEMA_LIST, .min = 1, .item = &flash_size_row },
	{ .key = "psram",    .kind = SCHEMA_PSRAM, .choices = none_words },
	{ .key = "bridges",  .kind = SCHEMA_LIST, .min = 1, .item = &bridge_row },
	{ .key = "flash",    .kind = SCHEMA_MAP,  .rows = flash_rows },
	{ .key = "link",     .kind = SCHEMA_MAP,  .rows = link_rows },
	{ .key = "download", .kind = SCHEMA_TEXT, .min = 1, .max = 400 },
	{ .key = "note",     .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = NULL },
};
/* clang-format on */

/* "maker/product" of small letters, digits, dots and dashes: safe in a file name. */
static bool is_key(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash && slash != key && slash[1] && slash[1] != '.' && key[0] != '.' &&
	       strspn(slash + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(slash + 1) &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789.-") == (size_t)(slash - key);
}

static void unknown_product(const char *key, struct place at, struct diag_list *diags)
{
	size_t count;
	const struct product *rows = product_rows(&count);
	const char *words[PRODUCTS_MAX];
	const char *near;

	assert(count <= PRODUCTS_MAX);
	for (size_t i = 0; i < count; i++)
		words[i] = rows[i].key;
	near = schema_nearest(key, words, count);
	diag_error(diags, at, "unknown product '%s': %s%s%s", key,
		   near ? "did you mean '" : "'flashline products' lists them", near ? near : "",
		   near ? "'?" : "");
}

static enum status read_built_in(const char *key, struct place at, struct yaml **out,
				 struct diag_list *diags, struct err *err)
{
	size_t count;
	const struct product *rows = product_rows(&count);

	for (size_t i = 0; i < count; i++) {
		char name[120];

		if (strcmp(rows[i].key, key) != 0)
			continue;
		snprintf(name, sizeof(name), "product %s", key);
		return yaml_read_text(name, rows[i].yaml, strlen(rows[i].yaml), out, diags, err);
	}
	unknown_product(key, at, diags);
	return err_set(err, STATUS_RECIPE, "%s: unknown product '%s'", at.file, key);
}

enum status product_read(const char *key, const char *products_dir, struct place at,
			 struct yaml **out, struct diag_list *diags, struct err *err)
{
	const struct yaml_node *own;
	char path[PATH_BYTES];
	struct stat about;
	enum status st;

	*out = NULL;
	if (!is_key(key)) {
		unknown_product(key, at, diags);
		return err_set(err, STATUS_RECIPE, "%s: unknown product '%s'", at.file, key);
	}
	snprintf(path, sizeof(path), "%s/%s.yaml", products_dir ? products_dir : "", key);
	if (products_dir && stat(path, &about) == 0)
		st = yaml_read_file(path, out, diags, err);
	else
		st = read_built_in(key, at, out, diags, err);
	if (st)
		return st;
	schema_check(*out, preset_rows, diags);
	own = yaml_find(&(*out)->root, "product");
	if (own && !own->is_bad && strcmp(own->text, key) != 0)
		diag_error(diags, yaml_place(*out, own),
			   "this file is the preset of '%s', its name says '%s'", own->text, key);
	return STATUS_OK;
}
