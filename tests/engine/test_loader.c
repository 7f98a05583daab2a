#include "engine/loader.h"
#include "engine/packet.h"
#include "engine/slip.h"
#include "tests/engine/wire_script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define RATE 115200
#define LIMIT_MS 600000

struct world {
	struct wire_script s;
	struct loader l;
	struct err err;
};

static struct world w;

static int set_up(void **state)
{
	(void)state;
	script_init(&w.s);
	err_clear(&w.err);
	return loader_init(&w.l, &w.s.base, RATE, deadline_after_ms(&w.s.clock, LIMIT_MS), &w.err);
}

static int tear_down(void **state)
{
	(void)state;
	loader_release(&w.l);
	return 0;
}

/* ---- what goes out ---- */

static const uint8_t block[] = { 0x11, 0xC0, 0xDB, 0x22 };
static uint8_t md5[16];
static uint8_t info[SECURITY_INFO_BYTES];

static enum status do_read_reg(void)
{
	uint32_t value;

	return loader_read_reg(&w.l, 0x3FF00050, &value, &w.err);
}

static enum status do_write_reg(void)
{
	return loader_write_reg(&w.l, 0x60008001, 2, 0xFFFFFFFF, 3, &w.err);
}

static enum status do_security_info(void)
{
	size_t size;

	return loader_security_info(&w.l, info, &size, &w.err);
}

static enum status do_mem_begin(void)
{
	return loader_mem_begin(&w.l, 0x1938, 2, 0x1800, 0x400A8000, &w.err);
}

static enum status do_mem_data(void)
{
	return loader_mem_data(&w.l, block, sizeof(block), 1, &w.err);
}

static enum status do_mem_end(void)
{
	return loader_mem_end(&w.l, 0x400A902C, &w.err);
}

static enum status do_change_rate(void)
{
	return loader_change_rate(&w.l, 921600, 115200, &w.err);
}

static enum status do_attach(void)
{
	return loader_spi_attach(&w.l, 0x00011111, &w.err);
}

static enum status do_params(void)
{
	return loader_spi_params(&w.l, 0x1000000, &w.err);
}

static enum status do_flash_begin(void)
{
	return loader_flash_begin(&w.l, false, 0x2000, 8, 0x400, 0x1000, 4, 3000, &w.err);
}

static enum status do_defl_begin(void)
{
	return loader_flash_begin(&w.l, true, 0x2000, 1, 0x4000, 0x1000, 5, 3000, &w.err);
}

static enum status do_flash_data(void)
{
	return loader_flash_data(&w.l, false, block, sizeof(block), 5, 3000, &w.err);
}

static enum status do_defl_data(void)
{
	return loader_flash_data(&w.l, true, block, sizeof(block), 0, 3000, &w.err);
}

static enum status do_flash_end(void)
{
	return loader_flash_end(&w.l, false, 3000, &w.err);
}

static enum status do_defl_end(void)
{
	return loader_flash_end(&w.l, true, 3000, &w.err);
}

static enum status do_md5(void)
{
	return loader_flash_md5(&w.l, 0x10000, 0x4000, md5, &w.err);
}

static enum status do_erase_flash(void)
{
	return loader_erase_flash(&w.l, &w.err);
}

static enum status do_erase_region(void)
{
	return loader_erase_region(&w.l, 0x9000, 0x5000, &w.err);
}

#define W(a, b, c, d) 0x##d, 0x##c, 0x##b, 0x##a /* a word as it reads, low byte first */
#define BOTH 2

