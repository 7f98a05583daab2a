/*
 * {NAME} in a text, and what takes its place. {{NAME}} stands for {NAME} as it is; any other
 * brace for itself, so that JSON needs nothing. Pure. Between the files of nvs_csv.
 */
#ifndef RECIPES_NVS_NAMES_H
#define RECIPES_NVS_NAMES_H

#include "recipes/nvs/nvs_csv.h"

struct nvs_piece {
	bool is_name;
	const char *text; /* of a name: without its braces */
	size_t size;
};

/* The next piece of a text, *at goes behind it; false at its end. */
bool nvs_next_piece(const char **at, struct nvs_piece *piece);

/* The first name that is not among the values; false when there is none. values NULL: none
 * of any name is known. */
bool nvs_unknown_name(const char *text, const struct nvs_values *values, struct nvs_piece *piece);

/*
 * *out: the text with its values, for free(), a zero byte behind its size bytes. is_file: values
 * become parts of a file name, and must not lead elsewhere. All names have to be
 * known. STATUS_RECIPE with the name, STATUS_NO_MEMORY.
 */
enum status nvs_fill_in(const char *text, const struct nvs_values *values, bool is_file,
			uint8_t **out, size_t *size, struct err *err);

#endif
