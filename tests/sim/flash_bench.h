/*
 * One simulated unit with old content in its flash, and a flasher in front of it.
 */
#ifndef TESTS_SIM_FLASH_BENCH_H
#define TESTS_SIM_FLASH_BENCH_H

#include "engine/flasher.h"
#include "tests/sim/sim_transport.h"
#include "tests/sim/small_plan.h"

#define BENCH_LOG_BYTES 16000

struct flash_bench {
	struct sim_transport port;
	struct sim_unit *unit; /* the port's */

	struct link_profile link;
	struct flash_job job;
	uint32_t limit_ms; /* 0: the flasher's own */
	struct flash_report report;
	uint8_t *before; /* the flash as it was */
	size_t flash_bytes;

	char log[BENCH_LOG_BYTES];
	unsigned identified_calls, progress_calls;
	uint64_t last_done_bytes;
	enum status identified_status;
	/* Something that happens to the unit during the run; NULL nothing. */
	void (*on_progress)(struct flash_bench *b, const struct flash_progress *p);
	bool loses_ports;              /* nobody opens a port again that vanished */
	unsigned reopens;              /* how often it was asked for */
	const struct flash_way *start; /* what worked the last time; NULL nothing */
	const struct flash_boot *boot; /* who judges what it says; NULL nobody */
	bool can_power_cycle;          /* the hub's port can be switched */
	unsigned power_cycles;
	struct transport_ops ops_without_lines;
	/* flash_job.own_regions gives these, or that status; asked for so often. */
	const struct flash_region *own;
	size_t own_count;
	enum status own_status;
	unsigned own_calls;
	uint64_t cancel_at_us;               /* 0 never */
	uint64_t programmed_when_identified; /* what the flash had seen by then */
};

/* Fails the test when the config makes no sense. The flash is filled with old content. */
void bench_init(struct flash_bench *b, const struct sim_unit_config *config);
void bench_release(struct flash_bench *b);

/* false, and a line that says so: this build carries no stub images. main then
 * returns BENCH_SKIPPED. */
bool bench_has_stubs(void);
#define BENCH_SKIPPED 77

/* A usual unit behind a usual bridge; change it before bench_init. */
struct sim_unit_config bench_unit(const char *chip_key);

/* A chip whose own USB leaves with the loader is brought back there by hand. */
void bench_hold_boot_if_gone(struct flash_bench *b);

/* The adapter has no DTR and RTS. */
void bench_cut_lines(struct flash_bench *b);

enum status bench_run(struct flash_bench *b, enum flash_kind kind, const struct flash_plan *plan);

/* Flash equals plan, and all else is as it was. Prints the first difference. */
bool bench_holds(const struct flash_bench *b, const struct small_plan *p);
/* No byte differs from before. */
bool bench_is_untouched(const struct flash_bench *b);

/* Fails the test, with the unit's log, unless the run ends so; and, when it passed, unless
 * bench_holds(). */
void bench_flash(struct flash_bench *b, const struct small_plan *p, enum status expected);

/* Fails the test, with both, unless text contains word. */
void expect_word(const char *text, const char *word);

#endif
