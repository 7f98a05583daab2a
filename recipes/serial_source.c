#include "recipes/serial_source.h"

#include "recipes/boot_check.h"
#include "recipes/setting.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 18 /* digits that an int64_t always holds */
#define PREFIX_MAX 60

/* In the order of enum serial_source, from the second on. */
static const char *const from_words[] = { "range", "csv", "plant", "scan", "mac", NULL };

/* clang-format off */
const struct schema_row serial_rows[] = {
	{ .key = "from",   .kind = SCHEMA_CHOICE,  .is_required = true, .choices = from_words },
	{ .key = "prefix", .kind = SCHEMA_TEXT,    .min = 1, .max = PREFIX_MAX },
	{ .key = "width",  .kind = SCHEMA_INTEGER, .min = 1, .max = WIDTH_MAX },
	{ .key = "first",  .kind = SCHEMA_INTEGER, .min = 0, .max = 999999999999999999 },
	{ .key = "last",   .kind = SCHEMA_INTEGER, .min = 0, .max = 999999999999999999 },
	{ .key = "file",   .kind = SCHEMA_TEXT,    .min = 1, .max = 1000 },
	{ .key = "column", .kind = SCHEMA_TEXT,    .min = 1, .max = 80 },
	{ .key = "mac_column", .kind = SCHEMA_TEXT, .min = 1, .max = 80 },
	{ .key = "match",  .kind = SCHEMA_TEXT,    .min = 1, .max = 400 },
	{ .key = NULL },
};

/* Which key belongs to which source. */
#define OF(source) (1u << SERIAL_FROM_##source)
static const struct {
	const char *key;
	unsigned sources, required;
} key_rows[] = {
	{ "prefix",     OF(RANGE) | OF(MAC), 0 },
	{ "width",      OF(RANGE),           OF(RANGE) },
	{ "first",      OF(RANGE),           0 },
	{ "last",       OF(RANGE),           0 },
	{ "file",       OF(CSV),             OF(CSV) },
	{ "column",     OF(CSV),             0 },
	{ "mac_column", OF(CSV),             0 },
};
/* clang-format on */

const char *serial_source_name(enum serial_source source)
{
	return source == SERIAL_FROM_NOWHERE ? "nowhere" : from_words[source - SERIAL_FROM_RANGE];
}

/* ---- checks ---- */

static void check_keys(const struct recipe *r, enum serial_source source, struct diag_list *diags)
{
	const struct yaml_node *map = yaml_find(&r->yaml->root, "serial");

	for (size_t i = 0; i < sizeof(key_rows) / sizeof(key_rows[0]); i++) {
		const struct yaml_node *node = yaml_find(map, key_rows[i].key);

		if (node && !(key_rows[i].sources & 1u << source))
			diag_error(diags, yaml_key_place(r->yaml, node),
				   "'%s' means nothing with 'from: %s'", key_rows[i].key,
				   serial_source_name(source));
		else if (!node && key_rows[i].required & 1u << source)
			diag_error(diags, yaml_place(r->yaml, map), "'from: %s' needs '%s'",
				   serial_source_name(source), key_rows[i].key);
	}
}

static void check_match(const char *pattern, struct place at, struct diag_list *diags)
{
	struct pattern *compiled;
	struct err err;

	if (pattern_new(pattern, &compiled, &err))
		diag_error(diags, at, "'match': %s", err.text);
	else
		pattern_free(compiled);
}

static void expect_match(const struct plan_serial *s, const char *serial, struct place at,
			 struct diag_list *diags)
{
	if (!serial_source_matches(s, serial))
		diag_error(diags, at, "the number %s does not match '%s'", serial, s->pattern);
}

static void range_number(const struct plan_serial *s, int64_t number,
			 char serial[static SERIAL_NUMBER_BYTES])
{
	snprintf(serial, SERIAL_NUMBER_BYTES, "%s%0*" PRId64, s->prefix ? s->prefix : "",
		 (int)s->width, number);
}

static void take_range(const struct recipe *r, struct plan_serial *s, struct diag_list *diags)
{
	struct setting width = setting_find(r, "serial.width");
	struct setting first = setting_find(r, "serial.first"),
		       last = setting_find(r, "serial.last");
	char serial[SERIAL_NUMBER_BYTES];
	int64_t above = 1;

	if (!width.node)
		return; /* reported */
	s->width = (unsigned)width.node->number;
	for (unsigned i = 0; i < s->width; i++)
		above *= 10;
	s->first = first.node ? (int64_t)first.node->number : 1;
	s->last = last.node ? (int64_t)last.node->number : above - 1;
	if (s->last >= above)
		diag_error(diags, last.at, "'last' has more than %u digits", s->width);
	else if (s->first > s->last)
		diag_error(diags, first.at, "'first' is above 'last'");
	else if (s->pattern) {
		range_number(s, s->first, serial);
		expect_match(s, serial, setting_find(r, "serial.match").at, diags);
		range_number(s, s->last, serial);
		expect_match(s, serial, setting_find(r, "serial.match").at, diags);
	}
}

/* As it will stand in front of every number. */
static void check_prefix(const struct recipe *r, const struct plan_serial *s,
			 struct diag_list *diags)
{
	char serial[SERIAL_NUMBER_BYTES];
	const char *fault;

	serial_source_example(s, serial);
	fault = s->prefix ? unit_serial_fault(serial) : NULL;
	if (fault)
		diag_error(diags, setting_find(r, "serial.prefix").at,
			   "'%s' would be no serial number: %s", serial, fault);
}

