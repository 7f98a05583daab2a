/*
 * What a chip says by itself on its way up, read for what it tells.
 *
 * Pure: printable text in, facts out. The text may begin and end anywhere and
 * hold line noise; what is damaged is not recognised, and nothing is guessed.
 * docs/chips.md 10, Boot text; 9, Download mode forbidden.
 */
#ifndef ENGINE_BOOT_TEXT_H
#define ENGINE_BOOT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the last reset that the text tells of has led. */
enum boot_mode {
	BOOT_MODE_UNKNOWN,   /* no reset is told of, or not to its end */
	BOOT_MODE_FLASH,     /* it starts what its flash holds */
	BOOT_MODE_LOADER,    /* its serial loader waits */
	BOOT_MODE_ELSEWHERE, /* a loader that waits on SPI or SDIO: other straps are wrong */
	BOOT_MODE_FORBIDDEN, /* it was asked for its loader, and its fuses forbid that */
};

struct boot_text {
	enum boot_mode mode;
	unsigned resets; /* how many the text tells of */
	bool has_strap;
	uint32_t strap;       /* of the last: "boot:0x13" */
	char reset_cause[32]; /* of the last: "POWERON_RESET"; "" unknown */
	bool is_forbidden;    /* anywhere in the text, not of the last reset only */
	bool has_brown_out;   /* the supply dipped: a reset's cause, or the detector's own words */
	bool has_panic;       /* an exception or an abort of what ran */
	bool has_watchdog;    /* a reset's cause */
	bool has_no_image;    /* nothing to start in flash, or it cannot be read */
	bool has_bad_signature; /* secure boot refused what the flash holds */
};

void boot_text_read(const char *text, struct boot_text *b);

/*
 * The signs of trouble in words, "brown-out, panic, nothing to start in flash"; "" when
 * there are none. Returns whether there are some.
 */
bool boot_text_signs(const struct boot_text *b, char *words, size_t size);

/*
 * Where the part worth keeping begins when there is no room for all: the first reset's line,
 * or what a chip says when its fuses forbid download mode. The end of text if there is neither.
 */
const char *boot_text_keep(const char *text);

#endif
