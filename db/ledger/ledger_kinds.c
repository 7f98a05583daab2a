#include "db/ledger/ledger_kinds.h"

#include <string.h>

/* clang-format off */
static const struct ledger_kind kinds[] = {
	{
		.name = "chain", .key = "chain_id", .ref_sql = "chain_id",
	},
	{
		.name = "station", .key = "station_id",
		.ref_sql = "CAST(station_id AS TEXT)", /* an integer */
		.adopt_time_sql = "first_seen_utc_ms",
	},
	{
		.name = "operator", .key = "name", .ref_sql = "name",
		.adopt_time_sql = "first_seen_utc_ms",
	},
	{
		.name = "slot", .key = "slot", .ref_sql = "slot",
		.adopt_time_sql = "first_seen_utc_ms",
	},
	{
		.name = "image", .key = "sha256", .ref_sql = "sha256",
		/* As old as the first recipe with it. */
		.adopt_time_sql =
			"ifnull((SELECT min(first_seen_utc_ms) FROM recipe_image "
			"JOIN recipe USING (recipe_digest) "
			"WHERE recipe_image.sha256 = image.sha256), 0)",
	},
	{
		.name = "recipe", .key = "recipe_digest", .ref_sql = "recipe_digest",
		.children = { { "recipe_image", "recipe_digest", "position" } },
		.child_count = 1,
		.adopt_time_sql = "first_seen_utc_ms",
	},
	{
		.name = "attachment", .key = "sha256", .ref_sql = "sha256",
	},
	{
		.name = "batch", .key = "batch", .ref_sql = "batch",
	},
	{
		.name = "batch_change", .key = "batch", .key_2 = "position",
		.ref_sql = "batch || '/' || position",
	},
	{
		.name = "approval", .key = "approval_id", .ref_sql = "approval_id",
	},
	{
		.name = "rule", .key = "rule_id", .ref_sql = "rule_id",
	},
	{
		.name = "serial_block", .key = "block_id", .ref_sql = "block_id",
	},
	{
		.name = "run", .key = "run_id", .ref_sql = "run_id",
		.adopt_time_sql = "start_utc_ms",
	},
	{
		.name = "override", .key = "run_id", .key_2 = "code",
		.ref_sql = "run_id || '/' || code",
	},
	{
		.name = "unit", .key = "mac", .ref_sql = "mac",
		.adopt_time_sql =
			"max(first_seen_utc_ms, ifnull((SELECT start_utc_ms FROM run "
			"WHERE run.run_id = unit.first_run_id), 0))",
	},
	{
		.name = "result", .key = "run_id", .ref_sql = "run_id",
		.children = {
			{ "step", "run_id", "position" },
			{ "measurement", "run_id", "position" },
			{ "unit_log", "run_id", "unit_log_id" },
			{ "unit_image", "run_id", "position" },
			{ "console_log", "run_id", "console_log_id" },
		},
		.child_count = 5,
		/* Not before its run, wherever the clock was set in between. */
		.adopt_time_sql =
			"max(end_utc_ms, ifnull((SELECT start_utc_ms FROM run "
			"WHERE run.run_id = result.run_id), 0))",
	},
	{
		.name = "disposition", .key = "disposition_id", .ref_sql = "disposition_id",
	},
	{
		.name = "attachment_use", .key = "use_id", .ref_sql = "use_id",
	},
	{
		.name = "alarm", .key = "alarm_id", .ref_sql = "alarm_id",
	},
	{
		.name = "serial_state", .key = "serial_state_id", .ref_sql = "serial_state_id",
	},
	{
		.name = "print_job", .key = "print_id", .ref_sql = "print_id",
	},
	{
		.name = "print_event", .key = "print_event_id", .ref_sql = "print_event_id",
	},
	{
		.name = "lockout", .key = "lockout_id", .ref_sql = "lockout_id",
	},
	{
		.name = "lockout_end", .key = "lockout_id", .ref_sql = "lockout_id",
	},
};
/* clang-format on */

_Static_assert(sizeof(kinds) / sizeof(kinds[0]) <= LEDGER_KINDS_MAX, "LEDGER_KINDS_MAX");

const struct ledger_kind *ledger_kinds(size_t *count)
{
	*count = sizeof(kinds) / sizeof(kinds[0]);
	return kinds;
}

const struct ledger_kind *ledger_kind_named(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}
