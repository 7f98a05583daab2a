/*
 * An open serial port as a file descriptor: waits that end, a hang-up that is
 * noticed, settings that nobody else's leftovers disturb.
 *
 * libserialport waits with select, spins on a port that hung up and cannot
 * clear CRTSCTS (docs/serial-ports.md); so transport_serial uses this for
 * everything but opening and the rate. Works on pseudo-terminals too.
 */
#ifndef ENGINE_SERIAL_IO_H
#define ENGINE_SERIAL_IO_H

#include "engine/base/clock.h"
#include "engine/base/err.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serial_io {
	int fd;                    /* O_NONBLOCK; lent */
	const char *node;          /* for error texts; lent */
	const atomic_bool *cancel; /* looked at every 50 ms; may be NULL */
	bool is_gone;              /* the port hung up: nothing works any more */
};

/* As transport_read and transport_write. */
enum status serial_io_read(struct serial_io *io, uint8_t *buf, size_t size, size_t *got,
			   struct deadline d, struct err *err);
enum status serial_io_write(struct serial_io *io, const uint8_t *buf, size_t size,
			    struct deadline d, struct err *err);

/* Has the other end hung up? Waits up to wait_ms for it to. */
bool serial_io_is_hung_up(const struct serial_io *io, int wait_ms);

/* STATUS_PORT_GONE, now and from now on. */
enum status serial_io_gone(struct serial_io *io, struct err *err);

/* A call on the port failed with errno number: STATUS_PORT_GONE when that was a
 * hang-up (waits 50 ms for it to show), else st with "node: what: reason". */
enum status serial_io_failed(struct serial_io *io, enum status st, const char *what, int number,
			     struct err *err);

struct errno_text {
	char text[96];
};
/* strerror for threads. */
struct errno_text errno_text(int number);

/*
 * 8N1, raw, no flow control of any kind, and lines that do not fall at close.
 * The rate stays. 0 or an errno.
 */
int serial_set_format(int fd);

/* Shorter latency and a shorter wait at close, where driver and user allow it. true: the
 * latency was changed and is to be put back, because drivers keep it over a close. */
bool serial_tune_driver(int fd);
void serial_untune_driver(int fd);

/* The output rate that the driver really set, as it reports it. 0 or an errno. */
int serial_read_rate(int fd, uint32_t *rate_baud);

/* A UART stands 2 % between the rate asked for and the one that a bridge makes. */
bool serial_is_rate_close(uint32_t asked_baud, uint32_t actual_baud);

#endif
