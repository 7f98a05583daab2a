#include "engine/cause.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char suspects[80], advice[400], evidence[400];

static void expect_word(const char *text, const char *word)
{
	if (!strstr(text, word))
		fail_msg("'%s' does not say '%s'", text, word);
}

static void expect_none(const char *text, const char *word)
{
	if (strstr(text, word))
		fail_msg("'%s' says '%s'", text, word);
}

static void judge(const struct link_facts *f, const struct cause_case *c)
{
	cause_evidence(f, "", evidence, sizeof(evidence));
	cause_judge(f, c, suspects, sizeof(suspects), advice, sizeof(advice));
	assert_true(suspects[0] != '\0');
	assert_true(advice[0] != '\0');
	assert_null(strchr(advice, '{'));
	assert_null(strchr(advice, '\n'));
	/* A whole sentence: not cut, and with something to do or a reason. */
	assert_true(strlen(advice) < sizeof(advice) - 1);
}

static struct link_facts ch9102_facts(const char *system, const char *driver)
{
	struct link_facts f = {
		.system = system, .bridge = "CH9102F", .driver = driver, .echoes = 8
	};

	facts_add_block(&f.ram, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&f.ram, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&f.ram, 1024, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&f.ram, 256, 0, true, BLOCK_ACCEPTED, 0);
	return f;
}

static const struct cause_case rescued = {
	.status = STATUS_OK,
	.passed_by = "stub 921600, blocks of 256",
};

/* ---- the founding case ---- */

static void the_founding_case_reads_as_people_know_it(void **state)
{
	struct link_facts f = ch9102_facts("Linux", "cdc_acm");

	(void)state;
	judge(&f, &rescued);
	assert_string_equal(evidence, "RAM block of 6144 bytes refused with 07, 256 accepted; "
				      "8 sync echoes clean; bridge CH9102F, driver cdc_acm");
	assert_string_equal(suspects, "bridge, driver, supply, cable");
	expect_word(advice, "bytes of long writes are lost");
	expect_word(advice, "a weak supply gives the same code 07 and is not ruled out");
	expect_word(advice, "it passed with stub 921600, blocks of 256");
	expect_word(advice, "on Linux no driver is known to do better");
}

static void advice_about_a_driver_comes_from_the_systems_row(void **state)
{
	struct link_facts f = ch9102_facts("macOS", NULL);

	(void)state;
	judge(&f, &rescued);
	assert_string_equal(suspects, "driver, bridge, supply, cable");
	expect_word(advice, "on macOS install the maker's driver");

	f = ch9102_facts("FreeBSD", "umodem");
	judge(&f, &rescued);
	expect_word(advice, "its driver umodem is known for that with the bridge CH9102F");
	expect_none(advice, "install");

	f = ch9102_facts("Plan 9", "usbserial");
	judge(&f, &rescued);
	assert_string_equal(suspects, "bridge, driver, supply, cable");
	expect_none(advice, "install");
	expect_word(advice, "no better driver is known");

	f = ch9102_facts(NULL, NULL);
	f.bridge = NULL;
	judge(&f, &rescued);
	expect_word(advice, "the bridge or its driver");
}

/* ---- the same code, told apart by what else was seen ---- */

static void a_brown_out_text_puts_the_supply_first(void **state)
{
	struct link_facts f = ch9102_facts("Linux", "cdc_acm");

	(void)state;
	f.saw_brown_out = true;
	judge(&f, &rescued);
	assert_memory_equal(suspects, "supply", 6);
	expect_word(evidence, "brown-out text");
	expect_none(advice, "driver");
}

static void a_restart_without_words_names_the_supply_and_says_that_it_is_not_proven(void **state)
{
	struct link_facts f = { .echoes = 8, .restarts = 1 };
	const struct cause_case c = { .status = STATUS_NO_ANSWER, .first = STATUS_NO_ANSWER };

	(void)state;
	judge(&f, &c);
	assert_memory_equal(suspects, "supply", 6);
	expect_word(advice, "no brown-out text has proven");
}

static void altered_echoes_say_that_it_is_not_the_length(void **state)
{
	struct link_facts f = ch9102_facts("Linux", "cdc_acm");

	(void)state;
	f.altered_echoes = 3;
	f.odd_echo = 0x55552007;
	judge(&f, &rescued);
	expect_word(evidence, "3 of 8 sync echoes altered, first 55552007");
	assert_memory_equal(suspects, "cable", 5);
	expect_word(advice, "no matter of long writes");
}

static void a_block_that_passes_the_second_time_cannot_be_told_apart_and_says_so(void **state)
{
	struct link_facts f = { .echoes = 8 };

	(void)state;
	facts_add_block(&f.ram, 6144, 0, true, BLOCK_REFUSED, 0x07);
	facts_add_block(&f.ram, 6144, 0, true, BLOCK_ACCEPTED, 0);
	facts_add_block(&f.ram, 56, 0, false, BLOCK_ACCEPTED, 0);
	judge(&f, &rescued);
	expect_word(evidence, "RAM block of 6144 bytes refused with 07, others of that size");
	expect_word(advice, "look alike here");
}

