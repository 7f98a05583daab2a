/* docs/chips.md 9; docs/protocol.md, security info: the security state in words. */
#include "engine/ident.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void security_text(const struct security *s, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", s->secure_boot ? ", secure boot" : "",
		 s->flash_encryption ? ", flash encryption" : "",
		 s->secure_download ? ", secure download" : "");
	if (text[0])
		memmove(text, text + 2, strlen(text + 2) + 1);
	else
		snprintf(text, size, "%s", s->is_known ? "none" : "unknown");
}

/* ", " between the items. */
__attribute__((format(printf, 3, 4))) static void add_item(char *text, size_t size,
							   const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	if (len)
		len += (size_t)snprintf(text + len, size - len, ", ");
	if (len >= size)
		return;
	va_start(args, format);
	vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

void security_flags_text(const struct security *s, char *text, size_t size)
{
	static const char *const names[32] = {
		"SECURE_BOOT_EN",
		"SECURE_BOOT_AGGRESSIVE_REVOKE",
		"SECURE_DOWNLOAD_ENABLE",
		"SECURE_BOOT_KEY_REVOKE0",
		"SECURE_BOOT_KEY_REVOKE1",
		"SECURE_BOOT_KEY_REVOKE2",
		"SOFT_DIS_JTAG",
		"HARD_DIS_JTAG",
		"DIS_USB",
		"DIS_DOWNLOAD_DCACHE",
		"DIS_DOWNLOAD_ICACHE",
	};

	text[0] = '\0';
	for (unsigned bit = 0; s->has_flags && bit < 32; bit++) {
		if (!(s->flags >> bit & 1))
			continue;
		if (names[bit])
			add_item(text, size, "%s", names[bit]);
		else
			add_item(text, size, "bit %u", bit);
	}
}

static const char *purpose_name(const struct chip *chip, uint8_t purpose)
{
	for (const struct value_text *p = chip->efuse->key_purposes; p->text; p++) {
		if (p->value == purpose)
			return p->text;
	}
	return NULL;
}

static void add_purposes(const struct chip *chip, const struct security *s, char *text, size_t size)
{
	for (unsigned n = 0; n < KEY_BLOCKS; n++) {
		uint8_t purpose = s->key_purposes[n];
		const char *name = purpose_name(chip, purpose);

		if (purpose && name)
			add_item(text, size, "%u %s", n, name);
		else if (purpose)
			add_item(text, size, "%u purpose %u", n, purpose);
	}
}

/* Version 1 of secure boot and flash encryption each keep their key in a block of their own. */
static void add_esp32_keys(const struct security *s, char *text, size_t size)
{
	if (s->hidden_keys & 1u << 0)
		add_item(text, size, "1 flash_encryption");
	if (s->hidden_keys & 1u << 1)
		add_item(text, size, "2 secure_boot_v1");
}

void security_key_text(const struct ident *ident, char *text, size_t size)
{
	const struct chip *chip = ident->chip;
	const struct security *s = &ident->security;

	text[0] = '\0';
	if (!chip)
		return;
	if (!chip->efuse && s->is_known)
		add_esp32_keys(s, text, size);
	else if (chip->efuse && chip->efuse->key_purposes && s->has_flags)
		add_purposes(chip, s, text, size);
	else
		return;
	if (!text[0])
		snprintf(text, size, "none");
}
