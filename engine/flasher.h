/*
 * The steps of one unit: connect, identify, judge, write, prove, restart.
 *
 * flasher_run() is straight-line and blocking; it owns nothing but its run. It
 * reports PASS only when the chip's own MD5 of every region equals the plan's.
 * The rules it keeps are docs/protocol.md, what a flasher may believe.
 */
#ifndef ENGINE_FLASHER_H
#define ENGINE_FLASHER_H

#include "engine/ident.h"
#include "engine/lines.h"
#include "engine/loader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- what to do: made by recipes/, immutable, shared by all units ---- */

#define PACK_MARK_BYTES 1024u

/* One contiguous write. addr is a multiple of FLASH_SECTOR_BYTES, and no two
 * regions share a sector. */
struct flash_region {
	const char *label; /* "firmware/app.bin", for people */
	uint32_t addr;
	const uint8_t *data; /* size_bytes, a multiple of 4 */
	size_t size_bytes;
	const uint8_t *packed; /* zlib stream of data; NULL when it is no shorter */
	size_t packed_bytes;
	/* Byte of data that is reached after each PACK_MARK_BYTES of packed, from 0 on, the last
	 * one behind the end; NULL: not measured. It bounds what a block may take. */
	const uint32_t *packed_marks;
	uint8_t md5[16];
	bool is_boot_sector; /* first sector of the boot loader: erased first, written last */
	bool is_secret;      /* its MD5 is never told: from one a short secret could be guessed */
};

/* All regions for one flash size, in the order they are written (boot sector last). */
struct flash_variant {
	uint32_t flash_bytes; /* 0: fits every size not listed */
	const struct flash_region *regions;
	size_t region_count;
};

struct flash_range {
	uint32_t addr, size_bytes; /* multiples of FLASH_SECTOR_BYTES */
};

enum erase_mode { ERASE_SECTORS, ERASE_ROOMS, ERASE_ALL };
enum stub_policy { STUB_AUTO, STUB_ALWAYS, STUB_NEVER };
enum skip_policy { SKIP_NEVER, SKIP_UNCHANGED };
/* The state a unit has to be in; another one is STATUS_SECURITY_STATE. */
enum security_wanted {
	SECURITY_OPEN, /* no secure boot, no encryption, no secure download */
	SECURITY_SECURE_BOOT,
	SECURITY_SECURE_DOWNLOAD, /* with or without secure boot; nothing can be proven */
};

/* What is listened to after the restart, when the job has somebody to judge it. */
struct flash_console {
	uint32_t within_ms; /* from the restart on, or from when its port is there again; 0: nothing
			     */
	uint32_t rate_baud; /* 0: 115200; a chip's own USB has none */
	unsigned resets;    /* that the firmware makes by itself, and that are normal */
};

struct flash_plan {
	const struct chip *chip;
	uint16_t min_rev, max_rev; /* major * 100 + minor; max 65535 = no limit; images included */
	uint32_t flash_bytes;      /* exact size wanted, 0 = any that has room */
	uint32_t end_addr;         /* end of the highest region: what the flash must hold; those
				    * of own_ranges included */
	const struct flash_variant *variants;
	size_t variant_count;
	enum erase_mode erase;
	const struct flash_range *rooms; /* erased beyond the written sectors, ERASE_ROOMS */
	size_t room_count;
	enum stub_policy stub;
	bool compress; /* false: send raw data even where a packed stream exists */
	enum skip_policy skip;
	unsigned tries; /* 1 .. 10 */
	/* Interlocks beyond chip, revision and flash; each judged before any write. */
	const char *const *packages; /* ident_package_is() names: "PICO-V3-02"; 0 of them = any */
	size_t package_count;
	uint32_t psram_bytes; /* in-package PSRAM, judged where the chip tells it; 0 = any */
	enum security_wanted security;
	bool accept_unproven;  /* PASS without proof where the chip cannot give one */
	bool clear_protection; /* clear the flash's block-protect bits when they are in the way */
	struct flash_console boot;
	/*
	 * Packs a part of a region anew: a resume and `skip: unchanged` write only what
	 * differs. *packed is a zlib stream, to be freed, or NULL when it would be no shorter.
	 * NULL: parts are sent raw. STATUS_NO_MEMORY.
	 */
	enum status (*pack)(const uint8_t *data, size_t size_bytes, uint8_t **packed,
			    size_t *packed_bytes, struct err *err);
	/*
	 * Where each unit gets bytes of its own (flash_job.own_regions): in no sector of a region,
	 * each a multiple of FLASH_SECTOR_BYTES. Known beforehand, for limits and interlocks.
	 */
	const struct flash_range *own_ranges;
	size_t own_range_count;
	size_t own_packed_bytes; /* of all of them, as those of a usual unit pack */
};

/* ---- how this port can be talked to: made by station/ from the bridge's row ---- */

#define LINK_RATES_MAX 10
#define LINK_RESETS_MAX 6

