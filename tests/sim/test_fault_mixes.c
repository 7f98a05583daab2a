/*
 * Random mixes of one to six faults, each drawn from a number of its own.
 *
 * FLASHLINE_SEED=N       begin with mix N instead of the usual one
 * FLASHLINE_MIXES=COUNT  so many
 * FLASHLINE_SWEEP=full   twenty thousand
 *
 * A mix that breaks a rule is shrunk to the smallest that still does, and printed.
 */
#include "tests/sim/fault_draw.h"
#include "tests/sim/fault_shrink.h"
#include "tests/sim/fault_sweep.h"
#include "tests/sim/flash_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MIXES_FULL 20000u
/* A build that watches every access is several times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIXES_USUAL 250u
#else
#define MIXES_USUAL 1000u
#endif
#define SHRINK_RUNS 3000u

static char current[80]; /* for who dies in the middle of it */

static void say_which(int signal_no)
{
	ssize_t done = write(STDERR_FILENO, current, strlen(current));

	(void)done;
	signal(signal_no, SIG_DFL);
	raise(signal_no);
}

static unsigned mix_count(void)
{
	const char *text = getenv("FLASHLINE_MIXES");

	if (text)
		return (unsigned)strtoul(text, NULL, 0);
	return fault_sweep_is_full() ? MIXES_FULL : MIXES_USUAL;
}

static bool breaks_a_rule(void *ctx, const struct fault_case *c)
{
	struct fault_run run;

	(void)ctx;
	fault_case_run(c, &run);
	fault_run_release(&run);
	return run.wrong[0];
}

static void give_up(uint64_t seed, struct fault_case *c)
{
	struct fault_tally t = { .runs = 0 };
	struct fault_run run;
	unsigned asked = fault_shrink(c, breaks_a_rule, NULL, SHRINK_RUNS);

	print_message("mix %" PRIu64
		      " breaks a rule; shrunk in %u runs. Again: FLASHLINE_SEED=%" PRIu64
		      " FLASHLINE_MIXES=1\n",
		      seed, asked, seed);
	fault_sweep_run(c, &t, &run);
	fail_msg("the shrunk mix broke a rule and now does not");
}

static void no_mix_of_faults_breaks_a_rule(void **state)
{
	struct fault_tally t = { .runs = 0 };
	uint64_t first = fault_sweep_seed();
	unsigned mixes = mix_count();

	(void)state;
	print_message("mixes %" PRIu64 " to %" PRIu64 "\n", first, first + mixes - 1);
	for (uint64_t seed = first; seed < first + mixes; seed++) {
		struct fault_case c;
		struct fault_run run;

		draw_case(seed, &c);
		snprintf(current, sizeof(current), "it was mix %" PRIu64 "\n", seed);
		fault_case_run(&c, &run);
		fault_tally_add(&t, &run);
		fault_run_release(&run);
		if (run.wrong[0])
			give_up(seed, &c);
	}
	fault_tally_print("mixes", &t);
	assert_true(t.passes > t.runs / 10);
	assert_true(t.passes < t.runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_mix_of_faults_breaks_a_rule),
	};

	if (!bench_has_stubs())
		return BENCH_SKIPPED;
	fault_keep_memory();
	signal(SIGABRT, say_which);
	signal(SIGSEGV, say_which);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
