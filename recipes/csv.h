/*
 * Tables as text: rows of cells with their places. RFC 4180, and comments.
 *
 * Cells are parted by commas; one that begins with '"' ends at the next '"' and may hold
 * commas, line ends and, doubled, '"'. Lines end with LF, CR LF or CR, each an LF inside of
 * a cell. Empty lines and lines that begin with '#' are left out, a byte order mark too.
 * Nothing is trimmed and nothing is typed. Refused, with the place: bytes that are
 * not UTF-8, zero bytes, a '"' that is never closed or has text behind it, a '#' line inside of
 * quotes (tools differ about it), more than CSV_FILE_MAX bytes.
 *
 * Cells may be secrets: no message ever shows one.
 */
#ifndef RECIPES_CSV_H
#define RECIPES_CSV_H

#include "engine/base/err.h"
#include "recipes/diag.h"

#include <stddef.h>

#define CSV_FILE_MAX (8u * 1024u * 1024u)

struct csv_cell {
	const char *text;
	unsigned line, column; /* of its first character, from 1; columns count characters */
};

struct csv_row {
	const struct csv_cell *cells;
	size_t count;  /* 1 or more */
	unsigned line; /* that it begins in */
};

struct csv {
	char *file; /* as messages call it */
	struct csv_row *rows;
	size_t count;
	struct csv_cell *cells; /* of all rows */
	char *storage;          /* their texts */
	size_t storage_bytes;
};

/*
 * name: how messages call it. *out is NULL on failure: STATUS_RECIPE with one more error in
 * diags, STATUS_FILE (the same), STATUS_NO_MEMORY.
 */
enum status csv_read_file(const char *path, struct csv **out, struct diag_list *diags,
			  struct err *err);
enum status csv_read_text(const char *name, const char *text, size_t size, struct csv **out,
			  struct diag_list *diags, struct err *err);
/* Wipes all cells: they may be secrets. */
void csv_free(struct csv *c);

/* The cell of that number, "" where the row is too short; and where it stands or would. */
const char *csv_text(const struct csv_row *row, size_t i);
struct place csv_place(const struct csv *c, const struct csv_row *row, size_t i);
/* A cell that is there becomes "", and its text is wiped: it is kept elsewhere from now on. */
void csv_wipe_cell(struct csv *c, const struct csv_row *row, size_t i);

#endif
