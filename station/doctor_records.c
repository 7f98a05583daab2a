/* The doctor's checks of the records: database, disk, clock. */
#define _DEFAULT_SOURCE /* adjtimex */
#include "station/doctor_inside.h"

#include "engine/port_holder.h"
#include "station/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#define MB 1e6

/* ---- database ---- */

/* The folder that the database is or will be in; the nearest one that is there. */
static void database_folder(const struct doctor *d, char *folder, size_t size)
{
	snprintf(folder, size, "%s", d->machine.db);
	do {
		char *slash = strrchr(folder, '/');

		if (!slash)
			snprintf(folder, size, ".");
		else if (slash == folder)
			folder[1] = '\0';
		else
			*slash = '\0';
	} while (strcmp(folder, "/") && strcmp(folder, ".") && access(folder, F_OK) != 0);
}

static void say_writer(struct doctor *d, struct doctor_result *r)
{
	char path[DB_PATH_BYTES + 8], proc[DOCTOR_PATH_BYTES];
	struct port_holder holder;
	struct stat lock;

	snprintf(path, sizeof(path), "%s.lock", d->machine.db);
	doctor_path(d, PORTS_PROC, proc);
	if (stat(path, &lock) == 0 && port_holder_of_lock(proc, &lock, &holder))
		doctor_say(d, r, DOCTOR_OK, "", "", "a station works on it: process %ld, %s",
			   (long)holder.pid, holder.command);
}

static void say_no_database(struct doctor *d, struct doctor_result *r, const char *folder)
{
	if (access(folder, W_OK) == 0)
		doctor_say(d, r, DOCTOR_OK, d->machine.db, "",
			   "no record yet: 'flashline flash' makes the database");
	else
		doctor_say(
			d, r, DOCTOR_BAD, folder,
			"give this user the right to write there, or name another file with --db",
			"there is no database yet, and this user may not make one");
}

static void say_sound(struct doctor *d, struct doctor_result *r)
{
	const struct db_health *h = &d->health;
	char head[LEDGER_ANCHOR_BYTES] = "";

	if (h->head.seq)
		ledger_anchor_text(&h->head, head);
	doctor_say(d, r, DOCTOR_OK, d->machine.db, "",
		   "%" PRId64 " runs, %.1f MB, schema %" PRId64 ", %s", h->runs,
		   (double)h->size_bytes / MB, h->schema,
		   h->is_checked_whole ? "no page is damaged"
				       : "the newest records are sound (a station checks the rest "
					 "while it works)");
	if (head[0])
		doctor_say(d, r, DOCTOR_OK, "", "", "ledger head %s", head);
	doctor_say(d, r, DOCTOR_OK, "", "", "when it was last backed up is not recorded");
}

void doctor_check_database(struct doctor *d, struct doctor_result *r)
{
	const struct db_health *h = &d->health;
	char folder[DB_PATH_BYTES];

	database_folder(d, folder, sizeof(folder));
	if (d->health_err.status) {
		doctor_say(d, r, DOCTOR_BAD, d->machine.db,
			   "if it is damaged, docs/durability.md says how a backup is brought "
			   "back; else name another file with --db",
			   "%s", d->health_err.text);
		return;
	}
	if (!h->is_there || h->schema == 0) {
		say_no_database(d, r, folder);
		return;
	}
	say_sound(d, r);
	if (h->schema < h->newest)
		doctor_say(d, r, DOCTOR_NOTE, "", "'flashline backup FILE' first, if it matters",
			   "schema %" PRId64 ": the next 'flashline flash' brings it to %" PRId64,
			   h->schema, h->newest);
	if (h->other_host[0])
		doctor_say(d, r, DOCTOR_NOTE, "",
			   "to go on with it here: flashline ledger new-chain --operator NAME "
			   "--reason TEXT",
			   "these records were begun on another computer, %s", h->other_host);
	if (access(d->machine.db, W_OK) != 0 || access(folder, W_OK) != 0)
		doctor_say(d, r, DOCTOR_BAD, folder,
			   "give this user the right to write the file and its folder, or name "
			   "another "
			   "file with --db",
			   "this user may read these records, not add to them");
	say_writer(d, r);
}

/* ---- disk ---- */

