/* A browser's side of a connection, byte by byte: for tests of the page's server. */
#ifndef TESTS_WEB_HTTP_H
#define TESTS_WEB_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct http_reply {
	int code;         /* 0: the connection was closed without an answer */
	char *text;       /* all of it, for free() */
	const char *body; /* in text */
};

/* A connection to 127.0.0.1, which gives up reading after 20 s. */
int http_connect(unsigned port);
void http_send(int fd, const char *bytes, size_t size);
/* Until the server closes. */
struct http_reply http_read(int fd);
/* Until so much of text has come that it holds this; fails the test when the server closes first or
 * says nothing for long. For free(). */
char *http_read_until(int fd, const char *wanted);
/* The first server-sent event that holds this, without those before it and without the begun one
 * behind it; the very first has the answer's head before it. kept is what was read of the begun
 * one, starts as NULL and is the caller's to free(). The answer must not be chunked (HTTP/1.0): a
 * chunk's length would stand in the middle. Fails like the one above. For free(). */
char *http_read_event(int fd, char **kept, const char *wanted);

/* One request on a connection of its own, with Host and "Connection: close"; headers are lines
 * with their ends, body may be NULL. */
struct http_reply http_ask(unsigned port, const char *method, const char *path, const char *headers,
			   const char *body);
void http_release(struct http_reply *r);
/* Is there such a header with such a value in it? */
bool http_has(const struct http_reply *r, const char *header, const char *value);

#endif
