/* CRTSCTS and serial_struct are Linux's, not POSIX'. */
#define _DEFAULT_SOURCE
#include "engine/serial_io.h"

#include <linux/serial.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* How long a wait may go without a look at the cancel flag. */
#define SLICE_US 50000u
/* A driver that has just lost its device fails calls before it hangs up. */
#define HANG_UP_MS 50
/* How long close may wait for unsent bytes, in hundredths of a second; Linux: 30 s. */
#define CLOSING_WAIT_CS 20

/* ---- errors ---- */

struct errno_text errno_text(int number)
{
	struct errno_text t;

	if (strerror_r(number, t.text, sizeof(t.text)) != 0)
		snprintf(t.text, sizeof(t.text), "error %d", number);
	return t;
}

bool serial_io_is_hung_up(const struct serial_io *io, int wait_ms)
{
	/* Ask poll: a read from a port that hung up just returns nothing. */
	struct pollfd p = { .fd = io->fd };

	return poll(&p, 1, wait_ms) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

enum status serial_io_gone(struct serial_io *io, struct err *err)
{
	io->is_gone = true;
	return err_set(err, STATUS_PORT_GONE, "%s: the port is gone", io->node);
}

enum status serial_io_failed(struct serial_io *io, enum status st, const char *what, int number,
			     struct err *err)
{
	if (number == ENODEV || number == ENXIO || serial_io_is_hung_up(io, HANG_UP_MS))
		return serial_io_gone(io, err);
	return err_set(err, st, "%s: %s: %s", io->node, what, errno_text(number).text);
}

/* ---- bytes ---- */

/* Until one of the events, the deadline, or 50 ms: the caller tries and looks again. */
static enum status wait_for(struct serial_io *io, short events, struct deadline d, struct err *err)
{
	struct pollfd p = { .fd = io->fd, .events = events };
	uint64_t left_us = deadline_left_us(d);
	int ms = (int)((left_us < SLICE_US ? left_us + 999 : SLICE_US) / 1000);

	if (io->cancel && atomic_load(io->cancel))
		return err_set(err, STATUS_CANCELLED, "%s: stopped", io->node);
	if (poll(&p, 1, ms) < 0 && errno != EINTR)
		return serial_io_failed(io, STATUS_PORT_FAILED, "poll", errno, err);
	/* Linux throws away what arrived before a hang-up and was not read. */
	if (p.revents & (POLLHUP | POLLERR | POLLNVAL))
		return serial_io_gone(io, err);
	return STATUS_OK;
}

enum status serial_io_read(struct serial_io *io, uint8_t *buf, size_t size, size_t *got,
			   struct deadline d, struct err *err)
{
	bool is_last;

	*got = 0;
	if (io->is_gone)
		return serial_io_gone(io, err);
	do {
		ssize_t n;

		is_last = deadline_passed(d);
		TRY(wait_for(io, POLLIN, d, err));
		n = read(io->fd, buf, size);
		if (n > 0) {
			*got = (size_t)n;
			return STATUS_OK;
		}
		if ((n == 0 && serial_io_is_hung_up(io, 0)) || (n < 0 && errno == EIO))
			return serial_io_gone(io, err);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return serial_io_failed(io, STATUS_PORT_FAILED, "read", errno, err);
	} while (!is_last);
	return STATUS_OK;
}

enum status serial_io_write(struct serial_io *io, const uint8_t *buf, size_t size,
			    struct deadline d, struct err *err)
{
	size_t done = 0;

	if (io->is_gone)
		return serial_io_gone(io, err);
	while (done < size) {
		ssize_t n;

		if (io->cancel && atomic_load(io->cancel))
			return err_set(err, STATUS_CANCELLED, "%s: stopped", io->node);
		n = write(io->fd, buf + done, size - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EIO)
			return serial_io_gone(io, err);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return serial_io_failed(io, STATUS_PORT_FAILED, "write", errno, err);
		if (deadline_passed(d))
			return err_set(err, STATUS_NO_ANSWER,
				       "%s: the port took only %zu of %zu bytes in time", io->node,
				       done, size);
		TRY(wait_for(io, POLLOUT, d, err));
	}
	return STATUS_OK;
}

/* ---- settings ---- */

int serial_set_format(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) != 0)
		return errno;
	t.c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR |
				  ICRNL | IXON | IXOFF | IXANY);
	t.c_oflag &= (tcflag_t)~OPOST;
	t.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t.c_cflag &= (tcflag_t) ~(CSIZE | PARENB | CSTOPB | CRTSCTS | HUPCL);
	t.c_cflag |= CS8 | CLOCAL | CREAD;
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &t) == 0 ? 0 : errno;
}

bool serial_tune_driver(int fd)
{
	struct serial_struct now, wish;

	if (ioctl(fd, TIOCGSERIAL, &now) != 0)
		return false;
	wish = now;
	/* An FTDI waits 16 ms before it passes a short answer on. */
	wish.flags |= ASYNC_LOW_LATENCY;
	wish.closing_wait = CLOSING_WAIT_CS;
	/* The wait at close is root's to change. */
	if (ioctl(fd, TIOCSSERIAL, &wish) != 0) {
		wish.closing_wait = now.closing_wait;
		if (ioctl(fd, TIOCSSERIAL, &wish) != 0)
			return false;
	}
	return !(now.flags & ASYNC_LOW_LATENCY);
}

void serial_untune_driver(int fd)
{
	struct serial_struct now;

	if (ioctl(fd, TIOCGSERIAL, &now) != 0)
		return;
	now.flags &= ~ASYNC_LOW_LATENCY;
	(void)ioctl(fd, TIOCSSERIAL, &now);
}
