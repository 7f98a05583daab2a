/* Any bytes as something to import; pieces lie inside the source, files have names. */
#include "recipes/import.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct import *in, const uint8_t *data, size_t size)
{
	char *recipe;

	for (size_t i = 0; i < in->part_count; i++) {
		const struct import_part *part = &in->parts[i];

		if (part->data &&
		    (part->data < data || part->data + part->size_bytes > data + size))
			__builtin_trap();
		if (!part->file[0])
			__builtin_trap();
	}
	recipe = import_recipe(in, NULL, "folder/");
	free(recipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum status (*const kinds[])(struct import *, const uint8_t *, size_t, const struct chip *,
				     struct err *) = { import_idf, import_manifest };
	uint8_t *copy = malloc(size + 1);
	struct err err;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	for (size_t i = 0; i < 3; i++) {
		struct import *in = calloc(1, sizeof(*in));
		enum status st;

		if (!in)
			break;
		st = i < 2 ? kinds[i](in, copy, size, NULL, &err)
			   : import_merged(in, "stem", copy, size, NULL, &err);
		if (!st)
			check(in, copy, size);
		import_free(in);
	}
	free(copy);
	return 0;
}