/* clang-format off */
static const struct known_request {
	const char *name;
	enum status (*call)(void);
	int kind; /* enum loader_kind, or BOTH */
	size_t data_bytes; /* that its answer carries */
	size_t size;
	uint8_t bytes[64]; /* as docs/protocol.md has them, not framed */
} requests[] = {
	{ "READ_REG", do_read_reg, BOTH, 0, 12,
	  { 0, 0x0A, 4, 0, 0, 0, 0, 0, W(3F,F0,00,50) } },
	{ "WRITE_REG", do_write_reg, BOTH, 0, 24,
	  { 0, 0x09, 16, 0, 0, 0, 0, 0, W(60,00,80,01), W(00,00,00,02), W(FF,FF,FF,FF),
	    W(00,00,00,03) } },
	{ "GET_SECURITY_INFO", do_security_info, BOTH, 20, 8,
	  { 0, 0x14, 0, 0, 0, 0, 0, 0 } },
	{ "MEM_BEGIN", do_mem_begin, BOTH, 0, 24,
	  { 0, 0x05, 16, 0, 0, 0, 0, 0, W(00,00,19,38), W(00,00,00,02), W(00,00,18,00),
	    W(40,0A,80,00) } },
	{ "MEM_DATA", do_mem_data, BOTH, 0, 28,
	  { 0, 0x07, 20, 0, 0xC7, 0, 0, 0, W(00,00,00,04), W(00,00,00,01), W(00,00,00,00),
	    W(00,00,00,00), 0x11, 0xC0, 0xDB, 0x22 } },
	{ "MEM_END", do_mem_end, BOTH, 0, 16,
	  { 0, 0x06, 8, 0, 0, 0, 0, 0, W(00,00,00,00), W(40,0A,90,2C) } },
	{ "CHANGE_BAUDRATE of a ROM", do_change_rate, LOADER_ROM, 0, 16,
	  { 0, 0x0F, 8, 0, 0, 0, 0, 0, W(00,0E,10,00), W(00,00,00,00) } },
	{ "CHANGE_BAUDRATE of a stub", do_change_rate, LOADER_STUB, 0, 16,
	  { 0, 0x0F, 8, 0, 0, 0, 0, 0, W(00,0E,10,00), W(00,01,C2,00) } },
	{ "SPI_ATTACH of a ROM", do_attach, LOADER_ROM, 0, 16,
	  { 0, 0x0D, 8, 0, 0, 0, 0, 0, W(00,01,11,11), W(00,00,00,00) } },
	{ "SPI_ATTACH of a stub", do_attach, LOADER_STUB, 0, 12,
	  { 0, 0x0D, 4, 0, 0, 0, 0, 0, W(00,01,11,11) } },
	{ "SPI_SET_PARAMS", do_params, BOTH, 0, 32,
	  { 0, 0x0B, 24, 0, 0, 0, 0, 0, W(00,00,00,00), W(01,00,00,00), W(00,01,00,00),
	    W(00,00,10,00), W(00,00,01,00), W(00,00,FF,FF) } },
	{ "FLASH_BEGIN", do_flash_begin, BOTH, 0, 24,
	  { 0, 0x02, 16, 0, 0, 0, 0, 0, W(00,00,20,00), W(00,00,00,08), W(00,00,04,00),
	    W(00,00,10,00) } },
	{ "FLASH_DEFL_BEGIN of five words", do_defl_begin, BOTH, 0, 28,
	  { 0, 0x10, 20, 0, 0, 0, 0, 0, W(00,00,20,00), W(00,00,00,01), W(00,00,40,00),
	    W(00,00,10,00), W(00,00,00,00) } },
	{ "FLASH_DATA", do_flash_data, BOTH, 0, 28,
	  { 0, 0x03, 20, 0, 0xC7, 0, 0, 0, W(00,00,00,04), W(00,00,00,05), W(00,00,00,00),
	    W(00,00,00,00), 0x11, 0xC0, 0xDB, 0x22 } },
	{ "FLASH_DEFL_DATA", do_defl_data, BOTH, 0, 28,
	  { 0, 0x11, 20, 0, 0xC7, 0, 0, 0, W(00,00,00,04), W(00,00,00,00), W(00,00,00,00),
	    W(00,00,00,00), 0x11, 0xC0, 0xDB, 0x22 } },
	{ "FLASH_END", do_flash_end, LOADER_STUB, 0, 12,
	  { 0, 0x04, 4, 0, 0, 0, 0, 0, W(00,00,00,01) } },
	{ "FLASH_DEFL_END", do_defl_end, BOTH, 0, 12,
	  { 0, 0x12, 4, 0, 0, 0, 0, 0, W(00,00,00,01) } },
	{ "SPI_FLASH_MD5 of a stub", do_md5, LOADER_STUB, 16, 24,
	  { 0, 0x13, 16, 0, 0, 0, 0, 0, W(00,01,00,00), W(00,00,40,00), W(00,00,00,00),
	    W(00,00,00,00) } },
	{ "ERASE_FLASH", do_erase_flash, LOADER_STUB, 0, 8,
	  { 0, 0xD0, 0, 0, 0, 0, 0, 0 } },
	{ "ERASE_REGION", do_erase_region, LOADER_STUB, 0, 16,
	  { 0, 0xD1, 8, 0, 0, 0, 0, 0, W(00,00,90,00), W(00,00,50,00) } },
};
/* clang-format on */

