#include "recipes/schema.h"

#include "engine/base/bytes.h"
#include "recipes/utf8.h"
#include "recipes/value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 64

static const char *kind_words(enum schema_kind kind)
{
	switch (kind) {
	case SCHEMA_TEXT:
		return "a text in one line, without control characters";
	case SCHEMA_INTEGER:
		return "a whole number";
	case SCHEMA_SIZE:
		return "a size or address such as 0x1000, 64KB or 4MB";
	case SCHEMA_ROOM:
		return "bytes such as 500MB or 2GB";
	case SCHEMA_FLASH:
		return "a flash size: 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB or 128MB";
	case SCHEMA_PSRAM:
		return "a PSRAM size: 1MB, 2MB, 4MB, 8MB, 16MB, 32MB, 64MB or 128MB";
	case SCHEMA_REVISION:
		return "a revision as major.minor, such as 3.0 (3.10 is not 3.1)";
	case SCHEMA_FREQUENCY:
		return "a frequency such as 40m or 80m";
	case SCHEMA_DURATION:
		return "a duration such as 500ms, 5s, 2m or 1h";
	case SCHEMA_DECIMAL:
		return "a number such as 3.3 or -40";
	case SCHEMA_SHA256:
		return "64 hexadecimal digits";
	case SCHEMA_CHOICE:
		return "one of the words";
	case SCHEMA_MAP:
		return "keys with values";
	case SCHEMA_LIST:
		return "a list";
	}
	return "";
}

/* "keep, detect or a flash size: ..." */
static void expected(const struct schema_row *row, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (const char *const *c = row->choices; c && *c; c++) {
		const char *join = c == row->choices                     ? ""
				   : row->kind == SCHEMA_CHOICE && !c[1] ? " or "
									 : ", ";
		int n = snprintf(text + used, size - used, "%s%s", join, *c);

		if (n < 0 || (size_t)n >= size - used)
			return;
		used += (size_t)n;
	}
	if (row->kind == SCHEMA_CHOICE)
		return;
	snprintf(text + used, size - used, "%s%s%s", used ? " or " : "",
		 row->takes_one ? "a text or " : "", kind_words(row->kind));
	for (const struct schema_row *r = row->rows; r && r->key; r++) {
		used = strlen(text);
		snprintf(text + used, size - used, "%s%s", r == row->rows ? ": " : ", ", r->key);
	}
}

/* Letters to insert, drop, change or swap with their neighbour, up to limit. */
static unsigned distance(const char *a, const char *b, unsigned limit)
{
	unsigned row[3][40];
	size_t la = strlen(a), lb = strlen(b);

	if (la >= 40 || lb >= 40)
		return limit;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *now = row[i % 3], *above = row[(i + 2) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    row[(i + 1) % 3][j - 2] + 1 < best)
				best = row[(i + 1) % 3][j - 2] + 1;
			now[j] = best;
		}
	}
	return row[la % 3][lb];
}

const char *schema_nearest(const char *text, const char *const *words, size_t count)
{
	const char *best = NULL;
	unsigned limit = strlen(text) < 6 ? 2 : 3, least = limit;

	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(text, words[i], limit);

		if (d < least) {
			least = d;
			best = words[i];
		}
	}
	return best;
}

static void unknown_key(const struct yaml *y, const struct yaml_node *item,
			const struct schema_row *rows, struct diag_list *diags)
{
	const char *words[WORDS_MAX] = { NULL };
	const char *near;
	char all[400] = "";
	size_t count = 0;

	for (const struct schema_row *row = rows; row->key; row++) {
		assert(count < WORDS_MAX);
		words[count++] = row->key;
	}
	near = schema_nearest(item->key, words, count);
	if (near) {
		diag_error(diags, yaml_key_place(y, item), "unknown key '%s': did you mean '%s'?",
			   item->key, near);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(all);

		snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", words[i]);
	}
	diag_error(diags, yaml_key_place(y, item), "unknown key '%s': expected one of %s",
		   item->key, all);
}

