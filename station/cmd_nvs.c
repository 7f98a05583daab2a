/* The image of an NVS partition out of a CSV file. */
#include "station/command.h"

#include "db/out_file.h"
#include "recipes/nvs/nvs_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096

static void print_errors(struct diag_list *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		char text[1024];

		diag_text(&diags->items[i], text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	diag_list_release(diags);
}

/* NAME.bin here; not over a file that is there already. */
static enum status usual_output(const char *csv, char path[static PATH_BYTES], struct err *err)
{
	const char *slash = strrchr(csv, '/');
	const char *name = slash ? slash + 1 : csv;
	const char *dot = strrchr(name, '.');
	int length = dot && dot != name ? (int)(dot - name) : (int)strlen(name);

	if (snprintf(path, PATH_BYTES, "%.*s.bin", length, name) >= PATH_BYTES)
		return err_set(err, STATUS_FILE, "%s: the name is too long", csv);
	if (access(path, F_OK) == 0)
		return err_set(err, STATUS_FILE,
			       "%s: is there already: name it with --output to replace it", path);
	return STATUS_OK;
}

static enum status write_image(const char *path, const uint8_t *image, size_t size, struct err *err)
{
	struct out_file file;

	if (strcmp(path, "-") == 0) {
		fwrite(image, 1, size, stdout);
		return STATUS_OK;
	}
	TRY(out_file_open(&file, path, err));
	fwrite(image, 1, size, file.file);
	return out_file_close(&file, STATUS_OK, err);
}

/* A name that stands nowhere is a slip of the hand: its value would be missing in the unit. */
static enum status check_sets(const struct options *o, const struct nvs_csv *csv,
			      const struct nvs_values *values, struct err *err)
{
	for (size_t i = 0; i < values->count; i++)
		if (!nvs_csv_has_name(csv, values->items[i].name))
			return err_set(err, STATUS_USAGE, "--set %s: no value in %s has {%s}",
				       values->items[i].name, o->operands[0],
				       values->items[i].name);
	return STATUS_OK;
}

static enum status make_image(const struct options *o, const struct nvs_csv *csv,
			      const struct nvs_values *values, struct nvs_result *result,
			      struct err *err)
{
	enum nvs_version version = o->nvs_version == 1 ? NVS_VERSION_1 : NVS_VERSION_2;
	uint32_t size = (uint32_t)o->size_bytes;
	const char *output = o->output;
	char usual[PATH_BYTES];
	uint8_t *image;
	enum status st;

	TRY(check_sets(o, csv, values, err));
	if (!output) {
		TRY(usual_output(o->operands[0], usual, err));
		output = usual;
	}
	image = malloc(size);
	if (!image)
		return err_set(err, STATUS_NO_MEMORY, "no memory for 0x%x bytes", size);
	st = nvs_csv_image(csv, values, version, size, image, result, err);
	if (!st)
		st = write_image(output, image, size, err);
	free(image);
	if (st)
		return st;
	fprintf(strcmp(output, "-") == 0 ? stderr : stdout,
		"%s: 0x%x bytes, %zu keys in %zu namespaces, %zu of %u pages\n", output, size,
		nvs_csv_keys(csv), nvs_csv_namespaces(csv), result->pages,
		size / NVS_PAGE_BYTES - (size >= NVS_SIZE_MIN));
	if (size < NVS_SIZE_MIN)
		fprintf(stderr,
			"flashline: a partition of less than 0x%x bytes has to be marked readonly "
			"in "
			"the partition table\n",
			NVS_SIZE_MIN);
	return STATUS_OK;
}

enum exit_code cmd_nvs(const struct options *o)
{
	struct nvs_value items[SETS_MAX];
	const struct nvs_values values = { items, o->set_count };
	struct diag_list diags = { 0 };
	struct nvs_csv *csv = NULL;
	struct nvs_result result;
	struct err err = { 0 };
	enum status st;

	if (!o->size_bytes) {
		err_set(&err, STATUS_USAGE,
			"nvs: --size is missing: the partition's bytes, such as 0x6000");
		return complain(&err);
	}
	for (size_t i = 0; i < o->set_count; i++)
		items[i] = (struct nvs_value){ o->sets[i].name, o->sets[i].value };
	st = nvs_csv_read_file(o->operands[0], &csv, &diags, &err);
	if (!st)
		st = nvs_csv_check_names(csv, &values, &diags);
	if (diags.error_count) {
		print_errors(&diags);
		nvs_csv_free(csv);
		return st == STATUS_FILE ? EXIT_CODE_STATION : EXIT_CODE_USAGE;
	}
	if (!st)
		st = make_image(o, csv, &values, &result, &err);
	nvs_csv_free(csv);
	diag_list_release(&diags);
	return st ? complain(&err) : finish_stdout(EXIT_CODE_PASSED);
}
