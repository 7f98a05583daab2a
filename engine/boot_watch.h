/*
 * What goes wrong while a unit starts, told by its console's lines: a crash, a supply that
 * dips, restarts. Pure.
 *
 * The words are those of the chips' ROMs, of ESP-IDF's boot loader and of its panic handler:
 * docs/boot-check.md, what is recognised. An application may use such words too, so only
 * those count that it has no reason to print while it works.
 */
#ifndef ENGINE_BOOT_WATCH_H
#define ENGINE_BOOT_WATCH_H

#include "engine/base/status.h"
#include "engine/boot_text.h"

#include <stdbool.h>
#include <stddef.h>

struct boot_watch {
	unsigned resets_allowed; /* restarts by itself that are normal */
	unsigned banners;        /* of the ROM: one for each reset */
	unsigned loaders;        /* boot loaders that said their name, once each reset */
	unsigned own_resets;     /* of the unit: beyond ours */
	/* What went wrong first. STATUS_OK: nothing. */
	enum status status;
	const char *what; /* "panic", in words; "" */
	char line[200];   /* that told of it */
	/* Why a unit may not come further, if it does not: "nothing to start in flash"; "". */
	const char *hint;
	char hint_line[200];
	bool is_in_loader; /* the last reset led into the serial loader */
};

/* The unit was restarted: nothing was heard yet. */
void boot_watch_begin(struct boot_watch *w, unsigned resets_allowed);

/* true: with this line something went wrong, for the first time. */
bool boot_watch_line(struct boot_watch *w, const char *line);

#endif
