#include "station/web/web_guard.h"

#include "engine/base/bytes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOW_TO_MAKE "make one with: (umask 077; head -c 24 /dev/urandom | base64 >%s)"

/* ---- the token ---- */

static enum status judge_token(const char *path, const char *token, struct err *err)
{
	bool is_seen[256] = { false };
	unsigned kinds = 0;

	for (const char *c = token; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte <= ' ' || byte > '~')
			return err_set(err, STATUS_USAGE,
				       "%s: its first line has blanks or bytes that are no "
				       "token; " HOW_TO_MAKE,
				       path, path);
		kinds += !is_seen[byte];
		is_seen[byte] = true;
	}
	if (strlen(token) < WEB_TOKEN_MIN || kinds < 8)
		return err_set(err, STATUS_USAGE,
			       "%s: a token of %zu characters, %u different ones, can be guessed; "
			       "16 random bytes or more are needed: " HOW_TO_MAKE,
			       path, strlen(token), kinds, path);
	return STATUS_OK;
}

static enum status check_owner(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(err, STATUS_USAGE, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, STATUS_USAGE, "%s is no file; the page's token stands in one",
			       path);
	if (st.st_mode & 077)
		return err_set(err, STATUS_USAGE,
			       "%s: others may read the page's token (mode %03o): chmod 600 it, "
			       "or " HOW_TO_MAKE,
			       path, (unsigned)(st.st_mode & 0777), path);
	return STATUS_OK;
}

enum status web_token_read(const char *path, char token[static WEB_TOKEN_BYTES], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum status st;
	ssize_t size;

	token[0] = '\0';
	if (fd < 0)
		return err_set(err, STATUS_USAGE,
			       "the page's token cannot be read from %s: %s; " HOW_TO_MAKE, path,
			       strerror(errno), path);
	st = check_owner(fd, path, err);
	size = st ? 0 : read(fd, token, WEB_TOKEN_BYTES - 1);
	if (!st && size < 0)
		st = err_set(err, STATUS_USAGE, "%s: %s", path, strerror(errno));
	close(fd);
	if (st)
		return st;
	token[size] = '\0';
	token[strcspn(token, "\r\n")] = '\0';
	return judge_token(path, token, err);
}

enum status web_token_make(char token[static WEB_TOKEN_BYTES], struct err *err)
{
	uint8_t bytes[16];
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));

	if (fd >= 0)
		close(fd);
	if (size != (ssize_t)sizeof(bytes))
		return err_set(err, STATUS_FILE, "no random bytes from /dev/urandom: %s",
			       strerror(errno));
	hex_text(bytes, sizeof(bytes), token);
	return STATUS_OK;
}

static bool are_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
	uint8_t of_a[SHA256_BYTES], of_b[SHA256_BYTES], differs = 0;

	digest_sha256(a, a_size, of_a);
	digest_sha256(b, b_size, of_b);
	for (size_t i = 0; i < sizeof(of_a); i++)
		differs |= of_a[i] ^ of_b[i];
	return !differs;
}

bool web_guard_token(const struct web_guard *g, const char *token)
{
	return token && g->token[0] && are_equal(token, strlen(token), g->token, strlen(g->token));
}

bool web_guard_bearer(const struct web_guard *g, const char *authorization)
{
	if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	authorization += 7;
	return web_guard_token(g, authorization + strspn(authorization, " "));
}

/* ---- sessions ---- */

/* HMAC-SHA-256, RFC 2104: the key is the token, or its digest where that is longer than a block. */
static void hmac(const char *key, const char *text, uint8_t mac[static SHA256_BYTES])
{
	uint8_t block[64] = { 0 }, inner[SHA256_BYTES];
	struct digest *d;

	if (strlen(key) > sizeof(block))
		digest_sha256((const uint8_t *)key, strlen(key), block);
	else
		memcpy(block, key, strlen(key));
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	d = digest_new();
	digest_add(d, block, sizeof(block));
	digest_add(d, text, strlen(text));
	digest_finish(d, inner);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5C;
	d = digest_new();
	digest_add(d, block, sizeof(block));
	digest_add(d, inner, sizeof(inner));
	digest_finish(d, mac);
}

