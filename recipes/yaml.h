/*
 * A small, strict YAML reader: a tree of texts with their places.
 *
 * Nothing is typed here: 3.10, no and 0x1000 are the texts that stand in the
 * file; recipes/schema.h says what they mean. Refused, with the place: repeated
 * keys, anchors, aliases, tags, directives, a second document, nesting deeper
 * than YAML_DEPTH_MAX, more than YAML_NODES_MAX values, files beyond
 * YAML_FILE_MAX bytes, and bytes that are not UTF-8 text. The one door to libyaml.
 */
#ifndef RECIPES_YAML_H
#define RECIPES_YAML_H

#include "engine/base/err.h"
#include "recipes/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_FILE_MAX (1024u * 1024u)
#define YAML_DEPTH_MAX 8
#define YAML_NODES_MAX 10000u

enum yaml_kind { YAML_TEXT, YAML_MAP, YAML_LIST };

struct yaml_node {
	enum yaml_kind kind;
	unsigned line, column; /* where the value begins, from 1 */
	bool is_bad;           /* already reported; nobody looks inside */
	char *text;            /* YAML_TEXT; "" for a key without a value */
	/* In a map every item has a key; items stand in the file's order. */
	char *key;
	unsigned key_line, key_column;
	struct yaml_node *items;
	size_t count;

	/* Set by schema_check: what the text means. */
	uint64_t number;
	int choice; /* index into the row's choices, -1 none */
};

struct yaml {
	char *file; /* as it was named, for messages */
	char *text; /* the file as it was read; NULL of what was no file */
	struct yaml_node root;
};

/*
 * Read a file or a text. What is wrong goes to diags; a tree is there as soon as
 * the YAML itself could be read, so that its contents can be checked as well.
 * name: how messages call it. STATUS_RECIPE when there is no tree, STATUS_NO_MEMORY.
 */
enum status yaml_read_file(const char *path, struct yaml **out, struct diag_list *diags,
			   struct err *err);
enum status yaml_read_text(const char *name, const char *text, size_t size, struct yaml **out,
			   struct diag_list *diags, struct err *err);
/* Not yaml_free: libyaml exports that name for itself. */
void yaml_tree_free(struct yaml *y);

/* The value of a key in a map; NULL when node is NULL, no map, or has no such key.
 * A path of keys is parted by dots: "target.chip". */
struct yaml_node *yaml_find(const struct yaml_node *node, const char *path);

/* The texts of a value that is one text or a list of them (schema: takes_one). */
size_t yaml_text_count(const struct yaml_node *node);
const char *yaml_text_at(const struct yaml_node *node, size_t i);

/* Where the value stands, where its key stands. */
struct place yaml_place(const struct yaml *y, const struct yaml_node *node);
struct place yaml_key_place(const struct yaml *y, const struct yaml_node *node);

#endif
