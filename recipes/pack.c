#include "recipes/pack.h"

#include <libdeflate.h>
#include <stdlib.h>

#define LEVEL 12

enum status pack(const uint8_t *data, size_t size, uint8_t **packed, size_t *packed_bytes,
		 struct err *err)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
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
