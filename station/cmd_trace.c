/* trace: a unit backward; a firmware, a slot, a bridge, a batch or a recipe forward. */
#include "station/cmd_decide.h"
#include "station/help.h"
#include "station/trace/trace_view.h"

#include "db/query.h"
#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PRINT_BYTES 65536 /* so much is put together before it goes out */
#define NAMES_SHOWN 8
#define NAME_SHOWN_BYTES 200 /* of a name that nothing has */

/* What the command line asks, and what came of it. */
struct asked {
	const struct options *o;
	const char *what, *name;
	struct trace_window window;
	struct db *db;
	struct textbuf out;
	const char *place_name; /* as it was found */
	struct long_table runs;
	bool is_found;
};

static void print(struct asked *a)
{
	fputs(textbuf_string(&a->out), stdout);
	textbuf_clear(&a->out);
}

/* Nothing of that name: no error of the command line, but nothing to show either. */
static void tell_unknown(struct asked *a, const char *const *near, size_t near_count)
{
	struct textbuf text = { 0 };

	textbuf_add(&text, "no %s '%.*s' is recorded", a->what, NAME_SHOWN_BYTES, a->name);
	for (size_t i = 0; i < near_count; i++)
		textbuf_add(&text, "%s%s", i ? ", " : ": there is ", near[i]);
	remark("%s", textbuf_string(&text));
	textbuf_release(&text);
}

/* ---- units ---- */

static enum status trace_one(struct asked *a, const struct trace_subjects *found, size_t i,
			     struct err *err)
{
	struct trace_unit unit;
	enum status st = trace_unit(a->db, &found->items[i], &a->window, &unit, err);

	if (!st && a->o->json)
		trace_json_unit(&unit, a->name, found->items[i].found_by, &a->window, &a->out);
	if (!st && !a->o->json) {
		if (i)
			textbuf_add(&a->out, "\n");
		trace_text_unit(&unit, &a->window, &a->out);
	}
	trace_unit_release(&unit);
	print(a);
	return st;
}

static enum status trace_units(struct asked *a, struct err *err)
{
	struct trace_subjects found;
	enum status st = trace_find_unit(a->db, a->name, &found, err);

	a->is_found = found.count > 0;
	if (!st && !found.count)
		tell_unknown(a, found.near, found.near_count);
	if (found.count > 1 && !a->o->json)
		textbuf_add(&a->out, "%zu units are known by this number\n\n", found.count);
	for (size_t i = 0; !st && i < found.count; i++)
		st = trace_one(a, &found, i, err);
	trace_subjects_release(&found);
	return st;
}

/* ---- firmware ---- */

static enum status file_digest(const char *path, char text[static SHA256_TEXT_BYTES],
			       struct err *err)
{
	FILE *file = fopen(path, "rb");
	struct digest *d = file ? digest_new() : NULL;
	uint8_t sha256[SHA256_BYTES], piece[16384];
	size_t size;

	if (!d) {
		if (file)
			fclose(file);
		return err_set(err, STATUS_FILE, "%s: cannot be read (%s)", path, strerror(errno));
	}
	while ((size = fread(piece, 1, sizeof(piece), file)) > 0)
		digest_add(d, piece, size);
	digest_finish(d, sha256);
	bool has_failed = ferror(file) != 0;
	fclose(file);
	if (has_failed)
		return err_set(err, STATUS_FILE, "%s: cannot be read to its end", path);
	hex_text(sha256, SHA256_BYTES, text);
	return STATUS_OK;
}

static bool is_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static void list_targets(const struct trace_targets *targets, const char *title)
{
	fprintf(stderr, "flashline: %s:\n", title);
	for (size_t i = 0; i < targets->count; i++) {
		const struct trace_target *t = &targets->items[i];
		struct textbuf line = { 0 };

		textbuf_add(&line, "  %s %s %s%s%s", t->digest, t->is_recipe ? "recipe" : "image",
			    t->name ? t->name : "-", t->version ? ", version " : "",
			    t->version ? t->version : "");
		if (line.bytes)
			text_clean(line.bytes);
		fprintf(stderr, "%s\n", textbuf_string(&line));
		textbuf_release(&line);
	}
}

static enum status tell_unknown_firmware(struct asked *a, const char *digest, struct err *err)
{
	const char *slash = strrchr(a->name, '/');
	struct trace_targets same;