static const struct {
	const char *type; /* as mountinfo has it; with a '*' at its end, all that begin so */
	enum doctor_verdict verdict;
	const char *what, *todo;
} disks[] = {
#define NETWORK                                                                                    \
	DOCTOR_BAD, "is a network file system: its locks do not keep two stations apart",          \
		"put the database on a local disk, name it with --db; a backup may go there"
	{ "nfs*", NETWORK },
	{ "cifs", NETWORK },
	{ "smb*", NETWORK },
	{ "9p", NETWORK },
	{ "ceph", NETWORK },
	{ "afs", NETWORK },
	{ "lustre", NETWORK },
	{ "fuse.sshfs", NETWORK },
	{ "fuse.glusterfs", NETWORK },
	{ "tmpfs", DOCTOR_BAD, "is memory: the records are gone when the computer stops",
	  "put the database on a disk, name it with --db" },
	{ "ramfs", DOCTOR_BAD, "is memory: the records are gone when the computer stops",
	  "put the database on a disk, name it with --db" },
	{ "overlay", DOCTOR_NOTE, "is a container's own layer: the records go with the container",
	  "put the database on a volume of the host, name it with --db" },
	{ "vfat", DOCTOR_NOTE, "has no journal: a power cut can damage the file",
	  "put the database on ext4, xfs or btrfs" },
	{ "exfat", DOCTOR_NOTE, "has no journal: a power cut can damage the file",
	  "put the database on ext4, xfs or btrfs" },
	{ "fuse*", DOCTOR_NOTE,
	  "is a file system of another program: whether it keeps what was written "
	  "is not known",
	  "put the database on ext4, xfs or btrfs" },
};

/* "\040" is a blank: proc(5), mountinfo. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool is_below(const char *path, const char *mount)
{
	size_t length = strlen(mount);

	return strcmp(mount, "/") == 0 ||
	       (strncmp(path, mount, length) == 0 && (path[length] == '/' || !path[length]));
}

/* The kind of file system that a folder is on: the last of the longest that hold it. */
static bool disk_kind(const struct doctor *d, const char *folder, char *type, size_t size)
{
	char path[DOCTOR_PATH_BYTES], line[4096], *real = realpath(folder, NULL);
	size_t longest = 0;
	bool is_known = false;
	FILE *file;

	doctor_path(d, "/proc/self/mountinfo", path);
	file = real ? fopen(path, "re") : NULL;
	while (file && fgets(line, sizeof(line), file)) {
		char *fields[5], *rest = NULL, *kind = strstr(line, " - ");
		size_t count = 0;

		if (!kind)
			continue;
		kind[0] = '\0';
		kind += 3;
		kind[strcspn(kind, " \n")] = '\0';
		while (count < 5 && (fields[count] = strtok_r(count ? NULL : line, " ", &rest)))
			count++;
		if (count < 5)
			continue;
		unescape(fields[4]);
		if (!is_below(real, fields[4]) || strlen(fields[4]) < longest)
			continue;
		longest = strlen(fields[4]);
		snprintf(type, size, "%s", kind);
		is_known = true;
	}
	if (file)
		fclose(file);
	free(real);
	return is_known;
}

static bool is_kind(const char *type, const char *row)
{
	size_t length = strlen(row);

	if (length && row[length - 1] == '*')
		return strncmp(type, row, length - 1) == 0;
	return strcmp(type, row) == 0;
}

static void judge_kind(struct doctor *d, struct doctor_result *r, const char *folder)
{
	char type[64];

	if (!disk_kind(d, folder, type, sizeof(type))) {
		doctor_say(d, r, DOCTOR_OK, folder, "", "which file system it is on is not known");
		return;
	}
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		if (!is_kind(type, disks[i].type))
			continue;
		doctor_say(d, r, disks[i].verdict, folder, disks[i].todo, "%s %s", type,
			   disks[i].what);
		return;
	}
	doctor_say(d, r, DOCTOR_OK, folder, "", "a local file system, %s", type);
}

/* Where it gets close: ten times what a start asks for. */
#define ROOM_TIMES 10

