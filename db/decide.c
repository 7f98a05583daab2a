#include "db/decide.h"

#include "db/decide_fields.h"
#include "db/decide_line.h"
#include "db/facts.h"
#include "db/ledger/ledger.h"
#include "db/ledger/ledger_append.h"

#include <string.h>

/* ---- does it contradict what is there? ---- */

static enum status check_recipe(struct db *db, const char *digest, struct err *err)
{
	int64_t is_known;

	if (!digest)
		return STATUS_OK;
	TRY(sql_ask(db, "SELECT 1 FROM recipe WHERE recipe_digest = ?1", digest, NULL, &is_known,
		    err));
	if (is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "recipe %s: is not in these records: name the recipe's file, or a digest "
		       "that 'flashline recipe list' shows",
		       digest);
}

static enum status check_run(struct db *db, const char *run_id, struct err *err)
{
	int64_t is_known;

	if (!run_id)
		return STATUS_OK;
	TRY(sql_ask(db, "SELECT 1 FROM run WHERE run_id = ?1", run_id, NULL, &is_known, err));
	if (is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "run %s: is not in these records: 'flashline log' shows which are", run_id);
}

static enum status check_batch(struct db *db, const struct record_batch *batch, struct err *err)
{
	int64_t is_known;

	TRY(sql_ask(db, "SELECT 1 FROM batch WHERE batch = ?1", batch->batch, NULL, &is_known,
		    err));
	if (is_known)
		return err_set(err, STATUS_USAGE,
			       "batch %s: was opened before: an order is opened once; 'flashline "
			       "batch reopen' if it was closed",
			       batch->batch);
	return check_recipe(db, batch->recipe_digest, err);
}

static enum status check_change(struct db *db, const struct record_batch_change *change,
				struct err *err)
{
	bool is_closing = strcmp(change->change, "CLOSED") == 0;
	int64_t is_known, is_closed;

	TRY(sql_ask(db, "SELECT 1 FROM batch WHERE batch = ?1", change->batch, NULL, &is_known,
		    err));
	if (!is_known)
		return err_set(err, STATUS_USAGE,
			       "batch %s: was never opened: 'flashline batch open %s' opens it",
			       change->batch, change->batch);
	if (strcmp(change->change, "QUOTA") == 0)
		return STATUS_OK;
	TRY(sql_ask(
		db,
		"SELECT change = 'CLOSED' FROM batch_change WHERE batch = ?1 AND change <> 'QUOTA' "
		"ORDER BY position DESC LIMIT 1",
		change->batch, NULL, &is_closed, err));
	if (is_closing == (is_closed != 0))
		return err_set(err, STATUS_USAGE, "batch %s: %s", change->batch,
			       is_closing ? "is closed already"
					  : "is open: there is nothing to reopen");
	return STATUS_OK;
}

static enum status check_override(struct db *db, const struct record_override *override,
				  struct err *err)
{
	int64_t is_known;

	TRY(check_run(db, override->run_id, err));
	TRY(sql_ask(db, "SELECT 1 FROM override WHERE run_id = ?1 AND code = ?2", override->run_id,
		    override->code, &is_known, err));
	if (!is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE, "run %s: %s was overridden for it already",
		       override->run_id, override->code);
}

/* A batch may also be a name that was only typed with a run. */
static enum status check_owner(struct db *db, const struct record_attachment *attachment,
			       struct err *err)
{
	int64_t is_known;

	if (strcmp(attachment->owner, "run") == 0)
		return check_run(db, attachment->ref, err);
	if (strcmp(attachment->owner, "recipe") == 0)
		return check_recipe(db, attachment->ref, err);
	TRY(sql_ask(db,
		    "SELECT EXISTS (SELECT 1 FROM batch WHERE batch = ?1) "
		    "OR EXISTS (SELECT 1 FROM run WHERE batch = ?1)",
		    attachment->ref, NULL, &is_known, err));
	if (is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "batch %s: is not in these records: 'flashline batch list' shows which are",
		       attachment->ref);
}

static enum status check_block(struct db *db, const struct record_serial_block *block,
			       struct err *err)
{
	int64_t is_known;

