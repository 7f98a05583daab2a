/*
 * A folder of its own for each test program: firmware for each chip, made
 * by make_firmware, damaged copies of it, and recipes that a test writes.
 */
#ifndef TESTS_RECIPES_WORLD_H
#define TESTS_RECIPES_WORLD_H

#include "recipes/plan.h"

#include <stddef.h>
#include <stdint.h>

struct world {
	char folder[64];
	struct plan *plan; /* of the last world_load */
	struct diag_list diags;
	struct err err;
};

/* Folders esp32, esp32s2 .. esp32p4 (from revision 3.0) and esp32p4-rev1 (before) with 32 KB
 * applications for 4 MB of flash (ESP32-H2: 2 MB);
 * damaged-*.bin, small-table.bin and small-merged.bin (app0 of 16 KB), data.bin of 8 KB, hello.bin
 * of 5 bytes, empty.bin. */
void world_make(struct world *w);
void world_remove(struct world *w);

/* Write and read files of the folder; read data is the caller's. */
void world_write(const struct world *w, const char *name, const void *data, size_t size);
uint8_t *world_read(const struct world *w, const char *name, size_t *size);

/* Load a recipe, from a text or from a file of the folder; what the last load left is freed. */
enum status world_load(struct world *w, const char *yaml);
enum status world_load_file(struct world *w, const char *name);
void world_forget(struct world *w);

/* All messages of the last load, one a line, without the folder. Static. */
const char *world_messages(const struct world *w);

/* What the plan leaves in a flash of size_bytes that was all 00 before; free() it. */
uint8_t *world_flash(const struct flash_variant *v, size_t size_bytes);

#endif
