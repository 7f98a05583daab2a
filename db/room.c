#include "db/room.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MB 1e6

static void reserve_path(const struct db *db, char path[static DB_PATH_BYTES + 16])
{
	snprintf(path, DB_PATH_BYTES + 16, "%s.reserve", db->path);
}

static bool has_reserve(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
	       info.st_size >= ROOM_RESERVE_BYTES;
}

static int64_t size_of(const char *db_path, const char *end)
{
	char path[DB_PATH_BYTES + 16];
	struct stat info;

	snprintf(path, sizeof(path), "%s%s", db_path, end);
	return stat(path, &info) == 0 ? info.st_size : 0;
}

/* A limit of the shell or the service (ulimit -f) holds for the database and for its
 * write-ahead log, whatever the disk has. */
static enum status check_file_limit(const struct db *db, struct err *err)
{
	int64_t size = size_of(db->path, ""), log_size = size_of(db->path, "-wal");
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return STATUS_OK;
	if (size < log_size)
		size = log_size;
	if ((uint64_t)(size + ROOM_FREE_BYTES) <= (uint64_t)limit.rlim_cur)
		return STATUS_OK;
	return err_set(err, STATUS_DATABASE,
		       "%s: no room for a new run: it has %.1f MB, may grow to %.1f MB (ulimit "
		       "-f), and %.1f MB have to be free: raise that limit, then start again",
		       db->path, (double)size / MB, (double)limit.rlim_cur / MB,
		       (double)ROOM_FREE_BYTES / MB);
}

static enum status check_free(const struct db *db, int64_t needed, struct err *err)
{
	struct statvfs disk;

	if (statvfs(db->path, &disk))
		return err_set(err, STATUS_DATABASE, "%s: its disk cannot be asked for room (%s)",
			       db->path, strerror(errno));
	double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
	if (free_bytes >= (double)needed)
		return STATUS_OK;
	return err_set(err, STATUS_DATABASE,
		       "%s: no room for a new run: its disk has %.1f MB free, and %.1f MB have to "
		       "be: make room there; runs that have begun are still stored",
		       db->path, free_bytes / MB, (double)needed / MB);
}

static enum status make_reserve(const struct db *db, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int failed = fd < 0 ? errno : posix_fallocate(fd, 0, ROOM_RESERVE_BYTES);

	if (fd >= 0)
		close(fd);
	if (!failed)
		return STATUS_OK;
	unlink(path);
	return err_set(err, STATUS_DATABASE,
		       "%s: no room for a new run: %s, which keeps %.1f MB free for the results of "
		       "open runs, cannot be made (%s): %s",
		       db->path, path, (double)ROOM_RESERVE_BYTES / MB, strerror(failed),
		       fd < 0 && failed != ENOSPC
			       ? "move away what stands there, check the rights of its folder"
			       : "make room there");
}

enum status room_for_run(struct db *db, struct err *err)
{
	char path[DB_PATH_BYTES + 16];
	bool is_there;

	reserve_path(db, path);
	is_there = has_reserve(path);
	TRY(check_file_limit(db, err));
	TRY(check_free(db, ROOM_FREE_BYTES + (is_there ? 0 : ROOM_RESERVE_BYTES), err));
	return is_there ? STATUS_OK : make_reserve(db, path, err);
}

bool room_give_back(struct db *db)
{
	char path[DB_PATH_BYTES + 16];

	reserve_path(db, path);
	if (!has_reserve(path) || unlink(path))
		return false;
	/* Some file systems hand the room out only after they have written down that it is free. */
	int folder = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0) {
		fsync(folder);
		close(folder);
	}
	return true;
}

void room_leave(struct db *db)
{
	char path[DB_PATH_BYTES + 16];

	reserve_path(db, path);
	unlink(path);
}
