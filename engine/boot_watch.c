#include "engine/boot_watch.h"

#include <stdio.h>
#include <string.h>

/* ESP-IDF: esp_system's panic.c and esp_err.c, heap_caps, FreeRTOS, task_wdt. */
static const char *const panic_words[] = {
	"Guru Meditation Error",
	"abort() was called",
	"assert failed",
	"Stack smashing protect failure",
	"***ERROR*** A stack overflow",
	"ESP_ERROR_CHECK failed",
	"CORRUPT HEAP",
	"Fatal exception (",
	"Debug exception reason",
	"register dump:",
	"Task watchdog got triggered",
	"ZEPHYR FATAL ERROR", /* Zephyr */
	"panicked at ",       /* Rust */
	NULL,
};

static const char *const brown_out_words[] = { "Brownout detector was triggered", NULL };

/* A boot loader's first line: ESP-IDF 3 and 4, 5 and later. */
static const char *const loader_words[] = { "2nd stage bootloader", "2nd stage boot loader", NULL };

static bool has_any(const char *line, const char *const *words)
{
	for (; *words; words++) {
		if (strstr(line, *words))
			return true;
	}
	return false;
}

void boot_watch_begin(struct boot_watch *w, unsigned resets_allowed)
{
	*w = (struct boot_watch){ .resets_allowed = resets_allowed, .what = "", .hint = "" };
}

static bool went_wrong(struct boot_watch *w, enum status st, const char *what, const char *line)
{
	if (w->status)
		return false;
	w->status = st;
	w->what = what;
	snprintf(w->line, sizeof(w->line), "%.199s", line);
	return true;
}

/* The ROM's words begin the line, the boot loader's stand behind its tags. */
static bool is_from_start(const char *line)
{
	static const char *const rom[] = {
		"invalid header: 0x",  "flash read err", "csum err:",
		"Invalid image block", "secure boot ",   "Secure boot "
	};

	for (size_t i = 0; i < sizeof(rom) / sizeof(rom[0]); i++) {
		if (strncmp(line, rom[i], strlen(rom[i])) == 0)
			return true;
	}
	return strstr(line, " boot: ") || strstr(line, " esp_image: ");
}

/* An application may have such words of its own. */
static void take_hint(struct boot_watch *w, const char *hint, const char *line)
{
	if (w->hint[0] || !is_from_start(line))
		return;
	w->hint = hint;
	snprintf(w->hint_line, sizeof(w->hint_line), "%.199s", line);
}

/* The first reset that is told of is ours, unless software made it: we never do. */
static bool is_one_too_many(struct boot_watch *w, const struct boot_text *b)
{
	unsigned told = w->banners > w->loaders ? w->banners : w->loaders;
	bool is_first_own = told == 1 && b->reset_cause[0] && strstr(b->reset_cause, "SW");

	if (is_first_own)
		w->banners++;
	told += is_first_own;
	w->own_resets = told ? told - 1 : 0;
	return w->own_resets > w->resets_allowed;
}

static bool take_banner(struct boot_watch *w, const struct boot_text *b, const char *line)
{
	w->banners++;
	w->is_in_loader = b->mode == BOOT_MODE_LOADER || b->mode == BOOT_MODE_ELSEWHERE;
	/* Among the words of a reset's cause only: an application may have some of its own. */
	if (b->has_brown_out)
		return went_wrong(w, STATUS_BOOT_BROWN_OUT, "brown-out", line);
	if (is_one_too_many(w, b))
		return went_wrong(w, STATUS_BOOT_LOOP, "restart", line);
	return false;
}

bool boot_watch_line(struct boot_watch *w, const char *line)
{
	struct boot_text b;

	boot_text_read(line, &b);
	if (b.resets)
		return take_banner(w, &b, line);
	if (has_any(line, panic_words))
		return went_wrong(w, STATUS_BOOT_PANIC, "panic", line);
	if (has_any(line, brown_out_words))
		return went_wrong(w, STATUS_BOOT_BROWN_OUT, "brown-out", line);
	if (has_any(line, loader_words)) {
		w->loaders++;
		return is_one_too_many(w, &b) && went_wrong(w, STATUS_BOOT_LOOP, "restart", line);
	}
	if (b.has_no_image)
		take_hint(w, "nothing to start in flash", line);
	if (b.has_bad_signature)
		take_hint(w, "secure boot refuses what is in flash", line);
	return false;
}
