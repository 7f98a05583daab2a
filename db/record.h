/*
 * The facts as the database keeps them: plain values, no protocol.
 *
 * NULL strings and false has_* mean unknown, and are stored as NULL. All strings
 * are borrowed for the call. Times are milliseconds since 1970 UTC; durations
 * come from the monotonic clock.
 */
#ifndef DB_RECORD_H
#define DB_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUN_ID_BYTES 37 /* UUID version 7 in text: sorts by time */

struct record_image {
	const char *sha256; /* hex */
	const char *file;
	int64_t addr, size_bytes;
	const char *kind, *version, *partition;
};

struct record_recipe {
	const char *digest; /* hex; the key */
	const char *name;
	int64_t revision;
	const char *product;
	const char *canonical;
	const char *process; /* "FLASH"; yields of two processes are not mixed */
	const char *source;  /* the YAML as the factory wrote it; kept as an attachment */
	const char *source_name;
	const struct record_image *images;
	size_t image_count;
};

/* Inserted before the first byte goes out. */
struct record_run {
	const char *run_id;
	const char *kind;     /* "FLASH", "VERIFY" */
	const char *slot;     /* "pci-0000:00:14.0/1.4:1.0" */
	const char *node;     /* "/dev/ttyUSB0" */
	const char *usb_path; /* sysfs path of the interface */
	int64_t start_utc_ms;
	const char *recipe_digest;
	const char *operator_name, *batch;
	const char *serial;         /* as declared for the unit */
	const char *bridge;         /* "CP2104" */
	const char *bridge_vid_pid; /* "10c4:ea60" */
	const char *bridge_serial, *bridge_product, *bridge_release, *bridge_driver;
	const char *start_way; /* what the station remembered; NULL: it began with the best */
	int64_t nest;          /* the slot's number as the operator sees it; 0 it has none */
	const char *purpose;   /* "GOLDEN", NULL */
};

/* A moment in the life of a serial number: db/schema_5.sql says what each state means. */
struct record_serial_state {
	const char *product, *serial;
	const char *state;  /* "RESERVED", "WRITTEN", "COMMITTED", "RETURNED", "VOID" */
	const char *source; /* "RANGE", "CSV", "PLANT", "SCAN", "MAC", "TYPED" */
	const char *run_id, *mac;
	const char *operator_name, *reason;
	int64_t utc_ms;
};

/* An image that was made for this unit alone. */
struct record_unit_image {
	const char *partition;
	int64_t addr, size_bytes;
	const char *sha256; /* hex; NULL where it has secrets */
};

struct record_step {
	int64_t try_no;
	const char *name;
	int64_t start_us, took_us;
	const char *code;
	const char *note;
};

/* A value; has_low and has_high are limits, and only with one of them there is an outcome. */
struct record_measurement {
	const char *step; /* of the run; NULL none in particular */
	const char *name; /* "data_rate" */
	bool has_value;   /* else it is a text */
	double value;
	const char *text;
	const char *unit; /* "KB/s" */
	bool has_low, has_high;
	double low, high;
	const char *outcome; /* "PASS", "FAIL" */
};

/* Inserted exactly once, at the end. */
struct record_result {
	const char *run_id;
	const char *outcome, *code, *party, *proof; /* "CHIP_MD5" or "NONE" */
	const char *detail;                         /* err text */
	const char *device_code;                    /* hex of the bytes the device sent */
	int64_t end_utc_ms, duration_us;
	const char *mac;        /* "24:0a:c4:00:01:10"; makes the unit row */
	const char *custom_mac; /* a maker's own, beside the chip's */
	const char *chip, *package, *revision, *features;
	bool has_crystal, has_flash_bytes;
	int64_t crystal_mhz;
	const char *flash_id; /* hex */
	int64_t flash_bytes;
	int64_t embedded_flash_bytes; /* 0 none or unknown */
	bool has_embedded_psram;
	int64_t embedded_psram_bytes; /* 0 none */
	const char *security;
	bool has_security; /* of the next three */
	bool secure_boot, flash_encryption, secure_download;
	const char *security_flags; /* hex */
	bool secure_boot_v1;        /* has_security */
	bool has_crypt_count;
	int64_t crypt_count;      /* flash_crypt_cnt, as it stands in the fuses */
	const char *key_purposes; /* "0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0" */
	const char *loader;       /* "stub", "rom" */
	bool has_rate;
	int64_t rate_asked, rate_actual;
	int64_t tries;
	const char *rungs, *evidence;
	bool is_rescued;              /* PASS, but not in the way that the run began with */
	const char *suspects;         /* "driver, bridge, cable" */
	const char *advice;           /* one sentence */
	int64_t ram_block_bytes;      /* of the way that was used last; 0 unknown */
	int64_t data_block_bytes;     /* the same */
	bool has_pace;                /* of pace_bytes */
	int64_t pace_bytes;           /* 0 = no limit */
	const char *flash_status;     /* status registers 1 to 3 as found, hex "1c 02 00" */
	const char *flash_status_set; /* as left, when they were changed */
	int64_t raw_bytes, wire_bytes, skipped_bytes;
	int64_t data_us; /* 0: no data was sent, stored as unknown */
	bool is_duplicate_mac;
	bool has_generation;
	int64_t generation; /* 1: the first time in this product and process; more: rework */
	const struct record_step *steps;
	size_t step_count;
	const struct record_measurement *measurements;
	size_t measurement_count;
	const struct record_unit_image *unit_images;
	size_t unit_image_count;
	/* How its serial number ends, in the same transaction; NULL: nothing is to be said of it.
	 */
	const struct record_serial_state *serial_end;
	const char *console; /* what the unit said in the boot check; capped as the log */
	const char *log;     /* lines, as db/unit_log.h collects and caps them */
};

