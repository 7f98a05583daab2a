#include "db/export/audit_members.h"

#include "db/export/audit_facts.h"
#include "db/export/audit_ledger.h"
#include "db/export/export.h"
#include "db/export/export_format.h"
#include "db/json_out.h"
#include "db/out_folder.h"
#include "db/select.h"
#include "db/export/unit_text.h"

#include <inttypes.h>
#include <string.h>

#define NAME_BYTES 300
#define DIGEST_SHOWN 16 /* hex digits of a digest in the name of a file */

/* ---- what the members are made of ---- */

static enum status write_readme(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	return audit_write_readme(p->batch, &p->proof, out, err);
}

static enum status write_summary_text(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	return audit_write_summary_text(p->db, p->batch, &p->proof, out, err);
}

static enum status write_summary_json(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	return audit_write_summary_json(p->db, p->batch, &p->proof, out, err);
}

/* key: the name of the format */
static enum status write_runs(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;
	enum export_format format;
	uint64_t count;

	TRY(export_format_by_name(key, &format, err));
	TRY(export_runs(p->db, format, &p->filter, out, &count, err));
	if (format == EXPORT_CSV)
		p->done->runs = count;
	return STATUS_OK;
}

static enum status write_images(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	(void)key;
	TRY(audit_prepare(
		p->db,
		"SELECT name AS recipe, revision, recipe_digest, position, file, "
		"format('0x%08x', addr) AS addr, kind, partition, sha256, size_bytes, version "
		"FROM recipe JOIN recipe_image USING (recipe_digest) JOIN image USING (sha256) "
		"WHERE recipe_digest IN (" AUDIT_RECIPES ") "
		"ORDER BY name, revision, recipe_digest, position",
		p->batch, &row, err));
	csv_any_head(out, row);
	while (!(st = select_next(p->db, row, &has_row, err)) && has_row)
		csv_any_row(out, row);
	sqlite3_finalize(row);
	return st;
}

/* Rows of any query as JSON lines. */
static enum status write_lines(const struct pack *p, char *sql, FILE *out, struct err *err)
{
	sqlite3_stmt *row = NULL;
	bool has_row;
	enum status st = sql ? audit_prepare(p->db, sql, p->batch, &row, err)
			     : sql_fail_at(p->db->path, SQLITE_NOMEM, NULL, err);

	sqlite3_free(sql);
	while (!st && !(st = select_next(p->db, row, &has_row, err)) && has_row) {
		json_out_row(out, row);
		fputc('\n', out);
	}
	sqlite3_finalize(row);
	return st;
}

/* key: the table; its rows by their key, which is the first column or the first two */
static enum status write_facts(void *ctx, const char *key, FILE *out, struct err *err)
{
	size_t count;
	const struct audit_fact *facts = audit_facts(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(facts[i].kind, key) == 0)
			return write_lines(ctx,
					   sqlite3_mprintf("SELECT * FROM \"%w\" WHERE %s "
							   "ORDER BY 1, 2",
							   facts[i].kind, facts[i].where),
					   out, err);
	return err_set(err, STATUS_INTERNAL, "no records of kind '%s' belong to a batch", key);
}

/* The first column of the first row, as it is; key is ?1. */
static enum status write_content(const struct pack *p, const char *sql, const char *key, FILE *out,
				 struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(sql_prepare(p->db, sql, &row, err));
	sql_bind_text(row, 1, key);
	st = select_next(p->db, row, &has_row, err);
	if (!st && has_row) {
		const void *data = sqlite3_column_blob(row, 0);
		int size = sqlite3_column_bytes(row, 0);

		if (size)
			fwrite(data, 1, (size_t)size, out);
	}
	sqlite3_finalize(row);
	return st;
}

static enum status write_canonical(void *ctx, const char *key, FILE *out, struct err *err)
{
	return write_content(ctx, "SELECT canonical FROM recipe WHERE recipe_digest = ?1", key, out,
			     err);
}

