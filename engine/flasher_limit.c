/* How long a run may take at most, and how long a good unit takes. */
#include "engine/flasher_run.h"

/*
 * Every figure is what it takes where it can still succeed. What a run pays in one of its
 * tries only is counted once, and the run's deadline keeps it to that: docs/protocol.md,
 * Timeouts.
 */

/* ---- per try ---- */

#define REOPEN_MS 6000u /* a native port that leaves and comes back */
#define RESET_MS 2500u  /* the long reset and its SYNCs, for each reset kind */
#define NOISE_MS 4000u  /* junk before the boot text, and the SYNCs behind it */
/* All that is asked, and two silences. */
#define IDENTIFY_MS 8000u
#define STUB_MS 6000u
/* For each region: its witness, its guards, and every turnaround. */
#define REGION_MS 1500u
/* Compare and proof, each at four times what a ROM takes. */
#define MD5_MS_PER_MB (2u * 4000u)
/* Erased and programmed, both by ROM and stub: as for the answer to a block. */
#define WRITE_MS_PER_MB 40000u
#define SLOWEST_BAUD 115200u
/* One byte in 128 is escaped, in bad cases one in 16. */
#define ESCAPES 16u

/* ---- once per run ---- */

/* Uploads that are silent, or in pieces of 16 bytes. */
#define STUB_LOST_MS 20000u
/* Each rate that fails costs another contact and another upload, and is not tried again. */
#define RATE_MS 5000u
#define WAITS_MS 45000u /* for power that is switched, for a way that has stalled */
/* Status registers, read and cleared, behind an erase that is still going on. */
#define PROTECT_MS 8000u
/* A write that was lost: silence noticed, the loader found again, and what had arrived. A
 * stub erases so much ahead, and so much may make one block of the plan. */
#define AHEAD_BYTES 0x10000u
#define BLOCK_BYTES 0x8000u
#define FOUND_AGAIN_MS 1500u
#define RESTART_MS 3000u

#define NATIVE_USB_BAUD 921600u
#define USUAL_FLASH_MAX 0x1000000u
#define BYTES_PER_MB 1000000u

static uint64_t wire_bytes(const struct flash_region *g, bool compress)
{
	uint64_t bytes = compress && g->packed ? g->packed_bytes : g->size_bytes;

	return bytes + bytes / ESCAPES;
}

/* In each try, and once beside them. */
struct variant_limit {
	uint64_t try_ms, once_ms;
	uint32_t most_bytes; /* of a region */
};

static void add_region(struct variant_limit *ms, const struct flash_region *g, bool compress)
{
	uint64_t bytes = wire_bytes(g, compress);
	uint64_t wire_ms = wire_us(bytes, SLOWEST_BAUD) / 1000;

	if (g->size_bytes > ms->most_bytes)
		ms->most_bytes = (uint32_t)g->size_bytes;
	ms->try_ms += REGION_MS + wire_ms +
		      (uint64_t)g->size_bytes * (WRITE_MS_PER_MB + MD5_MS_PER_MB) / BYTES_PER_MB;
	/* A way that needs pieces is kept from then on, and what was sent is not again. */
	ms->once_ms += paced_us(bytes, SLOWEST_BAUD, WAY_SMALLEST_PIECE) / 1000 - wire_ms;
}

static struct variant_limit variant_limit(const struct flash_variant *v,
					  const struct flash_plan *plan)
{
	struct variant_limit ms = { .try_ms = 0 };

	for (size_t i = 0; i < v->region_count; i++)
		add_region(&ms, &v->regions[i], plan->compress);
	/* How well a unit's own bytes pack is not known beforehand. */
	for (size_t i = 0; i < plan->own_range_count; i++) {
		const struct flash_region own = { .size_bytes = plan->own_ranges[i].size_bytes };

		add_region(&ms, &own, false);
	}
	return ms;
}

static struct variant_limit longest_variant(const struct flash_plan *plan)
{
	struct variant_limit most = { .try_ms = 0 };

	for (size_t i = 0; i < plan->variant_count; i++) {
		struct variant_limit v = variant_limit(&plan->variants[i], plan);

		if (v.try_ms + v.once_ms > most.try_ms + most.once_ms)
			most = v;
	}
	return most;
}

/* Writes that were lost and begun again: engine/flasher_resume.c. */
static uint64_t lost_limit_ms(uint32_t most_bytes)
{
	uint32_t block = most_bytes < BLOCK_BYTES ? most_bytes : BLOCK_BYTES;

	return UINT64_C(1) * RUN_BEGINS_MAX *
	       (loader_write_ms(AHEAD_BYTES + block) + FOUND_AGAIN_MS);
}

