/*
 * The line to the plant's ledger as a session uses it: plant_link.h behind a table, so that
 * guards and the owner loop can be tried with a plant that is made up.
 */
#ifndef STATION_PLANT_LINE_H
#define STATION_PLANT_LINE_H

#include "station/plant_link.h"

/* What the functions do: plant_link_claim, plant_link_wake, plant_link_state. ctx is the link. */
struct plant_line {
	void *ctx;
	void (*claim)(void *ctx, const struct plant_claim *claim, uint32_t wait_ms,
		      struct plant_grant *grant);
	void (*wake)(void *ctx);
	void (*state)(void *ctx, struct plant_state *state);
};

#endif
