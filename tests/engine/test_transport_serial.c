/*
 * What can be tried without a serial port: opens that fail, and the descriptor
 * side on pseudo-terminals. The open itself needs modem lines and sysfs, which
 * the simulated bench has.
 */
#define _DEFAULT_SOURCE
#define _XOPEN_SOURCE 700
#include "engine/port_holder.h"
#include "engine/serial_io.h"
#include "engine/transport_serial.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000 /* for what comes at once on any machine */

/* ---- opens that fail ---- */

static enum status open_node(const char *node, struct err *err)
{
	struct transport *t;
	enum status st = transport_serial_open(node, NULL, &t, err);

	assert_null(t);
	return st;
}

static void a_node_that_does_not_exist_is_gone(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(open_node("/dev/flashline-no-such-port", &err), STATUS_PORT_GONE);
	assert_string_equal(err.text, "/dev/flashline-no-such-port: no such port");
	assert_int_equal(open_node("/dev/null/ttyUSB0", &err), STATUS_PORT_GONE);
}

static void what_is_no_serial_port_is_named_so(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(open_node("/dev/null", &err), STATUS_PORT_OPEN_FAILED);
	assert_string_equal(err.text, "/dev/null: not a serial port");
	assert_int_equal(open_node("/", &err), STATUS_PORT_OPEN_FAILED);
}

static void a_name_that_is_too_long_is_no_crash(void **state)
{
	static char node[10000];
	struct err err;

	(void)state;
	memset(node, 'x', sizeof(node) - 1);
	assert_int_equal(open_node(node, &err), STATUS_PORT_GONE);
}

static void a_transport_that_was_never_opened_can_be_closed(void **state)
{
	(void)state;
	transport_close(NULL);
}

/* ---- the descriptor side ---- */

struct pty {
	int master, slave;
	struct serial_io io;
	struct err err;
	atomic_bool cancel;
};

static struct pty p;

static int open_pty(void **state)
{
	(void)state;
	memset(&p, 0, sizeof(p));
	p.master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (p.master < 0 || grantpt(p.master) != 0 || unlockpt(p.master) != 0)
		return -1;
	p.slave = open(ptsname(p.master), O_RDWR | O_NOCTTY | O_NONBLOCK);
	p.io = (struct serial_io){ .fd = p.slave, .node = "/dev/pty", .cancel = &p.cancel };
	return p.slave < 0 ? -1 : serial_set_format(p.slave);
}

static int close_pty(void **state)
{
	(void)state;
	close(p.slave);
	if (p.master >= 0)
		close(p.master);
	return 0;
}

static struct deadline soon(void)
{
	return deadline_after_ms(&clock_monotonic, PATIENCE_MS);
}

static struct deadline now(void)
{
	return deadline_after_ms(&clock_monotonic, 0);
}

static void bytes_arrive_as_they_were_sent(void **state)
{
	uint8_t sent[256], got_bytes[256];
	size_t got, total = 0;

	(void)state;
	for (unsigned i = 0; i < sizeof(sent); i++)
		sent[i] = (uint8_t)i;
	assert_int_equal(write(p.master, sent, sizeof(sent)), sizeof(sent));
	while (total < sizeof(sent)) {
		assert_int_equal(serial_io_read(&p.io, got_bytes + total, sizeof(sent) - total,
						&got, soon(), &p.err),
				 STATUS_OK);
		assert_true(got > 0);
		total += got;
	}
	assert_memory_equal(got_bytes, sent, sizeof(sent));
}

static void bytes_leave_as_they_were_written(void **state)
{
	const uint8_t sent[] = { 0x00, '\n', '\r', 0x03, 0x11, 0x13, 0xC0, 0xFF };
	struct serial_io other = { .fd = p.master, .node = "master" };
	uint8_t got_bytes[sizeof(sent)];
	size_t got, total = 0;

	(void)state;
	assert_int_equal(serial_io_write(&p.io, sent, sizeof(sent), soon(), &p.err), STATUS_OK);
	while (total < sizeof(sent)) {
		assert_int_equal(serial_io_read(&other, got_bytes + total, sizeof(sent) - total,
						&got, soon(), &p.err),
				 STATUS_OK);
		assert_true(got > 0);
		total += got;
	}
	assert_memory_equal(got_bytes, sent, sizeof(sent));
}

static void silence_until_the_deadline_is_no_error(void **state)
{
	uint8_t byte;
	size_t got = 7;

	(void)state;
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, now(), &p.err), STATUS_OK);
	assert_int_equal(got, 0);
}

static void a_read_at_its_deadline_still_takes_what_is_there(void **state)
{
	uint8_t byte = 0;
	size_t got = 0;

	(void)state;
	assert_int_equal(write(p.master, "x", 1), 1);
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, soon(), &p.err), STATUS_OK);
	assert_int_equal(write(p.master, "y", 1), 1);
	while (!got || byte != 'y')
		assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, now(), &p.err), STATUS_OK);
}