static void silence_is_never_called_refused(void **state)
{
	struct link_facts f = { .echoes = 8 };
	const struct cause_case c = { .status = STATUS_NO_ANSWER, .first = STATUS_NO_ANSWER };

	(void)state;
	facts_add_block(&f.ram, 6144, 0, true, BLOCK_SILENT, 0);
	facts_add_block(&f.ram, 1024, 0, true, BLOCK_ACCEPTED, 0);
	judge(&f, &c);
	expect_word(evidence, "RAM block of 6144 bytes not answered, 1024 accepted");
	expect_none(evidence, "refused");
	expect_none(advice, "refused");
}

static void pieces_that_helped_are_told(void **state)
{
	struct link_facts f = { .echoes = 8 };

	(void)state;
	facts_add_block(&f.data, 256, 0, true, BLOCK_REFUSED, 0xc1);
	facts_add_block(&f.data, 256, 0, true, BLOCK_REFUSED, 0xc1);
	facts_add_block(&f.data, 256, 64, true, BLOCK_ACCEPTED, 0);
	judge(&f, &rescued);
	expect_word(evidence, "data block of 256 bytes refused with C1, 256 accepted in pieces of "
			      "64");
	expect_word(advice, "the same code C1");
}

/* ---- first contact ---- */

static void a_stuck_strap_is_told_from_a_stuck_reset(void **state)
{
	struct link_facts f = { .saw_boot_line = true };
	const struct cause_case c = { .status = STATUS_WRONG_BOOT_MODE };

	(void)state;
	judge(&f, &c);
	expect_word(advice, "GPIO0");
	f.saw_boot_line = false;
	judge(&f, &c);
	expect_word(advice, "EN");
}

static void a_loader_that_waits_and_hears_nothing_is_told_from_a_dead_unit(void **state)
{
	struct link_facts f = { .is_deaf = true };
	const struct cause_case c = { .status = STATUS_SYNC_NO_REPLY };

	(void)state;
	judge(&f, &c);
	expect_word(advice, "hears nothing");
	f.is_deaf = false;
	judge(&f, &c);
	assert_memory_equal(suspects, "supply", 6);
}

static void a_port_that_takes_nothing_is_a_stuck_bridge(void **state)
{
	struct link_facts f = { .echoes = 8, .is_stuck = true };
	const struct cause_case c = { .status = STATUS_NO_ANSWER, .first = STATUS_NO_ANSWER };

	(void)state;
	judge(&f, &c);
	assert_memory_equal(suspects, "bridge", 6);
}

static void a_unit_that_answered_and_then_not_is_told_from_one_that_never_did(void **state)
{
	struct link_facts f = { .echoes = 8 };
	const struct cause_case c = { .status = STATUS_SYNC_NO_REPLY };

	(void)state;
	judge(&f, &c);
	expect_word(advice, "answered at first and then no more");
}

/* ---- the rest ---- */

static void a_rate_that_failed_is_named_with_the_one_that_works(void **state)
{
	struct link_facts f = { .echoes = 16, .rate_baud = 460800 };

	(void)state;
	facts_add_failed_rate(&f, 1500000);
	facts_add_failed_rate(&f, 921600);
	judge(&f, &rescued);
	expect_word(evidence, "1500000, 921600 baud failed, 460800 works");
	expect_word(advice, "1500000 baud does not work");
}

static void a_chips_no_on_a_clean_line_is_the_units(void **state)
{
	struct link_facts f = { .echoes = 8 };
	struct cause_case c = { .status = STATUS_MD5_MISMATCH, .first = STATUS_MD5_MISMATCH };

	(void)state;
	judge(&f, &c);
	assert_memory_equal(suspects, "unit", 4);
	/* The same with answers lost on the way: not so sure. */
	f.silences = 2;
	judge(&f, &c);
	assert_memory_equal(suspects, "cable", 5);
}

static void a_protected_flash_leads_to_the_recipes_key_unless_it_was_set(void **state)
{
	struct link_facts f = { .echoes = 8 };
	struct cause_case c = { .status = STATUS_FLASH_PROTECTED };

	(void)state;
	judge(&f, &c);
	expect_word(advice, "policy.clear_protection: yes");
	assert_memory_equal(suspects, "recipe", 6);
	c.clears_protection = true;
	judge(&f, &c);
	expect_none(advice, "policy");
	expect_word(advice, "cannot be cleared");
	assert_string_equal(suspects, "unit");
}

