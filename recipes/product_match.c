#include "recipes/product_match.h"

#include "recipes/diag.h"
#include "recipes/product.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct product_list {
	const struct product **rows; /* in the order of their keys */
	struct yaml **presets;       /* of the same place in rows */
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct product *const *left = a, *const *right = b;

	return strcmp((*left)->key, (*right)->key);
}

static enum status read_preset(const struct product *row, const char *products_dir,
			       struct yaml **out, struct err *err)
{
	struct place at = { row->key, 0, 0 };
	struct diag_list diags = { 0 };
	enum status st = product_read(row->key, products_dir, at, out, &diags, err);

	if (!st && diags.error_count) {
		char text[500];

		diag_text(&diags.items[0], text, sizeof(text));
		st = err_set(err, STATUS_RECIPE, "%s", text);
	}
	diag_list_release(&diags);
	return st;
}

enum status product_list_new(const char *products_dir, struct product_list **out, struct err *err)
{
	struct product_list *list = calloc(1, sizeof(*list));
	size_t count;
	const struct product *rows = product_rows(&count);
	enum status st = STATUS_OK;

	*out = NULL;
	if (list) {
		list->rows = calloc(count, sizeof(*list->rows));
		list->presets = calloc(count, sizeof(*list->presets));
	}
	if (!list || !list->rows || !list->presets) {
		product_list_free(list);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the list of products");
	}
	list->count = count;
	for (size_t i = 0; i < count; i++)
		list->rows[i] = &rows[i];
	qsort(list->rows, count, sizeof(*list->rows), by_key);
	for (size_t i = 0; !st && i < count; i++)
		st = read_preset(list->rows[i], products_dir, &list->presets[i], err);
	if (st) {
		product_list_free(list);
		return st;
	}
	*out = list;
	return STATUS_OK;
}

void product_list_free(struct product_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; list->presets && i < list->count; i++)
		yaml_tree_free(list->presets[i]);
	free(list->presets);
	free(list->rows);
	free(list);
}

bool product_bridge_is(const char *seen, const char *expected)
{
	for (; *seen && *expected; seen++, expected++) {
		bool is_any = (*seen == 'x' && isdigit((unsigned char)*expected)) ||
			      (*expected == 'x' && isdigit((unsigned char)*seen));

		if (!is_any && tolower((unsigned char)*seen) != tolower((unsigned char)*expected))
			return false;
	}
	return !*seen && !*expected;
}

/* ---- what contradicts a preset ---- */

static bool package_fits(const struct yaml_node *wanted, const struct ident *ident)
{
	if (!wanted || !ident->package[0])
		return true;
	for (size_t i = 0; i < yaml_text_count(wanted); i++)
		if (ident_package_is(ident, yaml_text_at(wanted, i)))
			return true;
	return false;
}

static bool flash_fits(const struct yaml_node *root, uint32_t flash_bytes)
{
	const struct yaml_node *one = yaml_find(root, "target.flash_size");
	const struct yaml_node *several = yaml_find(root, "flash_sizes");

	if (!flash_bytes)
		return true;
	if (one)
		return one->number == flash_bytes;
	for (size_t i = 0; several && i < several->count; i++)
		if (several->items[i].number == flash_bytes)
			return true;
	return !several;
}

static bool psram_fits(const struct yaml_node *root, const struct ident *ident)
{
	const struct yaml_node *inside = yaml_find(root, "target.psram");
	const struct yaml_node *all = yaml_find(root, "psram");

	if (!ident->tells_psram)
		return true;
	if (inside)
		return inside->number == ident->embedded_psram_bytes;
	return !ident->embedded_psram_bytes || !all || all->choice < 0; /* "none" is choice 0 */
}

static bool could_be(const struct yaml_node *root, const struct ident *ident)
{
	return strcmp(yaml_find(root, "target.chip")->text, ident->chip->key) == 0 &&
	       package_fits(yaml_find(root, "target.package"), ident) &&
	       flash_fits(root, ident->flash_bytes) && psram_fits(root, ident);
}

static bool ships_with(const struct yaml_node *root, const char *bridge)
{
	const struct yaml_node *list = yaml_find(root, "bridges");

	if (!bridge || !bridge[0])
		return true;
	for (size_t i = 0; list && i < list->count; i++)
		if (product_bridge_is(bridge, yaml_find(&list->items[i], "name")->text))
			return true;
	return false;
}

size_t product_could_be(const struct product_list *list, const struct product_sight *seen,
			struct product_guess *guesses, size_t max)
{
	size_t count = 0;

	if (!seen->ident || !seen->ident->chip)
		return 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < list->count; i++) {
			const struct yaml_node *root = &list->presets[i]->root;
			bool has_bridge = ships_with(root, seen->bridge);

			if (has_bridge != (pass == 0) || !could_be(root, seen->ident))
				continue;
			if (count < max)
				guesses[count] =
					(struct product_guess){ list->rows[i], has_bridge };
			count++;
		}
	}
	return count;
}
