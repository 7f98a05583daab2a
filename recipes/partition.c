#include "recipes/partition.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/chip.h"

#include <string.h>

#define ROW_BYTES 32u
#define ROW_MAGIC 0x50AA
#define MD5_MAGIC 0xEBEB
#define APP_ALIGN 0x10000u

bool partition_looks_like_table(const uint8_t *data, size_t size)
{
	return size >= ROW_BYTES && get_le16(data) == ROW_MAGIC;
}

static bool is_blank(const uint8_t *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != 0xff)
			return false;
	return true;
}

/* Rows up to the MD5 row, the blank row or the end of the data. */
static enum status read_rows(const uint8_t *data, size_t size, struct partition_table *table,
			     struct err *err)
{
	for (size_t at = 0; at + ROW_BYTES <= size && at < PARTITION_TABLE_BYTES; at += ROW_BYTES) {
		const uint8_t *row = data + at;
		struct partition *p = &table->rows[table->count];
		uint8_t md5[MD5_BYTES];

		if (is_blank(row, ROW_BYTES))
			return STATUS_OK;
		if (get_le16(row) == MD5_MAGIC) {
			digest_md5(data, at, md5);
			if (memcmp(md5, row + 16, MD5_BYTES) != 0)
				return err_set(err, STATUS_RECIPE,
					       "the partition table's MD5 row does not match its "
					       "rows: the file is damaged");
			table->has_md5 = true;
			return STATUS_OK;
		}
		if (get_le16(row) != ROW_MAGIC)
			return err_set(err, STATUS_RECIPE,
				       "partition table row %zu begins with %02x %02x: "
				       "expected aa 50",
				       at / ROW_BYTES + 1, row[0], row[1]);
		if (table->count == PARTITION_MAX)
			return err_set(err, STATUS_RECIPE,
				       "the partition table has more than %d rows", PARTITION_MAX);
		p->type = row[2];
		p->subtype = row[3];
		p->addr = get_le32(row + 4);
		p->size_bytes = get_le32(row + 8);
		memcpy(p->name, row + 12, 16);
		p->name[16] = '\0';
		p->flags = get_le32(row + 28);
		table->count++;
	}
	return STATUS_OK;
}

static enum status check_name(const struct partition_table *table, const struct partition *p,
			      struct err *err)
{
	unsigned row = (unsigned)(p - table->rows) + 1;

	if (!p->name[0])
		return err_set(err, STATUS_RECIPE, "partition table row %u has no name", row);
	for (const char *c = p->name; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			return err_set(err, STATUS_RECIPE,
				       "partition table row %u: the name holds byte 0x%02x", row,
				       (unsigned char)*c);
	for (const struct partition *q = table->rows; q < p; q++)
		if (strcmp(p->name, q->name) == 0)
			return err_set(err, STATUS_RECIPE,
				       "the partition table has two partitions named '%s'",
				       p->name);
	return STATUS_OK;
}

static enum status check_range(const struct partition_table *table, const struct partition *p,
			       struct err *err)
{
	uint32_t align = p->type == PARTITION_APP ? APP_ALIGN : FLASH_SECTOR_BYTES;
	uint64_t end = (uint64_t)p->addr + p->size_bytes;

	if (p->addr % align)
		return err_set(err, STATUS_RECIPE,
			       "partition '%s' begins at 0x%x: expected a multiple of 0x%x",
			       p->name, p->addr, align);
	if (!p->size_bytes || p->size_bytes % FLASH_SECTOR_BYTES || end > UINT32_MAX)
		return err_set(err, STATUS_RECIPE,
			       "partition '%s' has 0x%x bytes: expected a multiple of 0x%x",
			       p->name, p->size_bytes, FLASH_SECTOR_BYTES);
	/* Boot loader and table themselves may be listed in newer tables. */
	if (p->type != PARTITION_BOOT && p->type != PARTITION_TABLE &&
	    p->addr < table->addr + PARTITION_TABLE_BYTES)
		return err_set(err, STATUS_RECIPE,
			       "partition '%s' begins at 0x%x: expected above the partition table "
			       "at 0x%x",
			       p->name, p->addr, table->addr);
	for (const struct partition *q = table->rows; q < p; q++)
		if (p->addr < q->addr + q->size_bytes && q->addr < end)
			return err_set(err, STATUS_RECIPE,
				       "partitions '%s' (0x%x to 0x%x) and '%s' (0x%x to 0x%x) "
				       "overlap",
				       q->name, q->addr, q->addr + q->size_bytes, p->name, p->addr,
				       (uint32_t)end);
	return STATUS_OK;
}

enum status partition_parse(const uint8_t *data, size_t size, uint32_t addr,
			    struct partition_table *table, struct err *err)
{
	memset(table, 0, sizeof(*table));
	table->addr = addr;
	TRY(read_rows(data, size, table, err));
	if (!table->count)
		return err_set(err, STATUS_RECIPE, "the partition table has no rows");
	for (const struct partition *p = table->rows; p < table->rows + table->count; p++) {
		TRY(check_name(table, p, err));
		TRY(check_range(table, p, err));
		if (p->addr + p->size_bytes > table->end_addr)
			table->end_addr = p->addr + p->size_bytes;
	}
	return STATUS_OK;
}

const struct partition *partition_named(const struct partition_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	return NULL;
}

const struct partition *partition_at(const struct partition_table *table, uint32_t addr)
{
	for (size_t i = 0; i < table->count; i++)
		if (addr >= table->rows[i].addr &&
		    addr - table->rows[i].addr < table->rows[i].size_bytes)
			return &table->rows[i];
	return NULL;
}
