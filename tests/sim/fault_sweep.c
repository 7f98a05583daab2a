#include "tests/sim/fault_sweep.h"

#include "tests/sim/fault_draw.h"
#include "tests/sim/fault_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Of a long frame: its header and what stands behind it, its end, and some between. */
#define FRAME_HEAD 40u
#define FRAME_TAIL 6u
#define FRAME_SAMPLES 24u
#define ANSWER_BYTES 14u /* at least */
/* Byte positions of a whole run. */
#define BYTES_HEAD 400u
#define BYTES_STEP 61u
#define BYTES_SAMPLES 48u
#define COUNT_MAX 12u
/* A build that watches every access is several times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SKIP 4u
#else
#define SKIP 1u
#endif

bool fault_sweep_is_full(void)
{
	const char *word = getenv("FLASHLINE_SWEEP");

	return word && strcmp(word, "full") == 0;
}

uint64_t fault_sweep_seed(void)
{
	const char *text = getenv("FLASHLINE_SEED");

	return text ? strtoull(text, NULL, 0) : 1;
}

/* ---- one run ---- */

static bool is_interlock(enum status st)
{
	return st >= STATUS_UNKNOWN_CHIP && st <= STATUS_UNIT_CHANGED;
}

void fault_tally_add(struct fault_tally *t, const struct fault_run *run)
{
	double share = (double)run->took_us / (double)run->limit_us;
	enum outcome outcome = status_row(run->status)->outcome;

	t->runs++;
	t->fired += run->count.faults_fired > 0;
	t->passes += !run->status;
	t->rescued += !run->status && run->is_rescued;
	t->fails += outcome == OUTCOME_FAIL;
	t->accused += is_interlock(run->status);
	t->timeouts += outcome == OUTCOME_TIMEOUT;
	t->astray += run->went_astray;
	t->asleep += run->is_asleep;
	t->by_status[run->status]++;
	if (share > t->slowest)
		t->slowest = share;
}

bool fault_sweep_run(const struct fault_case *c, struct fault_tally *t, struct fault_run *run)
{
	fault_case_run(c, run);
	fault_tally_add(t, run);
	if (run->wrong[0]) {
		fault_case_print_c(stdout, c);
		fault_case_print_yaml(stdout, c);
		fflush(stdout);
		fail_msg("%s\n%s", run->wrong, run->story);
	}
	fault_run_release(run);
	return run->count.faults_fired > 0;
}

/* ---- where to strike ---- */

struct sweep {
	const struct fault_case *base;
	const struct fault_kind *kind;
	struct fault_frames clean; /* the run without this fault */
	struct fault_tally *tally;
};

/* true: it struck. */
static bool strike(const struct sweep *s, struct sim_fault f)
{
	struct fault_case c = *s->base;
	struct fault_run run;

	assert_true(c.fault_count < FAULT_CASE_MAX);
	c.faults[c.fault_count++] = f;
	return fault_sweep_run(&c, s->tally, &run);
}

/* A sample must not be the same byte of each frame, nor the same for each kind and chip. */
static uint64_t sample_seed(const struct sweep *s, const struct sim_fault *f)
{
	uint64_t seed = fault_sweep_seed() * 1000003 + (uint64_t)f->kind * 8191 + f->nth;

	for (const char *c = s->base->chip; *c; c++)
		seed = seed * 31 + (unsigned char)*c;
	return seed * 31 + (uint64_t)s->base->stub * 2 + s->base->compress;
}

static void sweep_long_frame(const struct sweep *s, struct sim_fault f, uint32_t size)
{
	uint64_t random = sample_seed(s, &f);

	for (f.at = 0; f.at < FRAME_HEAD; f.at++)
		strike(s, f);
	for (unsigned i = 0; i < FRAME_SAMPLES; i++) {
		f.at = (uint32_t)draw_between(&random, FRAME_HEAD, size - FRAME_TAIL - 1);
		strike(s, f);
	}
	for (f.at = size - FRAME_TAIL; f.at < size; f.at++)
		strike(s, f);
}

/* size 0: nobody knows it until a byte is beyond it. */
static void sweep_frame(const struct sweep *s, struct sim_fault f, uint32_t size)
{
	if (size > FRAME_HEAD + FRAME_SAMPLES + FRAME_TAIL) {
		sweep_long_frame(s, f, size);
		return;
	}
	for (f.at = 0; !size || f.at < size; f.at++) {
		if (!strike(s, f))
			return;
	}
}

