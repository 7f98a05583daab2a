#include "tests/web/http.h"

#include "tests/web/prelude.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 20000

int http_connect(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void http_send(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* it was cut: what was answered before tells */
		bytes += sent;
		size -= (size_t)sent;
	}
}

/* false: closed, or silent for too long. */
static bool read_more(int fd, char **text, size_t *size)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char *grown = realloc(*text, *size + 65536);
	ssize_t got;

	assert_non_null(grown);
	*text = grown;
	grown[*size] = '\0';
	if (poll(&wait, 1, PATIENCE_MS) != 1)
		return false;
	got = recv(fd, grown + *size, 65535, 0);
	if (got <= 0)
		return false;
	*size += (size_t)got;
	grown[*size] = '\0';
	return true;
}

struct http_reply http_read(int fd)
{
	struct http_reply r = { 0 };
	char *text = calloc(1, 1);
	const char *body;
	size_t size = 0;

	assert_non_null(text);
	while (read_more(fd, &text, &size))
		;
	body = strstr(text, "\r\n\r\n");
	if (sscanf(text, "HTTP/1.%*d %d", &r.code) != 1)
		r.code = 0;
	r.text = text;
	r.body = body ? body + 4 : "";
	return r;
}

char *http_read_until(int fd, const char *wanted)
{
	char *text = calloc(1, 1);
	size_t size = 0;

	while (!strstr(text, wanted)) {
		if (!read_more(fd, &text, &size))
			fail_msg("'%s' has not come, but: %s", wanted, text);
	}
	return text;
}

char *http_read_event(int fd, char **kept, const char *wanted)
{
	char *text = *kept ? *kept : calloc(1, 1);
	size_t size = strlen(text);

	*kept = NULL;
	while (true) {
		char *end = strstr(text, "\n\n"), *event;

		if (!end) {
			if (!read_more(fd, &text, &size))
				fail_msg("no event with '%s' has come, but: %s", wanted, text);
			continue;
		}
		*end = '\0';
		event = strdup(text);
		size -= (size_t)(end + 2 - text);
		memmove(text, end + 2, size + 1);
		if (strstr(event, wanted)) {
			*kept = text;
			return event;
		}
		free(event);
	}
}

struct http_reply http_ask(unsigned port, const char *method, const char *path, const char *headers,
			   const char *body)
{
	size_t room = strlen(path) + strlen(headers) + (body ? strlen(body) : 0) + 300;
	char *text = malloc(room), length[60] = "";
	int fd = http_connect(port);
	struct http_reply r;

	assert_non_null(text);
	if (body)
		snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
	snprintf(text, room, "%s %s HTTP/1.1\r\n%s%sConnection: close\r\n\r\n%s", method, path,
		 headers, length, body ? body : "");
	http_send(fd, text, strlen(text));
	free(text);
	r = http_read(fd);
	close(fd);
	return r;
}

void http_release(struct http_reply *r)
{
	free(r->text);
	*r = (struct http_reply){ 0 };
}

bool http_has(const struct http_reply *r, const char *header, const char *value)
{
	for (const char *line = strstr(r->text, "\r\n"); line && line + 2 < r->body;
	     line = strstr(line + 2, "\r\n")) {
		const char *end = strstr(line + 2, "\r\n");
		const char *found = strstr(line + 2, value);

		if (strncasecmp(line + 2, header, strlen(header)) == 0 &&
		    line[2 + strlen(header)] == ':')
			return found && end && found < end;
	}
	return false;
}
