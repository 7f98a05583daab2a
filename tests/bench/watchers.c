/*
 * Browsers that only watch: watchers PORT COUNT SECONDS. Opens so many streams of events, reads all
 * that comes, and says how much that was: "events 12345 bytes 67890 lost 0". lost: closed by
 * the server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WATCHERS_MAX 200

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int watch(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[100];

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		fprintf(stderr, "watchers: port %u: %s\n", port, strerror(errno));
		exit(3);
	}
	snprintf(text, sizeof(text), "GET /events HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", port);
	if (send(fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		exit(3);
	return fd;
}

/* Events in a piece of the stream: each begins with "data: {". */
static unsigned long count_events(const char *bytes)
{
	unsigned long count = 0;

	for (const char *at = strstr(bytes, "data: {"); at; at = strstr(at + 7, "data: {"))
		count++;
	return count;
}

int main(int argc, char **argv)
{
	struct pollfd fds[WATCHERS_MAX];
	static char bytes[65536];
	unsigned long events = 0, lost = 0;
	unsigned long long total = 0;
	unsigned port, count;
	double end_s;

	if (argc != 4)
		return 2;
	port = (unsigned)strtoul(argv[1], NULL, 10);
	count = (unsigned)strtoul(argv[2], NULL, 10);
	if (!port || count > WATCHERS_MAX)
		return 2;
	for (unsigned i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = watch(port), .events = POLLIN };
	end_s = now_s() + strtod(argv[3], NULL);
	while (now_s() < end_s) {
		if (poll(fds, count, 200) <= 0)
			continue;
		for (unsigned i = 0; i < count; i++) {
			ssize_t got;

			if (!fds[i].revents)
				continue;
			got = recv(fds[i].fd, bytes, sizeof(bytes) - 1, 0);
			if (got <= 0) {
				lost++;
				close(fds[i].fd);
				fds[i].fd = -1;
				continue;
			}
			bytes[got] = '\0';
			total += (unsigned long long)got;
			events += count_events(bytes);
		}
	}
	printf("events %lu bytes %llu lost %lu\n", events, total, lost);
	return 0;
}
