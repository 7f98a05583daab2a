#include "recipes/check.h"

#include "engine/base/bytes.h"
#include "recipes/page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RATES_MAX 16

struct sums {
	uint64_t raw, packed; /* bytes to write, and as they are sent */
	size_t regions;
};

static struct sums sum_variant(const struct flash_plan *f)
{
	struct sums s = { 0 };
	const struct flash_variant *v = &f->variants[0];

	for (size_t i = 0; i < v->region_count; i++) {
		const struct flash_region *r = &v->regions[i];

		s.raw += r->size_bytes;
		s.packed += r->packed ? r->packed_bytes : r->size_bytes;
	}
	s.regions = v->region_count;
	return s;
}

/*
 * Compressed bytes of one image: of the regions in it, shared ones by their part.
 * The first variant stands for all; they differ in the boot loader's header only.
 */
static uint64_t packed_size(const struct plan *p, const struct plan_image *image)
{
	const struct flash_variant *v = &p->flash.variants[0];
	uint64_t sum = 0, end = (uint64_t)image->addr + image->size_bytes;

	for (size_t i = 0; i < v->region_count; i++) {
		const struct flash_region *r = &v->regions[i];
		uint64_t from = r->addr > image->addr ? r->addr : image->addr;
		uint64_t to = r->addr + r->size_bytes;
		size_t packed = r->packed ? r->packed_bytes : r->size_bytes;

		if (strstr(r->label, " + ") && to > end)
			to = end;
		if (from >= end || from >= to)
			continue;
		if (strstr(r->label, " + "))
			sum += packed * (to - from) / r->size_bytes;
		else
			sum += packed;
	}
	return sum;
}

/*
 * The rates of the table, up to the recipe's limit, each once, rising: the usual
 * ones and those of the product's bridges; these alone where no bridge of the
 * product takes others.
 */
static size_t collect_rates(const struct plan *p, uint32_t rates[static RATES_MAX])
{
	static const uint32_t usual[] = { 115200, 230400, 460800, 921600, 1500000, 2000000 };
	uint32_t all[RATES_MAX * 4];
	size_t count = 0, kept = 0;
	bool is_restricted = p->bridge_count > 0;

	for (size_t i = 0; i < p->bridge_count; i++)
		is_restricted = is_restricted && p->bridges[i].rate_count;
	for (size_t i = 0; !is_restricted && i < sizeof(usual) / sizeof(usual[0]); i++)
		all[count++] = usual[i];
	for (size_t i = 0; i < p->bridge_count; i++)
		for (size_t j = 0; j < p->bridges[i].rate_count && count < RATES_MAX * 4; j++)
			all[count++] = p->bridges[i].rates[j];
	for (uint32_t above = 0; kept < RATES_MAX;) {
		uint32_t next = UINT32_MAX;

		for (size_t i = 0; i < count; i++)
			if (all[i] > above && all[i] < next)
				next = all[i];
		if (next == UINT32_MAX || (p->max_rate && next > p->max_rate))
			break;
		rates[kept++] = above = next;
	}
	return kept;
}

/* The longest a run can take: on a bridge that has to try everything down to 115200. */
static uint32_t total_limit_ms(const struct plan *p)
{
	struct link_profile link = {
		.resets = { RESET_TIGHT, RESET_TIGHT_LONG, RESET_CLASSIC, RESET_CLASSIC_LONG },
		.reset_count = 4,
		.ram_block_bytes = 0x1800,
	};
	uint32_t rates[RATES_MAX];
	size_t count = collect_rates(p, rates);

	while (count && link.rate_count < LINK_RATES_MAX && rates[count - 1] > 115200)
		link.rates[link.rate_count++] = rates[--count];
	return flasher_limit_ms(&p->flash, &link);
}

static void size_text(uint64_t bytes, char *text, size_t size)
{
	if (bytes && bytes % (1 << 20) == 0)
		snprintf(text, size, "%" PRIu64 " MB", bytes >> 20);
	else if (bytes && bytes % 1024 == 0)
		snprintf(text, size, "%" PRIu64 " KB", bytes >> 10);
	else
		snprintf(text, size, "%" PRIu64 " bytes", bytes);
}

static const char *erase_words(enum erase_mode erase)
{
	switch (erase) {
	case ERASE_SECTORS:
		return "sectors";
	case ERASE_ROOMS:
		return "rooms";
	case ERASE_ALL:
		return "all";
	}
	return "";
}

static const char *stub_words(enum stub_policy stub)
{
	switch (stub) {
	case STUB_AUTO:
		return "auto";
	case STUB_ALWAYS:
		return "always";
	case STUB_NEVER:
		return "never";
	}
	return "";
}

