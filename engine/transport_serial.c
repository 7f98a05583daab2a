/* TIOCMSET and flock are Linux's, not POSIX'. */
#define _DEFAULT_SOURCE
#include "engine/transport_serial.h"

#include "engine/port_holder.h"
#include "engine/serial_io.h"

#include <libserialport.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define OPEN_BAUD 115200

struct serial {
	struct transport base; /* first: a transport is this */
	struct serial_io io;
	struct sp_port *port;
	bool is_open;
	bool is_owned;   /* nobody else uses it */
	bool is_tuned;   /* the driver's latency is to be put back */
	int other_lines; /* what TIOCMSET has to keep besides DTR and RTS */
	char node[PATH_MAX];
	struct stat stat; /* of what node leads to */
};

static struct serial *serial_of(struct transport *t)
{
	return (struct serial *)t;
}

/* ---- the six functions ---- */

static enum status serial_read(struct transport *t, uint8_t *buf, size_t size, size_t *got,
			       struct deadline d, struct err *err)
{
	return serial_io_read(&serial_of(t)->io, buf, size, got, d, err);
}

static enum status serial_write(struct transport *t, const uint8_t *buf, size_t size,
				struct deadline d, struct err *err)
{
	return serial_io_write(&serial_of(t)->io, buf, size, d, err);
}

static enum status serial_set_baud(struct transport *t, uint32_t rate_baud, uint32_t *actual_baud,
				   struct err *err)
{
	struct serial *s = serial_of(t);
	char refusal[48];
	int number;

	if (s->io.is_gone)
		return serial_io_gone(&s->io, err);
	snprintf(refusal, sizeof(refusal), "the driver refuses %u baud", rate_baud);
	/* Writes both lines again, one by one, but to the state that they are in. */
	if (sp_set_baudrate(s->port, (int)rate_baud) != SP_OK)
		return serial_io_failed(&s->io, STATUS_RATE_FAILED, refusal, errno, err);
	number = serial_read_rate(s->io.fd, actual_baud);
	if (number)
		return serial_io_failed(&s->io, STATUS_PORT_FAILED, "reading the rate back", number,
					err);
	if (!serial_is_rate_close(rate_baud, *actual_baud))
		return err_set(err, STATUS_RATE_FAILED,
			       "%s: asked for %u baud, the bridge makes %u", s->node, rate_baud,
			       *actual_baud);
	return STATUS_OK;
}

static enum status serial_set_lines(struct transport *t, bool dtr, bool rts, struct err *err)
{
	struct serial *s = serial_of(t);
	int lines = s->other_lines | (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);

	if (s->io.is_gone)
		return serial_io_gone(&s->io, err);
	if (ioctl(s->io.fd, TIOCMSET, &lines) == 0)
		return STATUS_OK;
	if (errno == ENOTTY || errno == EINVAL)
		return serial_io_failed(&s->io, STATUS_NOT_SUPPORTED,
					"the adapter has no DTR and RTS lines to reset a unit with",
					errno, err);
	return serial_io_failed(&s->io, STATUS_PORT_FAILED, "setting DTR and RTS", errno, err);
}

static enum status serial_discard(struct transport *t, struct err *err)
{
	struct serial *s = serial_of(t);

	if (s->io.is_gone)
		return serial_io_gone(&s->io, err);
	if (tcflush(s->io.fd, TCIFLUSH) != 0)
		return serial_io_failed(&s->io, STATUS_PORT_FAILED, "dropping input", errno, err);
	return STATUS_OK;
}

static void serial_close(struct transport *t)
{
	struct serial *s = serial_of(t);

	if (s->is_owned) {
		/* Unsent bytes would make close wait for them. */
		tcflush(s->io.fd, TCOFLUSH);
		if (s->is_tuned && !s->io.is_gone)
			serial_untune_driver(s->io.fd);
		ioctl(s->io.fd, TIOCNXCL);
	}
	if (s->is_open)
		sp_close(s->port);
	sp_free_port(s->port);
	free(s);
}

static const struct transport_ops serial_ops = {
	.read = serial_read,
	.write = serial_write,
	.set_baud = serial_set_baud,
	.set_lines = serial_set_lines,
	.discard = serial_discard,
	.close = serial_close,
};

/* ---- opening ---- */

#define PROC "/proc"

static enum status held_by(const struct serial *s, const struct port_holder *holder,
			   struct err *err)
{
	if (holder->pid == getpid())
		return err_set(err, STATUS_PORT_BUSY, "%s: this program has the port open already",
			       s->node);
	return err_set(err, STATUS_PORT_BUSY, "%s: process %d holds the port (%s)", s->node,
		       (int)holder->pid, holder->command);
}

static enum status busy(const struct serial *s, struct err *err)
{
	struct port_holder holder;

	if (port_holder_find(PROC, &s->stat, &holder))
		return held_by(s, &holder, err);
	return err_set(err, STATUS_PORT_BUSY, "%s: another program holds the port", s->node);
}

