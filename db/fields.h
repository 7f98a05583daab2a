/*
 * Which member of a record goes into which column: tables that make the INSERT,
 * bind the values and copy a record with all its texts. Internal to db/.
 */
#ifndef DB_FIELDS_H
#define DB_FIELDS_H

#include "db/sql.h"

#include <stdbool.h>
#include <stddef.h>

enum field_kind {
	FIELD_TEXT,         /* const char *, NULL unknown */
	FIELD_INT,          /* int64_t */
	FIELD_INT_NOT_ZERO, /* int64_t, 0 means there was none: NULL */
	FIELD_BOOL,         /* bool, 0 or 1 */
	FIELD_REAL,         /* double */
};

struct field {
	const char *column;
	enum field_kind kind;
	size_t offset;
	size_t has_offset; /* of a bool that is false when the value is unknown; 0 = always known */
};

struct field_table {
	const char *table; /* where the rows go */
	const char *key;   /* a column that is bound apart (?1), NULL none */
	const char *order; /* a second one (?2), NULL none */
	size_t record_bytes;
	const struct field *fields;
	size_t count;
};

extern const struct field_table image_fields;       /* record_image -> recipe_image */
extern const struct field_table run_fields;         /* record_run -> run, key station_id */
extern const struct field_table result_fields;      /* record_result -> result */
extern const struct field_table step_fields;        /* record_step -> step */
extern const struct field_table measurement_fields; /* record_measurement -> measurement */
extern const struct field_table unit_image_fields;  /* record_unit_image -> unit_image */

/* INSERT for this table, its key and order first, ready to bind. */
enum status fields_prepare(struct db *db, const struct field_table *table, sqlite3_stmt **stmt,
			   struct err *err);
/* Bind a record's members behind key and order. The record has to live until the statement ran. */
void fields_bind(sqlite3_stmt *stmt, const struct field_table *table, const void *record);

/* The INSERT itself, of one row. key and order go where the table has them. */
enum status fields_insert(struct db *db, const struct field_table *table, const char *key,
			  int64_t order, const void *record, struct err *err);

/* Bytes that a record's texts take, ends included. */
size_t fields_text_bytes(const struct field_table *table, const void *record);
/* Point the record's texts at copies of themselves at *room, and move *room behind them. */
void fields_copy_texts(const struct field_table *table, void *record, char **room);

#endif
