#include "db/out_folder.h"

#include "db/select.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum status out_folder_make(const char *dir, struct err *err)
{
	struct stat info;

	if (mkdir(dir, 0777) == 0)
		return STATUS_OK;
	int why = errno;
	if (why != EEXIST)
		return err_set(err, STATUS_FILE, "%s: cannot be made (%s)", dir, strerror(why));
	if (stat(dir, &info) || !S_ISDIR(info.st_mode))
		return err_set(err, STATUS_FILE, "%s: is no folder: name one", dir);
	return STATUS_OK;
}

enum status out_folder_path(const char *dir, const char *name, char path[static DB_PATH_BYTES],
			    struct err *err)
{
	if (snprintf(path, DB_PATH_BYTES, "%s/%s", dir, name) >= DB_PATH_BYTES)
		return err_set(err, STATUS_FILE, "%s: the path is too long", dir);
	return STATUS_OK;
}

void file_name_clean(char *name)
{
	for (char *c = name; *c; c++) {
		bool is_safe = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
			       (*c >= 'a' && *c <= 'z') || *c == '.' || *c == '_';

		if (!is_safe)
			*c = '-';
	}
}

void run_file_name(sqlite3_stmt *row, size_t id_bytes, const char *suffix,
		   char name[static RUN_FILE_NAME_BYTES])
{
	const char *mac = select_text(row, "mac");
	const char *slot = select_text(row, "slot");
	const char *run_id = select_text(row, "run_id");
	size_t id_len = strlen(run_id);

	snprintf(name, RUN_FILE_NAME_BYTES, "%.24s_%.17s_%.120s_%.60s%s",
		 select_text(row, "start_time"), mac ? mac : "no-mac", slot ? slot : "no-slot",
		 run_id + (id_len > id_bytes ? id_len - id_bytes : 0), suffix);
	file_name_clean(name);
}
