#include "db/plant/plant_notes.h"

#include "db/plant/plant_history.h"
#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How often the outbox gets a row at most while the station works, unless many entries went. */
#define ACK_EVERY_MS 60000
#define ACK_EVERY_ENTRIES PLANT_BATCH_ENTRIES

/* ---- what is there ---- */

static bool can_store(const struct plant_sync *s)
{
	return s->sink.put != NULL;
}

/* An alarm with that code whose text has mark in it, unless it is there. */
static enum status put_alarm(struct plant_sync *s, const char *code, const char *mark,
			     const char *detail, const char *mac, const char *run_id,
			     struct err *err)
{
	int64_t is_there;

	if (!can_store(s))
		return STATUS_OK;
	TRY(sql_ask(s->db, "SELECT 1 FROM alarm WHERE code = ?1 AND instr(detail, ?2) LIMIT 1",
		    code, mark, &is_there, err));
	if (is_there)
		return STATUS_OK;
	return s->sink.put(s->sink.ctx, RECORD_ALARM,
			   &(struct record_alarm){ .code = code,
						   .detail = detail,
						   .mac = mac,
						   .run_id = run_id,
						   .utc_ms = clock_utc_ms() },
			   err);
}

/* ---- begin ---- */

enum status note_begin(struct plant_sync *s, struct err *err)
{
	const struct plant_segment *current = plant_sync_current(s);
	char detail[300], mark[80];

	if (s->claims_to == 0)
		TRY(sql_ask(s->db, "SELECT max(plant_seq) FROM plant_claim WHERE server = ?1",
			    s->plant_id, NULL, &s->claims_to, err));
	TRY(sql_ask(s->db, "SELECT max(up_to_seq) FROM outbox WHERE server = ?1 AND chain_id = ?2",
		    s->plant_id, current->chain_id, &s->acked_seq, err));
	if (s->acked_seq <= current->head_seq)
		return STATUS_OK;
	snprintf(mark, sizeof(mark), "has only %" PRId64 " of %" PRId64 " entries",
		 current->head_seq, s->acked_seq);
	snprintf(detail, sizeof(detail),
		 "the plant %s of chain %s that it had acknowledged: it was brought back from a "
		 "backup, and gets the rest again; its administrator has to run SELECT "
		 "flashline.begin_anew()",
		 mark, current->chain_id);
	snprintf(s->alarm, sizeof(s->alarm), "%s", detail);
	return put_alarm(s, "PLANT_LOST_ENTRIES", mark, detail, NULL, NULL, err);
}

/* ---- alarms ---- */

enum status note_branch(struct plant_sync *s, const struct plant_segment *segment, struct err *err)
{
	char mark[BRANCH_TEXT_BYTES], detail[400];
	bool is_rolled_back = strcmp(segment->why, "ROLLED_BACK") == 0;

	branch_text(segment, mark);
	snprintf(
		detail, sizeof(detail),
		"%s: the plant has another history of this database, it is a copy or was brought "
		"back from a backup (%s); its leased serial blocks are void, and it goes on with a "
		"chain of its own after 'flashline ledger new-chain'",
		is_rolled_back ? "rolled back" : "forked", mark);
	if (segment->last_seq == INT64_MAX)
		snprintf(s->alarm, sizeof(s->alarm), "%s", detail);
	return put_alarm(s, is_rolled_back ? "PLANT_ROLLED_BACK" : "PLANT_FORKED", mark, detail,
			 NULL, NULL, err);
}

enum status note_refusal(struct plant_sync *s, const char *detail, struct err *err)
{
	char text[400];

	snprintf(text, sizeof(text),
		 "the plant refuses the rest of the ledger: %s: 'flashline ledger verify' says "
		 "what was changed",
		 detail);
	snprintf(s->alarm, sizeof(s->alarm), "%s", text);
	return put_alarm(s, "PLANT_REFUSED", detail, text, NULL, NULL, err);
}

