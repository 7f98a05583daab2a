/*
 * One thread that owns the database; any thread may hand it facts.
 *
 * Facts wait in a bounded queue, in order, and all that wait together are
 * committed together: 64 slots that finish at once cost one write to the disk.
 * Whoever handed in a fact is told after the commit, so a PASS that was
 * shown is a PASS that is stored.
 *
 * A run is refused while the disk has no room for it and its result; what was
 * begun is then stored in a reserve (db/room.h). When the database fails all the same (disk
 * broken, file damaged), each fact of that commit gets the error and none of them is stored. Once a
 * result was lost that way, new runs are refused with the same error; results are still tried.
 * While another program keeps the file locked (somebody's sqlite3 in a transaction), everything but
 * results is refused after 5 s. Results wait as long as it takes, until writer_free: nobody was
 * told of them yet, and the unit has been written. Of a large database the start has read the
 * newest part only (db/damage.h): the rest is read while runs go on, and damage that is found then
 * refuses new runs as well.
 */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include "db/db.h"
#include "db/decide.h"
#include "db/record.h"

#include <stdbool.h>

struct writer;

/* Told once per fact. On the writer's thread, so it must be quick and must not
 * call the writer. err is valid during the call; its text is empty on STATUS_OK. */
struct writer_done {
	void (*call)(void *ctx, enum status st, const struct err *err);
	void *ctx;
};

/* db has to be open with DB_WRITE; the writer alone uses it until writer_free.
 * STATUS_DATABASE: no room on the disk for a run; STATUS_NO_MEMORY. */
enum status writer_new(struct db *db, struct writer **out, struct err *err);
/* Stores all that waits, tells everyone, ends the thread. db stays the caller's. Where another
 * program keeps the file locked, what waits is lost after 5 to 10 s.
 * No other thread may be in a writer function. NULL is fine. */
void writer_free(struct writer *w);

/*
 * Blocks until the run is on the disk: then the first byte may go to the unit.
 * STATUS_DATABASE: it is not, and the unit must not be touched. STATUS_NO_MEMORY.
 */
enum status writer_put_run(struct writer *w, const struct record_run *run, struct err *err);

/*
 * Would a run be taken now? Blocks as writer_put_run does, stores nothing, and makes the reserve
 * (db/room.h) where there is room for it again. STATUS_DATABASE: no, and why.
 */
enum status writer_takes_runs(struct writer *w, struct err *err);

/* Blocks until the result is on the disk: then the verdict may be shown. */
enum status writer_put_result(struct writer *w, const struct record_result *result,
			      struct err *err);

/*
 * As writer_put_result, but does not wait: everything in result is copied, and done
 * is called later (done.call may be NULL). Blocks only while the queue is full.
 * On anything but STATUS_OK done will not be called.
 */
enum status writer_queue_result(struct writer *w, const struct record_result *result,
				struct writer_done done, struct err *err);

/* Any other record, as db_put() would (db/decide.h): blocks until it is on the disk. It is
 * tried also after a result was lost. */
enum status writer_put(struct writer *w, enum record_kind kind, const void *record,
		       struct err *err);

/* false once a result was lost or damage was found; then err (may be NULL) says why. */
bool writer_is_sound(struct writer *w, struct err *err);

/* true as long as results wait because another program keeps the file locked; err as above. */
bool writer_waits(struct writer *w, struct err *err);

#endif