static void an_interlock_blames_no_line(void **state)
{
	struct link_facts f = ch9102_facts("Linux", "cdc_acm");
	const struct cause_case c = { .status = STATUS_WRONG_CHIP };

	(void)state;
	judge(&f, &c);
	expect_none(suspects, "cable");
	assert_string_equal(advice, status_row(STATUS_WRONG_CHIP)->sentence);
}

static void who_stops_a_run_is_not_the_unit(void **state)
{
	struct link_facts f = { .echoes = 8, .silences = 3 };
	const struct cause_case c = { .status = STATUS_CANCELLED };

	(void)state;
	judge(&f, &c);
	assert_string_equal(suspects, "operator");
}

static void every_failure_has_suspects_and_a_sentence(void **state)
{
	(void)state;
	for (int st = STATUS_OK + 1; st < STATUS_COUNT; st++) {
		for (int rescue = 0; rescue < 2; rescue++) {
			struct link_facts f = { .echoes = 8 };
			struct cause_case c = {
				.status = rescue ? STATUS_OK : (enum status)st,
				.first = (enum status)st,
				.passed_by = rescue ? "stub 921600" : NULL,
			};

			judge(&f, &c);
		}
	}
}

/* ---- evidence ---- */

static void evidence_keeps_whole_facts_and_the_telling_ones_first(void **state)
{
	struct link_facts f = ch9102_facts("Linux", "cdc_acm");
	char more[3000] = "", text[200];

	(void)state;
	for (int i = 0; i < 40; i++)
		snprintf(more + strlen(more), sizeof(more) - strlen(more),
			 "%sfact number %d of those that count less", i ? "\n" : "", i);
	for (size_t size = 1; size <= sizeof(text); size++) {
		cause_evidence(&f, more, text, size);
		assert_true(strlen(text) < size);
		if (text[0])
			assert_memory_equal(text, size > 62 ? "RAM block of 6144" : text,
					    strlen(text) < 17 ? strlen(text) : 17);
	}
	expect_word(text, "driver cdc_acm; fact number 0 of those that count less");
	assert_true(strncmp(text + strlen(text) - 5, " less", 5) == 0);
}

static void a_clean_run_has_clean_evidence(void **state)
{
	struct link_facts f = { .echoes = 8, .bridge = "CP2104", .driver = "cp210x" };

	(void)state;
	facts_add_block(&f.ram, 6144, 0, true, BLOCK_ACCEPTED, 0);
	cause_evidence(&f, "", evidence, sizeof(evidence));
	assert_string_equal(evidence, "8 sync echoes clean; bridge CP2104, driver cp210x");
}

/* ---- the rows ---- */

static void every_driver_row_has_its_source_and_can_be_found(void **state)
{
	size_t count;
	const struct driver_row *rows = cause_driver_rows(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(rows[i].advice);
		assert_memory_equal(rows[i].source, "docs/bridges.md, ", 17);
		assert_ptr_equal(cause_driver(rows[i].system, rows[i].driver, rows[i].bridge),
				 &rows[i]);
	}
	assert_null(cause_driver("Linux", "cp210x", "CP2104"));
	assert_null(cause_driver(NULL, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_founding_case_reads_as_people_know_it),
		cmocka_unit_test(advice_about_a_driver_comes_from_the_systems_row),
		cmocka_unit_test(a_brown_out_text_puts_the_supply_first),
		cmocka_unit_test(
			a_restart_without_words_names_the_supply_and_says_that_it_is_not_proven),
		cmocka_unit_test(altered_echoes_say_that_it_is_not_the_length),
		cmocka_unit_test(
			a_block_that_passes_the_second_time_cannot_be_told_apart_and_says_so),
		cmocka_unit_test(silence_is_never_called_refused),
		cmocka_unit_test(pieces_that_helped_are_told),
		cmocka_unit_test(a_stuck_strap_is_told_from_a_stuck_reset),
		cmocka_unit_test(a_loader_that_waits_and_hears_nothing_is_told_from_a_dead_unit),
		cmocka_unit_test(a_port_that_takes_nothing_is_a_stuck_bridge),
		cmocka_unit_test(a_unit_that_answered_and_then_not_is_told_from_one_that_never_did),
		cmocka_unit_test(a_rate_that_failed_is_named_with_the_one_that_works),
		cmocka_unit_test(a_chips_no_on_a_clean_line_is_the_units),
		cmocka_unit_test(a_protected_flash_leads_to_the_recipes_key_unless_it_was_set),
		cmocka_unit_test(an_interlock_blames_no_line),
		cmocka_unit_test(who_stops_a_run_is_not_the_unit),
		cmocka_unit_test(every_failure_has_suspects_and_a_sentence),
		cmocka_unit_test(evidence_keeps_whole_facts_and_the_telling_ones_first),
		cmocka_unit_test(a_clean_run_has_clean_evidence),
		cmocka_unit_test(every_driver_row_has_its_source_and_can_be_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
