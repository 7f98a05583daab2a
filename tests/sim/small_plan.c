#include "tests/sim/small_plan.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/image.h"

#include <zlib.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_BYTES 0x20000
#define BOOT_BYTES 0x2234
#define TABLE_BYTES 0xc00
#define APP_BYTES 0x5a10
#define TABLE_ADDR 0x8000
#define APP_ADDR 0x10000

/* Seven bits of each byte are random: it packs, but not by much. */
static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		bytes[i] = x & 0x7f;
	}
}

/* size bytes that the unit takes for an image: one segment, checksum, digest. */
static void make_image(const struct chip *chip, uint8_t *image, size_t size, uint32_t seed)
{
	size_t data_bytes = (size - SHA256_BYTES) / 16 * 16;
	size_t segment_bytes = data_bytes - 1 - IMAGE_HEADER_BYTES - 8 - 3;
	uint8_t sum = 0xef;

	memset(image, 0xff, size);
	memset(image, 0, data_bytes);
	image[0] = IMAGE_MAGIC;
	image[1] = 1;
	image[2] = FLASH_MODE_DIO;
	image[3] = 0x2f;
	put_le32(image + 4, 0x40080400);
	put_le16(image + 12, chip->id);
	image[23] = 1;
	put_le32(image + 24, 0x40080400);
	put_le32(image + 28, (uint32_t)segment_bytes);
	fill(image + 32, segment_bytes, seed);
	for (size_t i = 0; i < segment_bytes; i++)
		sum ^= image[32 + i];
	image[data_bytes - 1] = sum;
	digest_sha256(image, data_bytes, image + data_bytes);
}

/* One application, where small_plan has it. */
static void make_table(uint8_t *table, size_t size, unsigned version)
{
	memset(table, 0xff, size);
	table[0] = 0xaa;
	table[1] = 0x50;
	table[2] = 0x00;
	table[3] = 0x10;
	put_le32(table + 4, APP_ADDR);
	put_le32(table + 8, 0x100000);
	snprintf((char *)table + 12, 16, "app%u", version);
	put_le32(table + 28, 0);
}

static uint8_t *pack(uint8_t *room, struct flash_region *g)
{
	uLongf packed_bytes = compressBound(g->size_bytes);
	int done = compress2(room, &packed_bytes, g->data, g->size_bytes, 9);

	assert(done == Z_OK);
	(void)done;
	g->packed = room;
	g->packed_bytes = packed_bytes;
	digest_md5(g->data, g->size_bytes, g->md5);
	return room + packed_bytes;
}

static void add_regions(struct small_plan *p, unsigned version)
{
	const struct chip *chip = p->plan.chip;
	uint8_t *boot = p->bytes;
	uint8_t *table = boot + BOOT_BYTES;
	uint8_t *app = table + TABLE_BYTES;
	uint8_t *packed = app + APP_BYTES;

	make_image(chip, boot, BOOT_BYTES, version * 2 + 1);
	make_table(table, TABLE_BYTES, version);
	make_image(chip, app, APP_BYTES, version * 2 + 2);
	p->regions[SMALL_BOOT_REST] =
		(struct flash_region){ .label = "boot.bin",
				       .addr = chip->boot_addr + FLASH_SECTOR_BYTES,
				       .data = boot + FLASH_SECTOR_BYTES,
				       .size_bytes = BOOT_BYTES - FLASH_SECTOR_BYTES };
	p->regions[SMALL_TABLE] = (struct flash_region){
		.label = "table.bin", .addr = TABLE_ADDR, .data = table, .size_bytes = TABLE_BYTES
	};
	p->regions[SMALL_APP] = (struct flash_region){
		.label = "app.bin", .addr = APP_ADDR, .data = app, .size_bytes = APP_BYTES
	};
	p->regions[SMALL_BOOT_SECTOR] = (struct flash_region){ .label = "boot.bin, first sector",
							       .addr = chip->boot_addr,
							       .data = boot,
							       .size_bytes = FLASH_SECTOR_BYTES,
							       .is_boot_sector = true };
	for (size_t i = 0; i < SMALL_REGIONS; i++)
		packed = pack(packed, &p->regions[i]);
	assert(packed <= p->bytes + ROOM_BYTES);
}

void small_plan_init(struct small_plan *p, const char *chip_key, unsigned version)
{
	memset(p, 0, sizeof(*p));
	p->bytes = malloc(ROOM_BYTES);
	if (!p->bytes)
		abort();
	p->plan = (struct flash_plan){
		.chip = chip_by_key(chip_key),
		.max_rev = 65535,
		.end_addr = APP_ADDR + APP_BYTES,
		.variants = &p->variant,
		.variant_count = 1,
		.erase = ERASE_SECTORS,
		.rooms = p->rooms,
		.stub = STUB_AUTO,
		.compress = true,
		.skip = SKIP_NEVER,
		.tries = 3,
	};
	add_regions(p, version);
	p->variant = (struct flash_variant){ .regions = p->regions, .region_count = SMALL_REGIONS };
}

void small_plan_release(struct small_plan *p)
{
	free(p->bytes);
}

void small_plan_apply(const struct small_plan *p, uint8_t *flash, size_t size)
{
	if (p->plan.erase == ERASE_ALL)
		memset(flash, 0xff, size);
	for (size_t i = 0; p->plan.erase == ERASE_ROOMS && i < p->plan.room_count; i++)
		memset(flash + p->rooms[i].addr, 0xff, p->rooms[i].size_bytes);
	for (size_t i = 0; i < SMALL_REGIONS; i++) {
		const struct flash_region *g = &p->regions[i];
		size_t sectors = (g->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES;

		memset(flash + g->addr, 0xff, sectors * FLASH_SECTOR_BYTES);
		memcpy(flash + g->addr, g->data, g->size_bytes);
	}
}
