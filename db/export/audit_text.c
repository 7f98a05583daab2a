#include "db/export/audit_text.h"

#include "db/export/audit_facts.h"
#include "db/json_out.h"
#include "db/select.h"
#include "db/text.h"
#include "engine/base/bytes.h"

#include <inttypes.h>

#define TIME_OF(column)                                                                            \
	"strftime('%Y-%m-%dT%H:%M:%S', " column                                                    \
	" / 1000, 'unixepoch') || format('.%03dZ', " column " % 1000)"
#define LAST_CHANGE(what, which)                                                                   \
	"(SELECT " what " FROM batch_change WHERE batch_change.batch = :batch AND change IN "      \
	"(" which ") ORDER BY position DESC LIMIT 1)"
#define FLASH_RUNS                                                                                 \
	"FROM run JOIN result USING (run_id) "                                                     \
	"WHERE run.batch = :batch AND kind = 'FLASH' AND purpose IS NULL AND mac IS NOT NULL"
/* Not those that a rule or a person stopped, or that the station made fail: docs/report.md. */
#define JUDGED                                                                                     \
	" AND outcome <> 'ABORTED' AND (outcome = 'PASS' OR party NOT IN ('STATION', 'OPERATOR'))"

/* A part of the summary: the rows of one query, its columns are the names of the figures. */
struct section {
	const char *name;
	bool is_list; /* else exactly one row */
	const char *sql;
};

/* clang-format off */
static const struct section sections[] = {
	{
		.name = "order",
		.sql = "SELECT :batch AS batch, "
		"CASE WHEN batch.batch IS NULL THEN 'never opened: the name was typed with its runs' "
		"WHEN " LAST_CHANGE("change", "'CLOSED', 'REOPENED'") " = 'CLOSED' THEN 'closed' "
		"ELSE 'open' END AS state, "
		"work_order, part_number, part_revision, customer, quantity, "
		"coalesce(" LAST_CHANGE("quota", "'QUOTA'") ", quota) AS quota, recipe_digest, "
		"operator AS opened_by, " TIME_OF("opened_utc_ms") " AS opened_time "
		"FROM (SELECT 1) LEFT JOIN batch ON batch.batch = :batch",
	},
	{
		.name = "units", /* by MAC */
		.sql = "SELECT count(DISTINCT mac) AS seen, "
		"count(DISTINCT CASE WHEN outcome = 'PASS' THEN mac END) AS passed, "
		"count(DISTINCT CASE WHEN outcome = 'PASS' AND proof = 'NONE' THEN mac END) "
		"AS passed_without_proof, "
		"(SELECT count(*) FROM (SELECT outcome, row_number() OVER "
		"(PARTITION BY mac ORDER BY start_utc_ms, run_id) AS number " FLASH_RUNS JUDGED ") "
		"WHERE number = 1 AND outcome = 'PASS') AS passed_at_first_judged_run_in_batch " FLASH_RUNS,
	},
	{
		.name = "runs",
		.sql = "SELECT count(*) AS runs, count(*) - count(result.run_id) AS not_ended, "
		TIME_OF("min(start_utc_ms)") " AS first_start_time, "
		TIME_OF("max(end_utc_ms)") " AS last_end_time "
		"FROM run LEFT JOIN result USING (run_id) WHERE batch = :batch",
	},
	{
		.name = "outcomes", .is_list = true,
		.sql = "SELECT kind, purpose, outcome, count(*) AS runs FROM run JOIN result USING (run_id) "
		"WHERE batch = :batch GROUP BY kind, purpose, outcome ORDER BY kind, purpose, outcome",
	},
	{
		.name = "causes", .is_list = true,
		.sql = "SELECT outcome, code, party, count(*) AS runs FROM run JOIN result USING (run_id) "
		"WHERE batch = :batch AND outcome <> 'PASS' GROUP BY outcome, code, party "
		"ORDER BY count(*) DESC, code, outcome, party",
	},
	{
		.name = "recipes", .is_list = true,
		.sql = "SELECT name, revision, product, process, recipe_digest, "
		"(SELECT count(*) FROM run WHERE run.batch = :batch AND "
		"run.recipe_digest = recipe.recipe_digest) AS runs FROM recipe "
		"WHERE recipe_digest IN (" AUDIT_RECIPES ") ORDER BY name, revision, recipe_digest",
	},
	{
		.name = "stations", .is_list = true,
		.sql = "SELECT host, program_version, count(*) AS runs FROM run JOIN station "
		"USING (station_id) WHERE batch = :batch GROUP BY station_id ORDER BY station_id",
	},
	{
		.name = "operators", .is_list = true,
		.sql = "SELECT operator, count(*) AS runs FROM run WHERE batch = :batch "
		"GROUP BY operator ORDER BY operator",
	},
	{
		.name = "decisions",
		.sql = "SELECT "
		"(SELECT count(*) FROM override WHERE run_id IN (" AUDIT_RUNS ")) AS overrides, "
		"(SELECT count(*) FROM disposition WHERE mac IN (" AUDIT_UNITS ") "
		"OR run_id IN (" AUDIT_RUNS ")) AS dispositions, "
		"(SELECT count(*) FROM alarm WHERE run_id IN (" AUDIT_RUNS ") "
		"OR mac IN (" AUDIT_UNITS ") OR run_id IS NULL AND mac IS NULL) AS alarms, "
		"(SELECT count(*) FROM (" AUDIT_LOCKOUTS ")) AS lockouts, "
		"(SELECT count(*) FROM lockout_end WHERE how = 'OVERRIDDEN' "
		"AND lockout_id IN (" AUDIT_LOCKOUTS ")) AS lockouts_overridden",
	},
	{
		/* How its runs left them. */
		.name = "serial_numbers", .is_list = true,
		.sql = "SELECT state, count(*) AS numbers FROM serial_state s "
		"WHERE run_id IN (" AUDIT_RUNS ") AND NOT EXISTS (SELECT 1 FROM serial_state later "
		"WHERE later.product = s.product AND later.serial = s.serial "
		"AND later.run_id = s.run_id AND later.position > s.position) "
		"GROUP BY state ORDER BY state",
	},
	{
		.name = "labels",
		.sql = "SELECT count(*) AS printed, count(*) FILTER (WHERE copy > 1) AS reprints, "
		"(SELECT count(*) FROM print_event WHERE state = 'FAILED' "
		"AND print_id IN (" AUDIT_LABELS ")) AS failed, "
		"(SELECT count(*) FROM print_event WHERE state = 'SCANNED' "
		"AND print_id IN (" AUDIT_LABELS ")) AS scanned, "
		"(SELECT count(*) FROM print_event WHERE state = 'MISMATCH' "
		"AND print_id IN (" AUDIT_LABELS ")) AS mismatches "
		"FROM print_job WHERE run_id IN (" AUDIT_RUNS ")",
	},
};
/* clang-format on */
#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