#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

static bool is_for(const struct known_request *r, enum loader_kind kind)
{
	return r->kind == BOTH || r->kind == (int)kind;
}

static size_t status_bytes(enum loader_kind kind)
{
	return kind == LOADER_ROM ? 4 : 2;
}

/* Each request with each kind of loader, in a world of its own. */
static void for_each_request(void (*check)(const struct known_request *r))
{
	for (size_t i = 0; i < REQUESTS; i++) {
		for (int kind = LOADER_ROM; kind <= LOADER_STUB; kind++) {
			void *none = NULL;

			if (!is_for(&requests[i], (enum loader_kind)kind))
				continue;
			tear_down(&none);
			set_up(&none);
			w.l.kind = (enum loader_kind)kind;
			check(&requests[i]);
		}
	}
}

static void succeed(const struct known_request *r)
{
	uint8_t wire[2 * sizeof(r->bytes) + 2], body[40] = { 0 };
	size_t size = slip_encode(r->bytes, r->size, wire), sent;
	const uint8_t *written;

	script_answer(&w.s, 0, 1000, r->bytes[1], 0, body, r->data_bytes + status_bytes(w.l.kind));
	assert_int_equal(r->call(), STATUS_OK);
	assert_int_equal(w.s.write_count, 1);
	written = script_write(&w.s, 0, &sent);
	if (sent != size || memcmp(written, wire, size) != 0)
		print_error("%s:\n", r->name);
	assert_int_equal(sent, size);
	assert_memory_equal(written, wire, size);
	assert_int_equal(w.l.sent_bytes, size);
}

static void every_request_has_the_bytes_of_the_protocol_page(void **state)
{
	(void)state;
	for_each_request(succeed);
}

/* ---- what comes back ---- */

static void meet_refusal(const struct known_request *r)
{
	bool is_rom = w.l.kind == LOADER_ROM;
	const uint8_t rom[] = { 0x01, 0x06 }, stub[] = { 0xC4, 0x00 };
	const uint8_t *bytes = is_rom ? rom : stub;

	script_status(&w.s, 0, r->bytes[1], status_bytes(w.l.kind), bytes[0], bytes[1]);
	assert_int_equal(r->call(), STATUS_REFUSED);
	assert_int_equal(w.err.status, STATUS_REFUSED);
	assert_int_equal(w.err.device_len, status_bytes(w.l.kind));
	assert_memory_equal(w.err.device, bytes, 2);
	assert_non_null(strstr(w.err.text, loader_op_name(r->bytes[1])));
	assert_non_null(strstr(w.err.text, is_rom ? "by the ROM: 06 command failed"
						  : "by the stub: C4 flash operation failed"));
}

static void every_refusal_keeps_the_bytes_and_names_command_loader_and_code(void **state)
{
	(void)state;
	for_each_request(meet_refusal);
}

static void meet_silence(const struct known_request *r)
{
	enum status st = r->call();

	/* The answer to MEM_END is lost by design: the started code resets the UART. */
	if (r->bytes[1] == OP_MEM_END) {
		assert_int_equal(st, STATUS_OK);
		return;
	}
	assert_int_equal(st, STATUS_NO_ANSWER);
	assert_non_null(strstr(w.err.text, loader_op_name(r->bytes[1])));
	assert_int_equal(w.s.write_count, 1);
}

