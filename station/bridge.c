#include "station/bridge.h"

#include "recipes/product_match.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Where every unit begins. */
#define FIRST_RATE_BAUD 115200u

static bool has_id(const struct bridge *b, const struct port *p)
{
	for (size_t i = 0; i < BRIDGE_IDS_MAX && b->ids[i].vid; i++) {
		if (b->ids[i].vid == p->vid && b->ids[i].pid == p->pid)
			return true;
	}
	return false;
}

/* "1.0" of "pci-0000:00:14.0/1.4:1.0.port1" */
static bool is_on_interface(const struct port *p, const char *interface)
{
	const char *colon = strrchr(p->slot, ':');
	size_t length = strlen(interface);

	return colon && strncmp(colon + 1, interface, length) == 0 &&
	       (colon[1 + length] == '\0' || colon[1 + length] == '.');
}

static bool is_part_of(const struct bridge *b, uint8_t part)
{
	for (size_t i = 0; i < BRIDGE_PARTS_MAX && b->parts[i]; i++) {
		if (b->parts[i] == part)
			return true;
	}
	return b->is_other_part;
}

/* By what the bridge said of itself, or else by its product string. */
static bool is_the_part(const struct bridge *b, const struct port *p)
{
	bool asks_for_part = b->parts[0] || b->is_other_part;

	if (asks_for_part && p->answer.asked == USB_ANSWERED)
		return is_part_of(b, p->answer.part);
	if (b->product)
		return strstr(p->product, b->product) != NULL;
	return !asks_for_part;
}

const struct bridge *bridge_of_port(const struct port *p)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	if (!p->is_usb)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct bridge *b = &rows[i];

		if (has_id(b, p) &&
		    (!b->manufacturer || strcmp(b->manufacturer, p->manufacturer) == 0) &&
		    (!b->release || strcmp(b->release, p->release) == 0) &&
		    (!b->interface || is_on_interface(p, b->interface)) && is_the_part(b, p))
			return b;
	}
	return NULL;
}

const char *bridge_told_by(const struct port *p)
{
	const struct bridge *b = bridge_of_port(p);

	if (!b)
		return NULL;
	if (p->answer.asked == USB_ANSWERED && (b->parts[0] || b->is_other_part))
		return "vendor query";
	if (b->product || b->manufacturer)
		return "product string";
	return b->release ? "release" : b->interface ? "interface" : "id only";
}

void bridge_note(const struct port *p, char *text, size_t size)
{
	static const char *const hindered[] = {
		[USB_NOT_ASKED] = "",
		[USB_ANSWERED] = "; the part that it names has no row",
		[USB_NOT_PERMITTED] = "; this user may not ask the bridge for its part",
		[USB_IN_USE] = "; not asked for its part while a program has the port open",
		[USB_SILENT] = "; asked for its part, it did not answer",
	};
	const char *by = bridge_told_by(p);

	if (!by)
		snprintf(text, size, "no row has its id");
	else if (strcmp(by, "vendor query") == 0)
		snprintf(text, size, "told by vendor query, part %02x%s", p->answer.part,
			 p->answer.is_short ? "; it answers as a copy of a CP2102 does" : "");
	else
		snprintf(text, size, "told by %s%s", by, hindered[p->answer.asked]);
}

static bool shares_id(const struct bridge *a, const struct bridge *b)
{
	for (size_t i = 0; i < BRIDGE_IDS_MAX && a->ids[i].vid; i++) {
		for (size_t j = 0; j < BRIDGE_IDS_MAX && b->ids[j].vid; j++) {
			if (a->ids[i].vid == b->ids[j].vid && a->ids[i].pid == b->ids[j].pid)
				return true;
		}
	}
	return false;
}

size_t bridge_alike(const struct bridge *b, const char *names[static BRIDGE_ALIKE_MAX])
{
	size_t row_count, count = 0;
	const struct bridge *rows = bridge_rows(&row_count);

	names[count++] = b->name;
	for (size_t i = 0; i < row_count && count < BRIDGE_ALIKE_MAX; i++) {
		if (&rows[i] != b && (rows[i].question || b->question) && shares_id(&rows[i], b))
			names[count++] = rows[i].name;
	}
	return count;
}