static enum status write_attachment(void *ctx, const char *key, FILE *out, struct err *err)
{
	return write_content(ctx, "SELECT content FROM attachment WHERE sha256 = ?1", key, out,
			     err);
}

/* key: the run */
static enum status write_unit_log(void *ctx, const char *key, FILE *out, struct err *err)
{
	struct pack *p = ctx;
	bool has_row;
	enum status st;

	sql_bind_text(p->run, sqlite3_bind_parameter_index(p->run, ":run_id"), key);
	st = select_next(p->db, p->run, &has_row, err);
	if (!st && has_row)
		st = unit_text(p->db, out, p->run, &p->parts, err);
	sqlite3_reset(p->run);
	return st;
}

static enum status write_entries(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	if (!p->proof.first_seq)
		return STATUS_OK;
	return audit_write_entries(p->db, p->batch, p->proof.first_seq, out,
				   &p->done->entries_in_full, &p->done->entries_digests, err);
}

static enum status write_earlier(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	return audit_write_earlier(p->db, p->batch, p->proof.first_seq, out, err);
}

static enum status write_children(void *ctx, const char *key, FILE *out, struct err *err)
{
	const struct pack *p = ctx;

	(void)key;
	return audit_write_children(p->db, p->batch, out, err);
}

/* What the columns of runs.csv mean, and who says so. */
static enum status write_columns(void *ctx, const char *key, FILE *out, struct err *err)
{
	size_t count;
	const struct column *columns = column_rows(&count);

	(void)ctx;
	(void)key;
	(void)err;
	fputs("column,who_says_so,meaning\r\n", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s,%s,\"%s\"\r\n", columns[i].name,
			column_source_name(columns[i].source), columns[i].meaning);
	return STATUS_OK;
}

/* ---- which members there are ---- */

static const struct {
	const char *name;
	zip_out_write *write;
	const char *key;
} members[] = {
	{ "README.txt", write_readme, NULL },
	{ "summary.txt", write_summary_text, NULL },
	{ "summary.json", write_summary_json, NULL },
	{ "runs.csv", write_runs, "csv" },
	{ "runs.jsonl", write_runs, "jsonl" },
	{ "columns.csv", write_columns, NULL },
	{ "junit.xml", write_runs, "junit" },
	{ "images.csv", write_images, NULL },
	{ "ledger/entries.jsonl", write_entries, NULL },
	{ "ledger/earlier.jsonl", write_earlier, NULL },
	{ "ledger/children.jsonl", write_children, NULL },
};

static enum status add_fixed(struct pack *p, struct zip_out *zip, struct err *err)
{
	size_t count;
	const struct audit_fact *facts = audit_facts(&count);
	char name[NAME_BYTES];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		TRY(zip_out_add(zip, members[i].name, members[i].write, p, members[i].key, err));
	for (size_t i = 0; i < count; i++) {
		if (!facts[i].is_file)
			continue;
		snprintf(name, sizeof(name), "records/%s.jsonl", facts[i].kind);
		TRY(zip_out_add(zip, name, write_facts, p, facts[i].kind, err));
	}
	return STATUS_OK;
}

/* Members named after the rows of a query: add() gets each. */
static enum status add_rows(struct pack *p, struct zip_out *zip, const char *sql,
			    enum status (*add)(struct pack *p, struct zip_out *zip,
					       sqlite3_stmt *row, struct err *err),
			    struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(audit_prepare(p->db, sql, p->batch, &row, err));
	while (!(st = select_next(p->db, row, &has_row, err)) && has_row) {
		st = add(p, zip, row, err);
		if (st)
			break;
	}
	sqlite3_finalize(row);
	return st;
}

/* "recipes/core2-r7-3b1c...": name, revision and digest are the first columns. */
static void recipe_name(sqlite3_stmt *row, const char *suffix, char name[static NAME_BYTES])
{
	char label[140];

	snprintf(label, sizeof(label), "%.100s", (const char *)sqlite3_column_text(row, 0));
	file_name_clean(label);
	snprintf(name, NAME_BYTES, "recipes/%s-r%" PRId64 "-%.*s%s", label,
		 (int64_t)sqlite3_column_int64(row, 1), DIGEST_SHOWN,
		 (const char *)sqlite3_column_text(row, 2), suffix);
}

