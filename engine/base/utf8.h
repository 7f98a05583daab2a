/*
 * Is it text?
 */
#ifndef ENGINE_BASE_UTF8_H
#define ENGINE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Length of the UTF-8 character at p, 1 to 4; 0 when there is none. left: 1 or more. */
size_t utf8_span(const uint8_t *p, size_t left);

#endif