static void silence_is_told_and_nothing_is_sent_again(void **state)
{
	(void)state;
	for_each_request(meet_silence);
}

static void meet_unplug(const struct known_request *r)
{
	w.s.gone_at_write = 1;
	assert_int_equal(r->call(), STATUS_PORT_GONE);
}

static void a_port_that_vanishes_is_no_silence(void **state)
{
	(void)state;
	for_each_request(meet_unplug);
}

static void meet_cancel(const struct known_request *r)
{
	atomic_store(&w.s.cancel, true);
	assert_int_equal(r->call(), STATUS_CANCELLED);
}

static void a_cancelled_transport_ends_every_command(void **state)
{
	(void)state;
	for_each_request(meet_cancel);
}

static void meet_limit(const struct known_request *r)
{
	w.l.limit = deadline_after_ms(&w.s.clock, 100);
	assert_int_equal(r->call(), STATUS_RUN_TIMEOUT);
	assert_int_equal(w.s.now_us, w.l.limit.at_us);
}

static void the_runs_limit_cuts_every_wait_and_is_no_silence(void **state)
{
	(void)state;
	for_each_request(meet_limit);
}

static void the_refusal_of_mem_data_reads_as_people_know_it(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_DATA, 4, 0x01, 0x07);
	assert_int_equal(do_mem_data(), STATUS_REFUSED);
	assert_string_equal(w.err.text, "MEM_DATA refused by the ROM: 07 checksum error");
	assert_int_equal(w.err.device_len, 4);
}

static void the_error_byte_means_nothing_when_the_status_is_0(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_MEM_DATA, 4, 0x00, 0x07);
	assert_int_equal(do_mem_data(), STATUS_OK);
}

static void a_register_is_the_answers_value(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 0xC0DBDCDD, "\0\5\1\2", 4);
	assert_int_equal(loader_read_reg(&w.l, 0x3FF00050, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 0xC0DBDCDD);
}

static void two_status_bytes_from_a_rom_are_understood(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 7, "\0\0", 2);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 0, "\1\5", 2);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 7);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_REFUSED);
	assert_int_equal(value, 7);
}

static void an_answer_split_at_any_byte_is_the_same(void **state)
{
	uint8_t frame[] = { 0xC0, 1, 0x0A, 4, 0, 0x78, 0x56, 0xDB, 0xDC, 0x12, 0, 0, 0, 0, 0xC0 };

	for (size_t first = 0; first <= sizeof(frame); first++) {
		uint32_t value = 0;

		tear_down(state);
		set_up(state);
		script_bytes(&w.s, 0, 1000, frame, first);
		script_bytes(&w.s, 0, 2000, frame + first, sizeof(frame) - first);
		assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
		assert_int_equal(value, 0x12C05678);
	}
}

static void an_answer_that_comes_byte_by_byte_is_the_same(void **state)
{
	uint32_t value = 0;

	(void)state;
	w.s.read_max = 1;
	script_answer(&w.s, 0, 1000, OP_READ_REG, 0x12345678, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 0x12345678);
}

static void an_answer_to_an_older_command_is_skipped(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_status(&w.s, 0, OP_SPI_FLASH_MD5, 2, 0xC4, 0);
	script_answer(&w.s, 0, 1000, OP_SYNC, 0x20120707, "\0\0\0\0", 4);
	script_answer(&w.s, 0, 2000, OP_READ_REG, 9, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 9);
}

static void what_came_before_the_request_is_not_its_answer(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_answer(&w.s, SCRIPT_BEFORE, 0, OP_READ_REG, 1, "\0\0\0\0", 4);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 2);
}

static void extra_delimiters_and_text_around_an_answer_do_no_harm(void **state)
{
	uint32_t value = 0;

	(void)state;
	script_bytes(&w.s, 0, 500, "\xC0\xC0 noise \xC0\xC0\xC0", 12);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	script_bytes(&w.s, 0, 1000, "\xC0", 1);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 3, "\0\0\0\0", 4);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 3);
}

