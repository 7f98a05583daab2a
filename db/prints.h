/*
 * Labels as the records tell them: what was sent to a printer for a run, and what became of it.
 * They are put in as RECORD_PRINT_JOB and RECORD_PRINT_EVENT (db/decide.h).
 */
#ifndef DB_PRINTS_H
#define DB_PRINTS_H

#include "db/db.h"
#include "engine/base/bytes.h"

#include <stddef.h>
#include <stdint.h>

struct print_happening {
	char state[16]; /* "SENT", "FAILED", "SCANNED", "MISMATCH" */
	char detail[256];
	char operator_name[128];
	int64_t utc_ms;
};

struct print_row {
	char print_id[RUN_ID_BYTES], run_id[RUN_ID_BYTES];
	int64_t copy; /* from 1 */
	char mac[MAC_TEXT_BYTES], serial[320];
	char printer[256], template_sha256[65];
	char operator_name[128], reason[256]; /* of a reprint; "" none */
	int64_t utc_ms;
	char *content;                  /* as it was sent */
	struct print_happening *events; /* in the order in which they were stored */
	size_t event_count;
};

struct print_list {
	struct print_row *rows; /* the newest copy last */
	size_t count;
};

/*
 * All labels of a run; the next copy is the last one's copy + 1. None is no error. STATUS_DATABASE,
 * STATUS_NO_MEMORY. Release in any case.
 */
enum status prints_of_run(struct db *db, const char *run_id, struct print_list *list,
			  struct err *err);
/* The same of a unit, by its MAC: of all its runs. */
enum status prints_of_unit(struct db *db, const char *mac, struct print_list *list,
			   struct err *err);
void prints_release(struct print_list *list);

#endif
