/* major() and minor() are Linux's, not POSIX'. */
#define _DEFAULT_SOURCE
#include "engine/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PATH_BYTES 512

static bool is_all_digits(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

/* Only links into /dev are followed: a stat of somebody's network file can hang. */
static bool read_device(int dir, const char *name, dev_t *device)
{
	char target[PATH_BYTES];
	struct stat st;
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	if (n <= 5 || memcmp(target, "/dev/", 5) != 0 || fstatat(dir, name, &st, 0) != 0 ||
	    !S_ISCHR(st.st_mode))
		return false;
	*device = st.st_rdev;
	return true;
}

static DIR *open_dir_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static void read_command(int process, char *command, size_t size)
{
	int fd = openat(process, "cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, command, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		n = 0;
	while (n > 0 && command[n - 1] == '\0')
		n--;
	for (ssize_t i = 0; i < n; i++) {
		if (!isprint((unsigned char)command[i]))
			command[i] = ' ';
	}
	command[n] = '\0';
}

/* Another process before this one. */
static void note_holder(struct port_held *held, pid_t pid, int process)
{
	if (held->holder.pid && (held->holder.pid != getpid() || pid == getpid()))
		return;
	held->holder.pid = pid;
	read_command(process, held->holder.command, sizeof(held->holder.command));
}

static void look_into(int process, pid_t pid, struct port_held *devices, size_t count)
{
	DIR *d = open_dir_at(process, "fd");

	if (!d)
		return;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		dev_t device;

		if (!is_all_digits(e->d_name) || !read_device(dirfd(d), e->d_name, &device))
			continue;
		for (size_t i = 0; i < count; i++) {
			if (devices[i].device == device)
				note_holder(&devices[i], pid, process);
		}
	}
	closedir(d);
}

void port_holders_find(const char *proc, struct port_held *devices, size_t count)
{
	DIR *d = open_dir_at(AT_FDCWD, proc);

	for (size_t i = 0; i < count; i++)
		devices[i].holder = (struct port_holder){ .pid = 0 };
	if (!d)
		return;
	for (struct dirent *e = readdir(d); e; e = readdir(d)) {
		int process = -1;

		if (is_all_digits(e->d_name))
			process = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		look_into(process, (pid_t)strtol(e->d_name, NULL, 10), devices, count);
		close(process);
	}
	closedir(d);
}

bool port_holder_find(const char *proc, const struct stat *node, struct port_holder *holder)
{
	struct port_held held = { .device = node->st_rdev };

	port_holders_find(proc, &held, 1);
	*holder = held.holder;
	return holder->pid != 0;
}

/* "3: FLOCK  ADVISORY  WRITE 1234 00:05:678 0 EOF" */
enum lock_field { LOCK_KIND = 1, LOCK_PID = 4, LOCK_FILE = 5, LOCK_FIELDS };

/* The process, if the line is about a flock on the node; else 0. Cuts the line up. */
static pid_t holder_of_line(char *line, const struct stat *node)
{
	char *fields[LOCK_FIELDS], *rest = NULL, *at;
	unsigned long fs_major, fs_minor;

	for (size_t i = 0; i < LOCK_FIELDS; i++) {
		fields[i] = strtok_r(i ? NULL : line, " \n", &rest);
		if (!fields[i])
			return 0;
	}
	if (strcmp(fields[LOCK_KIND], "FLOCK") != 0)
		return 0;
	fs_major = strtoul(fields[LOCK_FILE], &at, 16);
	if (*at != ':')
		return 0;
	fs_minor = strtoul(at + 1, &at, 16);
	if (*at != ':' || fs_major != major(node->st_dev) || fs_minor != minor(node->st_dev) ||
	    strtoul(at + 1, NULL, 10) != node->st_ino)
		return 0;
	return (pid_t)strtol(fields[LOCK_PID], NULL, 10);
}

bool port_holder_of_lock(const char *proc, const struct stat *node, struct port_holder *holder)
{
	char path[PATH_BYTES], line[256];
	FILE *locks;
	int process;

	*holder = (struct port_holder){ .pid = 0 };
	snprintf(path, sizeof(path), "%s/locks", proc);
	locks = fopen(path, "re");
	if (!locks)
		return false;
	while (!holder->pid && fgets(line, sizeof(line), locks))
		holder->pid = holder_of_line(line, node);
	fclose(locks);
	if (!holder->pid)
		return false;
	snprintf(path, sizeof(path), "%s/%d", proc, (int)holder->pid);
	process = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (process >= 0) {
		read_command(process, holder->command, sizeof(holder->command));
		close(process);
	}
	return true;
}