/* Half of them in the header and right behind it, where the numbers stand. */
static void sample_frame(const struct sweep *s, struct sim_fault f, uint32_t size)
{
	uint64_t random = sample_seed(s, &f);
	uint32_t last = (size ? size : ANSWER_BYTES) - 1;

	if (last > FRAME_HEAD && draw_below(&random, 2))
		last = FRAME_HEAD;
	f.at = (uint32_t)draw_between(&random, 0, last);
	strike(s, f);
}

static uint32_t sample_amount(const struct sweep *s, const struct sim_fault *f)
{
	uint64_t random = sample_seed(s, f);
	const struct fault_values *v = &s->kind->amount;

	return v->count ? v->values[draw_below(&random, v->count)] : 0;
}

static void sweep_frames(const struct sweep *s, struct sim_fault f)
{
	bool is_full = fault_sweep_is_full();
	bool is_in = s->kind->counts == FAULT_COUNTS_FRAMES_IN;
	uint64_t last = is_in ? s->clean.count : s->clean.frames_out;

	for (f.nth = 1; f.nth <= last; f.nth += is_full ? 1 : SKIP) {
		uint32_t size = is_in ? s->clean.sizes[f.nth - 1] : 0;

		if (!is_full)
			f.amount = sample_amount(s, &f);
		if (!s->kind->hits_a_byte)
			strike(s, f);
		else if (is_full)
			sweep_frame(s, f, size);
		else
			sample_frame(s, f, size);
	}
}

static void sweep_bytes(const struct sweep *s, struct sim_fault f)
{
	uint64_t random = sample_seed(s, &f);
	uint64_t slice = s->clean.bytes * SKIP / BYTES_SAMPLES;

	if (fault_sweep_is_full()) {
		for (f.nth = 1; f.nth <= s->clean.bytes;
		     f.nth += f.nth < BYTES_HEAD ? 1 : BYTES_STEP)
			strike(s, f);
		return;
	}
	for (unsigned i = 0; i < BYTES_SAMPLES / SKIP; i++) {
		f.nth = 1 + i * slice + draw_below(&random, slice);
		f.amount = sample_amount(s, &f);
		strike(s, f);
	}
}

/* Until it does not strike any more; 0 is each of them. */
static void sweep_count(const struct sweep *s, struct sim_fault f)
{
	for (f.nth = 0; f.nth <= COUNT_MAX; f.nth++) {
		if (!strike(s, f) && f.nth)
			break;
	}
}

static void sweep_events(const struct sweep *s, struct sim_fault f)
{
	switch (s->kind->counts) {
	case FAULT_COUNTS_NOTHING:
		strike(s, f);
		break;
	case FAULT_COUNTS_FRAMES_IN:
	case FAULT_COUNTS_FRAMES_OUT:
		sweep_frames(s, f);
		break;
	case FAULT_COUNTS_BYTES_IN:
		sweep_bytes(s, f);
		break;
	case FAULT_COUNTS_RATES:
	case FAULT_COUNTS_READS:
		sweep_count(s, f);
		break;
	}
}

/* Where each event of a sample has an amount of its own, once is enough. */
static bool samples_amounts(const struct fault_kind *k)
{
	return !fault_sweep_is_full() &&
	       (k->counts == FAULT_COUNTS_FRAMES_OUT || k->counts == FAULT_COUNTS_BYTES_IN);
}

void fault_sweep_kind(const struct fault_case *base, enum sim_fault_kind kind,
		      struct fault_tally *t)
{
	const struct fault_kind *k = &fault_kinds[kind];
	struct sweep s = { .base = base, .kind = k, .tally = t };

	fault_frames_record(&s.clean, base);
	for (size_t a = 0; a == 0 || (a < k->amount.count && !samples_amounts(k)); a++) {
		for (size_t i = 0; i == 0 || i < k->at.count; i++)
			sweep_events(&s,
				     (struct sim_fault){
					     .kind = kind,
					     .at = k->at.count ? k->at.values[i] : 0,
					     .amount = k->amount.count ? k->amount.values[a] : 0,
				     });
	}
}

/* ---- telling ---- */

void fault_tally_print(const char *what, const struct fault_tally *t)
{
	print_message("%-28s %6u runs, %6u struck, %6u PASS (%u rescued)", what, t->runs, t->fired,
		      t->passes, t->rescued);
	for (int st = 1; st < STATUS_COUNT; st++) {
		if (t->by_status[st])
			print_message(", %u %s", t->by_status[st], status_code((enum status)st));
	}
	if (t->astray)
		print_message("; %u astray", t->astray);
	if (t->asleep)
		print_message("; %u asleep", t->asleep);
	print_message("; slowest %.0f %% of its limit\n", t->slowest * 100);
}
