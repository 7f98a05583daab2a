#include "station/bridge.h"

#include <string.h>

const struct bridge *bridge_of_port(const struct port *p)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	if (!p->is_usb)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct bridge *b = &rows[i];

		if (b->vid == p->vid && b->pid == p->pid &&
		    (!b->manufacturer || strcmp(b->manufacturer, p->manufacturer) == 0) &&
		    (!b->product || strstr(p->product, b->product)))
			return b;
	}
	return NULL;
}

struct link_profile bridge_link(const struct bridge *b, uint32_t max_rate)
{
	struct link_profile link = {
		.is_native_usb = b->is_native_usb,
		.ram_block_bytes = b->ram_block_bytes,
		.reset_count = b->reset_count,
	};

	for (size_t i = 0; i < b->reset_count; i++)
		link.resets[i] = b->resets[i];
	for (size_t i = 0; i < LINK_RATES_MAX && b->rates[i]; i++) {
		if (!max_rate || b->rates[i] <= max_rate)
			link.rates[link.rate_count++] = b->rates[i];
	}
	return link;
}
