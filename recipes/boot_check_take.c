/* boot_check: of a recipe, compiled and checked. */
#include "recipes/boot_check_inside.h"

#include "recipes/recipe.h"
#include "recipes/setting.h"
#include "recipes/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* What is filled in, and where errors go. */
struct taking {
	const struct recipe *recipe;
	struct boot_check *check;
	struct diag_list *diags;
	struct err *err;
	enum status status; /* STATUS_NO_MEMORY stops it all */
	bool has_error;
};

static struct place place_of(const struct taking *t, const struct yaml_node *node)
{
	return yaml_place(t->recipe->yaml, node);
}

/* ---- patterns ---- */

static struct pattern *take_pattern(struct taking *t, const char *key, const struct yaml_node *node)
{
	struct pattern *p;
	struct err why;
	enum status st = pattern_new(node->text, &p, &why);

	if (st == STATUS_NO_MEMORY) {
		t->status = err_set(t->err, st, "%s", why.text);
	} else if (st) {
		diag_error(t->diags, place_of(t, node), "'%s': %s", key, why.text);
		t->has_error = true;
	}
	return p;
}

static const struct yaml_node *list_of(const struct taking *t, const char *path, size_t most)
{
	const struct yaml_node *list = setting_find(t->recipe, path).node;

	if (!list || list->count <= most)
		return list;
	diag_error(t->diags, place_of(t, list), "'%s' has %zu items: expected %zu at most",
		   strrchr(path, '.') + 1, list->count, most);
	return NULL;
}

static void take_reject(struct taking *t)
{
	const struct yaml_node *list = list_of(t, "boot_check.reject", BOOT_PATTERNS_MAX);
	struct boot_check *c = t->check;

	for (size_t i = 0; list && i < list->count && !t->status; i++) {
		const struct yaml_node *item = &list->items[i];
		struct pattern *p = item->is_bad ? NULL : take_pattern(t, "reject", item);

		if (!p)
			continue;
		c->reject[c->reject_count++] = p;
		if (pattern_matches(p, "", 0) == PATTERN_YES) {
			diag_error(t->diags, place_of(t, item),
				   "'reject' matches every line: '%s' needs none of its characters",
				   item->text);
			t->has_error = true;
		}
	}
}

/* ---- values ---- */

static struct boot_value *find_value(struct boot_check *c, const char *name)
{
	for (size_t i = 0; i < c->value_count; i++) {
		if (strcmp(c->values[i].name, name) == 0)
			return &c->values[i];
	}
	return NULL;
}

static struct boot_value *new_value(struct taking *t, const char *name, struct place at)
{
	struct boot_check *c = t->check;
	struct boot_value *v;

	if (c->value_count == BOOT_VALUES_MAX) {
		diag_error(t->diags, at, "more than %d values", BOOT_VALUES_MAX);
		t->has_error = true;
		return NULL;
	}
	v = &c->values[c->value_count++];
	*v = (struct boot_value){ .group = 0 };
	snprintf(v->name, sizeof(v->name), "%s", name);
	return v;
}

/* Every named group of expect is a value, whether `values` tells more of it or not. */
static void take_groups(struct taking *t, size_t expect_at, const struct yaml_node *item)
{
	const struct pattern *p = t->check->expect[expect_at];
	char name[BOOT_NAME_BYTES];

	for (unsigned group = 1; group <= pattern_group_count(p); group++) {
		struct boot_value *v;

		if (!pattern_group_name(p, group, name))
			continue;
		if (find_value(t->check, name)) {
			diag_error(t->diags, place_of(t, item),
				   "the name '%s' stands in 'expect' twice: a value is told once",
				   name);
			t->has_error = true;
			continue;
		}
		v = new_value(t, name, place_of(t, item));
		if (!v)
			return;
		v->expect_at = expect_at;
		v->group = group;
	}
}

static void take_expect(struct taking *t)
{
	const struct yaml_node *list = list_of(t, "boot_check.expect", BOOT_PATTERNS_MAX);
	struct boot_check *c = t->check;

	for (size_t i = 0; list && i < list->count && !t->status; i++) {
		const struct yaml_node *item = &list->items[i];
		struct pattern *p = item->is_bad ? NULL : take_pattern(t, "expect", item);

		if (!p)
			continue;
		c->expect[c->expect_count++] = p;
		if (pattern_matches(p, "", 0) == PATTERN_YES)
			diag_warning(t->diags, place_of(t, item),
				     "'expect' matches every line: '%s' needs none of its "
				     "characters",
				     item->text);
		take_groups(t, c->expect_count - 1, item);
	}
}

static const struct yaml_node *good(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node = yaml_find(map, key);

	return node && !node->is_bad ? node : NULL;
}

/* The group of its own pattern: the one of its name, or the only one. */
static void take_own_pattern(struct taking *t, struct boot_value *v, const struct yaml_node *match)
{
	char name[BOOT_NAME_BYTES];

	v->own = take_pattern(t, "match", match);
	if (!v->own)
		return;
	v->group = pattern_group_count(v->own) == 1 ? 1 : 0;
	for (unsigned group = 1; group <= pattern_group_count(v->own); group++) {
		if (pattern_group_name(v->own, group, name) && strcmp(name, v->name) == 0)
			v->group = group;
	}
	if (v->group)
		return;
	diag_error(t->diags, place_of(t, match),
		   "'match' of '%s' has %u groups: expected one, in brackets, or one that is named "
		   "(?<%s>...)",
		   v->name, pattern_group_count(v->own), v->name);
	t->has_error = true;
}

