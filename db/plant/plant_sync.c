#define _DEFAULT_SOURCE /* gethostname */
#include "db/plant/plant_sync.h"

#include "db/ledger/ledger.h"
#include "db/plant/plant_history.h"
#include "db/plant/plant_notes.h"
#include "db/sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void plant_sync_init(struct plant_sync *s, struct db *db, struct plant *plant,
		     struct plant_sink sink)
{
	*s = (struct plant_sync){ .db = db, .plant = plant, .sink = sink };
}

void plant_sync_release(struct plant_sync *s)
{
	free(s->segments);
	plant_batch_release(&s->batch);
	s->segments = NULL;
	s->segment_count = 0;
}

const struct plant_segment *plant_sync_current(const struct plant_sync *s)
{
	return s->segment_count ? &s->segments[s->segment_count - 1] : NULL;
}

/* ---- where everything stands ---- */

static enum status place_all(struct plant_sync *s, struct deadline d, struct err *err)
{
	free(s->segments);
	s->segments = NULL;
	s->segment_count = 0;
	TRY(read_segments(s->db, &s->segments, &s->segment_count, err));
	for (size_t i = 0; i < s->segment_count; i++) {
		TRY(place_segment(s, &s->segments[i], d, err));
		if (s->segments[i].branch)
			TRY(note_branch(s, &s->segments[i], err));
	}
	return STATUS_OK;
}

enum status plant_sync_begin(struct plant_sync *s, struct deadline d, struct err *err)
{
	struct ledger_head head;
	char host[256] = "";

	s->has_begun = s->has_leases = false;
	gethostname(host, sizeof(host) - 1);
	TRY(ledger_head(s->db, &head, err));
	TRY(plant_hello(s->plant, head.chain_id[0] ? head.chain_id : NULL, host, d, s->plant_id,
			err));
	TRY(place_all(s, d, err));
	TRY(note_begin(s, err));
	s->has_begun = true;
	return STATUS_OK;
}

int64_t plant_sync_pending(struct plant_sync *s)
{
	int64_t pending = 0, end;

	if (!s->has_begun)
		return -1;
	for (size_t i = 0; i < s->segment_count; i++) {
		if (local_end(s->db, &s->segments[i], &end, NULL) == STATUS_OK &&
		    end > s->segments[i].head_seq)
			pending += end - s->segments[i].head_seq;
	}
	return pending;
}

/* ---- sending ---- */

/* What a walk through the ledger collects. */
struct collecting {
	struct plant_batch *batch;
	char *text;
	size_t room;
};

static enum status collect(void *ctx, const struct ledger_entry *entry, struct err *err)
{
	static const char format[] = "%" PRId64 "\n%" PRId64 "\n%s\n%s\n";
	struct collecting *c = ctx;
	size_t body = strlen(entry->body);
	size_t size = strlen(entry->kind) + strlen(entry->ref) + body + 64;

	/* At least one goes, however long it is. */
	if (c->batch->count && c->batch->entries.len + size > PLANT_BATCH_BYTES)
		return STATUS_CANCELLED;
	if (size > c->room) {
		char *text = realloc(c->text, 2 * size);

		if (!text)
			return err_set(err, STATUS_NO_MEMORY, "no memory for ledger entry %" PRId64,
				       entry->seq);
		c->text = text;
		c->room = 2 * size;
	}
	size = (size_t)snprintf(c->text, c->room, format, entry->seq, entry->utc_ms, entry->kind,
				entry->ref);
	memcpy(c->text + size, entry->body, body);
	plant_batch_add(c->batch, c->text, size + body, entry->hash);
	return STATUS_OK;
}

/* The next entries of the segment; none is no error. */
static enum status collect_batch(struct plant_sync *s, const struct plant_segment *segment,
				 struct err *err)
{
	struct collecting c = { .batch = &s->batch };
	int64_t limit = PLANT_BATCH_ENTRIES;
	enum status st;

	plant_batch_clear(&s->batch);
	s->batch.from_seq = segment->head_seq + 1;
	if (segment->last_seq - segment->head_seq < limit)
		limit = segment->last_seq - segment->head_seq;
	if (limit <= 0)
		return STATUS_OK;
	st = ledger_walk(s->db, s->batch.from_seq, limit, collect, &c, err);
	free(c.text);
	return st == STATUS_CANCELLED ? STATUS_OK : st;
}

/* Somebody else has sent under this chain, or the server was brought back from a backup: find
 * out anew, but not for ever. */
static enum status place_again(struct plant_sync *s, const struct plant_segment *segment,
			       struct deadline d, struct err *err)
{
	if (++s->placed_again > 3)
		return err_set(
			err, STATUS_DATABASE,
			"plant %s: entry %" PRId64 " of chain %s does not fit, again and "
			"again: does another database with this chain send at the same time?",
			plant_where(s->plant), s->batch.from_seq, segment->chain_id);
	return place_all(s, d, err);
}

static enum status send_batch(struct plant_sync *s, struct plant_segment *segment,
			      struct deadline d, struct err *err)
{
	struct plant_ingested ingested;

	TRY(plant_ingest(s->plant, segment->chain_id, segment->branch, &s->batch, d, &ingested,
			 err));
	switch (ingested.answer) {
	case INGEST_OK:
		s->sent += (int64_t)s->batch.count;
		s->last_ack_utc_ms = clock_utc_ms();
		segment->head_seq = s->batch.from_seq + (int64_t)s->batch.count - 1;
		s->placed_again = 0;
		return STATUS_OK;
	case INGEST_GAP:
	case INGEST_FORKED:
		return place_again(s, segment, d, err);
	case INGEST_TAMPERED:
		segment->is_refused = true;
		return note_refusal(s, ingested.detail, err);
	}
	return STATUS_OK;
}

enum status plant_sync_step(struct plant_sync *s, struct deadline d, bool *is_done, struct err *err)
{
	*is_done = false;
	for (size_t i = 0; i < s->segment_count; i++) {
		struct plant_segment *segment = &s->segments[i];

		if (segment->is_refused)
			continue;
		TRY(collect_batch(s, segment, err));
		if (s->batch.count)
			return send_batch(s, segment, d, err);
	}
	*is_done = true;
	return STATUS_OK;
}
