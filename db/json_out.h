/* Values as JSON (RFC 8259), valid UTF-8 whatever the bytes are. Internal to db/. */
#ifndef DB_JSON_OUT_H
#define DB_JSON_OUT_H

#include "db/span.h"

#include <stdio.h>

/* In quotes; bytes that are no UTF-8 become U+FFFD. */
void json_out_text(FILE *out, struct span span);

/* "name":value, with a comma before all but the first member of an object; *count counts them.
 * A NULL text writes nothing at all. */
void json_out_member(FILE *out, unsigned *count, const char *name, const char *text);
void json_out_member_span(FILE *out, unsigned *count, const char *name, struct span span);
/* value is finite. */
void json_out_member_real(FILE *out, unsigned *count, const char *name, double value);
void json_out_member_integer(FILE *out, unsigned *count, const char *name, long long value);
/* Only the comma and the name, for what the caller writes behind it. */
void json_out_name(FILE *out, unsigned *count, const char *name);

/* {"column":value,...}: every column of the row by the type that it has; what is unknown is null,
 * and so is a blob and what no number of JSON can say. */
void json_out_row(FILE *out, sqlite3_stmt *row);

#endif
