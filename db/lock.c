#define _DEFAULT_SOURCE /* flock */
#include "db/lock.h"

#include "db/db.h"
#include "engine/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* How often whoever waits looks again: our choice. */
#define AGAIN_MS 20

static enum status held_by_other(const char *db_path, int fd, struct err *err)
{
	char pid[24];
	ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

	pid[len > 0 ? len : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	return err_set(err, STATUS_DATABASE,
		       "%s: process %s is writing to it: wait until it ends, or name another file "
		       "with --db",
		       db_path, pid[0] ? pid : "(unknown)");
}

void lock_note_read(int fd, char note[static LOCK_NOTE_BYTES])
{
	char text[24 + LOCK_NOTE_BYTES];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	char *line = strchr(text, '\n');
	if (line)
		line[1 + strcspn(line + 1, "\n")] = '\0';
	snprintf(note, LOCK_NOTE_BYTES, "%.*s", LOCK_NOTE_BYTES - 1, line ? line + 1 : "");
}

/* Best effort: the lock holds without it, and a full disk shows soon enough. */
void lock_note_write(int fd, const char *note)
{
	char text[24 + LOCK_NOTE_BYTES];
	int len = snprintf(text, sizeof(text), "%ld\n%.*s%s", (long)getpid(), LOCK_NOTE_BYTES - 1,
			   note, note[0] ? "\n" : "");

	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, text, (size_t)len, 0);
}

/* flock, until the deadline; -1 with errno. */
static int lock_until(int fd, struct deadline deadline)
{
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK || deadline_passed(deadline))
			return -1;
		clock_sleep_ms(&clock_monotonic, AGAIN_MS);
	}
	return 0;
}

bool lock_is_held(const char *db_path)
{
	char path[DB_PATH_BYTES + 8];

	snprintf(path, sizeof(path), "%s.lock", db_path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno != ENOENT;
	const bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0;
	close(fd);
	return is_held;
}

enum status lock_take(const char *db_path, int *fd, struct err *err)
{
	return lock_wait(db_path, 0, fd, err);
}

enum status lock_wait(const char *db_path, int wait_ms, int *fd, struct err *err)
{
	char path[DB_PATH_BYTES + 8], note[LOCK_NOTE_BYTES];

	*fd = -1;
	snprintf(path, sizeof(path), "%s.lock", db_path);
	int lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (lock_fd < 0)
		return err_set(err, STATUS_DATABASE,
			       "%s: cannot be made (%s): check the rights of the folder, or name "
			       "another file with --db",
			       path, strerror(errno));
	if (lock_until(lock_fd, deadline_after_ms(&clock_monotonic, (uint64_t)wait_ms))) {
		enum status st = errno == EWOULDBLOCK ? held_by_other(db_path, lock_fd, err)
						      : err_set(err, STATUS_DATABASE,
								"%s: cannot be locked (%s)", path,
								strerror(errno));
		close(lock_fd);
		return st;
	}
	lock_note_read(lock_fd, note);
	lock_note_write(lock_fd, note);
	*fd = lock_fd;
	return STATUS_OK;
}
