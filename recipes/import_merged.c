/*
 * A merged image: boot loader, partition table and partitions in one file, FF between
 * them. Each of them becomes a piece; FF at the end of a piece is left out, and a partition
 * of nothing but FF altogether, so that a recipe of the pieces erases no more than it writes.
 */
#include "recipes/import.h"

#include "engine/image.h"
#include "recipes/firmware.h"
#include "recipes/partition.h"

#include <stdio.h>
#include <string.h>

struct merged {
	struct import *in;
	const char *stem;
	const uint8_t *data;
	size_t size;
	uint32_t base; /* where its first byte goes */
	struct partition_table table;
};

static uint32_t end_of(const struct merged *m)
{
	return m->base + (uint32_t)m->size;
}

/* Without the FF at its end. */
static size_t trimmed(const uint8_t *data, size_t size)
{
	while (size && data[size - 1] == 0xff)
		size--;
	return size;
}

/*
 * [addr, end) as a piece, as far as it lies in the file and holds anything. An image keeps
 * the FF that are its own.
 */
static enum status add_piece(struct merged *m, uint32_t addr, uint32_t end, const char *name,
			     const char *partition, struct err *err)
{
	const uint8_t *data;
	struct image_info info;
	struct import_part *part;
	size_t room, size;

	if (end > end_of(m))
		end = end_of(m);
	if (addr >= end)
		return STATUS_OK;
	data = m->data + (addr - m->base);
	room = end - addr;
	size = trimmed(data, room);
	if (!size)
		return STATUS_OK;
	if (!image_parse(data, room, &info, NULL) && info.total_bytes > size)
		size = info.total_bytes;
	part = import_add(m->in);
	if (!part)
		return err_set(err, STATUS_NO_MEMORY, "no memory for its pieces");
	part->addr = addr;
	part->data = data;
	part->size_bytes = size;
	snprintf(part->partition, sizeof(part->partition), "%s", partition);
	snprintf(part->file, sizeof(part->file), "%s-%s.bin", m->stem, name);
	for (char *c = part->file; *c; c++)
		if (*c == '/' || (unsigned char)*c <= ' ' || *c == 0x7f)
			*c = '-';
	return STATUS_OK;
}

/* What stands between the named places: pieces by address, from a sector's start on. */
static enum status add_gap(struct merged *m, uint32_t addr, uint32_t end, struct err *err)
{
	char name[20];

	if (end > end_of(m))
		end = end_of(m);
	while (addr < end && m->data[addr - m->base] == 0xff)
		addr++;
	if (addr >= end)
		return STATUS_OK;
	addr &= ~(FLASH_SECTOR_BYTES - 1);
	if (addr < m->base)
		addr = m->base;
	snprintf(name, sizeof(name), "0x%x", (unsigned)addr);
	return add_piece(m, addr, end, name, "", err);
}

/* Of the places that begin at or after addr the first; its end in *end. */
static uint32_t next_place(const struct merged *m, uint32_t addr, uint32_t *end, const char **name,
			   const char **partition)
{
	uint32_t first = UINT32_MAX;

	*partition = "";
	if (m->in->chip->boot_addr >= addr) {
		first = m->in->chip->boot_addr;
		*end = m->table.addr;
		*name = "bootloader";
	}
	if (m->table.addr >= addr && m->table.addr < first) {
		first = m->table.addr;
		*end = first + PARTITION_TABLE_BYTES;
		*name = "partitions";
	}
	for (size_t i = 0; i < m->table.count; i++) {
		const struct partition *p = &m->table.rows[i];

		/* A table of today may name its boot loader and itself. */
		if (p->type == PARTITION_BOOT || p->type == PARTITION_TABLE || p->addr < addr ||
		    p->addr >= first)
			continue;
		first = p->addr;
		*end = p->addr + p->size_bytes;
		*name = *partition = p->name;
	}
	return first;
}

static enum status split(struct merged *m, struct err *err)
{
	const char *name = "", *partition = "";
	uint32_t at = m->base, end = 0;

	while (at < end_of(m)) {
		uint32_t addr = next_place(m, at, &end, &name, &partition);

		TRY(add_gap(m, at, addr, err));
		if (addr >= end_of(m))
			break;
		TRY(add_piece(m, addr, end, name, partition, err));
		at = end;
	}
	return STATUS_OK;
}

/* ---- where its first byte goes ---- */

static bool is_table_at(struct merged *m, uint32_t base)
{
	size_t at = PARTITION_TABLE_ADDR - base;

	m->base = base;
	return at < m->size && partition_looks_like_table(m->data + at, m->size - at) &&
	       partition_parse(m->data + at, m->size - at, PARTITION_TABLE_ADDR, &m->table, NULL) ==
		       STATUS_OK;
}

/* The boot loader stands where that of its own chip has to. */
static bool is_boot_there(struct merged *m, const struct chip *wanted)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);
	struct image_info info;

	for (size_t i = 0; i < count; i++) {
		const struct chip *chip = &rows[i];

		if ((wanted && chip != wanted) || chip->boot_addr < m->base ||
		    chip->boot_addr - m->base >= m->size)
			continue;
		if (image_parse(m->data + (chip->boot_addr - m->base),
				m->size - (chip->boot_addr - m->base), &info, NULL) == STATUS_OK &&
		    info.chip_id == chip->id) {
			m->in->chip = chip;
			return true;
		}
	}
	return false;
}

static enum status place(struct merged *m, const struct chip *chip, struct err *err)
{
	/* From 0, or from the boot loader on: the addresses of chips. */
	static const uint32_t bases[] = { 0, 0x1000, 0x2000 };
	bool has_table = false;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (!is_table_at(m, bases[i]))
			continue;
		has_table = true;
		if (is_boot_there(m, chip))
			return STATUS_OK;
	}
	if (!has_table)
		return err_set(err, STATUS_RECIPE,
			       "no JSON, and no merged image either: there is no partition table "
			       "for 0x8000 in it, whether it begins at 0x0, 0x1000 or 0x2000");
	return err_set(err, STATUS_RECIPE,
		       "has a partition table, but no sound boot loader %s%s at its address",
		       chip ? "of " : "", chip ? chip->name : "of a known chip");
}

enum status import_merged(struct import *in, const char *stem, const uint8_t *data, size_t size,
			  const struct chip *chip, struct err *err)
{
	struct merged m = { .in = in, .stem = stem, .data = data, .size = size };

	in->what = "merged image";
	TRY(place(&m, chip, err));
	return split(&m, err);
}
