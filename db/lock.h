/*
 * The one-writer rule: a locked file beside the database. Internal to db/.
 *
 * The lock is the kernel's (flock), so it ends with the process that holds it,
 * however that dies; the text in the file only tells people which one it is.
 * The file itself stays: removing it would let two writers lock two files.
 */
#ifndef DB_LOCK_H
#define DB_LOCK_H

#include "engine/base/err.h"

#include <stdbool.h>

/* *fd is to be closed to give the lock back. STATUS_DATABASE: held by another
 * process, which is named, or the lock file cannot be made. Never waits. */
enum status lock_take(const char *db_path, int *fd, struct err *err);
/* The same, but a holder has wait_ms to end. */
enum status lock_wait(const char *db_path, int wait_ms, int *fd, struct err *err);

/* Does a process hold it now? Also true when that cannot be told. It is taken, shared, for a
 * moment, which is less than any writer waits. */
bool lock_is_held(const char *db_path);

/*
 * A line that one holder leaves for the next, behind the process number; "" when nobody did. It
 * is a hint and no record: it may be lost, or be older than the database, or newer than one
 * that was brought back.
 */
#define LOCK_NOTE_BYTES 160
void lock_note_read(int fd, char note[static LOCK_NOTE_BYTES]);
void lock_note_write(int fd, const char *note);

#endif
