#define _XOPEN_SOURCE 700 /* realpath, mkstemp */
#include "db/out_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void release(struct out_file *f)
{
	if (f->file)
		fclose(f->file);
	free(f->temp_path);
	free(f->path);
	*f = (struct out_file){ 0 };
}

static enum status cannot_write(struct out_file *f, const char *path, struct err *err)
{
	int why = errno;

	release(f);
	return err_set(err, STATUS_FILE, "%s: cannot be written (%s)", path, strerror(why));
}

/* mkstemp makes files for their owner alone; an export is as readable as any other file. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static FILE *open_beside(struct out_file *f)
{
	size_t size = strlen(f->path) + sizeof(".XXXXXX");

	f->temp_path = malloc(size);
	if (!f->temp_path)
		return NULL;
	snprintf(f->temp_path, size, "%s.XXXXXX", f->path);
	int fd = mkstemp(f->temp_path);
	FILE *file = fd < 0 || fchmod(fd, usual_mode()) ? NULL : fdopen(fd, "w");
	if (!file && fd >= 0) {
		int why = errno;

		unlink(f->temp_path);
		close(fd);
		errno = why;
	}
	return file;
}

enum status out_file_open(struct out_file *f, const char *path, struct err *err)
{
	struct stat info;
	bool is_there = stat(path, &info) == 0;

	*f = (struct out_file){ 0 };
	if (!path[0])
		return err_set(err, STATUS_FILE, "the output file has no name");
	if (is_there && S_ISDIR(info.st_mode))
		return err_set(err, STATUS_FILE, "%s: is a folder: name a file", path);
	/* A link stays a link: what it leads to is replaced. */
	f->path = is_there ? realpath(path, NULL) : strdup(path);
	if (!f->path)
		return cannot_write(f, path, err);
	f->file = is_there && !S_ISREG(info.st_mode) ? fopen(f->path, "w") : open_beside(f);
	return f->file ? STATUS_OK : cannot_write(f, path, err);
}

enum status out_file_close(struct out_file *f, enum status st, struct err *err)
{
	bool is_written = fflush(f->file) == 0 && !ferror(f->file);

	if (is_written && f->temp_path)
		is_written = fsync(fileno(f->file)) == 0;
	if (is_written && f->temp_path && !st)
		is_written = rename(f->temp_path, f->path) == 0;
	int why = errno;
	if (f->temp_path && (st || !is_written))
		unlink(f->temp_path);
	if (!st && !is_written)
		st = err_set(err, STATUS_FILE, "%s: cannot be written (%s)", f->path,
			     strerror(why));
	release(f);
	return st;
}
