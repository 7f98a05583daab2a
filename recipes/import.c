#include "recipes/import.h"

#include "recipes/firmware.h"
#include "recipes/page.h"
#include "recipes/read_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import_part *import_add(struct import *in)
{
	struct import_part *more = realloc(in->parts, (in->part_count + 1) * sizeof(*in->parts));

	if (!more)
		return NULL;
	in->parts = more;
	more += in->part_count++;
	*more = (struct import_part){ .addr = 0 };
	return more;
}

/* ---- reading ---- */

/* The file's name without folder and ending, letters, digits, '.', '_' and '-' only. */
static void stem_of(const char *path, char stem[static 81])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	size_t size = dot && dot != name ? (size_t)(dot - name) : strlen(name);

	snprintf(stem, 81, "%.*s", (int)(size > 60 ? 60 : size), name);
	for (char *c = stem; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    *c))
			*c = '-';
}

static enum status find_kind(struct import *in, const char *stem, const uint8_t *data, size_t size,
			     const struct chip *chip, struct err *err)
{
	size_t at = 0;

	while (at < size && strchr(" \t\r\n", data[at]) && data[at])
		at++;
	if (at == size || data[at] != '{')
		return import_merged(in, stem, data, size, chip, err);
	if (strstr((const char *)data, "\"builds\""))
		return import_manifest(in, data, size, chip, err);
	return import_idf(in, data, size, chip, err);
}

static int by_addr(const void *a, const void *b)
{
	const struct import_part *one = a, *other = b;

	return one->addr < other->addr ? -1 : one->addr > other->addr;
}

enum status import_read(const char *path, const struct chip *chip, struct import **out,
			struct err *err)
{
	struct import *in = calloc(1, sizeof(*in));
	struct err why;
	char stem[81];
	size_t size = 0;
	enum status st;

	*out = NULL;
	if (!in)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	stem_of(path, stem);
	st = read_file(path, FLASH_MAX_BYTES, &in->storage, &size, &why);
	if (!st && !size)
		st = err_set(&why, STATUS_RECIPE, "is empty");
	if (!st)
		st = find_kind(in, stem, in->storage, size, chip, &why);
	if (st) {
		import_free(in);
		return err_set(err, st, "%s: %s", path, why.text);
	}
	if (!in->name[0])
		snprintf(in->name, sizeof(in->name), "%s", stem);
	qsort(in->parts, in->part_count, sizeof(*in->parts), by_addr);
	*out = in;
	return STATUS_OK;
}

void import_free(struct import *in)
{
	if (!in)
		return;
	free(in->parts);
	free(in->storage);
	free(in);
}

/* ---- the recipe ---- */

static void add_header(struct page *t, const struct import *in)
{
	const char *separator = "";

	if (!in->mode[0] && !in->frequency[0] && !in->size[0])
		return;
	page_add(t, "flash: {");
	if (in->mode[0]) {
		page_add(t, "mode: %s", in->mode);
		separator = ", ";
	}
	if (in->frequency[0]) {
		page_add(t, "%sfrequency: %s", separator, in->frequency);
		separator = ", ";
	}
	if (in->size[0])
		page_add(t, "%ssize: %s", separator, in->size);
	page_add(t, "}\n");
}

static void add_part(struct page *t, const struct import_part *part, const char *folder)
{
	char file[2 * IMPORT_FILE_BYTES];
	int length = snprintf(file, sizeof(file), "%s%s",
			      part->data || part->file[0] == '/' ? "" : folder, part->file);

	if (length < 0 || (size_t)length >= sizeof(file))
		t->has_failed = true;
	page_add(t, "  - file: ");
	page_add_json(t, file);
	if (part->partition[0]) {
		page_add(t, "\n    partition: ");
		page_add_json(t, part->partition);
		page_add(t, "\n");
	} else {
		page_add(t, "\n    address: 0x%x\n", (unsigned)part->addr);
	}
}

char *import_recipe(const struct import *in, const char *product, const char *folder)
{
	struct page t = { 0 };

	page_add(&t, "# Made by 'flashline import' from a %s", in->what);
	if (in->version[0]) {
		page_add(&t, ", version ");
		page_add_json(&t, in->version);
	}
	page_add(&t, ".\nrecipe: ");
	page_add_json(&t, in->name);
	page_add(&t, "\nrevision: 1\n");
	if (product) {
		page_add(&t, "product: ");
		page_add_json(&t, product);
		page_add(&t, "\n");
	} else {
		page_add(&t, "target: {chip: %s}\n", in->chip->key);
	}
	page_add(&t, "images:\n");
	for (size_t i = 0; i < in->part_count; i++)
		add_part(&t, &in->parts[i], folder);
	add_header(&t, in);
	return page_take(&t);
}
