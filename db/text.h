/*
 * Texts on their way out: valid UTF-8 always, and nothing that a terminal would
 * take as a command. Internal to db/.
 */
#ifndef DB_TEXT_H
#define DB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the UTF-8 character at the start of text, 1 .. 4; 0 when it is none
 * (size_bytes > 0). Overlong forms, surrogates and values beyond 10FFFF are none. */
size_t utf8_length(const char *text, size_t size_bytes);

#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/*
 * Print for people: control characters become '?', newlines too unless keep_newlines is
 * set, bytes that are no UTF-8 become U+FFFD. Returns how many characters it
 * printed. out may be NULL: only count. NULL text prints nothing.
 */
size_t text_print(FILE *out, const char *text, bool keep_newlines);

#endif