/* What has been erased stays so: once. */
static uint64_t erase_limit_ms(const struct flash_plan *plan)
{
	uint64_t ms = 0;

	if (plan->erase == ERASE_ALL) {
		uint32_t size = plan->flash_bytes ? plan->flash_bytes : USUAL_FLASH_MAX;

		ms = loader_erase_ms(size);
		ms = ms > LOADER_CHIP_ERASE_MS ? ms : LOADER_CHIP_ERASE_MS;
		return ms + UINT64_C(2) * loader_md5_ms(size);
	}
	for (size_t i = 0; plan->erase == ERASE_ROOMS && i < plan->room_count; i++)
		ms += loader_erase_ms(plan->rooms[i].size_bytes) +
		      UINT64_C(2) * loader_md5_ms(plan->rooms[i].size_bytes);
	return ms;
}

/* Twice, where the first restart was missed; its lines are moved for RESTART_MS at most. */
uint32_t run_boot_ms(const struct flash_plan *plan, const struct link_profile *link)
{
	uint64_t once_ms = (uint64_t)RESTART_MS + RUN_BOOT_AFTER_MS;

	if (!plan || !plan->boot.within_ms)
		return 0;
	once_ms += plan->boot.within_ms + (link->is_native_usb ? REOPEN_MS : 0);
	return (uint32_t)(2 * once_ms);
}

uint32_t flasher_limit_ms(const struct flash_plan *plan, const struct link_profile *link)
{
	uint64_t resets = link->reset_count ? link->reset_count : 1;
	uint64_t ms =
		resets * RESET_MS + NOISE_MS + IDENTIFY_MS + (link->is_native_usb ? REOPEN_MS : 0);
	struct variant_limit most;

	if (!plan)
		return (uint32_t)(2 * ms + RESTART_MS);
	most = longest_variant(plan);
	ms = plan->tries * (ms + STUB_MS + most.try_ms) + most.once_ms + STUB_LOST_MS +
	     link->rate_count * UINT64_C(1) * RATE_MS + PROTECT_MS +
	     lost_limit_ms(most.most_bytes) + erase_limit_ms(plan) + WAITS_MS + RESTART_MS +
	     run_boot_ms(plan, link);
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* ---- a good unit: docs/protocol.md, usual times ---- */

#define CONNECT_S 0.45
#define IDENTIFY_S 0.4
#define STUB_S 0.75
#define RATE_S 0.1
#define RESTART_S 0.3
#define STUB_MD5_S_PER_MB 0.16
#define ROM_MD5_S_PER_MB 0.94
#define ROM_ERASE_S_PER_SECTOR 0.045
#define FRAME_BYTES 50u /* around each block and its answer */
#define TURNAROUND_S 0.002
#define STUB_BLOCK 0x4000u
#define ROM_BLOCK 0x400u

/* bytes: as they are sent. */
static double region_s(size_t size_bytes, size_t bytes, uint32_t rate_baud, bool with_stub)
{
	size_t block = with_stub ? STUB_BLOCK : ROM_BLOCK;
	size_t blocks = (bytes + block - 1) / block;
	size_t sectors = (size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES;
	/* One byte in 128 is escaped. */
	uint64_t wire = bytes + bytes / 128 + blocks * FRAME_BYTES;
	double s = (double)wire_us(wire, rate_baud) / 1e6 + (double)blocks * TURNAROUND_S;

	if (!with_stub)
		s += (double)sectors * ROM_ERASE_S_PER_SECTOR;
	return s + (double)size_bytes * (with_stub ? STUB_MD5_S_PER_MB : ROM_MD5_S_PER_MB) / 1e6;
}

double flasher_expected_s(const struct flash_plan *plan, uint32_t rate_baud, bool with_stub)
{
	double s = CONNECT_S + IDENTIFY_S + RATE_S + RESTART_S + (with_stub ? STUB_S : 0);
	uint32_t rate = rate_baud ? rate_baud : NATIVE_USB_BAUD;

	if (!plan->variant_count)
		return s;
	for (size_t i = 0; i < plan->variants[0].region_count; i++) {
		const struct flash_region *g = &plan->variants[0].regions[i];

		s += region_s(g->size_bytes,
			      plan->compress && g->packed ? g->packed_bytes : g->size_bytes, rate,
			      with_stub);
	}
	for (size_t i = 0; i < plan->own_range_count; i++) {
		size_t size = plan->own_ranges[i].size_bytes;

		s += region_s(size,
			      plan->compress && plan->own_packed_bytes
				      ? plan->own_packed_bytes / plan->own_range_count
				      : size,
			      rate, with_stub);
	}
	return s;
}
