#include "station/identity.h"

#include "engine/base/bytes.h"
#include "station/bridge.h"
#include "station/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t identity_guess(const struct snapshot *s, const struct slot_view *slot,
		      struct product_guess guesses[static GUESSES_MAX])
{
	const struct bridge *bridge = bridge_of_port(slot->port);
	struct product_sight seen = { .ident = slot->ident, .bridge = slot->bridge };
	size_t count;

	if (!s->products || !slot->ident->chip)
		return 0;
	/* Presets name a chip's own USB as its loader shows it. */
	if (bridge && bridge->is_application)
		seen.bridge = "USB-Serial/JTAG";
	else if (bridge && bridge->family)
		seen.bridge = bridge->family;
	count = product_could_be(s->products, &seen, guesses, GUESSES_MAX);
	return count < GUESSES_MAX ? count : GUESSES_MAX;
}

/* "16 MB", "512 KB" */
static void add_size(struct textbuf *out, uint32_t bytes)
{
	if (bytes >= 1u << 20)
		textbuf_add(out, "%u MB", (unsigned)(bytes >> 20));
	else
		textbuf_add(out, "%u KB", (unsigned)(bytes >> 10));
}

static void add_flash(struct table *t, const struct ident *ident)
{
	struct textbuf cell = { 0 };

	if (ident->flash_bytes)
		add_size(&cell, ident->flash_bytes);
	if (ident->has_flash_id)
		textbuf_add(&cell, "%s%06x", cell.len ? " " : "",
			    (unsigned)(ident->flash_id & 0xFFFFFF));
	table_add(t, NULL, "%s", textbuf_string(&cell));
	textbuf_release(&cell);
}

/* In the package; what stands beside the chip, the loader cannot see. */
static void add_psram(struct table *t, const struct ident *ident)
{
	struct textbuf cell = { 0 };

	if (ident->embedded_psram_bytes)
		add_size(&cell, ident->embedded_psram_bytes);
	else if (ident->tells_psram)
		textbuf_add(&cell, "none");
	table_add(t, NULL, "%s", textbuf_string(&cell));
	textbuf_release(&cell);
}

#define CELLS_OF_IDENTITY 7

static void add_identity(struct table *t, const struct slot_view *slot, const struct screen *screen)
{
	const struct ident *ident = slot->ident;
	char revision[16] = "", security[100] = "";

	table_add_unit(t, slot);
	if (slot->state != SLOT_DONE || (slot->status && !ident->chip)) {
		table_add(t, table_colour(OUTCOME_ERROR, screen), "%s",
			  slot->state == SLOT_DONE ? status_code(slot->status)
						   : slot_state_name(slot->state));
		table_add_empty(t, CELLS_OF_IDENTITY - 1);
		return;
	}
	if (ident->has_revision)
		chip_revision_text(ident->revision, revision, sizeof(revision));
	security_text(&ident->security, security, sizeof(security));
	table_add(t, NULL, "%s", ident->package);
	table_add(t, NULL, "%s", revision);
	if (ident->crystal_mhz)
		table_add(t, NULL, "%u MHz", ident->crystal_mhz);
	else
		table_add_empty(t, 1);
	add_flash(t, ident);
	add_psram(t, ident);
	table_add(t, NULL, "%s", security);
	table_add(t, NULL, "%s", ident->features);
}

/* Words after each other, in lines of the screen's width. */
struct paragraph {
	struct textbuf *out;
	int columns, width;
};

static void add_word(struct paragraph *p, const char *word, bool is_last)
{
	int length = text_columns(word) + (is_last ? 0 : 1);

	if (p->columns + 1 + length > p->width) {
		textbuf_add(p->out, "\n    ");
		p->columns = 4;
	} else {
		textbuf_add(p->out, " ");
		p->columns++;
	}
	textbuf_add(p->out, "%s%s", word, is_last ? "" : ",");
	p->columns += length;
}

static void add_guesses(const struct snapshot *s, const struct slot_view *slot,
			const struct screen *screen, struct product_guess *guesses,
			struct textbuf *out)
{
	size_t count = identity_guess(s, slot, guesses), shipped = 0, shown;
	struct paragraph p = { .out = out, .width = screen->columns };
	char begin[300];

	while (shipped < count && guesses[shipped].has_bridge)
		shipped++;
	shown = shipped ? shipped : count;
	if (!count) {
		textbuf_add(out, "%s: no known product has such chip, package, flash and memory\n",
			    slot->short_name);
		return;
	}
	if (shipped)
		snprintf(begin, sizeof(begin), "%s could be", slot->short_name);
	else
		snprintf(begin, sizeof(begin), "%s could be, behind an adapter ('%s'),",
			 slot->short_name, slot->bridge);
	textbuf_add(out, "%s", begin);
	p.columns = text_columns(begin);
	for (size_t i = 0; i < shown; i++)
		add_word(&p, guesses[i].product->key, i + 1 == shown);
	if (shipped < count && shipped)
		textbuf_add(out, "\n    or, behind an adapter, one of %zu more", count - shipped);
	textbuf_add(out, "\n");
}

/* What few units have, in a line of its own. */
static void add_burned(const struct slot_view *slot, struct textbuf *out)
{
	char mac[MAC_TEXT_BYTES], keys[200], flags[500];

	if (slot->ident->has_custom_mac) {
		mac_text(slot->ident->custom_mac, mac);
		textbuf_add(out, "%s has a MAC of its maker: %s\n", slot->short_name, mac);
	}
	security_flags_text(&slot->ident->security, flags, sizeof(flags));
	if (flags[0])
		textbuf_add(out, "%s has security flags: %s\n", slot->short_name, flags);
	security_key_text(slot->ident, keys, sizeof(keys));
	if (keys[0] && strcmp(keys, "none") != 0)
		textbuf_add(out, "%s has keys in its fuses: %s\n", slot->short_name, keys);
}

void identity_render(const struct snapshot *s, const struct screen *screen, struct textbuf *out)
{
	static const char *const headers[] = { "slot",    "port",     "MAC",     "chip",
					       "package", "revision", "crystal", "flash",
					       "PSRAM",   "security", "features" };
	struct product_guess *guesses = malloc(GUESSES_MAX * sizeof(*guesses));
	struct table table;

	table_init(&table, headers, sizeof(headers) / sizeof(headers[0]), 0);
	for (size_t i = 0; i < s->slot_count; i++)
		add_identity(&table, &s->slots[i], screen);
	table_print(&table, out);
	table_release(&table);
	if (s->products && guesses)
		textbuf_add(out, "\n");
	for (size_t i = 0; i < s->slot_count; i++) {
		if (s->slots[i].state != SLOT_DONE || !s->slots[i].ident->chip)
			continue;
		if (s->products && guesses)
			add_guesses(s, &s->slots[i], screen, guesses, out);
		add_burned(&s->slots[i], out);
	}
	free(guesses);
}
