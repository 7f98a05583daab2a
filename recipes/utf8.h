/*
 * Text that goes to terminals, records and exports.
 */
#ifndef RECIPES_UTF8_H
#define RECIPES_UTF8_H

#include "engine/base/utf8.h"

/*
 * Bytes of the control character at p, 0 when it is none: those of ASCII, U+0080 to
 * U+009F, and those that turn the direction of writing or break the line (U+061C,
 * U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069). p ends with a 0 byte.
 */
size_t utf8_control(const uint8_t *p);

#endif
