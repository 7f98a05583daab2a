/* The words for opcodes and refusals: tables only. docs/protocol.md, commands and error codes. */
#include "engine/loader.h"
#include "engine/packet.h"

struct named_byte {
	uint8_t byte;
	const char *name;
};

static const struct named_byte ops[] = {
	{ OP_FLASH_BEGIN, "FLASH_BEGIN" },
	{ OP_FLASH_DATA, "FLASH_DATA" },
	{ OP_FLASH_END, "FLASH_END" },
	{ OP_MEM_BEGIN, "MEM_BEGIN" },
	{ OP_MEM_END, "MEM_END" },
	{ OP_MEM_DATA, "MEM_DATA" },
	{ OP_SYNC, "SYNC" },
	{ OP_WRITE_REG, "WRITE_REG" },
	{ OP_READ_REG, "READ_REG" },
	{ OP_SPI_SET_PARAMS, "SPI_SET_PARAMS" },
	{ OP_SPI_ATTACH, "SPI_ATTACH" },
	{ OP_CHANGE_BAUDRATE, "CHANGE_BAUDRATE" },
	{ OP_FLASH_DEFL_BEGIN, "FLASH_DEFL_BEGIN" },
	{ OP_FLASH_DEFL_DATA, "FLASH_DEFL_DATA" },
	{ OP_FLASH_DEFL_END, "FLASH_DEFL_END" },
	{ OP_SPI_FLASH_MD5, "SPI_FLASH_MD5" },
	{ OP_GET_SECURITY_INFO, "GET_SECURITY_INFO" },
	{ OP_ERASE_FLASH, "ERASE_FLASH" },
	{ OP_ERASE_REGION, "ERASE_REGION" },
};

/* The second status byte of a ROM, whose first is 01. */
static const struct named_byte rom_codes[] = {
	{ 0x00, "undefined error" },
	{ 0x01, "invalid parameter" },
	{ 0x02, "out of memory" },
	{ 0x03, "send failed" },
	{ 0x04, "receive failed" },
	{ 0x05, "invalid message (unknown command, wrong size or sequence number)" },
	{ 0x06, "command failed (erase failed or counts differ)" },
	{ 0x07, "checksum error" },
	{ 0x08, "flash read back differs from what was written" },
	{ 0x09, "flash read failed" },
	{ 0x0A, "flash read too long" },
	{ 0x0B, "inflate failed" },
	{ 0x0C, "inflate checksum (Adler-32) error" },
	{ 0x0D, "inflate parameter error" },
	{ 0x0E, "invalid RAM size" },
	{ 0x0F, "invalid RAM address" },
	{ 0x64, "invalid parameter" },
	{ 0x65, "invalid format" },
	{ 0x66, "description too long" },
	{ 0x67, "bad encoding" },
	{ 0x69, "insufficient storage" },
};

#define STUB_CODE_MIN 0xC0

/* The first status byte of a stub, whose second is 00. */
static const struct named_byte stub_codes[] = {
	{ 0xC0, "wrong data length" },      { 0xC1, "checksum error" },
	{ 0xC2, "wrong block size" },       { 0xC3, "unknown command" },
	{ 0xC4, "flash operation failed" }, { 0xC5, "flash unlock failed" },
	{ 0xC6, "no write was begun" },     { 0xC7, "inflate error" },
	{ 0xC8, "not enough data" },        { 0xC9, "too much data" },
	{ 0xCA, "NAND program failed" },    { 0xCB, "NAND erase failed" },
	{ 0xFF, "not implemented" },
};

static const char *find(const struct named_byte *rows, size_t count, uint8_t byte,
			const char *otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].byte == byte)
			return rows[i].name;
	}
	return otherwise;
}

#define FIND(rows, byte, otherwise) find(rows, sizeof(rows) / sizeof((rows)[0]), byte, otherwise)

const char *loader_op_name(uint8_t op)
{
	return FIND(ops, op, "command");
}

const char *loader_code_text(uint8_t status, uint8_t error)
{
	if (status >= STUB_CODE_MIN)
		return FIND(stub_codes, status, "unknown code");
	return FIND(rom_codes, error, "unknown code");
}

uint8_t loader_code(uint8_t status, uint8_t error)
{
	return status >= STUB_CODE_MIN ? status : error;
}
