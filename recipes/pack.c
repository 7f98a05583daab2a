#define ZLIB_CONST /* its input is */
#include "recipes/pack.h"

#include "engine/flasher.h"

#include <assert.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <zlib.h>

#define SMALLEST 12
#define FAST 6
#define INFLATE_BYTES 0x8000u

static enum status pack_at(int level, const uint8_t *data, size_t size, uint8_t **packed,
			   size_t *packed_bytes, struct err *err)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	uint8_t *room = malloc(size ? size : 1), *shrunk;
	size_t used;

	*packed = NULL;
	*packed_bytes = 0;
	if (!c || !room) {
		libdeflate_free_compressor(c);
		free(room);
		return err_set(err, STATUS_NO_MEMORY, "no memory to compress %zu bytes", size);
	}
	/* 0 when the stream does not fit: it has to be shorter than data. */
	used = libdeflate_zlib_compress(c, data, size, room, size ? size - 1 : 0);
	libdeflate_free_compressor(c);
	if (!used) {
		free(room);
		return STATUS_OK;
	}
	shrunk = realloc(room, used);
	*packed = shrunk ? shrunk : room;
	*packed_bytes = used;
	return STATUS_OK;
}

enum status pack(const uint8_t *data, size_t size, uint8_t **packed, size_t *packed_bytes,
		 struct err *err)
{
	return pack_at(SMALLEST, data, size, packed, packed_bytes, err);
}

enum status pack_part(const uint8_t *data, size_t size, uint8_t **packed, size_t *packed_bytes,
		      struct err *err)
{
	return pack_at(FAST, data, size, packed, packed_bytes, err);
}

/* All that the bytes given so far make. false: it is no stream. */
static bool inflate_all(z_stream *z, uint8_t *room)
{
	int result;

	do {
		z->next_out = room;
		z->avail_out = INFLATE_BYTES;
		result = inflate(z, Z_NO_FLUSH);
	} while (result == Z_OK && !z->avail_out);
	return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
}

uint32_t *pack_marks(const uint8_t *packed, size_t packed_bytes, size_t size)
{
	size_t count = (packed_bytes + PACK_MARK_BYTES - 1) / PACK_MARK_BYTES;
	uint32_t *marks = calloc(count + 1, sizeof(*marks));
	uint8_t *room = malloc(INFLATE_BYTES);
	z_stream z = { .next_in = NULL };
	bool is_good = marks && room && inflateInit(&z) == Z_OK;

	for (size_t i = 0; is_good && i < count; i++) {
		size_t left = packed_bytes - i * PACK_MARK_BYTES;

		z.next_in = packed + i * PACK_MARK_BYTES;
		z.avail_in = (uInt)(left < PACK_MARK_BYTES ? left : PACK_MARK_BYTES);
		is_good = inflate_all(&z, room);
		marks[i + 1] = (uint32_t)z.total_out;
	}
	assert(!is_good || marks[count] == size);
	(void)size;
	if (z.state)
		inflateEnd(&z);
	free(room);
	if (is_good)
		return marks;
	free(marks);
	return NULL;
}
