/* A recipe out of what other tools made. */
#define _XOPEN_SOURCE 700 /* realpath */
#include "station/cmd_session.h"

#include "db/out_file.h"
#include "recipes/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

/* What stands before the name in path, with the slash; "" when there is nothing. */
static void folder_of(const char *path, char folder[static PATH_BYTES])
{
	const char *slash = strrchr(path, '/');

	snprintf(folder, PATH_BYTES, "%.*s", slash ? (int)(slash - path) + 1 : 0, path);
}

/*
 * What to put before the source's file names, so that they are found from the recipe: nothing
 * beside it, the source's folder as typed from here, else the whole path.
 */
static enum status find_prefix(const char *source, const char *output,
			       char prefix[static PATH_BYTES], struct err *err)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	char *source_folder, *output_folder;
	enum status st = STATUS_OK;

	folder_of(source, from);
	folder_of(output, to);
	source_folder = realpath(from[0] ? from : ".", NULL);
	output_folder = realpath(to[0] ? to : ".", NULL);
	if (!output_folder)
		st = err_set(err, STATUS_FILE, "%s: there is no such folder: make it first", to);
	else if (!source_folder)
		st = err_set(err, STATUS_FILE, "%s: there is no such folder", from);
	else if (strcmp(source_folder, output_folder) == 0)
		prefix[0] = '\0';
	else if (!to[0])
		snprintf(prefix, PATH_BYTES, "%s", from);
	else
		snprintf(prefix, PATH_BYTES, "%s/", source_folder);
	free(source_folder);
	free(output_folder);
	return st;
}

static enum status refuse_existing(const char *path, struct err *err)
{
	if (access(path, F_OK) != 0)
		return STATUS_OK;
	return err_set(
		err, STATUS_FILE,
		"%s: is there already, and nothing is overwritten: remove it, or name another "
		"file with --output",
		path);
}

static enum status write_file(const char *path, const void *data, size_t size, struct err *err)
{
	struct out_file file;

	TRY(out_file_open(&file, path, err));
	fwrite(data, 1, size, file.file);
	return out_file_close(&file, STATUS_OK, err);
}

/* Pieces of a merged image go beside the recipe. */
static enum status piece_path(const char *output, const struct import_part *part,
			      char path[static PATH_BYTES], struct err *err)
{
	char folder[PATH_BYTES];

	folder_of(output, folder);
	if (snprintf(path, PATH_BYTES, "%s%s", folder, part->file) >= PATH_BYTES)
		return err_set(err, STATUS_FILE, "%s: the path is too long", output);
	return STATUS_OK;
}

/* All names are looked at before the first file is written. */
static enum status write_all(const struct import *in, const char *output, const char *recipe,
			     struct err *err)
{
	char path[PATH_BYTES];

	TRY(refuse_existing(output, err));
	for (int is_writing = 0; is_writing < 2; is_writing++) {
		for (size_t i = 0; i < in->part_count; i++) {
			const struct import_part *part = &in->parts[i];

			if (!part->data)
				continue;
			TRY(piece_path(output, part, path, err));
			if (is_writing)
				TRY(write_file(path, part->data, part->size_bytes, err));
			else
				TRY(refuse_existing(path, err));
		}
	}
	return write_file(output, recipe, strlen(recipe), err);
}

static enum status import_to(const struct import *in, const struct options *o, const char *output,
			     struct err *err)
{
	char prefix[PATH_BYTES];
	enum status st;
	char *recipe;

	TRY(find_prefix(o->operands[0], output, prefix, err));
	recipe = import_recipe(in, o->product, prefix);
	if (!recipe)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the recipe");
	st = write_all(in, output, recipe, err);
	free(recipe);
	return st;
}

/* The recipe is read back as any other: what is wrong with the files shows here, not on the line.
 */
static enum exit_code check(const struct options *o, const char *output)
{
	struct options again = { .operands = { output },
				 .operand_count = 1,
				 .products = o->products };
	enum exit_code code = EXIT_CODE_PASSED;
	struct plan *plan = read_recipe(&again, &code);

	if (!plan)
		fprintf(stderr,
			"flashline: %s was written, but is no good recipe as it stands: see "
			"above\n",
			output);
	plan_free(plan);
	return plan ? EXIT_CODE_PASSED : code;
}

enum exit_code cmd_import(const struct options *o)
{
	const struct chip *chip = o->chip ? chip_by_key(o->chip) : NULL;
	char usual[128];
	const char *output = o->output;
	struct import *in = NULL;
	struct err err;
	enum status st;

	st = import_read(o->operands[0], chip, &in, &err);
	if (!st && !output) {
		snprintf(usual, sizeof(usual), "%s.yaml", in->name);
		for (char *c = usual; *c; c++)
			if (*c == '/' || *c == ' ')
				*c = '-';
		output = usual;
	}
	if (!st)
		st = import_to(in, o, output, &err);
	if (st) {
		import_free(in);
		return complain(&err);
	}
	printf("%s: %zu images for %s, from a %s\n", output, in->part_count, in->chip->name,
	       in->what);
	import_free(in);
	return finish_stdout(check(o, output));
}