static bool take_number(const struct yaml_node *node, double *number)
{
	return node && value_decimal(node->text, number);
}

static char *copy(struct taking *t, const struct yaml_node *node)
{
	char *text = node ? strdup(node->text) : NULL;

	if (node && !text)
		t->status = err_set(t->err, STATUS_NO_MEMORY, "no memory for the boot check");
	return text;
}

static void take_limits(struct taking *t, struct boot_value *v, const struct yaml_node *item)
{
	const struct yaml_node *equal = good(item, "equal"), *low = good(item, "low");
	const struct yaml_node *required = good(item, "required");

	v->has_low = take_number(low, &v->low);
	v->has_high = take_number(good(item, "high"), &v->high);
	v->unit = copy(t, good(item, "unit"));
	v->equal = copy(t, equal);
	v->is_required = !required || required->choice == 1;
	if (v->has_low && v->has_high && v->low > v->high) {
		diag_error(t->diags, place_of(t, low), "'low' of '%s' is above 'high'", v->name);
		t->has_error = true;
	}
	if (equal && strlen(equal->text) >= FLASH_READING_BYTES) {
		diag_error(t->diags, place_of(t, equal),
			   "'equal' of '%s' has %zu bytes: expected %d at most", v->name,
			   strlen(equal->text), FLASH_READING_BYTES - 1);
		t->has_error = true;
	}
	if (equal && (v->has_low || v->has_high)) {
		diag_error(t->diags, place_of(t, equal),
			   "'equal' of '%s' is for a text, 'low' and 'high' are for a number: keep "
			   "one",
			   v->name);
		t->has_error = true;
	}
}

/* Where the value comes from: a pattern of its own, or an expect that names it. */
static struct boot_value *find_source(struct taking *t, const struct yaml_node *item,
				      const struct yaml_node *name, const struct yaml_node *match)
{
	struct boot_value *v = find_value(t->check, name->text);

	if (match && !v) {
		v = new_value(t, name->text, place_of(t, item));
		if (v)
			take_own_pattern(t, v, match);
	} else if (match) {
		diag_error(t->diags, place_of(t, match),
			   "'%s' has a 'match' here and is a name before: keep one", name->text);
		t->has_error = true;
	} else if (!v) {
		diag_error(t->diags, place_of(t, name),
			   "no 'expect' has a group (?<%s>...), and there is no 'match': nobody "
			   "tells this value",
			   name->text);
		t->has_error = true;
	}
	return v;
}

static void take_value(struct taking *t, const struct yaml_node *item, bool *was_named)
{
	const struct yaml_node *name = good(item, "name");
	struct boot_value *v;

	if (!name)
		return;
	if (strspn(name->text, NAME_LETTERS) != strlen(name->text) ||
	    strchr("0123456789", name->text[0])) {
		diag_error(t->diags, place_of(t, name),
			   "'name' is '%s': expected letters, digits and _, and no digit first",
			   name->text);
		t->has_error = true;
		return;
	}
	v = find_value(t->check, name->text);
	if (v && was_named[v - t->check->values]) {
		diag_error(t->diags, place_of(t, name), "'%s' stands in 'values' twice",
			   name->text);
		t->has_error = true;
		return;
	}
	v = find_source(t, item, name, good(item, "match"));
	if (!v)
		return;
	was_named[v - t->check->values] = true;
	take_limits(t, v, item);
}

static void take_values(struct taking *t)
{
	const struct yaml_node *list = list_of(t, "boot_check.values", BOOT_VALUES_MAX);
	bool was_named[BOOT_VALUES_MAX] = { false };

	for (size_t i = 0; list && i < list->count && !t->status; i++) {
		if (!list->items[i].is_bad)
			take_value(t, &list->items[i], was_named);
	}
}

/* ---- all of it ---- */

enum status boot_check_take(const struct recipe *r, struct boot_check **out,
			    struct diag_list *diags, struct err *err)
{
	struct taking t = { .recipe = r, .diags = diags, .err = err };

	*out = NULL;
	if (!setting_find(r, "boot_check").node)
		return STATUS_OK;
	t.check = calloc(1, sizeof(*t.check));
	if (!t.check)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the boot check");
	t.check->within_ms = (uint32_t)setting_number(r, "boot_check.within", 0);
	t.check->rate_baud = (uint32_t)setting_number(r, "boot_check.rate", 0);
	t.check->resets = (unsigned)setting_number(r, "boot_check.loops", 0);
	t.check->in_order = setting_choice(r, "boot_check.in_order", 0) == 1;
	take_expect(&t);
	take_reject(&t);
	take_values(&t);
	if (t.status || t.has_error || !t.check->within_ms) {
		boot_check_free(t.check);
		return t.status;
	}
	*out = t.check;
	return STATUS_OK;
}

void boot_check_free(struct boot_check *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->expect_count; i++)
		pattern_free(c->expect[i]);
	for (size_t i = 0; i < c->reject_count; i++)
		pattern_free(c->reject[i]);
	for (size_t i = 0; i < c->value_count; i++) {
		pattern_free(c->values[i].own);
		free(c->values[i].unit);
		free(c->values[i].equal);
	}
	free(c);
}

struct flash_console boot_check_console(const struct boot_check *c)
{
	if (!c)
		return (struct flash_console){ .within_ms = 0 };
	return (struct flash_console){ .within_ms = c->within_ms,
				       .rate_baud = c->rate_baud,
				       .resets = c->resets };
}
