/*
 * Do to serial ports what the arguments say, one line of output for each, so that a shell
 * script can test what m5sim makes of a port.
 *
 *   port_script open:/dev/ttyUSB0 get set:dtr rate:921600 write:hello read:5 close ...
 *
 * open:PATH        every other word is about the port opened last
 * open-again:PATH  open it a second time, and close that at once
 * get              the lines that are raised
 * set:LINES        TIOCMSET; LINES is dtr, rts, dtr+rts or none; also raise:, drop:
 * rate:N           as a number (termios2); prints the rate that is read back
 * constant:N       as a B constant (tcsetattr); prints the rate and whether the constant stayed
 * hupcl:on, :off   drop the lines on the last close or not
 * exclusive        TIOCEXCL
 * low-latency:on, :off  ASYNC_LOW_LATENCY of TIOCSSERIAL; prints what TIOCGSERIAL says then
 * until:PATH       waits until there is such a file, two minutes at most
 * until-gone:PATH  waits until there is none
 * until-unread:N   waits until N bytes lie there to be read, as long
 * write:TEXT       read:N  up to N bytes, until none comes for half a second
 * read-until:TEXT  reads until TEXT has come, two minutes at most
 * wait:MS
 * control:T,R,V,N  USBDEVFS_CONTROL on a node below /dev/bus/usb: type, request, value in
 *                  hexadecimal, N bytes at most; prints what comes
 * fork             a child process that holds the port open too, and ends
 * close
 * took:MS          whether the last open or close took so long
 * alarms           from now on a signal comes every 20 ms
 *
 * A call that fails prints its errno's name. Written for the tests; ends 0 always.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* <asm/termbits.h> does not get on with <termios.h>; this is its struct termios2. */
struct rate_settings {
	tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
	cc_t c_line, c_cc[19];
	speed_t c_ispeed, c_ospeed;
};
#define GET_RATE _IOR('T', 0x2a, struct rate_settings)
#define SET_RATE _IOW('T', 0x2b, struct rate_settings)

/* However slow the machine is. */
enum { PATIENCE_S = 120 };

static int port = -1;
static long long took_ms;

static void say(const char *word, int failed)
{
	printf("%s: %s\n", word, failed ? strerrorname_np(errno) : "ok");
}

static int line_bits(const char *text)
{
	return (strstr(text, "dtr") ? TIOCM_DTR : 0) | (strstr(text, "rts") ? TIOCM_RTS : 0);
}

static void print_lines(void)
{
	int bits;

	if (ioctl(port, TIOCMGET, &bits)) {
		say("get", 1);
		return;
	}
	bits &= TIOCM_DTR | TIOCM_RTS;
	printf("lines: %s%s%s%s\n", bits & TIOCM_DTR ? "dtr" : "",
	       bits == (TIOCM_DTR | TIOCM_RTS) ? "+" : "", bits & TIOCM_RTS ? "rts" : "",
	       bits ? "" : "none");
}

static void set_lines(const char *word, unsigned long request, const char *text)
{
	int bits = line_bits(text);

	say(word, ioctl(port, request, &bits));
}

static void print_rate(void)
{
	struct rate_settings s;

	if (ioctl(port, GET_RATE, &s))
		say("rate", 1);
	else
		printf("rate: %u\n", s.c_ospeed);
}

static void set_rate(const char *text)
{
	struct rate_settings s;

	if (ioctl(port, GET_RATE, &s)) {
		say("rate", 1);
		return;
	}
	s.c_cflag = (s.c_cflag & ~(tcflag_t)CBAUD) | CBAUDEX;
	s.c_ispeed = s.c_ospeed = (speed_t)atoi(text);
	if (ioctl(port, SET_RATE, &s))
		say("rate", 1);
	else
		print_rate();
}

static void set_constant(const char *text)
{
	speed_t constant = strcmp(text, "921600") == 0 ? B921600 : B115200;
	struct termios t;

	tcgetattr(port, &t);
	cfsetspeed(&t, constant);
	if (tcsetattr(port, TCSANOW, &t)) {
		say("constant", 1);
		return;
	}
	print_rate();
	tcgetattr(port, &t);
	printf("constant: %s\n", cfgetospeed(&t) == constant ? "stayed" : "lost");
}

static void set_hupcl(const char *text)
{
	struct termios t;

	tcgetattr(port, &t);
	t.c_cflag = strcmp(text, "on") == 0 ? t.c_cflag | HUPCL : t.c_cflag & ~(tcflag_t)HUPCL;
	say("hupcl", tcsetattr(port, TCSANOW, &t));
}

static void read_bytes(size_t wanted)
{
	char bytes[4096];
	size_t have = 0;
	struct pollfd p = { .fd = port, .events = POLLIN };

	while (have < wanted && have < sizeof(bytes) - 1 && poll(&p, 1, 500) == 1) {
		ssize_t n = read(port, bytes + have, 1);

		if (n <= 0) {
			printf("read: %s\n", n ? strerrorname_np(errno) : "end of file");
			return;
		}
		have += (size_t)n;
	}
	printf("read: %.*s\n", have ? (int)have : 7, have ? bytes : "nothing");
}

