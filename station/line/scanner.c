#define _DEFAULT_SOURCE /* linux/input.h counts its bytes with it */
#include "station/line/scanner.h"

#include "station/line/scan_keys.h"
#include "station/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 1000 /* between two looks for one that is not plugged in */

struct scanner {
	const char *device;
	struct requests *requests;
	pthread_t thread;
	int stop[2];

	pthread_mutex_t lock; /* protects the next group */
	bool has_news;
	char news[300];

	/* The thread's alone, once it runs. */
	int fd; /* -1: not plugged in */
	struct scan_keys keys;
};

__attribute__((format(printf, 2, 3))) static void tell(struct scanner *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	pthread_mutex_lock(&s->lock);
	vsnprintf(s->news, sizeof(s->news), format, args);
	s->has_news = true;
	pthread_mutex_unlock(&s->lock);
	va_end(args);
}

/* STATUS_FILE: it is not there. */
static enum status open_device(const char *device, int *out, struct err *err)
{
	int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC), why = errno;
	struct stat st;

	*out = -1;
	if (fd < 0 && (why == EACCES || why == EPERM))
		return err_set(err, STATUS_USAGE,
			       "scanner %s: this user may not read it: add it to the group input, "
			       "or name the scanner in a udev rule with TAG+=\"uaccess\" or "
			       "GROUP=\"dialout\"",
			       device);
	if (fd < 0)
		return err_set(err, STATUS_FILE, "scanner %s: %s", device, strerror(why));
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)) {
		unsigned char types[(EV_MAX + 7) / 8 + 1] = { 0 };

		if (ioctl(fd, EVIOCGBIT(0, sizeof(types)), types) < 0 ||
		    !(types[EV_KEY / 8] & 1 << EV_KEY % 8)) {
			close(fd);
			return err_set(err, STATUS_USAGE,
				       "scanner %s: no input device with keys: expected one below "
				       "/dev/input/by-id",
				       device);
		}
		if (ioctl(fd, EVIOCGRAB, 1) < 0) {
			close(fd);
			return err_set(err, STATUS_USAGE,
				       "scanner %s: another program has taken it for itself",
				       device);
		}
	} else if (!S_ISFIFO(st.st_mode)) { /* a pipe stands in for one */
		close(fd);
		return err_set(err, STATUS_USAGE, "scanner %s: expected an input device", device);
	}
	*out = fd;
	return STATUS_OK;
}

static void put_scan(struct scanner *s)
{
	struct request request = { .kind = REQUEST_SCAN, .slot = -1, .from = "scanner" };

	memcpy(request.text, s->keys.text, sizeof(request.text));
	if (requests_put(s->requests, &request, 0, NULL) == STATUS_USAGE)
		tell(s, "the scanner's text was not taken: too many wait");
}

/* false: it is gone. */
static bool read_keys(struct scanner *s)
{
	struct input_event events[32];
	ssize_t got = read(s->fd, events, sizeof(events));

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0)
		return false;
	/* The device gives whole events, and so does whoever writes them whole into a pipe. */
	for (size_t i = 0; i < (size_t)got / sizeof(events[0]); i++) {
		if (scan_keys_take(&s->keys, events[i].type, events[i].code, events[i].value))
			put_scan(s);
	}
	return true;
}

static void look_again(struct scanner *s)
{
	struct err err;

	if (open_device(s->device, &s->fd, &err) == STATUS_OK) {
		memset(&s->keys, 0, sizeof(s->keys));
		tell(s, "the scanner is there");
	}
}

static void *run(void *ctx)
{
	struct scanner *s = ctx;

	for (;;) {
		struct pollfd fds[] = { { .fd = s->stop[0], .events = POLLIN },
					{ .fd = s->fd, .events = POLLIN } };
		int got = poll(fds, 2, s->fd < 0 ? LOOK_MS : -1);

		if (got > 0 && fds[0].revents)
			return NULL;
		if (s->fd < 0) {
			look_again(s);
		} else if (got > 0 && !read_keys(s)) {
			close(s->fd);
			s->fd = -1;
			tell(s, "the scanner is gone: plug it in again");
		}
	}
}

static void release(struct scanner *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->stop[i] >= 0)
			close(s->stop[i]);
	}
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static enum status start(struct scanner *s, struct err *err)
{
	if (pipe(s->stop))
		return err_set(err, STATUS_NO_MEMORY, "no descriptor for the scanner");
	fcntl(s->stop[0], F_SETFD, FD_CLOEXEC);
	fcntl(s->stop[1], F_SETFD, FD_CLOEXEC);
	return thread_start(&s->thread, run, s)
		       ? err_set(err, STATUS_NO_MEMORY, "no thread for the scanner")
		       : STATUS_OK;
}

enum status scanner_new(const struct station_scanner *setup, struct requests *requests,
			struct scanner **out, struct err *err)
{
	struct scanner *s = calloc(1, sizeof(*s));
	enum status st;

	*out = NULL;
	if (!s)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the scanner");
	s->device = setup->device;
	s->requests = requests;
	s->stop[0] = s->stop[1] = -1;
	pthread_mutex_init(&s->lock, NULL);
	st = open_device(s->device, &s->fd, err);
	if (st == STATUS_FILE) {
		tell(s, "%.280s", err->text);
		st = STATUS_OK;
	}
	if (!st)
		st = start(s, err);
	if (st) {
		release(s);
		return st;
	}
	*out = s;
	return STATUS_OK;
}

void scanner_free(struct scanner *s)
{
	ssize_t told;

	if (!s)
		return;
	told = write(s->stop[1], "", 1);
	(void)told;
	pthread_join(s->thread, NULL);
	release(s);
}

bool scanner_next_news(struct scanner *s, char *text, size_t size)
{
	bool has_news;

	pthread_mutex_lock(&s->lock);
	has_news = s->has_news;
	if (has_news)
		snprintf(text, size, "%s", s->news);
	s->has_news = false;
	pthread_mutex_unlock(&s->lock);
	return has_news;
}