static enum status each_row(struct db *db, const struct section *section, const char *batch,
			    void (*each)(FILE *out, sqlite3_stmt *row, int64_t number), FILE *out,
			    struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	int64_t number = 0;
	enum status st;

	TRY(audit_prepare(db, section->sql, batch, &row, err));
	while (!(st = select_next(db, row, &has_row, err)) && has_row)
		each(out, row, number++);
	sqlite3_finalize(row);
	return st;
}

/* ---- as JSON ---- */

static void row_as_json(FILE *out, sqlite3_stmt *row, int64_t number)
{
	if (number)
		fputc(',', out);
	json_out_row(out, row);
}

enum status audit_write_summary_json(struct db *db, const char *batch,
				     const struct audit_proof *proof, FILE *out, struct err *err)
{
	char anchor[LEDGER_ANCHOR_BYTES], hash[SHA256_TEXT_BYTES];
	unsigned count = 0, members = 0;

	fputc('{', out);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		json_out_name(out, &count, sections[i].name);
		fputs(sections[i].is_list ? "[" : "", out);
		TRY(each_row(db, &sections[i], batch, row_as_json, out, err));
		fputs(sections[i].is_list ? "]" : "", out);
	}
	ledger_anchor_text(&proof->head, anchor);
	hex_text(proof->head.hash, SHA256_BYTES, hash);
	json_out_name(out, &count, "ledger");
	fputc('{', out);
	json_out_member(out, &members, "chain_id", proof->head.chain_id);
	json_out_member_integer(out, &members, "head_seq", proof->head.seq);
	json_out_member(out, &members, "head_hash", hash);
	json_out_member(out, &members, "anchor", anchor);
	json_out_member_integer(out, &members, "first_seq", proof->first_seq);
	fputc('}', out);
	json_out_name(out, &count, "newest_record_time");
	json_out_text(out, span_of(proof->newest_time));
	json_out_member(out, &count, "program_version", FLASHLINE_VERSION);
	fputs("}\n", out);
	return STATUS_OK;
}

/* ---- as text ---- */

static void row_as_text(FILE *out, sqlite3_stmt *row, int64_t number)
{
	(void)number;
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		fprintf(out, "  %-28s ", sqlite3_column_name(row, i));
		text_print(out, text ? text : "-", false);
		fputc('\n', out);
	}
}

/* The values of a row on one line, the names above the first. */
static void row_as_line(FILE *out, sqlite3_stmt *row, int64_t number)
{
	int count = sqlite3_column_count(row);

	for (int i = 0; !number && i < count; i++)
		fprintf(out, "%s%s", i ? " | " : "  ", sqlite3_column_name(row, i));
	if (!number)
		fputc('\n', out);
	for (int i = 0; i < count; i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		fputs(i ? " | " : "  ", out);
		text_print(out, text ? text : "-", false);
	}
	fputc('\n', out);
}