static void read_until(const char *text)
{
	struct pollfd p = { .fd = port, .events = POLLIN };
	size_t size = strlen(text), have = 0;
	char *last = calloc(1, size + 1);
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (poll(&p, 1, 100) != 1)
			continue;
		if (have == size)
			memmove(last, last + 1, --have);
		if (read(port, last + have, 1) != 1)
			break;
		have++;
	} while (strncmp(last, text, size) && now.tv_sec - from.tv_sec < PATIENCE_S);
	printf("read-until: %s\n", strncmp(last, text, size) ? "it did not come" : text);
	free(last);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void open_port(const char *path)
{
	long long from_ms = now_ms();

	port = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	took_ms = now_ms() - from_ms;
	say("open", port < 0);
}

static void close_port(void)
{
	long long from_ms = now_ms();
	int failed = close(port);

	took_ms = now_ms() - from_ms;
	say("close", failed);
}

static void no_news(int signal_nr)
{
	(void)signal_nr;
}

static void send_alarms(void)
{
	struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction action = { .sa_handler = no_news };

	say("alarms", sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &often, NULL));
}

static void hold_in_child(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	say("fork", child < 0 || waitpid(child, NULL, 0) != child);
}

static void set_low_latency(const char *text)
{
	struct serial_struct s;

	if (ioctl(port, TIOCGSERIAL, &s) == 0) {
		s.flags = strcmp(text, "on") == 0 ? s.flags | ASYNC_LOW_LATENCY
						  : s.flags & ~ASYNC_LOW_LATENCY;
		if (ioctl(port, TIOCSSERIAL, &s) == 0 && ioctl(port, TIOCGSERIAL, &s) == 0) {
			printf("low-latency: %s\n", s.flags & ASYNC_LOW_LATENCY ? "on" : "off");
			return;
		}
	}
	say("low-latency", 1);
}

static void control(const char *text)
{
	unsigned type = 0, request = 0, value = 0, size = 0;
	unsigned char bytes[64] = { 0 };
	struct usbdevfs_ctrltransfer c = { .timeout = 300, .data = bytes };
	int n;

	sscanf(text, "%x,%x,%x,%u", &type, &request, &value, &size);
	c.bRequestType = (__u8)type;
	c.bRequest = (__u8)request;
	c.wValue = (__u16)value;
	c.wLength = (__u16)size;
	n = ioctl(port, USBDEVFS_CONTROL, &c);
	if (n < 0) {
		say("control", 1);
		return;
	}
	printf("control:");
	for (int i = 0; i < n; i++)
		printf(" %02x", bytes[i]);
	puts("");
}

static void wait_until(const char *word, const char *path, int is_there)
{
	for (int tries = 0; tries < PATIENCE_S * 100; tries++) {
		if ((access(path, F_OK) == 0) == is_there)
			return;
		poll(NULL, 0, 10);
	}
	printf("%s: waited for %s in vain\n", word, path);
}

static void wait_for_bytes(const char *text)
{
	for (int tries = 0; tries < PATIENCE_S * 100; tries++) {
		int unread = 0;

		if (ioctl(port, FIONREAD, &unread) == 0 && unread >= atoi(text))
			return;
		poll(NULL, 0, 10);
	}
	puts("until-unread: waited in vain");
}

static void do_word(const char *word, const char *text)
{
	if (strcmp(word, "open") == 0) {
		open_port(text);
	} else if (strcmp(word, "open-again") == 0) {
		int fd = open(text, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		say("open-again", fd < 0);
		if (fd >= 0)
			close(fd);
	} else if (strcmp(word, "get") == 0) {
		print_lines();
	} else if (strcmp(word, "set") == 0) {
		set_lines(word, TIOCMSET, text);
	} else if (strcmp(word, "raise") == 0) {
		set_lines(word, TIOCMBIS, text);
	} else if (strcmp(word, "drop") == 0) {
		set_lines(word, TIOCMBIC, text);
	} else if (strcmp(word, "rate") == 0) {
		set_rate(text);
	} else if (strcmp(word, "constant") == 0) {
		set_constant(text);
	} else if (strcmp(word, "hupcl") == 0) {
		set_hupcl(text);
	} else if (strcmp(word, "exclusive") == 0) {
		say(word, ioctl(port, TIOCEXCL));
	} else if (strcmp(word, "low-latency") == 0) {
		set_low_latency(text);
	} else if (strcmp(word, "control") == 0) {
		control(text);
	} else if (strcmp(word, "until") == 0) {
		wait_until(word, text, 1);
	} else if (strcmp(word, "until-gone") == 0) {
		wait_until(word, text, 0);
	} else if (strcmp(word, "until-unread") == 0) {
		wait_for_bytes(text);
	} else if (strcmp(word, "write") == 0) {
		say(word, write(port, text, strlen(text)) != (ssize_t)strlen(text));
	} else if (strcmp(word, "read") == 0) {
		read_bytes((size_t)atoi(text));
	} else if (strcmp(word, "read-until") == 0) {
		read_until(text);
	} else if (strcmp(word, "fork") == 0) {
		hold_in_child();
	} else if (strcmp(word, "wait") == 0) {
		poll(NULL, 0, atoi(text));
	} else if (strcmp(word, "close") == 0) {
		close_port();
	} else if (strcmp(word, "took") == 0) {
		printf("took: %s than %s ms\n", took_ms < atoi(text) ? "less" : "no less", text);
	} else if (strcmp(word, "alarms") == 0) {
		send_alarms();
	} else {
		printf("%s: what is that?\n", word);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *colon = strchr(argv[i], ':');

		if (colon)
			*colon = '\0';
		do_word(argv[i], colon ? colon + 1 : "");
	}
	return 0;
}
