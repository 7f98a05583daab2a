#include "recipes/canonical.h"

#include "engine/base/bytes.h"
#include "recipes/boot_check.h"
#include "recipes/label.h"
#include "recipes/page.h"
#include "recipes/serial_source.h"
#include "recipes/unit_data.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const modes[] = { "qio", "qout", "dio", "dout" };
static const char *const stubs[] = { "auto", "always", "never" };
static const char *const securities[] = { "open", "secure_boot", "secure_download" };
static const char *const bridges[] = { "warn", "refuse", "any" };
static const char *const passed[] = { "", "flash", "refuse" };
static const char *const plants[] = { "leased", "strict", "standalone" };
static const char *const erases[] = { "sectors", "rooms", "all" };

static int by_text(const void *a, const void *b)
{
	const char *const *left = a, *const *right = b;

	return strcasecmp(*left, *right);
}

/* In order and upper case: neither counts when units are judged. */
static bool add_packages(struct page *t, const struct recipe *r)
{
	size_t count = r->packages ? yaml_text_count(r->packages) : 0;
	const char **names = calloc(count + 1, sizeof(*names));

	if (!names)
		return false;
	for (size_t i = 0; i < count; i++)
		names[i] = yaml_text_at(r->packages, i);
	qsort(names, count, sizeof(*names), by_text);
	for (size_t i = 0; i < count; i++) {
		page_add(t, "target.package: ");
		for (const char *c = names[i]; *c; c++)
			page_add(t, "%c", toupper((unsigned char)*c));
		page_add(t, "\n");
	}
	free(names);
	return true;
}

static void add_interlocks(struct page *t, const struct recipe *r)
{
	if (r->psram_bytes)
		page_add(t, "target.psram: %" PRIu32 "\n", r->psram_bytes);
	if (r->security != SECURITY_OPEN)
		page_add(t, "target.security: %s\n", securities[r->security]);
	if (r->bridge_policy != BRIDGE_WARN)
		page_add(t, "link.bridge: %s\n", bridges[r->bridge_policy]);
	if (r->accept_unproven)
		page_add(t, "policy.accept_unproven: yes\n");
	if (r->clear_protection)
		page_add(t, "policy.clear_protection: yes\n");
}

/*
 * What decides who may be flashed, not what is written. Saying 'already_passed: flash' is not
 * the same as saying nothing, because in a batch it lets a unit through.
 */
static void add_guards(struct page *t, const struct recipe *r)
{
	if (r->process && strcmp(r->process, PLAN_PROCESS_USUAL) != 0)
		page_add(t, "process: %s\n", r->process);
	if (r->passed_policy != PASSED_USUAL)
		page_add(t, "policy.already_passed: %s\n", passed[r->passed_policy]);
	if (r->plant_policy != PLANT_LEASED)
		page_add(t, "policy.plant: %s\n", plants[r->plant_policy]);
}

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
	add_interlocks(&t, in->recipe);
	add_guards(&t, in->recipe);
	boot_check_canonical(in->recipe->boot_check, &t);
	if (!add_packages(&t, in->recipe))
		t.has_failed = true;
	serial_source_canonical(&in->serial, &t);
	unit_data_canonical(in->unit_data, &t);
	label_canonical(in->label, &t);
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