	if (!digest) {
		tell_unknown(a, NULL, 0);
		return STATUS_OK;
	}
	remark("no run with this file is recorded: %.*s, sha256 %s", NAME_SHOWN_BYTES, a->name,
	       digest);
	enum status st = trace_find_file(a->db, slash ? slash + 1 : a->name, &same, err);
	if (!st && same.count)
		list_targets(&same, "other files of that name are");
	trace_targets_release(&same);
	return st;
}

static enum status trace_target(struct asked *a, const struct trace_targets *found, struct err *err)
{
	struct trace_firmware firmware;

	if (found->count > 1) {
		list_targets(found, "more digits are needed: these begin so");
		return err_set(err, STATUS_USAGE, "trace firmware %s: %zu digests begin so",
			       a->name, found->count);
	}
	enum status st = trace_firmware(a->db, &found->items[0], &a->window, &firmware, err);
	if (!st && a->o->json)
		trace_json_firmware(&found->items[0], &firmware, a->name, &a->window, &a->out);
	if (!st && !a->o->json)
		trace_text_firmware(&found->items[0], &firmware, &a->window, &a->out);
	trace_firmware_release(&firmware);
	print(a);
	return st;
}

static enum status trace_firmwares(struct asked *a, struct err *err)
{
	char digest[SHA256_TEXT_BYTES] = "";
	struct trace_targets found;
	enum status st = trace_find_firmware(a->db, a->name, &found, err);

	if ((st == STATUS_USAGE || (!st && !found.count)) && is_file(a->name)) {
		trace_targets_release(&found);
		TRY(file_digest(a->name, digest, err));
		st = trace_find_firmware(a->db, digest, &found, err);
	} else if (st == STATUS_USAGE) {
		st = err_set(err, STATUS_USAGE,
			     "trace firmware %s: no such file, and no digest: expected at least %d "
			     "hex digits of an image's SHA-256 or of a recipe's digest",
			     a->name, TRACE_DIGITS_MIN);
	}
	a->is_found = found.count > 0;
	if (!st)
		st = found.count ? trace_target(a, &found, err)
				 : tell_unknown_firmware(a, digest[0] ? digest : NULL, err);
	trace_targets_release(&found);
	return st;
}

/* ---- slots, bridges, batches, recipes ---- */

static enum status show_summary(void *ctx, const struct trace_summary *summary, struct err *err)
{
	struct asked *a = ctx;

	(void)err;
	if (a->o->json) {
		trace_json_summary(a->what, a->place_name, a->name, summary, &a->window, &a->out);
	} else {
		trace_text_summary(a->what, a->place_name, summary, &a->window, &a->out);
		trace_text_runs_begin(&a->runs, &a->out);
	}
	return STATUS_OK;
}

static enum status show_run(void *ctx, const struct trace_run *run, struct err *err)
{
	struct asked *a = ctx;

	if (a->o->json)
		trace_json_run(run, &a->out);
	else
		trace_text_run(&a->runs, run);
	if (a->out.has_failed)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the trace");
	if (a->out.len > PRINT_BYTES)
		print(a);
	return STATUS_OK;
}

static enum status show_runs(struct asked *a, const struct trace_places *found, struct err *err)
{
	const struct trace_reader reader = { .ctx = a, .summary = show_summary, .run = show_run };

	/* Of a recipe's name: what was asked, since it has several digests. */
	a->place_name =
		found->count > 1 || strcmp(a->what, "recipe") == 0 ? a->name : found->items[0].name;
	enum status st = trace_runs(a->db, found->items, found->count, &a->window, &reader, err);
	if (a->runs.out)
		long_table_end(&a->runs);
	print(a);
	return st;
}

static enum status tell_candidates(const struct asked *a, const struct trace_places *found,
				   struct err *err)
{
	struct textbuf names = { 0 };

	for (size_t i = 0; i < found->count && i < NAMES_SHOWN; i++)
		textbuf_add(&names, "%s%s", i ? ", " : "", found->items[i].name);
	if (names.bytes)
		text_clean(names.bytes);
	enum status st = err_set(err, STATUS_USAGE, "trace %s %s: may mean %zu: %s%s", a->what,
				 a->name, found->count, textbuf_string(&names),
				 found->count > NAMES_SHOWN ? " and others" : "");
	textbuf_release(&names);
	return st;
}

