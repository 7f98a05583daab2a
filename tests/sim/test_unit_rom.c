/* The mask ROM's loader, frame by frame: framing, replies, RAM. docs/protocol.md. */
#include "tests/sim/wire_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAGIC_ADDR 0x40001000
#define ESP32_MAGIC 0x00F01D83
#define RAM 0x40080000

static struct client *rom(const char *chip)
{
	struct sim_unit_config config = client_config(chip);
	struct client *c = client_new(&config);

	client_enter_rom(c);
	return c;
}

static void send_sync(struct client *c, const uint8_t head[static 4])
{
	uint8_t data[36];

	memcpy(data, head, 4);
	memset(data + 4, 0x55, 32);
	client_send_command(c, 0x08, data, sizeof(data), 0);
}

static void the_first_sync_after_a_reset_is_used_up_by_auto_baud(void **state)
{
	const uint8_t head[] = { 0x07, 0x07, 0x12, 0x20 };
	struct client *c = client_new(NULL);
	(void)state;

	client_reset(c, true);
	client_text(c, 0);
	send_sync(c, head);
	assert_false(client_receive(c, 500));
	send_sync(c, head);
	assert_true(client_receive(c, 500));
	assert_int_equal(c->frame[1], 0x08);
	client_free(c);
}

static void sync_is_answered_eight_times_with_what_was_heard(void **state)
{
	const uint8_t altered[] = { 0x07, 0x20, 0x55, 0x55 };
	struct client *c = rom("esp32");
	(void)state;

	assert_int_equal(client_value(c), 0x20120707);
	send_sync(c, altered);
	for (int i = 0; i < 8; i++) {
		assert_true(client_receive(c, 100));
		assert_int_equal(c->size, 12);
		assert_int_equal(c->frame[0], 1);
		assert_int_equal(c->frame[1], 0x08);
		assert_int_equal(client_value(c), 0x55552007);
		assert_int_equal(c->frame[8], 0);
	}
	assert_false(client_receive(c, 100));
	client_free(c);
}

static void the_rom_locks_onto_any_rate_that_the_host_syncs_at(void **state)
{
	const uint32_t rates[] = { 57600, 230400, 460800, 921600 };
	(void)state;

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct client *c = client_new(NULL);

		client_reset(c, true);
		client_rate(c, rates[i]);
		client_sync(c);
		client_free(c);
	}
}

static void a_reply_carries_four_status_bytes_and_the_last_value(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0A, WORDS(MAGIC_ADDR));
	assert_int_equal(c->size, 12);
	assert_int_equal(client_value(c), ESP32_MAGIC);
	/* Not a question: the value stays, also beside an error. */
	client_ask_words(c, 0x0D, WORDS(0, 0));
	assert_int_equal(client_value(c), ESP32_MAGIC);
	client_ask_words(c, 0x0B, WORDS(0));
	assert_int_equal(client_status(c, 0), 0x0105);
	assert_int_equal(client_value(c), ESP32_MAGIC);
	client_free(c);
}

static void the_error_byte_outlives_its_error(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0B, WORDS(0));
	assert_int_equal(client_status(c, 0), 0x0105);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, RAM));
	assert_int_equal(client_status(c, 0), 0x0005);
	client_free(c);
}

static void some_commands_forget_the_last_error(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0B, WORDS(0));
	client_ask_words(c, 0x0D, WORDS(0, 0));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, RAM));
	assert_int_equal(client_status(c, 0), 0);
	client_ask_words(c, 0x0B, WORDS(0));
	client_read_reg(c, MAGIC_ADDR);
	assert_int_equal(client_status(c, 0), 0);
	client_free(c);
}

static void an_unknown_command_leaves_no_error_behind(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_read_reg(c, MAGIC_ADDR);
	client_ask(c, 0x77, NULL, 0);
	assert_int_equal(client_status(c, 0), 0x0105);
	client_ask_words(c, 0x05, WORDS(4, 1, 4, RAM));
	assert_int_equal(client_status(c, 0), 0);
	client_free(c);
}

