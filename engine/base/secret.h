/*
 * What nobody may be shown: passwords, keys, and the bytes that were made of them.
 *
 * A secret has a type of its own, which no printing function takes: whoever wants its text has to
 * say so, and there is one place in the program that does (recipes/unit_values.c, which puts it
 * into an image). It is wiped before its memory is given back.
 */
#ifndef ENGINE_BASE_SECRET_H
#define ENGINE_BASE_SECRET_H

#include <stddef.h>

struct secret;

/* A copy of size bytes, with a zero byte behind them. NULL: no memory. */
struct secret *secret_new(const char *text, size_t size);
/* NULL is fine. */
void secret_free(struct secret *s);

/* Lent. Not for messages, logs or records. */
const char *secret_text(const struct secret *s);

/* Fill with zeros, also where a compiler would leave that out. */
void secret_wipe(void *bytes, size_t size);

/*
 * '*' for each byte of the value wherever it stands in text, in capitals or not: what somebody
 * else says may hold it. One of up to three bytes only as a word of its own. Where a text was cut,
 * at its end or in front of a '"', the beginning of a longer value is hidden as well.
 */
void secret_hide(char *text, const char *value);

/*
 * For the whole process, from now on: no core dump, and no other process of this user may read its
 * memory. What does not work is left: there is nothing else to do about it.
 */
void secret_guard_process(void);

#endif
