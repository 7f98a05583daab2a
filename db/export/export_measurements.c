/* One row of CSV per measurement: what a table of values is made of. */
#include "db/export/export_format.h"

#include "db/select.h"

#include <stdlib.h>
#include <string.h>

/* Of the run first, then of the value. Names are docs/exports.md's. */
static const char head[] =
	"run_id, start_time, mac, serial, product, process, recipe, recipe_revision, batch, "
	"station,"
	" slot, nest, kind, purpose, chosen.outcome AS run_outcome, chosen.code AS run_code,"
	" measurement.step AS step, measurement.name AS name, measurement.value AS value,"
	" measurement.text AS text, measurement.unit AS unit, measurement.low AS low,"
	" measurement.high AS high, measurement.outcome AS outcome";
static const char tail[] = "AS chosen JOIN measurement USING (run_id)"
			   " ORDER BY start_utc_ms, run_id, measurement.position";

static bool is_another_run(sqlite3_stmt *row, char before[static RUN_ID_BYTES])
{
	const char *run_id = sql_text(row, 0);
	bool is_another = strncmp(before, run_id, RUN_ID_BYTES - 1) != 0;

	snprintf(before, RUN_ID_BYTES, "%s", run_id);
	return is_another;
}

enum status measurements_write(struct db *db, const struct run_filter *filter, FILE *out,
			       uint64_t *count, struct err *err)
{
	char run_id[RUN_ID_BYTES] = "";
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(select_from_runs(db, filter, head, tail, &row, err));
	csv_any_head(out, row);
	while (!(st = select_next(db, row, &has_row, err)) && has_row && !ferror(out)) {
		csv_any_row(out, row);
		*count += is_another_run(row, run_id);
	}
	sqlite3_finalize(row);
	return st;
}