static void add_revisions(struct page *t, const struct flash_plan *f)
{
	char min[12], max[12];

	chip_revision_text(f->min_rev, min, sizeof(min));
	chip_revision_text(f->max_rev, max, sizeof(max));
	if (f->min_rev)
		page_add(t, ", revision %s or later", min);
	if (f->max_rev != UINT16_MAX)
		page_add(t, "%s %s or earlier", f->min_rev ? " and" : ", revision", max);
}

static void add_head(struct page *t, const struct plan *p)
{
	char size[32];

	page_add(t, "recipe   %s", p->name);
	if (p->revision)
		page_add(t, ", revision %u", p->revision);
	page_add(t, "\ndigest   %s\n", p->digest_text);
	if (p->product)
		page_add(t, "product  %s (%s)\n", p->product_title, p->product);
	page_add(t, "target   %s", p->flash.chip->name);
	add_revisions(t, &p->flash);
	size_text(p->flash.flash_bytes ? p->flash.flash_bytes : p->flash.end_addr, size,
		  sizeof(size));
	page_add(t, p->flash.flash_bytes ? ", %s of flash\n" : ", %s of flash or more\n", size);
	for (size_t i = 0; i < p->bridge_count; i++) {
		const struct plan_bridge *b = &p->bridges[i];

		page_add(t, "%s%s", i ? ", " : "bridges  ", b->name);
		for (size_t j = 0; j < b->rate_count; j++)
			page_add(t, "%s%" PRIu32 "%s", j ? "/" : " at ", b->rates[j],
				 j + 1 == b->rate_count ? " only" : "");
	}
	page_add(t, p->bridge_count ? "\n" : "");
	if (p->download_hint)
		page_add(t, "download %s\n", p->download_hint);
}

static void add_images(struct page *t, const struct plan *p)
{
	page_add(t, "\n%-10s %9s %10s  %-15s %-12s file\n", "address", "bytes", "compressed",
		 "kind", "partition");
	for (size_t i = 0; i < p->image_count; i++) {
		const struct plan_image *image = &p->images[i];
		char digest[SHA256_TEXT_BYTES];

		hex_text(image->sha256, SHA256_BYTES, digest);
		page_add(t, "0x%08" PRIx32 " %9zu %10" PRIu64 "  %-15s %-12s %s%s%s\n", image->addr,
			 image->size_bytes, packed_size(p, image), image->kind,
			 image->partition ? image->partition : "-", image->file,
			 image->version ? ", version " : "", image->version ? image->version : "");
		page_add(t, "  sha256 %s\n", digest);
	}
}

static void add_effects(struct page *t, const struct plan *p)
{
	struct sums s = sum_variant(&p->flash);
	char size[32];

	page_add(t, "\nwrites   %" PRIu64 " bytes in %zu regions, %" PRIu64 " compressed\n", s.raw,
		 s.regions, s.packed);
	page_add(t, "erases   %s", erase_words(p->flash.erase));
	if (p->flash.erase == ERASE_SECTORS)
		page_add(t, ": those that are written, no others");
	for (size_t i = 0; i < p->flash.room_count; i++)
		page_add(t, "%s0x%" PRIx32 " to 0x%" PRIx32,
			 i ? ", " : "; besides what is written: ", p->flash.rooms[i].addr,
			 p->flash.rooms[i].addr + p->flash.rooms[i].size_bytes);
	page_add(t, "\n");
	for (size_t i = 0; i < p->erased_count; i++) {
		const struct plan_erased *e = &p->erased[i];

		size_text(e->size_bytes, size, sizeof(size));
		page_add(t, "loses    partition '%s' (0x%" PRIx32 ", %s): no image fills it\n",
			 e->partition, e->addr, size);
	}
	for (size_t i = 0; p->flash.variant_count > 1 && i < p->flash.variant_count; i++) {
		size_text(p->flash.variants[i].flash_bytes, size, sizeof(size));
		page_add(t, "%s%s%s", i ? ", " : "header   for flash of ", size,
			 i + 1 == p->flash.variant_count ? "\n" : "");
	}
}

static void add_times(struct page *t, const struct plan *p)
{
	uint32_t rates[RATES_MAX];
	size_t count = collect_rates(p, rates);
	bool by_stub = p->flash.stub != STUB_NEVER, by_rom = p->flash.stub != STUB_ALWAYS;

	page_add(t, "\nseconds  %10s%s%s\n", "at rate", by_stub ? "  with stub" : "",
		 by_rom ? "   ROM only" : "");
	for (size_t i = 0; i < count; i++) {
		page_add(t, "         %10" PRIu32, rates[i]);
		if (by_stub)
			page_add(t, " %10.1f", flasher_expected_s(&p->flash, rates[i], true));
		if (by_rom)
			page_add(t, " %10.1f", flasher_expected_s(&p->flash, rates[i], false));
		page_add(t, "\n");
	}
	page_add(t, "limit    %.0f seconds for a run with up to %u %s\n",
		 total_limit_ms(p) / 1000.0, p->flash.tries, p->flash.tries == 1 ? "try" : "tries");
}

