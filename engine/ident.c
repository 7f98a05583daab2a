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
#define SECURITY_KEY_PURPOSES_AT 5
#define SECURITY_CHIP_ID_AT 12

#define WATCHDOG_KEY 0x50d83aa1u
#define WATCHDOG_TICKS 2000u
/* On; its first stage resets the whole chip; counting also while the core sleeps. */
#define WATCHDOG_RESET (1u << 31 | 5u << 28 | 1u << 8 | 2u)

/* ---- which chip ---- */

static void take_security_info(const uint8_t info[static SECURITY_INFO_BYTES], struct security *s)
{
	s->has_flags = true;
	s->flags = get_le32(info);
	s->crypt_count = info[SECURITY_CRYPT_COUNT_AT];
	memcpy(s->key_purposes, info + SECURITY_KEY_PURPOSES_AT, KEY_PURPOSES);
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

/* The one chip whose security info leaves out its id and that hides its registers. */
static const struct chip *chip_of_short_info(void)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].has_short_info)
			return &rows[i];
	}
	return NULL;
}

/* Nothing can be read. has_info: it answered the question for its security, though. */
static enum status judge_hidden_registers(struct ident *ident, bool has_info, struct err *err)
{
	struct err why = *err;

	ident->security.secure_download = true;
	if (has_info) {
		ident->chip = chip_of_short_info();
		return STATUS_OK;
	}
	ident->security.is_known = true;
	return err_set_device(err, STATUS_SECURITY_STATE, why.device, why.device_len,
			      "the loader lets no register be read: secure download mode, "
			      "chip unknown");
}

/* STATUS_OK: it is none that is known and has no row. */
static enum status judge_stranger(const char *name, struct err *err)
{
	if (!name)
		return STATUS_OK;
	return err_set(err, STATUS_NOT_SUPPORTED,
		       "the unit is an %s, which this program does not flash", name);
}

/* Some chips are known by another register only. */
static enum status detect_by_known_reg(struct loader *l, struct ident *ident, uint32_t magic,
				       struct err *err)
{
	size_t count;
	const struct chip *rows = chip_rows(&count);

	for (size_t i = 0; i < count; i++) {
		uint32_t value;

		if (!rows[i].known_reg.addr)
			continue;
		TRY(chip_read_reg(l, rows[i].known_reg.addr, &value, err));
		if ((value & rows[i].known_reg.mask) == rows[i].known_reg.value) {
			ident->chip = &rows[i];
			return STATUS_OK;
		}
	}
	/* No ROM has such a word there: a request that was cut short reads another place. */
	if (!magic || magic == UINT32_MAX)
		return err_set(err, STATUS_GARBLED, "the chip's magic reads %08x: no chip has that",
			       (unsigned)magic);
	return err_set(err, STATUS_UNKNOWN_CHIP, "no known chip has magic %08x", (unsigned)magic);
}

static enum status detect_by_magic(struct loader *l, struct ident *ident, bool has_info,
				   struct err *err)
{
	uint32_t magic;
	enum status st = chip_read_reg(l, MAGIC_REG, &magic, err);

	if (st == STATUS_REFUSED) {
		/* Asked again: a request damaged on its way is refused too. */
		st = chip_read_reg(l, MAGIC_REG, &magic, err);
	}
	if (st == STATUS_REFUSED)
		return judge_hidden_registers(ident, has_info, err);
	if (st)
		return st;
	TRY(judge_stranger(chip_stranger_by_magic(magic), err));
	ident->chip = chip_by_magic(magic);
	if (!ident->chip)
		return detect_by_known_reg(l, ident, magic, err);
	return STATUS_OK;
}

enum status ident_detect(struct loader *l, struct ident *ident, struct err *err)
{
	uint8_t info[SECURITY_INFO_BYTES];
	size_t size;
	struct err scratch;
	enum status st;
	uint32_t id;

