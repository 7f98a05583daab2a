/*
 * One run of the flasher, shared by the files that hold its steps.
 * Nobody outside engine/flasher*.c includes this.
 */
#ifndef ENGINE_FLASHER_RUN_H
#define ENGINE_FLASHER_RUN_H

#include "engine/flasher.h"
#include "engine/link_facts.h"
#include "engine/remedy.h"

#define FIRST_RATE 115200u
/* So often a try may put questions again that were lost, while it identifies the unit and
 * while it reads the flash's status: a silence costs LOADER_DEFAULT_MS. */
#define RUN_REPEATS_MAX 3
/* As a subject: the flash as a whole. */
#define RUN_FLASH UINT32_MAX
/* What the restart at the end may take, kept back from the run's limit. */
#define RUN_RESTART_MS 3000u
/* The boot check has heard all it waits for: so long what goes wrong still counts. */
#define RUN_BOOT_SETTLE_MS 300u
/* It has failed: so long the rest of what the unit says about that is kept. */
#define RUN_BOOT_AFTER_MS 500u

struct run {
	const struct flash_job *job;
	const struct flash_plan *plan; /* NULL: identify */
	const struct link_profile *link;
	struct flash_report *report;
	const struct clock *clock;
	struct transport *transport; /* the loader's; NULL once the port is gone for good */
	struct loader loader;
	uint64_t start_us;
	struct way way;

	/* This try. */
	enum flash_step step;
	char note[120]; /* of the step in progress */
	const struct flash_variant *variant;
	uint32_t flash_bytes; /* the unit's; the plan's where the unit does not tell */
	bool is_in_loader;    /* it answered a SYNC */
	bool is_by_hand;      /* without a reset: somebody had put it there */

	/* The whole run. */
	bool had_contact;
	bool has_no_lines;      /* the adapter cannot reset the unit */
	uint32_t good_flash_id; /* as an earlier try has read it; 0: none has */
	bool is_unprovable;     /* secure download mode: nothing of the flash can be read */
	bool is_identified;     /* the watch has seen the unit */
	bool may_write;         /* and has said so */
	bool is_final;          /* what failed must not be tried again */
	uint32_t subject;       /* region or range that is worked on, by address; RUN_FLASH */
	uint32_t no_subject;    /* of the last try that failed */
	unsigned noes;          /* so many tries in a row the chip said no of that */
	bool was_confirmed;     /* and was asked once more for that reason */
	bool is_done;           /* all is written, and proven where that can be */
	bool is_astray;         /* something went where nobody planned it: this run cannot pass */
	bool is_odd;    /* something was refused, lost or repeated: prove all again at the end */
	bool is_erased; /* rooms or whole flash, as the plan wants it */
	bool is_protection_set;    /* block-protect bits were set when a try began to write */
	bool is_protection_hinted; /* and may be in the way */
	bool *is_proven;           /* per region: the chip's MD5 equals the plan's, in this try */
	unsigned begins;           /* of regions, again */
	uint8_t *sectors;          /* what is known of each sector of the variant: run_sectors() */
	uint64_t skipped_bytes;    /* found there by this try's comparison */
	uint64_t done_bytes;       /* of the progress bar */
	uint64_t step_start_us;

	/* What the line showed, and what was tried. */
	struct link_facts facts;
	size_t block_bytes;       /* of the block that is on its way; 0: another request is */
	unsigned lost_blocks;     /* refused as damaged, in this try */
	unsigned restarts_before; /* facts.restarts when this try began */
	unsigned rungs;           /* remedies taken */
	enum status first_failure;
	char ways[600]; /* one line each, in which it was tried */
	char more[800]; /* further evidence, one line each */

	/* This unit's own regions, and those of the plan's variant: flasher_own.c. */
	struct flash_region *own;
	size_t own_count;
	struct flash_region *with_own;
	struct flash_variant own_variant; /* with_own */
};

/* ---- telling: flasher_report.c ---- */

void run_step_begin(struct run *r, enum flash_step step);
void run_step_end(struct run *r, enum status st);
/* Note of the step in progress. */
__attribute__((format(printf, 2, 3))) void run_note(struct run *r, const char *format, ...);
/* A line for the unit's log. */
__attribute__((format(printf, 2, 3))) void run_log(struct run *r, const char *format, ...);
/* A fact for the record that link_facts does not count; told after those. */
__attribute__((format(printf, 2, 3))) void run_evidence(struct run *r, const char *format, ...);
void run_progress(struct run *r, uint64_t done_bytes);
/* The unit may have changed where nobody planned it: it cannot pass in this run. */
void run_astray(struct run *r, const char *label);
/* Remember how this attempt talked to the unit. */
void run_add_way(struct run *r);
/* Evidence, rungs, suspects and advice, when all is over. */
void run_tell_ways(struct run *r);
void run_tell_cause(struct run *r, enum status st);