static void a_cancelled_port_neither_reads_nor_writes(void **state)
{
	uint8_t byte = 0;
	size_t got;

	(void)state;
	atomic_store(&p.cancel, true);
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, soon(), &p.err), STATUS_CANCELLED);
	assert_int_equal(serial_io_write(&p.io, &byte, 1, soon(), &p.err), STATUS_CANCELLED);
}

static void a_hang_up_ends_a_read_and_stays(void **state)
{
	uint8_t byte = 0;
	size_t got;

	(void)state;
	close(p.master);
	p.master = -1;
	assert_true(serial_io_is_hung_up(&p.io, 0));
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, soon(), &p.err), STATUS_PORT_GONE);
	assert_true(p.io.is_gone);
	assert_int_equal(serial_io_write(&p.io, &byte, 1, soon(), &p.err), STATUS_PORT_GONE);
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, now(), &p.err), STATUS_PORT_GONE);
	assert_string_equal(p.err.text, "/dev/pty: the port is gone");
}

static void a_hang_up_ends_a_write(void **state)
{
	uint8_t byte = 0;

	(void)state;
	close(p.master);
	p.master = -1;
	assert_int_equal(serial_io_write(&p.io, &byte, 1, soon(), &p.err), STATUS_PORT_GONE);
}

static void an_error_on_a_port_that_hung_up_is_a_hang_up(void **state)
{
	(void)state;
	assert_int_equal(serial_io_failed(&p.io, STATUS_PORT_FAILED, "asking", EPROTO, &p.err),
			 STATUS_PORT_FAILED);
	assert_string_equal(p.err.text, "/dev/pty: asking: Protocol error");
	close(p.master);
	p.master = -1;
	assert_int_equal(serial_io_failed(&p.io, STATUS_PORT_FAILED, "asking", EIO, &p.err),
			 STATUS_PORT_GONE);
}

static void a_port_that_takes_no_more_is_told_at_the_deadline(void **state)
{
	static uint8_t much[1 << 20];

	(void)state;
	assert_int_equal(serial_io_write(&p.io, much, sizeof(much), now(), &p.err),
			 STATUS_NO_ANSWER);
	assert_non_null(strstr(p.err.text, "of 1048576 bytes"));
}

static void descriptors_beyond_1024_can_be_waited_for(void **state)
{
	struct rlimit limit, wanted = { .rlim_cur = 2048 };
	uint8_t byte;
	size_t got;
	int high;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	wanted.rlim_max = limit.rlim_max;
	if (limit.rlim_cur < wanted.rlim_cur)
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &wanted), 0);
	high = fcntl(p.slave, F_DUPFD, 1500);
	assert_true(high >= 1500);
	p.io.fd = high;
	assert_int_equal(write(p.master, "z", 1), 1);
	assert_int_equal(serial_io_read(&p.io, &byte, 1, &got, soon(), &p.err), STATUS_OK);
	assert_int_equal(got, 1);
	close(high);
}

/* ---- settings ---- */

static void leftovers_of_other_programs_are_cleared(void **state)
{
	struct termios t;

	(void)state;
	assert_int_equal(tcgetattr(p.slave, &t), 0);
	t.c_cflag |= CRTSCTS | HUPCL | CSTOPB;
	t.c_iflag |= IXON | IXOFF | IXANY | ICRNL | IGNCR | BRKINT;
	t.c_oflag |= OPOST | ONLCR;
	t.c_lflag |= ICANON | ECHO | ISIG | IEXTEN;
	assert_int_equal(tcsetattr(p.slave, TCSANOW, &t), 0);
	assert_int_equal(serial_set_format(p.slave), 0);
	assert_int_equal(tcgetattr(p.slave, &t), 0);
	assert_int_equal(t.c_cflag & (CRTSCTS | HUPCL | CSTOPB | PARENB), 0);
	assert_int_equal(t.c_cflag & (CSIZE | CLOCAL | CREAD), CS8 | CLOCAL | CREAD);
	assert_int_equal(t.c_iflag & (IXON | IXOFF | IXANY | ICRNL | IGNCR | BRKINT), 0);
	assert_int_equal(t.c_oflag & OPOST, 0);
	assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	assert_int_equal(t.c_cc[VMIN], 0);
	assert_int_equal(t.c_cc[VTIME], 0);
}

static void the_format_leaves_the_rate_alone_and_it_can_be_read_back(void **state)
{
	uint32_t rate_baud = 0;
	struct termios t;

	(void)state;
	assert_int_equal(tcgetattr(p.slave, &t), 0);
	cfsetspeed(&t, B230400);
	assert_int_equal(tcsetattr(p.slave, TCSANOW, &t), 0);
	assert_int_equal(serial_set_format(p.slave), 0);
	assert_int_equal(serial_read_rate(p.slave, &rate_baud), 0);
	assert_int_equal(rate_baud, 230400);
}

static void settings_of_what_is_no_terminal_fail_with_a_reason(void **state)
{
	uint32_t rate_baud;
	int fd = open("/dev/null", O_RDWR);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(serial_set_format(fd), ENOTTY);
	assert_int_equal(serial_read_rate(fd, &rate_baud), ENOTTY);
	serial_tune_driver(fd);
	close(fd);
}