static void an_answer_with_any_byte_lost_is_never_believed(void **state)
{
	const uint8_t frame[] = { 0xC0, 1, 0x0A, 4, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 0xC0 };

	for (size_t lost = 0; lost < sizeof(frame); lost++) {
		uint32_t value = 0;
		enum status st;

		tear_down(state);
		set_up(state);
		script_bytes(&w.s, 0, 1000, frame, lost);
		script_bytes(&w.s, 0, 1000, frame + lost + 1, sizeof(frame) - lost - 1);
		st = loader_read_reg(&w.l, 0, &value, &w.err);
		if (st != STATUS_GARBLED)
			assert_int_equal(st, STATUS_NO_ANSWER);
		assert_int_equal(value, 0);
	}
}

static void damaged_bytes_are_told_from_silence(void **state)
{
	(void)state;
	script_bytes(&w.s, 0, 1000, "\xC0\x01\x0A\x04\x80\x00\x12\x00\x00", 9);
	assert_int_equal(do_read_reg(), STATUS_GARBLED);
}

static void a_unit_that_prints_instead_of_answering_is_quoted(void **state)
{
	(void)state;
	script_bytes(&w.s, 0, 1000, "\r\nGuru Meditation Error: Core 0\r\n", 33);
	assert_int_equal(do_read_reg(), STATUS_NO_ANSWER);
	assert_non_null(strstr(w.err.text, "printed \"Guru Meditation Error: Core 0"));
}

static void a_unit_that_never_stops_printing_does_not_outlast_the_deadline(void **state)
{
	uint64_t start_us;

	(void)state;
	for (unsigned i = 0; i < 60; i++)
		script_bytes(&w.s, 0, (uint64_t)i * 100000, "tick ", 5);
	start_us = w.s.now_us;
	assert_int_equal(do_read_reg(), STATUS_NO_ANSWER);
	assert_in_range(w.s.now_us - start_us, 3000000, 3200000);
}

/* ---- a ROM that does not know the command ---- */

static void an_unknown_command_is_refused_under_the_last_opcode_and_drained(void **state)
{
	uint32_t value = 0;

	(void)state;
	w.l.last_op = OP_SYNC;
	for (unsigned i = 0; i < 8; i++)
		script_status(&w.s, 0, OP_SYNC, 4, 0x01, 0x05);
	script_answer(&w.s, 1, 1000, OP_READ_REG, 9, "\0\0\0\0", 4);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
	assert_non_null(strstr(w.err.text, "GET_SECURITY_INFO refused by the ROM: 05"));
	assert_memory_equal(w.err.device, "\1\5", 2);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(w.s.chunks[i].taken, w.s.chunks[i].size);
	assert_int_equal(loader_read_reg(&w.l, 0, &value, &w.err), STATUS_OK);
	assert_int_equal(value, 9);
}

static void a_second_unknown_command_is_refused_the_same_way(void **state)
{
	(void)state;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x05);
	script_status(&w.s, 1, OP_READ_REG, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
	assert_int_equal(do_security_info(), STATUS_REFUSED);
}

static void another_refusal_under_an_older_opcode_is_not_taken(void **state)
{
	(void)state;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x07);
	script_status(&w.s, 0, OP_SYNC, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_NO_ANSWER);
}

static void a_stub_answers_under_the_right_opcode_only(void **state)
{
	(void)state;
	w.l.kind = LOADER_STUB;
	w.l.last_op = OP_READ_REG;
	script_status(&w.s, 0, OP_READ_REG, 4, 0x01, 0x05);
	assert_int_equal(do_security_info(), STATUS_NO_ANSWER);
}

/* ---- answers that carry data ---- */

static void security_info_has_20_bytes_or_12(void **state)
{
	static const struct {
		size_t body, size;
	} rows[] = { { 24, 20 }, { 22, 20 }, { 16, 12 }, { 14, 12 } };

	for (size_t i = 0; i < 4; i++) {
		uint8_t body[24] = { 0 };
		size_t size = 0;

		tear_down(state);
		set_up(state);
		for (size_t at = 0; at < rows[i].size; at++)
			body[at] = (uint8_t)(at + 1);
		script_answer(&w.s, 0, 1000, OP_GET_SECURITY_INFO, 0, body, rows[i].body);
		assert_int_equal(loader_security_info(&w.l, info, &size, &w.err), STATUS_OK);
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(info, body, size);
	}
}

