/*
 * What watched_vfs.c writes down and power_cut.c reads. For these two only.
 */
#ifndef TESTS_DB_WATCHED_INSIDE_H
#define TESTS_DB_WATCHED_INSIDE_H

#include "tests/db/watched_vfs.h"

#include <pthread.h>
#include <sqlite3.h>

#define WATCHED_FILES_MAX 16

enum note_kind {
	NOTE_CREATE,
	NOTE_DELETE,
	NOTE_WRITE,
	NOTE_TRUNCATE,
	NOTE_SYNC,
	NOTE_SYNC_FOLDER,
	NOTE_PROMISE,
};

struct note {
	enum note_kind kind;
	int file; /* or the promise */
	int64_t offset;
	size_t size;
	uint8_t *bytes;
};

struct watched {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_syscall_ptr open_folder;   /* of the real one */
	pthread_mutex_t mutex;             /* protects all below */
	char names[WATCHED_FILES_MAX][64]; /* without the folder */
	int name_count;
	struct note *notes;
	size_t count, room;
	size_t writes_left; /* until there is no room */
	bool (*find_no_room)(void *ctx);
	void *ctx;
};

#endif
