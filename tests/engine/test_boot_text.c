#include "engine/boot_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct boot_text read_text(const char *text)
{
	struct boot_text b;

	boot_text_read(text, &b);
	return b;
}

/* ---- what real ROMs print ---- */

static const char esp32_flash[] =
	"ets Jul 29 2019 12:21:46 rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT) "
	"configsip: 0, SPIWP:0xee clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00 mode:DIO, "
	"clock div:2 load:0x3fff0030,len:1184 entry 0x400805e4 ";
static const char esp32_loader[] =
	"ets Jun 8 2016 00:22:57 rst:0x1 (POWERON_RESET),boot:0x3 "
	"(DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)) waiting for download ";
static const char c3_loader[] = "ESP-ROM:esp32c3-api1-20210207 Build:Feb 7 2021 rst:0x1 "
				"(POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1)) waiting for download ";
static const char c3_forbidden[] = "ESP-ROM:esp32c3-api1-20210207 Build:Feb 7 2021 rst:0x1 "
				   "(POWERON),boot:0x4 (DOWNLOAD(USB/UART0/1)) "
				   "Download boot modes disabled ";
static const char c3_spi[] = "ESP-ROM:esp32c3-api1-20210207 Build:Feb 7 2021 rst:0x1 "
			     "(POWERON),boot:0x1 (SPI_DOWNLOAD_BOOT) wait spi download ";
static const char esp32_forbidden[] = "Download mode is disabled. Restart with GPIO0 high. ";

static const struct {
	const char *text;
	enum boot_mode mode;
	uint32_t strap;
} known[] = {
	{ esp32_flash, BOOT_MODE_FLASH, 0x13 }, { esp32_loader, BOOT_MODE_LOADER, 0x3 },
	{ c3_loader, BOOT_MODE_LOADER, 0x5 },   { c3_forbidden, BOOT_MODE_FORBIDDEN, 0x4 },
	{ c3_spi, BOOT_MODE_ELSEWHERE, 0x1 },
};

static void each_roms_text_tells_its_mode_and_strap(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct boot_text b = read_text(known[i].text);

		assert_int_equal(b.mode, known[i].mode);
		assert_true(b.has_strap);
		assert_int_equal(b.strap, known[i].strap);
		assert_int_equal(b.resets, 1);
	}
}

/* Cut after each character: the mode is right or unknown, never another one. */
static void a_text_cut_anywhere_never_tells_a_wrong_mode(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t full = strlen(known[i].text);

		for (size_t len = 0; len <= full; len++) {
			char *cut = strndup(known[i].text, len);
			struct boot_text b;

			assert_non_null(cut);
			b = read_text(cut);
			/* Before the last words a forbidden loader is a loader. */
			if (b.mode != BOOT_MODE_UNKNOWN &&
			    !(known[i].mode == BOOT_MODE_FORBIDDEN && b.mode == BOOT_MODE_LOADER))
				assert_int_equal(b.mode, known[i].mode);
			free(cut);
		}
	}
}

static void nothing_and_noise_tell_nothing(void **state)
{
	static const char *const texts[] = { "",        "boot:",           "rst:0x",
					     "boot:0x", "x ), (rst:0x1 (", "I (300) app: ready" };
	char words[100] = "x";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct boot_text b = read_text(texts[i]);

		assert_int_equal(b.mode, BOOT_MODE_UNKNOWN);
		assert_false(b.has_strap);
		assert_false(boot_text_signs(&b, words, sizeof(words)));
		assert_string_equal(words, "");
	}
}

/* Pieces of real text in any order, cut anywhere. */
static void no_mixture_of_words_is_too_much(void **state)
{
	static const char *const pieces[] = {
		"rst:0x",
		"1",
		" (POWERON",
		")",
		",boot:0x",
		"13",
		"(",
		"SPI_FAST_FLASH_BOOT",
		"DOWNLOAD(USB/UART0",
		"waiting for download",
		"Download boot modes disabled",
		"WDT",
		"BROWN_OUT",
		" ",
		"invalid header: 0x",
		"ffffffffffffffffffff",
	};
	uint64_t seed = 1;
	char text[512], words[80];

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		size_t len = 0;
		struct boot_text b;
		const char *keep;

		text[0] = '\0';
		for (;;) {
			const char *piece;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			piece = pieces[seed >> 60];
			if (seed >> 40 & 0x1f) {
				size_t size = strlen(piece);

				if (len + size >= sizeof(text))
					break;
				memcpy(text + len, piece, size + 1);
				len += size;
			} else if (len) {
				text[--len] = '\0';
				break;
			}
		}
		boot_text_read(text, &b);
		boot_text_signs(&b, words, sizeof(words));
		keep = boot_text_keep(text);
		assert_true(keep >= text && keep <= text + len);
		assert_true(strlen(b.reset_cause) < sizeof(b.reset_cause));
		if (b.mode == BOOT_MODE_FORBIDDEN)
			assert_true(b.is_forbidden);
	}
}

