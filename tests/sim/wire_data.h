/*
 * What clients of simulated units write: bytes of which about a half remains
 * when packed, streams of them cut into a loader's blocks, and what flash
 * holds in the end.
 */
#ifndef TESTS_SIM_WIRE_DATA_H
#define TESTS_SIM_WIRE_DATA_H

#include "tests/sim/wire_client.h"

#define STREAM_BYTES_MAX 200000

struct stream {
	uint8_t plain[STREAM_BYTES_MAX], packed[STREAM_BYTES_MAX];
	size_t size; /* of packed */
	uint32_t blocks, block_bytes;
};

/* The same bytes each time. */
void data_fill(uint8_t *bytes, size_t size);

/* plain_size bytes of data_fill, packed by zlib. free() it. */
struct stream *stream_new(size_t plain_size, uint32_t block_bytes);
/* Pack the first plain_size bytes of plain anew. */
void stream_pack(struct stream *s, size_t plain_size);
/* Block seq as compressed data, and its answer; the last block is as short as it is. */
void stream_ask_block(struct client *c, const struct stream *s, uint32_t seq);

/* Fails the test if flash holds anything else from addr on. */
void client_assert_flash(struct client *c, uint32_t addr, const void *bytes, size_t size);

#endif
