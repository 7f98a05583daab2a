/*
 * The station file: what stands on this line, in YAML, read as strictly as a recipe.
 * docs/station-file.md tells people about the keys; 'flashline slots learn FILE' writes the map.
 *
 *   station: line-3                       # its name
 *   recipe: core2-factory-test.yaml       # relative to this file; also a list: the first is used
 *                                         # at the start, the page may change to another one
 *   batch: B-2026-11                      # all optional; the command line wins
 *   operator: Kim
 *   layout: {columns: 8}
 *   settle: 500ms
 *   stagger: 150ms                        # between the starts of two units
 *   again: never                          # never | failed | always: units that have a verdict
 *   presence: usb                         # usb | chip: what tells that a unit has come
 *   slots:
 *     - {number: 1, at: "pci-0000:00:14.0/1.4:1.0", hub: "0bda:5411 multi"}
 *     - {number: 2, at: "...", use: no}
 *     - {number: 3, at: "...", presence: chip}
 *   web: {listen: 127.0.0.1, port: 8320, token_file: web.token, origins: ["https://line3.example"]}
 *                                         # {use: no}: no page
 *   printer: {zpl: "192.168.1.50:9100"}   # or {command: "lp -d labels"}; status: no
 *   scanner: {device: /dev/input/by-id/usb-..., serial: "^M5C2-[0-9]{6}$"}
 *   hooks: {arrived: cmd, passed: cmd, failed: cmd, batch_complete: cmd, locked: cmd, limit: 5s}
 *   lockouts:
 *     golden: {units: ["24:0a:c4:00:01:10"], at_start: yes, every: 500, shifts: ["06:00", "14:00"]}
 *     yield: {floor: 90, over: 50}        # percent, of the last so many units
 *     slot_failures: 3                    # in a row; 0 off
 *     disk: 500MB
 *     ledger: {pending: 1000, for: 30m}   # behind the plant by so many entries for so long
 *     clock: yes
 */
#ifndef STATION_LINE_STATION_FILE_H
#define STATION_LINE_STATION_FILE_H

#include "engine/base/bytes.h"
#include "recipes/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATION_SLOTS_MAX 64
#define STATION_RECIPES_MAX 32
#define STATION_GOLDEN_MAX 16
#define STATION_SHIFTS_MAX 8

enum again_policy { AGAIN_NEVER, AGAIN_FAILED, AGAIN_ALWAYS };

/* What tells that a unit is in a slot: its USB device, or, where that is the nest's, its chip. */
enum slot_presence { PRESENCE_BY_USB, PRESENCE_BY_CHIP };

struct station_slot {
	unsigned number;
	const char *at;  /* "pci-0000:00:14.0/1.4:1.0" */
	const char *hub; /* as learned: VID:PID and "single" or "multi"; NULL not told */
	bool is_used;
	enum slot_presence presence;
};

struct station_golden {
	uint8_t units[STATION_GOLDEN_MAX][MAC_BYTES];
	size_t unit_count; /* 0: no golden check */
	bool at_start;
	unsigned every;                      /* units; 0 not */
	unsigned shifts[STATION_SHIFTS_MAX]; /* minutes after local midnight, ascending */
	size_t shift_count;
};

struct station_lockouts {
	struct station_golden golden;
	unsigned yield_floor, yield_over; /* percent; units, 0 off */
	unsigned slot_failures;           /* 0 off */
	uint64_t disk_bytes;              /* 0 off */
	uint64_t ledger_pending;          /* entries; 0 off */
	uint64_t ledger_ms;
	bool clock; /* refuse while the clock is before the newest record */
};

struct station_web {
	bool is_on;
	const char *listen; /* "127.0.0.1", "::1", "0.0.0.0" */
	unsigned port;
	const char *token_file; /* NULL: one is made for this start, and told on stderr */
	const char *origins[8]; /* besides its own: of a reverse proxy */
	size_t origin_count;
};

struct station_printer {
	const char *zpl;     /* "host:port"; NULL not */
	const char *command; /* run by sh, the label on its standard input; NULL not */
	bool is_silent;      /* status: no: it never answers, so it is not asked */
};

struct station_hooks {
	const char *arrived, *passed, *failed, *batch_complete, *locked; /* NULL none */
	uint32_t limit_ms;
};

struct station_scanner {
	const char *device; /* an input device; NULL none */
	const char *serial; /* a regular expression that serial numbers match; NULL any */
};

/* All texts belong to it. */
struct station_file {
	const char *path, *name;
	const char *recipes[STATION_RECIPES_MAX]; /* paths that can be opened from here */
	size_t recipe_count;
	const char *batch, *operator_name; /* NULL */
	unsigned columns;                  /* 0 as fits */
	uint32_t settle_ms, stagger_ms;
	enum again_policy again;
	enum slot_presence presence;                  /* of slots that do not say */
	struct station_slot slots[STATION_SLOTS_MAX]; /* by number */
	size_t slot_count;
	struct station_web web;
	bool web_is_said; /* there is a web: */
	struct station_printer printer;
	struct station_scanner scanner;
	struct station_hooks hooks;
	struct station_lockouts lockouts;
	void *storage;
};

/* A place on USB as it is called in full: "pci-0000:00:14.0/1.4:1.0"? */
bool station_is_place(const char *at);

/* Is this a station file, by its key 'station'? A file that cannot be read is none. */
bool station_file_is_one(const char *path);

/* Every error is in diags, with its place; then *out is NULL. STATUS_RECIPE, STATUS_NO_MEMORY. */
enum status station_file_read(const char *path, struct station_file **out, struct diag_list *diags,
			      struct err *err);
/* The same of a tree that was read already, which belongs to *out, or is freed. */
struct yaml;
enum status station_file_from_yaml(struct yaml *yaml, struct station_file **out,
				   struct diag_list *diags, struct err *err);
/* What holds without a station file. NULL without memory. */
struct station_file *station_file_usual(void);
void station_file_free(struct station_file *f);

#endif