void doctor_check_disk(struct doctor *d, struct doctor_result *r)
{
	const double needed = (double)db_room_needed(d->machine.db);
	double free_bytes = (double)d->machine.free_bytes;
	char folder[DB_PATH_BYTES];
	struct statvfs disk;

	if (!d->machine.db[0]) {
		doctor_say(d, r, DOCTOR_NOTE, "", "", "not known, as there is no database");
		return;
	}
	database_folder(d, folder, sizeof(folder));
	judge_kind(d, r, folder);
	if (d->machine.free_bytes == DOCTOR_ASK) {
		if (statvfs(folder, &disk)) {
			doctor_say(d, r, DOCTOR_NOTE, folder, "",
				   "its disk cannot be asked for room");
			return;
		}
		free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
	}
	if (free_bytes < needed)
		doctor_say(d, r, DOCTOR_BAD, folder, "make room there",
			   "%.1f MB free; without %.1f MB no run is started", free_bytes / MB,
			   needed / MB);
	else if (free_bytes < ROOM_TIMES * needed)
		doctor_say(d, r, DOCTOR_NOTE, folder, "make room there soon",
			   "%.1f MB free; below %.1f MB no run is started", free_bytes / MB,
			   needed / MB);
	else
		doctor_say(d, r, DOCTOR_OK, folder, "", "%.1f GB free", free_bytes / 1e9);
}

/* ---- clock ---- */

/* Microseconds of error beyond which the kernel's clock does not count as kept, as systemd has it:
 * timedatectl(1). */
#define CLOCK_ERROR_US 16000000

/* 1 yes, 0 no, DOCTOR_ASK: not to be learnt. */
static int is_clock_kept(void)
{
	struct timex state = { .modes = 0 };

	if (adjtimex(&state) < 0)
		return DOCTOR_ASK;
	return state.maxerror < CLOCK_ERROR_US && !(state.status & STA_UNSYNC);
}

static const char *time_server(const struct doctor *d)
{
	static const char *const servers[] = { "systemd-timesyncd", "chronyd", "ntpd", "openntpd" };

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		if (doctor_process(d, servers[i]))
			return servers[i];
	}
	return NULL;
}

static void judge_keeper(struct doctor *d, struct doctor_result *r)
{
	int kept = d->machine.is_clock_kept;
	const char *server = time_server(d);

	if (kept == DOCTOR_ASK)
		kept = is_clock_kept();
	if (kept == 1)
		doctor_say(d, r, DOCTOR_OK, "", "", "the clock is kept by a time server%s%s",
			   server ? ", through " : "", server ? server : "");
	else if (doctor_has(d, "/run/systemd/timesync/synchronized"))
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "the clock was set by a time server since the start");
	else if (kept == DOCTOR_ASK)
		doctor_say(d, r, DOCTOR_NOTE, "", "see timedatectl on the host",
			   "whether a time server keeps the clock is not known: the kernel does "
			   "not say "
			   "it here");
	else if (server)
		doctor_say(d, r, DOCTOR_NOTE, "", "can it reach its time servers? See timedatectl",
			   "%s runs, but the clock is not kept by it yet", server);
	else
		doctor_say(d, r, DOCTOR_NOTE, "",
			   "sudo apt install systemd-timesyncd (or chrony), with a server of the "
			   "plant "
			   "where there is no internet",
			   "no time server keeps the clock: times in the records are as good as it "
			   "is");
}

void doctor_check_clock(struct doctor *d, struct doctor_result *r)
{
	int64_t behind_ms = d->health.last_utc_ms - d->machine.now_utc_ms;
	char now[UTC_TEXT_BYTES], last[UTC_TEXT_BYTES];

	utc_text(d->machine.now_utc_ms, now);
	utc_text(d->health.last_utc_ms, last);
	if (!d->health_err.status && d->health.last_utc_ms && behind_ms > 0)
		doctor_say(d, r, DOCTOR_BAD, "",
			   "set the clock: timedatectl set-time, or a time server",
			   "it is %s here, and the newest record was made at %s", now, last);
	else
		doctor_say(d, r, DOCTOR_OK, "", "", "it is %s%s%s", now,
			   d->health.last_utc_ms ? ", after the newest record of " : "",
			   d->health.last_utc_ms ? last : "");
	judge_keeper(d, r);
}