	TRY(sql_ask(db, "SELECT 1 FROM serial_block WHERE block_id = ?1", block->block_id, NULL,
		    &is_known, err));
	if (!is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE, "serial numbers %s%lld to %lld: are leased here already",
		       block->prefix, (long long)block->first, (long long)block->last);
}

static enum status check(struct db *db, enum record_kind kind, const void *record, struct err *err)
{
	switch (kind) {
	case RECORD_BATCH:
		return check_batch(db, record, err);
	case RECORD_BATCH_CHANGE:
		return check_change(db, record, err);
	case RECORD_APPROVAL:
		return check_recipe(db, ((const struct record_approval *)record)->recipe_digest,
				    err);
	case RECORD_OVERRIDE:
		return check_override(db, record, err);
	case RECORD_DISPOSITION:
		return check_run(db, ((const struct record_disposition *)record)->run_id, err);
	case RECORD_ATTACHMENT:
		return check_owner(db, record, err);
	case RECORD_ALARM:
		return check_run(db, ((const struct record_alarm *)record)->run_id, err);
	case RECORD_SERIAL_BLOCK:
		return check_block(db, record, err);
	case RECORD_SERIAL_STATE:
	case RECORD_PRINT_JOB:
	case RECORD_PRINT_EVENT:
	case RECORD_LOCKOUT:
	case RECORD_LOCKOUT_END:
		return decide_check_line(db, kind, record, err);
	case RECORD_RULE:
	case RECORD_ACK:
	case RECORD_PLANT_CLAIM:
		break;
	}
	return STATUS_OK;
}

/* ---- what the server said is not in the ledger, and said twice it is one row ---- */

static enum status is_there(struct db *db, enum record_kind kind, const void *record,
			    bool *is_known, struct err *err)
{
	const struct record_plant_claim *claim = record;
	const struct record_ack *ack = record;
	sqlite3_stmt *stmt;

	if (kind == RECORD_ACK) {
		TRY(sql_prepare(db,
				"SELECT 1 FROM outbox WHERE server = ?1 AND chain_id = ?2 "
				"AND up_to_seq = ?3",
				&stmt, err));
		sql_bind_text(stmt, 1, ack->server);
		sql_bind_text(stmt, 2, ack->chain_id);
		sqlite3_bind_int64(stmt, 3, ack->up_to_seq);
	} else {
		TRY(sql_prepare(db,
				"SELECT 1 FROM plant_claim WHERE server = ?1 AND plant_seq = ?2",
				&stmt, err));
		sql_bind_text(stmt, 1, claim->server);
		sqlite3_bind_int64(stmt, 2, claim->plant_seq);
	}
	int rc = sqlite3_step(stmt);
	*is_known = rc == SQLITE_ROW;
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}

static enum status put_told(struct db *db, enum record_kind kind, const void *record,
			    struct err *err)
{
	bool is_known;

	TRY(is_there(db, kind, record, &is_known, err));
	if (is_known)
		return STATUS_OK;
	return fields_insert(db, &decide_row(kind)->fields, NULL, 0, record, err);
}

/* ---- putting it in ---- */

static enum status put_operator(struct db *db, const struct decide_row *row, const void *record,
				struct err *err)
{
	const char *name;
	int64_t utc_ms;

	if (!row->operator_at)
		return STATUS_OK;
	memcpy(&name, (const char *)record + row->operator_at, sizeof(name));
	memcpy(&utc_ms, (const char *)record + row->time_at, sizeof(utc_ms));
	return fact_operator(db, name, utc_ms, err);
}

/* A row with a key of two parts has both in its ref. */
static enum status append_pair(struct db *db, const char *kind, const char *a, const char *b,
			       struct err *err)
{
	char *ref = sqlite3_mprintf("%s/%s", a, b);
	enum status st = ref ? ledger_append(db, kind, ref, err)
			     : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);

	sqlite3_free(ref);
	return st;
}

static enum status put_change(struct db *db, const struct record_batch_change *change,
			      struct err *err)
{
	int64_t last;
	char number[24];

