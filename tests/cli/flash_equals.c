/*
 * Does a flash memory hold exactly what a recipe says, and nothing else changed?
 *
 *   flash_equals BEFORE AFTER ADDRESS:FILE...
 *
 * Every FILE must stand at its ADDRESS in AFTER. In the 4 KB sectors that the
 * files touch, the bytes beside them must be FF (erased). Everything else must
 * be as it was in BEFORE. '-' for BEFORE is a blank memory; behind the end of one
 * of the two (m5sim run --trim) is FF. Ends 1 and names the
 * first address that is wrong. Written apart from Flashline on purpose.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 4096 };

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;

	if (!f) {
		perror(path);
		exit(2);
	}
	fseek(f, 0, SEEK_END);
	*size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*size + 1);
	if (!bytes || fread(bytes, 1, *size, f) != *size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(2);
	}
	fclose(f);
	return bytes;
}

/* Lay one ADDRESS:FILE over the memory that is wanted. */
static void lay(const char *spec, uint8_t *wanted, bool *is_file, size_t size)
{
	char *rest;
	unsigned long addr = strtoul(spec, &rest, 0);
	size_t file_size;
	uint8_t *file;

	if (*rest != ':') {
		fprintf(stderr, "%s: expected ADDRESS:FILE\n", spec);
		exit(2);
	}
	file = read_file(rest + 1, &file_size);
	if (addr + file_size > size) {
		printf("%s ends at 0x%zx, the memory at 0x%zx\n", spec, addr + file_size, size);
		exit(1);
	}
	for (size_t s = addr / SECTOR * SECTOR; s < addr + file_size; s += SECTOR)
		for (size_t i = s; i < s + SECTOR; i++)
			if (!is_file[i])
				wanted[i] = 0xFF;
	memcpy(wanted + addr, file, file_size);
	memset(is_file + addr, true, file_size);
	free(file);
}

/* The memory goes on behind the end of a file: FF. */
static uint8_t *extend(uint8_t *bytes, size_t size, size_t to)
{
	uint8_t *longer = realloc(bytes, to + 1);

	if (!longer) {
		perror("memory");
		exit(2);
	}
	memset(longer + size, 0xFF, to - size);
	return longer;
}

int main(int argc, char **argv)
{
	size_t size, after_size, before_size = 0;
	uint8_t *after, *wanted;
	bool *is_file;

	if (argc < 3) {
		fprintf(stderr, "usage: flash_equals BEFORE|- AFTER ADDRESS:FILE...\n");
		return 2;
	}
	after = read_file(argv[2], &after_size);
	if (strcmp(argv[1], "-") == 0)
		wanted = malloc(1);
	else
		wanted = read_file(argv[1], &before_size);
	size = before_size > after_size ? before_size : after_size;
	size = (size + SECTOR - 1) / SECTOR * SECTOR;
	after = extend(after, after_size, size);
	wanted = extend(wanted, before_size, size);
	is_file = calloc(size + 1, sizeof(*is_file));
	if (!is_file) {
		perror("memory");
		exit(2);
	}
	for (int i = 3; i < argc; i++)
		lay(argv[i], wanted, is_file, size);
	for (size_t i = 0; i < size; i++) {
		if (after[i] != wanted[i]) {
			printf("%s: 0x%zx holds %02x, expected %02x (%s)\n", argv[2], i, after[i],
			       wanted[i], is_file[i] ? "a file's byte" : "beside the files");
			exit(1);
		}
	}
	free(after);
	free(wanted);
	free(is_file);
	return 0;
}
