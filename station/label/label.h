/*
 * Labels: printed after a unit's PASS is stored, by a thread of their own. docs/labels.md.
 *
 * The recipe has the template (plan->label), the station file the printer. Every job and what
 * became of it is recorded (print_job, print_event). The owner hands in units and asks what
 * changed; nothing here blocks it.
 */
#ifndef STATION_LABEL_LABEL_H
#define STATION_LABEL_LABEL_H

#include "db/writer.h"
#include "recipes/plan.h"
#include "station/line/station_file.h"
#include "station/snapshot.h"

struct labels;

struct labels_setup { /* lent */
	const struct station_printer *printer;
	struct writer *writer;
	const char *db_path;
	size_t slots;
};

/* Without a printer every label fails. STATUS_USAGE: the printer's address cannot be read;
 * STATUS_NO_MEMORY. */
enum status labels_new(const struct labels_setup *setup, struct labels **out, struct err *err);
/* Waits up to wait_ms for what is to be printed, and some seconds for a printer in the middle of a
 * label; the rest is recorded as FAILED. NULL is fine. Before the writer goes. */
void labels_free(struct labels *l, uint32_t wait_ms);

/* ---- the owner's side; none blocks ---- */

/* The unit in this slot has passed, and that is stored. plan->label may be NULL: then nothing. */
void labels_print(struct labels *l, const struct snapshot *s, const struct slot_view *slot);
/* Once more, of the run that was printed for last in this slot. STATUS_USAGE with why not. */
enum status labels_reprint(struct labels *l, unsigned slot, const char *operator_name,
			   const char *reason, struct err *err);
/*
 * Somebody scanned this. at: the slot that was scanned just before, -1 none. *is_label: it is a
 * label that was printed here, or anything at a slot that waits for its label; then *slot is whose
 * label was meant: of at, else that waits for this one, else that waits longest. *matches: and it
 * is the right one. Recorded, by the thread.
 */
void labels_scanned(struct labels *l, const char *text, int at, const char *operator_name,
		    bool *is_label, unsigned *slot, bool *matches);
/* The unit left; what is printed for it still is. */
void labels_left(struct labels *l, unsigned slot);
/* What changed since the last call: state and text for the slot's view. false: nothing. */
bool labels_next_change(struct labels *l, unsigned *slot, enum label_state *state,
			char text[static LABEL_TEXT_BYTES]);
/* false: a required label could not be printed now; why is for people. */
bool labels_is_ready(struct labels *l, char *why, size_t size);

#endif
