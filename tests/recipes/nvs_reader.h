/*
 * A second reading of NVS partitions, written from docs/nvs.md and not from recipes/nvs/nvs.c:
 * what the chip's library would find, and every rule of the format that it relies on.
 */
#ifndef TESTS_RECIPES_NVS_READER_H
#define TESTS_RECIPES_NVS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct read_value {
	char namespace[16], key[16];
	uint8_t type;    /* as in flash; blobs of version 2 are 0x48 */
	uint64_t number; /* as many bytes as the type has */
	uint8_t *data;   /* of strings, with their zero, and blobs */
	size_t size;
};

struct read_image {
	struct read_value *values;
	size_t count;
	size_t namespaces;
	size_t pages;    /* that are not blank */
	char wrong[200]; /* "": all is sound */
};

void nvs_read(const uint8_t *image, size_t size, struct read_image *r);
void nvs_read_release(struct read_image *r);
/* NULL when there is none. */
const struct read_value *nvs_read_find(const struct read_image *r, const char *namespace,
				       const char *key);

#endif