static void a_rate_may_be_two_per_cent_off(void **state)
{
	(void)state;
	assert_true(serial_is_rate_close(921600, 923076));
	assert_true(serial_is_rate_close(115200, 115384));
	assert_true(serial_is_rate_close(1152000, 1142857));
	assert_true(serial_is_rate_close(1000, 1020));
	assert_true(serial_is_rate_close(1000, 980));
	assert_false(serial_is_rate_close(1000, 1021));
	assert_false(serial_is_rate_close(1500000, 921600));
	assert_false(serial_is_rate_close(921600, 0));
}

/* ---- who holds a port ---- */

/* A /proc of our own, with one process that has /dev/null open and a file locked. */
static char proc[64];

static const char locks[] = "1: POSIX  ADVISORY  WRITE 99 00:1a:668 0 EOF\n"
			    "2: FLOCK  ADVISORY  WRITE 4711 00:1a:667 0 EOF\n"
			    "2: -> FLOCK  ADVISORY  WRITE 98 00:1a:668 0 EOF\n";

static int write_file(const char *name, const char *bytes, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	f = fopen(path, "w");
	if (!f)
		return -1;
	fwrite(bytes, 1, size, f);
	return fclose(f);
}

static int make_proc(void **state)
{
	char path[128];

	(void)state;
	strcpy(proc, "/tmp/flashline-proc-XXXXXX");
	if (!mkdtemp(proc))
		return -1;
	snprintf(path, sizeof(path), "%s/4711", proc);
	if (mkdir(path, 0755) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/4711/fd", proc);
	if (mkdir(path, 0755) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s/4711/fd/3", proc);
	if (symlink("/dev/null", path) != 0)
		return -1;
	if (write_file("locks", locks, sizeof(locks) - 1) != 0)
		return -1;
	return write_file("4711/cmdline",
			  "picocom\0-b\0"
			  "115200",
			  18);
}

static int remove_proc(void **state)
{
	static const char *const entries[] = { "/locks",        "/4711/fd/3", "/4711/fd",
					       "/4711/cmdline", "/4711",      "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", proc, entries[i]);
		remove(path);
	}
	return 0;
}

static void the_program_that_has_a_device_open_is_named(void **state)
{
	struct port_holder holder;
	struct stat st;

	(void)state;
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(port_holder_find(proc, &st, &holder));
	assert_int_equal(holder.pid, 4711);
	assert_string_equal(holder.command, "picocom -b 115200");
}

static void a_device_that_nobody_has_open_has_no_holder(void **state)
{
	struct stat node = { .st_rdev = makedev(188, 200) };
	struct port_holder holder;

	(void)state;
	assert_false(port_holder_find(proc, &node, &holder));
	assert_false(port_holder_find("/no/such/proc", &node, &holder));
}

static void a_lock_names_the_program_without_an_open(void **state)
{
	struct stat node = { .st_dev = makedev(0x0, 0x1a), .st_ino = 667 };
	struct port_holder holder;

	(void)state;
	assert_true(port_holder_of_lock(proc, &node, &holder));
	assert_int_equal(holder.pid, 4711);
	assert_string_equal(holder.command, "picocom -b 115200");
	node.st_ino = 668; /* a POSIX lock, and one that waits */
	assert_false(port_holder_of_lock(proc, &node, &holder));
	node.st_ino = 667;
	node.st_dev = makedev(0, 0x1b);
	assert_false(port_holder_of_lock(proc, &node, &holder));
	assert_false(port_holder_of_lock("/no/such/proc", &node, &holder));
}

#define PTY(f) cmocka_unit_test_setup_teardown(f, open_pty, close_pty)
#define PROC(f) cmocka_unit_test_setup_teardown(f, make_proc, remove_proc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_that_does_not_exist_is_gone),
		cmocka_unit_test(what_is_no_serial_port_is_named_so),
		cmocka_unit_test(a_name_that_is_too_long_is_no_crash),
		cmocka_unit_test(a_transport_that_was_never_opened_can_be_closed),
		PTY(bytes_arrive_as_they_were_sent),
		PTY(bytes_leave_as_they_were_written),
		PTY(silence_until_the_deadline_is_no_error),
		PTY(a_read_at_its_deadline_still_takes_what_is_there),
		PTY(a_cancelled_port_neither_reads_nor_writes),
		PTY(a_hang_up_ends_a_read_and_stays),
		PTY(a_hang_up_ends_a_write),
		PTY(an_error_on_a_port_that_hung_up_is_a_hang_up),
		PTY(a_port_that_takes_no_more_is_told_at_the_deadline),
		PTY(descriptors_beyond_1024_can_be_waited_for),
		PTY(leftovers_of_other_programs_are_cleared),
		PTY(the_format_leaves_the_rate_alone_and_it_can_be_read_back),
		PTY(settings_of_what_is_no_terminal_fail_with_a_reason),
		cmocka_unit_test(a_rate_may_be_two_per_cent_off),
		PROC(the_program_that_has_a_device_open_is_named),
		PROC(a_lock_names_the_program_without_an_open),
		PROC(a_device_that_nobody_has_open_has_no_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
