/* The two descriptions in JSON: docs/import.md. */
#include "recipes/import.h"

#include <jansson.h>

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static enum status parse(const uint8_t *data, size_t size, json_t **root, struct err *err)
{
	json_error_t why;

	*root = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &why);
	if (*root)
		return STATUS_OK;
	return err_set(err, STATUS_RECIPE, "line %d, column %d: %s", why.line, why.column,
		       why.text);
}

/* A text that may stand in a recipe as it is: one line, and it fits. */
static bool take_text(const json_t *value, char *to, size_t room)
{
	const char *text = json_string_value(value);

	if (!text || !text[0] || strlen(text) >= room || strlen(text) != json_string_length(value))
		return false;
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	strcpy(to, text);
	return true;
}

/* "ESP32-S3", "esp32s3" */
static const struct chip *chip_named(const char *name)
{
	char key[24];
	size_t size = 0;

	for (const char *c = name; *c && size + 1 < sizeof(key); c++)
		if (*c != '-' && *c != '_' && *c != ' ')
			key[size++] = (char)tolower((unsigned char)*c);
	key[size] = '\0';
	return chip_by_key(key);
}

/* 0x10000 or 65536, as a text or as a number; false for anything else. */
static bool take_addr(const json_t *value, uint32_t *addr)
{
	const char *text = json_string_value(value);
	unsigned long long number;
	char *end;

	if (json_is_integer(value)) {
		if (json_integer_value(value) < 0 || json_integer_value(value) > INT32_MAX)
			return false;
		*addr = (uint32_t)json_integer_value(value);
		return true;
	}
	if (!text || !isdigit((unsigned char)text[0]))
		return false;
	number = strtoull(text, &end, 0);
	*addr = (uint32_t)number;
	return !*end && number <= INT32_MAX;
}

static enum status add_file(struct import *in, const json_t *file, uint32_t addr, const char *where,
			    struct err *err)
{
	struct import_part *part = import_add(in);

	if (!part)
		return err_set(err, STATUS_NO_MEMORY, "no memory for its files");
	part->addr = addr;
	if (!take_text(file, part->file, sizeof(part->file)))
		return err_set(err, STATUS_RECIPE, "%s: expected the path of a file", where);
	if (strstr(part->file, "://"))
		return err_set(err, STATUS_RECIPE,
			       "%s: '%.120s' is an address on the web: download the file, and name "
			       "it by its path",
			       where, part->file);
	return STATUS_OK;
}

/* ---- ESP-IDF: flasher_args.json ---- */

/* "encrypted": "true" stands beside "offset" in the objects that are named after a file. */
static enum status refuse_encrypted(const json_t *root, struct err *err)
{
	const json_t *value;
	const char *key;

	json_object_foreach((json_t *)root, key, value)
	{
		const char *word = json_string_value(json_object_get(value, "encrypted"));

		if ((word && strcasecmp(word, "true") == 0) ||
		    json_is_true(json_object_get(value, "encrypted")))
			return err_set(err, STATUS_RECIPE,
				       "'%.40s' is to be written encrypted, which a recipe cannot "
				       "say: build it without flash encryption",
				       key);
	}
	return STATUS_OK;
}

static void take_setting(const json_t *settings, const char *key, char to[static 8])
{
	if (!take_text(json_object_get(settings, key), to, 8) || strcmp(to, "keep") == 0)
		to[0] = '\0';
}

static enum status idf_chip(struct import *in, const json_t *root, const struct chip *chip,
			    struct err *err)
{
	const json_t *extra = json_object_get(root, "extra_esptool_args");
	const char *name = json_string_value(json_object_get(extra, "chip"));

	in->chip = name ? chip_named(name) : chip;
	if (!name && !chip)
		return err_set(err, STATUS_RECIPE,
			       "'extra_esptool_args.chip' is missing: say the chip with --chip");
	if (!in->chip)
		return err_set(err, STATUS_RECIPE, "chip '%.40s' is not supported", name);
	if (chip && chip != in->chip)
		return err_set(err, STATUS_RECIPE, "it is for %s, not for %s", in->chip->name,
			       chip->name);
	return STATUS_OK;
}

static enum status idf_files(struct import *in, const json_t *root, struct err *err)
{
	json_t *files = json_object_get(root, "flash_files");
	const json_t *file;
	const char *key;

	if (!json_is_object(files) || json_object_size(files) == 0)
		return err_set(err, STATUS_RECIPE,
			       "has no 'flash_files' and no 'builds': expected ESP-IDF's "
			       "flasher_args.json or a manifest of esp-web-tools");
	json_object_foreach(files, key, file)
	{
		json_t *text = json_string(key);
		uint32_t addr = 0;
		bool is_addr = text && take_addr(text, &addr);

		json_decref(text);
		if (!is_addr)
			return err_set(err, STATUS_RECIPE,
				       "flash_files: '%.40s' is no address such as 0x10000", key);
		TRY(add_file(in, file, addr, key, err));
	}
	return STATUS_OK;
}