static bool is_memory_size(uint64_t bytes)
{
	return bytes >= 1024 * 1024 && bytes <= 128 * 1024 * 1024 && (bytes & (bytes - 1)) == 0;
}

/* Characters, 0 for nothing but blanks. */
static size_t text_length(const char *text)
{
	size_t characters = 0;
	bool is_blank = true;

	for (; *text; text++) {
		characters += (*text & 0xc0) != 0x80;
		is_blank = is_blank && *text == ' ';
	}
	return is_blank ? 0 : characters;
}

/* Names go to terminals, records and exports. */
static bool is_one_line(const char *text)
{
	for (const uint8_t *c = (const uint8_t *)text; *c; c++)
		if (utf8_control(c))
			return false;
	return true;
}

/* What the text means; false when it means nothing in this row. */
static bool parse_text(const struct schema_row *row, struct yaml_node *node)
{
	uint8_t digest[32];
	double decimal;

	switch (row->kind) {
	case SCHEMA_TEXT:
		node->number = text_length(node->text);
		return is_one_line(node->text);
	case SCHEMA_INTEGER:
		return value_integer(node->text, &node->number);
	case SCHEMA_SIZE:
	case SCHEMA_ROOM:
		return value_size(node->text, &node->number);
	case SCHEMA_FLASH:
	case SCHEMA_PSRAM:
		return value_size(node->text, &node->number) && is_memory_size(node->number);
	case SCHEMA_REVISION:
		return value_revision(node->text, &node->number);
	case SCHEMA_FREQUENCY:
		return value_frequency(node->text, &node->number);
	case SCHEMA_DURATION:
		return value_duration(node->text, &node->number);
	case SCHEMA_DECIMAL:
		return value_decimal(node->text, &decimal);
	case SCHEMA_SHA256:
		return hex_bytes(node->text, digest, sizeof(digest));
	case SCHEMA_CHOICE:
	case SCHEMA_MAP:
	case SCHEMA_LIST:
		return false;
	}
	return false;
}

