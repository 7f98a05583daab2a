#include "db/export/wsjf.h"

#include "db/json_out.h"
#include "db/select.h"
#include "db/text.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/base/status.h"

#include <ctype.h>
#include <math.h>
#include <time.h>

/* WATS counts UTF-16 code units. */
#define WATS_TEXT_UNITS 100
#define WATS_COMMENT_UNITS 500
#define ID_BYTES 512
#define GUID_BYTES 37
#define TIME_BYTES 32
/* Required by WATS, and not known here. */
#define NOT_KNOWN "-"

/* clang-format off */
static const struct {
	enum outcome outcome;
	char letter;
} letters[] = {
	{ OUTCOME_PASS,    'P' }, /* Passed */
	{ OUTCOME_FAIL,    'F' }, /* Failed */
	{ OUTCOME_ERROR,   'E' }, /* Error */
	{ OUTCOME_TIMEOUT, 'E' },
	{ OUTCOME_ABORTED, 'T' }, /* Terminated */
};
/* clang-format on */

/* Error, for a word that a newer program wrote. */
static char letter_of(const char *outcome)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (strcmp(outcome, outcome_name(letters[i].outcome)) == 0)
			return letters[i].letter;
	return 'E';
}

static char letter_of_code(const char *code)
{
	enum status st;

	if (status_find(code, &st))
		return letter_of(outcome_name(status_row(st)->outcome));
	return code ? 'E' : 'P';
}

/* ---- texts as long as WATS takes them ---- */

/* How many bytes of span fit into so many UTF-16 code units, whole characters only. */
static size_t fitting(struct span span, unsigned units)
{
	size_t at = 0;

	while (at < span.size_bytes) {
		size_t len = utf8_length(span.text + at, span.size_bytes - at);
		unsigned takes = len == 4 ? 2 : 1;

		if (takes > units)
			break;
		units -= takes;
		at += len ? len : 1;
	}
	return at;
}

static void member_cut(FILE *out, unsigned *count, const char *name, struct span span,
		       unsigned units)
{
	span.size_bytes = fitting(span, units);
	json_out_member_span(out, count, name, span);
}

/*
 * An id that WATS keeps apart from all others. It trims ids and cuts them: a long one gets
 * its own digest as its end instead.
 */
static void member_id(FILE *out, unsigned *count, const char *name, const char *id,
		      bool *has_wildcards)
{
	struct span span = span_of(id && id[0] ? id : NOT_KNOWN);
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_BYTES], cut[ID_BYTES];

	*has_wildcards |= strpbrk(span.text, "*%?_[]^!") != NULL;
	if (fitting(span, WATS_TEXT_UNITS) == span.size_bytes) {
		json_out_member_span(out, count, name, span);
		return;
	}
	digest_sha256((const uint8_t *)span.text, span.size_bytes, digest);
	hex_text(digest, sizeof(digest), hex);
	snprintf(cut, sizeof(cut), "%.*s-%.12s", (int)fitting(span, WATS_TEXT_UNITS - 13),
		 span.text, hex);
	json_out_member(out, count, name, cut);
}

/* ---- the head ---- */

/* The run id, which is a UUID; of another one (records made by hand) a UUID of version 8. */
static void make_guid(const char *run_id, char guid[static GUID_BYTES])
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	uint8_t digest[SHA256_BYTES];
	char hex[SHA256_TEXT_BYTES];
	size_t at = 0, i = 0;

	while (shape[at] &&
	       (shape[at] == '-' ? run_id[at] == '-' : isxdigit((unsigned char)run_id[at])))
		at++;
	if (!shape[at] && !run_id[at]) {
		snprintf(guid, GUID_BYTES, "%s", run_id);
		return;
	}
	digest_sha256((const uint8_t *)run_id, strlen(run_id), digest);
	digest[6] = (uint8_t)(0x80 | (digest[6] & 0x0f));
	digest[8] = (uint8_t)(0x80 | (digest[8] & 0x3f));
	hex_text(digest, sizeof(digest), hex);
	for (at = 0; shape[at]; at++)
		guid[at] = shape[at] == '-' ? '-' : hex[i++];
	guid[at] = '\0';
}