static void the_last_reset_decides_on_the_mode(void **state)
{
	char text[900];
	struct boot_text b;

	(void)state;
	strcpy(text, esp32_loader);
	strcat(text, esp32_flash);
	b = read_text(text);
	assert_int_equal(b.mode, BOOT_MODE_FLASH);
	assert_int_equal(b.resets, 2);
	strcpy(text, esp32_flash);
	strcat(text, esp32_loader);
	assert_int_equal(read_text(text).mode, BOOT_MODE_LOADER);
}

static void an_application_that_waits_for_a_download_is_no_loader(void **state)
{
	char text[900];

	(void)state;
	strcpy(text, esp32_flash);
	strcat(text, "I (500) ota: waiting for download ");
	assert_int_equal(read_text(text).mode, BOOT_MODE_FLASH);
}

/* The ESP32 says it without a line on the reset, and a watchdog starts the application then. */
static void a_forbidden_download_is_known_whatever_ran_after_it(void **state)
{
	char text[900];
	struct boot_text b = read_text(esp32_forbidden);

	(void)state;
	assert_int_equal(b.mode, BOOT_MODE_FORBIDDEN);
	strcpy(text, esp32_forbidden);
	strcat(text, esp32_flash);
	b = read_text(text);
	assert_true(b.is_forbidden);
	assert_int_equal(b.mode, BOOT_MODE_FLASH);
	assert_false(read_text(esp32_flash).is_forbidden);
}

static void signs_of_trouble_are_told_apart(void **state)
{
	static const struct {
		const char *text, *words;
	} signs[] = {
		{ "rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT) ",
		  "brown-out" },
		{ "Brownout detector was triggered ", "brown-out" },
		{ "rst:0xf (LP_BOD_SYS),boot:0xc (SPI_FAST_FLASH_BOOT)", "brown-out" },
		{ "rst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)", "brown-out" },
		{ "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT) "
		  "invalid header: 0xffffffff invalid header: 0xffffffff",
		  "watchdog reset, nothing to start in flash" },
		{ "rst:0x7 (TG0WDT_SYS_RST),boot:0x8 (SPI_FAST_FLASH_BOOT)", "watchdog reset" },
		{ "Guru Meditation Error: Core  0 panic'ed (IllegalInstruction). ", "panic" },
		{ "rst:0xc (RTC_SW_CPU_RST),boot:0x8 (SPI_FAST_FLASH_BOOT) E (30) boot: No "
		  "bootable "
		  "app partitions in the partition table",
		  "nothing to start in flash" },
		{ "secure boot verification failed ", "secure boot refused the flash" },
		{ "Download mode is disabled. ", "download mode forbidden" },
	};
	char words[160];

	(void)state;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		struct boot_text b = read_text(signs[i].text);

		assert_true(boot_text_signs(&b, words, sizeof(words)));
		assert_string_equal(words, signs[i].words);
	}
}

static void signs_fit_into_any_room(void **state)
{
	struct boot_text b = read_text("Brownout Guru Meditation invalid header rst:0x7 (TG0WDT)");
	char words[40];

	(void)state;
	for (size_t size = 1; size <= sizeof(words); size++) {
		memset(words, '#', sizeof(words));
		boot_text_signs(&b, words, size);
		assert_true(strlen(words) < size);
	}
}

static void the_cause_of_the_last_reset_is_kept(void **state)
{
	(void)state;
	assert_string_equal(read_text(esp32_flash).reset_cause, "POWERON_RESET");
	assert_string_equal(read_text("rst:0x1,boot:0x13 (SPI_FAST_FLASH_BOOT)").reset_cause, "");
}

static void what_is_kept_begins_with_the_refusal_or_the_reset(void **state)
{
	char text[900] = "I (5000) app: alive ";
	size_t before = strlen(text);

	(void)state;
	strcat(text, "rst:0x1 (POWERON_RESET)");
	assert_ptr_equal(boot_text_keep(text), text + before);
	strcpy(text + before, esp32_forbidden);
	strcat(text, esp32_flash);
	assert_ptr_equal(boot_text_keep(text), text + before);
	assert_string_equal(boot_text_keep("I (5000) app: alive"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_roms_text_tells_its_mode_and_strap),
		cmocka_unit_test(a_text_cut_anywhere_never_tells_a_wrong_mode),
		cmocka_unit_test(nothing_and_noise_tell_nothing),
		cmocka_unit_test(no_mixture_of_words_is_too_much),
		cmocka_unit_test(the_last_reset_decides_on_the_mode),
		cmocka_unit_test(an_application_that_waits_for_a_download_is_no_loader),
		cmocka_unit_test(a_forbidden_download_is_known_whatever_ran_after_it),
		cmocka_unit_test(signs_of_trouble_are_told_apart),
		cmocka_unit_test(signs_fit_into_any_room),
		cmocka_unit_test(the_cause_of_the_last_reset_is_kept),
		cmocka_unit_test(what_is_kept_begins_with_the_refusal_or_the_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
