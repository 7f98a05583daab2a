/* What people did and what they have to look at: overrides, dispositions, alarms, lockouts. */
#include "db/report/report_build.h"

/* The columns of every list. */
enum column_of_entry { ENTRY_TIME, ENTRY_WHAT, ENTRY_MAC, ENTRY_SLOT, ENTRY_OPERATOR, ENTRY_TEXT };

/* In a batch or a recipe is what happened to one of its runs, or to the unit of one. */
static void of_unit(sqlite3_str *text, const struct report_filter *filter, const char *table)
{
	if (filter->batch || filter->recipe) {
		sqlite3_str_appendf(text,
				    " AND (EXISTS (SELECT 1 FROM run WHERE run.run_id = %s.run_id",
				    table);
		report_conditions(text, filter, false);
		sqlite3_str_appendf(text,
				    ") OR EXISTS (SELECT 1 FROM result JOIN run USING (run_id)"
				    " WHERE result.mac = %s.mac",
				    table);
		report_conditions(text, filter, false);
		sqlite3_str_appendall(text, "))");
	}
	if (filter->has_from)
		sqlite3_str_appendf(text, " AND %s.utc_ms >= :from", table);
	if (filter->has_to)
		sqlite3_str_appendf(text, " AND %s.utc_ms < :to", table);
}

static enum status add_entry(struct report_build *b, sqlite3_stmt *row, struct report_list *list,
			     struct err *err)
{
	struct report_entry entry = { .utc_ms = sqlite3_column_int64(row, ENTRY_TIME) };
	void *item;

	list->total++;
	if (list->count == REPORT_LIST_MAX)
		return STATUS_OK;
	TRY(report_text(b, report_column(row, ENTRY_WHAT), &entry.what, err));
	TRY(report_text(b, report_column(row, ENTRY_MAC), &entry.mac, err));
	TRY(report_text(b, report_column(row, ENTRY_SLOT), &entry.slot, err));
	TRY(report_text(b, report_column(row, ENTRY_OPERATOR), &entry.operator_name, err));
	TRY(report_text(b, report_column(row, ENTRY_TEXT), &entry.text, err));
	TRY(report_grow(&list->items, &list->count, sizeof(entry), &item, err));
	*(struct report_entry *)item = entry;
	return STATUS_OK;
}

/* The statement gives the newest first, so that the newest are kept; gives up text. */
static enum status read_list(struct report_build *b, sqlite3_str *text, struct report_list *list,
			     struct err *err)
{
	sqlite3_stmt *stmt;
	bool has_row = true;

	TRY(report_prepare(b, text, &stmt, err));
	enum status st = STATUS_OK;
	while (!st && has_row) {
		st = report_step(b, stmt, &has_row, err);
		if (!st && has_row)
			st = add_entry(b, stmt, list, err);
	}
	sqlite3_finalize(stmt);
	for (size_t i = 0; i < list->count / 2; i++) {
		struct report_entry entry = list->items[i];

		list->items[i] = list->items[list->count - 1 - i];
		list->items[list->count - 1 - i] = entry;
	}
	return st;
}

static enum status read_overrides(struct report_build *b, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);

	sqlite3_str_appendall(
		text,
		"SELECT override.utc_ms, override.code, result.mac, run.slot,"
		" override.operator, override.reason FROM override CROSS JOIN run USING (run_id)"
		" LEFT JOIN result USING (run_id) WHERE true");
	report_conditions(text, b->filter, true);
	sqlite3_str_appendall(text, " ORDER BY override.utc_ms DESC, override.run_id DESC,"
				    " override.code DESC");
	return read_list(b, text, &b->report->overrides, err);
}

static enum status read_dispositions(struct report_build *b, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);

	sqlite3_str_appendall(text, "SELECT utc_ms, state, mac, NULL, operator, reason"
				    " FROM disposition WHERE true");
	of_unit(text, b->filter, "disposition");
	sqlite3_str_appendall(text, " ORDER BY utc_ms DESC, disposition_id DESC");
	return read_list(b, text, &b->report->dispositions, err);
}

static enum status read_alarms(struct report_build *b, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);

	sqlite3_str_appendall(text, "SELECT utc_ms, code, mac, NULL, NULL, detail"
				    " FROM alarm WHERE true");
	of_unit(text, b->filter, "alarm");
	sqlite3_str_appendall(text, " ORDER BY utc_ms DESC, alarm_id DESC");
	return read_list(b, text, &b->report->alarms, err);
}

/* A lockout belongs to no run: what counts is when it was. */
static enum status read_lockouts(struct report_build *b, struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(b->db->sql);
	const struct report *r = b->report;

	sqlite3_str_appendall(
		text,
		"SELECT lockout.utc_ms, code, NULL, slot, operator, detail || coalesce('; ' ||"
		" lower(how) || ' after ' || ((e.utc_ms - lockout.utc_ms + 500) / 1000) || ' s' ||"
		" coalesce(': ' || reason, ''), '; open') FROM lockout"
		" LEFT JOIN lockout_end e USING (lockout_id) WHERE true");
	if (b->filter->has_from)
		sqlite3_str_appendall(text, " AND lockout.utc_ms >= :from");
	if (b->filter->has_to)
		sqlite3_str_appendall(text, " AND lockout.utc_ms < :to");
	if (b->filter->batch || b->filter->recipe)
		sqlite3_str_appendf(text, " AND lockout.utc_ms BETWEEN %lld AND %lld",
				    (long long)r->first_utc_ms, (long long)r->last_utc_ms);
	sqlite3_str_appendall(text, " ORDER BY lockout.utc_ms DESC, lockout_id DESC");
	return read_list(b, text, &b->report->lockouts, err);
}

enum status report_read_lists(struct report_build *b, struct err *err)
{
	TRY(read_overrides(b, err));
	TRY(read_dispositions(b, err));
	TRY(read_alarms(b, err));
	return read_lockouts(b, err);
}