/* The project is called like its application's file. */
static void idf_name(struct import *in, const json_t *root)
{
	const json_t *app = json_object_get(root, "app");
	const char *file = json_string_value(json_object_get(app, "file"));
	const char *slash = file ? strrchr(file, '/') : NULL;
	const char *name = slash ? slash + 1 : file;
	json_t *text;

	if (!name)
		return;
	size_t size = strlen(name);
	if (size > 4 && strcmp(name + size - 4, ".bin") == 0)
		size -= 4;
	text = json_stringn(name, size);
	if (!take_text(text, in->name, sizeof(in->name)))
		in->name[0] = '\0';
	json_decref(text);
}

enum status import_idf(struct import *in, const uint8_t *data, size_t size, const struct chip *chip,
		       struct err *err)
{
	const json_t *settings;
	json_t *root;
	enum status st;

	in->what = "flasher_args.json of ESP-IDF";
	TRY(parse(data, size, &root, err));
	st = idf_files(in, root, err);
	if (!st)
		st = idf_chip(in, root, chip, err);
	if (!st)
		st = refuse_encrypted(root, err);
	if (!st) {
		settings = json_object_get(root, "flash_settings");
		take_setting(settings, "flash_mode", in->mode);
		take_setting(settings, "flash_freq", in->frequency);
		take_setting(settings, "flash_size", in->size);
		idf_name(in, root);
	}
	json_decref(root);
	return st;
}

/* ---- esp-web-tools: manifest.json ---- */

static const char *family_of(const json_t *build)
{
	return json_string_value(json_object_get(build, "chipFamily"));
}

/* The one for chip, or the only one. */
static enum status choose_build(const json_t *builds, const struct chip *chip,
				const json_t **chosen, struct err *err)
{
	char known[160] = "";

	*chosen = NULL;
	for (size_t i = 0; i < json_array_size(builds); i++) {
		const json_t *build = json_array_get(builds, i);
		const char *family = family_of(build);

		if (!family)
			return err_set(err, STATUS_RECIPE, "builds[%zu] has no 'chipFamily'", i);
		size_t used = strlen(known);
		snprintf(known + used, sizeof(known) - used, "%s%.24s", i ? ", " : "", family);
		if (chip ? chip_named(family) != chip : json_array_size(builds) != 1)
			continue;
		if (*chosen)
			return err_set(err, STATUS_RECIPE,
				       "has two builds for %s: leave the one that is meant in a "
				       "manifest of its own",
				       family);
		*chosen = build;
	}
	if (*chosen)
		return STATUS_OK;
	if (chip)
		return err_set(err, STATUS_RECIPE, "has no build for %s, only for %s", chip->name,
			       known);
	return err_set(err, STATUS_RECIPE, "has builds for %s: choose one with --chip", known);
}

static enum status manifest_parts(struct import *in, const json_t *build, struct err *err)
{
	const json_t *parts = json_object_get(build, "parts");

	assert(in->chip);
	if (!json_is_array(parts) || json_array_size(parts) == 0)
		return err_set(err, STATUS_RECIPE, "the build for %s has no 'parts'",
			       in->chip->name);
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		uint32_t addr;
		char where[40];

		snprintf(where, sizeof(where), "parts[%zu]", i);
		if (!take_addr(json_object_get(part, "offset"), &addr))
			return err_set(err, STATUS_RECIPE,
				       "%s: 'offset' is missing or no address in bytes", where);
		TRY(add_file(in, json_object_get(part, "path"), addr, where, err));
	}
	return STATUS_OK;
}

enum status import_manifest(struct import *in, const uint8_t *data, size_t size,
			    const struct chip *chip, struct err *err)
{
	const json_t *build = NULL;
	json_t *root;
	enum status st;

	in->what = "manifest of esp-web-tools";
	TRY(parse(data, size, &root, err));
	if (!json_is_array(json_object_get(root, "builds")))
		st = err_set(err, STATUS_RECIPE, "'builds' is no list");
	else
		st = choose_build(json_object_get(root, "builds"), chip, &build, err);
	if (!st) {
		in->chip = chip_named(family_of(build));
		if (!in->chip)
			st = err_set(err, STATUS_RECIPE, "chip '%.40s' is not supported",
				     family_of(build));
	}
	if (!st)
		st = manifest_parts(in, build, err);
	if (!st) {
		if (!take_text(json_object_get(root, "name"), in->name, sizeof(in->name)))
			in->name[0] = '\0';
		if (!take_text(json_object_get(root, "version"), in->version, sizeof(in->version)))
			in->version[0] = '\0';
	}
	json_decref(root);
	return st;
}
