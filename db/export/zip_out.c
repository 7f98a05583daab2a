#define _XOPEN_SOURCE 700 /* fseeko */
#include "db/export/zip_out.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zip.h>

#define COMPRESSION_LEVEL 6
#define FILE_MODE 0100644u

struct member {
	struct zip_out *zip;
	struct member *next;
	zip_out_write *write;
	void *ctx;
	char *name, *key;
};

struct zip_out {
	zip_t *archive;
	FILE *out;
	FILE *scratch;
	struct member *members;      /* the newest first */
	const struct member *loaded; /* whose bytes the scratch file holds */
	int64_t loaded_bytes;
	struct digest *digest; /* of what was read of it */
	FILE *sums;            /* a memory stream */
	char *sums_text;
	size_t sums_bytes;
	uint16_t dos_time, dos_date;
	struct zip_error error;
	enum status st; /* of the first member that failed */
	struct err err;
};

/* ---- the archive itself, onto the caller's file ---- */

static zip_int64_t out_failed(struct zip_out *zip, int code)
{
	zip_error_set(&zip->error, code, errno);
	return -1;
}

static zip_int64_t out_seek(struct zip_out *zip, void *data, zip_uint64_t len)
{
	const zip_source_args_seek_t *args =
		ZIP_SOURCE_GET_ARGS(zip_source_args_seek_t, data, len, &zip->error);

	if (!args)
		return -1;
	return fseeko(zip->out, (off_t)args->offset, args->whence) ? out_failed(zip, ZIP_ER_SEEK)
								   : 0;
}

static zip_int64_t out_stat(void *data)
{
	zip_stat_t *stat = data;

	zip_stat_init(stat);
	stat->size = 0;
	stat->valid = ZIP_STAT_SIZE;
	return sizeof(*stat);
}

static zip_int64_t out_command(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
	struct zip_out *zip = ctx;

	switch (command) {
	case ZIP_SOURCE_WRITE:
		if (fwrite(data, 1, len, zip->out) != len)
			return out_failed(zip, ZIP_ER_WRITE);
		return (zip_int64_t)len;
	case ZIP_SOURCE_SEEK:
	case ZIP_SOURCE_SEEK_WRITE:
		return out_seek(zip, data, len);
	case ZIP_SOURCE_TELL:
	case ZIP_SOURCE_TELL_WRITE:
		return ftello(zip->out);
	case ZIP_SOURCE_STAT:
		return out_stat(data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&zip->error, data, len);
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_WRITABLE;
	case ZIP_SOURCE_COMMIT_WRITE:
		return fflush(zip->out) ? out_failed(zip, ZIP_ER_WRITE) : 0;
	default: /* it is new and empty: nothing to read, to undo or to free */
		return 0;
	}
}

/* ---- a member ---- */

static zip_int64_t member_failed(struct zip_out *zip, enum status st)
{
	zip_error_set(&zip->error, ZIP_ER_INTERNAL, 0);
	if (!zip->st)
		zip->st = st;
	return -1;
}

static enum status scratch_failed(struct zip_out *zip)
{
	return err_set(&zip->err, STATUS_FILE,
		       "the scratch file of the archive cannot be used (%s)", strerror(errno));
}

/* The member's bytes into the scratch file, unless they are there. */
static enum status load(const struct member *m)
{
	struct zip_out *zip = m->zip;

	if (zip->loaded == m)
		return STATUS_OK;
	zip->loaded = NULL;
	rewind(zip->scratch);
	if (ftruncate(fileno(zip->scratch), 0))
		return scratch_failed(zip);
	TRY(m->write(m->ctx, m->key, zip->scratch, &zip->err));
	zip->loaded_bytes = ftello(zip->scratch);
	if (fflush(zip->scratch) || ferror(zip->scratch) || zip->loaded_bytes < 0)
		return scratch_failed(zip);
	zip->loaded = m;
	return STATUS_OK;
}

static zip_int64_t member_stat(const struct member *m, void *data)
{
	zip_stat_t *stat = data;
	enum status st = load(m);

	if (st)
		return member_failed(m->zip, st);
	zip_stat_init(stat);
	stat->size = (zip_uint64_t)m->zip->loaded_bytes;
	stat->valid = ZIP_STAT_SIZE;
	return sizeof(*stat);
}

static zip_int64_t member_open(const struct member *m)
{
	struct zip_out *zip = m->zip;
	enum status st = load(m);

	if (!st && fseeko(zip->scratch, 0, SEEK_SET))
		st = scratch_failed(zip);
	if (!st && zip->digest)
		st = err_set(&zip->err, STATUS_INTERNAL, "the archive reads two members at once");
	if (!st)
		zip->digest = digest_new();
	return st ? member_failed(zip, st) : 0;
}

static zip_int64_t member_read(const struct member *m, void *data, zip_uint64_t len)
{
	size_t size = fread(data, 1, len, m->zip->scratch);

	if (ferror(m->zip->scratch))
		return member_failed(m->zip, scratch_failed(m->zip));
	digest_add(m->zip->digest, data, size);
	return (zip_int64_t)size;
}

static void member_close(const struct member *m)
{
	uint8_t sha256[SHA256_BYTES];
	char hex[SHA256_TEXT_BYTES];

	digest_finish(m->zip->digest, sha256);
	m->zip->digest = NULL;
	hex_text(sha256, sizeof(sha256), hex);
	fprintf(m->zip->sums, "%s  %s\n", hex, m->name);
}