	if (!err)
		err = &scratch;
	st = ask_security_info(l, info, &size, err);
	if (st == STATUS_REFUSED)
		return detect_by_magic(l, ident, false, err);
	if (st)
		return st;
	take_security_info(info, &ident->security);
	if (size < SECURITY_INFO_BYTES)
		return detect_by_magic(l, ident, true, err);
	id = get_le32(info + SECURITY_CHIP_ID_AT);
	TRY(judge_stranger(chip_stranger_by_id(id), err));
	ident->chip = id <= UINT16_MAX ? chip_by_id((uint16_t)id) : NULL;
	if (ident->chip && ident->chip->tells_id)
		return STATUS_OK;
	ident->chip = NULL;
	return err_set(err, STATUS_UNKNOWN_CHIP, "no known chip has id %u", (unsigned)id);
}

/* ---- what it tells ---- */

enum status ident_read(struct loader *l, struct ident *ident, struct err *err)
{
	if (ident->security.secure_download) {
		/* It answers no register; what security info said is all there is. */
		ident->security.is_known = true;
		ident->crystal_mhz = ident->chip->crystal_mhz;
		return STATUS_OK;
	}
	TRY(ident->chip->read_ident(ident->chip, l, ident, err));
	ident->crystal_mhz = ident->chip->crystal_mhz;
	if (ident->chip->uart_clkdiv_reg)
		return chip_measure_crystal(ident->chip, l, &ident->crystal_mhz, err);
	return STATUS_OK;
}

enum status ident_stop_watchdogs(struct loader *l, const struct chip *chip, struct err *err)
{
	const uint32_t all = UINT32_MAX;
	const struct watchdog_regs *w = &chip->watchdog;

	if (!w->swd_conf)
		return STATUS_OK;
	TRY(loader_write_reg(l, w->wprotect, WATCHDOG_KEY, all, 0, err));
	TRY(loader_write_reg(l, w->config0, 0, all, 0, err));
	TRY(loader_write_reg(l, w->wprotect, 0, all, 0, err));
	TRY(loader_write_reg(l, w->swd_wprotect, w->swd_key, all, 0, err));
	TRY(loader_write_reg(l, w->swd_conf, UINT32_C(1) << w->swd_feed_bit,
			     UINT32_C(1) << w->swd_feed_bit, 0, err));
	return loader_write_reg(l, w->swd_wprotect, 0, all, 0, err);
}

enum status ident_watchdog_reset(struct loader *l, const struct chip *chip, struct err *err)
{
	const uint32_t all = UINT32_MAX;
	const struct watchdog_regs *w = &chip->watchdog;

	TRY(loader_write_reg(l, w->wprotect, WATCHDOG_KEY, all, 0, err));
	TRY(loader_write_reg(l, w->config1, WATCHDOG_TICKS, all, 0, err));
	TRY(loader_write_reg(l, w->config0, WATCHDOG_RESET, all, 0, err));
	return loader_write_reg(l, w->wprotect, 0, all, 0, err);
}

static bool is_word(const char *at, size_t len, const char *name)
{
	return len == strlen(name) && strncasecmp(at, name, len) == 0;
}

/* The word without what it begins with, and without a dash behind that. */
static bool is_word_behind(const char *at, size_t len, const char *prefix, const char *name)
{
	size_t skip = strlen(prefix);

	if (len <= skip || strncasecmp(at, prefix, skip) != 0)
		return false;
	skip += at[skip] == '-';
	return is_word(at + skip, len - skip, name);
}

bool ident_package_is(const struct ident *ident, const char *name)
{
	static const char separators[] = " ()";
	const char *chip = ident->chip ? ident->chip->name : "ESP32";

	if (name[0] && strcasecmp(ident->package, name) == 0)
		return true;
	for (const char *p = ident->package; *p;) {
		size_t len;

		p += strspn(p, separators);
		len = strcspn(p, separators);
		if (len && (is_word(p, len, name) || is_word_behind(p, len, chip, name) ||
			    is_word_behind(p, len, "ESP32", name)))
			return true;
		p += len;
	}
	return false;
}
