#define _XOPEN_SOURCE 700 /* realpath */
#include "db/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* path is cut and mended at each slash on the way. */
static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool made = mkdir(path, 0700) == 0 || errno == EEXIST || errno == EISDIR;
		*slash = '/';
		if (!made)
			return false;
	}
	return true;
}

enum status db_default_path(enum db_mode mode, char path[static DB_PATH_BYTES], struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int len;

	/* The XDG base directory specification: relative paths there do not count. */
	if (state && state[0] == '/')
		len = snprintf(path, DB_PATH_BYTES, "%s/flashline/flashline.db", state);
	else if (home && home[0] == '/')
		len = snprintf(path, DB_PATH_BYTES, "%s/.local/state/flashline/flashline.db", home);
	else
		return err_set(err, STATUS_DATABASE,
			       "no place for the database: HOME is not set, name a file with --db");
	if (len >= DB_PATH_BYTES)
		return err_set(
			err, STATUS_DATABASE,
			"no place for the database: the path of the home folder is too long, "
			"name a file with --db");
	if (mode != DB_READ && !make_folders(path))
		return err_set(err, STATUS_DATABASE,
			       "%s: its folder cannot be made (%s): name another file with --db",
			       path, strerror(errno));
	return STATUS_OK;
}

/* A file that is to be made: its folder's real path and its own name. */
static enum status resolve_new(const char *path, char **out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t folder_len = slash ? (size_t)(slash - path) : 0;
	char folder[DB_PATH_BYTES];

	if (!name[0] || folder_len >= sizeof(folder))
		return err_set(err, STATUS_DATABASE,
			       "'%s': is no file name: name another with --db", path);
	snprintf(folder, sizeof(folder), "%.*s", (int)folder_len, path);
	char *real = realpath(!slash ? "." : folder_len ? folder : "/", NULL);
	if (!real)
		return err_set(err, STATUS_DATABASE,
			       "%s: its folder cannot be used (%s): make it, or name another file "
			       "with --db",
			       path, strerror(errno));
	size_t size = strlen(real) + strlen(name) + 2;
	*out = malloc(size);
	if (*out)
		snprintf(*out, size, "%s/%s", strcmp(real, "/") ? real : "", name);
	free(real);
	return *out ? STATUS_OK : err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
}

enum status path_resolve(const char *path, enum db_mode mode, char **out, struct err *err)
{
	struct stat info;

	*out = NULL;
	if (stat(path, &info)) {
		if (errno != ENOENT)
			return err_set(err, STATUS_DATABASE, "%s: cannot be opened (%s)", path,
				       strerror(errno));
		if (mode == DB_READ)
			return err_set(
				err, STATUS_DATABASE,
				"%s: there is no database yet: 'flashline flash' makes it, or "
				"name another file with --db",
				path);
		return resolve_new(path, out, err);
	}
	if (S_ISDIR(info.st_mode))
		return err_set(err, STATUS_DATABASE, "%s: is a folder: name a file with --db",
			       path);
	if (!S_ISREG(info.st_mode))
		return err_set(err, STATUS_DATABASE, "%s: is no plain file: name another with --db",
			       path);
	*out = realpath(path, NULL);
	return *out ? STATUS_OK
		    : err_set(err, STATUS_DATABASE, "%s: cannot be opened (%s)", path,
			      strerror(errno));
}