static void an_answer_without_the_data_it_should_carry_is_garbled(void **state)
{
	(void)state;
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, "\0\0\0\0", 4);
	assert_int_equal(do_md5(), STATUS_GARBLED);
}

static const uint8_t some_md5[16] = { 0xD4, 0x1D, 0x8C, 0xD9, 0x8F, 0x00, 0xB2, 0x04,
				      0xE9, 0x80, 0x09, 0x98, 0xEC, 0xF8, 0x42, 0x7E };
static const struct {
	uint8_t digits[32];
} some_md5_text = { "d41d8cd98f00b204e9800998ecf8427e" };

static void an_md5_is_raw_from_a_stub_and_hexadecimal_from_a_rom(void **state)
{
	(void)state;
	for (size_t status = 2; status <= 4; status += 2) {
		uint8_t body[36] = { 0 };

		tear_down(state);
		set_up(state);
		memcpy(body, some_md5, 16);
		script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, 16 + status);
		memset(body, 0, sizeof(body));
		memcpy(body, some_md5_text.digits, sizeof(some_md5_text.digits));
		script_answer(&w.s, 1, 1000, OP_SPI_FLASH_MD5, 0, body, 32 + status);
		for (unsigned i = 0; i < 2; i++) {
			memset(md5, 0, sizeof(md5));
			assert_int_equal(do_md5(), STATUS_OK);
			assert_memory_equal(md5, some_md5, 16);
		}
	}
}

static void an_md5_that_is_not_hexadecimal_leaves_the_result_alone(void **state)
{
	uint8_t body[36] = { 0 };

	(void)state;
	memcpy(body, some_md5_text.digits, sizeof(some_md5_text.digits));
	body[31] = 'x';
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, sizeof(body));
	memset(md5, 0x77, sizeof(md5));
	assert_int_equal(do_md5(), STATUS_GARBLED);
	for (size_t i = 0; i < sizeof(md5); i++)
		assert_int_equal(md5[i], 0x77);
}

static void a_roms_md5_refusal_stands_behind_its_meaningless_data(void **state)
{
	const uint8_t status[] = { 0x01, 0x09, 0, 0 };
	uint8_t body[36];

	(void)state;
	memset(body, 'a', sizeof(body));
	memcpy(body + 32, status, sizeof(status));
	script_answer(&w.s, 0, 1000, OP_SPI_FLASH_MD5, 0, body, sizeof(body));
	assert_int_equal(do_md5(), STATUS_REFUSED);
	assert_memory_equal(w.err.device, status, sizeof(status));
	assert_non_null(strstr(w.err.text, "09 flash read failed"));
}

/* ---- time ---- */

static void a_deadline_has_the_chips_time_and_the_wires(void **state)
{
	static uint8_t big[LOADER_BLOCK_MAX];
	uint64_t start_us = w.s.now_us, wire;

	(void)state;
	memset(big, 0xC0, sizeof(big));
	assert_int_equal(loader_flash_data(&w.l, false, big, sizeof(big), 0, 3000, &w.err),
			 STATUS_NO_ANSWER);
	/* Every byte of the block is escaped: 2.8 s at this rate. */
	wire = wire_us(w.l.sent_bytes, RATE);
	assert_true(wire > 2800000);
	assert_in_range(w.s.now_us - start_us, 3000000 + wire, 3000000 + wire + 10000);
}

static void times_grow_with_the_size_from_three_seconds_on(void **state)
{
	(void)state;
	assert_int_equal(loader_md5_ms(0), 3000);
	assert_int_equal(loader_md5_ms(16000000), 128000);
	assert_int_equal(loader_erase_ms(0x1000), 3000);
	assert_int_equal(loader_erase_ms(4000000), 160000);
	assert_int_equal(loader_write_ms(1000000), 40000);
	assert_int_equal(loader_write_ms(0x8000000), 5368709);
	assert_int_equal(wire_us(11520, 115200), 1000000);
}