enum status note_conflict(struct plant_sync *s, const char *mac, const char *run_id,
			  const char *detail, struct err *err)
{
	char mark[64];
	int64_t is_there;

	/* "conflict 12 of the plant:" begins every text about it. */
	snprintf(mark, sizeof(mark), "%.*s", (int)strcspn(detail, ":") + 1, detail);
	TRY(sql_ask(s->db, "SELECT 1 FROM alarm WHERE code = ?1 AND instr(detail, ?2) LIMIT 1",
		    "PLANT_CONFLICT", mark, &is_there, err));
	if (is_there)
		return STATUS_OK;
	snprintf(s->alarm, sizeof(s->alarm), "%s", detail);
	s->conflicts++;
	if (!can_store(s))
		return STATUS_OK;
	TRY(sql_ask(s->db, "SELECT 1 FROM disposition WHERE mac = ?1 AND instr(reason, ?2) LIMIT 1",
		    mac ? mac : "", mark, &is_there, err));
	if (mac && !is_there)
		TRY(s->sink.put(s->sink.ctx, RECORD_DISPOSITION,
				&(struct record_disposition){ .mac = mac,
							      .state = "QUARANTINE",
							      .reason = detail,
							      .run_id = run_id,
							      .utc_ms = clock_utc_ms() },
				err));
	return put_alarm(s, "PLANT_CONFLICT", mark, detail, mac, run_id, err);
}

/* ---- outbox, blocks, claims ---- */

enum status note_ack(struct plant_sync *s, struct err *err)
{
	const struct plant_segment *current = plant_sync_current(s);
	int64_t fresh = current->head_seq - s->acked_seq, now = clock_utc_ms();

	/* The entry of the ledger that says when it began is in the server once anything is. */
	if (!can_store(s) || fresh <= 0)
		return STATUS_OK;
	if (!s->is_leaving && fresh < ACK_EVERY_ENTRIES && now - s->noted_utc_ms < ACK_EVERY_MS)
		return STATUS_OK;
	TRY(s->sink.put(s->sink.ctx, RECORD_ACK,
			&(struct record_ack){ .server = s->plant_id,
					      .chain_id = current->chain_id,
					      .up_to_seq = current->head_seq,
					      .acked_utc_ms = now },
			err));
	s->acked_seq = current->head_seq;
	s->noted_utc_ms = now;
	return STATUS_OK;
}

enum status note_block(struct plant_sync *s, const struct record_serial_block *block,
		       struct err *err)
{
	int64_t is_there;

	TRY(sql_ask(s->db, "SELECT 1 FROM serial_block WHERE block_id = ?1", block->block_id, NULL,
		    &is_there, err));
	return is_there || !can_store(s)
		       ? STATUS_OK
		       : s->sink.put(s->sink.ctx, RECORD_SERIAL_BLOCK, block, err);
}

static enum status put_claims(struct db *db, sqlite3_stmt *stmt,
			      const struct record_plant_claim *claims, size_t count,
			      struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct record_plant_claim *c = &claims[i];

		sql_bind_text(stmt, 1, c->server);
		sqlite3_bind_int64(stmt, 2, c->plant_seq);
		sql_bind_text(stmt, 3, c->kind);
		sql_bind_text(stmt, 4, c->value);
		sql_bind_text(stmt, 5, c->product);
		sql_bind_text(stmt, 6, c->process);
		sqlite3_bind_int64(stmt, 7, c->generation);
		sql_bind_text(stmt, 8, c->chain_id);
		sql_bind_text(stmt, 9, c->station);
		sqlite3_bind_int64(stmt, 10, c->claimed_utc_ms);
		TRY(sql_run(db, stmt, err));
	}
	return STATUS_OK;
}

enum status note_claims(struct db *db, const struct record_plant_claim *claims, size_t count,
			struct err *err)
{
	sqlite3_stmt *stmt;
	enum status st;

	if (!count)
		return STATUS_OK;
	TRY(sql_prepare(
		db,
		"INSERT INTO plant_claim (server, plant_seq, kind, value, product, process, "
		"generation, chain_id, station, claimed_utc_ms) "
		"SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE NOT EXISTS "
		"(SELECT 1 FROM plant_claim WHERE server = ?1 AND plant_seq = ?2)",
		&stmt, err));
	st = sql_exec(db, "BEGIN IMMEDIATE", err);
	if (!st)
		st = put_claims(db, stmt, claims, count, err);
	sqlite3_finalize(stmt);
	if (!st)
		st = sql_exec(db, "COMMIT", err);
	if (st)
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

enum status plant_outbox_pending(struct db *db, int64_t *pending, struct err *err)
{
	return sql_integer(
		db,
		"SELECT coalesce((SELECT max(seq) FROM ledger), 0) - coalesce((SELECT "
		"max(up_to_seq) FROM outbox WHERE chain_id = (SELECT chain_id FROM chain "
		"ORDER BY first_seq DESC LIMIT 1)), 0)",
		pending, err);
}