/* ---- what the line shows: flasher_facts.c ---- */

/* From now on every request, answer and text counts. */
void run_watch_line(struct run *r);
struct failure run_failure(struct run *r, enum status st);

/* ---- remedies: flasher.c ---- */

/* From now on so: one rung has been taken. */
void run_use_way(struct run *r, const struct way *way);
/* Change the way and go on within the try; false: nothing of that kind is left. */
bool run_remedy_in_try(struct run *r, enum status st);

/* ---- the steps, each for STEP_...: STATUS_OK or why not, with report->err filled ---- */

/* flasher_connect.c */
enum status run_connect(struct run *r);
enum status run_identify(struct run *r);
/*
 * The port of the chip's own USB left: wait for it to come back. STATUS_PORT_GONE, with
 * report->err as it was, when it did not or cannot; other statuses with their own text.
 */
enum status run_reopen(struct run *r);
/* The hub's port off and on, once a run. STATUS_PORT_GONE when the unit did not come back. */
enum status run_power_cycle(struct run *r);
/* Nothing is sent for so long, or until the run's limit; what comes is dropped. */
enum status run_wait(struct run *r, uint32_t ms);
/* flasher_judge.c: before the flash is asked for anything, and when its size is known. */
enum status run_judge_unit(struct run *r, const struct ident *ident);
enum status run_judge_flash(struct run *r, const struct ident *ident);
/* flasher_erase.c: watch.may_write, once a run. */
enum status run_ask_watch(struct run *r);
/* flasher_own.c: the unit's own regions become part of r->variant. Behind run_judge_flash. */
enum status run_take_own(struct run *r);
void run_release_own(struct run *r);
/* The same until the end of d, and without telling of it; r->transport is NULL on failure. */
enum status run_follow_port(struct run *r, struct deadline d, struct err *err);
/*
 * flasher_restart.c: into the application. Changes no verdict; what it returns tells the boot
 * check how it went. report->err is filled for a boot check alone.
 */
enum status run_restart(struct run *r, enum status verdict);
/* Once more, by the lines alone and at the console's rate. */
enum status run_restart_by_lines(struct run *r, struct err *err);
/* A unit that a hand has put into its loader answers there still. */
bool run_is_in_loader(struct run *r);
/* flasher_boot.c: is a run that ended so followed by a boot check? */
bool run_wants_boot(const struct run *r, enum status verdict);
uint32_t run_console_rate(const struct run *r);
/* restarted: what run_restart has returned. */
enum status run_boot(struct run *r, enum status restarted);
/* flasher_limit.c: what a boot check takes at most; 0: there is none. */
uint32_t run_boot_ms(const struct flash_plan *plan, const struct link_profile *link);
/* flasher_prepare.c */
/* Why no stub runs on that unit, whatever this build carries: "with secure boot"; or NULL. */
const char *run_stub_bar(const struct ident *ident);
enum status run_stub(struct run *r);
enum status run_rate(struct run *r);
/* Find the loader again after silence, without a reset. Keeps report->err of the silence
 * when nothing answers. */
enum status run_resync(struct run *r);
/* From now on lost questions may be put again, so often: loader_repeats. */
void run_allow_repeats(struct run *r, unsigned times);
/* Flash size for the loader, sent twice: an altered one must not stay. */
enum status run_set_flash_size(struct run *r, uint32_t flash_bytes);
/* flasher_flash.c */
enum status run_compare(struct run *r);
enum status run_write_body(struct run *r);
enum status run_verify_body(struct run *r);
enum status run_write_boot(struct run *r);
enum status run_verify_boot(struct run *r);
enum status run_verify_all(struct run *r);
bool run_has_work(const struct run *r);
/* flasher_erase.c */
enum status run_erase(struct run *r);
/*
 * flasher_protect.c. Before the first write of a try: STATUS_FLASH_PROTECTED when the flash's
 * block-protect bits cover what will be written and the recipe does not let us clear them.
 */
enum status run_check_protection(struct run *r);
/* What the registers hold in the end, if the loader has changed them by itself. */
enum status run_note_protection_left(struct run *r);
/* What became of a run: STATUS_FLASH_PROTECTED for a write that was not taken while such bits
 * are set. */