static void status_bytes_three_and_four_are_old_buffer_content(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0A, WORDS(MAGIC_ADDR));
	assert_int_equal(c->frame[10], 0);
	assert_int_equal(c->frame[11], 0);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	client_ask_words(c, 0x13, WORDS(0, 0, 0, 0));
	assert_memory_equal(c->frame + 8, "d41d8c", 6);
	client_ask_words(c, 0x0A, WORDS(MAGIC_ADDR));
	assert_memory_equal(c->frame + 10, "1d", 2);
	client_free(c);
}

static void an_unknown_command_is_refused_under_the_name_of_the_one_before(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_read_reg(c, MAGIC_ADDR);
	client_ask(c, 0x77, NULL, 0);
	assert_int_equal(c->frame[1], 0x0A);
	assert_int_equal(client_status(c, 0), 0x0105);
	assert_false(client_receive(c, 100));
	client_free(c);
}

static void after_sync_an_unknown_command_is_refused_eight_times(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_send_command(c, 0x14, NULL, 0, 0); /* security info: the ESP32 has none */
	for (int i = 0; i < 8; i++) {
		assert_true(client_receive(c, 100));
		assert_int_equal(c->frame[1], 0x08);
		assert_int_equal(client_status(c, 0), 0x0105);
	}
	assert_false(client_receive(c, 100));
	client_free(c);
}

static void a_packet_in_the_wrong_direction_is_an_unknown_command(void **state)
{
	const uint8_t packet[] = { 1, 0x0D, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct client *c = rom("esp32");
	(void)state;

	client_read_reg(c, MAGIC_ADDR);
	client_send(c, packet, sizeof(packet));
	assert_true(client_receive(c, 100));
	assert_int_equal(c->frame[1], 0x0A);
	assert_int_equal(client_status(c, 0), 0x0105);
	client_free(c);
}

static void security_info_tells_the_chip_on_all_but_the_esp32(void **state)
{
	const struct {
		const char *chip;
		uint8_t id;
	} chips[] = { { "esp32s3", 9 }, { "esp32c3", 5 } };
	(void)state;

	for (int i = 0; i < 2; i++) {
		struct client *c = rom(chips[i].chip);

		client_ask(c, 0x14, NULL, 0);
		assert_int_equal(c->frame[1], 0x14);
		assert_int_equal(c->size, 8 + 20 + 4);
		assert_int_equal(c->frame[8 + 12], chips[i].id);
		assert_int_equal(client_status(c, 20) >> 8, 0);
		client_free(c);
	}
}

static void security_info_tells_what_is_switched_on(void **state)
{
	struct sim_unit_config config = client_config("esp32c3");
	struct client *c;
	(void)state;

	config.secure_boot = config.flash_encryption = config.secure_download = true;
	c = client_new(&config);
	client_enter_rom(c);
	client_ask(c, 0x14, NULL, 0);
	assert_int_equal(c->frame[8] & 5, 5);
	assert_int_equal(c->frame[8 + 4], 1);
	client_free(c);
}

static void secure_download_mode_refuses_what_reads_or_runs(void **state)
{
	const uint8_t refused[] = { 0x05, 0x06, 0x07, 0x09, 0x0A, 0x0E, 0x10, 0x11, 0x12, 0x13 };
	struct sim_unit_config config = client_config("esp32s3");
	struct client *c;
	(void)state;

	config.secure_download = true;
	c = client_new(&config);
	client_enter_rom(c);
	client_ask_words(c, 0x0D, WORDS(0, 0));
	assert_int_equal(client_status(c, 0), 0);
	for (size_t i = 0; i < sizeof(refused); i++) {
		client_ask_words(c, refused[i], WORDS(MAGIC_ADDR, 0, 0, 0));
		assert_int_equal(client_status(c, 0), 0x0105);
	}
	client_free(c);
}

/* ---- framing ---- */

static void extra_delimiters_and_junk_between_frames_do_no_harm(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_send_raw(c, "\xC0\xC0\xC0", 3);
	assert_int_equal(client_read_reg(c, MAGIC_ADDR), ESP32_MAGIC);
	client_send_raw(c, "junk", 4);
	assert_int_equal(client_read_reg(c, MAGIC_ADDR), ESP32_MAGIC);
	client_free(c);
}

static void a_frame_cut_short_runs_with_what_the_buffer_held_before(void **state)
{
	const uint8_t cut[] = { 0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0x04, 0xC0 };
	struct client *c = rom("esp32");
	(void)state;

	client_write_reg(c, 0x3FF00004, 0xAB);
	client_read_reg(c, 0x3FF00000);
	client_send_raw(c, cut, sizeof(cut));
	assert_true(client_receive(c, 100));
	assert_int_equal(client_value(c), 0xAB);
	client_free(c);
}

static void a_bad_escape_is_not_rejected(void **state)
{
	const uint8_t bad[] = { 0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0xDB, 0x40, 0xC0 };
	struct client *c = rom("esp32");
	(void)state;

	client_send_raw(c, bad, sizeof(bad));
	assert_true(client_receive(c, 100));
	assert_int_equal(c->frame[1], 0x0A);
	assert_int_equal(client_value(c), ESP32_MAGIC);
	client_free(c);
}

static void a_delimiter_behind_an_escape_ends_nothing(void **state)
{
	const uint8_t open[] = { 0xC0, 0, 0x0A, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x40, 0xDB, 0xC0 };
	struct client *c = rom("esp32");
	(void)state;

	client_send_raw(c, open, sizeof(open));
	assert_false(client_receive(c, 100));
	client_send_raw(c, open, 1);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_value(c), ESP32_MAGIC);
	client_free(c);
}

