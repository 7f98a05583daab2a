#include "db/export/unit_text.h"

#include "db/select.h"
#include "db/text.h"
#include "engine/base/status.h"

#include <inttypes.h>
#include <string.h>

const char *unit_text_sentence(const char *code)
{
	enum status st;

	return status_find(code, &st) ? status_row(st)->sentence : NULL;
}

static void write_verdict(FILE *out, sqlite3_stmt *row)
{
	const char *code = select_known(row, "code");
	const char *sentence = unit_text_sentence(code);
	const char *advice = select_text(row, "advice");
	bool is_proven = strcmp(select_known(row, "proof"), "NONE") != 0;

	fprintf(out, "Flashline unit log\n\n%s", select_text(row, "outcome"));
	if (strcmp(select_text(row, "outcome"), "PASS"))
		fprintf(out, " %s (%s)", code, select_text(row, "party"));
	else
		fputs(is_proven ? ", proven by the chip's own MD5" : ", without proof", out);
	fputs("\n", out);
	if (advice && advice[0]) {
		text_print(out, advice, false);
		fputc('\n', out);
	} else if (sentence) {
		fprintf(out, "%s\n", sentence);
	}
	fputs("\n", out);
}

static void write_columns(FILE *out, sqlite3_stmt *row)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	for (int i = 0; i < (int)count; i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		fprintf(out, "%-16s ", columns[i].name);
		text_print(out, text ? text : "(unknown)", false);
		fputc('\n', out);
	}
}

/* Rows under a title, if there are any. */
struct part {
	FILE *out;
	const char *title;
	int count;
};

static FILE *under_title(struct part *part)
{
	if (!part->count++)
		fprintf(part->out, "\n%s\n", part->title);
	return part->out;
}

static void write_image(void *ctx, sqlite3_stmt *image)
{
	FILE *out = under_title(ctx);

	fprintf(out, "  0x%08" PRIx64 " %10" PRId64 " bytes  sha256 ",
		(uint64_t)sqlite3_column_int64(image, 0), (int64_t)sqlite3_column_int64(image, 1));
	text_print(out, (const char *)sqlite3_column_text(image, 2), false);
	fputs("  ", out);
	text_print(out, (const char *)sqlite3_column_text(image, 3), false);
	fputc('\n', out);
}

static void write_step(void *ctx, sqlite3_stmt *step)
{
	FILE *out = under_title(ctx);
	const char *code = (const char *)sqlite3_column_text(step, 4);

	fprintf(out, "  %3d  %-10s %9.3f %9.3f  %-22s ", sqlite3_column_int(step, 0),
		(const char *)sqlite3_column_text(step, 1), sqlite3_column_double(step, 2) / 1e6,
		sqlite3_column_double(step, 3) / 1e6, code ? code : "");
	text_print(out, (const char *)sqlite3_column_text(step, 5), false);
	fputc('\n', out);
}

/* "  data_rate  182.5 KB/s  from 150  PASS" */
static void write_measurement(void *ctx, sqlite3_stmt *row)
{
	static const char *const before[] = { "  ", "  ", "  ", " ", "  from ", "  to ", "  " };
	FILE *out = under_title(ctx);

	for (int i = 1; i <= 7; i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		if (!text)
			continue;
		fputs(before[i - 1], out);
		text_print(out, text, false);
	}
	fputc('\n', out);
}

/* "  2026-11-22T12:31:41.007Z  SN00042  COMMITTED  RANGE" */
static void write_words(void *ctx, sqlite3_stmt *row)
{
	FILE *out = under_title(ctx);

	for (int i = 0; i < 5; i++) {
		const char *text = (const char *)sqlite3_column_text(row, i);

		if (!text)
			continue;
		fputs("  ", out);
		text_print(out, text, false);
	}
	fputc('\n', out);
}

static void write_log(void *ctx, sqlite3_stmt *log)
{
	text_print(under_title(ctx), (const char *)sqlite3_column_text(log, 0), true);
}

enum status unit_text_course(struct db *db, FILE *out, const char *run_id,
			     const struct run_parts *parts, struct err *err)
{
	struct part steps = { .out = out,
			      .title = "steps\n  try  step         start s    took s  "
				       "result                 note" };
	struct part measurements = { .out = out, .title = "measurements" };
	struct part serials = { .out = out, .title = "serial number" };
	struct part labels = { .out = out, .title = "labels" };
	struct part console = { .out = out, .title = "console of the boot check" };
	struct part log = { .out = out, .title = "log (seconds since the start)" };

	TRY(run_part_each(db, parts->steps, run_id, write_step, &steps, err));
	TRY(run_part_each(db, parts->measurements, run_id, write_measurement, &measurements, err));
	TRY(run_part_each(db, parts->serials, run_id, write_words, &serials, err));
	TRY(run_part_each(db, parts->labels, run_id, write_words, &labels, err));
	TRY(run_part_each(db, parts->console, run_id, write_log, &console, err));
	return run_part_each(db, parts->log, run_id, write_log, &log, err);
}

enum status unit_text(struct db *db, FILE *out, sqlite3_stmt *row, const struct run_parts *parts,
		      struct err *err)
{
	struct part images = { .out = out, .title = "images of the recipe" };
	struct part own_images = { .out = out, .title = "images of this unit alone" };
	const char *run_id = select_text(row, "run_id");

	write_verdict(out, row);
	write_columns(out, row);
	TRY(run_part_each(db, parts->images, run_id, write_image, &images, err));
	TRY(run_part_each(db, parts->own_images, run_id, write_image, &own_images, err));
	return unit_text_course(db, out, run_id, parts, err);
}
