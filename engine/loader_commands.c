/* The commands, one function each: payload, answer, time. docs/protocol.md, commands. */
#include "engine/loader.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"
#include "engine/loader_link.h"

#include <assert.h>
#include <string.h>

#define MEM_END_MS 200
#define RATE_SETTLE_MS 50
#define DRAIN_MAX_MS 1000
#define DATA_HEAD_BYTES 16
#define MD5_TEXT_BYTES ((size_t)2 * MD5_BYTES)
#define SECURITY_INFO_SHORT_BYTES 12
#define BYTES_PER_MB 1000000u
#define MD5_MS_PER_MB 8000u
#define ERASE_MS_PER_MB 40000u
#define WRITE_MS_PER_MB 40000u
#define STAY_IN_LOADER 1
#define RUN_ENTRY 0

static const struct answer_shape no_data = { { 0, 0 } };
static const struct answer_shape md5_data = { { MD5_TEXT_BYTES, MD5_BYTES } };
static const struct answer_shape security_data = { { SECURITY_INFO_BYTES,
						     SECURITY_INFO_SHORT_BYTES } };

static uint32_t scaled_ms(uint32_t size_bytes, uint32_t ms_per_mb)
{
	uint64_t ms = (uint64_t)size_bytes * ms_per_mb / BYTES_PER_MB;

	return ms > LOADER_DEFAULT_MS ? (uint32_t)ms : LOADER_DEFAULT_MS;
}

uint32_t loader_md5_ms(uint32_t size_bytes)
{
	return scaled_ms(size_bytes, MD5_MS_PER_MB);
}

uint32_t loader_erase_ms(uint32_t size_bytes)
{
	return scaled_ms(size_bytes, ERASE_MS_PER_MB);
}

uint32_t loader_write_ms(uint32_t size_bytes)
{
	return scaled_ms(size_bytes, WRITE_MS_PER_MB);
}

#define WORDS_MAX 6

/* A command whose payload is words and whose answer is its status. */
static enum status command_words(struct loader *l, uint8_t op, const uint32_t *words, size_t count,
				 uint32_t wait_ms, struct reply *reply, struct err *err)
{
	assert(count <= WORDS_MAX);
	for (size_t i = 0; i < count; i++)
		put_le32(l->payload + 4 * i, words[i]);
	return loader_exchange(l, op, 4 * count, 0, no_data, wait_ms, reply, err);
}

/* Was it lost, and may it be asked once more? */
static bool may_repeat(struct loader *l, bool is_lost)
{
	if (!is_lost || !l->repeats.left)
		return false;
	l->repeats.left--;
	return true;
}

bool loader_was_lost(enum status st)
{
	return st == STATUS_NO_ANSWER || st == STATUS_GARBLED;
}

/* As often as l->repeats allows. */
static enum status ask_words(struct loader *l, uint8_t op, const uint32_t *words, size_t count,
			     uint32_t wait_ms, struct reply *reply, struct err *err)
{
	bool was_refused = false;

	for (;;) {
		enum status st = command_words(l, op, words, count, wait_ms, reply, err);
		bool is_refused = st == STATUS_REFUSED;

		if (!may_repeat(l, loader_was_lost(st) || (is_refused && !was_refused)))
			return st;
		was_refused = is_refused;
		TRY(l->repeats.find_again(l->repeats.ctx));
	}
}

/* A block behind its length, its number and two zeros. */
static enum status command_data(struct loader *l, uint8_t op, const uint8_t *data, size_t size,
				uint32_t seq, uint32_t wait_ms, struct err *err)
{
	struct reply reply;

	assert(size <= LOADER_BLOCK_MAX);
	put_le32(l->payload, (uint32_t)size);
	put_le32(l->payload + 4, seq);
	put_le32(l->payload + 8, 0);
	put_le32(l->payload + 12, 0);
	memcpy(l->payload + DATA_HEAD_BYTES, data, size);
	return loader_exchange(l, op, DATA_HEAD_BYTES + size, packet_checksum(data, size), no_data,
			       wait_ms, &reply, err);
}