	TRY(sql_ask(db, "SELECT max(position) FROM batch_change WHERE batch = ?1", change->batch,
		    NULL, &last, err));
	TRY(fields_insert(db, &decide_row(RECORD_BATCH_CHANGE)->fields, NULL, last + 1, change,
			  err));
	sqlite3_snprintf(sizeof(number), number, "%lld", (long long)last + 1);
	return append_pair(db, "batch_change", change->batch, number, err);
}

static enum status put_state(struct db *db, const struct record_serial_state *state,
			     struct err *err)
{
	const struct field_table *table = &decide_row(RECORD_SERIAL_STATE)->fields;
	char id[RUN_ID_BYTES];
	int64_t last;

	TRY(sql_ask(db, "SELECT max(position) FROM serial_state WHERE product = ?1 AND serial = ?2",
		    state->product, state->serial, &last, err));
	db_new_run_id(id);
	TRY(fields_insert(db, table, id, last + 1, state, err));
	return ledger_append(db, table->table, id, err);
}

/* The plant gives the numbers to a chain: whoever goes on with a copy has none of them. */
static enum status put_block(struct db *db, const struct record_serial_block *block,
			     struct err *err)
{
	struct ledger_head head;

	TRY(ledger_head(db, &head, err));
	TRY(fields_insert(db, &decide_row(RECORD_SERIAL_BLOCK)->fields, head.chain_id, 0, block,
			  err));
	return ledger_append(db, "serial_block", block->block_id, err);
}

/* What the entry of the ledger names: the row's own key where the record brings one, else id. */
static const char *ref_of(enum record_kind kind, const void *record, const char *id)
{
	switch (kind) {
	case RECORD_BATCH:
		return ((const struct record_batch *)record)->batch;
	case RECORD_PRINT_JOB:
		return ((const struct record_print_job *)record)->print_id;
	case RECORD_LOCKOUT:
		return ((const struct record_lockout *)record)->lockout_id;
	case RECORD_LOCKOUT_END:
		return ((const struct record_lockout_end *)record)->lockout_id;
	default:
		return id;
	}
}

static enum status put_row(struct db *db, enum record_kind kind, const void *record,
			   struct err *err)
{
	const struct field_table *table = &decide_row(kind)->fields;
	const struct record_override *override = record;
	char id[RUN_ID_BYTES];

	db_new_run_id(id);
	TRY(fields_insert(db, table, id, 0, record, err));
	if (kind == RECORD_OVERRIDE)
		return append_pair(db, table->table, override->run_id, override->code, err);
	return ledger_append(db, table->table, ref_of(kind, record, id), err);
}

enum status fact_put(struct db *db, enum record_kind kind, const void *record, struct err *err)
{
	TRY(check(db, kind, record, err));
	TRY(put_operator(db, decide_row(kind), record, err));
	switch (kind) {
	case RECORD_ACK:
	case RECORD_PLANT_CLAIM:
		return put_told(db, kind, record, err);
	case RECORD_BATCH_CHANGE:
		return put_change(db, record, err);
	case RECORD_ATTACHMENT:
		return fact_attachment(db, record, err);
	case RECORD_SERIAL_BLOCK:
		return put_block(db, record, err);
	case RECORD_SERIAL_STATE:
		return put_state(db, record, err);
	case RECORD_BATCH:
	case RECORD_APPROVAL:
	case RECORD_RULE:
	case RECORD_OVERRIDE:
	case RECORD_DISPOSITION:
	case RECORD_ALARM:
	case RECORD_PRINT_JOB:
	case RECORD_PRINT_EVENT:
	case RECORD_LOCKOUT:
	case RECORD_LOCKOUT_END:
		break;
	}
	return put_row(db, kind, record, err);
}

enum status db_put(struct db *db, enum record_kind kind, const void *record, struct err *err)
{
	TRY(sql_exec(db, "BEGIN IMMEDIATE", err));
	enum status st = fact_put(db, kind, record, err);
	if (!st)
		st = sql_exec(db, "COMMIT", err);
	if (st)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return st;
}