static void what_overruns_the_ring_while_a_command_runs_is_lost(void **state)
{
	uint8_t block[0x400];
	struct client *c = rom("esp32");
	(void)state;

	memset(block, 0x11, sizeof(block));
	client_ask_words(c, 0x0D, WORDS(0, 0));
	/* An erase of 1 MB keeps the ROM busy for seconds; nobody waits for its answer. */
	client_send_command(c, 0x02, (uint32_t[]){ 0x100000, 1024, 0x400, 0 }, 16, 0);
	client_send_command(c, 0x08, block, sizeof(block), 0);
	assert_true(client_receive(c, 10000));
	assert_int_equal(c->frame[1], 0x02);
	assert_false(client_receive(c, 1000));
	client_sync(c);
	client_free(c);
}

/* ---- registers ---- */

static void write_reg_changes_only_the_bits_of_its_mask(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_write_reg(c, 0x3FF00010, 0x12345678);
	client_ask_words(c, 0x09, WORDS(0x3FF00010, UINT32_MAX, 0xFF00, 0));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	assert_int_equal(client_read_reg(c, 0x3FF00010), 0x1234FF78);
	client_free(c);
}

static void write_reg_takes_several_records_and_any_size(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x09,
			 WORDS(0x3FF00020, 1, UINT32_MAX, 0, 0x3FF00024, 2, UINT32_MAX, 0));
	assert_int_equal(client_read_reg(c, 0x3FF00020), 1);
	assert_int_equal(client_read_reg(c, 0x3FF00024), 2);
	client_ask(c, 0x09, NULL, 0);
	assert_int_equal(client_status(c, 0) >> 8, 0);
	client_free(c);
}

/* ---- rate ---- */

static void the_reply_to_a_rate_change_still_comes_at_the_old_rate(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0F, WORDS(921600, 0));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	assert_memory_equal(client_text(c, 10), "\xC0\xC0", 3); /* and so does its flush */
	client_rate(c, 921600);
	client_wait_ms(c, 50);
	assert_int_equal(client_read_reg(c, MAGIC_ADDR), ESP32_MAGIC);
	assert_int_equal(client_read_reg(c, 0x3FF40014), 0x0060002B);
	client_free(c);
}

static void an_old_rate_in_the_second_word_makes_the_first_a_divider(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x0F, WORDS(1500000, 1500000));
	client_rate(c, 1500000);
	client_wait_ms(c, 50);
	client_send_command(c, 0x0A, (uint8_t[]){ 0, 0x10, 0, 0x40 }, 4, 0);
	assert_false(client_receive(c, 500));
	client_free(c);
	/* 115200 has a low byte of zero and hides the mistake. */
	c = rom("esp32");
	client_ask_words(c, 0x0F, WORDS(460800, 115200));
	client_rate(c, 460800);
	client_wait_ms(c, 50);
	assert_int_equal(client_read_reg(c, MAGIC_ADDR), ESP32_MAGIC);
	client_free(c);
}