static bool can_make(const struct bridge *b, uint32_t rate)
{
	for (size_t i = 0; i < LINK_RATES_MAX && b->bad_rates[i]; i++) {
		if (b->bad_rates[i] == rate)
			return false;
	}
	return !b->max_baud || rate <= b->max_baud;
}

/* Also where the preset names one kind, and which kind it is could not be told. */
static bool is_called(const struct bridge *b, const char *name)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < count; i++) {
		if (rows[i].family && strcmp(rows[i].family, b->name) == 0 &&
		    product_bridge_is(rows[i].name, name))
			return true;
	}
	return product_bridge_is(b->name, name) ||
	       (b->family && product_bridge_is(b->family, name));
}

const struct plan_bridge *bridge_in_plan(const struct bridge *b, const struct plan *plan)
{
	size_t count;
	const struct bridge *rows = bridge_rows(&count);

	for (size_t i = 0; i < plan->bridge_count; i++) {
		const struct plan_bridge *wanted = &plan->bridges[i];

		if (is_called(b, wanted->name))
			return wanted;
		for (size_t j = 0; j < count && b->is_native_usb; j++) {
			if (rows[j].is_native_usb && product_bridge_is(rows[j].name, wanted->name))
				return wanted;
		}
	}
	return NULL;
}

bool bridge_is_expected(const struct bridge *b, const struct plan *plan)
{
	return !plan || plan->bridge_count == 0 || plan->bridge_policy == BRIDGE_ANY ||
	       bridge_in_plan(b, plan);
}

void bridge_complaint(const struct bridge *b, const struct plan *plan, char *text, size_t size)
{
	size_t used;

	snprintf(text, size, "the unit is behind '%s'; %s has shipped with", b->name,
		 plan->product ? plan->product : "this product");
	for (size_t i = 0; i < plan->bridge_count; i++) {
		used = strlen(text);
		snprintf(text + used, size - used, "%s %s", i ? "," : "", plan->bridges[i].name);
	}
}

static void add_rate(struct link_profile *link, uint32_t rate)
{
	size_t at = link->rate_count;

	/* Best first, each once, and 115200 needs no change. */
	while (at > 0 && link->rates[at - 1] < rate)
		at--;
	if (rate <= FIRST_RATE_BAUD || link->rate_count == LINK_RATES_MAX ||
	    (at > 0 && link->rates[at - 1] == rate))
		return;
	memmove(&link->rates[at + 1], &link->rates[at],
		(link->rate_count - at) * sizeof(link->rates[0]));
	link->rates[at] = rate;
	link->rate_count++;
}

struct link_profile bridge_link(const struct bridge *b, const struct plan *plan)
{
	const struct plan_bridge *preset = plan ? bridge_in_plan(b, plan) : NULL;
	bool is_presets = preset && preset->rate_count && !b->is_native_usb;
	const uint32_t *rates = is_presets ? preset->rates : b->rates;
	size_t count = is_presets ? preset->rate_count : LINK_RATES_MAX;
	struct link_profile link = {
		.bridge = b->ids[0].vid ? b->name : NULL,
		.is_native_usb = b->is_native_usb,
		.is_usb_otg = b->is_usb_otg,
		.ram_block_bytes = b->ram_block_bytes,
		.reset_count = b->reset_count,
	};

	for (size_t i = 0; i < b->reset_count; i++)
		link.resets[i] = b->resets[i];
	for (size_t i = 0; i < count && rates[i]; i++) {
		if (can_make(b, rates[i]) && !(plan && plan->max_rate && rates[i] > plan->max_rate))
			add_rate(&link, rates[i]);
	}
	return link;
}

bool bridge_port_mac(const struct port *p, uint8_t mac[static MAC_BYTES])
{
	unsigned digits = 0;

	memset(mac, 0, MAC_BYTES);
	for (const char *c = p->serial; *c; c++) {
		const char *hex = "0123456789abcdef";
		const char *digit = strchr(hex, tolower((unsigned char)*c));

		if (*c == ':' || *c == '-')
			continue;
		if (!digit || digits == 2 * MAC_BYTES)
			return false;
		mac[digits / 2] = (uint8_t)(mac[digits / 2] << 4 | (digit - hex));
		digits++;
	}
	return digits == 2 * MAC_BYTES;
}
