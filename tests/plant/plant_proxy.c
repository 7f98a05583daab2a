/*
 * A line between a station and the server that is cut: forwards each TCP connection to a Unix
 * socket, connection number k only for k steps of bytes, then closes both sides.
 *
 *   plant_proxy SOCKET up|down STEP
 *
 * Counted are the bytes that go up to the server, or down from it. Prints its port. Ends with
 * its parent's signal.
 */
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die(path);
	return fd;
}

static int listen_here(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&address, &size))
		die("listen");
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* false: one side has ended, or the bytes are used up. */
static bool forward(int from, int to, long *left)
{
	char bytes[512];
	size_t most = left && *left < (long)sizeof(bytes) ? (size_t)*left : sizeof(bytes);
	ssize_t got = read(from, bytes, most);

	if (got <= 0)
		return false;
	for (ssize_t done = 0; done < got;) {
		ssize_t put = write(to, bytes + done, (size_t)(got - done));

		if (put <= 0)
			return false;
		done += put;
	}
	if (left)
		*left -= got;
	return !left || *left > 0;
}

static void serve(int client, const char *path, bool is_up, long left)
{
	int server = connect_to(path);
	struct pollfd fds[2] = { { .fd = client, .events = POLLIN },
				 { .fd = server, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			break;
		if (fds[0].revents && !forward(client, server, is_up ? &left : NULL))
			break;
		if (fds[1].revents && !forward(server, client, is_up ? NULL : &left))
			break;
	}
	close(client);
	close(server);
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "plant_proxy SOCKET up|down STEP\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	long step = strtol(argv[3], NULL, 10);
	int listening = listen_here();
	for (long k = 1;; k++) {
		int client = accept(listening, NULL, NULL);

		if (client < 0)
			die("accept");
		serve(client, argv[1], strcmp(argv[2], "up") == 0, k * step);
	}
}
