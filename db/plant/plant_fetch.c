/* What a station fetches from the plant: claims, blocks, conflicts. */
#include "db/plant/plant_sync.h"

#include "db/plant/plant_notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CLAIMS_AT_ONCE 1000
#define CONFLICTS_AT_ONCE 1000 /* the server's own limit */

struct digits {
	char text[24];
};

static const char *digits(struct digits *storage, int64_t value)
{
	snprintf(storage->text, sizeof(storage->text), "%" PRId64, value);
	return storage->text;
}

#define COUNT(params) (sizeof(params) / sizeof((params)[0]))

static enum status fetch_blocks(struct plant_sync *s, const struct plant_segment *current,
				struct deadline d, struct err *err)
{
	struct digits branch;
	const struct plant_param params[] = { { .bytes = current->chain_id },
					      { .bytes = digits(&branch, current->branch) } };
	struct plant_rows *rows;
	enum status st = STATUS_OK;

	TRY(plant_call(s->plant,
		       "SELECT block_id, product, prefix, width, first, last, leased_utc_ms "
		       "FROM flashline.leases_of($1, $2)",
		       params, COUNT(params), d, &rows, err));
	for (size_t i = 0; i < plant_row_count(rows) && !st; i++)
		st = note_block(
			s,
			&(struct record_serial_block){ .block_id = plant_text(rows, i, 0),
						       .product = plant_text(rows, i, 1),
						       .prefix = plant_text(rows, i, 2),
						       .width = plant_integer(rows, i, 3),
						       .first = plant_integer(rows, i, 4),
						       .last = plant_integer(rows, i, 5),
						       .leased_utc_ms = plant_integer(rows, i, 6) },
			err);
	plant_rows_free(rows);
	s->has_leases = !st;
	return st;
}

static enum status fetch_conflicts(struct plant_sync *s, const struct plant_segment *segment,
				   struct deadline d, int64_t *last, bool *is_all, struct err *err)
{
	struct digits branch, after;
	const struct plant_param params[] = { { .bytes = segment->chain_id },
					      { .bytes = digits(&branch, segment->branch) },
					      { .bytes = digits(&after, s->conflicts_to) } };
	struct plant_rows *rows;
	enum status st = STATUS_OK;

	TRY(plant_call(
		s->plant,
		"SELECT conflict_no, mac, run_id, detail FROM flashline.conflicts_of($1, $2, $3)",
		params, COUNT(params), d, &rows, err));
	for (size_t i = 0; i < plant_row_count(rows) && !st; i++) {
		st = note_conflict(s, plant_is_null(rows, i, 1) ? NULL : plant_text(rows, i, 1),
				   plant_text(rows, i, 2), plant_text(rows, i, 3), err);
		if (!st && plant_integer(rows, i, 0) > *last)
			*last = plant_integer(rows, i, 0);
	}
	*is_all = plant_row_count(rows) < CONFLICTS_AT_ONCE;
	plant_rows_free(rows);
	return st;
}

/* Every chain of this database: what was recorded before a new chain was begun counts, too. */
static enum status fetch_all_conflicts(struct plant_sync *s, struct deadline d, struct err *err)
{
	int64_t to = s->conflicts_to, limit = INT64_MAX;

	for (size_t i = 0; i < s->segment_count; i++) {
		int64_t last = s->conflicts_to;
		bool is_all;

		TRY(fetch_conflicts(s, &s->segments[i], d, &last, &is_all, err));
		if (last > to)
			to = last;
		if (!is_all && last < limit)
			limit = last; /* this chain has more behind it */
	}
	s->conflicts_to = to < limit ? to : limit;
	return STATUS_OK;
}

static enum status store_claims(struct plant_sync *s, const struct plant_rows *rows,
				struct err *err)
{
	size_t count = plant_row_count(rows);
	struct record_plant_claim *claims = calloc(count + 1, sizeof(*claims));

	if (!claims)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu claims", count);
	for (size_t i = 0; i < count; i++)
		claims[i] = (struct record_plant_claim){
			.server = s->plant_id,
			.plant_seq = plant_integer(rows, i, 0),
			.kind = plant_text(rows, i, 1),
			.value = plant_text(rows, i, 2),
			.product = plant_text(rows, i, 3),
			.process = plant_text(rows, i, 4),
			.generation = plant_integer(rows, i, 5),
			.chain_id = plant_text(rows, i, 6),
			.station = plant_text(rows, i, 7),
			.claimed_utc_ms = plant_integer(rows, i, 8),
		};
	enum status st = note_claims(s->sink.db, claims, count, err);
	free(claims);
	return st;
}

static enum status fetch_claims(struct plant_sync *s, const struct plant_segment *current,
				struct deadline d, bool *is_done, struct err *err)
{
	struct digits branch, after, to, limit;
	struct plant_rows *rows;
	int64_t head;

	TRY(plant_call(s->plant, "SELECT flashline.claims_head()", NULL, 0, d, &rows, err));
	head = plant_row_count(rows) ? plant_integer(rows, 0, 0) : 0;
	plant_rows_free(rows);
	const struct plant_param params[] = { { .bytes = current->chain_id },
					      { .bytes = digits(&branch, current->branch) },
					      { .bytes = digits(&after, s->claims_to) },
					      { .bytes = digits(&to, head) },
					      { .bytes = digits(&limit, CLAIMS_AT_ONCE) } };
	if (head <= s->claims_to)
		return STATUS_OK;
	TRY(plant_call(s->plant, "SELECT * FROM flashline.claims_since($1, $2, $3, $4, $5)", params,
		       COUNT(params), d, &rows, err));
	size_t count = plant_row_count(rows);
	enum status st = store_claims(s, rows, err);
	if (!st) {
		*is_done = count < CLAIMS_AT_ONCE;
		s->claims_to = *is_done ? head : plant_integer(rows, count - 1, 0);
		s->claims += (int64_t)count;
	}
	plant_rows_free(rows);
	return st;
}

enum status plant_sync_fetch(struct plant_sync *s, struct deadline d, bool *is_done,
			     struct err *err)
{
	const struct plant_segment *current = plant_sync_current(s);

	*is_done = true;
	TRY(note_ack(s, err));
	if (!s->has_leases)
		TRY(fetch_blocks(s, current, d, err));
	TRY(fetch_all_conflicts(s, d, err));
	return s->sink.db ? fetch_claims(s, current, d, is_done, err) : STATUS_OK;
}
