/*
 * What stands between a port and a unit: one row per bridge chip.
 *
 * VID:PID alone does not tell bridges apart (four CP210x share one, M5Stack's own
 * firmware answers to FTDI's), so a row may also ask for strings. Rows are tried
 * in order, so the particular ones stand before the general.
 */
#ifndef STATION_BRIDGE_H
#define STATION_BRIDGE_H

#include "engine/flasher.h"
#include "station/ports.h"

struct bridge {
	const char *name; /* as recorded: "CP2104" */
	uint16_t vid, pid;
	const char *manufacturer;       /* exactly this string; NULL any */
	const char *product;            /* contained in the product string; NULL any */
	uint32_t rates[LINK_RATES_MAX]; /* best first, without 115200, 0 ends the list */
	const enum reset_kind *resets;
	size_t reset_count;
	bool is_native_usb; /* the chip's own USB: the rate means nothing */
	uint32_t ram_block_bytes;
	const char *driver; /* what Linux binds to it */
	enum proof_level proof;
	const char *source;
};

/* Every row, and how many; the generic row is not among them. */
const struct bridge *bridge_rows(size_t *count);

/* The row for a port, NULL when there is none: such a port is used only when named. */
const struct bridge *bridge_of_port(const struct port *p);

/* For a port that was named and has no row: careful rates, all reset sequences. */
const struct bridge *bridge_generic(void);

/*
 * How to talk through this bridge: its ladder without the rates above max_rate
 * (0 = no limit of the recipe's own).
 */
struct link_profile bridge_link(const struct bridge *b, uint32_t max_rate);

#endif
