#include "recipes/check.h"

#include "engine/base/bytes.h"
#include "recipes/boot_check.h"
#include "recipes/check_data.h"
#include "recipes/page.h"
#include "recipes/summary.h"

#include <inttypes.h>

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
	page_add(t, ",\"needs_bytes\":%" PRIu32 ",\"packages\":[", p->flash.end_addr);
	for (size_t i = 0; i < p->flash.package_count; i++) {
		page_add(t, "%s", i ? "," : "");
		page_add_json(t, p->flash.packages[i]);
	}
	if (p->flash.psram_bytes)
		page_add(t, "],\"psram_bytes\":%" PRIu32, p->flash.psram_bytes);
	else
		page_add(t, "],\"psram_bytes\":null");
	member(t, "security", security_words(p->flash.security));
	page_add(t, ",\"accept_unproven\":%s", p->flash.accept_unproven ? "true" : "false");
	page_add(t, ",\"clear_protection\":%s}", p->flash.clear_protection ? "true" : "false");
}

static void json_bridges(struct page *t, const struct plan *p)
{
	page_add(t, ",\"bridges\":[");
	for (size_t i = 0; i < p->bridge_count; i++) {
		const struct plan_bridge *b = &p->bridges[i];

		page_add(t, "%s{\"name\":", i ? "," : "");
		page_add_json(t, b->name);
		page_add(t, ",\"rates\":[");
		for (size_t j = 0; j < b->rate_count; j++)
			page_add(t, "%s%" PRIu32, j ? "," : "", b->rates[j]);
		page_add(t, "]}");
	}
	page_add(t, "]");
	member(t, "bridge_policy", bridge_words(p->bridge_policy));
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
			 image->addr, image->size_bytes, summary_packed(p, image), digest);
		member(t, "kind", image->kind);
		member(t, "partition", image->partition);
		member(t, "version", image->version);
		page_add(t, "}");
	}
	page_add(t, "]");
}

static void json_effects(struct page *t, const struct plan *p)
{
	struct summary_bytes s = summary_bytes(&p->flash);

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
	uint32_t rates[SUMMARY_RATES_MAX];
	size_t count = summary_rates(p, rates);

	page_add(t, ",\"expected\":[");
	for (size_t i = 0; i < count; i++)
		page_add(t, "%s{\"rate\":%" PRIu32 ",\"stub_seconds\":%.1f,\"rom_seconds\":%.1f}",
			 i ? "," : "", rates[i], flasher_expected_s(&p->flash, rates[i], true),
			 flasher_expected_s(&p->flash, rates[i], false));
	page_add(t, "],\"tries\":%u,\"limit_ms\":%" PRIu32, p->flash.tries, summary_limit_ms(p));
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
	member(&t, "process", p->process);
	member(&t, "product", p->product);
	member(&t, "download", p->download_hint);
	json_target(&t, p);
	json_bridges(&t, p);
	json_images(&t, p);
	check_json_serial(&t, p);
	check_json_data(&t, p);
	json_effects(&t, p);
	member(&t, "already_passed", passed_words(p->passed_policy));
	member(&t, "plant", plant_words(p->plant_policy));
	boot_check_json(p->boot_check, &t);
	json_times(&t, p);
	page_add(&t, "}");
	*text = page_take(&t);
	return *text ? STATUS_OK : STATUS_NO_MEMORY;
}
