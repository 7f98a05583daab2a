#include "tests/sim/fault_shrink.h"

#include <string.h>

struct shrinker {
	struct fault_case *best;
	bool (*fails)(void *ctx, const struct fault_case *c);
	void *ctx;
	unsigned asked, most;
};

/* Keeps what still fails. */
static bool try_case(struct shrinker *s, const struct fault_case *c)
{
	if (s->asked >= s->most)
		return false;
	s->asked++;
	if (!s->fails(s->ctx, c))
		return false;
	*s->best = *c;
	return true;
}

static bool drop_faults(struct shrinker *s)
{
	bool any = false;

	for (size_t i = s->best->fault_count; i-- > 0 && s->best->fault_count > 1;) {
		struct fault_case c = *s->best;

		c.fault_count--;
		memmove(&c.faults[i], &c.faults[i + 1], (c.fault_count - i) * sizeof(c.faults[0]));
		any |= try_case(s, &c);
	}
	return any;
}

/* ---- the recipe ---- */

static bool simpler_options(struct shrinker *s)
{
	bool any = false;

#define TRY_OPTION(member, value)                                                                  \
	do {                                                                                       \
		struct fault_case c = *s->best;                                                    \
		if (c.member != (value)) {                                                         \
			c.member = (value);                                                        \
			any |= try_case(s, &c);                                                    \
		}                                                                                  \
	} while (0)

	TRY_OPTION(skip, SKIP_NEVER);
	TRY_OPTION(is_half_there, false);
	TRY_OPTION(erase, ERASE_SECTORS);
	TRY_OPTION(clear_protection, false);
	TRY_OPTION(can_switch_power, false);
	TRY_OPTION(has_start, false);
	TRY_OPTION(compress, false);
	TRY_OPTION(tries, 1);
	TRY_OPTION(seed, 1);
	TRY_OPTION(kind, FLASH_RUN_FLASH);
	TRY_OPTION(limit_ms, 0);
	TRY_OPTION(cancel_at_ms, 0);
#undef TRY_OPTION
	return any;
}

/* The ESP32 behind a CP2104 is the usual unit. */
static bool simpler_unit(struct shrinker *s)
{
	struct fault_case c = *s->best;

	if (strcmp(c.chip, "esp32") != 0) {
		c.chip = "esp32";
		c.bridge = NULL;
		if (try_case(s, &c))
			return true;
		c = *s->best;
	}
	if (!c.bridge)
		return false;
	c.bridge = NULL;
	return try_case(s, &c);
}

/* ---- numbers ---- */

enum number { NTH, AT, AMOUNT, NUMBERS };

static uint64_t get(const struct sim_fault *f, enum number n)
{
	return n == NTH ? f->nth : n == AT ? f->at : f->amount;
}

static void set(struct sim_fault *f, enum number n, uint64_t value)
{
	if (n == NTH)
		f->nth = value;
	else if (n == AT)
		f->at = (uint32_t)value;
	else
		f->amount = (uint32_t)value;
}

static bool try_number(struct shrinker *s, size_t fault, enum number n, uint64_t value)
{
	struct fault_case c = *s->best;

	set(&c.faults[fault], n, value);
	return try_case(s, &c);
}

/* nth 0 means each of them, which is not less than the first. */
static uint64_t least(enum number n)
{
	return n == NTH ? 1 : 0;
}

/*
 * Bisect between the largest number known not to fail and the one that does. What fails
 * need not be one range: the number one less is tried at last.
 */
static bool smaller_number(struct shrinker *s, size_t fault, enum number n)
{
	uint64_t good = least(n);
	uint64_t bad = get(&s->best->faults[fault], n);
	bool any = false;

	if (bad <= good)
		return false;
	if (try_number(s, fault, n, good))
		return true;
	while (bad - good > 1) {
		uint64_t middle = good + (bad - good) / 2;

		if (try_number(s, fault, n, middle)) {
			bad = middle;
			any = true;
		} else {
			good = middle;
		}
	}
	return any;
}

static bool smaller_numbers(struct shrinker *s)
{
	bool any = false;

	for (size_t i = 0; i < s->best->fault_count; i++) {
		for (int n = 0; n < NUMBERS; n++)
			any |= smaller_number(s, i, (enum number)n);
	}
	return any;
}

unsigned fault_shrink(struct fault_case *c, bool (*fails)(void *ctx, const struct fault_case *c),
		      void *ctx, unsigned most)
{
	struct shrinker s = { .best = c, .fails = fails, .ctx = ctx, .most = most };
	bool any;

	do {
		any = drop_faults(&s);
		any |= simpler_unit(&s);
		any |= simpler_options(&s);
		any |= smaller_numbers(&s);
	} while (any && s.asked < most);
	return s.asked;
}