/* "2026-11-22T12:31:18.250" and what says that it is UTC. */
static void make_time(int64_t utc_ms, const char *zone, char text[static TIME_BYTES])
{
	time_t seconds = (time_t)(utc_ms / 1000 - (utc_ms % 1000 < 0));
	struct tm tm;
	char date[24] = "";

	if (!gmtime_r(&seconds, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
		date[0] = '\0'; /* it may have filled it */
	snprintf(text, TIME_BYTES, "%s.%03d%s", date, (int)((utc_ms % 1000 + 1000) % 1000), zone);
}

/* The first of these columns that is known; NULL when none is. */
static const char *first_known(sqlite3_stmt *row, const char *const *columns)
{
	for (; *columns; columns++) {
		const char *text = select_text(row, *columns);

		if (text && text[0])
			return text;
	}
	return NULL;
}

/*
 * WATS replaces a report by one of the same sn, pn, process and start (to half a second), and
 * stops counting after 100 of one sn: an unknown unit is each time another one, and so is
 * the MAC that was in two slots at once.
 */
static void make_sn(sqlite3_stmt *row, char sn[static ID_BYTES])
{
	const char *serial = select_text(row, "serial"), *mac = select_text(row, "mac");
	const char *slot = select_text(row, "slot");
	bool is_twice = sqlite3_column_int(row, select_column("duplicate_mac")) != 0;

	if (serial && serial[0])
		snprintf(sn, ID_BYTES, "%s", serial);
	else if (mac && is_twice)
		snprintf(sn, ID_BYTES, "%s in %s", mac, slot ? slot : NOT_KNOWN);
	else if (mac)
		snprintf(sn, ID_BYTES, "%s", mac);
	else
		snprintf(sn, ID_BYTES, "unknown-%s", select_text(row, "run_id"));
}

static void write_head(FILE *out, unsigned *count, sqlite3_stmt *row, int process_code,
		       bool *has_wildcards)
{
	static const char *const part[] = { "part_number", "product", "recipe", NULL };
	int64_t start = sqlite3_column_int64(row, select_column("start_utc_ms"));
	const char *process = select_text(row, "process");
	char guid[GUID_BYTES], sn[ID_BYTES], text[TIME_BYTES];
	char result[2] = { letter_of(select_text(row, "outcome")), '\0' };

	make_guid(select_text(row, "run_id"), guid);
	make_sn(row, sn);
	json_out_member(out, count, "type", "T");
	json_out_member(out, count, "id", guid);
	member_id(out, count, "pn", first_known(row, part), has_wildcards);
	member_id(out, count, "sn", sn, has_wildcards);
	member_id(out, count, "rev", select_text(row, "part_revision"), has_wildcards);
	json_out_member_integer(out, count, "processCode", process_code);
	if (process)
		member_cut(out, count, "processName", span_of(process), WATS_TEXT_UNITS);
	json_out_member(out, count, "result", result);
	member_id(out, count, "machineName", select_text(row, "station"), has_wildcards);
	json_out_member(out, count, "location", NOT_KNOWN);
	/* So that WATS can keep proofs apart from the first run of a unit. */
	json_out_member(out, count, "purpose",
			strcmp(select_known(row, "kind"), "VERIFY") && !select_text(row, "purpose")
				? "Production"
				: "Verification");
	make_time(start, "+00:00", text);
	json_out_member(out, count, "start", text);
	make_time(start, "Z", text);
	json_out_member(out, count, "startUTC", text);
}

/* ---- the steps ---- */

struct steps {
	FILE *out;
	int64_t start_utc_ms;
	unsigned count; /* also the number of the last one's id */
	bool is_first;
};

/* "{"id":3,"group":"M","stepType":...", open; members counts what is in it. */
static void step_begin(struct steps *s, const char *type, struct span name, char letter,
		       unsigned *members)
{
	char status[2] = { letter, '\0' };

	fputs(s->is_first ? "{" : ",{", s->out);
	s->is_first = false;
	*members = 0;
	json_out_member_integer(s->out, members, "id", ++s->count);
	json_out_member(s->out, members, "group", "M");
	json_out_member(s->out, members, "stepType", type);
	member_cut(s->out, members, "name", name, WATS_TEXT_UNITS);
	json_out_member(s->out, members, "status", status);
}

static void write_step(void *ctx, sqlite3_stmt *row)
{
	struct steps *s = ctx;
	const char *code = (const char *)sqlite3_column_text(row, 4);
	const char *note = (const char *)sqlite3_column_text(row, 5);
	char name[ID_BYTES], start[TIME_BYTES];
	char letter = letter_of_code(code);
	unsigned members;

	snprintf(name, sizeof(name), "%.300s", (const char *)sqlite3_column_text(row, 1));
	if (sqlite3_column_int64(row, 0) > 1)
		snprintf(name, sizeof(name), "%.60s (try %lld)",
			 (const char *)sqlite3_column_text(row, 1),
			 (long long)sqlite3_column_int64(row, 0));
	step_begin(s, "Action", span_of(name), letter, &members);
	make_time(s->start_utc_ms + sqlite3_column_int64(row, 2) / 1000, "+00:00", start);
	json_out_member(s->out, &members, "start", start);
	json_out_member_real(s->out, &members, "totTime", sqlite3_column_double(row, 3) / 1e6);
	if (letter != 'P')
		json_out_member(s->out, &members, "errorMessage", code);
	json_out_member(s->out, &members, "reportText", note);
	fputc('}', s->out);
}

static bool is_number(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) != SQLITE_NULL &&
	       isfinite(sqlite3_column_double(row, column));
}

/* Of a comparison with one limit WATS takes that one as lowLimit, also when it is the upper one. */
static void write_limits(FILE *out, unsigned *members, sqlite3_stmt *row)
{
	bool has_low = is_number(row, 5), has_high = is_number(row, 6);
	double low = sqlite3_column_double(row, 5), high = sqlite3_column_double(row, 6);

	json_out_member(out, members, "compOp",
			has_low && has_high ? "GELE"
			: has_low           ? "GE"
			: has_high          ? "LE"
					    : "LOG");
	if (has_low || has_high)
		json_out_member_real(out, members, "lowLimit", has_low ? low : high);
	if (has_low && has_high)
		json_out_member_real(out, members, "highLimit", high);
}

static void write_measurement(void *ctx, sqlite3_stmt *row)
{
	struct steps *s = ctx;
	const char *outcome = (const char *)sqlite3_column_text(row, 7);
	const char *step = (const char *)sqlite3_column_text(row, 0);
	const char *unit = (const char *)sqlite3_column_text(row, 4);
	bool has_number = is_number(row, 2);
	/* What has no limit is logged, which WATS calls passed. */
	char status[2] = { outcome ? letter_of(outcome) : 'P', '\0' };
	unsigned members, values = 0;

	step_begin(s, has_number ? "NumericLimitTest" : "StringValueTest", span_at(row, 1),
		   status[0], &members);
	json_out_member(s->out, &members, "reportText", step);
	json_out_name(s->out, &members, has_number ? "numericMeas" : "stringMeas");
	fputs("[{", s->out);
	if (has_number)
		write_limits(s->out, &values, row);
	else
		json_out_member(s->out, &values, "compOp", "LOG");
	json_out_member(s->out, &values, "status", status);
	if (has_number) {
		json_out_member(s->out, &values, "unit", unit ? unit : "");
		json_out_member_real(s->out, &values, "value", sqlite3_column_double(row, 2));
	} else {
		int column = sqlite3_column_type(row, 3) == SQLITE_NULL ? 2 : 3;

		json_out_member_span(s->out, &values, "value", span_at(row, column));
	}
	fputs("}]}", s->out);
}

static enum status write_root(struct db *db, FILE *out, unsigned *count, sqlite3_stmt *row,
			      const struct run_parts *parts, struct err *err)
{
	struct steps s = {
		.out = out,
		.start_utc_ms = sql_time_ms(row, select_column("start_utc_ms")),
		.is_first = true,
	};
	const char *run_id = select_text(row, "run_id"), *recipe = select_text(row, "recipe");
	const char *revision = select_text(row, "recipe_revision");
	const char *digest = select_text(row, "recipe_digest");
	int duration = select_column("duration_s");
	unsigned members, call = 0;
	char start[TIME_BYTES];

	json_out_name(out, count, "root");
	step_begin(&s, "SequenceCall", span_of(recipe ? recipe : select_text(row, "kind")),
		   letter_of(select_text(row, "outcome")), &members);
	make_time(s.start_utc_ms, "+00:00", start);
	json_out_member(out, &members, "start", start);
	if (is_number(row, duration))
		json_out_member_real(out, &members, "totTime",
				     sqlite3_column_double(row, duration));
	json_out_name(out, &members, "seqCall");
	fputc('{', out);
	json_out_member(out, &call, "path", digest ? digest : NOT_KNOWN);
	member_cut(out, &call, "name", span_of(recipe ? recipe : NOT_KNOWN), WATS_TEXT_UNITS);
	json_out_member(out, &call, "version", revision ? revision : NOT_KNOWN);
	fputc('}', out);
	json_out_name(out, &members, "steps");
	fputc('[', out);
	s.is_first = true;
	TRY(run_part_each(db, parts->steps, run_id, write_step, &s, err));
	TRY(run_part_each(db, parts->measurements, run_id, write_measurement, &s, err));
	fputs("]}", out);
	return STATUS_OK;
}

/* ---- what is around them ---- */

/* Nothing for an unknown or empty text. */
static void member_known(FILE *out, unsigned *count, const char *name, const char *text,
			 unsigned units)
{
	if (text && text[0])
		member_cut(out, count, name, span_of(text), units);
}

static void write_uut(FILE *out, unsigned *count, sqlite3_stmt *row)
{
	static const char *const why[] = { "advice", "detail", NULL };
	const char *operator_name = select_text(row, "operator");
	int duration = select_column("duration_s"), nest = select_column("nest");
	unsigned members = 0;

	json_out_name(out, count, "uut");
	fputc('{', out);
	if (is_number(row, duration))
		json_out_member_real(out, &members, "execTime",
				     sqlite3_column_double(row, duration));
	if (!operator_name || !operator_name[0])
		operator_name = NOT_KNOWN;
	member_known(out, &members, "user", operator_name, WATS_TEXT_UNITS);
	member_known(out, &members, "batchSN", select_text(row, "batch"), WATS_TEXT_UNITS);
	member_known(out, &members, "fixtureId", select_text(row, "slot"), WATS_TEXT_UNITS);
	if (sqlite3_column_type(row, nest) != SQLITE_NULL)
		json_out_member_integer(out, &members, "testSocketIndex",
					sqlite3_column_int64(row, nest));
	member_known(out, &members, "comment", first_known(row, why), WATS_COMMENT_UNITS);
	if (strcmp(select_text(row, "outcome"), "PASS"))
		json_out_member(out, &members, "errorMessage", select_text(row, "code"));
	fputc('}', out);
}

/* Every column that is known, as it is, so that nothing is lost above. A text longer
 * than WATS takes goes on in "NAME (2)" and so on. */
static void write_column(FILE *out, bool *is_first, const char *column, struct span value)
{
	char name[64];
	unsigned piece = 1;

	do {
		size_t size = fitting(value, WATS_TEXT_UNITS);
		unsigned members = 0;

		snprintf(name, sizeof(name), piece > 1 ? "%s (%u)" : "%s", column, piece);
		fputs(*is_first ? "{" : ",{", out);
		*is_first = false;
		json_out_member(out, &members, "description", name);
		json_out_member_span(out, &members, "text", (struct span){ value.text, size });
		fputc('}', out);
		value.text += size;
		value.size_bytes -= size;
		piece++;
	} while (value.size_bytes);
}

static void write_columns(FILE *out, unsigned *count, sqlite3_stmt *row)
{
	size_t column_count;
	const struct column *columns = column_rows(&column_count);
	bool is_first = true;

	json_out_name(out, count, "miscInfos");
	fputc('[', out);
	for (int i = 0; i < (int)column_count; i++)
		if (sqlite3_column_type(row, i) != SQLITE_NULL)
			write_column(out, &is_first, columns[i].name, span_at(row, i));
	fputc(']', out);
}

enum status wsjf_write(struct db *db, FILE *out, sqlite3_stmt *row, const struct run_parts *parts,
		       int process_code, bool *has_wildcards, struct err *err)
{
	unsigned count = 0;

	*has_wildcards = false;
	fputc('{', out);
	write_head(out, &count, row, process_code, has_wildcards);
	TRY(write_root(db, out, &count, row, parts, err));
	write_uut(out, &count, row);
	write_columns(out, &count, row);
	fputs("}\n", out);
	return STATUS_OK;
}