/* ---- RAM ---- */

static void mem_begin_wants_sixteen_bytes_and_blocks_of_6144_at_most(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x05, WORDS(64, 1, 64));
	assert_int_equal(client_status(c, 0), 0x0105);
	client_ask_words(c, 0x05, WORDS(0x1801, 1, 0x1801, RAM));
	assert_int_equal(client_status(c, 0), 0x0105);
	client_ask_words(c, 0x05, WORDS(0x1800, 1, 0x1800, RAM));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	client_free(c);
}

static void mem_data_without_a_begin_is_refused(void **state)
{
	uint8_t block[4] = { 1 };
	struct client *c = rom("esp32");
	(void)state;

	client_ask_block(c, 0x07, 0, block, sizeof(block));
	assert_int_equal(client_status(c, 0), 0x0105);
	client_free(c);
}

static void a_block_that_fails_its_checksum_uses_up_its_sequence_number(void **state)
{
	uint8_t data[16 + 4] = { 4 };
	struct client *c = rom("esp32c3");
	(void)state;

	client_ask_words(c, 0x05, WORDS(8, 2, 4, 0x40380000));
	client_send_command(c, 0x07, data, sizeof(data), 0x00);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0x0107);
	assert_int_equal(c->frame[10], 0);
	assert_int_equal(c->frame[11], 0);
	client_send_command(c, 0x07, data, sizeof(data), 0xEF);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0), 0x0105);
	data[4] = 1;
	/* Only the low byte of the sum is looked at. */
	client_send_command(c, 0x07, data, sizeof(data), 0xABCDEFEF);
	assert_true(client_receive(c, 100));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	client_free(c);
}

static void bytes_missing_from_a_block_are_a_checksum_error(void **state)
{
	uint8_t data[16 + 256];
	struct client *c = rom("esp32");
	(void)state;

	memset(data, 0, sizeof(data));
	data[1] = 1; /* 256 bytes declared */
	for (int i = 0; i < 256; i++)
		data[16 + i] = (uint8_t)i;
	client_ask_words(c, 0x05, WORDS(512, 2, 256, RAM));
	client_ask_block(c, 0x07, 0, data + 16, 256);
	assert_int_equal(client_status(c, 0) >> 8, 0);
	/* The same again without its last three bytes fits: they still lie in the buffer. */
	data[4] = 1;
	data[2] = 0;
	{
		uint8_t packet[8 + 16 + 253] = { 0, 0x07, 0x10, 0x01, 0xEF };

		memcpy(packet + 8, data, sizeof(packet) - 8);
		client_send(c, packet, sizeof(packet));
		assert_true(client_receive(c, 100));
		assert_int_equal(client_status(c, 0) >> 8, 0);
		/* Without one in the middle everything behind has moved. */
		packet[8 + 4] = 2;
		memmove(packet + 100, packet + 101, sizeof(packet) - 101);
		client_send(c, packet, sizeof(packet) - 1);
		assert_true(client_receive(c, 100));
		assert_int_equal(client_status(c, 0), 0x0107);
	}
	client_free(c);
}

static void uploaded_code_starts_at_its_entry_only_if_all_of_it_is_there(void **state)
{
	uint8_t code[64] = { 7 };
	struct sim_counters n;
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x05, WORDS(128, 2, 64, RAM));
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	client_ask_words(c, 0x06, WORDS(0, RAM));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	assert_non_null(strstr(client_text(c, 300), "Guru Meditation"));
	sim_unit_counters(c->unit, &n);
	assert_int_equal(n.crashes, 1);
	assert_int_equal(n.stub_starts, 0);
	client_free(c);
}

static void an_entry_outside_of_what_was_uploaded_crashes(void **state)
{
	uint8_t code[64] = { 7 };
	struct client *c = rom("esp32c3");
	(void)state;

	client_ask_words(c, 0x05, WORDS(64, 1, 64, 0x40380000));
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	client_ask_words(c, 0x06, WORDS(0, 0x40390000));
	assert_non_null(strstr(client_text(c, 300), "Guru Meditation"));
	client_free(c);
}

