#include "recipes/inspect.h"

#include "recipes/place.h"

#include <stdio.h>
#include <string.h>

const uint8_t *inspect_slice(const struct firmware *f, uint32_t addr, uint32_t end, size_t *size)
{
	uint32_t from = f->addr > addr ? f->addr : addr;
	uint32_t to = firmware_end(f) < end ? firmware_end(f) : end;

	if (!f->is_placed || !f->data || from >= to)
		return NULL;
	*size = to - from;
	return f->data + (from - f->addr);
}

/* ---- what images are ---- */

/* An image that will be started on this chip: narrows the revisions. */
static void take_revisions(struct inspection *in, const struct firmware *f,
			   const struct image_info *info)
{
	const struct chip *chip = in->recipe->chip;
	uint32_t min = info->min_rev ? info->min_rev
				     : (uint32_t)info->min_rev_legacy * chip->legacy_rev_scale;
	uint32_t max = info->max_rev ? info->max_rev : UINT16_MAX;
	char needs[12], allows[12];

	if (min > in->max_rev || max < in->min_rev) {
		bool is_above = min > in->max_rev;

		chip_revision_text((uint16_t)(is_above ? min : max), needs, sizeof(needs));
		chip_revision_text(is_above ? in->max_rev : in->min_rev, allows, sizeof(allows));
		diag_error(in->diags, f->recipe->file_at,
			   "%s runs on %s %s %s only, but target and other images ask for "
			   "%s %s",
			   f->recipe->file, chip->name, needs,
			   is_above ? "and later" : "and earlier", allows,
			   is_above ? "and earlier" : "and later");
		return;
	}
	if (min > in->min_rev)
		in->min_rev = (uint16_t)min;
	if (max < in->max_rev)
		in->max_rev = (uint16_t)max;
}

static const char *name_of_chip(uint16_t id)
{
	const struct chip *chip = chip_by_id(id);

	return chip ? chip->name : chip_stranger_by_id(id);
}

/* what: "boot loader" */
static bool is_for_chip(struct inspection *in, const struct firmware *f, const char *what,
			const struct image_info *info)
{
	const struct chip *chip = in->recipe->chip;
	const char *built_for = name_of_chip(info->chip_id);

	if (info->chip_id == chip->id)
		return true;
	if (built_for)
		diag_error(in->diags, f->recipe->file_at,
			   "%s: the %s is built for %s, the target is %s", f->recipe->file, what,
			   built_for, chip->name);
	else
		diag_error(in->diags, f->recipe->file_at,
			   "%s: the %s is built for another chip (id %u), the target is %s (id %u)",
			   f->recipe->file, what, info->chip_id, chip->name, chip->id);
	return false;
}

/*
 * A place inside f where an image that is started has to stand; size is what there
 * is room for. True when it is good; else it was reported.
 */
static bool check_image(struct inspection *in, const struct firmware *f, uint32_t addr, size_t size,
			const char *what, struct image_info *info)
{
	const uint8_t *data = f->data + (addr - f->addr);
	struct err err;

	if (data[0] != IMAGE_MAGIC) {
		diag_error(in->diags, f->recipe->file_at,
			   "%s: no %s at 0x%x: the first byte is 0x%02x, expected 0x%02x",
			   f->recipe->file, what, addr, data[0], IMAGE_MAGIC);
		return false;
	}
	if (image_parse(data, size, info, &err)) {
		diag_error(in->diags, f->recipe->file_at, "%s: the %s at 0x%x is damaged: %s",
			   f->recipe->file, what, addr, err.text);
		return false;
	}
	if (!is_for_chip(in, f, what, info))
		return false;
	take_revisions(in, f, info);
	return true;
}

static void check_boot_size(struct inspection *in, const struct firmware *f)
{
	uint8_t nibble = in->boot.size_nibble;
	uint32_t header_bytes = nibble < 8 ? 1u << (20 + nibble) : 0;

	if (in->recipe->header_size != HEADER_SIZE_KEEP || !header_bytes)
		return;
	if (in->recipe->flash_bytes && header_bytes > in->recipe->flash_bytes)
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: the boot loader's header says %u MB of flash, the target has "
			     "%u MB: it may refuse to start; 'flash: {size: detect}' corrects it",
			     f->recipe->file, header_bytes >> 20, in->recipe->flash_bytes >> 20);
	else if (in->has_table && in->table.end_addr > header_bytes)
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: the boot loader's header says %u MB of flash, the partitions end "
			     "at 0x%x: it may refuse to start; 'flash: {size: detect}' corrects it",
			     f->recipe->file, header_bytes >> 20, in->table.end_addr);
}

