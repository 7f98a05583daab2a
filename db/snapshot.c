#include "db/snapshot.h"

enum status snapshot_begin(struct db *db, struct err *err)
{
	return sql_exec(db, "SAVEPOINT snapshot", err);
}

enum status snapshot_end(struct db *db, enum status st)
{
	sqlite3_exec(db->sql, "RELEASE snapshot", NULL, NULL, NULL); /* nothing was written */
	return st;
}
