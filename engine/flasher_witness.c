/*
 * Did a part arrive where it was sent to?
 *
 * A begin that was altered on its way erases and writes somewhere else, and no answer tells.
 * It shows only where the flash was not as planned before: the witness is a sector of the
 * part that was not, and its guards are the sectors in front of the part and behind it, which
 * stay as they were. Where a shifted part touches the witness it touches a guard as well.
 * docs/protocol.md, what a flasher may believe.
 */
#include "engine/flasher_run.h"

#include "engine/base/digest.h"
#include "engine/blank.h"

#include <string.h>

/* One range of the flash, and what the chip said of it before the part was begun. */
struct seen {
	uint32_t addr;
	size_t size_bytes; /* 0: there is none */
	uint8_t md5[MD5_BYTES];
};

struct witness {
	struct seen is;
	uint8_t planned[MD5_BYTES];
	bool is_first; /* of the part's sectors: what begins there begins with it */
	bool was_blank;
	struct seen front, behind;
};

static size_t sector_bytes(const struct flash_region *g, size_t at)
{
	size_t left = g->size_bytes - at;

	return left < FLASH_SECTOR_BYTES ? left : FLASH_SECTOR_BYTES;
}

static bool is_ff(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0xff)
			return false;
	}
	return true;
}

static enum status see(struct run *r, struct seen *s)
{
	return s->size_bytes ? run_ask_md5(r, s->addr, s->size_bytes, s->md5) : STATUS_OK;
}

/* Is it still what it was? An answer that differs in a few bits was altered on its way. */
static enum status is_same(struct run *r, const struct seen *s, bool *is_same)
{
	struct seen now = *s;

	TRY(see(r, &now));
	*is_same = !s->size_bytes || run_md5s_alike(now.md5, s->md5);
	return STATUS_OK;
}

static bool is_planned(const struct witness *w, const uint8_t md5[static MD5_BYTES])
{
	return run_md5s_alike(md5, w->planned);
}

/* ---- before ---- */

static enum status look(struct run *r, struct witness *w)
{
	uint8_t blank[MD5_BYTES];

	TRY(see(r, &w->is));
	blank_md5(w->is.size_bytes, blank);
	w->was_blank = run_md5s_alike(w->is.md5, blank);
	return STATUS_OK;
}

static enum status astray(struct run *r, const struct flash_region *g, const char *how,
			  uint32_t addr)
{
	run_astray(r, g->label);
	return err_set(&r->report->err, STATUS_MD5_MISMATCH,
		       "%s: written and answered, and the sector at %08x %s", g->label,
		       (unsigned)addr, how);
}

static enum status ask_guard(struct run *r, const struct flash_region *g, const struct seen *guard)
{
	bool is_kept;

	TRY(is_same(r, guard, &is_kept));
	if (!is_kept) /* once more: only now it decides */
		TRY(is_same(r, guard, &is_kept));
	if (is_kept)
		return STATUS_OK;
	return astray(r, g, "next to it has changed", guard->addr);
}

static enum status ask_guards(struct run *r, const struct flash_region *g, const struct witness *w)
{
	TRY(ask_guard(r, g, &w->front));
	return ask_guard(r, g, &w->behind);
}

/* A sector that is as planned already is erased: it will be written anyway. */
static enum status make_blank(struct run *r, const struct flash_region *g, struct witness *w)
{
	struct flash_region blank = blank_sector_region(w->is.addr);
	bool is_begun;

	struct err why;
	enum status st;

	blank.label = g->label;
	st = run_send(r, &blank, NULL, &is_begun);
	if (st && !(is_begun && loader_was_lost(st)))
		return st;
	why = r->report->err;
	if (st)
		TRY(run_resync(r));
	TRY(look(r, w));
	if (is_planned(w, w->is.md5))
		return astray(r, g, "was not erased", blank.addr);
	TRY(ask_guards(r, g, w));
	r->report->err = why;
	return st;
}

/* *is_done: the part is all blank, and so is the flash there; nothing is to be written. */
static enum status take_witness(struct run *r, const struct flash_region *g, struct witness *w,
				bool *is_done)
{
	uint32_t end = g->addr + (uint32_t)(run_sector_count(g) * FLASH_SECTOR_BYTES);
	size_t at = 0, size;

	*w = (struct witness){ .is_first = false };
	*is_done = false;
	if (r->is_unprovable)
		return STATUS_OK;
	while (at < g->size_bytes && is_ff(g->data + at, sector_bytes(g, at)))
		at += FLASH_SECTOR_BYTES;
	size = at < g->size_bytes ? sector_bytes(g, at) : g->size_bytes;
	at = at < g->size_bytes ? at : 0;
	w->is = (struct seen){ .addr = g->addr + (uint32_t)at, .size_bytes = size };
	w->is_first = at == 0;
	digest_md5(g->data + at, size, w->planned);
	TRY(look(r, w));
	*is_done = w->was_blank && is_planned(w, w->is.md5) && size == g->size_bytes;
	if (*is_done)
		return STATUS_OK;
	if (g->addr)
		w->front = (struct seen){ .addr = g->addr - FLASH_SECTOR_BYTES,
					  .size_bytes = FLASH_SECTOR_BYTES };
	if (end < r->flash_bytes)
		w->behind = (struct seen){ .addr = end, .size_bytes = FLASH_SECTOR_BYTES };
	TRY(see(r, &w->front));
	TRY(see(r, &w->behind));
	return is_planned(w, w->is.md5) ? make_blank(r, g, w) : STATUS_OK;
}

/* ---- after ---- */

/* All was answered. Whether what came is right, the proof will say. */
static enum status ask_witness(struct run *r, const struct flash_region *g, const struct witness *w)
{
	struct seen now = w->is;
	bool is_kept;

	if (!w->is.size_bytes)
		return STATUS_OK;
	TRY(see(r, &now));
	if (!is_planned(w, now.md5)) {
		TRY(is_same(r, &w->is, &is_kept));
		if (is_kept)
			return astray(r, g,
				      "is as it was before: it takes nothing, or the write went "
				      "elsewhere",
				      w->is.addr);
	}
	return ask_guards(r, g, w);
}

/*
 * The part was begun and is not complete. Begun at its place it has erased its first sector
 * at least, and neither guard.
 */
static enum status ask_after_loss(struct run *r, const struct flash_region *g,
				  const struct witness *w)
{
	bool is_kept;

	TRY(is_same(r, &w->is, &is_kept));
	if (is_kept && w->is_first && !w->was_blank)
		return astray(r, g, "was not erased", w->is.addr);
	return ask_guards(r, g, w);
}

enum status run_send_part(struct run *r, const struct flash_region *g, struct data_phase *phase)
{
	struct witness w;
	struct err why;
	enum status st;
	bool is_done, is_begun;

	TRY(take_witness(r, g, &w, &is_done));
	if (is_done)
		return STATUS_OK;
	st = run_send(r, g, phase, &is_begun);
	if (!st)
		return ask_witness(r, g, &w);
	if (!is_begun || !w.is.size_bytes || r->is_astray ||
	    (!loader_was_lost(st) && st != STATUS_WRITE_REFUSED))
		return st;
	why = r->report->err;
	if (loader_was_lost(st)) {
		TRY(run_resync(r));
		TRY(ask_after_loss(r, g, &w));
	} else {
		ask_after_loss(r, g, &w); /* what the chip itself has said stays */
	}
	r->report->err = why;
	return st;
}
