/*
 * Espressif partition tables as they stand in flash.
 *
 * 32 bytes a row: magic 0x50AA, type, subtype, address, size, name of 16 bytes,
 * flags; then a row EB EB with the MD5 of the rows above it (older tools leave it
 * out), then FF. Pure. Source: docs/recipes.md, partition tables.
 */
#ifndef RECIPES_PARTITION_H
#define RECIPES_PARTITION_H

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARTITION_TABLE_ADDR 0x8000u  /* unless the boot loader was built otherwise */
#define PARTITION_TABLE_BYTES 0x1000u /* the sector that is its own */
#define PARTITION_MAX 95
#define PARTITION_NAME_BYTES 17
#define PARTITION_ENCRYPTED 1u /* flag: encrypted where the chip's flash is */
#define PARTITION_READONLY 2u  /* flag */
/* Subtypes of PARTITION_DATA. */
#define PARTITION_NVS 0x02
#define PARTITION_NVS_KEYS 0x04

enum partition_type {
	PARTITION_APP = 0,
	PARTITION_DATA = 1,
	PARTITION_BOOT = 2,
	PARTITION_TABLE = 3
};

struct partition {
	char name[PARTITION_NAME_BYTES];
	uint8_t type, subtype;
	uint32_t addr, size_bytes;
	uint32_t flags; /* PARTITION_ENCRYPTED */
};

struct partition_table {
	uint32_t addr; /* where the table itself stands */
	struct partition rows[PARTITION_MAX];
	size_t count;
	uint32_t end_addr; /* of the last partition */
	bool has_md5;
};

/* Do these bytes begin like a table? */
bool partition_looks_like_table(const uint8_t *data, size_t size);

/*
 * Parse and check a table that will stand at addr: MD5 row, alignment (64 KB for
 * applications, a sector for data), names, overlaps, nothing on top of the table.
 * STATUS_RECIPE with the row and what is wrong with it.
 */
enum status partition_parse(const uint8_t *data, size_t size, uint32_t addr,
			    struct partition_table *table, struct err *err);

/* NULL when there is none. */
const struct partition *partition_named(const struct partition_table *table, const char *name);
const struct partition *partition_at(const struct partition_table *table, uint32_t addr);

#endif
