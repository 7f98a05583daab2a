/*
 * One label on its way: what the owner knew when the unit passed, as a copy of its own. Inside
 * labels (label.h).
 */
#ifndef STATION_LABEL_LABEL_JOB_H
#define STATION_LABEL_LABEL_JOB_H

#include "db/record.h"
#include "recipes/label.h"
#include "station/snapshot.h"

#define LABEL_CODE_BYTES SLOT_SERIAL_BYTES
#define LABEL_FIELD_BYTES 160

struct label_reading {
	char name[80], text[FLASH_READING_BYTES];
};

struct label_job {
	struct label_job *next;
	unsigned slot, turn; /* turn: of the slot, so that a unit that has left is not spoken for */
	struct plan_label *label;
	uint64_t begin_us;
	int64_t copy;
	char print_id[RUN_ID_BYTES], run_id[40];
	char serial[SLOT_SERIAL_BYTES], mac[MAC_TEXT_BYTES], mac_hex[MAC_TEXT_BYTES];
	char code[LABEL_CODE_BYTES]; /* {qr} */
	char slot_number[12], revision[12], date[16], time[16];
	char station[LABEL_FIELD_BYTES], batch[LABEL_FIELD_BYTES], recipe[LABEL_FIELD_BYTES];
	char operator_name[LABEL_FIELD_BYTES]; /* who was there when it passed */
	char part[LABEL_FIELD_BYTES], part_rev[LABEL_FIELD_BYTES], work_order[LABEL_FIELD_BYTES];
	char firmware[LABEL_FIELD_BYTES], product[LABEL_FIELD_BYTES], chip[80];
	char asked_by[LABEL_FIELD_BYTES], reason[300]; /* of a reprint; "" none */
	struct label_reading readings[FLASH_READINGS_MAX];
	size_t reading_count;
};

/* NULL: no memory. */
struct label_job *label_job_new(const struct snapshot *s, const struct slot_view *slot);
struct label_job *label_job_copy(const struct label_job *job);
void label_job_free(struct label_job *job);

/* What the batch's order says. Blocks: the thread's. */
void label_job_ask_order(struct label_job *job, const char *db_path);
/* As label_fill(). */
enum status label_job_fill(const struct label_job *job, struct page *out, struct err *err);

#endif