enum status loader_read_reg(struct loader *l, uint32_t addr, uint32_t *value, struct err *err)
{
	struct reply reply;

	TRY(ask_words(l, OP_READ_REG, &addr, 1, LOADER_DEFAULT_MS, &reply, err));
	*value = reply.value;
	return STATUS_OK;
}

enum status loader_write_reg(struct loader *l, uint32_t addr, uint32_t value, uint32_t mask,
			     uint32_t delay_us, struct err *err)
{
	const uint32_t words[] = { addr, value, mask, delay_us };
	struct reply reply;

	return ask_words(l, OP_WRITE_REG, words, 4, LOADER_DEFAULT_MS + delay_us / 1000, &reply,
			 err);
}

enum status loader_security_info(struct loader *l, uint8_t info[static SECURITY_INFO_BYTES],
				 size_t *size, struct err *err)
{
	struct reply reply;
	enum status st;

	*size = 0;
	for (;;) {
		st = loader_exchange(l, OP_GET_SECURITY_INFO, 0, 0, security_data,
				     LOADER_DEFAULT_MS, &reply, err);
		if (!may_repeat(l, loader_was_lost(st)))
			break;
		TRY(l->repeats.find_again(l->repeats.ctx));
	}
	if (st == STATUS_REFUSED)
		TRY(loader_drain(l, DRAIN_MAX_MS, err));
	if (st)
		return st;
	memcpy(info, reply.data, reply.size);
	*size = reply.size;
	return STATUS_OK;
}

enum status loader_mem_begin(struct loader *l, uint32_t total, uint32_t blocks,
			     uint32_t block_bytes, uint32_t addr, struct err *err)
{
	const uint32_t words[] = { total, blocks, block_bytes, addr };
	struct reply reply;

	return command_words(l, OP_MEM_BEGIN, words, 4, LOADER_DEFAULT_MS, &reply, err);
}

enum status loader_mem_data(struct loader *l, const uint8_t *data, size_t size, uint32_t seq,
			    struct err *err)
{
	return command_data(l, OP_MEM_DATA, data, size, seq, LOADER_DEFAULT_MS, err);
}

enum status loader_mem_end(struct loader *l, uint32_t entry, struct err *err)
{
	const uint32_t words[] = { RUN_ENTRY, entry };
	struct reply reply;
	enum status st = command_words(l, OP_MEM_END, words, 2, MEM_END_MS, &reply, err);

	/* The started code sets up the UART anew, under an answer still leaving it. */
	if (loader_was_lost(st)) {
		if (err)
			err_clear(err);
		return STATUS_OK;
	}
	return st;
}

enum status loader_change_rate(struct loader *l, uint32_t told_baud, uint32_t new_baud,
			       uint32_t old_baud, struct err *err)
{
	/* A ROM would take word 1 for a clock divider if word 2 were the old rate. */
	const uint32_t words[] = { told_baud, l->kind == LOADER_STUB ? old_baud : 0 };
	struct reply reply;
	uint32_t actual_baud;

	TRY(command_words(l, OP_CHANGE_BAUDRATE, words, 2, LOADER_DEFAULT_MS, &reply, err));
	TRY(transport_set_baud(l->transport, new_baud, &actual_baud, err));
	l->rate_baud = actual_baud;
	clock_sleep_ms(l->clock, RATE_SETTLE_MS);
	TRY(transport_discard(l->transport, err));
	loader_forget_input(l);
	return STATUS_OK;
}

enum status loader_spi_attach(struct loader *l, uint32_t pins, struct err *err)
{
	/* The ROM takes a second word, of no use here; the stub refuses it. */
	const uint32_t words[] = { pins, 0 };
	struct reply reply;

