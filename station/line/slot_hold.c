#define _GNU_SOURCE /* SO_PEERCRED */
#include "station/line/slot_hold.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX "flashline-slot/"
#define ALL "all"
/* Whoever asks who it is waits in this queue, and is never let in. */
#define QUEUE 64

struct slot_hold {
	char bench[64]; /* which sysfs: "flashline-slot/15-4711/" */
	size_t count;
	int fds[STATION_SLOTS_MAX + 1];
};

/* ---- names ---- */

/* A place may be longer than a socket's name. */
static void name_of_place(const char *place, char name[static 20])
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *c = place; *c; c++)
		hash = (hash ^ (unsigned char)*c) * UINT64_C(1099511628211);
	snprintf(name, 20, "%016" PRIx64, hash);
}

static socklen_t address(const struct slot_hold *h, const char *name, struct sockaddr_un *to)
{
	int length;

	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* The first byte stays 0: it is no file. */
	length = snprintf(to->sun_path + 1, sizeof(to->sun_path) - 1, "%s%s", h->bench, name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* 0: nobody; -1: somebody, who does not tell. */
static long holder(const struct slot_hold *h, const char *name)
{
	struct ucred who = { .pid = 0 };
	socklen_t size = sizeof(who);
	struct sockaddr_un to;
	const socklen_t length = address(h, name, &to);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	long pid = -1;

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&to, length) == 0) {
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid)
			pid = who.pid;
	} else if (errno == ECONNREFUSED) {
		pid = 0;
	}
	close(fd);
	return pid;
}

static enum status refused(const struct slot_hold *h, const char *what, const char *name,
			   struct err *err)
{
	const long pid = holder(h, name);
	char process[40] = "";

	if (pid > 0)
		snprintf(process, sizeof(process), " (process %ld)", pid);
	return err_set(err, STATUS_FILE,
		       "%s: another line%s works there already, and each unit would be flashed "
		       "twice: end that one, or give each line slots of its own",
		       what, process);
}

/* ---- taking ---- */

static enum status take(struct slot_hold *h, const char *name, const char *what, struct err *err)
{
	struct sockaddr_un own;
	const socklen_t length = address(h, name, &own);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(err, STATUS_NO_MEMORY, "no descriptor to hold the slots");
	h->fds[h->count++] = fd;
	if (bind(fd, (struct sockaddr *)&own, length) != 0)
		return refused(h, what, name, err);
	/* Fails for want of memory alone: then nobody is told which process it is. */
	(void)!listen(fd, QUEUE);
	return STATUS_OK;
}

/* The kernel's list of sockets: abstract ones begin with '@'. false: there is none of this sysfs.
 */
static bool find_other(const struct slot_hold *h, char name[static 20])
{
	char line[512], wanted[sizeof(h->bench) + 1];
	FILE *list = fopen("/proc/net/unix", "re");
	bool is_found = false;

	if (!list)
		return false;
	snprintf(wanted, sizeof(wanted), "@%s", h->bench);
	while (!is_found && fgets(line, sizeof(line), list)) {
		const char *at = strstr(line, wanted);

		is_found = at && sscanf(at + strlen(wanted), "%19s", name) == 1 &&
			   strcmp(name, ALL) != 0;
	}
	fclose(list);
	return is_found;
}

/* ALL is held first and looked for last, so that of two that begin at once one is refused. */
static enum status take_every_port(struct slot_hold *h, struct err *err)
{
	char other[20];

	TRY(take(h, ALL, "--all", err));
	return find_other(h, other) ? refused(h, "--all", other, err) : STATUS_OK;
}

static enum status take_slots(struct slot_hold *h, const struct station_slot *slots, size_t count,
			      struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		char name[20], what[240];

		if (!slots[i].is_used)
			continue;
		name_of_place(slots[i].at, name);
		snprintf(what, sizeof(what), "slot %u, %s", slots[i].number, slots[i].at);
		TRY(take(h, name, what, err));
	}
	return holder(h, ALL) ? refused(h, "the slots", ALL, err) : STATUS_OK;
}

enum status slot_hold_take(const char *sysfs_tty, const struct station_slot *slots, size_t count,
			   bool takes_all, struct slot_hold **out, struct err *err)
{
	struct slot_hold *h = calloc(1, sizeof(*h));
	struct stat folder = { .st_ino = 0 };
	enum status st;

	*out = NULL;
	if (!h)
		return err_set(err, STATUS_NO_MEMORY, "no memory to hold the slots");
	/* A folder that is not there has no ports either. */
	(void)!stat(sysfs_tty, &folder);
	snprintf(h->bench, sizeof(h->bench), PREFIX "%" PRIu64 "-%" PRIu64 "/",
		 (uint64_t)folder.st_dev, (uint64_t)folder.st_ino);
	st = takes_all ? take_every_port(h, err) : take_slots(h, slots, count, err);
	if (st)
		slot_hold_free(h);
	else
		*out = h;
	return st;
}

void slot_hold_free(struct slot_hold *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++)
		close(h->fds[i]);
	free(h);
}