static int word_index(const char *const *words, const char *text)
{
	for (int i = 0; words && words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

struct step {
	uint64_t of;
	const char *unit;
};

/* A limit as one would write it: 0x1000, 2GB, 10s. The largest unit comes first. */
static const char *limit(const struct schema_row *row, uint64_t number, char text[static 32])
{
	static const struct step rooms[] = {
		{ 1 << 30, "GB" }, { 1 << 20, "MB" }, { 1 << 10, "KB" }, { 1, "" }
	};
	static const struct step times[] = {
		{ 3600000, "h" }, { 60000, "m" }, { 1000, "s" }, { 1, "ms" }
	};
	const struct step *step = row->kind == SCHEMA_ROOM       ? rooms
				  : row->kind == SCHEMA_DURATION ? times
								 : &rooms[3];

	while (step->of > 1 && (!number || number % step->of))
		step++;
	if (row->kind == SCHEMA_SIZE)
		snprintf(text, 32, "0x%" PRIx64, number);
	else
		snprintf(text, 32, "%" PRIu64 "%s", number / step->of, step->unit);
	return text;
}

static void check_limits(const struct yaml *y, const char *what, const struct schema_row *row,
			 struct yaml_node *node, struct diag_list *diags)
{
	char least[32], most[32];

	if (node->number >= row->min && (!row->max || node->number <= row->max))
		return;
	node->is_bad = true;
	if (row->kind == SCHEMA_TEXT && node->number == 0)
		diag_error(diags, yaml_place(y, node), "'%s' has no value: expected %s", what,
			   kind_words(row->kind));
	else if (row->kind == SCHEMA_TEXT)
		diag_error(diags, yaml_place(y, node),
			   "'%s' has %" PRIu64 " characters: expected %s to %s", what, node->number,
			   limit(row, row->min, least), limit(row, row->max, most));
	else
		diag_error(diags, yaml_place(y, node), "'%s' is %s: expected %s to %s", what,
			   node->text, limit(row, row->min, least), limit(row, row->max, most));
}

static void check_text(const struct yaml *y, const char *what, const struct schema_row *row,
		       struct yaml_node *node, struct diag_list *diags)
{
	char want[300];

	node->choice = word_index(row->choices, node->text);
	if (node->choice >= 0)
		return;
	if (word_index(row->later, node->text) >= 0) {
		node->is_bad = true;
		diag_error(diags, yaml_place(y, node), "'%s: %s' is not supported yet", what,
			   node->text);
		return;
	}
	if (parse_text(row, node)) {
		check_limits(y, what, row, node, diags);
		return;
	}
	node->is_bad = true;
	expected(row, want, sizeof(want));
	if (!node->text[0])
		diag_error(diags, yaml_place(y, node), "'%s' has no value: expected %s", what,
			   want);
	else
		diag_error(diags, yaml_place(y, node), "'%s' is '%s': expected %s", what,
			   node->text, want);
}

/* By enum yaml_kind. */
static const char *const found_words[] = { "a text", "a set of keys", "a list" };

static void check_map(const struct yaml *y, const char *what, const struct schema_row *rows,
		      struct yaml_node *node, struct diag_list *diags);

static void check_node(const struct yaml *y, const char *what, const struct schema_row *row,
		       struct yaml_node *node, struct diag_list *diags)
{
	enum yaml_kind want = row->kind == SCHEMA_MAP    ? YAML_MAP
			      : row->kind == SCHEMA_LIST ? YAML_LIST
							 : YAML_TEXT;
	char words[300];

	if (node->is_bad)
		return;
	if (row->takes_one && node->kind == YAML_TEXT) {
		check_text(y, what, row->item, node, diags);
		return;
	}
	if (node->kind != want) {
		bool is_empty = node->kind == YAML_TEXT && !node->text[0];

		expected(row, words, sizeof(words));
		diag_error(diags, yaml_place(y, node), "'%s' %s %s: expected %s", what,
			   is_empty ? "has" : "is", is_empty ? "no value" : found_words[node->kind],
			   words);
		node->is_bad = true;
		return;
	}
	if (row->kind == SCHEMA_MAP) {
		check_map(y, what, row->rows, node, diags);
	} else if (row->kind == SCHEMA_LIST) {
		if (node->count < row->min) {
			diag_error(diags, yaml_place(y, node), "'%s' is an empty list", what);
			node->is_bad = true;
		} else if (row->max && node->count > row->max) {
			diag_error(diags, yaml_place(y, node),
				   "'%s' has %zu items: expected %" PRIu64 " at most", what,
				   node->count, row->max);
			node->is_bad = true;
			return;
		}
		for (size_t i = 0; i < node->count; i++)
			check_node(y, what, row->item, &node->items[i], diags);
	} else {
		check_text(y, what, row, node, diags);
	}
}

static void check_map(const struct yaml *y, const char *what, const struct schema_row *rows,
		      struct yaml_node *node, struct diag_list *diags)
{
	for (size_t i = 0; i < node->count; i++) {
		struct yaml_node *item = &node->items[i];
		const struct schema_row *row = rows;

		while (row->key && strcmp(row->key, item->key) != 0)
			row++;
		if (!row->key) {
			unknown_key(y, item, rows, diags);
			item->is_bad = true;
			continue;
		}
		check_node(y, row->key, row, item, diags);
		if (row->is_later) {
			diag_error(diags, yaml_key_place(y, item), "'%s' is not supported yet",
				   item->key);
			item->is_bad = true;
		}
	}
	for (const struct schema_row *row = rows; row->key; row++)
		if (row->is_required && !yaml_find(node, row->key))
			diag_error(diags, yaml_place(y, node), "'%s' is missing%s%s", row->key,
				   what ? " in " : "", what ? what : "");
}

void schema_check(struct yaml *y, const struct schema_row *rows, struct diag_list *diags)
{
	if (y->root.is_bad)
		return;
	if (y->root.kind == YAML_MAP) {
		check_map(y, NULL, rows, &y->root, diags);
		return;
	}
	diag_error(diags, yaml_place(y, &y->root), "the file is %s: expected keys with values",
		   found_words[y->root.kind]);
	y->root.is_bad = true;
}
