/*
 * The entries of an NVS partition as a CSV file, in the format of Espressif's generator:
 * key,type,encoding,value. And a template of it: in values and file names {NAME} stands
 * for what the unit has of that name. docs/nvs.md explains the format to people.
 *
 * Read once; immutable from then on, so that any thread may make images of it.
 * Values are secrets: messages show keys, places and lengths, no value.
 */
#ifndef RECIPES_NVS_CSV_H
#define RECIPES_NVS_CSV_H

#include "engine/base/digest.h"
#include "recipes/diag.h"
#include "recipes/nvs/nvs.h"

#define NVS_NAME_MAX 31 /* characters of {NAME} */

/* What a unit has: what {name} becomes. */
struct nvs_value {
	const char *name;  /* a letter or '_', then letters, digits, '_', '-' and '.' */
	const char *value; /* UTF-8; may be empty */
};

struct nvs_values {
	const struct nvs_value *items;
	size_t count;
};

struct nvs_csv;

/*
 * Read and check all that does not depend on values; files whose names do not are read, too.
 * File names are relative to the CSV's folder (of a text: folder, "" or ending with '/').
 * *out is NULL unless there is no error; all errors are in diags, with line and column.
 * STATUS_RECIPE, STATUS_FILE (the CSV itself), STATUS_NO_MEMORY.
 */
enum status nvs_csv_read_file(const char *path, struct nvs_csv **out, struct diag_list *diags,
			      struct err *err);
enum status nvs_csv_read_text(const char *name, const char *folder, const char *text, size_t size,
			      struct nvs_csv **out, struct diag_list *diags, struct err *err);
void nvs_csv_free(struct nvs_csv *t);

size_t nvs_csv_keys(const struct nvs_csv *t);
size_t nvs_csv_namespaces(const struct nvs_csv *t);

/*
 * What it is, for the identity of a recipe: all that it holds, files as well, and its names where
 * a unit's values go; neither comments nor how it is written. Files whose names depend on values
 * are not in it.
 */
void nvs_csv_digest(const struct nvs_csv *t, uint8_t sha256[static SHA256_BYTES]);

bool nvs_name_is_good(const char *name, size_t length);
/* Does any cell have {name}? */
bool nvs_csv_has_name(const struct nvs_csv *t, const char *name);
bool nvs_text_has_name(const char *text, const char *name);

/* A row as it stands there. */
struct nvs_csv_line {
	const char *space; /* its namespace; "" in front of the first */
	const char *key, *encoding, *value;
	bool is_namespace, is_file;
	struct place at; /* of the value */
};
/* false: there is no i-th. */
bool nvs_csv_line(const struct nvs_csv *t, size_t i, struct nvs_csv_line *line);
/* The value of a row with its {NAME}s filled in, to be shown; free() it. NULL: an unknown name, no
 * memory. */
char *nvs_csv_fill(const struct nvs_csv_line *line, const struct nvs_values *values);

/* Every {NAME} that is not among the values is an error in diags: STATUS_RECIPE. What the
 * values are does not matter: a recipe can be checked before there is a unit. */
enum status nvs_csv_check_names(const struct nvs_csv *t, const struct nvs_values *values,
				struct diag_list *diags);

/*
 * The partition of the unit that has these values: see nvs_image. err begins with
 * "file:line:column: ". image may be NULL: only judged and measured. STATUS_RECIPE (also an unknown
 * name, and a value that is no number or does not go into a file name), STATUS_FILE (a file whose
 * name depends on a value), STATUS_NO_MEMORY.
 */
enum status nvs_csv_image(const struct nvs_csv *t, const struct nvs_values *values,
			  enum nvs_version version, uint32_t size_bytes, uint8_t *image,
			  struct nvs_result *result, struct err *err);

#endif
