/*
 * Requests and answers of the serial loader, without I/O.
 *
 * Request: 00, opcode, size of the payload (16 bit), checksum (32 bit), payload.
 * Answer: 01, opcode, size of the body (16 bit), value (32 bit), body: the data
 * that the command returns, then the status bytes. Integers are little-endian.
 * docs/protocol.md, packets.
 */
#ifndef ENGINE_PACKET_H
#define ENGINE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#define PACKET_HEADER_BYTES 8

enum loader_op {
	OP_FLASH_BEGIN = 0x02,
	OP_FLASH_DATA = 0x03,
	OP_FLASH_END = 0x04,
	OP_MEM_BEGIN = 0x05,
	OP_MEM_END = 0x06,
	OP_MEM_DATA = 0x07,
	OP_SYNC = 0x08,
	OP_WRITE_REG = 0x09,
	OP_READ_REG = 0x0A,
	OP_SPI_SET_PARAMS = 0x0B,
	OP_SPI_ATTACH = 0x0D,
	OP_CHANGE_BAUDRATE = 0x0F,
	OP_FLASH_DEFL_BEGIN = 0x10,
	OP_FLASH_DEFL_DATA = 0x11,
	OP_FLASH_DEFL_END = 0x12,
	OP_SPI_FLASH_MD5 = 0x13,
	OP_GET_SECURITY_INFO = 0x14,
	OP_ERASE_FLASH = 0xD0,
	OP_ERASE_REGION = 0xD1,
};

/* XOR over the data of a block (not its 16-byte header), seed EF. */
uint8_t packet_checksum(const uint8_t *data, size_t size);

/* The request as it goes on the wire, framed. wire has room for
 * 2 * (PACKET_HEADER_BYTES + size) + 2 bytes; returns how many it takes. */
size_t packet_request(uint8_t op, const uint8_t *payload, size_t size, uint32_t checksum,
		      uint8_t *wire);

struct packet {
	uint8_t op;
	uint32_t value;
	const uint8_t *body; /* lent: part of the frame */
	size_t size;         /* of the body, at least 2 */
};

enum packet_kind {
	PACKET_FOREIGN, /* not an answer: text, noise, a greeting */
	PACKET_DAMAGED, /* looks like one, but bytes are missing or too many; p->op is set */
	PACKET_ANSWER,
};

enum packet_kind packet_parse(const uint8_t *frame, size_t size, struct packet *p);

/*
 * Where the status bytes stand: behind data_size bytes of data, or at 0 when
 * the body is too short to hold them there, as in most refusals. ROMs send four
 * of them and stubs two; only the first two mean something.
 */
size_t packet_status_at(const struct packet *p, size_t data_size);

#endif
