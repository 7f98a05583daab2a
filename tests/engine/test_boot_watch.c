#include "engine/boot_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define POWER_ON "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"
#define SOFTWARE "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"
#define WATCHDOG "rst:0x7 (TG0WDT_SYS_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)"

/* Lines with \n between them. */
static struct boot_watch watch(const char *text, unsigned resets_allowed)
{
	struct boot_watch w;
	char copy[2000], *rest = NULL;

	boot_watch_begin(&w, resets_allowed);
	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		boot_watch_line(&w, line);
	return w;
}

static const struct {
	const char *text;
	enum status status;
} rows[] = {
	{ "ets Jul 29 2019 12:21:46\n" POWER_ON "\nI (27) boot: ESP-IDF v5.1 2nd stage bootloader\n"
	  "I (312) main: app ready",
	  STATUS_OK },
	/* Crashes, by the first line that tells of them. */
	{ "Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.",
	  STATUS_BOOT_PANIC },
	{ "Guru Meditation Error: Core  0 panic'ed (Load access fault). Exception was unhandled.",
	  STATUS_BOOT_PANIC },
	{ "Core  0 register dump:", STATUS_BOOT_PANIC },
	{ "abort() was called at PC 0x400d1a2b on core 0", STATUS_BOOT_PANIC },
	{ "assert failed: xQueueSemaphoreTake queue.c:1549 (pxQueue->uxItemSize == 0)",
	  STATUS_BOOT_PANIC },
	{ "Stack smashing protect failure!", STATUS_BOOT_PANIC },
	{ "***ERROR*** A stack overflow in task main has been detected.", STATUS_BOOT_PANIC },
	{ "ESP_ERROR_CHECK failed: esp_err_t 0x103 (ESP_ERR_INVALID_STATE) at 0x400d3f2c",
	  STATUS_BOOT_PANIC },
	{ "CORRUPT HEAP: Bad head at 0x3ffb8360. Expected 0xabba1234 got 0x00000000",
	  STATUS_BOOT_PANIC },
	{ ">>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0", STATUS_BOOT_PANIC },
	{ "thread 'main' panicked at src/main.rs:20:5:", STATUS_BOOT_PANIC },
	{ "E (10303) task_wdt: Task watchdog got triggered. The following tasks did not reset",
	  STATUS_BOOT_PANIC },
	/* The supply. */
	{ "Brownout detector was triggered", STATUS_BOOT_BROWN_OUT },
	{ POWER_ON "\nrst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
	  STATUS_BOOT_BROWN_OUT },
	{ POWER_ON "\nrst:0xf (BROWNOUT_RST),boot:0xc (SPI_FAST_FLASH_BOOT)",
	  STATUS_BOOT_BROWN_OUT },
	/* Restarts. Ours is never one by software. */
	{ POWER_ON "\n" SOFTWARE, STATUS_BOOT_LOOP },
	{ POWER_ON "\n" WATCHDOG, STATUS_BOOT_LOOP },
	{ SOFTWARE, STATUS_BOOT_LOOP },
	{ WATCHDOG, STATUS_OK },
	{ "I (27) boot: ESP-IDF v5.1 2nd stage bootloader\n"
	  "I (27) boot: ESP-IDF v5.1 2nd stage bootloader",
	  STATUS_BOOT_LOOP },
	/* What an application may say. */
	{ POWER_ON "\nI (300) power: BROWNOUT threshold 2.43 V\nE (400) wav: invalid header\n"
		   "I (500) ota: csum err count 0\nI (600) log: last panic: none",
	  STATUS_OK },
	{ "ESP_ERROR_CHECK_WITHOUT_ABORT failed: esp_err_t 0x103", STATUS_OK },
};

static void each_trouble_is_told_by_its_own_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct boot_watch w = watch(rows[i].text, 0);

		if (w.status != rows[i].status)
			fail_msg("%s instead of %s: %s", status_code(w.status),
				 status_code(rows[i].status), rows[i].text);
		assert_true((w.line[0] != '\0') == (w.status != STATUS_OK));
	}
}

static void restarts_that_are_normal_are_counted_and_allowed(void **state)
{
	struct boot_watch w = watch(POWER_ON "\n" SOFTWARE "\n" SOFTWARE, 2);

	(void)state;
	assert_int_equal(w.status, STATUS_OK);
	assert_int_equal(w.own_resets, 2);
	assert_int_equal(watch(POWER_ON "\n" SOFTWARE "\n" SOFTWARE, 1).status, STATUS_BOOT_LOOP);
}

/* Each start tells of itself twice, by the ROM and by the boot loader. */
static void a_start_counts_once(void **state)
{
#define START "I (27) boot: ESP-IDF v5.1 2nd stage bootloader\n"
	struct boot_watch w = watch(POWER_ON "\n" START SOFTWARE "\n" START, 1);

	(void)state;
	assert_int_equal(w.own_resets, 1);
	assert_int_equal(w.status, STATUS_OK);
}

static void the_first_trouble_stays(void **state)
{
	struct boot_watch w = watch("abort() was called at PC 0x1\n" POWER_ON "\n" SOFTWARE, 0);

	(void)state;
	assert_int_equal(w.status, STATUS_BOOT_PANIC);
	assert_string_equal(w.line, "abort() was called at PC 0x1");
}

static void why_nothing_is_started_is_kept(void **state)
{
	/* The first ESP32, revision 3, ESP32-S3, and ESP-IDF's boot loader. */
	static const char *const refusals[] = {
		"secure boot check fail", "Secure boot check fail",
		"secure boot verification failed",
		"E (250) esp_image: Secure boot signature verification failed"
	};
	struct boot_watch w = watch(POWER_ON "\ninvalid header: 0xffffffff\n"
					     "invalid header: 0xffffffff\n" WATCHDOG,
				    0);

	(void)state;
	assert_int_equal(w.status, STATUS_BOOT_LOOP);
	assert_string_equal(w.hint, "nothing to start in flash");
	assert_string_equal(w.hint_line, "invalid header: 0xffffffff");
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		assert_non_null(strstr(watch(refusals[i], 0).hint, "secure boot"));
	/* An application's own words. */
	assert_string_equal(watch("E (400) wav: invalid header\nota: csum err: none", 0).hint, "");
}

static void a_unit_in_its_loader_is_known(void **state)
{
	(void)state;
	assert_true(watch("rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/"
			  "SDIO_REI_REO_V2))\nwaiting for download",
			  0)
			    .is_in_loader);
	assert_true(watch("rst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))", 0).is_in_loader);
	assert_false(watch(POWER_ON, 0).is_in_loader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trouble_is_told_by_its_own_words),
		cmocka_unit_test(restarts_that_are_normal_are_counted_and_allowed),
		cmocka_unit_test(a_start_counts_once),
		cmocka_unit_test(the_first_trouble_stays),
		cmocka_unit_test(why_nothing_is_started_is_kept),
		cmocka_unit_test(a_unit_in_its_loader_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
