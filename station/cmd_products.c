/* products: the presets, built in and from a folder. */
#include "station/command.h"
#include "station/json.h"

#include "recipes/plan.h"
#include "recipes/product.h"

#include <jansson.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 1000
#define KEY_BYTES 128

struct key_list {
	size_t count;
	char keys[KEYS_MAX][KEY_BYTES];
};

static void add_key(struct key_list *list, const char *key)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->keys[i], key) == 0)
			return;
	}
	if (list->count < KEYS_MAX && strlen(key) < KEY_BYTES)
		strcpy(list->keys[list->count++], key);
}

/* DIR/MAKER/PRODUCT.yaml is the preset MAKER/PRODUCT. */
static void add_maker(struct key_list *list, const char *dir, const char *maker)
{
	char path[4096], key[KEY_BYTES];
	struct dirent *entry;
	DIR *folder;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, maker) >= sizeof(path))
		return;
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length < 6 ||
		    strcmp(entry->d_name + length - 5, ".yaml") != 0)
			continue;
		if ((size_t)snprintf(key, sizeof(key), "%s/%.*s", maker, (int)length - 5,
				     entry->d_name) < sizeof(key))
			add_key(list, key);
	}
	closedir(folder);
}

static enum status add_folder(struct key_list *list, const char *dir, struct err *err)
{
	struct dirent *entry;
	DIR *folder = opendir(dir);

	if (!folder)
		return err_set(err, STATUS_USAGE, "--products %s: %s", dir, strerror(errno));
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.')
			add_maker(list, dir, entry->d_name);
	}
	closedir(folder);
	return STATUS_OK;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *text_at(const struct yaml *y, const char *path)
{
	const struct yaml_node *node = yaml_find(&y->root, path);

	return node && node->kind == YAML_TEXT && !node->is_bad ? node->text : "";
}

static void print_errors(const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		char text[2048];

		diag_text(&diags->items[i], text, sizeof(text));
		text_clean(text);
		fprintf(stderr, "%s\n", text);
	}
}

/* A value that is one text or a list of them, as an array. */
static json_t *texts_at(const struct yaml *y, const char *path)
{
	const struct yaml_node *node = yaml_find(&y->root, path);
	json_t *array = json_array();

	for (size_t i = 0; node && i < yaml_text_count(node); i++)
		json_array_append_new(array, json_text(yaml_text_at(node, i)));
	return array;
}

static json_t *bridges_of(const struct yaml *y)
{
	const struct yaml_node *list = yaml_find(&y->root, "bridges");
	json_t *array = json_array();

	for (size_t i = 0; list && i < list->count; i++) {
		const struct yaml_node *name = yaml_find(&list->items[i], "name");
		const struct yaml_node *rates = yaml_find(&list->items[i], "rates");
		json_t *object = json_object(), *numbers = json_array();

		for (size_t r = 0; rates && r < rates->count; r++)
			json_array_append_new(numbers,
					      json_integer((json_int_t)rates->items[r].number));
		json_object_set_new(object, "name", json_text(name ? name->text : NULL));
		json_object_set_new(object, "rates", numbers);
		json_array_append_new(array, object);
	}
	return array;
}

static void print_row(const char *key, const struct yaml *y, json_t *array)
{
	const char *title = text_at(y, "title"), *chip = text_at(y, "target.chip");
	const char *flash = text_at(y, "target.flash_size");

	if (array) {
		json_t *object = json_object();

		json_object_set_new(object, "key", json_text(key));
		json_object_set_new(object, "title", json_text(title));
		json_object_set_new(object, "chip", json_text(chip));
		json_object_set_new(object, "flash_size", json_text(flash));
		json_object_set_new(object, "flash_sizes", texts_at(y, "flash_sizes"));
		json_object_set_new(object, "packages", texts_at(y, "target.package"));
		json_object_set_new(object, "psram", json_text(text_at(y, "psram")));
		json_object_set_new(object, "sku", texts_at(y, "sku"));
		json_object_set_new(object, "bridges", bridges_of(y));
		json_object_set_new(object, "note", json_text(text_at(y, "note")));
		json_object_set_new(object, "download", json_text(text_at(y, "download")));
		json_array_append_new(array, object);
	} else {
		printf("%-26s %-10s %-6s %s\n", key, chip, flash, title);
	}
}