/* ---- rate and end ---- */

static void after_a_rate_change_deadlines_use_what_the_bridge_makes(void **state)
{
	(void)state;
	w.s.rate_made = 923076;
	script_status(&w.s, 0, OP_CHANGE_BAUDRATE, 4, 0, 0);
	script_bytes(&w.s, 0, 2000, "\xF8\x80garbage", 9);
	assert_int_equal(do_change_rate(), STATUS_OK);
	assert_int_equal(w.s.rate_asked, 921600);
	assert_int_equal(w.l.rate_baud, 923076);
	assert_int_equal(w.s.discards, 1);
}

static void a_refused_rate_change_leaves_the_port_alone(void **state)
{
	(void)state;
	script_status(&w.s, 0, OP_CHANGE_BAUDRATE, 4, 1, 5);
	assert_int_equal(do_change_rate(), STATUS_REFUSED);
	assert_int_equal(w.s.rate_asked, 0);
	assert_int_equal(w.l.rate_baud, RATE);
}

static void a_rate_that_the_port_cannot_make_is_told(void **state)
{
	(void)state;
	w.s.rate_status = STATUS_RATE_FAILED;
	script_status(&w.s, 0, OP_CHANGE_BAUDRATE, 4, 0, 0);
	assert_int_equal(do_change_rate(), STATUS_RATE_FAILED);
	assert_int_equal(w.l.rate_baud, RATE);
}

static void a_drain_ends_after_100_ms_of_quiet_or_at_its_maximum(void **state)
{
	uint64_t start_us = w.s.now_us;

	(void)state;
	script_bytes(&w.s, SCRIPT_BEFORE, 50000, "hello", 5);
	script_bytes(&w.s, SCRIPT_BEFORE, 120000, "world", 5);
	assert_int_equal(loader_drain(&w.l, 2000, &w.err), STATUS_OK);
	assert_int_equal(w.s.now_us - start_us, 220000);
	assert_string_equal(w.l.noise.text, "helloworld");

	tear_down(state);
	set_up(state);
	start_us = w.s.now_us;
	for (unsigned i = 0; i < 60; i++)
		script_bytes(&w.s, SCRIPT_BEFORE, (uint64_t)i * 50000, "x", 1);
	assert_int_equal(loader_drain(&w.l, 2000, &w.err), STATUS_OK);
	assert_int_equal(w.s.now_us - start_us, 2000000);
}

/* ---- whoever watches ---- */

struct watched {
	unsigned requests, answers;
	uint8_t op;
	size_t request_size, answer_size;
	enum status status;
	char noise[32];
	size_t noise_size;
};

static void watch_request(void *ctx, uint8_t op, const uint8_t *payload, size_t size)
{
	struct watched *seen = ctx;

	(void)payload;
	seen->requests++;
	seen->op = op;
	seen->request_size = size;
}

static void watch_answer(void *ctx, uint8_t op, enum status st, const uint8_t *frame, size_t size,
			 uint64_t took_us)
{
	struct watched *seen = ctx;

	(void)frame;
	seen->answers++;
	assert_int_equal(op, seen->op);
	assert_true(took_us > 0);
	seen->answer_size = size;
	seen->status = st;
}

static void watch_noise(void *ctx, const uint8_t *bytes, size_t size)
{
	struct watched *seen = ctx;

	assert_true(seen->noise_size + size < sizeof(seen->noise));
	memcpy(seen->noise + seen->noise_size, bytes, size);
	seen->noise_size += size;
}

