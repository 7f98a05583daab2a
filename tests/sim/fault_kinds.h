/*
 * Every kind of fault a simulated unit can have, with the values that are worth
 * trying: sweeps try them all, random mixes draw from them.
 */
#ifndef TESTS_SIM_FAULT_KINDS_H
#define TESTS_SIM_FAULT_KINDS_H

#include "fixtures/sim_unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a fault's nth counts. */
enum fault_count {
	FAULT_COUNTS_NOTHING,
	FAULT_COUNTS_FRAMES_IN,  /* host -> unit */
	FAULT_COUNTS_FRAMES_OUT, /* unit -> host */
	FAULT_COUNTS_BYTES_IN,
	FAULT_COUNTS_RATES, /* that the host has set */
	FAULT_COUNTS_READS, /* of the flash id, from the first on; 0 = each */
};

struct fault_values {
	const uint32_t *values; /* NULL: this kind has no such number */
	size_t count;
};

struct fault_kind {
	enum sim_fault_kind kind;
	const char *name; /* of the enum's member */
	/* In m5sim's bench file, docs/m5sim.md; a key that is NULL does not belong to it. */
	const char *yaml, *nth_key, *at_key, *amount_key;
	enum fault_count counts;
	bool hits_a_byte;           /* `at` is a byte of the frame */
	struct fault_values at;     /* when it is not */
	struct fault_values amount; /* mild ones first */
	/* A request can reach the unit as another one, and ask for what nobody wanted. */
	bool alters_requests;
	bool is_of_m5sim; /* the unit's port does it, not the unit: no effect here */
};

extern const struct fault_kind fault_kinds[SIM_FAULT_KINDS];

#endif
