#include "station/latency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHORT_MS 1
#define TIMER_MAX_MS 255

static bool read_timer(const char *path, unsigned *ms)
{
	char text[16] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	*ms = (unsigned)strtoul(text, NULL, 10);
	return *ms >= 1 && *ms <= TIMER_MAX_MS;
}

/* 0 or an errno. */
static int write_timer(const char *path, unsigned ms)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), number = 0;

	if (fd < 0)
		return errno;
	if (dprintf(fd, "%u\n", ms) < 0)
		number = errno;
	close(fd);
	return number;
}

void latency_shorten(struct latency *l, const char *sysfs_tty, const char *name, char *note,
		     size_t note_size)
{
	char path[sizeof(l->path)];
	unsigned ms;
	int number;

	note[0] = '\0';
	/* The folder of the usb-serial port, /sys/bus/usb-serial/devices/ttyUSBn. */
	if ((size_t)snprintf(path, sizeof(path), "%s/%s/device/latency_timer", sysfs_tty, name) >=
		    sizeof(path) ||
	    !read_timer(path, &ms)) {
		l->path[0] = '\0';
		return;
	}
	if (ms == SHORT_MS && strcmp(path, l->path) == 0) {
		snprintf(note, note_size, "latency timer: still %u ms", ms);
		return;
	}
	memcpy(l->path, path, sizeof(path));
	number = ms == SHORT_MS ? 0 : write_timer(l->path, SHORT_MS);
	if (ms == SHORT_MS)
		snprintf(note, note_size, "latency timer: %u ms", ms);
	else if (number)
		snprintf(note, note_size, "latency timer: stays at %u ms: %s", ms,
			 number == EACCES || number == EPERM ? "this user may not change it"
							     : "it cannot be changed");
	else
		snprintf(note, note_size, "latency timer: %u ms for this run, was %u ms", SHORT_MS,
			 ms);
	if (ms == SHORT_MS || number)
		l->path[0] = '\0';
	l->before_ms = ms;
}

void latency_restore(struct latency *l)
{
	/* A port that is gone has taken its timer with it. */
	if (l->path[0])
		(void)write_timer(l->path, l->before_ms);
	l->path[0] = '\0';
}
