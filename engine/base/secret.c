#include "engine/base/secret.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct secret {
	size_t size;
	char text[];
};

struct secret *secret_new(const char *text, size_t size)
{
	struct secret *s = malloc(sizeof(*s) + size + 1);

	if (!s)
		return NULL;
	s->size = size;
	memcpy(s->text, text, size);
	s->text[size] = '\0';
	return s;
}

void secret_free(struct secret *s)
{
	if (s)
		secret_wipe(s, sizeof(*s) + s->size);
	free(s);
}

const char *secret_text(const struct secret *s)
{
	return s->text;
}

void secret_wipe(void *bytes, size_t size)
{
	OPENSSL_cleanse(bytes, size);
}

/* ---- in what others say ---- */

#define WORD_BYTES 4 /* shorter values stand in many words */

static bool is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* How many bytes of it stand at text + at: all, or as many as the text has left; 0 none. */
static size_t found_at(const char *text, size_t at, const char *value, size_t size)
{
	size_t same = 0;

	while (same < size && text[at + same] &&
	       strncasecmp(text + at + same, value + same, 1) == 0)
		same++;
	if (same == size && size < WORD_BYTES)
		return (at && is_word_byte(text[at - 1])) || is_word_byte(text[at + same]) ? 0
											   : same;
	if (same == size)
		return same;
	return same >= WORD_BYTES && (!text[at + same] || text[at + same] == '"') ? same : 0;
}

void secret_hide(char *text, const char *value)
{
	size_t size = strlen(value);

	for (size_t at = 0; size && text[at]; at++) {
		size_t found = found_at(text, at, value, size);

		memset(text + at, '*', found);
		at += found ? found - 1 : 0;
	}
}

/* ---- the process ---- */

void secret_guard_process(void)
{
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