static void tell_near(struct asked *a, const struct trace_places *found)
{
	const char *nearest = nearest_word(a->name, found->near, found->near_count);

	if (nearest)
		tell_unknown(a, &nearest, 1);
	else
		tell_unknown(a, found->near,
			     found->near_count < NAMES_SHOWN ? found->near_count : NAMES_SHOWN);
}

/* A recipe by its file: a name or a digest goes first. */
static enum status find_recipe(struct asked *a, struct trace_places *found, struct err *err)
{
	char digest[SHA256_TEXT_BYTES];

	TRY(trace_find_recipe(a->db, a->name, found, err));
	if (found->count || !is_file(a->name))
		return STATUS_OK;
	trace_places_release(found);
	TRY(named_recipe(a->o, a->name, false, a->db, digest, err));
	return trace_find_recipe(a->db, digest, found, err);
}

static enum status trace_place(struct asked *a, struct err *err)
{
	struct trace_places found = { 0 };
	enum status st;

	if (strcmp(a->what, "slot") == 0)
		st = trace_find_slot(a->db, a->name, &found, err);
	else if (strcmp(a->what, "bridge") == 0)
		st = trace_find_bridge(a->db, a->name, &found, err);
	else if (strcmp(a->what, "batch") == 0)
		st = trace_find_batch(a->db, a->name, &found, err);
	else
		st = find_recipe(a, &found, err);
	a->is_found = found.count > 0;
	if (!st && found.is_ambiguous)
		st = tell_candidates(a, &found, err);
	else if (!st && found.count)
		st = show_runs(a, &found, err);
	else if (!st)
		tell_near(a, &found);
	trace_places_release(&found);
	return st;
}

/* ---- the command ---- */

static const struct kind {
	const char *name;
	enum status (*trace)(struct asked *a, struct err *err);
} kinds[] = {
	{ "unit", trace_units },   { "firmware", trace_firmwares }, { "slot", trace_place },
	{ "bridge", trace_place }, { "batch", trace_place },        { "recipe", trace_place },
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static enum status find_kind(const char *what, const struct kind **kind, struct err *err)
{
	const char *words[KIND_COUNT], *nearest;

	for (size_t i = 0; i < KIND_COUNT; i++) {
		words[i] = kinds[i].name;
		*kind = &kinds[i];
		if (strcmp(what, kinds[i].name) == 0)
			return STATUS_OK;
	}
	nearest = nearest_word(what, words, KIND_COUNT);
	return err_set(err, STATUS_USAGE,
		       "trace %s: %s%s%sexpected unit, firmware, slot, bridge, batch or recipe, "
		       "and its name",
		       what, nearest ? "did you mean '" : "", nearest ? nearest : "",
		       nearest ? "'? " : "");
}

static enum status make_window(const struct options *o, struct trace_window *window,
			       struct err *err)
{
	*window = (struct trace_window){
		.has_since = o->since != NULL,
		.has_until = o->until != NULL,
		.last = o->last,
	};
	if (o->since)
		TRY(filter_time(o->since, &window->since_utc_ms, err));
	if (o->until)
		TRY(filter_time(o->until, &window->until_utc_ms, err));
	return STATUS_OK;
}

enum exit_code cmd_trace(const struct options *options)
{
	struct asked a = {
		.o = options,
		.what = options->operands[0],
		.name = options->operands[1],
	};
	const struct kind *kind;
	struct err err;
	enum status st;

	err.text[0] = '\0';
	st = find_kind(a.what, &kind, &err);
	if (!st)
		st = make_window(options, &a.window, &err);
	if (!st)
		st = open_for_reading(options, &a.db, &err);
	if (!st)
		st = kind->trace(&a, &err);
	db_close(a.db);
	if (!st && a.out.has_failed)
		st = err_set(&err, STATUS_NO_MEMORY, "no memory for the trace");
	textbuf_release(&a.out);
	/* Without a text, it has been told already. */
	if (st)
		return err.text[0] ? complain(&err) : EXIT_CODE_USAGE;
	return finish_stdout(a.is_found ? EXIT_CODE_PASSED : EXIT_CODE_UNITS);
}
