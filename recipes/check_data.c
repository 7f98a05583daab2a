#include "recipes/check_data.h"

#include "recipes/serial_source.h"
#include "recipes/unit_data.h"

#include <inttypes.h>

/* ---- serial numbers ---- */

static void add_source(struct page *t, const struct plan_serial *s)
{
	char example[SERIAL_NUMBER_BYTES];

	serial_source_example(s, example);
	switch (s->source) {
	case SERIAL_FROM_NOWHERE:
		break;
	case SERIAL_FROM_RANGE:
		page_add(t, "%s to %s%0*" PRId64, example, s->prefix ? s->prefix : "",
			 (int)s->width, s->last);
		break;
	case SERIAL_FROM_CSV:
		page_add(t, "%s, %zu numbers%s", s->file_name, unit_values_rows(s->file),
			 s->by_mac ? ", each for the MAC beside it" : ", in its order");
		break;
	case SERIAL_FROM_PLANT:
		page_add(t, "blocks that the plant's ledger leased to this station");
		break;
	case SERIAL_FROM_SCAN:
		page_add(t, "scanned, or given with --serial");
		break;
	case SERIAL_FROM_MAC:
		page_add(t, "the MAC of the unit%s%s", s->prefix ? " behind " : "",
			 s->prefix ? s->prefix : "");
		break;
	}
	if (s->pattern)
		page_add(t, "; match '%s'", s->pattern);
}

void check_add_serial(struct page *t, const struct plan *p)
{
	if (p->serial.source == SERIAL_FROM_NOWHERE)
		return;
	page_add(t, "numbers  ");
	add_source(t, &p->serial);
	page_add(t, "\n");
}

void check_json_serial(struct page *t, const struct plan *p)
{
	const struct plan_serial *s = &p->serial;
	char example[SERIAL_NUMBER_BYTES];

	if (s->source == SERIAL_FROM_NOWHERE) {
		page_add(t, ",\"serial\":null");
		return;
	}
	serial_source_example(s, example);
	page_add(t, ",\"serial\":{\"from\":\"%s\",\"example\":", serial_source_name(s->source));
	page_add_json(t, example);
	page_add(t, ",\"match\":");
	page_add_json(t, s->pattern);
	page_add(t, "}");
}

/* ---- data ---- */

static const char *key_name(enum unit_key key)
{
	return key == UNIT_KEY_MAC ? "mac" : "serial";
}

static void add_secrets(struct page *t, const struct unit_part *p)
{
	const char *join = ", secret ";

	for (size_t i = 0; p->values && i < unit_values_columns(p->values); i++) {
		if (!unit_values_is_secret(p->values, i))
			continue;
		page_add(t, "%s%s", join, unit_values_column(p->values, i));
		join = " and ";
	}
}

static void add_part(struct page *t, const struct plan *plan, const struct unit_part *p)
{
	struct unit_line line;

	page_add(t, "own      partition '%s' (0x%" PRIx32 ", %" PRIu32 " KB) of each unit from %s",
		 p->partition, p->addr, p->size_bytes >> 10, p->template_name);
	if (p->values)
		page_add(t, ", its row of %s found by %s (%zu rows)", p->values_name,
			 key_name(p->key), unit_values_rows(p->values));
	add_secrets(t, p);
	page_add(t, "\n");
	for (size_t i = 0; unit_part_line(p, &plan->serial, i, &line); i++)
		page_add(t, "           %s.%-15s %-8s %s\n", line.space, line.key, line.encoding,
			 line.is_secret ? "(secret)" : line.value);
}

void check_add_data(struct page *t, const struct plan *p)
{
	for (size_t i = 0; p->unit_data && i < p->unit_data->count; i++)
		add_part(t, p, &p->unit_data->parts[i]);
}

static void json_lines(struct page *t, const struct plan *plan, const struct unit_part *p)
{
	struct unit_line line;

	for (size_t i = 0; unit_part_line(p, &plan->serial, i, &line); i++) {
		page_add(t, "%s{\"namespace\":", i ? "," : "");
		page_add_json(t, line.space);
		page_add(t, ",\"key\":");
		page_add_json(t, line.key);
		page_add(t, ",\"encoding\":");
		page_add_json(t, line.encoding);
		page_add(t, ",\"secret\":%s,\"value\":", line.is_secret ? "true" : "false");
		page_add_json(t, line.is_secret ? NULL : line.value);
		page_add(t, "}");
	}
}

void check_json_data(struct page *t, const struct plan *plan)
{
	page_add(t, ",\"data\":[");
	for (size_t i = 0; plan->unit_data && i < plan->unit_data->count; i++) {
		const struct unit_part *p = &plan->unit_data->parts[i];

		page_add(t, "%s{\"partition\":", i ? "," : "");
		page_add_json(t, p->partition);
		page_add(t, ",\"address\":%" PRIu32 ",\"bytes\":%" PRIu32 ",\"template\":", p->addr,
			 p->size_bytes);
		page_add_json(t, p->template_name);
		page_add(t, ",\"values\":");
		page_add_json(t, p->values_name);
		page_add(t, ",\"key\":");
		page_add_json(t, p->values ? key_name(p->key) : NULL);
		if (p->values)
			page_add(t, ",\"rows\":%zu", unit_values_rows(p->values));
		else
			page_add(t, ",\"rows\":null");
		page_add(t, ",\"secret\":%s,\"first_unit\":[", p->is_secret ? "true" : "false");
		json_lines(t, plan, p);
		page_add(t, "]}");
	}
	page_add(t, "]");
}
