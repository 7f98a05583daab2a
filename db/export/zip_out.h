/*
 * A zip archive that is written member by member, none of them in memory: the one door to libzip.
 * Internal to db/.
 *
 * Members are named first; when the archive is finished, each is asked for its bytes, in the order
 * of naming, and passes through one scratch file. The same members give the same archive:
 * every time in it is the one given. The last member is SHA256SUMS over all others, as the program
 * sha256sum reads it.
 */
#ifndef DB_ZIP_OUT_H
#define DB_ZIP_OUT_H

#include "engine/base/err.h"

#include <stdint.h>
#include <stdio.h>

struct zip_out;

#define ZIP_OUT_SUMS "SHA256SUMS"

/* Writes a member's bytes to out. ctx and key as they were given with its name. */
typedef enum status zip_out_write(void *ctx, const char *key, FILE *out, struct err *err);

/* out: empty, open for writing, can be positioned; it stays the caller's, who checks it for errors
 * and closes it. *zip is NULL on failure. STATUS_NO_MEMORY, STATUS_FILE (no scratch file). */
enum status zip_out_new(FILE *out, int64_t utc_ms, struct zip_out **zip, struct err *err);

/* name is ASCII, with "/" between folders; key may be NULL; both are copied. STATUS_NO_MEMORY,
 * STATUS_INTERNAL (the name is there already). */
enum status zip_out_add(struct zip_out *zip, const char *name, zip_out_write *write, void *ctx,
			const char *key, struct err *err);

/* Writes all of it. Returns what a member's write returned, or STATUS_FILE. */
enum status zip_out_finish(struct zip_out *zip, struct err *err);

void zip_out_free(struct zip_out *zip);

#endif