	return ask_words(l, OP_SPI_ATTACH, words, l->kind == LOADER_STUB ? 1 : 2, LOADER_DEFAULT_MS,
			 &reply, err);
}

enum status loader_spi_params(struct loader *l, uint32_t flash_bytes, struct err *err)
{
	/* id, chip, block, sector, page, status mask */
	const uint32_t words[] = { 0, flash_bytes, 0x10000, 0x1000, 0x100, 0xFFFF };
	struct reply reply;

	return ask_words(l, OP_SPI_SET_PARAMS, words, 6, LOADER_DEFAULT_MS, &reply, err);
}

enum status loader_flash_begin(struct loader *l, bool is_packed, uint32_t write_bytes,
			       uint32_t blocks, uint32_t block_bytes, uint32_t addr,
			       unsigned begin_words, uint32_t wait_ms, struct err *err)
{
	/* The fifth word: 1 = to be encrypted. */
	const uint32_t words[] = { write_bytes, blocks, block_bytes, addr, 0 };
	struct reply reply;

	assert(begin_words == 4 || begin_words == 5);
	return command_words(l, is_packed ? OP_FLASH_DEFL_BEGIN : OP_FLASH_BEGIN, words,
			     begin_words, wait_ms, &reply, err);
}

enum status loader_flash_data(struct loader *l, bool is_packed, const uint8_t *data, size_t size,
			      uint32_t seq, uint32_t wait_ms, struct err *err)
{
	return command_data(l, is_packed ? OP_FLASH_DEFL_DATA : OP_FLASH_DATA, data, size, seq,
			    wait_ms, err);
}

enum status loader_flash_end(struct loader *l, bool is_packed, uint32_t wait_ms, struct err *err)
{
	const uint32_t stay = STAY_IN_LOADER;
	struct reply reply;

	/* A ROM leaves its loader on FLASH_END whatever the word says. */
	assert(is_packed || l->kind == LOADER_STUB);
	return command_words(l, is_packed ? OP_FLASH_DEFL_END : OP_FLASH_END, &stay, 1, wait_ms,
			     &reply, err);
}

enum status loader_flash_md5(struct loader *l, uint32_t addr, uint32_t size_bytes,
			     uint8_t md5[static 16], struct err *err)
{
	const uint32_t words[] = { addr, size_bytes, 0, 0 };
	char text[MD5_TEXT_BYTES + 1];
	uint8_t bytes[MD5_BYTES];
	struct reply reply;

	for (size_t i = 0; i < 4; i++)
		put_le32(l->payload + 4 * i, words[i]);
	TRY(loader_exchange(l, OP_SPI_FLASH_MD5, sizeof(words), 0, md5_data,
			    loader_md5_ms(size_bytes), &reply, err));
	if (reply.size == MD5_BYTES) {
		memcpy(md5, reply.data, MD5_BYTES);
		return STATUS_OK;
	}
	memcpy(text, reply.data, MD5_TEXT_BYTES);
	text[MD5_TEXT_BYTES] = '\0';
	if (!hex_bytes(text, bytes, MD5_BYTES))
		return err_set(err, STATUS_GARBLED,
			       "SPI_FLASH_MD5: the answer is not 32 hexadecimal digits");
	memcpy(md5, bytes, MD5_BYTES);
	return STATUS_OK;
}

enum status loader_erase_flash(struct loader *l, struct err *err)
{
	struct reply reply;

	return loader_exchange(l, OP_ERASE_FLASH, 0, 0, no_data, LOADER_CHIP_ERASE_MS, &reply, err);
}

enum status loader_erase_region(struct loader *l, uint32_t addr, uint32_t size_bytes,
				struct err *err)
{
	const uint32_t words[] = { addr, size_bytes };
	struct reply reply;

	return command_words(l, OP_ERASE_REGION, words, 2, loader_erase_ms(size_bytes), &reply,
			     err);
}
