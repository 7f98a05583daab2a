#include "recipes/product_match.h"

#include "recipes/diag.h"
#include "recipes/product.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status no_memory(struct err *err)
{
	return err_set(err, STATUS_NO_MEMORY, "no memory for the list of products");
}

struct product_list {
	struct product_entry {
		struct product row;
		struct yaml *preset;
		char *key; /* owned, of a product that only the folder has; NULL built in */
	} * entries;       /* in the order of their keys */
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	const struct product_entry *left = a, *right = b;

	return strcmp(left->row.key, right->row.key);
}

/* key: lent for a built-in product, else handed over, also on failure. */
static enum status add_entry(struct product_list *list, const struct product *built_in, char *key,
			     const char *products_dir, struct err *err)
{
	struct place at = { built_in ? built_in->key : key, 0, 0 };
	struct product_entry *entries, *e;
	struct diag_list diags = { 0 };
	enum status st;

	entries = realloc(list->entries, (list->count + 1) * sizeof(*entries));
	if (!entries) {
		free(key);
		return no_memory(err);
	}
	list->entries = entries;
	e = &entries[list->count++];
	*e = (struct product_entry){ .key = key };
	e->row = built_in ? *built_in : (struct product){ .key = key };
	st = product_read(e->row.key, products_dir, at, &e->preset, &diags, err);
	if (diags.error_count && st != STATUS_NO_MEMORY) {
		char text[500];

		diag_text(&diags.items[0], text, sizeof(text));
		st = err_set(err, STATUS_RECIPE, "%s", text);
	}
	if (!st)
		e->row.title = yaml_find(&e->preset->root, "title")->text;
	diag_list_release(&diags);
	return st;
}

static bool has_key(const struct product_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->entries[i].row.key, key) == 0)
			return true;
	return false;
}

/* FOLDER/MAKER/PRODUCT.yaml is the preset of MAKER/PRODUCT. */
static enum status add_maker(struct product_list *list, const char *products_dir, const char *maker,
			     struct err *err)
{
	enum status st = STATUS_OK;
	struct dirent *file;
	char path[4096];
	DIR *folder;

	snprintf(path, sizeof(path), "%s/%s", products_dir, maker);
	folder = opendir(path);
	while (!st && folder && (file = readdir(folder)) != NULL) {
		size_t size = strlen(file->d_name), name = size - strlen(".yaml");
		char *key;

		if (file->d_name[0] == '.' || size <= strlen(".yaml") ||
		    strcmp(file->d_name + name, ".yaml") != 0)
			continue;
		key = malloc(strlen(maker) + size + 2);
		if (!key) {
			st = no_memory(err);
			break;
		}
		sprintf(key, "%s/%.*s", maker, (int)name, file->d_name);
		if (has_key(list, key))
			free(key);
		else
			st = add_entry(list, NULL, key, products_dir, err);
	}
	if (folder)
		closedir(folder);
	return st;
}

static enum status add_folder(struct product_list *list, const char *products_dir, struct err *err)
{
	DIR *folder = products_dir ? opendir(products_dir) : NULL;
	enum status st = STATUS_OK;
	struct dirent *maker;

	while (!st && folder && (maker = readdir(folder)) != NULL)
		if (maker->d_name[0] != '.')
			st = add_maker(list, products_dir, maker->d_name, err);
	if (folder)
		closedir(folder);
	return st;
}

enum status product_list_new(const char *products_dir, struct product_list **out, struct err *err)
{
	struct product_list *list = calloc(1, sizeof(*list));
	size_t count;
	const struct product *rows = product_rows(&count);
	enum status st = STATUS_OK;

	*out = NULL;
	if (!list)
		return no_memory(err);
	for (size_t i = 0; !st && i < count; i++)
		st = add_entry(list, &rows[i], NULL, products_dir, err);
	if (!st)
		st = add_folder(list, products_dir, err);
	if (st) {
		product_list_free(list);
		return st;
	}
	if (list->count)
		qsort(list->entries, list->count, sizeof(*list->entries), by_key);
	*out = list;
	return STATUS_OK;
}

void product_list_free(struct product_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		yaml_tree_free(list->entries[i].preset);
		free(list->entries[i].key);
	}
	free(list->entries);
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
	const struct yaml_node *chip = yaml_find(root, "target.chip");

	return chip && strcmp(chip->text, ident->chip->key) == 0 &&
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
			const struct yaml_node *root = &list->entries[i].preset->root;
			bool has_bridge = ships_with(root, seen->bridge);

			if (has_bridge != (pass == 0) || !could_be(root, seen->ident))
				continue;
			if (count < max)
				guesses[count] =
					(struct product_guess){ &list->entries[i].row, has_bridge };
			count++;
		}
	}
	return count;
}