enum status audit_write_summary_text(struct db *db, const char *batch,
				     const struct audit_proof *proof, FILE *out, struct err *err)
{
	char anchor[LEDGER_ANCHOR_BYTES];

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		fprintf(out, "%s%s\n", i ? "\n" : "", sections[i].name);
		TRY(each_row(db, &sections[i], batch,
			     sections[i].is_list ? row_as_line : row_as_text, out, err));
	}
	ledger_anchor_text(&proof->head, anchor);
	fprintf(out, "\nledger\n  %-28s %s\n  %-28s %" PRId64 "\n", "head", anchor, "first_seq",
		proof->first_seq);
	return STATUS_OK;
}

/* ---- for the auditor ---- */

/* clang-format off */
static const char readme_body[] =
	"What is in it\n"
	"\n"
	"  summary.txt, summary.json   the batch, units, runs, causes, people: counted\n"
	"  runs.csv, runs.jsonl        every run of the batch, with every column\n"
	"  columns.csv                 what the columns mean, and who says so\n"
	"  junit.xml                   the runs that have ended, for test reporters\n"
	"  recipes/                    each recipe as the factory wrote it (.yaml) and in the\n"
	"                              canonical form that its digest covers (.canonical.txt)\n"
	"  images.csv                  each image of these recipes: digest, size, version,\n"
	"                              address\n"
	"  records/                    batches and their changes, approvals, rules, overrides,\n"
	"                              dispositions, alarms, units, stations, operators\n"
	"  unit-logs/                  what was done to each unit, run by run, to be read\n"
	"  attachments/                files that people added\n"
	"  ledger/                     the proof, see below\n"
	"  SHA256SUMS                  digests of all these files\n"
	"\n"
	"How to verify it\n"
	"\n"
	"1. That the pack is whole: unpack it, and in its folder\n"
	"\n"
	"     sha256sum -c SHA256SUMS\n"
	"\n"
	"2. That the records are those of the ledger, and that the chain holds up to the head.\n"
	"   ledger/entries.jsonl has a line for every entry from the batch's first to the head,\n"
	"   without a gap. Go through it in order; prev of the first line is given in it.\n"
	"\n"
	"     text  = seq LF utc_ms LF kind LF ref LF body   (numbers in decimal, UTF-8)\n"
	"     entry = SHA-256(text)\n"
	"     hash  = SHA-256(prev || entry)                 (32 bytes each)\n"
	"\n"
	"   A line with a body gives all of that; hash must equal its \"hash\", and prev the\n"
	"   hash of the line before. A line of another customer's record gives \"entry\" alone.\n"
	"   The last hash must be that of the head above. body is the record itself as JSON:\n"
	"   compare it with runs.jsonl and records/.\n"
	"   Where a body is no valid UTF-8 it is given as body_hex, its bytes in hex.\n"
	"   Steps, measurements and logs stand in their entry as a digest:\n"
	"   {\"rows\":N,\"sha256\":\"...\"} is SHA-256 over the bodies of the lines of\n"
	"   ledger/children.jsonl with the same kind, ref and table, each followed by LF.\n"
	"   ledger/earlier.jsonl has the batch's facts from before its first entry (a recipe, a\n"
	"   station): each is sealed in the same way, but their place in the chain is not in\n"
	"   this pack.\n"
	"\n"
	"3. That the head is the true one: compare it with a head that was told outside before\n"
	"   or later - on a report, in another pack, on a server. At the station,\n"
	"   'flashline ledger verify --anchor ANCHOR' says whether its records still contain\n"
	"   this head.\n"
	"\n"
	"What that proves\n"
	"\n"
	"The ledger is tamper-evident, not tamper-proof: a change of these records after they\n"
	"were made is found by anybody who knows a head from after that moment. Whoever can\n"
	"write the station's database can compute a new chain; it will not end in a head that\n"
	"was told before. Names of operators, serial numbers and the name of the batch were\n"
	"typed in and checked by nobody; MAC, chip and flash were read from the unit; PASS with\n"
	"proof CHIP_MD5 means that the chip itself computed the MD5 of every region, and each\n"
	"equals the recipe's.\n";
/* clang-format on */

enum status audit_write_readme(const char *batch, const struct audit_proof *proof, FILE *out,
			       struct err *err)
{
	char anchor[LEDGER_ANCHOR_BYTES];

	(void)err;
	ledger_anchor_text(&proof->head, anchor);
	fputs("Audit pack of batch ", out);
	text_print(out, batch, false);
	fprintf(out,
		"\n\nWritten by Flashline %s from the records of one station, as they stood at\n"
		"%s (UTC), the time of the newest record in it.\n\n"
		"Head of the station's ledger at that moment (chain:number:hash):\n\n  %s\n\n",
		FLASHLINE_VERSION, proof->newest_time, anchor);
	fputs(readme_body, out);
	return STATUS_OK;
}
