#define ZLIB_CONST /* its input is */
#include "tests/sim/large_plan.h"

#include "engine/base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <zlib.h>
#include <cmocka.h>

static enum status pack_part(const uint8_t *data, size_t size_bytes, uint8_t **packed,
			     size_t *packed_bytes, struct err *err)
{
	uLongf room = compressBound(size_bytes);

	*packed = malloc(room);
	if (!*packed)
		return err_set(err, STATUS_NO_MEMORY, "no memory");
	assert_int_equal(compress2(*packed, &room, data, size_bytes, 6), Z_OK);
	*packed_bytes = room;
	return STATUS_OK;
}

/* How far each PACK_MARK_BYTES of the stream reach. */
static void mark(uint32_t *marks, const uint8_t *packed, size_t packed_bytes)
{
	uint8_t *room = malloc(LARGE_APP_BYTES);
	z_stream z = { .next_out = room, .avail_out = LARGE_APP_BYTES };
	size_t n = 0;

	assert_non_null(room);
	assert_int_equal(inflateInit(&z), Z_OK);
	marks[n++] = 0;
	for (size_t at = 0; at < packed_bytes; at += PACK_MARK_BYTES) {
		size_t left = packed_bytes - at;

		z.next_in = packed + at;
		z.avail_in = (uInt)(left < PACK_MARK_BYTES ? left : PACK_MARK_BYTES);
		inflate(&z, Z_SYNC_FLUSH);
		marks[n++] = (uint32_t)z.total_out;
	}
	assert_int_equal(z.total_out, LARGE_APP_BYTES);
	inflateEnd(&z);
	free(room);
}

static void pack_app(struct large_plan *p)
{
	struct flash_region *app = &p->small.regions[SMALL_APP];
	uLongf room = compressBound(LARGE_APP_BYTES);

	assert_int_equal(compress2(p->packed, &room, p->app, LARGE_APP_BYTES, 9), Z_OK);
	app->data = p->app;
	app->size_bytes = LARGE_APP_BYTES;
	app->packed = p->packed;
	app->packed_bytes = room;
	mark(p->marks, p->packed, room);
	app->packed_marks = p->marks;
	digest_md5(app->data, app->size_bytes, app->md5);
}

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

void large_plan_init(struct large_plan *p, const char *chip_key, uint32_t seed)
{
	small_plan_init(&p->small, chip_key, 1);
	p->app = malloc(LARGE_APP_BYTES);
	p->packed = malloc(compressBound(LARGE_APP_BYTES));
	assert_non_null(p->app);
	p->marks = calloc(LARGE_APP_BYTES / PACK_MARK_BYTES + 2, sizeof(*p->marks));
	assert_non_null(p->packed);
	assert_non_null(p->marks);
	fill(p->app, LARGE_APP_BYTES, seed);
	pack_app(p);
	p->small.plan.end_addr = p->small.regions[SMALL_APP].addr + LARGE_APP_BYTES;
	p->small.plan.pack = pack_part;
}

void large_plan_release(struct large_plan *p)
{
	free(p->app);
	free(p->packed);
	free(p->marks);
	small_plan_release(&p->small);
}

void large_plan_change(struct large_plan *p, size_t sector)
{
	p->app[sector * FLASH_SECTOR_BYTES + 17] ^= 0x11;
	pack_app(p);
}

size_t large_plan_bytes(const struct large_plan *p)
{
	size_t bytes = 0;

	for (size_t i = 0; i < SMALL_REGIONS; i++)
		bytes += p->small.regions[i].size_bytes;
	return bytes;
}
