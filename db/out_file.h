/*
 * A file that appears whole or not at all.
 */
#ifndef DB_OUT_FILE_H
#define DB_OUT_FILE_H

#include "engine/base/err.h"

#include <stdio.h>

struct out_file {
	FILE *file;
	char *path;      /* where it is to stand, links resolved */
	char *temp_path; /* NULL: written in place (a device, a pipe) */
};

/* STATUS_FILE: a folder, or cannot be made; STATUS_NO_MEMORY. Nothing to release then. */
enum status out_file_open(struct out_file *f, const char *path, struct err *err);
/* To the disk and into its place, when st is STATUS_OK; otherwise nothing of it stays. Releases
 * either way. Returns st, or STATUS_FILE when writing failed. */
enum status out_file_close(struct out_file *f, enum status st, struct err *err);

#endif
