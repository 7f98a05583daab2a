/*
 * One run of the flasher at a unit with faults, and the judgement over it.
 *
 * What must hold whatever goes wrong: a PASS means that the flash equals the
 * plan and that nothing outside the sectors which the plan may erase changed;
 * everything else is an outcome with a name and a text, within the run's limit;
 * the port can still be used or is gone.
 */
#ifndef TESTS_SIM_FAULT_CASE_H
#define TESTS_SIM_FAULT_CASE_H

#include "engine/flasher.h"
#include "tests/sim/fault_kinds.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FAULT_CASE_MAX 6

/* All that decides a run: the same case is the same run, bit for bit. */
struct fault_case {
	const char *chip;
	const char *bridge; /* NULL: the chip's usual one */
	uint64_t seed;
	enum stub_policy stub;
	bool compress;
	enum skip_policy skip;
	enum erase_mode erase;
	bool clear_protection;
	bool is_half_there;    /* the flash holds some of the plan's regions already */
	bool can_switch_power; /* the hub's port can be */
	bool has_start;        /* what worked in this slot before, be it true or not */
	struct flash_way start;
	unsigned tries; /* 0: 3 */
	/* FLASH_RUN_VERIFY: the flash holds the plan, or, is_half_there, all but one bit. */
	enum flash_kind kind;
	uint32_t limit_ms;     /* 0: the flasher's own */
	uint32_t cancel_at_ms; /* somebody stops the run; 0: nobody does */
	struct sim_fault faults[FAULT_CASE_MAX];
	size_t fault_count;
};

struct fault_run {
	enum status status;
	struct sim_counters count;
	uint64_t took_us, limit_us;
	bool is_rescued;
	bool went_astray; /* no PASS, and something changed that the plan does not touch */
	bool is_asleep;   /* PASS, and no application runs a while later */
	char wrong[300];  /* the rule that was broken; "" none */
	char *story;      /* when one was: what flasher and unit tell; fault_run_release frees it */
};

/* Fails the test only when the case itself makes no sense. */
void fault_case_run(const struct fault_case *c, struct fault_run *run);
/* The same, and shows each write to the port. */
void fault_case_watch(const struct fault_case *c, struct fault_run *run,
		      void (*wrote)(void *ctx, const uint8_t *bytes, size_t size), void *ctx);
void fault_run_release(struct fault_run *run);

/* As a C initialiser, and as a bench file for m5sim. */
void fault_case_print_c(FILE *out, const struct fault_case *c);
void fault_case_print_yaml(FILE *out, const struct fault_case *c);

/* A sweep allocates the same megabytes thousands of times: keep them. Call first in main. */
void fault_keep_memory(void);

#endif