/* ---- what people and rules decide about runs ---- */

/* An order, opened once. */
struct record_batch {
	const char *batch;
	const char *work_order, *part_number, *part_revision, *customer;
	int64_t quantity, quota;   /* 0 none */
	const char *recipe_digest; /* the only recipe for it; NULL any */
	const char *operator_name;
	int64_t opened_utc_ms;
};

struct record_batch_change {
	const char *batch;
	const char *change; /* "QUOTA", "CLOSED", "REOPENED" */
	int64_t quota;      /* of QUOTA */
	const char *operator_name, *reason;
	int64_t utc_ms;
};

struct record_approval {
	const char *recipe_digest;
	const char *state; /* "APPROVED", "RETIRED" */
	const char *operator_name, *reason;
	int64_t utc_ms;
};

struct record_rule {
	const char *name, *word;
	const char *operator_name, *reason;
	int64_t utc_ms;
};

/* Of a run that is recorded already, before anything is written to its unit. */
struct record_override {
	const char *run_id;
	const char *code, *detail;
	const char *operator_name, *reason;
	int64_t utc_ms;
};

struct record_disposition {
	const char *mac;
	const char *state; /* "QUARANTINE", "REWORK", "SCRAP", "RMA", "RELEASED" */
	const char *operator_name, *reason;
	const char *run_id;
	int64_t utc_ms;
};

struct record_attachment {
	const char *owner, *ref; /* "run", "recipe" or "batch" and its key */
	const char *name, *media_type;
	const void *content;
	size_t size_bytes;
	const char *operator_name;
	int64_t utc_ms;
};

struct record_alarm {
	const char *code, *detail;
	const char *mac, *run_id;
	int64_t utc_ms;
};

struct record_serial_block {
	const char *block_id, *product, *prefix;
	int64_t width, first, last; /* digits; both ends belong to it */
	int64_t leased_utc_ms;
};

/* A label, as it goes to the printer. print_id is the caller's: db_new_run_id() makes one. */
struct record_print_job {
	const char *print_id, *run_id;
	int64_t copy; /* from 1 */
	const char *mac, *serial;
	const char *printer; /* "zpl 192.168.1.50:9100", "command lp -d label" */
	const char *template_sha256, *content;
	const char *operator_name, *reason; /* of a reprint */
	int64_t utc_ms;
};

struct record_print_event {
	const char *print_id;
	const char *state; /* "SENT", "FAILED", "SCANNED", "MISMATCH" */
	const char *detail;
	const char *operator_name;
	int64_t utc_ms;
};

/* Why no unit is taken. lockout_id is the caller's, as print_id. */
struct record_lockout {
	const char *lockout_id;
	const char *code; /* station/line/locks.h */
	const char *slot; /* NULL: the whole line */
	const char *detail;
	int64_t utc_ms;
};

struct record_lockout_end {
	const char *lockout_id;
	const char *how;                    /* "CURED", "OVERRIDDEN" */
	const char *operator_name, *reason; /* both with OVERRIDDEN */
	int64_t utc_ms;
};

/* What the plant's server has said; not in the ledger. */
struct record_ack {
	const char *server, *chain_id;
	int64_t up_to_seq;
	int64_t acked_utc_ms;
};

struct record_plant_claim {
	const char *server;
	int64_t plant_seq;
	const char *kind; /* "MAC", "SERIAL" */
	const char *value, *product, *process;
	int64_t generation;
	const char *chain_id, *station;
	int64_t claimed_utc_ms;
};

#endif