enum status run_name_protection(struct run *r, enum status st);
/* Does the plan erase more than the sectors that it writes? */
bool run_erases_more(const struct run *r);

/* ---- one region, in sectors ---- */

/* How often the regions of one run are begun again after something was lost. */
#define RUN_BEGINS_MAX 20

#define SECTOR_RIGHT 1u /* the chip's MD5 has said so, in this try */
#define SECTOR_SENT 2u  /* its write was begun, in this run */

/* What was sent, for the report; NULL when it does not count. */
struct data_phase {
	uint64_t raw_bytes, wire_bytes, took_us;
};

/* flasher_resume.c: what of a region is there already, and writing the rest. */
size_t run_sector_count(const struct flash_region *g);
/* For the largest variant of the plan (NULL: none) and a unit's own regions, nothing known yet;
 * free() it. */
uint8_t *run_new_sectors(const struct flash_plan *plan);
/* Of that region of the variant: SECTOR_... each. */
uint8_t *run_sectors(const struct run *r, size_t region);
/* Bytes of the region in sectors with (flags & mask) == value. */
size_t run_bytes_with(const struct flash_region *g, const uint8_t *sectors, uint8_t mask,
		      uint8_t value);
enum search_kind {
	SEARCH_SENT,      /* after a fault: they were sent in this order */
	SEARCH_AGAIN,     /* in another try: any of them may be right */
	SEARCH_UNCHANGED, /* before anything was sent, only if it is cheap */
};
/* Mark as SECTOR_RIGHT what the chip's MD5 says is, of the sectors that have `wanted` (0:
 * all). Bounded in questions and time: what was not asked for stays as it was. */
enum status run_find_right(struct run *r, const struct flash_region *g, uint8_t *sectors,
			   uint8_t wanted, enum search_kind kind);
/* Write all sectors that are not SECTOR_RIGHT, and begin again what was lost on the way. */
enum status run_write_region(struct run *r, const struct flash_region *g, uint8_t *sectors,
			     struct data_phase *phase);

/*
 * flasher_witness.c: one part by one BEGIN. STATUS_MD5_MISMATCH, and the run is astray, when
 * all was answered and the flash is there as it was: either it takes nothing, or the
 * request that began the part was altered and the bytes lie somewhere else.
 */
enum status run_send_part(struct run *r, const struct flash_region *part, struct data_phase *phase);

/*
 * flasher_write.c: what the refusal in *err means. chips_no where it is the chip's own no to
 * erasing or writing; STATUS_GARBLED for the codes of a request that came damaged.
 */
enum status run_judge_code(const struct run *r, const struct err *err, enum status chips_no);

/* flasher_write.c: BEGIN, blocks, END. *is_begun: the BEGIN was answered. STATUS_NO_ANSWER and
 * STATUS_GARBLED: how much of it has arrived is not known, and nothing may be sent again. */
enum status run_send(struct run *r, const struct flash_region *part, struct data_phase *phase,
		     bool *is_begun);
/* Shorter data blocks for the rest of the run, then paced ones. false: there are none. */
bool run_shrink_data(struct run *r);

/* ---- proof: flasher_proof.c ---- */

/* The chip's MD5 of a range. A question changes nothing: after silence or damage it
 * is put once more. */
enum status run_ask_md5(struct run *r, uint32_t addr, size_t size_bytes, uint8_t md5[static 16]);
/* Equal, or so near that one of them was altered on its way. */
bool run_md5s_alike(const uint8_t a[static 16], const uint8_t b[static 16]);
/* Where there is no plan to compare with: two answers agree. STATUS_GARBLED: none do. */
enum status run_ask_md5_surely(struct run *r, uint32_t addr, size_t size_bytes,
			       uint8_t md5[static 16]);
/*
 * The chip's MD5 against the plan's. STATUS_MD5_MISMATCH when the chip says twice that it
 * is another one; STATUS_GARBLED when no two answers agree, or when one differs in a few
 * bits only. Where nothing can be proven nothing is asked: the run says so at its end.
 */
enum status run_prove_region(struct run *r, const struct flash_region *g);
/* Adds to report->err which sector of the region is the first that differs. */
void run_name_sector(struct run *r, const struct flash_region *g);
/* A difference is no error here. Where nothing can be proven nothing is equal. */
enum status run_region_equals(struct run *r, const struct flash_region *g, bool *is_equal);
/* size bytes from `at` of the region. */
enum status run_range_equals(struct run *r, const struct flash_region *g, size_t at, size_t size,
			     bool *is_equal);

#endif