static enum status take(struct page *t, char **text)
{
	*text = page_take(t);
	return *text ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status plan_describe(const struct plan *p, char **text)
{
	struct page t = { 0 };

	add_head(&t, p);
	add_images(&t, p);
	add_effects(&t, p);
	add_times(&t, p);
	return take(&t, text);
}

static void member(struct page *t, const char *key, const char *value)
{
	page_add(t, ",\"%s\":", key);
	page_add_json(t, value);
}

static void json_target(struct page *t, const struct plan *p)
{
	char min[12], max[12];

	chip_revision_text(p->flash.min_rev, min, sizeof(min));
	chip_revision_text(p->flash.max_rev, max, sizeof(max));
	page_add(t, ",\"target\":{\"chip\":\"%s\",\"min_revision\":", p->flash.chip->key);
	page_add_json(t, p->flash.min_rev ? min : NULL);
	page_add(t, ",\"max_revision\":");
	page_add_json(t, p->flash.max_rev != UINT16_MAX ? max : NULL);
	if (p->flash.flash_bytes)
		page_add(t, ",\"flash_bytes\":%" PRIu32, p->flash.flash_bytes);
	else
		page_add(t, ",\"flash_bytes\":null");
	page_add(t, ",\"needs_bytes\":%" PRIu32 "}", p->flash.end_addr);
}

static void json_images(struct page *t, const struct plan *p)
{
	page_add(t, ",\"images\":[");
	for (size_t i = 0; i < p->image_count; i++) {
		const struct plan_image *image = &p->images[i];
		char digest[SHA256_TEXT_BYTES];

		hex_text(image->sha256, SHA256_BYTES, digest);
		page_add(t, "%s{\"file\":", i ? "," : "");
		page_add_json(t, image->file);
		page_add(t,
			 ",\"address\":%" PRIu32 ",\"bytes\":%zu,\"compressed_bytes\":%" PRIu64
			 ",\"sha256\":\"%s\"",
			 image->addr, image->size_bytes, packed_size(p, image), digest);
		member(t, "kind", image->kind);
		member(t, "partition", image->partition);
		member(t, "version", image->version);
		page_add(t, "}");
	}
	page_add(t, "]");
}

static void json_effects(struct page *t, const struct plan *p)
{
	struct sums s = sum_variant(&p->flash);

	page_add(t, ",\"write_bytes\":%" PRIu64 ",\"compressed_bytes\":%" PRIu64, s.raw, s.packed);
	page_add(t, ",\"erase\":\"%s\",\"rooms\":[", erase_words(p->flash.erase));
	for (size_t i = 0; i < p->flash.room_count; i++)
		page_add(t, "%s{\"address\":%" PRIu32 ",\"bytes\":%" PRIu32 "}", i ? "," : "",
			 p->flash.rooms[i].addr, p->flash.rooms[i].size_bytes);
	page_add(t, "],\"erased_partitions\":[");
	for (size_t i = 0; i < p->erased_count; i++) {
		page_add(t, "%s{\"partition\":", i ? "," : "");
		page_add_json(t, p->erased[i].partition);
		page_add(t, ",\"address\":%" PRIu32 ",\"bytes\":%" PRIu32 "}", p->erased[i].addr,
			 p->erased[i].size_bytes);
	}
	page_add(t, "],\"stub\":\"%s\"", stub_words(p->flash.stub));
}

static void json_times(struct page *t, const struct plan *p)
{
	uint32_t rates[RATES_MAX];
	size_t count = collect_rates(p, rates);

	page_add(t, ",\"expected\":[");
	for (size_t i = 0; i < count; i++)
		page_add(t, "%s{\"rate\":%" PRIu32 ",\"stub_seconds\":%.1f,\"rom_seconds\":%.1f}",
			 i ? "," : "", rates[i], flasher_expected_s(&p->flash, rates[i], true),
			 flasher_expected_s(&p->flash, rates[i], false));
	page_add(t, "],\"tries\":%u,\"limit_ms\":%" PRIu32, p->flash.tries, total_limit_ms(p));
}

enum status plan_describe_json(const struct plan *p, char **text)
{
	struct page t = { 0 };

	page_add(&t, "{\"recipe\":");
	page_add_json(&t, p->name);
	if (p->revision)
		page_add(&t, ",\"revision\":%u", p->revision);
	else
		page_add(&t, ",\"revision\":null");
	member(&t, "file", p->recipe_path);
	member(&t, "digest", p->digest_text);
	member(&t, "product", p->product);
	member(&t, "download", p->download_hint);
	json_target(&t, p);
	json_images(&t, p);
	json_effects(&t, p);
	json_times(&t, p);
	page_add(&t, "}");
	return take(&t, text);
}
