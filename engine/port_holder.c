#include "engine/port_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 512

static bool is_all_digits(const char *name)
{
	return *name && name[strspn(name, "0123456789")] == '\0';
}

/* Only links into /dev are followed: a stat of somebody's network file can hang. */
static bool is_device(int dir, const char *name, dev_t device)
{
	char target[PATH_BYTES];
	struct stat st;
	ssize_t n = readlinkat(dir, name, target, sizeof(target));

	return n > 5 && memcmp(target, "/dev/", 5) == 0 && fstatat(dir, name, &st, 0) == 0 &&
	       S_ISCHR(st.st_mode) && st.st_rdev == device;
}

static DIR *open_dir_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool has_open(int process, dev_t device)
{
	DIR *d = open_dir_at(process, "fd");
	bool found = false;

	if (!d)
		return false;
	for (struct dirent *e = readdir(d); e && !found; e = readdir(d))
		found = is_all_digits(e->d_name) && is_device(dirfd(d), e->d_name, device);
	closedir(d);
	return found;
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

bool port_holder_find(const char *proc, dev_t device, struct port_holder *holder)
{
	int root = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = root < 0 ? NULL : fdopendir(root);
	bool is_other = false;

	*holder = (struct port_holder){ .pid = 0 };
	if (!d) {
		if (root >= 0)
			close(root);
		return false;
	}
	for (struct dirent *e = readdir(d); e && !is_other; e = readdir(d)) {
		int process = -1;

		if (is_all_digits(e->d_name))
			process = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		if (has_open(process, device)) {
			holder->pid = (pid_t)strtol(e->d_name, NULL, 10);
			read_command(process, holder->command, sizeof(holder->command));
			is_other = holder->pid != getpid();
		}
		close(process);
	}
	closedir(d);
	return holder->pid != 0;
}
