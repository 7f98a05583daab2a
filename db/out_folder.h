/* A folder of exported files, one per run. Internal to db/. */
#ifndef DB_OUT_FOLDER_H
#define DB_OUT_FOLDER_H

#include "db/db.h"

#include <sqlite3.h>

/* File systems allow names of 255 bytes. */
#define RUN_FILE_NAME_BYTES 240

/* Made when missing; its parent has to exist. STATUS_FILE. */
enum status out_folder_make(const char *dir, struct err *err);
enum status out_folder_path(const char *dir, const char *name, char path[static DB_PATH_BYTES],
			    struct err *err);

/*
 * Start, MAC, slot and the last id_bytes of the run id, then suffix (".txt"); letters, digits,
 * '.', '_' and '-' only. With the whole id (RUN_ID_BYTES) no two runs have one name.
 */
void run_file_name(sqlite3_stmt *row, size_t id_bytes, const char *suffix,
		   char name[static RUN_FILE_NAME_BYTES]);

/* Anything else in it becomes '-'. */
void file_name_clean(char *name);

#endif