static void check_boot(struct inspection *in, struct firmware *f)
{
	const struct chip *chip = in->recipe->chip;
	uint32_t addr = chip->boot_addr;
	/* A table behind it ends the boot loader's room. */
	uint32_t end = in->has_table && in->table.addr > addr ? in->table.addr : UINT32_MAX;
	size_t size = 0;

	if (f->addr > addr || !inspect_slice(f, addr, end, &size))
		return;
	if (f->kind == FIRMWARE_DATA)
		f->kind = FIRMWARE_BOOT;
	if (!check_image(in, f, addr, size, "boot loader", &in->boot))
		return;
	in->has_boot = true;
	if (firmware_maps_flash(chip, f->data + (addr - f->addr), &in->boot))
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: looks like an application, but stands at the boot loader's "
			     "address 0x%x",
			     f->recipe->file, addr);
	check_boot_size(in, f);
}

static void check_app_in(struct inspection *in, struct firmware *f, const struct partition *p)
{
	bool is_merged = f->kind == FIRMWARE_MERGED;
	struct image_info info;
	size_t size = 0, room = 0;
	const uint8_t *data = inspect_slice(f, p->addr, UINT32_MAX, &size);
	char what[60];

	if (!inspect_slice(f, p->addr, p->addr + p->size_bytes, &room) || f->addr > p->addr ||
	    (f->addr != p->addr && !is_merged))
		return;
	if (is_merged && firmware_is_blank(data, room))
		return; /* a gap of a merged file */
	if (!is_merged)
		f->kind = FIRMWARE_APP;
	snprintf(what, sizeof(what), "application for partition '%s'", p->name);
	if (!check_image(in, f, p->addr, size, what, &info))
		return;
	if (is_merged && info.total_bytes > p->size_bytes)
		diag_error(in->diags, f->recipe->file_at,
			   "%s: the %s has %zu bytes, the partition 0x%x: %zu bytes too many",
			   f->recipe->file, what, info.total_bytes, p->size_bytes,
			   info.total_bytes - p->size_bytes);
	if (!firmware_maps_flash(in->recipe->chip, data, &info))
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: looks like a boot loader, but stands in partition '%s'",
			     f->recipe->file, p->name);
	if (!f->version[0])
		firmware_version(data, &info, f->version);
}

/*
 * A file that begins with a good image below the partition table, where only the
 * boot loader's address means anything: the classic mistake between chips. True
 * when it was reported; what else lies in the file is then at wrong places too.
 */
static bool check_wrong_boot(struct inspection *in, struct firmware *f)
{
	const struct chip *chip = in->recipe->chip;
	struct image_info info;
	struct err err;

	if (f->addr == chip->boot_addr || f->addr >= PARTITION_TABLE_ADDR ||
	    f->data[0] != IMAGE_MAGIC || image_parse(f->data, f->size_bytes, &info, &err))
		return false;
	if (f->kind == FIRMWARE_DATA)
		f->kind = FIRMWARE_BOOT;
	if (is_for_chip(in, f, "image", &info))
		diag_error(in->diags, f->recipe->address_at,
			   "%s: a boot loader at 0x%x never starts: that of an %s belongs at 0x%x",
			   f->recipe->file, f->addr, chip->name, chip->boot_addr);
	return true;
}

/* An image that nothing else has claimed, wherever it stands. */
static void check_other(struct inspection *in, struct firmware *f)
{
	const struct chip *chip = in->recipe->chip;
	struct image_info info;
	struct err err;

	if (f->kind != FIRMWARE_DATA || f->data[0] != IMAGE_MAGIC)
		return;
	if (image_parse(f->data, f->size_bytes, &info, &err)) {
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: begins like an application but is none: %s", f->recipe->file,
			     err.text);
		return;
	}
	if (!is_for_chip(in, f, "image", &info))
		return;
	take_revisions(in, f, &info);
	f->kind = FIRMWARE_APP;
	firmware_version(f->data, &info, f->version);
	if (!firmware_maps_flash(chip, f->data, &info))
		diag_warning(in->diags, f->recipe->file_at,
			     "%s: looks like a boot loader; that of an %s belongs at 0x%x",
			     f->recipe->file, chip->name, chip->boot_addr);
}

/* ---- images against partitions ---- */

