/*
 * The query behind log and exports. Internal to db/.
 */
#ifndef DB_SELECT_H
#define DB_SELECT_H

#include "db/query.h"
#include "db/sql.h"

/*
 * Every column of column_rows(), in its order, of the runs that filter chooses, oldest first.
 * filter has to live until the statement is finalized.
 */
enum status select_runs(struct db *db, const struct run_filter *filter, sqlite3_stmt **stmt,
			struct err *err);

/* The same as a subquery: SELECT head FROM (those rows) tail. */
enum status select_from_runs(struct db *db, const struct run_filter *filter, const char *head,
			     const char *tail, sqlite3_stmt **stmt, struct err *err);

/* *has_row says whether there is one more. */
enum status select_next(struct db *db, sqlite3_stmt *stmt, bool *has_row, struct err *err);

/* Where a column of the view stands; the name has to be one. */
int select_column(const char *name);

/* A column's text; NULL when it is unknown. Lent until the next row. */
const char *select_text(sqlite3_stmt *stmt, const char *name);
/* The same of a column that every row here has, as sql_text. */
const char *select_known(sqlite3_stmt *stmt, const char *name);

#endif
