#include "db/ledger/ledger_body.h"

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a text that grows ---- */

struct text {
	char *data;
	size_t len, room;
	bool is_out_of_memory;
};

static void add(struct text *t, const void *data, size_t size)
{
	if (t->room - t->len < size) {
		size_t room = (t->room + size) * 2;
		char *more = realloc(t->data, room);

		if (!more) {
			t->is_out_of_memory = true;
			return;
		}
		t->data = more;
		t->room = room;
	}
	memcpy(t->data + t->len, data, size);
	t->len += size;
}

static void add_text(struct text *t, const char *text)
{
	add(t, text, strlen(text));
}

static void add_quoted(struct text *t, const unsigned char *text, size_t size)
{
	size_t begin = 0;

	add(t, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		char escape[8];

		if (text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
			continue;
		add(t, text + begin, i - begin);
		begin = i + 1;
		if (text[i] < 0x20)
			snprintf(escape, sizeof(escape), "\\u%04x", text[i]);
		else
			snprintf(escape, sizeof(escape), "\\%c", text[i]);
		add_text(t, escape);
	}
	add(t, text + begin, size - begin);
	add(t, "\"", 1);
}

static void add_digest(struct text *t, const void *data, size_t size)
{
	uint8_t sha256[SHA256_BYTES];
	char hex[SHA256_TEXT_BYTES];

	digest_sha256(data, size, sha256);
	hex_text(sha256, sizeof(sha256), hex);
	add_text(t, hex);
}

static void add_real(struct text *t, double value)
{
	char number[40];

	if (isinf(value)) /* JSON has no word for it; a reader of this number gets the same */
		snprintf(number, sizeof(number), "%s", value < 0 ? "-9e999" : "9e999");
	else
		snprintf(number, sizeof(number), "%.17g", value);
	add_text(t, number);
}

static void add_value(struct text *t, sqlite3_stmt *row, int column)
{
	const void *data;
	char number[24];

	switch (sqlite3_column_type(row, column)) {
	case SQLITE_INTEGER:
		snprintf(number, sizeof(number), "%" PRId64,
			 (int64_t)sqlite3_column_int64(row, column));
		add_text(t, number);
		break;
	case SQLITE_FLOAT:
		add_real(t, sqlite3_column_double(row, column));
		break;
	case SQLITE_TEXT:
		data = sqlite3_column_text(row, column);
		add_quoted(t, data ? data : (const void *)"",
			   (size_t)sqlite3_column_bytes(row, column));
		break;
	default: /* a blob */
		data = sqlite3_column_blob(row, column);
		add_text(t, "\"sha256:");
		add_digest(t, data ? data : "", (size_t)sqlite3_column_bytes(row, column));
		add_text(t, "\"");
		break;
	}
}

/* ---- the rows of a table, as members in the order of their names ---- */

struct member {
	const char *name; /* to sort by; of a column lent by SQLite until the first step */
	int column;       /* -1: a child */
	size_t child;
};

struct row_reader {
	sqlite3_stmt *stmt; /* NULL: not used yet */
	struct member *members;
	size_t count;
	int columns;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static enum status row_reader_init(struct db *db, struct row_reader *r, char *sql,
				   const struct ledger_kind *parent, struct err *err)
{
	size_t child_count = parent ? parent->child_count : 0;
	enum status st;

	st = sql ? sql_prepare(db, sql, &r->stmt, err)
		 : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	TRY(st);
	int columns = sqlite3_column_count(r->stmt);
	r->members = calloc((size_t)columns + child_count, sizeof(r->members[0]));
	if (!r->members)
		return sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	r->count = (size_t)columns + child_count;
	r->columns = columns;
	for (int i = 0; i < columns; i++)
		r->members[i] = (struct member){ sqlite3_column_name(r->stmt, i), i, 0 };
	for (size_t i = 0; i < child_count; i++)
		r->members[(size_t)columns + i] =
			(struct member){ parent->children[i].table, -1, i };
	qsort(r->members, r->count, sizeof(r->members[0]), by_name);
	return STATUS_OK;
}

/* One step. SQLite prepares a statement again when the schema has changed: then it must still
 * have the columns that were sorted. */
static enum status next_row(struct db *db, const struct row_reader *r, bool *is_row,
			    struct err *err)
{
	int rc = sqlite3_step(r->stmt);

	*is_row = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sql_fail(db, rc, err);
	if (*is_row && sqlite3_column_count(r->stmt) != r->columns)
		return err_set(err, STATUS_DATABASE,
			       "%s: its tables were changed while they were read: try again",
			       db->path);
	return STATUS_OK;
}

static void row_reader_release(struct row_reader *r)
{
	sqlite3_finalize(r->stmt);
	free(r->members);
}

static void add_name(struct text *t, size_t first, const char *name)
{
	if (t->len > first)
		add_text(t, ",");
	add_quoted(t, (const unsigned char *)name, strlen(name));
	add_text(t, ":");
}

/* ---- a kind ---- */

struct kind_reader {
	struct row_reader row, children[LEDGER_CHILDREN_MAX];
};

struct body_reader {
	struct db *db;
	struct kind_reader kinds[LEDGER_KINDS_MAX];
	struct text text; /* the body */
	struct text rows; /* the bodies of the rows of one child */
	struct {          /* what is known of the children of this row */
		int64_t rows;
		uint8_t sha256[SHA256_BYTES];
	} children[LEDGER_CHILDREN_MAX];
};

struct body_reader *body_reader_new(struct db *db)
{
	struct body_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		reader->db = db;
	return reader;
}

static void kind_reader_release(struct kind_reader *k)
{
	row_reader_release(&k->row);
	for (size_t i = 0; i < LEDGER_CHILDREN_MAX; i++)
		row_reader_release(&k->children[i]);
	*k = (struct kind_reader){ .row = { .stmt = NULL } };
}

void body_reader_free(struct body_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < LEDGER_KINDS_MAX; i++)
		kind_reader_release(&reader->kinds[i]);
	free(reader->text.data);
	free(reader->rows.data);
	free(reader);
}

static enum status kind_reader_init(struct db *db, const struct ledger_kind *kind,
				    struct kind_reader *k, struct err *err)
{
	TRY(row_reader_init(
		db, &k->row,
		kind->key_2
			? sqlite3_mprintf("SELECT * FROM \"%w\" WHERE \"%w\" = ?1 AND \"%w\" = ?2",
					  kind->name, kind->key, kind->key_2)
			: sqlite3_mprintf("SELECT * FROM \"%w\" WHERE \"%w\" = ?1", kind->name,
					  kind->key),
		kind, err));
	for (size_t i = 0; i < kind->child_count; i++) {
		const struct ledger_child *child = &kind->children[i];

		TRY(row_reader_init(
			db, &k->children[i],
			sqlite3_mprintf("SELECT * FROM \"%w\" WHERE \"%w\" = ?1 ORDER BY \"%w\"",
					child->table, child->key, child->order),
			NULL, err));
	}
	return STATUS_OK;
}

static void add_column(struct text *t, size_t first, const struct row_reader *r, int column)
{
	if (sqlite3_column_type(r->stmt, column) == SQLITE_NULL)
		return;
	add_name(t, first, sqlite3_column_name(r->stmt, column));
	add_value(t, r->stmt, column);
}

static void add_row(struct text *t, const struct row_reader *r)
{
	size_t first;

	add_text(t, "{");
	first = t->len;
	for (size_t i = 0; i < r->count; i++)
		add_column(t, first, r, r->members[i].column);
	add_text(t, "}");
}

/* Their number and the digest of their bodies, each followed by a line feed. */
static enum status read_children(struct body_reader *reader, const struct row_reader *r,
				 size_t child, const char *ref, struct err *err)
{
	int64_t rows = 0;
	enum status st;
	bool is_row;

	reader->rows.len = 0;
	sql_bind_text(r->stmt, 1, ref);
	while (!(st = next_row(reader->db, r, &is_row, err)) && is_row) {
		add_row(&reader->rows, r);
		add_text(&reader->rows, "\n");
		rows++;
	}
	sqlite3_reset(r->stmt);
	reader->children[child].rows = rows;
	digest_sha256((const uint8_t *)reader->rows.data, reader->rows.len,
		      reader->children[child].sha256);
	return st;
}

static void add_children(struct body_reader *reader, size_t child)
{
	char hex[SHA256_TEXT_BYTES], member[SHA256_TEXT_BYTES + 60];

	hex_text(reader->children[child].sha256, SHA256_BYTES, hex);
	snprintf(member, sizeof(member), "{\"rows\":%" PRId64 ",\"sha256\":\"%s\"}",
		 reader->children[child].rows, hex);
	add_text(&reader->text, member);
}

static void add_parent(struct body_reader *reader, const struct row_reader *r)
{
	struct text *t = &reader->text;
	size_t first;

	t->len = 0;
	add_text(t, "{");
	first = t->len;
	for (size_t i = 0; i < r->count; i++) {
		const struct member *member = &r->members[i];

		if (member->column >= 0) {
			add_column(t, first, r, member->column);
		} else if (reader->children[member->child].rows) {
			add_name(t, first, member->name);
			add_children(reader, member->child);
		}
	}
	add_text(t, "}");
	add(t, "", 1); /* the end of a C string */
}

/* ref, or its two parts: the first may hold a "/" itself. */
static void bind_key(sqlite3_stmt *stmt, const struct ledger_kind *kind, const char *ref)
{
	const char *slash = strrchr(ref, '/');

	if (!kind->key_2) {
		sql_bind_text(stmt, 1, ref);
		return;
	}
	sqlite3_bind_text(stmt, 1, ref, slash ? (int)(slash - ref) : -1, SQLITE_STATIC);
	sql_bind_text(stmt, 2, slash ? slash + 1 : NULL);
}

enum status body_read(struct body_reader *reader, const struct ledger_kind *kind, const char *ref,
		      struct body *body, struct err *err)
{
	struct kind_reader *k = &reader->kinds[kind - ledger_kinds(&(size_t){ 0 })];
	enum status st = STATUS_OK;

	*body = (struct body){ .is_there = false };
	reader->text.is_out_of_memory = reader->rows.is_out_of_memory = false;
	if (!k->row.stmt)
		st = kind_reader_init(reader->db, kind, k, err);
	if (st) {
		kind_reader_release(k);
		return st;
	}
	bind_key(k->row.stmt, kind, ref);
	st = next_row(reader->db, &k->row, &body->is_there, err);
	for (size_t i = 0; body->is_there && i < kind->child_count && !st; i++) {
		st = read_children(reader, &k->children[i], i, ref, err);
		body->child_rows[i] = reader->children[i].rows;
	}
	if (body->is_there && !st)
		add_parent(reader, &k->row);
	sqlite3_reset(k->row.stmt);
	if (st) /* what was prepared may be of other tables */
		kind_reader_release(k);
	TRY(st);
	if (reader->text.is_out_of_memory || reader->rows.is_out_of_memory)
		return sql_fail_at(reader->db->path, SQLITE_NOMEM, NULL, err);
	body->text = body->is_there ? reader->text.data : NULL;
	body->size_bytes = body->is_there ? reader->text.len - 1 : 0;
	return STATUS_OK;
}
