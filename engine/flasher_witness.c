/*
 * Did a part arrive where it was sent to?
 *
 * A begin that was altered on its way writes somewhere else, and no answer tells. It
 * shows only where the flash was not as planned before: a witness is such a place, and
 * what it was. docs/protocol.md, what a flasher may believe.
 */
#include "engine/flasher_run.h"

#include "engine/base/digest.h"
#include "engine/blank.h"

#include <string.h>

struct witness {
	size_t at, size_bytes; /* of the part; size 0: there is none */
	uint8_t before[MD5_BYTES], planned[MD5_BYTES];
};

static size_t sector_bytes(const struct flash_region *g, size_t at)
{
	size_t left = g->size_bytes - at;

	return left < FLASH_SECTOR_BYTES ? left : FLASH_SECTOR_BYTES;
}

static bool is_blank(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0xff)
			return false;
	}
	return true;
}

static enum status look_at_witness(struct run *r, const struct flash_region *g, struct witness *w)
{
	digest_md5(g->data + w->at, w->size_bytes, w->planned);
	return run_ask_md5_surely(r, g->addr + (uint32_t)w->at, w->size_bytes, w->before);
}

static bool is_as_planned(const struct witness *w)
{
	return memcmp(w->before, w->planned, MD5_BYTES) == 0;
}

static enum status make_blank(struct run *r, const struct flash_region *g, struct witness *w)
{
	struct flash_region blank = blank_sector_region(g->addr + (uint32_t)w->at);

	blank.label = g->label;
	TRY(run_send(r, &blank, NULL));
	TRY(look_at_witness(r, g, w));
	if (!is_as_planned(w))
		return STATUS_OK;
	run_astray(r, g->label);
	return err_set(&r->report->err, STATUS_MD5_MISMATCH,
		       "%s: the sector at %08x was erased and answered, and is as it was before",
		       g->label, (unsigned)blank.addr);
}

/*
 * *is_done: the part is all blank, and so is the flash there; nothing is to be written.
 * A sector that is as planned already is made blank: it will be written anyway.
 */
static enum status take_witness(struct run *r, const struct flash_region *g, struct witness *w,
				bool *is_done)
{
	*w = (struct witness){ .at = 0 };
	*is_done = false;
	if (r->is_unprovable)
		return STATUS_OK;
	while (w->at < g->size_bytes && is_blank(g->data + w->at, sector_bytes(g, w->at)))
		w->at += FLASH_SECTOR_BYTES;
	if (w->at >= g->size_bytes) {
		*w = (struct witness){ .at = 0, .size_bytes = g->size_bytes };
		TRY(look_at_witness(r, g, w));
		*is_done = is_as_planned(w);
		return STATUS_OK;
	}
	w->size_bytes = sector_bytes(g, w->at);
	TRY(look_at_witness(r, g, w));
	return is_as_planned(w) ? make_blank(r, g, w) : STATUS_OK;
}

static enum status ask_witness(struct run *r, const struct flash_region *g, const struct witness *w)
{
	uint8_t md5[MD5_BYTES];
	uint32_t addr = g->addr + (uint32_t)w->at;

	if (!w->size_bytes)
		return STATUS_OK;
	TRY(run_ask_md5(r, addr, w->size_bytes, md5));
	if (memcmp(md5, w->planned, MD5_BYTES) == 0)
		return STATUS_OK;
	TRY(run_ask_md5_surely(r, addr, w->size_bytes, md5));
	if (memcmp(md5, w->before, MD5_BYTES) != 0)
		return STATUS_OK; /* something came; whether it is right, the proof will say */
	run_astray(r, g->label);
	return err_set(&r->report->err, STATUS_MD5_MISMATCH,
		       "%s: written and answered, and the sector at %08x is as it was before: it "
		       "takes nothing, or the write went elsewhere",
		       g->label, (unsigned)addr);
}

enum status run_send_part(struct run *r, const struct flash_region *g, struct data_phase *phase)
{
	struct witness w;
	bool is_done;

	TRY(take_witness(r, g, &w, &is_done));
	if (is_done)
		return STATUS_OK;
	TRY(run_send(r, g, phase));
	return ask_witness(r, g, &w);
}
