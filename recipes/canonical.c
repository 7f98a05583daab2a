#include "recipes/canonical.h"

#include "engine/base/bytes.h"
#include "recipes/page.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const modes[] = { "qio", "qout", "dio", "dout" };
static const char *const stubs[] = { "auto", "always", "never" };
static const char *const erases[] = { "sectors", "rooms", "all" };

static void add_settings(struct page *t, const struct recipe *r)
{
	page_add(t, "# canonical form 1\n");
	if (r->product)
		page_add(t, "product: %s\n", r->product);
	page_add(t, "target.chip: %s\n", r->chip->key);
	if (r->min_rev)
		page_add(t, "target.min_revision: %u.%u\n", r->min_rev / 100, r->min_rev % 100);
	if (r->max_rev != UINT16_MAX)
		page_add(t, "target.max_revision: %u.%u\n", r->max_rev / 100, r->max_rev % 100);
	if (r->flash_bytes)
		page_add(t, "target.flash_size: %" PRIu32 "\n", r->flash_bytes);
	if (r->mode != FLASH_MODE_KEEP)
		page_add(t, "flash.mode: %s\n", modes[r->mode]);
	if (r->frequency_mhz)
		page_add(t, "flash.frequency: %u\n", r->frequency_mhz);
	if (r->header_size == HEADER_SIZE_DETECT)
		page_add(t, "flash.size: detect\n");
	if (r->header_size == HEADER_SIZE_FIXED)
		page_add(t, "flash.size: %" PRIu32 "\n", r->header_size_bytes);
	if (r->erase != ERASE_SECTORS)
		page_add(t, "erase: %s\n", erases[r->erase]);
	if (r->max_rate)
		page_add(t, "link.max_rate: %" PRIu32 "\n", r->max_rate);
	if (r->stub != STUB_AUTO)
		page_add(t, "link.stub: %s\n", stubs[r->stub]);
	if (!r->compress)
		page_add(t, "link.compress: no\n");
	if (r->tries != RECIPE_TRIES_DEFAULT)
		page_add(t, "policy.tries: %u\n", r->tries);
	if (r->skip == SKIP_UNCHANGED)
		page_add(t, "policy.skip: unchanged\n");
}

char *canonical_text(const struct inspection *in)
{
	const struct firmware **sorted = calloc(in->count ? in->count : 1, sizeof(*sorted));
	struct page t = { 0 };

	if (!sorted)
		return NULL;
	for (size_t i = 0; i < in->count; i++)
		sorted[i] = &in->images[i];
	qsort(sorted, in->count, sizeof(*sorted), firmware_by_addr);
	add_settings(&t, in->recipe);
	page_add(&t, "images:\n");
	for (size_t i = 0; i < in->count; i++) {
		char digest[SHA256_TEXT_BYTES];

		hex_text(sorted[i]->sha256, SHA256_BYTES, digest);
		page_add(&t, "  - address: 0x%" PRIx32 "\n    bytes: %zu\n    sha256: %s\n",
			 sorted[i]->addr, sorted[i]->size_bytes, digest);
	}
	free(sorted);
	return page_take(&t);
}