struct link_profile {
	enum reset_kind resets[LINK_RESETS_MAX]; /* in the order they are tried */
	size_t reset_count;
	uint32_t rates[LINK_RATES_MAX]; /* the ladder, best first, without 115200 */
	size_t rate_count;              /* 0: stay at 115200 */
	bool is_native_usb;             /* the chip's own USB: rate means nothing */
	bool is_usb_otg;                /* of these, the ROM's USB-OTG, not USB-Serial/JTAG */
	uint32_t ram_block_bytes;       /* 0x1800, 0x800 over USB-OTG */
	/* For evidence and advice; NULL unknown. */
	const char *bridge; /* "CH9102F" */
	const char *driver; /* what is bound to it: "cdc_acm" */
};

/*
 * How a try talks to the unit, in figures: what worked is kept per slot and bridge, and
 * used first next time.
 */
struct flash_way {
	bool with_stub;
	uint32_t rate_baud;        /* of the data phase; 0: no rate is set (native USB) */
	uint32_t ram_block_bytes;  /* of the stub's upload */
	uint32_t data_block_bytes; /* of flash data */
	uint32_t pace_bytes;       /* at most so many at once, each waited out; 0 = no limit */
};

/* ---- what happens, while it happens ---- */

enum flash_step {
	STEP_CONNECT,
	STEP_IDENTIFY,
	STEP_STUB,
	STEP_RATE,
	STEP_COMPARE, /* what is already there */
	STEP_ERASE,
	STEP_WRITE,
	STEP_VERIFY,
	STEP_RESET,
	STEP_BOOT, /* what the unit says after its restart */
};
#define STEP_COUNT 10
/* "connect", "identify", ... */
const char *flash_step_name(enum flash_step step);

struct flash_progress {
	enum flash_step step;
	unsigned try_no;     /* 1 .. tries */
	uint64_t done_bytes; /* of the plan's bytes, uncompressed; whole run's scale */
	uint64_t total_bytes;
	uint32_t rate_baud;
};

/* Called from flasher_run, on its thread; any member may be NULL. None may block
 * for long. */
struct flash_watch {
	void *ctx;
	void (*progress)(void *ctx, const struct flash_progress *p);
	/* The unit is known, nothing is written yet. Anything but STATUS_OK stops
	 * the run with that status: guards such as DUPLICATE_MAC live here. */
	enum status (*identified)(void *ctx, const struct ident *ident, struct err *err);
	/* Once a run, before its first erase or write, or when own regions are found to be there
	 * already: what has to be on record by then. Anything
	 * but STATUS_OK stops the run with that status, and nothing is written. */
	enum status (*may_write)(void *ctx, struct err *err);
	/* One line for the unit's log: no newline. */
	void (*log)(void *ctx, const char *line);
};

#define FLASH_READINGS_MAX 32
#define FLASH_READING_BYTES 80

/* A value that the unit told in its boot check, and what is wanted of it. */
struct flash_reading {
	const char *name;               /* lent, as unit: as long as the judge */
	const char *unit;               /* NULL none */
	char text[FLASH_READING_BYTES]; /* as the unit said it */
	bool is_number;                 /* a measured one, not a name that looks like one */
	double number;
	bool has_low, has_high;
	double low, high;
	bool is_judged, is_good; /* judged: it has limits, or a text to equal */
};

enum boot_heard {
	BOOT_GOES_ON,
	BOOT_COMPLETE, /* nothing more needs to be heard */
	BOOT_FAILED,   /* nothing more can help: judge says why */
};

/*
 * The boot check: who judges what the unit says after its restart. The flasher knows rates,
 * time, resets and the signs of a crash, the owner the words of the firmware. Called on the
 * flasher's thread. docs/boot-check.md.
 */
struct flash_boot {
	void *ctx;
	/* The unit was restarted by us: what was heard before does not count. */
	void (*begin)(void *ctx);
	/* A line, as engine/console_lines.h cleans it. at_ms: since the restart. */
	enum boot_heard (*hear)(void *ctx, const char *line, uint32_t at_ms);
	/* Once, at the end, unless the flasher has a verdict of its own: STATUS_OK, or a status
	 * of the boot check with its text. */
	enum status (*judge)(void *ctx, struct err *err);
	/* Whatever the verdict: the values that were told; returns how many. */
	size_t (*readings)(void *ctx, struct flash_reading readings[static FLASH_READINGS_MAX]);
};

enum flash_kind { FLASH_RUN_FLASH, FLASH_RUN_VERIFY, FLASH_RUN_IDENTIFY };