static void check_room(struct inspection *in, struct firmware *f)
{
	const struct partition *p = partition_at(&in->table, f->addr);
	const struct partition *next = NULL;

	f->partition = p ? p->name : NULL;
	if (f->kind == FIRMWARE_MERGED)
		return;
	if (p && firmware_end(f) > p->addr + p->size_bytes) {
		diag_error(in->diags, f->recipe->at,
			   "%s has %zu bytes from 0x%x, partition '%s' ends at 0x%x: "
			   "%u bytes too many",
			   f->recipe->file, f->size_bytes, f->addr, p->name,
			   p->addr + p->size_bytes, firmware_end(f) - p->addr - p->size_bytes);
		return;
	}
	for (size_t i = 0; !p && i < in->table.count; i++) {
		const struct partition *q = &in->table.rows[i];

		if (q->addr > f->addr && q->addr < firmware_end(f) &&
		    (!next || q->addr < next->addr))
			next = q;
	}
	if (next)
		diag_error(in->diags, f->recipe->at,
			   "%s (0x%x to 0x%x) runs into partition '%s' at 0x%x", f->recipe->file,
			   f->addr, firmware_end(f), next->name, next->addr);
	if (p && f->addr != p->addr && p->type == PARTITION_APP)
		diag_error(in->diags, f->recipe->address_at,
			   "%s begins inside partition '%s', 0x%x behind its start: no application "
			   "starts there",
			   f->recipe->file, p->name, f->addr - p->addr);
	else if (p && f->addr != p->addr)
		diag_warning(in->diags, f->recipe->address_at,
			     "%s begins inside partition '%s', 0x%x behind its start",
			     f->recipe->file, p->name, f->addr - p->addr);
	if (p && f->kind == FIRMWARE_APP && p->type != PARTITION_APP)
		diag_warning(in->diags, f->recipe->address_at,
			     "%s is an application, but partition '%s' is not for one",
			     f->recipe->file, p->name);
}

static void check_alignment(struct inspection *in, const struct firmware *f)
{
	uint32_t sector = f->addr & ~(FLASH_SECTOR_BYTES - 1);

	if (f->addr == sector)
		return;
	for (size_t i = 0; i < in->count; i++) {
		const struct firmware *g = &in->images[i];

		if (g != f && g->is_placed && g->addr < f->addr && firmware_end(g) > sector)
			return; /* the two are written as one */
	}
	diag_warning(in->diags, f->recipe->address_at,
		     "%s does not begin at a flash sector: the bytes from 0x%x to 0x%x are erased",
		     f->recipe->file, sector, f->addr);
}

static void check_placed(struct inspection *in, struct firmware *f)
{
	if (in->recipe->chip && check_wrong_boot(in, f))
		return;
	if (in->recipe->chip) {
		check_boot(in, f);
		for (size_t i = 0; in->has_table && i < in->table.count; i++)
			if (in->table.rows[i].type == PARTITION_APP)
				check_app_in(in, f, &in->table.rows[i]);
		check_other(in, f);
	}
	if (in->has_table)
		check_room(in, f);
	check_alignment(in, f);
}

static void check_whole(struct inspection *in)
{
	const struct recipe *r = in->recipe;
	struct place at = { r->yaml->file, 1, 1 };
	bool wants_patch = r->mode != FLASH_MODE_KEEP || r->frequency_mhz ||
			   r->header_size != HEADER_SIZE_KEEP;
	bool has_all = true;

	for (size_t i = 0; i < in->count; i++)
		has_all = has_all && in->images[i].is_placed;
	if (!has_all || !in->count || !r->chip)
		return; /* what is missing may be just that */
	if (r->erase == ERASE_ROOMS && !in->has_table && !in->table_failed)
		diag_error(in->diags, r->erase_at,
			   "'erase: rooms' needs a partition table among the images");
	if (!in->has_boot && !in->diags->error_count)
		diag_warning(in->diags, at,
			     "no boot loader among the images: a unit keeps its own");
	if (!in->has_table && !in->table_failed)
		diag_warning(in->diags, at,
			     "no partition table among the images: what they fit into is not "
			     "checked");
	if (!in->has_boot && wants_patch && !in->diags->error_count)
		diag_warning(in->diags, r->header_at,
			     "'flash' changes the boot loader's header, but there is none");
}

void inspect(struct inspection *in, const struct recipe *recipe, struct firmware *images,
	     size_t count, struct diag_list *diags)
{
	memset(in, 0, sizeof(*in));
	in->recipe = recipe;
	in->diags = diags;
	in->images = images;
	in->count = count;
	in->min_rev = recipe->min_rev;
	in->max_rev = recipe->max_rev;
	in->limit = recipe->flash_bytes                        ? recipe->flash_bytes
		    : recipe->header_size == HEADER_SIZE_FIXED ? recipe->header_size_bytes
		    : recipe->chip                             ? recipe->chip->max_flash_bytes
							       : FLASH_MAX_BYTES;
	place_images(in);
	for (size_t i = 0; i < count; i++)
		if (images[i].is_placed)
			check_placed(in, &images[i]);
	check_whole(in);
}