static enum status open_failed(const struct serial *s, int number, struct err *err)
{
	switch (number) {
	case EBUSY:
		return busy(s, err);
	case EACCES:
	case EPERM:
		return err_set(err, STATUS_PORT_DENIED, "%s: %s", s->node, errno_text(number).text);
	case ENOENT:
	case ENODEV:
	case ENXIO:
	case ENOTDIR:
		return err_set(err, STATUS_PORT_GONE, "%s: no such port", s->node);
	case ENOTTY:
	case EINVAL:
		return err_set(err, STATUS_PORT_OPEN_FAILED,
			       "%s: this port has no DTR and RTS lines, it cannot reset a unit",
			       s->node);
	}
	return err_set(err, STATUS_PORT_OPEN_FAILED, "%s: cannot be opened: %s", s->node,
		       errno_text(number).text);
}

static enum status find_port(struct serial *s, struct err *err)
{
	/* libserialport knows real names only, not those that udev links to them. */
	char *real = realpath(s->node, NULL);
	int number = real && stat(real, &s->stat) == 0 ? 0 : errno;
	enum sp_return found;

	if (number) {
		free(real);
		return open_failed(s, number, err);
	}
	found = sp_get_port_by_name(real, &s->port);
	free(real);
	if (found == SP_ERR_MEM)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the port", s->node);
	if (found != SP_OK)
		return err_set(err, STATUS_PORT_OPEN_FAILED, "%s: not a serial port", s->node);
	return STATUS_OK;
}

static enum status open_port(struct serial *s, struct err *err)
{
	struct port_holder holder;
	int number = 0;

	/* An open changes lines and settings, also those of a flasher at work. */
	if (port_holder_of_lock(PROC, &s->stat, &holder))
		return held_by(s, &holder, err);

	/* Bridges on a loaded host answer late: once more after ETIMEDOUT. */
	for (unsigned i = 0; i < 2; i++) {
		enum sp_return opened = sp_open(s->port, SP_MODE_READ_WRITE);

		number = opened == SP_ERR_FAIL ? errno : EIO;
		s->is_open = opened == SP_OK;
		if (s->is_open || number != ETIMEDOUT)
			break;
	}
	if (!s->is_open)
		return open_failed(s, number, err);
	if (sp_get_port_handle(s->port, &s->io.fd) != SP_OK)
		return err_set(err, STATUS_INTERNAL, "%s: no handle for an open port", s->node);
	fcntl(s->io.fd, F_SETFD, FD_CLOEXEC);
	return STATUS_OK;
}

/*
 * Both ways, because programs look at one or the other. The kernel lets root
 * open a port that another program has for itself, so that is asked for; the
 * flag alone is not believed, because it can outlive a program that died.
 */
static enum status own_port(struct serial *s, struct err *err)
{
	struct port_holder holder;
	int is_exclusive = 0;

	if (ioctl(s->io.fd, TIOCGEXCL, &is_exclusive) == 0 && is_exclusive &&
	    port_holder_find(PROC, &s->stat, &holder) && holder.pid != getpid())
		return held_by(s, &holder, err);
	if (flock(s->io.fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return busy(s, err);
	if (ioctl(s->io.fd, TIOCEXCL) != 0)
		return serial_io_failed(&s->io, STATUS_PORT_OPEN_FAILED, "claiming the port", errno,
					err);
	s->is_owned = true;
	return STATUS_OK;
}

/* The open raised both lines; together they do nothing, so they fall together. */
static enum status release_lines(struct serial *s, struct err *err)
{
	int lines;

	if (ioctl(s->io.fd, TIOCMGET, &lines) != 0)
		return open_failed(s, errno, err);
	s->other_lines = lines & ~(TIOCM_DTR | TIOCM_RTS);
	return serial_set_lines(&s->base, false, false, err);
}

static enum status set_up(struct serial *s, struct err *err)
{
	uint32_t actual_baud;
	int number;

	TRY(find_port(s, err));
	TRY(open_port(s, err));
	TRY(own_port(s, err));
	TRY(release_lines(s, err));
	number = serial_set_format(s->io.fd);
	if (number)
		return serial_io_failed(&s->io, STATUS_PORT_OPEN_FAILED, "changing the settings",
					number, err);
	s->is_tuned = serial_tune_driver(s->io.fd);
	TRY(serial_set_baud(&s->base, OPEN_BAUD, &actual_baud, err));
	return serial_discard(&s->base, err);
}

enum status transport_serial_open(const char *node, const atomic_bool *cancel,
				  struct transport **out, struct err *err)
{
	size_t size = strlen(node) + 1;
	enum status st;
	struct serial *s;

	*out = NULL;
	if (size > sizeof(s->node))
		return err_set(err, STATUS_PORT_GONE, "the port's name is too long: %.80s...",
			       node);
	s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory for the port", node);
	s->base = (struct transport){
		.ops = &serial_ops,
		.clock = &clock_monotonic,
		.cancel = cancel,
	};
	memcpy(s->node, node, size);
	s->io = (struct serial_io){ .fd = -1, .node = s->node, .cancel = cancel };
	/* Its default handler reads the environment from every thread. */
	sp_set_debug_handler(NULL);
	st = set_up(s, err);
	if (st) {
		serial_close(&s->base);
		return st;
	}
	*out = &s->base;
	return STATUS_OK;
}
