#include "db/export/export.h"

#include "db/export/unit_text.h"

enum status export_run_course(struct db *db, const char *run_id, FILE *out, struct err *err)
{
	struct run_parts parts;
	enum status st;

	st = run_parts_prepare(db, &parts, err);
	if (!st)
		st = unit_text_course(db, out, run_id, &parts, err);
	run_parts_release(&parts);
	return st;
}
