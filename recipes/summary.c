#include "recipes/summary.h"

#include <string.h>

struct summary_bytes summary_bytes(const struct flash_plan *f)
{
	struct summary_bytes s = { 0 };
	const struct flash_variant *v = &f->variants[0];

	for (size_t i = 0; i < v->region_count; i++) {
		const struct flash_region *r = &v->regions[i];

		s.raw += r->size_bytes;
		s.packed += r->packed ? r->packed_bytes : r->size_bytes;
	}
	for (size_t i = 0; i < f->own_range_count; i++)
		s.raw += f->own_ranges[i].size_bytes;
	s.packed += f->own_packed_bytes;
	s.regions = v->region_count + f->own_range_count;
	return s;
}

uint64_t summary_packed(const struct plan *p, const struct plan_image *image)
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

size_t summary_rates(const struct plan *p, uint32_t rates[static SUMMARY_RATES_MAX])
{
	static const uint32_t usual[] = { 115200, 230400, 460800, 921600, 1500000, 2000000 };
	uint32_t all[SUMMARY_RATES_MAX * 4];
	size_t count = 0, kept = 0;
	bool is_restricted = p->bridge_count > 0;

	for (size_t i = 0; i < p->bridge_count; i++)
		is_restricted = is_restricted && p->bridges[i].rate_count;
	for (size_t i = 0; !is_restricted && i < sizeof(usual) / sizeof(usual[0]); i++)
		all[count++] = usual[i];
	for (size_t i = 0; i < p->bridge_count; i++)
		for (size_t j = 0; j < p->bridges[i].rate_count && count < SUMMARY_RATES_MAX * 4;
		     j++)
			all[count++] = p->bridges[i].rates[j];
	for (uint32_t above = 0; kept < SUMMARY_RATES_MAX;) {
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

uint32_t summary_limit_ms(const struct plan *p)
{
	struct link_profile link = {
		.resets = { RESET_TIGHT, RESET_TIGHT_LONG, RESET_CLASSIC, RESET_CLASSIC_LONG },
		.reset_count = 4,
		.ram_block_bytes = 0x1800,
	};
	uint32_t rates[SUMMARY_RATES_MAX];
	size_t count = summary_rates(p, rates);

	while (count && link.rate_count < LINK_RATES_MAX && rates[count - 1] > 115200)
		link.rates[link.rate_count++] = rates[--count];
	return flasher_limit_ms(&p->flash, &link);
}

const char *erase_words(enum erase_mode erase)
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

const char *stub_words(enum stub_policy stub)
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

const char *security_words(enum security_wanted security)
{
	switch (security) {
	case SECURITY_OPEN:
		return "open";
	case SECURITY_SECURE_BOOT:
		return "secure_boot";
	case SECURITY_SECURE_DOWNLOAD:
		return "secure_download";
	}
	return "";
}

const char *bridge_words(enum bridge_policy policy)
{
	switch (policy) {
	case BRIDGE_WARN:
		return "warn";
	case BRIDGE_REFUSE:
		return "refuse";
	case BRIDGE_ANY:
		return "any";
	}
	return "";
}

const char *passed_words(enum passed_policy policy)
{
	switch (policy) {
	case PASSED_USUAL:
		return NULL;
	case PASSED_FLASH:
		return "flash";
	case PASSED_REFUSE:
		return "refuse";
	}
	return NULL;
}

const char *plant_words(enum plant_policy policy)
{
	switch (policy) {
	case PLANT_LEASED:
		return "leased";
	case PLANT_STRICT:
		return "strict";
	case PLANT_STANDALONE:
		return "standalone";
	}
	return NULL;
}