struct flash_job {
	enum flash_kind kind;
	const struct flash_plan *plan; /* NULL for IDENTIFY */
	const struct link_profile *link;
	struct transport *transport; /* open at 115200; stays the caller's */
	uint32_t limit_ms;           /* of the whole run; 0 = flasher_limit_ms() */
	struct flash_watch watch;
	/*
	 * A chip's own USB port vanishes when the chip restarts and comes back under
	 * another number. Closes *transport, waits at most until d for a port at the
	 * same place, opens it at 115200 and puts it into *transport; its clock is the
	 * one before. On failure *transport is NULL: STATUS_PORT_GONE when nothing came
	 * back. What stands there when flasher_run returns is the caller's, as `transport`
	 * was. NULL: a port that is gone ends the run. It may change is_usb_otg and
	 * ram_block_bytes of *link, when the new port is of the other kind.
	 */
	enum status (*reopen)(void *ctx, struct transport **transport, struct deadline d,
			      struct err *err);
	void *reopen_ctx;
	/*
	 * Where the hub's port can be switched: closes *transport, switches the unit off and on,
	 * and goes on as reopen does. NULL: it cannot be. Used once a run at most.
	 */
	enum status (*power_cycle)(void *ctx, struct transport **transport, struct deadline d,
				   struct err *err); /* ctx: reopen_ctx */
	/* Of FLASH, where plan->boot wants it; NULL: none. */
	const struct flash_boot *boot;
	/*
	 * The regions of this unit alone, one for each of the plan's own_ranges and in their order:
	 * label, addr, data, size_bytes and is_secret, the rest is done here. Asked for once a run,
	 * after watch.identified and before anything is written; from then on they are written,
	 * proven and counted like the plan's. What *regions points to stays valid until
	 * flasher_run returns. A VERIFY run may be given none of them (*count 0): then they are not
	 * judged. Anything but STATUS_OK ends the run with that status. NULL: of a VERIFY run, or
	 * of a plan without own_ranges.
	 */
	enum status (*own_regions)(void *ctx, const struct ident *ident,
				   const struct flash_region **regions, size_t *count,
				   struct err *err);
	void *own_ctx;
	/* What worked in this slot the last time; NULL: the best that the link offers. What the
	 * link does not have is not taken over. */
	const struct flash_way *start;
};

struct flash_step_report {
	enum flash_step step;
	unsigned try_no;
	uint64_t start_us, took_us; /* start counts from the beginning of the run */
	enum status status;
	char note[120];
};

#define FLASH_STEPS_MAX 64

/* What is on the chip: CHIP_MD5 also where the boot check has failed afterwards. */
enum flash_proof { FLASH_PROOF_NONE, FLASH_PROOF_CHIP_MD5 };

struct flash_report {
	enum status status; /* the verdict */
	struct err err;
	enum flash_proof proof;
	struct ident ident;
	bool used_stub;
	uint32_t rate_asked, rate_actual; /* of the data phase; 0 = none */
	unsigned tries;
	/* "sync, 'tight' first; stub 921600; stub 460800", "" when the first way worked */
	char rungs[200];
	char evidence[400];   /* sync echoes, refused block sizes, boot text, bridge and driver */
	struct flash_way way; /* of the last try that came as far as the stub; all 0: none did */
	bool is_rescued;      /* PASS by a remedy or in a later try: rungs says which */
	/* Of a run that failed or was rescued, "" else. engine/cause.h. */
	char suspects[80]; /* most likely first: "driver, bridge, cable" */
	char advice[400];  /* one sentence for the operator */
	/* The flash's status registers 1 to 3, when they were read: before, and after clearing;
	 * FF where this maker is not known to have one. */
	bool has_status_before, has_status_after;
	uint8_t status_before[3], status_after[3];
	uint64_t raw_bytes;  /* of regions written */
	uint64_t wire_bytes; /* sent while writing them, framing included */
	uint64_t skipped_bytes;
	uint64_t data_us; /* first data block out to last answer in */
	uint64_t total_us;
	bool has_boot_ms;    /* the boot check heard all that it waits for */
	uint32_t boot_ms;    /* from the restart until then */
	unsigned own_resets; /* that the unit made in its boot check */
	struct flash_reading readings[FLASH_READINGS_MAX]; /* what it told there */
	size_t reading_count;
	struct flash_step_report steps[FLASH_STEPS_MAX];
	size_t step_count;
};

/*
 * One run, verdict in report->status (also returned). Blocks; at most limit_ms
 * plus one system call. The unit is restarted into its application afterwards
 * whenever it can still be reached,
 * but for one on its own USB that was in its loader already and was only asked who it is.
 */
enum status flasher_run(const struct flash_job *job, struct flash_report *report);

/* The run's total limit, ms, known before it starts: connect + the sum of the step budgets,
 * times the tries, and what a run pays once: docs/protocol.md, Timeouts. plan NULL: an
 * identify run. */
uint32_t flasher_limit_ms(const struct flash_plan *plan, const struct link_profile *link);

/* Seconds a healthy unit is expected to take at this rate, for people. */
double flasher_expected_s(const struct flash_plan *plan, uint32_t rate_baud, bool with_stub);

#endif
