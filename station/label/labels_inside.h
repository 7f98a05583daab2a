/*
 * Inside labels (label.h): labels.c is the owner's side, label_thread.c prints and stores.
 */
#ifndef STATION_LABEL_LABELS_INSIDE_H
#define STATION_LABEL_LABELS_INSIDE_H

#include "station/label/label.h"
#include "station/label/label_job.h"
#include "station/label/label_printer.h"

#include <pthread.h>

#define LABELS_KNOWN 1024 /* labels that were printed last, by what can be scanned of them */

struct label_slot {
	unsigned turn; /* counts units and their leaving; a job of another turn says nothing */
	bool is_there; /* the unit of this turn has a label */
	enum label_state state;
	char text[LABEL_TEXT_BYTES];
	bool has_changed;
	uint64_t since_us;           /* it waits for its label to be scanned */
	char print_id[RUN_ID_BYTES]; /* of the newest copy */
	struct label_job *last;      /* what was printed for last; NULL nothing */
};

/* What became of a label in people's hands, to be stored. */
struct label_note {
	struct label_note *next;
	char print_id[RUN_ID_BYTES];
	const char *state;
	char detail[200], operator_name[LABEL_FIELD_BYTES];
	int64_t utc_ms;
};

struct labels {
	struct labels_setup setup;
	struct label_printer printer;
	pthread_t thread;
	int stop[2]; /* readable: no wait any more */

	pthread_mutex_t lock; /* protects all below */
	pthread_cond_t work, ended;
	struct label_job *first;
	struct label_note *notes;
	struct label_slot *slots;
	char known[LABELS_KNOWN][LABEL_CODE_BYTES];
	size_t known_at;
	bool is_ready, is_ending, has_ended;
	char why[ERR_TEXT_BYTES];
};

/* Under the lock. */
__attribute__((format(printf, 3, 4))) void
labels_say(struct label_slot *slot, enum label_state state, const char *format, ...);

/* ---- label_thread.c ---- */

void *labels_run(void *ctx);

#endif
