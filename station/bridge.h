/*
 * What stands between a port and a unit: one row per bridge chip.
 *
 * VID:PID alone does not tell bridges apart (five CP210x share one, M5Stack's own
 * firmware answers to FTDI's), so a row may also ask for strings, a release, an
 * interface, or the part that the bridge itself named (station/usb_query.h). Rows are
 * tried in order, so the particular ones stand before the general.
 * docs/add-a-bridge.md.
 */
#ifndef STATION_BRIDGE_H
#define STATION_BRIDGE_H

#include "engine/flasher.h"
#include "recipes/plan.h"
#include "station/ports.h"

#define BRIDGE_IDS_MAX 8
#define BRIDGE_PARTS_MAX 4
#define BRIDGE_NOTE_BYTES 120

struct usb_id {
	uint16_t vid, pid;
};

/* What a vendor request to the device would tell. docs/bridges.md, Which part. */
enum usb_question {
	ASK_NOTHING,
	ASK_CP210X_PART,
	ASK_WCH_TYPE,
};

struct bridge {
	const char *name;                  /* as recorded, and as presets name it: "CP2104" */
	const char *family;                /* what presets call all its kinds; NULL: the name */
	struct usb_id ids[BRIDGE_IDS_MAX]; /* vid 0 ends the list */
	const char *manufacturer;          /* exactly this string; NULL any */
	const char *product;               /* contained in the product string; NULL any */
	const char *release;               /* bcdDevice as sysfs has it; NULL any */
	const char *interface;             /* "1.1": configuration and interface; NULL any */
	/* The parts that are this row, whatever the product string says; 0 ends the list. A row
	 * without a product string is taken for these alone. */
	uint8_t parts[BRIDGE_PARTS_MAX];
	bool is_other_part;             /* taken for any part, of those that no row above has */
	enum usb_question question;     /* the row is several parts, and this would tell which */
	uint32_t rates[LINK_RATES_MAX]; /* best first, without 115200, 0 ends the list */
	uint32_t bad_rates[LINK_RATES_MAX]; /* never used, not even when a preset names one */
	uint32_t max_baud;                  /* of the part; 0 unknown */
	const enum reset_kind *resets;
	size_t reset_count;
	bool is_native_usb;  /* the chip's own USB: the rate means nothing */
	bool is_usb_otg;     /* of these, the loader in ROM over USB-OTG */
	bool is_application; /* of these, a program that took the port over: no loader yet */
	uint32_t ram_block_bytes;
	const char *driver; /* what Linux binds to it */
	const char *quirk;  /* for the unit's log; NULL none */
	enum proof_level proof;
	const char *source;
};

/* Every row, and how many; the generic row is not among them. */
const struct bridge *bridge_rows(size_t *count);

/* The row for a port, NULL when there is none: such a port is used only when named. */
const struct bridge *bridge_of_port(const struct port *p);

/* How the row was told from others of its id: "product string", "release", "interface",
 * "vendor query", or "id only", which may leave several. NULL without a row. */
const char *bridge_told_by(const struct port *p);

/* The same as a sentence for the unit's log, with what hindered the vendor query. */
void bridge_note(const struct port *p, char *text, size_t size);

/* For a port that was named and has no row: careful rates, all reset sequences. */
const struct bridge *bridge_generic(void);

/*
 * How to talk through this bridge: its ladder, or the rates that the plan's preset gives
 * it, without those that it cannot make and those above the recipe's limit. plan
 * NULL: an identify run.
 */
struct link_profile bridge_link(const struct bridge *b, const struct plan *plan);

/* What the preset says of this bridge; NULL when it names no such one. All kinds of a
 * chip's own USB are one bridge to a preset. */
const struct plan_bridge *bridge_in_plan(const struct bridge *b, const struct plan *plan);

/*
 * The MAC that a chip's own USB shows as its serial number, "24:0A:C4:..." or "240ac4...". false:
 * the number is none, as of a bridge, and of applications that show the same one on all units.
 */
bool bridge_port_mac(const struct port *p, uint8_t mac[static MAC_BYTES]);

/* Has the product shipped with this bridge, or does nobody mind? plan NULL: nobody. */
bool bridge_is_expected(const struct bridge *b, const struct plan *plan);

/*
 * Names under which the part that this row stands for may have been recorded, its own first: a
 * CH9102F is "CH9102" where nobody may ask it, and "CH9102" is an F or an X. They are
 * lent. Returns how many.
 */
#define BRIDGE_ALIKE_MAX 8
size_t bridge_alike(const struct bridge *b, const char *names[static BRIDGE_ALIKE_MAX]);

/* "the unit is behind a CH340; m5stack/basic has shipped with CP2104, CH9102" */
void bridge_complaint(const struct bridge *b, const struct plan *plan, char *text, size_t size);

#endif
