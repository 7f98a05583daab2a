#include "recipes/check.h"

#include "engine/base/bytes.h"
#include "recipes/boot_check.h"
#include "recipes/check_data.h"
#include "recipes/page.h"
#include "recipes/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void size_text(uint64_t bytes, char *text, size_t size)
{
	if (bytes && bytes % (1 << 20) == 0)
		snprintf(text, size, "%" PRIu64 " MB", bytes >> 20);
	else if (bytes && bytes % 1024 == 0)
		snprintf(text, size, "%" PRIu64 " KB", bytes >> 10);
	else
		snprintf(text, size, "%" PRIu64 " bytes", bytes);
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

/* What is judged besides chip, revision and flash before a unit is written to. */
static void add_interlocks(struct page *t, const struct plan *p)
{
	const struct flash_plan *f = &p->flash;
	char size[32];

	for (size_t i = 0; i < f->package_count; i++)
		page_add(t, "%s%s", i ? " or " : "package  ", f->packages[i]);
	page_add(t, f->package_count ? "\n" : "");
	if (f->psram_bytes) {
		size_text(f->psram_bytes, size, sizeof(size));
		page_add(t, "psram    %s in the package, where the chip tells it\n", size);
	}
	page_add(t, "security %s: units in another state are refused\n",
		 security_words(f->security));
	if (f->accept_unproven)
		page_add(t, "proof    none: a PASS is what the unit acknowledged, no more\n");
	if (f->clear_protection)
		page_add(t, "protect  the flash's block-protect bits are cleared where they are in "
			    "the way\n");
}

/* Who is taken, whatever the unit is like. */
static void add_guards(struct page *t, const struct plan *p)
{
	page_add(t, "process  %s\n", p->process);
	switch (p->passed_policy) {
	case PASSED_USUAL:
		page_add(t, "passed   units that passed this recipe before are refused in a batch, "
			    "and flashed again without one\n");
		break;
	case PASSED_FLASH:
		page_add(t, "passed   units that passed this recipe before are flashed again\n");
		break;
	case PASSED_REFUSE:
		page_add(t, "passed   units that passed this recipe before are refused\n");
		break;
	}
	switch (p->plant_policy) {
	case PLANT_LEASED:
		break;
	case PLANT_STRICT:
		page_add(t, "plant    strict: no unit without a claim in the plant's ledger\n");
		break;
	case PLANT_STANDALONE:
		page_add(t, "plant    standalone: nothing is claimed in the plant's ledger\n");
		break;
	}
}

static void add_bridges(struct page *t, const struct plan *p)
{
	for (size_t i = 0; i < p->bridge_count; i++) {
		const struct plan_bridge *b = &p->bridges[i];

		page_add(t, "%s%s", i ? ", " : "bridges  ", b->name);
		for (size_t j = 0; j < b->rate_count; j++)
			page_add(t, "%s%" PRIu32 "%s", j ? "/" : " at ", b->rates[j],
				 j + 1 == b->rate_count ? " only" : "");
	}
	if (!p->bridge_count)
		return;
	switch (p->bridge_policy) {
	case BRIDGE_WARN:
		page_add(t, "; any other with a warning\n");
		break;
	case BRIDGE_REFUSE:
		page_add(t, "; any other is refused\n");
		break;
	case BRIDGE_ANY:
		page_add(t, "; any other as well\n");
		break;
	}
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
	add_interlocks(t, p);
	add_bridges(t, p);
	add_guards(t, p);
	check_add_serial(t, p);
	boot_check_describe(p->boot_check, t);
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
			 image->size_bytes, summary_packed(p, image), image->kind,
			 image->partition ? image->partition : "-", image->file,
			 image->version ? ", version " : "", image->version ? image->version : "");
		page_add(t, "  sha256 %s\n", digest);
	}
}

static void add_effects(struct page *t, const struct plan *p)
{
	struct summary_bytes s = summary_bytes(&p->flash);
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
	uint32_t rates[SUMMARY_RATES_MAX];
	size_t count = summary_rates(p, rates);
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
		 summary_limit_ms(p) / 1000.0, p->flash.tries,
		 p->flash.tries == 1 ? "try" : "tries");
}

enum status plan_describe(const struct plan *p, char **text)
{
	struct page t = { 0 };

	add_head(&t, p);
	add_images(&t, p);
	check_add_data(&t, p);
	add_effects(&t, p);
	add_times(&t, p);
	*text = page_take(&t);
	return *text ? STATUS_OK : STATUS_NO_MEMORY;
}