/* One preset as a row. A preset that is wrong says so, and has no row. */
static bool show_row(const char *key, const char *dir, json_t *array)
{
	const struct place nowhere = { .file = dir ? dir : "built in" };
	struct diag_list diags = { 0 };
	struct yaml *y = NULL;
	struct err err;
	bool is_good;

	is_good = product_read(key, dir, nowhere, &y, &diags, &err) == STATUS_OK &&
		  diags.error_count == 0;
	print_errors(&diags);
	if (is_good)
		print_row(key, y, array);
	diag_list_release(&diags);
	yaml_tree_free(y);
	return is_good;
}

static enum exit_code list_products(const struct key_list *list, const struct options *options)
{
	json_t *array = options->json ? json_array() : NULL;
	bool are_good = true;

	if (!array)
		printf("%-26s %-10s %-6s %s\n", "product", "chip", "flash", "title");
	for (size_t i = 0; i < list->count; i++) {
		if (!options->operand_count || strcmp(list->keys[i], options->operands[0]) == 0)
			are_good &= show_row(list->keys[i], options->products, array);
	}
	if (array) {
		json_t *object = json_event("products");
		struct textbuf line = { 0 };

		json_object_set_new(object, "products", array);
		json_line(object, &line);
		fputs(textbuf_string(&line), stdout);
		textbuf_release(&line);
	}
	return finish_stdout(are_good ? EXIT_CODE_PASSED : EXIT_CODE_USAGE);
}

static bool print_file(const char *dir, const char *key)
{
	char path[4096], buffer[4096];
	size_t got;
	FILE *file;

	if (!dir || (size_t)snprintf(path, sizeof(path), "%s/%s.yaml", dir, key) >= sizeof(path))
		return false;
	file = fopen(path, "re");
	if (!file)
		return false;
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		fwrite(buffer, 1, got, stdout);
	fclose(file);
	return true;
}

static enum exit_code print_product(const struct key_list *list, const struct options *options)
{
	const char *key = options->operands[0];
	size_t count;
	const struct product *rows = product_rows(&count);
	struct err err;

	for (size_t i = 0; i < list->count && options->json; i++) {
		if (strcmp(list->keys[i], key) == 0)
			return list_products(list, options);
	}
	for (size_t i = 0; i < list->count; i++) {
		/* Only a key of the list becomes part of a file name. */
		if (strcmp(list->keys[i], key) == 0 && print_file(options->products, key))
			return finish_stdout(EXIT_CODE_PASSED);
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].key, key) == 0) {
			fputs(rows[i].yaml, stdout);
			return finish_stdout(EXIT_CODE_PASSED);
		}
	}
	err_set(&err, STATUS_USAGE, "unknown product '%s': 'flashline products' lists them", key);
	return complain(&err);
}

enum exit_code cmd_products(const struct options *options)
{
	struct key_list *list = calloc(1, sizeof(*list));
	enum exit_code code = EXIT_CODE_STATION;
	size_t count;
	const struct product *rows = product_rows(&count);
	struct err err;

	if (!list) {
		err_set(&err, STATUS_NO_MEMORY, "no memory for the products");
		return complain(&err);
	}
	for (size_t i = 0; i < count; i++)
		add_key(list, rows[i].key);
	if (options->products && add_folder(list, options->products, &err)) {
		code = complain(&err);
	} else {
		qsort(list->keys, list->count, sizeof(list->keys[0]), compare_keys);
		code = options->operand_count ? print_product(list, options)
					      : list_products(list, options);
	}
	free(list);
	return code;
}
