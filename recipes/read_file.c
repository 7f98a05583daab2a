#include "recipes/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* data has room for one byte more than there should be: it shows that the file grew. */
static enum status read_all(int fd, uint8_t *data, size_t size, struct err *err)
{
	size_t have = 0;
	ssize_t got = 1;

	while (have <= size && got) {
		got = read(fd, data + have, size + 1 - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, STATUS_FILE, "cannot be read (%s)", strerror(errno));
		have += (size_t)got;
	}
	if (have != size)
		return err_set(err, STATUS_FILE,
			       "changed while it was read: try again when it is complete");
	data[size] = '\0';
	return STATUS_OK;
}

static enum status read_open(int fd, size_t max, uint8_t **data, size_t *size, struct err *err)
{
	struct stat about;

	if (fstat(fd, &about) < 0)
		return err_set(err, STATUS_FILE, "%s", strerror(errno));
	if (!S_ISREG(about.st_mode))
		return err_set(err, STATUS_FILE, "%s",
			       S_ISDIR(about.st_mode) ? "is a folder: name the file in it"
						      : "is not a regular file");
	if (about.st_size < 0 || (uintmax_t)about.st_size > max)
		return err_set(err, STATUS_RECIPE, "has %jd bytes: expected %zu at most",
			       (intmax_t)about.st_size, max);
	*size = (size_t)about.st_size;
	*data = malloc(*size + 1);
	if (!*data)
		return err_set(err, STATUS_NO_MEMORY, "no memory to read it");
	return read_all(fd, *data, *size, err);
}

enum status read_file(const char *path, size_t max, uint8_t **data, size_t *size, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	enum status st;

	*data = NULL;
	if (fd < 0)
		return err_set(err, STATUS_FILE, "%s", strerror(errno));
	st = read_open(fd, max, data, size, err);
	close(fd);
	if (st) {
		free(*data);
		*data = NULL;
	}
	return st;
}
