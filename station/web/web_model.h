/*
 * What the page shows, copied from the snapshot: plain data of fixed size, so that the owner's
 * thread only copies and compares, and other threads make JSON of it later. Pure.
 *
 * Everything is zeroed before it is filled in: two models are equal when their bytes are.
 */
#ifndef STATION_WEB_WEB_MODEL_H
#define STATION_WEB_WEB_MODEL_H

#include "station/line/station_file.h"
#include "station/snapshot.h"

#define WEB_SLOTS_MAX STATION_SLOTS_MAX
#define WEB_TEXT_BYTES 400

/* What changes while a unit is worked on: kept small, because it is sent often. */
struct web_live {
	enum slot_state state;
	enum flash_step step;
	unsigned try_no;
	int percent;  /* 0 .. 100; -1 no progress to show */
	int left_s;   /* -1 unknown */
	int took_s;   /* since its start */
	int over_s;   /* its limit; 0 none */
	bool is_away; /* its port is gone, and is waited for */
};

/* The rest of a tile. */
struct web_tile {
	unsigned number;
	unsigned visit;
	char place[200]; /* "1.4" */
	char bridge[40];
	char mac[MAC_TEXT_BYTES];
	char serial[SLOT_SERIAL_BYTES];
	char chip[40];
	char run_id[40];
	bool has_result; /* the next seven say something */
	bool is_stored, is_rescued, is_duplicate_mac;
	enum status status, before;
	char detail[WEB_TEXT_BYTES];
	char hint[WEB_TEXT_BYTES];     /* how to get the unit into download mode by hand */
	char evidence[WEB_TEXT_BYTES]; /* of the run that is shown */
	char suspects[80], advice[WEB_TEXT_BYTES], rungs[200];
	bool is_golden, is_disabled, is_gone, will_retest;
	enum label_state label;
	char label_text[LABEL_TEXT_BYTES];
	unsigned units, passed, failed_in_row;
};

struct web_slot {
	struct web_live live;
	struct web_tile tile;
	struct slot_past past[SLOT_PAST_MAX];
	size_t past_count;
};

struct web_lock {
	char code[40];
	char sentence[200];
	char detail[200];
	unsigned number; /* of the slot; 0 the whole line */
	int64_t since_utc_ms;
};

struct web_notice {
	int64_t utc_ms;
	unsigned number;
	char text[300];
	struct said said;
	char from[16];
	bool is_refused;
};

/* How many of each the page gets: more would not be read. */
#define WEB_LOCKS_MAX 24
#define WEB_NOTICES_MAX 8

struct web_head {
	enum flash_kind kind;
	bool is_line, is_stopping, is_draining, has_ended, has_records;
	bool scans_serials; /* a unit waits until somebody has scanned its number */
	char station[128], operator_name[81], batch[128];
	char recipe[128], product[128], digest[SHA256_TEXT_BYTES];
	unsigned revision;
	char next_recipe[160], bound_serial[SLOT_SERIAL_BYTES];
	bool has_batch_count;
	int64_t batch_passed, batch_of;
	bool has_plant, is_connected;
	int64_t pending;
	char trouble[200], alarm[200];
	unsigned columns;
	unsigned slot_count;
	int64_t begun_utc_ms;
	struct line_counts counts;
	struct web_lock locks[WEB_LOCKS_MAX];
	size_t lock_count, locks_left_out;
	struct web_notice notices[WEB_NOTICES_MAX];
	size_t notice_count;
};

void web_model_head(const struct snapshot *s, struct web_head *head);
void web_model_slot(const struct snapshot *s, const struct slot_view *view, struct web_slot *slot);

#endif
