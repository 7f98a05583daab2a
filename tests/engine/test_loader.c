/* Every request of the loader: its bytes, its ends, its time. */
#include "engine/packet.h"
#include "engine/slip.h"
#include "tests/engine/loader_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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
	return loader_change_rate(&w.l, 921600, 921600, 115200, &w.err);
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
			loader_tear_down(&none);
			loader_set_up(&none);
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

/* ---- how each of them can end ---- */

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

	loader_tear_down(state);
	loader_set_up(state);
	start_us = w.s.now_us;
	for (unsigned i = 0; i < 60; i++)
		script_bytes(&w.s, SCRIPT_BEFORE, (uint64_t)i * 50000, "x", 1);
	assert_int_equal(loader_drain(&w.l, 2000, &w.err), STATUS_OK);
	assert_int_equal(w.s.now_us - start_us, 2000000);
}

/* ---- words ---- */

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, loader_set_up, loader_tear_down)

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
		TEST(a_deadline_has_the_chips_time_and_the_wires),
		TEST(times_grow_with_the_size_from_three_seconds_on),
		TEST(after_a_rate_change_deadlines_use_what_the_bridge_makes),
		TEST(a_refused_rate_change_leaves_the_port_alone),
		TEST(a_rate_that_the_port_cannot_make_is_told),
		TEST(a_drain_ends_after_100_ms_of_quiet_or_at_its_maximum),
		TEST(every_code_of_rom_and_stub_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
