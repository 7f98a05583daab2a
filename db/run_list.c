#include "db/run_list.h"

#include "db/select.h"
#include "db/text.h"

#include <errno.h>
#include <string.h>

#define CELL_BYTES 80

/* One column of the table; text is what stands in it for a row of 'runs'. */
struct cell {
	const char *title;
	const char *(*text)(sqlite3_stmt *row, char room[static CELL_BYTES]);
};

static const char *or_dash(const char *text)
{
	return text && text[0] ? text : "-";
}

/* "2026-11-22 12:31:18" of "2026-11-22T12:31:18.250Z" */
static const char *start_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	snprintf(room, CELL_BYTES, "%.19s", or_dash(select_text(row, "start_time")));
	if (strlen(room) > 10)
		room[10] = ' ';
	return room;
}

static const char *kind_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	(void)room;
	return or_dash(select_text(row, "kind"));
}

/* A run without a result is still going on, or its station was killed. */
static const char *outcome_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	const char *outcome = select_text(row, "outcome");
	const char *proof = select_text(row, "proof");

	if (!outcome)
		return "(open)";
	if (strcmp(outcome, "PASS") || !proof || strcmp(proof, "NONE"))
		return outcome;
	snprintf(room, CELL_BYTES, "PASS (no proof)");
	return room;
}

static const char *code_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	(void)room;
	return or_dash(select_text(row, "code"));
}

static const char *mac_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	(void)room;
	return or_dash(select_text(row, "mac"));
}

static const char *chip_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	const char *revision = select_text(row, "revision");
	const char *chip = select_text(row, "chip");

	snprintf(room, CELL_BYTES, "%s%s%s", or_dash(chip), revision ? " " : "",
		 revision ? revision : "");
	return room;
}

static const char *slot_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	(void)room;
	return or_dash(select_text(row, "slot"));
}

static const char *bridge_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	const char *bridge = select_text(row, "bridge");
	const char *vid_pid = select_text(row, "bridge_vid_pid");

	snprintf(room, CELL_BYTES, "%s%s%s", or_dash(bridge), vid_pid ? " " : "",
		 vid_pid ? vid_pid : "");
	return room;
}

static const char *rate_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	(void)room;
	return or_dash(select_text(row, "rate_actual"));
}

static const char *seconds_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	int column = select_column("duration_s");

	if (sqlite3_column_type(row, column) == SQLITE_NULL)
		return "-";
	snprintf(room, CELL_BYTES, "%.1f", sqlite3_column_double(row, column));
	return room;
}

static const char *recipe_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	const char *name = select_text(row, "recipe");
	const char *revision = select_text(row, "recipe_revision");

	if (!name)
		return "-";
	snprintf(room, CELL_BYTES, "%s r%s", name, or_dash(revision));
	return room;
}

/* Last, because it may be long: it is not padded. */
static const char *detail_cell(sqlite3_stmt *row, char room[static CELL_BYTES])
{
	const char *detail = select_text(row, "detail");

	(void)room;
	return detail ? detail : "";
}

static const struct cell cells[] = {
	{ "START (UTC)", start_cell }, { "KIND", kind_cell },     { "OUTCOME", outcome_cell },
	{ "CODE", code_cell },         { "MAC", mac_cell },       { "CHIP", chip_cell },
	{ "SLOT", slot_cell },         { "BRIDGE", bridge_cell }, { "RATE", rate_cell },
	{ "SECONDS", seconds_cell },   { "RECIPE", recipe_cell }, { "WHY", detail_cell },
};
#define CELL_COUNT (sizeof(cells) / sizeof(cells[0]))

static void print_cell(FILE *out, size_t i, const char *text, const size_t widths[CELL_COUNT])
{
	size_t width = text_print(out, text, false);

	if (i + 1 == CELL_COUNT)
		return;
	for (size_t column = width; column < widths[i] + 2; column++)
		fputc(' ', out);
}

/* First pass: how wide each column has to be, and how many rows there are. */
static enum status measure(struct db *db, sqlite3_stmt *row, size_t widths[CELL_COUNT],
			   uint64_t *count, struct err *err)
{
	char room[CELL_BYTES];
	bool has_row;

	for (size_t i = 0; i < CELL_COUNT; i++)
		widths[i] = strlen(cells[i].title);
	for (;;) {
		TRY(select_next(db, row, &has_row, err));
		if (!has_row)
			return STATUS_OK;
		++*count;
		for (size_t i = 0; i + 1 < CELL_COUNT; i++) {
			size_t width = text_print(NULL, cells[i].text(row, room), false);

			if (width > widths[i])
				widths[i] = width;
		}
	}
}

static enum status print(struct db *db, sqlite3_stmt *row, const size_t widths[CELL_COUNT],
			 FILE *out, struct err *err)
{
	char room[CELL_BYTES];
	bool has_row;

	for (size_t i = 0; i < CELL_COUNT; i++)
		print_cell(out, i, cells[i].title, widths);
	fputc('\n', out);
	for (;;) {
		TRY(select_next(db, row, &has_row, err));
		if (!has_row)
			return STATUS_OK;
		for (size_t i = 0; i < CELL_COUNT; i++)
			print_cell(out, i, cells[i].text(row, room), widths);
		fputc('\n', out);
	}
}

enum status run_list(struct db *db, const struct run_filter *filter, FILE *out, uint64_t *count,
		     struct err *err)
{
	size_t widths[CELL_COUNT];
	sqlite3_stmt *row;
	enum status st;

	*count = 0;
	/* One transaction, so that both passes see the same runs. */
	TRY(sql_exec(db, "BEGIN", err));
	st = select_runs(db, filter, &row, err);
	if (!st)
		st = measure(db, row, widths, count, err);
	if (!st && *count) {
		sqlite3_reset(row);
		st = print(db, row, widths, out, err);
	}
	sqlite3_finalize(row);
	sqlite3_exec(db->sql, "COMMIT", NULL, NULL, NULL);
	if (!st && (fflush(out) || ferror(out)))
		st = err_set(err, STATUS_FILE, "the log cannot be written (%s)", strerror(errno));
	return st;
}
