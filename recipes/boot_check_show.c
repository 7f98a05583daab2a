/* A boot check as it is digested, shown to people, and told to programs. */
#include "recipes/boot_check.h"

#include "recipes/page.h"

#include <inttypes.h>

static void add_limit(struct page *t, const char *name, double value)
{
	page_add(t, " %s %.15g", name, value);
}

void boot_check_canonical(const struct boot_check *c, struct page *t)
{
	if (!c)
		return;
	page_add(t, "boot_check.within: %" PRIu32 "\n", c->within_ms);
	if (c->rate_baud)
		page_add(t, "boot_check.rate: %" PRIu32 "\n", c->rate_baud);
	if (c->resets)
		page_add(t, "boot_check.loops: %u\n", c->resets);
	if (c->in_order)
		page_add(t, "boot_check.in_order: yes\n");
	for (size_t i = 0; i < c->expect_count; i++)
		page_add(t, "boot_check.expect: %s\n", pattern_text(c->expect[i]));
	for (size_t i = 0; i < c->reject_count; i++)
		page_add(t, "boot_check.reject: %s\n", pattern_text(c->reject[i]));
	for (size_t i = 0; i < c->value_count; i++) {
		const struct boot_value *v = &c->values[i];

		page_add(t, "boot_check.value: %s", v->name);
		if (v->has_low)
			add_limit(t, "low", v->low);
		if (v->has_high)
			add_limit(t, "high", v->high);
		page_add(t, "%s\n", v->is_required ? " required" : "");
		if (v->unit)
			page_add(t, "boot_check.value.unit: %s\n", v->unit);
		if (v->equal)
			page_add(t, "boot_check.value.equal: %s\n", v->equal);
		if (v->own)
			page_add(t, "boot_check.value.match: %s\n", pattern_text(v->own));
	}
}

static void describe_value(const struct boot_value *v, struct page *t)
{
	page_add(t, "value    %s", v->name);
	if (v->has_low)
		add_limit(t, "from", v->low);
	if (v->has_high)
		add_limit(t, v->has_low ? "to" : "up to", v->high);
	if (v->unit)
		page_add(t, " %s", v->unit);
	if (v->equal)
		page_add(t, " equal to '%s'", v->equal);
	if (v->own)
		page_add(t, ", in %s", pattern_text(v->own));
	page_add(t, "%s\n", v->is_required ? ", required" : "");
}

void boot_check_describe(const struct boot_check *c, struct page *t)
{
	if (!c)
		return;
	page_add(t, "boot     the console%s is read for %.1f s after the restart",
		 c->in_order ? ", in this order," : "", c->within_ms / 1e3);
	if (c->rate_baud)
		page_add(t, " at %" PRIu32 " baud", c->rate_baud);
	if (c->resets)
		page_add(t, ", %u more restarts are normal", c->resets);
	page_add(t, "\n");
	for (size_t i = 0; i < c->expect_count; i++)
		page_add(t, "expect   %s\n", pattern_text(c->expect[i]));
	for (size_t i = 0; i < c->reject_count; i++)
		page_add(t, "reject   %s\n", pattern_text(c->reject[i]));
	for (size_t i = 0; i < c->value_count; i++)
		describe_value(&c->values[i], t);
}

static void json_patterns(struct pattern *const *patterns, size_t count, const char *key,
			  struct page *t)
{
	page_add(t, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		page_add(t, "%s", i ? "," : "");
		page_add_json(t, pattern_text(patterns[i]));
	}
	page_add(t, "]");
}

static void json_limit(const char *key, bool has_limit, double limit, struct page *t)
{
	if (has_limit)
		page_add(t, ",\"%s\":%.15g", key, limit);
	else
		page_add(t, ",\"%s\":null", key);
}

void boot_check_json(const struct boot_check *c, struct page *t)
{
	page_add(t, ",\"boot_check\":");
	if (!c) {
		page_add(t, "null");
		return;
	}
	page_add(t, "{\"within_ms\":%" PRIu32, c->within_ms);
	if (c->rate_baud)
		page_add(t, ",\"rate\":%" PRIu32, c->rate_baud);
	else
		page_add(t, ",\"rate\":null");
	page_add(t, ",\"loops\":%u,\"in_order\":%s", c->resets, c->in_order ? "true" : "false");
	json_patterns(c->expect, c->expect_count, "expect", t);
	json_patterns(c->reject, c->reject_count, "reject", t);
	page_add(t, ",\"values\":[");
	for (size_t i = 0; i < c->value_count; i++) {
		const struct boot_value *v = &c->values[i];

		page_add(t, "%s{\"name\":\"%s\"", i ? "," : "", v->name);
		json_limit("low", v->has_low, v->low, t);
		json_limit("high", v->has_high, v->high, t);
		page_add(t, ",\"unit\":");
		page_add_json(t, v->unit);
		page_add(t, ",\"equal\":");
		page_add_json(t, v->equal);
		page_add(t, ",\"match\":");
		page_add_json(t, v->own ? pattern_text(v->own) : NULL);
		page_add(t, ",\"required\":%s}", v->is_required ? "true" : "false");
	}
	page_add(t, "]}");
}
