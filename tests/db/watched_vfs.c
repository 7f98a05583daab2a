#include "tests/db/watched_inside.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR_BYTES 512

struct watched_file {
	sqlite3_file base;
	struct watched *w;
	int file;
	sqlite3_file *real; /* behind this struct */
};

/* SQLite's system calls have no context. */
static struct watched *the_watched;

/* ---- notes ---- */

static void take_note(struct watched *w, struct note note, const void *bytes)
{
	pthread_mutex_lock(&w->mutex);
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 1024;
		w->notes = realloc(w->notes, w->room * sizeof(w->notes[0]));
		assert(w->notes);
	}
	if (bytes) {
		note.bytes = malloc(note.size);
		assert(note.bytes);
		memcpy(note.bytes, bytes, note.size);
	}
	w->notes[w->count++] = note;
	pthread_mutex_unlock(&w->mutex);
}

static int file_number(struct watched *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int file;

	pthread_mutex_lock(&w->mutex);
	for (file = 0; file < w->name_count && strcmp(w->names[file], name) != 0; file++)
		;
	if (file == w->name_count) {
		assert(file < WATCHED_FILES_MAX);
		snprintf(w->names[w->name_count++], sizeof(w->names[0]), "%s", name);
	}
	pthread_mutex_unlock(&w->mutex);
	return file;
}

void watched_mark(struct watched *w, int promise)
{
	take_note(w, (struct note){ .kind = NOTE_PROMISE, .file = promise }, NULL);
}

size_t watched_count(struct watched *w)
{
	pthread_mutex_lock(&w->mutex);
	size_t count = w->count;
	pthread_mutex_unlock(&w->mutex);
	return count;
}

static bool finds_room(struct watched *w)
{
	pthread_mutex_lock(&w->mutex);
	bool has_room = !w->find_no_room || w->writes_left > 0;
	if (has_room && w->find_no_room)
		w->writes_left--;
	if (!has_room)
		has_room = !w->find_no_room(w->ctx);
	pthread_mutex_unlock(&w->mutex);
	return has_room;
}

void watched_fill(struct watched *w, size_t writes, bool (*find_no_room)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&w->mutex);
	w->writes_left = writes;
	w->find_no_room = find_no_room;
	w->ctx = ctx;
	pthread_mutex_unlock(&w->mutex);
}

/* ---- files: all goes through to the real one ---- */

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct watched_file *)f)->real;
}

static int file_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_read(sqlite3_file *f, void *bytes, int size, sqlite3_int64 at)
{
	return real_of(f)->pMethods->xRead(real_of(f), bytes, size, at);
}

static int file_write(sqlite3_file *f, const void *bytes, int size, sqlite3_int64 at)
{
	struct watched_file *file = (struct watched_file *)f;
	struct note note = {
		.kind = NOTE_WRITE, .file = file->file, .offset = at, .size = (size_t)size
	};

	if (!finds_room(file->w))
		return SQLITE_FULL;
	take_note(file->w, note, bytes);
	return file->real->pMethods->xWrite(file->real, bytes, size, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct watched_file *file = (struct watched_file *)f;

	take_note(file->w,
		  (struct note){ .kind = NOTE_TRUNCATE, .file = file->file, .offset = size }, NULL);
	return file->real->pMethods->xTruncate(file->real, size);
}

static int file_sync(sqlite3_file *f, int flags)
{
	struct watched_file *file = (struct watched_file *)f;
	int rc = file->real->pMethods->xSync(file->real, flags);

	take_note(file->w, (struct note){ .kind = NOTE_SYNC, .file = file->file }, NULL);
	return rc;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int file_lock(sqlite3_file *f, int kind)
{
	return real_of(f)->pMethods->xLock(real_of(f), kind);
}

static int file_unlock(sqlite3_file *f, int kind)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), kind);
}

static int file_is_reserved(sqlite3_file *f, int *answer)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), answer);
}

static int file_control(sqlite3_file *f, int what, void *value)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), what, value);
}

static int file_sector_size(sqlite3_file *f)
{
	(void)f;
	return SECTOR_BYTES;
}

/* No promises: a sector may be torn off a write, and an order is nobody's. */
static int file_characteristics(sqlite3_file *f)
{
	(void)f;
	return 0;
}

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **map)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, map);
}

static int file_shm_lock(sqlite3_file *f, int offset, int count, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int file_shm_unmap(sqlite3_file *f, int is_delete)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), is_delete);
}

static const sqlite3_io_methods file_methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_is_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *flags_out)
{
	struct watched *w = vfs->pAppData;
	struct watched_file *file = (struct watched_file *)f;
	bool is_new = path && (flags & SQLITE_OPEN_CREATE) && access(path, F_OK) != 0;

	*file = (struct watched_file){ .w = w, .real = (sqlite3_file *)(file + 1) };
	int rc = w->real->xOpen(w->real, path, file->real, flags, flags_out);
	if (rc != SQLITE_OK)
		return rc;
	file->file = file_number(w, path ? path : "(temporary)");
	file->base.pMethods = &file_methods;
	if (is_new)
		take_note(w, (struct note){ .kind = NOTE_CREATE, .file = file->file }, NULL);
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder)
{
	struct watched *w = vfs->pAppData;

	take_note(w, (struct note){ .kind = NOTE_DELETE, .file = file_number(w, path) }, NULL);
	return w->real->xDelete(w->real, path, sync_folder);
}

static int open_folder(const char *path, int *fd)
{
	int (*real)(const char *, int *) = (int (*)(const char *, int *))the_watched->open_folder;

	/* SQLite opens a folder for one thing only: to sync it. */
	take_note(the_watched, (struct note){ .kind = NOTE_SYNC_FOLDER }, NULL);
	return real(path, fd);
}

struct watched *watched_begin(void)
{
	struct watched *w = calloc(1, sizeof(*w));

	assert(w);
	w->real = sqlite3_vfs_find("unix");
	w->vfs = *w->real;
	w->vfs.zName = "watched";
	w->vfs.szOsFile = (int)sizeof(struct watched_file) + w->real->szOsFile;
	w->vfs.pAppData = w;
	w->vfs.pNext = NULL;
	w->vfs.xOpen = vfs_open;
	w->vfs.xDelete = vfs_delete;
	pthread_mutex_init(&w->mutex, NULL);
	the_watched = w;
	w->open_folder = w->real->xGetSystemCall(w->real, "openDirectory");
	w->real->xSetSystemCall(w->real, "openDirectory", (sqlite3_syscall_ptr)open_folder);
	sqlite3_vfs_register(&w->vfs, 1);
	return w;
}

void watched_end(struct watched *w)
{
	sqlite3_vfs_unregister(&w->vfs);
	sqlite3_vfs_register(w->real, 1);
	w->real->xSetSystemCall(w->real, "openDirectory", w->open_folder);
	the_watched = NULL;
}

void watched_free(struct watched *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->notes[i].bytes);
	free(w->notes);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}
