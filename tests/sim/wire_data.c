#include "tests/sim/wire_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

#define FLASH_DEFL_DATA 0x11

void data_fill(uint8_t *bytes, size_t size)
{
	uint32_t x = 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1103515245u + 12345u;
		bytes[i] = (uint8_t)(x >> 16 & 15);
	}
}

struct stream *stream_new(size_t plain_size, uint32_t block_bytes)
{
	struct stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_true(plain_size <= sizeof(s->plain));
	s->block_bytes = block_bytes;
	data_fill(s->plain, plain_size);
	stream_pack(s, plain_size);
	return s;
}

void stream_pack(struct stream *s, size_t plain_size)
{
	uLongf size = sizeof(s->packed);

	assert_int_equal(compress2(s->packed, &size, s->plain, plain_size, 9), Z_OK);
	s->size = size;
	s->blocks = (uint32_t)((size + s->block_bytes - 1) / s->block_bytes);
}

void stream_ask_block(struct client *c, const struct stream *s, uint32_t seq)
{
	size_t at = (size_t)seq * s->block_bytes, left = s->size - at;

	client_ask_block(c, FLASH_DEFL_DATA, seq, s->packed + at,
			 left < s->block_bytes ? left : s->block_bytes);
}

void client_assert_flash(struct client *c, uint32_t addr, const void *bytes, size_t size)
{
	uint8_t *got = malloc(size);

	assert_non_null(got);
	assert_int_equal(sim_unit_flash_read(c->unit, addr, got, size), size);
	assert_memory_equal(got, bytes, size);
	free(got);
}
