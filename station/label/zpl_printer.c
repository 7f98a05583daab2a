/* A printer that speaks ZPL on a TCP port. */
#include "engine/base/clock.h"
#include "station/label/label_printer.h"
#include "station/label/zpl_status.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GOODBYE_MS 1000 /* for the printer's end of the connection, behind the label */

enum waited { WAITED, LATE, STOPPED };

static enum waited wait_for(int fd, short events, int stop, struct deadline d)
{
	struct pollfd fds[] = { { .fd = fd, .events = events }, { .fd = stop, .events = POLLIN } };

	for (;;) {
		uint64_t left_ms = (deadline_left_us(d) + 999) / 1000;
		int got = poll(fds, 2, (int)left_ms);

		if (got < 0 && errno == EINTR)
			continue;
		if (got > 0 && fds[1].revents)
			return STOPPED;
		if (got > 0)
			return WAITED;
		if (deadline_passed(d))
			return LATE;
	}
}

__attribute__((format(printf, 4, 5))) static enum print_end
fail(const struct label_printer *p, enum print_end end, struct err *err, const char *format, ...)
{
	char why[300];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	err_set(err, STATUS_NO_ANSWER, "printer %s:%s: %s", p->host, p->port, why);
	return end;
}

static enum print_end stopped(const struct label_printer *p, struct err *err)
{
	return fail(p, PRINT_STOPPED, err, "the station ended first");
}

/* One address of the printer. Waits at most until d. */
static int try_address(const struct addrinfo *a, int stop, struct deadline d, enum waited *waited)
{
	int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol), failed = 0;
	socklen_t size = sizeof(failed);

	*waited = WAITED;
	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	failed = errno;
	if (failed == EINPROGRESS) {
		*waited = wait_for(fd, POLLOUT, stop, d);
		failed = *waited == WAITED ? 0 : ETIMEDOUT;
		if (!failed && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size))
			failed = errno;
	}
	if (!failed)
		return fd;
	close(fd);
	errno = failed;
	return -1;
}

static enum print_end reach(const struct label_printer *p, int stop, int *fd, struct err *err)
{
	const struct addrinfo wish = { .ai_socktype = SOCK_STREAM };
	struct deadline d = deadline_after_ms(&clock_monotonic, PRINTER_CONNECT_MS);
	enum waited waited = WAITED;
	struct addrinfo *list;
	int failed = getaddrinfo(p->host, p->port, &wish, &list), why = ENOENT;

	*fd = -1;
	if (failed)
		return fail(p, PRINT_LATER, err, "no such computer (%s)", gai_strerror(failed));
	for (const struct addrinfo *a = list; a && *fd < 0 && waited != STOPPED; a = a->ai_next) {
		*fd = try_address(a, stop, d, &waited);
		why = errno;
	}
	freeaddrinfo(list);
	if (*fd >= 0)
		return PRINT_DONE;
	if (waited == STOPPED)
		return stopped(p, err);
	return fail(p, PRINT_LATER, err, "not reached (%s): is it on, and on the network?",
		    strerror(why));
}

/* Bytes that went out before it ended, in *sent. */
static enum print_end send_all(const struct label_printer *p, int fd, const char *bytes,
			       size_t size, int stop, size_t *sent, struct err *err)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, PRINTER_SEND_MS);

	for (*sent = 0; *sent < size;) {
		enum waited waited = wait_for(fd, POLLOUT, stop, d);
		ssize_t done;

		if (waited == STOPPED)
			return stopped(p, err);
		if (waited == LATE)
			return fail(p, PRINT_LATER, err, "it takes no bytes: is it busy?");
		done = send(fd, bytes + *sent, size - *sent, MSG_NOSIGNAL);
		if (done < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (done < 0)
			return fail(p, PRINT_LATER, err, "the connection broke (%s)",
				    strerror(errno));
		*sent += (size_t)done;
	}
	return PRINT_DONE;
}

static enum print_end hear_status(const struct label_printer *p, int fd, int stop, struct err *err)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, PRINTER_ANSWER_MS);
	char bytes[ZPL_STATUS_BYTES];
	size_t size = 0;

	for (;;) {
		const char *why;
		enum zpl_answer answer = zpl_status_read(bytes, size, &why);
		enum waited waited;
		ssize_t got;

		if (answer == ZPL_READY)
			return PRINT_DONE;
		if (answer == ZPL_NOT_READY)
			return fail(p, PRINT_LATER, err, "%s", why);
		if (answer == ZPL_GARBLED)
			return fail(p, PRINT_LATER, err,
				    "what it answers to ~HS is no status: does it speak ZPL? With "
				    "status: no it is not asked");
		waited = wait_for(fd, POLLIN, stop, d);
		if (waited == STOPPED)
			return stopped(p, err);
		if (waited == LATE)
			return fail(p, PRINT_LATER, err,
				    "it does not answer: look at its paper, ribbon and head (one "
				    "that never answers needs status: no)");
		got = recv(fd, bytes + size, sizeof(bytes) - size, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return fail(p, PRINT_LATER, err, "it closed the connection");
		size += (size_t)got;
	}
}

static enum print_end ask_status(const struct label_printer *p, int fd, int stop, struct err *err)
{
	size_t sent;
	enum print_end end = send_all(p, fd, "~HS", 3, stop, &sent, err);

	return end == PRINT_DONE ? hear_status(p, fd, stop, err) : end;
}

enum print_end zpl_printer_ready(const struct label_printer *p, int stop, struct err *err)
{
	enum print_end end;
	int fd;

	end = reach(p, stop, &fd, err);
	if (end != PRINT_DONE)
		return end;
	end = ask_status(p, fd, stop, err);
	close(fd);
	return end;
}

/* It has all of the label. Closed at once with an answer unread, the connection would be reset, and
 * with it what the printer has not read yet. false: the printer reset it. */
static bool say_goodbye(int fd, int stop)
{
	struct deadline d = deadline_after_ms(&clock_monotonic, GOODBYE_MS);
	char bytes[256];

	shutdown(fd, SHUT_WR);
	while (wait_for(fd, POLLIN, stop, d) == WAITED) {
		ssize_t got = recv(fd, bytes, sizeof(bytes), 0);

		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (got == 0)
			break;
	}
	return true;
}

enum print_end zpl_printer_print(const struct label_printer *p, const char *label, size_t size,
				 int stop, struct err *err)
{
	enum print_end end;
	size_t sent = 0;
	int fd;

	end = reach(p, stop, &fd, err);
	if (end != PRINT_DONE)
		return end;
	if (p->asks_status)
		end = ask_status(p, fd, stop, err);
	/* From its first byte on this is not stopped: half a label is none. */
	if (end == PRINT_DONE)
		end = send_all(p, fd, label, size, -1, &sent, err);
	if (end == PRINT_DONE)
		end = say_goodbye(fd, stop) ? PRINT_DONE : PRINT_LATER;
	close(fd);
	if (end == PRINT_LATER && sent > 0)
		return fail(p, PRINT_FAILED, err,
			    "the connection broke after %zu of %zu bytes of the label: look "
			    "whether it was printed before you print it again",
			    sent, size);
	return end;
}
