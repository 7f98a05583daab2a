/*
 * The texts of a recipe as numbers. Pure; each is false for anything but a whole,
 * well-formed value. Nothing is guessed: "010" is no number, "3" is no revision.
 */
#ifndef RECIPES_VALUE_H
#define RECIPES_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* 921600, 0x1000. */
bool value_integer(const char *text, uint64_t *number);
/* 4096, 0x1000, 64K, 64KB, 64KiB, 4M, 4MB, 4MiB, 2G, 2GB, 2GiB; K is 1024, upper or lower case. */
bool value_size(const char *text, uint64_t *number);
/* 3.1 -> 301, 3.10 -> 310. */
bool value_revision(const char *text, uint64_t *number);
/* 40m, 40MHz -> 40. */
bool value_frequency(const char *text, uint64_t *number);
/* 500ms, 5s, 2m, 1h -> ms. */
bool value_duration(const char *text, uint64_t *number);
/* 3.3, -40, 1e-3: decimal, with a point whatever the language; nothing before or behind it. */
bool value_decimal(const char *text, double *number);

#endif
