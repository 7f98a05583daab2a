/*
 * Whatever a unit says after its restart, and whatever pattern a recipe has: lines stay clean
 * and in bounds, however the bytes are cut, and nobody waits for long.
 *
 * The first byte says where the bytes are cut, then comes a pattern up to the first 0 byte, then
 * the console; or, with the first byte's high bit, changes to a boot log as real units print it,
 * three bytes each.
 */
#include "engine/base/utf8.h"
#include "engine/boot_watch.h"
#include "engine/console_lines.h"
#include "recipes/boot_check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MOST 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An ESP32 and an ESP32-C3: ROM, boot loader, application, crash, start. */
static const char *const logs[] = {
	"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 "
	"(SPI_FAST_FLASH_BOOT)\r\n"
	"configsip: 0, SPIWP:0xee\r\nclk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,"
	"wp_drv:0x00\r\nmode:DIO, clock div:2\r\nload:0x3fff0030,len:7172\r\nload:0x40078000,"
	"len:15540\r\nload:0x40080400,len:4\r\nentry 0x40080640\r\n"
	"\x1b[0;32mI (31) boot: ESP-IDF v5.1.2 2nd stage bootloader\x1b[0m\r\n"
	"\x1b[0;32mI (312) main: app ready\x1b[0m\r\n\x1b[0;33mW (340) wifi: rssi -51 "
	"dBm\x1b[0m\r\n"
	"\r\nGuru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\r\n"
	"\r\nCore  0 register dump:\r\nPC      : 0x400d5f0c  PS      : 0x00060930\r\n\r\n"
	"Backtrace: 0x400d5f09:0x3ffb4ff0\r\n\r\nRebooting...\r\nets Jul 29 2019 12:21:46\r\n\r\n"
	"rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n",
	"ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\nrst:0x1 (POWERON),boot:0xc "
	"(SPI_FAST_FLASH_BOOT)\r\nSPIWP:0xee\r\nmode:DIO, clock div:1\r\nload:0x3fcd5820,len:0x1714"
	"\r\nentry 0x403cc710\r\n\x1b[0;32mI (24) boot: ESP-IDF v5.1.2 2nd stage bootloader\x1b[0m"
	"\r\nBrownout detector was triggered\r\n\r\nrst:0x3 (RTC_SW_SYS_RST),boot:0xc "
	"(SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n",
};

/* Each change: where, in two bytes, and what stands there from then on. */
static uint8_t *change_log(unsigned which, const uint8_t *changes, size_t size, size_t *log_size)
{
	const char *log = logs[which % (sizeof(logs) / sizeof(logs[0]))];
	uint8_t *bytes;

	*log_size = strlen(log);
	bytes = malloc(*log_size);
	assert(bytes);
	memcpy(bytes, log, *log_size);
	for (; size >= 3; size -= 3, changes += 3)
		bytes[(changes[0] << 8 | changes[1]) % *log_size] = changes[2];
	return bytes;
}

static void check_line(const struct console_lines *c)
{
	assert(c->len && c->len <= CONSOLE_LINE_BYTES && strlen(c->text) == c->len);
	for (size_t i = 0; i < c->len;) {
		size_t span = utf8_span((const uint8_t *)c->text + i, c->len - i);

		assert(span && (uint8_t)c->text[i] >= ' ' && c->text[i] != 0x7f);
		i += span;
	}
}

/* All lines, one behind the other; free() it. */
static char *lines_of(const uint8_t *bytes, size_t size, size_t cut, const struct pattern *p)
{
	/* A byte that is no text is one '?', and every line has an end. */
	char *all = malloc(2 * size + 2), *to = all;
	struct console_lines c;
	struct boot_watch w;

	assert(all);
	console_lines_init(&c);
	boot_watch_begin(&w, 1);
	for (size_t used = 0; used <= size;) {
		size_t most = used + cut < size ? used + cut : size;
		bool has_line;

		if (used < size)
			used += console_lines_take(&c, bytes + used, most - used, &has_line);
		else
			has_line = console_lines_end(&c), used++;
		if (!has_line)
			continue;
		check_line(&c);
		boot_watch_line(&w, c.text);
		assert(strlen(w.line) < sizeof(w.line));
		if (p)
			pattern_matches(p, c.text, c.len);
		memcpy(to, c.text, c.len);
		to += c.len;
		*to++ = '\n';
	}
	*to = '\0';
	assert(c.bytes == size && c.odd_bytes <= c.bytes);
	return all;
}

static void hear(const uint8_t *bytes, size_t size, size_t cut, const struct pattern *p)
{
	char *whole = lines_of(bytes, size, size + 1, p);
	char *pieces = lines_of(bytes, size, cut, NULL);

	assert(strcmp(whole, pieces) == 0);
	free(whole);
	free(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pattern *p = NULL;
	char text[PATTERN_MOST + 1] = "";
	const uint8_t *end;
	struct err err;
	size_t cut;

	if (!size)
		return 0;
	cut = data[0] % 32 + 1u;
	if (data[0] & 0x80) {
		size_t log_size;
		uint8_t *log = change_log(data[0] >> 5, data + 1, size - 1, &log_size);

		hear(log, log_size, cut, NULL);
		free(log);
		return 0;
	}
	data++;
	size--;
	end = memchr(data, 0, size < PATTERN_MOST ? size : PATTERN_MOST);
	if (end) {
		memcpy(text, data, (size_t)(end - data));
		size -= (size_t)(end + 1 - data);
		data = end + 1;
		pattern_new(text, &p, &err);
	}
	hear(data, size, cut, p);
	pattern_free(p);
	return 0;
}
