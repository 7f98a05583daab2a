/*
 * Words that come again and again, each kept once and numbered. Internal to db/.
 */
#ifndef DB_NAMES_H
#define DB_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* Starts as { 0 }. */
struct names {
	char **items; /* by number; number 0 is the unknown one, NULL */
	size_t count;
	size_t room;
	uint32_t *slots; /* hash table of numbers, 0 free */
	size_t slot_count;
};

#define NAMES_NO_MEMORY SIZE_MAX

/* The number of text, a new one where it was never seen; NULL is 0. Numbers count up from 0
 * without a gap. NAMES_NO_MEMORY. */
size_t names_number(struct names *n, const char *text);
void names_release(struct names *n);

#endif