static enum status take_file(const struct recipe *r, const char *path, struct plan_serial *s,
			     struct diag_list *diags, struct err *err)
{
	struct setting file = setting_find(r, "serial.file");
	const char *column = setting_text(r, "serial.column");
	struct unit_values_wish wish = {
		.serial_column = column ? column : "serial",
		.mac_column = setting_text(r, "serial.mac_column"),
		.may_lack_mac = true,
		.at = file.at,
	};
	char *whole;
	enum status st;

	if (!file.node)
		return STATUS_OK;
	whole = recipe_join_path(path, file.node->text);
	s->file_name = strdup(file.node->text);
	if (!whole || !s->file_name) {
		free(whole);
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	}
	s->by_mac = wish.mac_column != NULL;
	wish.name = whole;
	st = unit_values_read_file(whole, &wish, &s->file, diags, err);
	free(whole);
	for (size_t i = 0; s->file && i < unit_values_rows(s->file); i++)
		if (!serial_source_matches(s, unit_values_serial(s->file, i)))
			diag_error(diags, unit_values_place(s->file, i),
				   "the number of this row does not match '%s'", s->pattern);
	return st == STATUS_NO_MEMORY ? st : STATUS_OK;
}

enum status serial_source_take(const struct recipe *r, const char *path, struct plan_serial *s,
			       struct diag_list *diags, struct err *err)
{
	const struct yaml_node *map = yaml_find(&r->yaml->root, "serial");
	struct setting from = setting_find(r, "serial.from");
	struct setting match = setting_find(r, "serial.match");
	const char *prefix = setting_text(r, "serial.prefix");

	*s = (struct plan_serial){ .source = SERIAL_FROM_NOWHERE };
	if (!map || map->is_bad || !from.node)
		return STATUS_OK;
	s->source = (enum serial_source)(SERIAL_FROM_RANGE + from.node->choice);
	s->prefix = prefix ? strdup(prefix) : NULL;
	s->pattern = match.node ? strdup(match.node->text) : NULL;
	if ((prefix && !s->prefix) || (match.node && !s->pattern))
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	check_keys(r, s->source, diags);
	if (s->pattern)
		check_match(s->pattern, match.at, diags);
	if (s->source == SERIAL_FROM_RANGE)
		take_range(r, s, diags);
	check_prefix(r, s, diags);
	return s->source == SERIAL_FROM_CSV ? take_file(r, path, s, diags, err) : STATUS_OK;
}

void serial_source_release(struct plan_serial *s)
{
	free(s->prefix);
	free(s->pattern);
	free(s->file_name);
	unit_values_free(s->file);
	*s = (struct plan_serial){ .source = SERIAL_FROM_NOWHERE };
}

/* ---- numbers ---- */

/* Compiled each time: once a unit, and nothing is shared between threads. One that cannot be
 * compiled was reported. */
bool serial_source_matches(const struct plan_serial *s, const char *serial)
{
	struct pattern *pattern;
	struct err err;
	enum status st;
	bool matches;

	if (!s->pattern)
		return true;
	st = pattern_new(s->pattern, &pattern, &err);
	if (st)
		return st == STATUS_RECIPE;
	matches = pattern_matches(pattern, serial, strlen(serial)) == PATTERN_YES;
	pattern_free(pattern);
	return matches;
}

void serial_source_of_mac(const struct plan_serial *s, const char *mac,
			  char serial[static SERIAL_NUMBER_BYTES])
{
	size_t used =
		(size_t)snprintf(serial, SERIAL_NUMBER_BYTES, "%s", s->prefix ? s->prefix : "");

	for (; *mac && used < SERIAL_NUMBER_BYTES - 1; mac++) {
		if (*mac != ':')
			serial[used++] = *mac;
	}
	serial[used] = '\0';
}

void serial_source_example(const struct plan_serial *s, char serial[static SERIAL_NUMBER_BYTES])
{
	switch (s->source) {
	case SERIAL_FROM_RANGE:
		range_number(s, s->first, serial);
		break;
	case SERIAL_FROM_CSV:
		snprintf(serial, SERIAL_NUMBER_BYTES, "%s",
			 s->file && unit_values_rows(s->file) ? unit_values_serial(s->file, 0)
							      : "1");
		break;
	case SERIAL_FROM_MAC:
		serial_source_of_mac(s, "00:00:00:00:00:01", serial);
		break;
	case SERIAL_FROM_NOWHERE:
	case SERIAL_FROM_PLANT:
	case SERIAL_FROM_SCAN:
		snprintf(serial, SERIAL_NUMBER_BYTES, "1");
		break;
	}
}

void serial_source_canonical(const struct plan_serial *s, struct page *t)
{
	if (s->source == SERIAL_FROM_NOWHERE)
		return;
	page_add(t, "serial.from: %s\n", serial_source_name(s->source));
	if (s->prefix)
		page_add(t, "serial.prefix: %s\n", s->prefix);
	if (s->source == SERIAL_FROM_RANGE)
		page_add(t, "serial.range: %" PRId64 " %" PRId64 " in %u digits\n", s->first,
			 s->last, s->width);
	if (s->by_mac)
		page_add(t, "serial.by_mac: yes\n");
	if (s->pattern)
		page_add(t, "serial.match: %s\n", s->pattern);
}