static zip_int64_t member_command(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
	const struct member *m = ctx;

	switch (command) {
	case ZIP_SOURCE_STAT:
		return member_stat(m, data);
	case ZIP_SOURCE_OPEN:
		return member_open(m);
	case ZIP_SOURCE_READ:
		return member_read(m, data, len);
	case ZIP_SOURCE_CLOSE:
		member_close(m);
		return 0;
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&m->zip->error, data, len);
	case ZIP_SOURCE_SUPPORTS:
		return ZIP_SOURCE_SUPPORTS_READABLE;
	default:
		return 0;
	}
}

static enum status write_sums(void *ctx, const char *key, FILE *out, struct err *err)
{
	struct zip_out *zip = ctx;

	(void)key;
	if (fflush(zip->sums))
		return err_set(err, STATUS_NO_MEMORY, "no memory for the list of digests");
	fwrite(zip->sums_text, 1, zip->sums_bytes, out);
	return STATUS_OK;
}

/* ---- all of it ---- */

/* Zip tells years 1980 to 2107, and seconds by twos. */
static void set_time(struct zip_out *zip, int64_t utc_ms)
{
	time_t seconds = (time_t)(utc_ms / 1000);
	struct tm tm;

	zip->dos_date = 1 << 5 | 1; /* 1980-01-01 */
	if (utc_ms < 0 || !gmtime_r(&seconds, &tm) || tm.tm_year < 80 || tm.tm_year > 207)
		return;
	zip->dos_date = (uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday);
	zip->dos_time = (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2);
}

enum status zip_out_new(FILE *out, int64_t utc_ms, struct zip_out **result, struct err *err)
{
	struct zip_out *zip = calloc(1, sizeof(*zip));
	zip_source_t *source = NULL;

	*result = NULL;
	if (!zip)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the archive");
	zip_error_init(&zip->error);
	zip->out = out;
	set_time(zip, utc_ms);
	zip->scratch = tmpfile();
	if (!zip->scratch) {
		enum status st = err_set(err, STATUS_FILE,
					 "no scratch file for the archive can be made (%s)",
					 strerror(errno));
		zip_out_free(zip);
		return st;
	}
	zip->sums = open_memstream(&zip->sums_text, &zip->sums_bytes);
	source = zip_source_function_create(out_command, zip, NULL);
	if (zip->sums && source)
		zip->archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, &zip->error);
	if (!zip->archive) {
		zip_source_free(source);
		zip_out_free(zip);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the archive");
	}
	*result = zip;
	return STATUS_OK;
}

/* ctx of the member is a struct zip_out where it is the list of digests. */
static struct member *member_new(struct zip_out *zip, const char *name, zip_out_write *write,
				 void *ctx, const char *key)
{
	struct member *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	*m = (struct member){ .zip = zip, .next = zip->members, .write = write, .ctx = ctx };
	zip->members = m;
	m->name = strdup(name);
	m->key = key ? strdup(key) : NULL;
	return m->name && (m->key || !key) ? m : NULL;
}

enum status zip_out_add(struct zip_out *zip, const char *name, zip_out_write *write, void *ctx,
			const char *key, struct err *err)
{
	struct member *m = member_new(zip, name, write, ctx, key);
	zip_source_t *source = m ? zip_source_function(zip->archive, member_command, m) : NULL;
	zip_int64_t index;

	if (!source)
		return err_set(err, STATUS_NO_MEMORY, "no memory for '%s' in the archive", name);
	index = zip_file_add(zip->archive, name, source, ZIP_FL_ENC_UTF_8);
	if (index < 0) {
		zip_source_free(source);
		return err_set(err, STATUS_INTERNAL, "'%s' cannot be put into the archive (%s)",
			       name, zip_strerror(zip->archive));
	}
	zip_file_set_dostime(zip->archive, (zip_uint64_t)index, zip->dos_time, zip->dos_date, 0);
	zip_file_set_external_attributes(zip->archive, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
					 FILE_MODE << 16);
	zip_set_file_compression(zip->archive, (zip_uint64_t)index, ZIP_CM_DEFLATE,
				 COMPRESSION_LEVEL);
	return STATUS_OK;
}

enum status zip_out_finish(struct zip_out *zip, struct err *err)
{
	TRY(zip_out_add(zip, ZIP_OUT_SUMS, write_sums, zip, NULL, err));
	if (zip_close(zip->archive) == 0) {
		zip->archive = NULL;
		return STATUS_OK;
	}
	if (zip->st) {
		if (err)
			*err = zip->err;
		return zip->st;
	}
	return err_set(err, STATUS_FILE, "the archive cannot be written (%s)",
		       zip_strerror(zip->archive));
}

void zip_out_free(struct zip_out *zip)
{
	if (!zip)
		return;
	if (zip->archive)
		zip_discard(zip->archive);
	for (struct member *m = zip->members, *next; m; m = next) {
		next = m->next;
		free(m->name);
		free(m->key);
		free(m);
	}
	if (zip->digest)
		digest_finish(zip->digest, (uint8_t[SHA256_BYTES]){ 0 });
	if (zip->sums)
		fclose(zip->sums);
	free(zip->sums_text);
	if (zip->scratch)
		fclose(zip->scratch);
	zip_error_fini(&zip->error);
	free(zip);
}
