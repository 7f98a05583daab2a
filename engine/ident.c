/* docs/chips.md: detection, crystal, security efuses; docs/protocol.md: security info. */
#include "engine/ident.h"

#include "engine/chip_read.h"
#include "engine/loader.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAGIC_REG 0x40001000u

#define SECURITY_SECURE_BOOT (1u << 0)
#define SECURITY_SECURE_DOWNLOAD (1u << 2)
#define SECURITY_CRYPT_COUNT_AT 4
#define SECURITY_CHIP_ID_AT 12

/* ---- which chip ---- */

static void take_security_info(const uint8_t info[static SECURITY_INFO_BYTES], struct security *s)
{
	s->has_flags = true;
	s->flags = get_le32(info);
	s->crypt_count = info[SECURITY_CRYPT_COUNT_AT];
	s->secure_boot = s->flags & SECURITY_SECURE_BOOT;
	s->secure_download = s->flags & SECURITY_SECURE_DOWNLOAD;
	s->flash_encryption = chip_crypt_count_is_on(s->crypt_count);
}

/* As chip_read_reg: what decides is asked until two answers agree. */
static enum status ask_security_info(struct loader *l, uint8_t info[static SECURITY_INFO_BYTES],
				     size_t *size, struct err *err)
{
	uint8_t again[SECURITY_INFO_BYTES];
	size_t again_size;

	TRY(loader_security_info(l, info, size, err));
	for (unsigned n = 0; n < 3; n++) {
		TRY(loader_security_info(l, again, &again_size, err));
		if (again_size == *size && memcmp(again, info, *size) == 0)
			return STATUS_OK;
		memcpy(info, again, again_size);
		*size = again_size;
	}
	return err_set(err, STATUS_GARBLED, "security info reads differently every time");
}

static enum status detect_by_magic(struct loader *l, struct ident *ident, struct err *err)
{
	uint32_t magic;
	enum status st = chip_read_reg(l, MAGIC_REG, &magic, err);

	if (st == STATUS_REFUSED) {
		/* Asked again: a request damaged on its way is refused too. */
		st = chip_read_reg(l, MAGIC_REG, &magic, err);
	}
	if (st == STATUS_REFUSED) {
		struct err why = *err;

		ident->security.is_known = true;
		ident->security.secure_download = true;
		return err_set_device(err, STATUS_SECURITY_STATE, why.device, why.device_len,
				      "the loader lets no register be read: secure download mode, "
				      "chip unknown");
	}
	if (st)
		return st;
	ident->chip = chip_by_magic(magic);
	if (!ident->chip)
		return err_set(err, STATUS_UNKNOWN_CHIP, "no known chip has magic %08x",
			       (unsigned)magic);
	return STATUS_OK;
}

enum status ident_detect(struct loader *l, struct ident *ident, struct err *err)
{
	uint8_t info[SECURITY_INFO_BYTES];
	size_t size;
	struct err scratch;
	enum status st;

	if (!err)
		err = &scratch;
	st = ask_security_info(l, info, &size, err);
	if (st == STATUS_REFUSED)
		return detect_by_magic(l, ident, err);
	if (st)
		return st;
	take_security_info(info, &ident->security);
	if (size < SECURITY_INFO_BYTES)
		return detect_by_magic(l, ident, err);
	ident->chip = chip_by_id((uint16_t)get_le32(info + SECURITY_CHIP_ID_AT));
	if (!ident->chip || !ident->chip->tells_id || get_le32(info + SECURITY_CHIP_ID_AT) > 0xffff)
		return err_set(err, STATUS_UNKNOWN_CHIP, "no known chip has id %u",
			       (unsigned)get_le32(info + SECURITY_CHIP_ID_AT));
	return STATUS_OK;
}

/* ---- what it tells ---- */

/*
 * From the divider that the loader's auto-baud found for a rate that we know.
 * The fraction bits are left out: the borders lie far from both values.
 */
static enum status read_crystal(const struct chip *chip, struct loader *l, struct ident *ident,
				struct err *err)
{
	uint32_t clkdiv;
	uint64_t hz;

	if (!chip->uart_clkdiv_reg) {
		ident->crystal_mhz = chip->crystal_mhz;
		return STATUS_OK;
	}
	TRY(chip_read_reg(l, chip->uart_clkdiv_reg, &clkdiv, err));
	hz = (uint64_t)l->rate_baud * (clkdiv & 0xfffff);
	ident->crystal_mhz = hz > 45000000 ? 48 : hz > 33000000 ? 40 : 26;
	return STATUS_OK;
}

enum status ident_read(struct loader *l, struct ident *ident, struct err *err)
{
	if (ident->security.secure_download) {
		/* It answers no register; what security info said is all there is. */
		ident->security.is_known = true;
		ident->crystal_mhz = ident->chip->crystal_mhz;
		return STATUS_OK;
	}
	TRY(ident->chip->read_ident(ident->chip, l, ident, err));
	return read_crystal(ident->chip, l, ident, err);
}

enum status ident_stop_watchdogs(struct loader *l, const struct chip *chip, struct err *err)
{
	const uint32_t all = UINT32_MAX;
	const struct watchdog_regs *w = &chip->watchdog;
	const uint32_t key = 0x50d83aa1;

	if (!w->config0)
		return STATUS_OK;
	TRY(loader_write_reg(l, w->wprotect, key, all, 0, err));
	TRY(loader_write_reg(l, w->config0, 0, all, 0, err));
	TRY(loader_write_reg(l, w->wprotect, 0, all, 0, err));
	TRY(loader_write_reg(l, w->swd_wprotect, w->swd_key, all, 0, err));
	TRY(loader_write_reg(l, w->swd_conf, UINT32_C(1) << w->swd_feed_bit,
			     UINT32_C(1) << w->swd_feed_bit, 0, err));
	return loader_write_reg(l, w->swd_wprotect, 0, all, 0, err);
}

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

bool ident_package_is(const struct ident *ident, const char *name)
{
	static const char separators[] = " ()";
	const char *chip = ident->chip ? ident->chip->name : "";
	size_t wanted = strlen(name);

	for (const char *p = ident->package; *p;) {
		size_t len;

		p += strspn(p, separators);
		len = strcspn(p, separators);
		/* "ESP32-PICO-D4" is PICO-D4, "ESP32-C3" itself is no package. */
		if (strncasecmp(p, chip, strlen(chip)) == 0 && p[strlen(chip)] == '-' &&
		    len == strlen(chip) + 1 + wanted &&
		    strncasecmp(p + strlen(chip) + 1, name, wanted) == 0)
			return true;
		if (len == wanted && strncasecmp(p, name, wanted) == 0)
			return true;
		p += len;
	}
	return false;
}
