#include "db/ledger_append.h"

enum status ledger_append(struct db *db, const char *kind, const char *ref, struct err *err)
{
	(void)db, (void)kind, (void)ref, (void)err;
	return STATUS_OK;
}
