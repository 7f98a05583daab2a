/* The files of an audit pack: which there are, and what each is made of. Internal to db/. */
#ifndef DB_AUDIT_MEMBERS_H
#define DB_AUDIT_MEMBERS_H

#include "db/export/audit_pack.h"
#include "db/export/audit_text.h"
#include "db/query.h"
#include "db/export/run_parts.h"
#include "db/export/zip_out.h"

/* All that the files are made from; it has to live until the archive is finished. */
struct pack {
	struct db *db;
	const char *batch;
	struct run_filter filter; /* the batch */
	struct run_filter one;    /* one run of it */
	sqlite3_stmt *run;        /* select_runs() with one */
	struct run_parts parts;
	struct audit_proof proof;
	int64_t newest_utc_ms;
	char newest_time[32];
	struct audit_done *done;
};

enum status audit_add_members(struct pack *p, struct zip_out *zip, struct err *err);

#endif
