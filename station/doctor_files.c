#include "station/doctor_inside.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Linux cuts a process's name to so many letters: proc(5), comm. */
#define COMM_LETTERS 15
#define RULE_FILES_MAX 512

void doctor_path(const struct doctor *d, const char *path, char full[static DOCTOR_PATH_BYTES])
{
	snprintf(full, DOCTOR_PATH_BYTES, "%.400s%.700s", d->machine.root, path);
}

bool doctor_has(const struct doctor *d, const char *path)
{
	char full[DOCTOR_PATH_BYTES];

	doctor_path(d, path, full);
	return access(full, F_OK) == 0;
}

bool doctor_read(const struct doctor *d, const char *path, char *text, size_t size)
{
	char full[DOCTOR_PATH_BYTES];
	size_t length = 0;
	FILE *file;

	doctor_path(d, path, full);
	file = fopen(full, "re");
	text[0] = '\0';
	if (!file)
		return false;
	length = fread(text, 1, size - 1, file);
	fclose(file);
	text[length] = '\0';
	return true;
}

pid_t doctor_process(const struct doctor *d, const char *comm)
{
	char path[DOCTOR_PATH_BYTES], name[32];
	struct dirent *entry;
	pid_t found = 0;
	DIR *dir;

	doctor_path(d, "/proc", path);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!found && (entry = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		doctor_read(d, path, name, sizeof(name));
		name[strcspn(name, "\n")] = '\0';
		if (name[0] && strncmp(name, comm, COMM_LETTERS) == 0)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(dir);
	return found;
}

/* ---- users and groups ---- */

/* The line of passwd or group whose field (from 0) is value, cut up at the colons. */
static bool find_line(const struct doctor *d, const char *path, unsigned field, const char *value,
		      char *line, size_t size, char *fields[4])
{
	char full[DOCTOR_PATH_BYTES];
	bool is_found = false;
	FILE *file;

	doctor_path(d, path, full);
	file = fopen(full, "re");
	if (!file)
		return false;
	while (!is_found && fgets(line, (int)size, file)) {
		char *at = line;
		unsigned count = 0;

		line[strcspn(line, "\n")] = '\0';
		while (count < 4 && at) {
			fields[count++] = at;
			at = strchr(at, ':');
			if (at)
				*at++ = '\0';
		}
		is_found = count == 4 && strcmp(fields[field], value) == 0;
	}
	fclose(file);
	return is_found;
}

void doctor_group_name(const struct doctor *d, gid_t gid, char *name, size_t size)
{
	char line[4096], number[24], *fields[4];

	snprintf(number, sizeof(number), "%lu", (unsigned long)gid);
	if (find_line(d, "/etc/group", 2, number, line, sizeof(line), fields))
		snprintf(name, size, "%s", fields[0]);
	else
		snprintf(name, size, "%s", number);
}

bool doctor_is_member(const struct doctor *d, uid_t uid, const char *group, char *name,
		      size_t name_size)
{
	char line[4096], number[24], *fields[4], *rest = NULL, primary[24];

	snprintf(number, sizeof(number), "%lu", (unsigned long)uid);
	snprintf(name, name_size, "%s", number);
	if (!find_line(d, "/etc/passwd", 2, number, line, sizeof(line), fields))
		return false;
	snprintf(name, name_size, "%s", fields[0]);
	snprintf(primary, sizeof(primary), "%.*s", (int)strcspn(fields[3], ":"), fields[3]);
	if (!find_line(d, "/etc/group", 0, group, line, sizeof(line), fields))
		return false;
	if (strcmp(fields[2], primary) == 0)
		return true;
	for (char *member = strtok_r(fields[3], ",", &rest); member;
	     member = strtok_r(NULL, ",", &rest)) {
		if (strcmp(member, name) == 0)
			return true;
	}
	return false;
}

/* ---- udev's rules ---- */

/* In the order in which udev(7) lets one hide another of the same name. */
static const char *const rule_folders[] = {
	"/etc/udev/rules.d",     "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
	"/usr/lib/udev/rules.d", "/lib/udev/rules.d",
};
#define FOLDERS (sizeof(rule_folders) / sizeof(rule_folders[0]))

static bool is_hidden(const struct doctor *d, size_t folder, const char *name)
{
	char path[DOCTOR_PATH_BYTES];

	for (size_t i = 0; i < folder; i++) {
		snprintf(path, sizeof(path), "%s/%s", rule_folders[i], name);
		if (doctor_has(d, path))
			return true;
	}
	return false;
}

static bool has_text(const struct doctor *d, const char *path)
{
	char full[DOCTOR_PATH_BYTES];
	struct stat info;

	doctor_path(d, path, full);
	return stat(full, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
}

bool doctor_rules_find(const struct doctor *d, const char *word,
		       bool (*each)(void *ctx, const struct doctor *d, const char *path), void *ctx)
{
	bool is_found = false;

	for (size_t i = 0; i < FOLDERS && !is_found; i++) {
		char path[DOCTOR_PATH_BYTES];
		struct dirent *entry;
		DIR *dir;

		doctor_path(d, rule_folders[i], path);
		dir = opendir(path);
		while (dir && !is_found && (entry = readdir(dir)) != NULL) {
			if (!strstr(entry->d_name, word) || is_hidden(d, i, entry->d_name))
				continue;
			snprintf(path, sizeof(path), "%s/%.255s", rule_folders[i], entry->d_name);
			is_found = has_text(d, path) && each(ctx, d, path);
		}
		if (dir)
			closedir(dir);
	}
	return is_found;
}

static bool is_there(void *ctx, const struct doctor *d, const char *path)
{
	const char *slash = strrchr(path, '/');

	(void)ctx;
	(void)d;
	return slash && strcmp(slash + 1, DOCTOR_RULES) == 0;
}

bool doctor_has_rules(const struct doctor *d)
{
	return doctor_rules_find(d, DOCTOR_RULES, is_there, NULL);
}
