/*
 * Is it text?
 */
#ifndef RECIPES_UTF8_H
#define RECIPES_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the UTF-8 character at p, 1 to 4; 0 when there is none. left: 1 or more. */
size_t utf8_span(const uint8_t *p, size_t left);

/*
 * Bytes of the control character at p, 0 when it is none: those of ASCII, U+0080 to
 * U+009F, and those that turn the direction of writing or break the line (U+061C,
 * U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069). p ends with a 0 byte.
 */
size_t utf8_control(const uint8_t *p);

#endif
