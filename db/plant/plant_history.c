#include "db/plant/plant_history.h"

#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the local side ---- */

/* Hash of a local entry; is_there false when there is none. seq 0 is 32 zero bytes. */
static enum status local_hash(struct db *db, int64_t seq, bool *is_there,
			      uint8_t hash[static SHA256_BYTES], struct err *err)
{
	sqlite3_stmt *stmt;

	memset(hash, 0, SHA256_BYTES);
	*is_there = seq == 0;
	if (seq == 0)
		return STATUS_OK;
	TRY(sql_prepare(db, "SELECT hash FROM ledger WHERE seq = ?1", &stmt, err));
	sqlite3_bind_int64(stmt, 1, seq);
	int rc = sqlite3_step(stmt);
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	if (rc == SQLITE_ROW && sqlite3_column_bytes(stmt, 0) == SHA256_BYTES) {
		memcpy(hash, sqlite3_column_blob(stmt, 0), SHA256_BYTES);
		*is_there = true;
	}
	sqlite3_finalize(stmt);
	return st;
}

enum status local_end(struct db *db, const struct plant_segment *segment, int64_t *end,
		      struct err *err)
{
	TRY(sql_integer(db, "SELECT max(seq) FROM ledger", end, err));
	if (*end > segment->last_seq)
		*end = segment->last_seq;
	return STATUS_OK;
}

static void read_segment(sqlite3_stmt *stmt, struct plant_segment *segment)
{
	const char *after = (const char *)sqlite3_column_text(stmt, 2);

	*segment = (struct plant_segment){ .first_seq = sqlite3_column_int64(stmt, 1),
					   .last_seq = INT64_MAX };
	snprintf(segment->chain_id, sizeof(segment->chain_id), "%s", sqlite3_column_text(stmt, 0));
	snprintf(segment->after_chain, sizeof(segment->after_chain), "%s", after ? after : "");
	snprintf(segment->host, sizeof(segment->host), "%s", sqlite3_column_text(stmt, 3));
}

enum status read_segments(struct db *db, struct plant_segment **segments, size_t *count,
			  struct err *err)
{
	sqlite3_stmt *stmt;
	int64_t chains;
	size_t n = 0;
	int rc = SQLITE_DONE;

	*segments = NULL;
	*count = 0;
	TRY(sql_integer(db, "SELECT count(*) FROM chain", &chains, err));
	if (chains == 0)
		return err_set(err, STATUS_DATABASE,
			       "%s: its ledger has not begun: the next 'flashline flash' begins it",
			       db_path(db));
	TRY(sql_prepare(
		db, "SELECT chain_id, first_seq, after_chain, host FROM chain ORDER BY first_seq",
		&stmt, err));
	struct plant_segment *list = calloc((size_t)chains, sizeof(*list));
	while (list && n < (size_t)chains && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		read_segment(stmt, &list[n]);
		if (n)
			list[n - 1].last_seq = list[n].first_seq - 1;
		n++;
	}
	enum status st = !list ? err_set(err, STATUS_NO_MEMORY, "no memory for the chains")
			 : rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK
								 : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	if (st) {
		free(list);
		return st;
	}
	*segments = list;
	*count = n;
	return STATUS_OK;
}

/* ---- both sides ---- */

void branch_text(const struct plant_segment *segment, char text[static BRANCH_TEXT_BYTES])
{
	snprintf(text, BRANCH_TEXT_BYTES, "branch %d of chain %s", segment->branch,
		 segment->chain_id);
}

static enum status open_chain(struct plant_sync *s, struct plant_segment *segment,
			      struct deadline d, struct err *err)
{
	uint8_t base[SHA256_BYTES];
	bool is_there;

	TRY(local_hash(s->db, segment->first_seq - 1, &is_there, base, err));
	segment->branch = 0;
	segment->head_seq = segment->first_seq - 1;
	return plant_open_chain(s->plant, segment->chain_id, segment->first_seq, base,
				segment->after_chain[0] ? segment->after_chain : NULL,
				segment->host, d, err);
}

/* Is entry seq of that branch ours, too? */
static enum status is_common(struct plant_sync *s, const struct plant_segment *segment, int branch,
			     int64_t seq, struct deadline d, bool *common, struct err *err)
{
	uint8_t ours[SHA256_BYTES], theirs[SHA256_BYTES];
	bool is_here, is_there;

	TRY(local_hash(s->db, seq, &is_here, ours, err));
	TRY(plant_hash_at(s->plant, segment->chain_id, branch, seq, d, &is_there, theirs, err));
	*common = is_here && is_there && memcmp(ours, theirs, SHA256_BYTES) == 0;
	return STATUS_OK;
}

/* The last entry that both have, between first_seq - 1 and top; hashes make it a line that is
 * crossed once. -1: not even the entry before the first. */