static void mem_end_with_the_stay_flag_stays(void **state)
{
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x06, WORDS(1, 0));
	assert_int_equal(client_status(c, 0) >> 8, 0);
	assert_int_equal(client_read_reg(c, MAGIC_ADDR), ESP32_MAGIC);
	client_free(c);
}

static void uploaded_ram_can_be_read_back(void **state)
{
	uint8_t code[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct client *c = rom("esp32");
	(void)state;

	client_ask_words(c, 0x05, WORDS(8, 1, 8, RAM));
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	assert_int_equal(client_read_reg(c, RAM + 4), 0x08070605);
	client_free(c);
}

static void secure_boot_keeps_uploaded_code_from_starting(void **state)
{
	uint8_t code[64] = { 7 };
	struct sim_unit_config config = client_config("esp32c3");
	struct client *c;
	(void)state;

	config.secure_boot = true;
	c = client_new(&config);
	client_enter_rom(c);
	client_ask_words(c, 0x05, WORDS(64, 1, 64, 0x40380000));
	client_ask_block(c, 0x07, 0, code, sizeof(code));
	client_ask_words(c, 0x06, WORDS(0, 0x40380000));
	assert_false(client_receive(c, 500));
	client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_sync_after_a_reset_is_used_up_by_auto_baud),
		cmocka_unit_test(sync_is_answered_eight_times_with_what_was_heard),
		cmocka_unit_test(the_rom_locks_onto_any_rate_that_the_host_syncs_at),
		cmocka_unit_test(a_reply_carries_four_status_bytes_and_the_last_value),
		cmocka_unit_test(the_error_byte_outlives_its_error),
		cmocka_unit_test(some_commands_forget_the_last_error),
		cmocka_unit_test(an_unknown_command_leaves_no_error_behind),
		cmocka_unit_test(status_bytes_three_and_four_are_old_buffer_content),
		cmocka_unit_test(an_unknown_command_is_refused_under_the_name_of_the_one_before),
		cmocka_unit_test(after_sync_an_unknown_command_is_refused_eight_times),
		cmocka_unit_test(a_packet_in_the_wrong_direction_is_an_unknown_command),
		cmocka_unit_test(security_info_tells_the_chip_on_all_but_the_esp32),
		cmocka_unit_test(security_info_tells_what_is_switched_on),
		cmocka_unit_test(secure_download_mode_refuses_what_reads_or_runs),
		cmocka_unit_test(extra_delimiters_and_junk_between_frames_do_no_harm),
		cmocka_unit_test(a_frame_cut_short_runs_with_what_the_buffer_held_before),
		cmocka_unit_test(a_bad_escape_is_not_rejected),
		cmocka_unit_test(a_delimiter_behind_an_escape_ends_nothing),
		cmocka_unit_test(what_overruns_the_ring_while_a_command_runs_is_lost),
		cmocka_unit_test(write_reg_changes_only_the_bits_of_its_mask),
		cmocka_unit_test(write_reg_takes_several_records_and_any_size),
		cmocka_unit_test(the_reply_to_a_rate_change_still_comes_at_the_old_rate),
		cmocka_unit_test(an_old_rate_in_the_second_word_makes_the_first_a_divider),
		cmocka_unit_test(mem_begin_wants_sixteen_bytes_and_blocks_of_6144_at_most),
		cmocka_unit_test(mem_data_without_a_begin_is_refused),
		cmocka_unit_test(a_block_that_fails_its_checksum_uses_up_its_sequence_number),
		cmocka_unit_test(bytes_missing_from_a_block_are_a_checksum_error),
		cmocka_unit_test(uploaded_code_starts_at_its_entry_only_if_all_of_it_is_there),
		cmocka_unit_test(an_entry_outside_of_what_was_uploaded_crashes),
		cmocka_unit_test(mem_end_with_the_stay_flag_stays),
		cmocka_unit_test(uploaded_ram_can_be_read_back),
		cmocka_unit_test(secure_boot_keeps_uploaded_code_from_starting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
