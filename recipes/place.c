#include "recipes/place.h"

#include "recipes/schema.h"

#include <stdio.h>
#include <string.h>

#define LOWEST_APP_ADDR 0x10000u

/* ---- the partition table ---- */

static void take_table(struct inspection *in, struct firmware *f, uint32_t addr)
{
	struct partition_table table;
	struct err err;
	size_t size = 0;
	const uint8_t *data = inspect_slice(f, addr, addr + PARTITION_TABLE_BYTES, &size);

	if (in->has_table || in->table_failed) {
		/* Two at one address overlap, which is said there. */
		if (addr == in->table.addr)
			return;
		diag_error(in->diags, f->recipe->file_at,
			   "%s: a second partition table, at 0x%x; the first stands at 0x%x",
			   f->recipe->file, addr, in->table.addr);
		return;
	}
	if (partition_parse(data, size, addr, &table, &err)) {
		in->table_failed = true;
		in->table.addr = addr;
		diag_error(in->diags, f->recipe->file_at, "%s: %s", f->recipe->file, err.text);
		return;
	}
	in->table = table;
	in->has_table = true;
	if (addr != PARTITION_TABLE_ADDR)
		diag_warning(in->diags, f->recipe->address_at,
			     "%s: a partition table at 0x%x; the usual place is 0x%x",
			     f->recipe->file, addr, PARTITION_TABLE_ADDR);
	if (table.end_addr > in->limit)
		diag_error(in->diags, f->recipe->file_at,
			   "%s: the partitions end at 0x%x, behind the end of the flash at 0x%x",
			   f->recipe->file, table.end_addr, in->limit);
}

/* A merged file whose table was moved: the first sector that holds a whole table. */
static uint32_t search_table(const struct firmware *f)
{
	struct partition_table table;
	struct err err;

	for (uint32_t addr = (f->addr + FLASH_SECTOR_BYTES - 1) & ~(FLASH_SECTOR_BYTES - 1);
	     addr < firmware_end(f); addr += FLASH_SECTOR_BYTES) {
		size_t size = 0;
		const uint8_t *data = inspect_slice(f, addr, addr + PARTITION_TABLE_BYTES, &size);

		if (partition_looks_like_table(data, size) &&
		    !partition_parse(data, size, addr, &table, &err) && table.has_md5)
			return addr;
	}
	return 0;
}

/* Below the applications it has to be a good one; elsewhere it may just look like one. */
static bool is_table(const struct firmware *f)
{
	struct partition_table table;
	struct err err;

	return partition_looks_like_table(f->data, f->size_bytes) &&
	       (f->addr < LOWEST_APP_ADDR ||
		!partition_parse(f->data, f->size_bytes, f->addr, &table, &err));
}

static void find_table_in(struct inspection *in, struct firmware *f)
{
	uint32_t usual = PARTITION_TABLE_ADDR, found = 0;
	const uint8_t *data;
	size_t size;

	if (is_table(f)) {
		f->kind = f->size_bytes > PARTITION_TABLE_BYTES ? FIRMWARE_MERGED : FIRMWARE_TABLE;
		take_table(in, f, f->addr);
		return;
	}
	data = inspect_slice(f, usual, usual + PARTITION_TABLE_BYTES, &size);
	if (data && f->addr <= usual && partition_looks_like_table(data, size))
		found = usual;
	else if (in->recipe->chip && inspect_slice(f, in->recipe->chip->boot_addr,
						   in->recipe->chip->boot_addr + 1, &size))
		found = search_table(f);
	if (!found)
		return;
	f->kind = FIRMWARE_MERGED;
	take_table(in, f, found);
}

/* ---- where images go ---- */

static void check_end(struct inspection *in, struct firmware *f)
{
	uint64_t end = (uint64_t)f->addr + f->size_bytes;

	f->is_placed = end <= in->limit;
	if (!f->is_placed)
		diag_error(in->diags, f->recipe->address_at,
			   "%s ends at 0x%llx, behind the end of the flash at 0x%x",
			   f->recipe->file, (unsigned long long)end, in->limit);
}

static void unknown_partition(struct inspection *in, const struct firmware *f)
{
	const char *names[PARTITION_MAX];
	const char *near;
	char all[400] = "";

	for (size_t i = 0; i < in->table.count; i++) {
		size_t used = strlen(all);

		names[i] = in->table.rows[i].name;
		snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", names[i]);
	}
	near = schema_nearest(f->recipe->partition, names, in->table.count);
	diag_error(in->diags, f->recipe->partition_at, "the partition table has no '%s': %s%s%s",
		   f->recipe->partition, near ? "did you mean '" : "it has ", near ? near : all,
		   near ? "'?" : "");
}

/* The table may be in a file that could not be read or placed, which was reported. */
static bool is_table_lost(const struct inspection *in)
{
	for (size_t i = 0; i < in->count; i++)
		if (!in->images[i].is_placed && !in->images[i].recipe->partition)
			return true;
	return in->table_failed;
}

static void place_by_partition(struct inspection *in, struct firmware *f)
{
	const struct partition *p;

	if (!in->has_table && is_table_lost(in))
		return;
	if (!in->has_table) {
		diag_error(in->diags, f->recipe->partition_at,
			   "'partition' is '%s', but no image here holds a partition table",
			   f->recipe->partition);
		return;
	}
	p = partition_named(&in->table, f->recipe->partition);
	if (!p) {
		unknown_partition(in, f);
		return;
	}
	f->addr = p->addr;
	/* Too large is reported where the partitions are checked. */
	f->is_placed = (uint64_t)p->addr + f->size_bytes <= FLASH_MAX_BYTES;
	if (!f->is_placed || p->addr + p->size_bytes > in->limit)
		check_end(in, f);
}

/* Each image against those above it in the recipe; one message is enough. */
static void check_overlaps(struct inspection *in)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct firmware *f = &in->images[i], *g = in->images;

		while (g < f &&
		       (!g->is_placed || f->addr >= firmware_end(g) || g->addr >= firmware_end(f)))
			g++;
		if (!f->is_placed || g == f)
			continue;
		diag_error(in->diags, f->recipe->at, "%s (0x%x to 0x%x) overlaps %s (0x%x to 0x%x)",
			   f->recipe->file, f->addr, firmware_end(f), g->recipe->file, g->addr,
			   firmware_end(g));
	}
}

void place_images(struct inspection *in)
{
	for (size_t i = 0; i < in->count; i++) {
		struct firmware *f = &in->images[i];

		if (!f->data || !f->recipe->has_address || f->recipe->partition)
			continue;
		f->addr = f->recipe->address;
		check_end(in, f);
		if (f->is_placed)
			find_table_in(in, f);
	}
	for (size_t i = 0; i < in->count; i++)
		if (in->images[i].data && in->images[i].recipe->partition)
			place_by_partition(in, &in->images[i]);
	check_overlaps(in);
}
