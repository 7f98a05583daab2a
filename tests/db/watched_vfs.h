/*
 * SQLite's own file layer with somebody watching: every write, sync, truncation, creation and
 * deletion is noted in order, with its bytes; and writes can be told to find no room.
 *
 * From the notes the files are made again as a power cut after any of them would leave them:
 * what was synced is there, of the rest as much as the caller draws. A name is in its folder for
 * sure only after the folder was synced (SQLite does that itself for a new
 * journal or log), a file's bytes only after the file was. A write is made of sectors of 512
 * bytes, each of which may be there or not.
 *
 * It is the default VFS from watched_begin() to watched_end(); one at a time. Any thread may use
 * the database meanwhile.
 */
#ifndef TESTS_DB_WATCHED_VFS_H
#define TESTS_DB_WATCHED_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct watched;

struct watched *watched_begin(void);
/* The default VFS is the system's again; the notes stay. */
void watched_end(struct watched *w);
void watched_free(struct watched *w);

/* A note of the caller's own: which promise was given at this moment. */
void watched_mark(struct watched *w, int promise);
/* Notes so far. */
size_t watched_count(struct watched *w);

/* The next writes succeed, those behind them find no room for as long as find_no_room() says
 * so. */
void watched_fill(struct watched *w, size_t writes, bool (*find_no_room)(void *ctx), void *ctx);

/* ---- what a power cut leaves ---- */

enum cut_kind {
	CUT_KEEPS_SYNCED, /* nothing but what was synced */
	CUT_KEEPS_ALL,    /* everything written: only the process died */
	CUT_KEEPS_SOME,   /* of what was not synced, as the seed draws it */
};

/* The files in folder (which is emptied of these names first) after the first `notes` notes. */
void watched_cut(struct watched *w, size_t notes, enum cut_kind kind, uint64_t seed,
		 const char *folder);
/* Was that promise given among the first `notes` notes? */
bool watched_promised(struct watched *w, size_t notes, int promise);

#endif