static enum status add_canonical(struct pack *p, struct zip_out *zip, sqlite3_stmt *row,
				 struct err *err)
{
	char name[NAME_BYTES];

	recipe_name(row, ".canonical.txt", name);
	return zip_out_add(zip, name, write_canonical, p, (const char *)sqlite3_column_text(row, 2),
			   err);
}

/* The columns of recipe_name(), digest of the source, how many sources came before it. */
static enum status add_source(struct pack *p, struct zip_out *zip, sqlite3_stmt *row,
			      struct err *err)
{
	const char *sha256 = (const char *)sqlite3_column_text(row, 3);
	char name[NAME_BYTES], suffix[40] = ".yaml";

	/* The same recipe with other comments is the same digest, and another source. */
	if (sqlite3_column_int64(row, 4))
		snprintf(suffix, sizeof(suffix), "-%.*s.yaml", DIGEST_SHOWN, sha256);
	recipe_name(row, suffix, name);
	return zip_out_add(zip, name, write_attachment, p, sha256, err);
}

static enum status add_attachment(struct pack *p, struct zip_out *zip, sqlite3_stmt *row,
				  struct err *err)
{
	const char *sha256 = (const char *)sqlite3_column_text(row, 0);
	char name[NAME_BYTES], label[140];

	snprintf(label, sizeof(label), "%.100s", (const char *)sqlite3_column_text(row, 1));
	file_name_clean(label);
	snprintf(name, sizeof(name), "attachments/%.*s_%s", DIGEST_SHOWN, sha256, label);
	return zip_out_add(zip, name, write_attachment, p, sha256, err);
}

static const char canonicals_sql[] =
	"SELECT name, revision, recipe_digest FROM recipe "
	"WHERE recipe_digest IN (" AUDIT_RECIPES ") ORDER BY name, revision, recipe_digest";

#define IS_SOURCE "owner = 'recipe' AND media_type = 'application/yaml'"

static const char sources_sql[] =
	"SELECT recipe.name, revision, recipe_digest, sha256, "
	"row_number() OVER (PARTITION BY recipe_digest ORDER BY min(use_id)) - 1 "
	"FROM attachment_use JOIN attachment USING (sha256) JOIN recipe ON recipe_digest = ref "
	"WHERE " IS_SOURCE " AND recipe_digest IN (" AUDIT_RECIPES ") "
	"GROUP BY recipe_digest, sha256 ORDER BY recipe.name, revision, recipe_digest, sha256";

static const char attachments_sql[] =
	"SELECT sha256, min(name) FROM attachment_use JOIN attachment USING (sha256) "
	"WHERE (" AUDIT_USES ") AND NOT (" IS_SOURCE ") GROUP BY sha256 ORDER BY sha256";

static enum status add_unit_logs(struct pack *p, struct zip_out *zip, struct err *err)
{
	char name[NAME_BYTES] = "unit-logs/";
	const size_t folder = strlen(name);
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(select_runs(p->db, &p->filter, &row, err));
	while (!(st = select_next(p->db, row, &has_row, err)) && has_row) {
		if (!select_text(row, "outcome"))
			continue; /* it has no verdict yet */
		run_file_name(row, RUN_ID_BYTES, ".txt", name + folder);
		st = zip_out_add(zip, name, write_unit_log, p, select_text(row, "run_id"), err);
		if (st)
			break;
	}
	sqlite3_finalize(row);
	return st;
}

enum status audit_add_members(struct pack *p, struct zip_out *zip, struct err *err)
{
	TRY(add_fixed(p, zip, err));
	TRY(add_rows(p, zip, canonicals_sql, add_canonical, err));
	TRY(add_rows(p, zip, sources_sql, add_source, err));
	TRY(add_rows(p, zip, attachments_sql, add_attachment, err));
	return add_unit_logs(p, zip, err);
}
