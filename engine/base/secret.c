#include "engine/base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
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

void secret_guard_process(void)
{
	const struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