void web_session_make(const struct web_guard *g, int64_t until_utc_s,
		      char session[static WEB_SESSION_BYTES])
{
	uint8_t mac[SHA256_BYTES];
	char text[64], hex[SHA256_TEXT_BYTES];

	snprintf(text, sizeof(text), "flashline session %lld", (long long)until_utc_s);
	hmac(g->token, text, mac);
	hex_text(mac, sizeof(mac), hex);
	snprintf(session, WEB_SESSION_BYTES, "%lld.%s", (long long)until_utc_s, hex);
}

bool web_session_is_good(const struct web_guard *g, const char *session, int64_t now_utc_s)
{
	char wanted[WEB_SESSION_BYTES];
	long long until;
	char *end;

	if (!session || !g->token[0] || strlen(session) >= WEB_SESSION_BYTES)
		return false;
	errno = 0;
	until = strtoll(session, &end, 10);
	if (errno || end == session || *end != '.' || until <= now_utc_s ||
	    until > now_utc_s + 2 * (int64_t)WEB_SESSION_S)
		return false;
	web_session_make(g, until, wanted);
	return are_equal(session, strlen(session), wanted, strlen(wanted));
}

/* ---- where a request comes from ---- */

/* The name of "name:8320", "[::1]:8320" or "name", without its brackets; port is 80 where none is
 * written. */
static bool split_host(const char *host, char name[static 256], unsigned *port)
{
	const char *begin = host, *end, *colon;
	char *rest;
	unsigned long number;

	if (*host == '[') {
		begin = host + 1;
		end = strchr(begin, ']');
		if (!end)
			return false;
		colon = end + 1;
	} else {
		end = host + strcspn(host, ":");
		colon = end;
	}
	if (end == begin || end - begin > 255)
		return false;
	memcpy(name, begin, (size_t)(end - begin));
	name[end - begin] = '\0';
	*port = 80;
	if (!*colon)
		return true;
	if (*colon != ':' || colon[1] < '0' || colon[1] > '9')
		return false;
	number = strtoul(colon + 1, &rest, 10);
	*port = (unsigned)number;
	return !*rest && number > 0 && number < 65536;
}

static bool is_number(const char *name)
{
	uint8_t address[16];

	return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* Is host what stands behind the scheme of the origin? A port that goes without saying may
 * be left out by either. */
static bool is_host_of(const char *origin, const char *host)
{
	const char *colon = strstr(origin, "://");

	return colon && strcasecmp(colon + 3, host) == 0;
}

bool web_guard_host(const struct web_guard *g, const char *host)
{
	char name[256];
	unsigned port;

	if (!host)
		return false;
	for (size_t i = 0; i < g->origin_count; i++) {
		if (is_host_of(g->origins[i], host))
			return true;
	}
	if (!split_host(host, name, &port) || port != g->port)
		return false;
	return strcasecmp(name, "localhost") == 0 || is_number(name);
}

bool web_guard_origin(const struct web_guard *g, const char *origin, const char *host)
{
	if (!origin || !host)
		return false;
	for (size_t i = 0; i < g->origin_count; i++) {
		if (strcasecmp(g->origins[i], origin) == 0)
			return true;
	}
	/* Our own page, under the name by which it was asked for. */
	return strncasecmp(origin, "http://", 7) == 0 && is_host_of(origin, host);
}

/* ---- not too often ---- */

bool web_rate_has(struct web_rate *r, uint64_t now_us)
{
	r->level += (double)(now_us - r->at_us) / 1e6 * r->per_s;
	r->at_us = now_us;
	if (r->level > r->most)
		r->level = r->most;
	return r->level >= 1;
}

bool web_rate_take(struct web_rate *r, uint64_t now_us)
{
	if (!web_rate_has(r, now_us))
		return false;
	r->level -= 1;
	return true;
}
