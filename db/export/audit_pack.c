#include "db/export/audit_pack.h"

#include "db/export/audit_facts.h"
#include "db/export/audit_members.h"
#include "db/out_file.h"
#include "db/select.h"
#include "db/snapshot.h"

/* The newest record of the batch, or what was last put into the ledger: what the pack shows. */
static enum status read_newest(struct pack *p, struct err *err)
{
	sqlite3_stmt *row;
	bool has_row;
	enum status st;

	TRY(audit_prepare(
		p->db,
		"SELECT utc_ms, strftime('%Y-%m-%dT%H:%M:%S', utc_ms / 1000, 'unixepoch') "
		"|| format('.%03dZ', utc_ms % 1000) FROM (SELECT max(utc_ms) AS utc_ms FROM ("
		"SELECT max(start_utc_ms) AS utc_ms FROM run WHERE batch = :batch "
		"UNION ALL SELECT max(end_utc_ms) FROM result WHERE run_id IN (" AUDIT_RUNS ") "
		"UNION ALL SELECT opened_utc_ms FROM batch WHERE batch = :batch "
		"UNION ALL SELECT max(utc_ms) FROM batch_change WHERE batch = :batch "
		"UNION ALL SELECT utc_ms FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)))",
		p->batch, &row, err));
	st = select_next(p->db, row, &has_row, err);
	if (!st && has_row) {
		const char *text = (const char *)sqlite3_column_text(row, 1);

		p->newest_utc_ms = sqlite3_column_int64(row, 0);
		snprintf(p->newest_time, sizeof(p->newest_time), "%s", text ? text : "");
	}
	sqlite3_finalize(row);
	return st;
}

static enum status prepare(struct pack *p, struct err *err)
{
	bool is_known;

	TRY(audit_is_known(p->db, p->batch, &is_known, err));
	if (!is_known)
		return err_set(err, STATUS_USAGE,
			       "no batch '%s' is recorded: see 'flashline batch list'", p->batch);
	TRY(audit_check_entries(p->db, p->batch, err));
	TRY(ledger_head(p->db, &p->proof.head, err));
	TRY(audit_first_entry(p->db, p->batch, &p->proof.first_seq, err));
	TRY(read_newest(p, err));
	p->proof.newest_time = p->newest_time;
	TRY(run_parts_prepare(p->db, &p->parts, err));
	return select_runs(p->db, &p->one, &p->run, err);
}

static enum status write_archive(struct pack *p, FILE *out, struct err *err)
{
	struct zip_out *zip;
	enum status st;

	TRY(zip_out_new(out, p->newest_utc_ms, &zip, err));
	st = audit_add_members(p, zip, err);
	if (!st)
		st = zip_out_finish(zip, err);
	zip_out_free(zip);
	return st;
}

static enum status write_pack(struct pack *p, const char *path, struct err *err)
{
	struct out_file file;

	TRY(prepare(p, err));
	TRY(out_file_open(&file, path, err));
	return out_file_close(&file, write_archive(p, file.file, err), err);
}

enum status audit_pack(struct db *db, const char *batch, const char *path, struct audit_done *done,
		       struct err *err)
{
	struct pack p = {
		.db = db,
		.batch = batch,
		.filter = { .batch = batch },
		.one = { .run_id = "" },
		.done = done,
	};
	enum status st;

	*done = (struct audit_done){ 0 };
	TRY(snapshot_begin(db, err));
	st = write_pack(&p, path, err);
	sqlite3_finalize(p.run);
	run_parts_release(&p.parts);
	return snapshot_end(db, st);
}

enum status audit_pack_is_known(struct db *db, const char *batch, bool *is_known, struct err *err)
{
	return audit_is_known(db, batch, is_known, err);
}