static void a_watcher_sees_each_request_answer_and_noise(void **state)
{
	struct watched seen = { .requests = 0 };

	(void)state;
	w.l.trace = (struct loader_trace){
		.request = watch_request, .answer = watch_answer, .noise = watch_noise, .ctx = &seen
	};
	script_bytes(&w.s, 0, 500, "boo", 3);
	script_answer(&w.s, 0, 1000, OP_READ_REG, 2, "\0\0\0\0", 4);
	assert_int_equal(do_read_reg(), STATUS_OK);
	assert_int_equal(seen.requests, 1);
	assert_int_equal(seen.request_size, 4);
	assert_int_equal(seen.answer_size, 12);
	assert_string_equal(seen.noise, "boo");
	assert_int_equal(do_md5(), STATUS_NO_ANSWER);
	assert_int_equal(seen.answers, 2);
	assert_int_equal(seen.answer_size, 0);
	assert_int_equal(seen.status, STATUS_NO_ANSWER);
}

static void every_code_of_rom_and_stub_has_words(void **state)
{
	static const uint8_t rom[] = { 0,  1,  2,  3,  4,  5,    6,    7,    8,    9,   10,
				       11, 12, 13, 14, 15, 0x64, 0x65, 0x66, 0x67, 0x69 };

	(void)state;
	for (size_t i = 0; i < sizeof(rom); i++)
		assert_string_not_equal(loader_code_text(1, rom[i]), "unknown code");
	for (uint8_t code = 0xC0; code <= 0xCB; code++)
		assert_string_not_equal(loader_code_text(code, 0), "unknown code");
	assert_string_equal(loader_code_text(0xFF, 0), "not implemented");
	assert_string_equal(loader_code_text(1, 0x7F), "unknown code");
	assert_string_equal(loader_code_text(0xEE, 0), "unknown code");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_request_has_the_bytes_of_the_protocol_page),
		TEST(every_refusal_keeps_the_bytes_and_names_command_loader_and_code),
		TEST(silence_is_told_and_nothing_is_sent_again),
		TEST(a_port_that_vanishes_is_no_silence),
		TEST(a_cancelled_transport_ends_every_command),
		TEST(the_runs_limit_cuts_every_wait_and_is_no_silence),
		TEST(the_refusal_of_mem_data_reads_as_people_know_it),
		TEST(the_error_byte_means_nothing_when_the_status_is_0),
		TEST(a_register_is_the_answers_value),
		TEST(two_status_bytes_from_a_rom_are_understood),
		TEST(an_answer_split_at_any_byte_is_the_same),
		TEST(an_answer_that_comes_byte_by_byte_is_the_same),
		TEST(an_answer_to_an_older_command_is_skipped),
		TEST(what_came_before_the_request_is_not_its_answer),
		TEST(extra_delimiters_and_text_around_an_answer_do_no_harm),
		TEST(an_answer_with_any_byte_lost_is_never_believed),
		TEST(damaged_bytes_are_told_from_silence),
		TEST(a_unit_that_prints_instead_of_answering_is_quoted),
		TEST(a_unit_that_never_stops_printing_does_not_outlast_the_deadline),
		TEST(an_unknown_command_is_refused_under_the_last_opcode_and_drained),
		TEST(a_second_unknown_command_is_refused_the_same_way),
		TEST(another_refusal_under_an_older_opcode_is_not_taken),
		TEST(a_stub_answers_under_the_right_opcode_only),
		TEST(security_info_has_20_bytes_or_12),
		TEST(an_answer_without_the_data_it_should_carry_is_garbled),
		TEST(an_md5_is_raw_from_a_stub_and_hexadecimal_from_a_rom),
		TEST(an_md5_that_is_not_hexadecimal_leaves_the_result_alone),
		TEST(a_roms_md5_refusal_stands_behind_its_meaningless_data),
		TEST(a_deadline_has_the_chips_time_and_the_wires),
		TEST(times_grow_with_the_size_from_three_seconds_on),
		TEST(after_a_rate_change_deadlines_use_what_the_bridge_makes),
		TEST(a_refused_rate_change_leaves_the_port_alone),
		TEST(a_rate_that_the_port_cannot_make_is_told),
		TEST(a_drain_ends_after_100_ms_of_quiet_or_at_its_maximum),
		TEST(a_watcher_sees_each_request_answer_and_noise),
		TEST(every_code_of_rom_and_stub_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
