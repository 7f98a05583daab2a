/*
 * The words are those of the ROMs of the ESP32 (revision 3) and the ESP32-C3, of ESP-IDF's
 * boot loader and of its panic handler: docs/chips.md 10.
 */
#include "engine/boot_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char reset_mark[] = "rst:0x";
static const char boot_mark[] = "boot:0x";

/* ---- words ---- */

static const char *const forbidden_words[] = {
	"Download mode is disabled",    /* ESP32 */
	"Download boot modes disabled", /* ESP32-C3 and its kin */
	NULL,
};

static const char *const loader_words[] = {
	"waiting for download",
	"wait uart",
	"wait usb",
	NULL,
};

static const char *const elsewhere_words[] = {
	"wait spi download",
	"waiting for sdio host",
	NULL,
};

static const char *const brown_out_words[] = {
	"BROWN_OUT", "BROWNOUT", "BOD_SYS", "Brownout detector", NULL,
};

static const char *const panic_words[] = {
	"Guru Meditation", "abort() was called", "Fatal exception", "assert failed", NULL,
};

static const char *const no_image_words[] = {
	"invalid header",
	"flash read err",
	"csum err",
	"Invalid image block",
	"No bootable app",
	"No boot partition",
	"load partition table error",
	NULL,
};

static const char *const signature_words[] = {
	"secure boot verification failed", "secure boot check fail", /* first ESP32 */
	"Secure boot check fail",                                    /* revision 3 */
	"signature verification failed",   NULL,
};

static const char *find_any(const char *text, const char *const *words)
{
	const char *first = NULL;

	for (; *words; words++) {
		const char *at = strstr(text, *words);

		if (at && (!first || at < first))
			first = at;
	}
	return first;
}

static bool has_any(const char *text, const char *const *words)
{
	return find_any(text, words) != NULL;
}

/* What stands between the next two brackets; false where they are not both there, or do not
 * follow at once. at: behind a number. */
static bool take_name(const char *at, char *name, size_t size)
{
	size_t depth = 1, len = 0;

	at += strspn(at, " ");
	if (*at++ != '(')
		return false;
	/* A boot mode's name has brackets of its own. */
	for (; at[len]; len++) {
		depth += at[len] == '(';
		depth -= at[len] == ')';
		if (!depth)
			break;
	}
	if (!at[len])
		return false;
	snprintf(name, size, "%.*s", (int)len, at);
	return true;
}

/* ---- one reset's lines ---- */

/* What the mode's name alone says. */
static enum boot_mode mode_of_name(const char *name)
{
	static const char *const elsewhere[] = { "SPI_DOWNLOAD", "SDIO_", "ATE_BOOT", NULL };
	static const char *const loader[] = { "DOWNLOAD", "UART", "USB_BOOT", NULL };

	for (size_t i = 0; elsewhere[i]; i++) {
		if (strncmp(name, elsewhere[i], strlen(elsewhere[i])) == 0)
			return BOOT_MODE_ELSEWHERE;
	}
	return has_any(name, loader) ? BOOT_MODE_LOADER : BOOT_MODE_FLASH;
}

/* tail: from the last reset's mode on. */
static enum boot_mode mode_of_tail(const char *tail)
{
	char name[64] = "";
	char *end;

	strtoul(tail + strlen(boot_mark), &end, 16);
	take_name(end, name, sizeof(name));
	if (has_any(tail, forbidden_words))
		return BOOT_MODE_FORBIDDEN;
	/* An application may wait for a download of its own, and say so. */
	if (strstr(name, "FLASH_BOOT"))
		return BOOT_MODE_FLASH;
	if (has_any(tail, elsewhere_words))
		return BOOT_MODE_ELSEWHERE;
	if (has_any(tail, loader_words))
		return BOOT_MODE_LOADER;
	return name[0] ? mode_of_name(name) : BOOT_MODE_UNKNOWN;
}

static const char *last_of(const char *text, const char *mark, unsigned *count)
{
	const char *last = NULL;

	*count = 0;
	for (const char *at = text; (at = strstr(at, mark)) != NULL; at += strlen(mark)) {
		last = at;
		(*count)++;
	}
	return last;
}

static void read_last_reset(const char *text, struct boot_text *b)
{
	unsigned boots;
	const char *reset = last_of(text, reset_mark, &b->resets);
	const char *boot = last_of(text, boot_mark, &boots);
	char *end;

	if (boots > b->resets)
		b->resets = boots;
	if (reset) {
		strtoul(reset + strlen(reset_mark), &end, 16);
		take_name(end, b->reset_cause, sizeof(b->reset_cause));
	}
	if (!boot)
		return;
	b->strap = (uint32_t)strtoul(boot + strlen(boot_mark), &end, 16);
	b->has_strap = end != boot + strlen(boot_mark);
	b->mode = mode_of_tail(boot);
}

/* The cause of any reset in the text, but for a brown-out, which some chips count among them. */
static bool has_watchdog_reset(const char *text)
{
	char cause[32], *end;

	for (const char *at = text; (at = strstr(at, reset_mark)) != NULL;) {
		strtoul(at + strlen(reset_mark), &end, 16);
		if (take_name(end, cause, sizeof(cause)) && strstr(cause, "WDT") &&
		    !has_any(cause, brown_out_words))
			return true;
		at += strlen(reset_mark);
	}
	return false;
}

void boot_text_read(const char *text, struct boot_text *b)
{
	*b = (struct boot_text){ .mode = BOOT_MODE_UNKNOWN };
	read_last_reset(text, b);
	b->is_forbidden = has_any(text, forbidden_words);
	/* The ESP32 says so without a word on the reset before it. */
	if (b->is_forbidden && b->mode == BOOT_MODE_UNKNOWN)
		b->mode = BOOT_MODE_FORBIDDEN;
	b->has_brown_out = has_any(text, brown_out_words);
	b->has_panic = has_any(text, panic_words);
	b->has_watchdog = has_watchdog_reset(text);
	b->has_no_image = has_any(text, no_image_words);
	b->has_bad_signature = has_any(text, signature_words);
}

bool boot_text_signs(const struct boot_text *b, char *words, size_t size)
{
	const struct {
		bool is_there;
		const char *words;
	} signs[] = {
		{ b->is_forbidden, "download mode forbidden" },
		{ b->has_brown_out, "brown-out" },
		{ b->has_panic, "panic" },
		{ b->has_watchdog, "watchdog reset" },
		{ b->has_no_image, "nothing to start in flash" },
		{ b->has_bad_signature, "secure boot refused the flash" },
	};
	size_t len = 0;

	words[0] = '\0';
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (signs[i].is_there && len < size)
			len += (size_t)snprintf(words + len, size - len, "%s%s", len ? ", " : "",
						signs[i].words);
	}
	return len != 0;
}

const char *boot_text_keep(const char *text)
{
	const char *reset = strstr(text, reset_mark);
	const char *said = find_any(text, forbidden_words);

	if (!reset || (said && said < reset))
		reset = said;
	return reset ? reset : text + strlen(text);
}
