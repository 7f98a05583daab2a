/*
 * Reset sequences as rows: what DTR and RTS do to EN and GPIO0.
 *
 * Each row is one request for both lines at once, so that no bridge shows a
 * state in between (docs/protocol.md, resets). true = asserted. What the unit
 * sent before a reset is dropped; what it prints afterwards can be read.
 */
#ifndef ENGINE_LINES_H
#define ENGINE_LINES_H

#include "engine/transport.h"

enum reset_kind {
	RESET_TIGHT,      /* both lines in one request, 50 ms strap hold */
	RESET_TIGHT_LONG, /* the same, 550 ms: slow EN capacitors */
	RESET_CLASSIC,    /* DTR-RTS order of old tools, 50 ms */
	RESET_CLASSIC_LONG,
	RESET_USB_JTAG, /* the chip's own USB-Serial/JTAG: never through both-released */
	/* As tight, but GPIO0 stays low: behind a bridge that moves RTS by itself (CP2102C),
	 * RTS alone would reset the unit, and together with DTR it does nothing. */
	RESET_TIGHT_HELD,
	RESET_TIGHT_HELD_LONG,
};
#define RESET_KIND_COUNT 7

const char *reset_kind_name(enum reset_kind kind);

/* Is GPIO0 left low? */
bool reset_kind_holds_strap(enum reset_kind kind);

/* Put the chip into its loader. Blocks for the row's holds: 150 ms .. 0.7 s. */
enum status lines_enter_loader(struct transport *t, enum reset_kind kind, struct err *err);

enum run_kind {
	RUN_BEHIND_BRIDGE,
	RUN_NATIVE_USB, /* the port is the chip's own */
	RUN_STRAP_HELD, /* GPIO0 high only while the chip starts, then low until the next open */
};

/* Restart the chip into its application. Blocks for 0.1 .. 0.5 s. */
enum status lines_run_application(struct transport *t, enum run_kind kind, struct err *err);

#endif