static enum status find_common(struct plant_sync *s, const struct plant_segment *segment,
			       int branch, int64_t top, struct deadline d, int64_t *common,
			       struct err *err)
{
	int64_t low = segment->first_seq - 1, high = top + 1;
	bool is;

	*common = -1;
	TRY(is_common(s, segment, branch, low, d, &is, err));
	if (!is)
		return STATUS_OK;
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		TRY(is_common(s, segment, branch, middle, d, &is, err));
		if (is)
			low = middle;
		else
			high = middle;
	}
	*common = low;
	return STATUS_OK;
}

/* No branch ends in our history: the one that shares most of it is left by a new one. */
static enum status leave_branch(struct plant_sync *s, struct plant_segment *segment,
				const struct plant_branch *branches, size_t count, int64_t end,
				struct deadline d, struct err *err)
{
	int64_t best = -1, common;
	char detail[200];
	uint8_t hash[SHA256_BYTES];
	int parent = 0;
	bool is_there;

	for (size_t i = 0; i < count; i++) {
		int64_t top = branches[i].head_seq < end ? branches[i].head_seq : end;

		TRY(find_common(s, segment, branches[i].branch, top, d, &common, err));
		if (common > best) {
			best = common;
			parent = branches[i].branch;
		}
	}
	if (best < 0)
		return err_set(
			err, STATUS_DATABASE,
			"plant %s: knows chain %s with another beginning: give this database "
			"a chain of its own with 'flashline ledger new-chain'",
			plant_where(s->plant), segment->chain_id);
	snprintf(detail, sizeof(detail),
		 best == end ? "it ends after entry %" PRId64 ", the plant has more of it"
			     : "from entry %" PRId64 " on, what was sent differs from the plant's",
		 best == end ? best : best + 1);
	TRY(local_hash(s->db, best, &is_there, hash, err));
	snprintf(segment->why, sizeof(segment->why), "%s", best == end ? "ROLLED_BACK" : "FORKED");
	TRY(plant_open_branch(s->plant, segment->chain_id, parent, best, hash, segment->why, detail,
			      d, &segment->branch, err));
	segment->head_seq = best;
	return STATUS_OK;
}

/* The branch that ends within our history, the longest such. */
static enum status find_own(struct plant_sync *s, struct plant_segment *segment,
			    const struct plant_branch *branches, size_t count, int64_t end,
			    bool *found, struct err *err)
{
	uint8_t hash[SHA256_BYTES];
	bool is_there;

	*found = false;
	for (size_t i = 0; i < count; i++) {
		const struct plant_branch *b = &branches[i];

		if (b->head_seq > end || (*found && b->head_seq < segment->head_seq))
			continue;
		TRY(local_hash(s->db, b->head_seq, &is_there, hash, err));
		if (!is_there || memcmp(hash, b->head_hash, SHA256_BYTES))
			continue;
		segment->branch = b->branch;
		segment->head_seq = b->head_seq;
		snprintf(segment->why, sizeof(segment->why), "%s", b->why);
		*found = true;
	}
	return STATUS_OK;
}

/* A chain that goes on elsewhere (this database is a copy with a chain of its own since): all
 * of our part is there already when the server has our last entry of it. */
static enum status find_whole(struct plant_sync *s, struct plant_segment *segment,
			      const struct plant_branch *branches, size_t count, int64_t end,
			      struct deadline d, bool *found, struct err *err)
{
	*found = false;
	for (size_t i = 0; segment->last_seq != INT64_MAX && i < count && !*found; i++) {
		if (branches[i].head_seq < end)
			continue;
		TRY(is_common(s, segment, branches[i].branch, end, d, found, err));
		if (*found) {
			segment->branch = branches[i].branch;
			segment->head_seq = end;
			snprintf(segment->why, sizeof(segment->why), "%s", branches[i].why);
		}
	}
	return STATUS_OK;
}

enum status place_segment(struct plant_sync *s, struct plant_segment *segment, struct deadline d,
			  struct err *err)
{
	struct plant_branch *branches;
	bool found = false;
	int64_t end = 0;
	size_t count;
	enum status st;

	TRY(plant_heads(s->plant, segment->chain_id, d, &branches, &count, err));
	if (!count) {
		free(branches);
		return open_chain(s, segment, d, err);
	}
	/* After the server was asked: what it has of us was stored here before. */
	st = local_end(s->db, segment, &end, err);
	if (!st)
		st = find_whole(s, segment, branches, count, end, d, &found, err);
	if (!st && !found)
		st = find_own(s, segment, branches, count, end, &found, err);
	if (!st && !found)
		st = leave_branch(s, segment, branches, count, end, d, err);
	free(branches);
	return st;
}
