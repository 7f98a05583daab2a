/* How long a run may take at most, and how long a good unit takes. */
#include "engine/flasher_run.h"

/* What connecting costs at most: the long reset, its SYNCs, per reset kind. */
#define RESET_MS 2500u
#define NOISE_MS 4000u  /* junk before the boot text, and the SYNCs behind it */
#define REOPEN_MS 6000u /* a native port that leaves and comes back */
#define IDENTIFY_MS 10000u
/* Six uploads of which five are silent, and one in pieces of 16 bytes. */
#define STUB_MS 30000u
/* Each rate that fails costs another contact and another upload. */
#define RATE_MS 8000u
#define WAITS_MS 45000u /* once: for power that is switched, for a way that has stalled */
/* Status registers, read and cleared, behind an erase that is still going on. */
#define PROTECT_MS 8000u
/* Silence noticed, the loader found again, and what had arrived. */
#define LOST_BYTES 0x20000u
#define RESYNC_MS 1000u
#define SEARCH_MS 4000u
/* Compare, two passes of a search, proof. */
#define MD5_PASSES 4u
#define RESTART_MS 3000u
#define SLOWEST_BAUD 115200u
#define NATIVE_USB_BAUD 921600u
#define USUAL_FLASH_MAX 0x1000000u

/* At the slowest rate, in the smallest pieces; escapes double at most. */
static uint64_t worst_wire_ms(size_t size_bytes)
{
	return paced_us(2 * (uint64_t)size_bytes, SLOWEST_BAUD, WAY_SMALLEST_PIECE) / 1000;
}

static uint64_t region_limit_ms(const struct flash_region *g, bool compress)
{
	uint32_t size = (uint32_t)g->size_bytes;

	return worst_wire_ms(compress && g->packed ? g->packed_bytes : g->size_bytes) +
	       loader_erase_ms(size) + loader_write_ms(size) +
	       UINT64_C(1) * MD5_PASSES * loader_md5_ms(size);
}

static uint64_t variant_limit_ms(const struct flash_variant *v, bool compress)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < v->region_count; i++)
		ms += region_limit_ms(&v->regions[i], compress);
	return ms;
}

/* Writes that were lost and begun again. */
static uint64_t lost_limit_ms(void)
{
	return UINT64_C(1) * RUN_BEGINS_MAX * (loader_write_ms(LOST_BYTES) + RESYNC_MS + SEARCH_MS);
}

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

uint32_t flasher_limit_ms(const struct flash_plan *plan, const struct link_profile *link)
{
	uint64_t resets = link->reset_count ? link->reset_count : 1;
	uint64_t ms = resets * (RESET_MS + NOISE_MS) + IDENTIFY_MS +
		      (link->is_native_usb ? REOPEN_MS : 0);
	uint64_t most = 0;

	if (!plan)
		return (uint32_t)(2 * ms + RESTART_MS);
	for (size_t i = 0; i < plan->variant_count; i++) {
		uint64_t v = variant_limit_ms(&plan->variants[i], plan->compress);

		if (v > most)
			most = v;
	}
	ms += STUB_MS + (link->rate_count + 1) * RATE_MS + PROTECT_MS + most +
	      erase_limit_ms(plan) + lost_limit_ms();
	ms = plan->tries * ms + WAITS_MS + RESTART_MS;
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

static double region_s(const struct flash_region *g, bool compress, uint32_t rate_baud,
		       bool with_stub)
{
	size_t bytes = compress && g->packed ? g->packed_bytes : g->size_bytes;
	size_t block = with_stub ? STUB_BLOCK : ROM_BLOCK;
	size_t blocks = (bytes + block - 1) / block;
	size_t sectors = (g->size_bytes + FLASH_SECTOR_BYTES - 1) / FLASH_SECTOR_BYTES;
	/* One byte in 128 is escaped. */
	uint64_t wire = bytes + bytes / 128 + blocks * FRAME_BYTES;
	double s = (double)wire_us(wire, rate_baud) / 1e6 + (double)blocks * TURNAROUND_S;

	if (!with_stub)
		s += (double)sectors * ROM_ERASE_S_PER_SECTOR;
	return s + (double)g->size_bytes * (with_stub ? STUB_MD5_S_PER_MB : ROM_MD5_S_PER_MB) / 1e6;
}

double flasher_expected_s(const struct flash_plan *plan, uint32_t rate_baud, bool with_stub)
{
	double s = CONNECT_S + IDENTIFY_S + RATE_S + RESTART_S + (with_stub ? STUB_S : 0);
	uint32_t rate = rate_baud ? rate_baud : NATIVE_USB_BAUD;

	if (!plan->variant_count)
		return s;
	for (size_t i = 0; i < plan->variants[0].region_count; i++)
		s += region_s(&plan->variants[0].regions[i], plan->compress, rate, with_stub);
	return s;
}
