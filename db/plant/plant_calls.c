#include "db/plant/plant_calls.h"

#include "engine/base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTEA_OID 17

/* ---- parameters ---- */

static struct plant_param text(const char *value)
{
	return (struct plant_param){ .bytes = value };
}

static struct plant_param blob(const uint8_t *bytes, size_t size)
{
	return (struct plant_param){ .bytes = (const char *)bytes,
				     .size = size,
				     .is_binary = true };
}

struct number {
	char digits[24];
};

static struct plant_param number(struct number *storage, int64_t value)
{
	snprintf(storage->digits, sizeof(storage->digits), "%" PRId64, value);
	return text(storage->digits);
}

#define COUNT(params) (sizeof(params) / sizeof((params)[0]))

static enum status no_row(struct err *err)
{
	return err_set(err, STATUS_DATABASE, "plant: the server answered without a row");
}

/* ---- arrays of bytea, as PostgreSQL's array_recv takes them ---- */

static void put_be32(char *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (char)(uint8_t)(value >> (24 - 8 * i));
}

static char *array_room(struct plant_batch *batch, struct plant_array *array, size_t size)
{
	if (array->len + size > array->room) {
		size_t room = 2 * (array->len + size) + 1024;
		char *bytes = realloc(array->bytes, room);

		if (!bytes) {
			batch->has_failed = true;
			return NULL;
		}
		array->bytes = bytes;
		array->room = room;
	}
	array->len += size;
	return array->bytes + array->len - size;
}

/* dimensions 1, no NULLs, type, count (set when it is sent), first index 1 */
static void array_begin(struct plant_batch *batch, struct plant_array *array)
{
	char *at = array->len ? NULL : array_room(batch, array, 20);

	if (!at)
		return;
	put_be32(at, 1);
	put_be32(at + 4, 0);
	put_be32(at + 8, BYTEA_OID);
	put_be32(at + 12, 0);
	put_be32(at + 16, 1);
}

static void array_add(struct plant_batch *batch, struct plant_array *array, const void *bytes,
		      size_t size)
{
	char *at = array_room(batch, array, 4 + size);

	if (!at)
		return;
	put_be32(at, (uint32_t)size);
	memcpy(at + 4, bytes, size);
}

void plant_batch_clear(struct plant_batch *batch)
{
	batch->from_seq = 0;
	batch->count = 0;
	batch->entries.len = batch->hashes.len = 0;
	batch->has_failed = false;
}

void plant_batch_release(struct plant_batch *batch)
{
	free(batch->entries.bytes);
	free(batch->hashes.bytes);
	*batch = (struct plant_batch){ .count = 0 };
}

void plant_batch_add(struct plant_batch *batch, const char *entry, size_t size,
		     const uint8_t hash[static SHA256_BYTES])
{
	array_begin(batch, &batch->entries);
	array_begin(batch, &batch->hashes);
	array_add(batch, &batch->entries, entry, size);
	array_add(batch, &batch->hashes, hash, SHA256_BYTES);
	batch->count++;
}

/* ---- calls ---- */

enum status plant_hello(struct plant *plant, const char *chain_id, const char *host,
			struct deadline d, char plant_id[static PLANT_ID_BYTES], struct err *err)
{
	struct number version;
	const struct plant_param params[] = { number(&version, PLANT_VERSION), text(chain_id),
					      text(host), text(FLASHLINE_VERSION) };
	struct plant_rows *rows;
	enum status st = STATUS_OK;

	TRY(plant_call(plant, "SELECT * FROM flashline.hello($1, $2, $3, $4)", params,
		       COUNT(params), d, &rows, err));
	if (!plant_row_count(rows) || plant_is_null(rows, 0, 0)) {
		st = err_set(err, STATUS_DATABASE,
			     "plant %s: its ledger is not finished: run 'flashline ledger "
			     "init-server'",
			     plant_where(plant));
	} else if (plant_integer(rows, 0, 1) > PLANT_VERSION) {
		st = err_set(err, STATUS_NOT_SUPPORTED,
			     "plant %s: its ledger is newer than this program (version %s, serves "
			     "%s and later; this is %d): update flashline on this station",
			     plant_where(plant), plant_text(rows, 0, 0), plant_text(rows, 0, 1),
			     PLANT_VERSION);
	} else if (plant_integer(rows, 0, 0) < PLANT_VERSION) {
		st = err_set(err, STATUS_NOT_SUPPORTED,
			     "plant %s: its ledger is older than this program (version %s, this is "
			     "%d): bring it up to date with 'flashline ledger init-server'",
			     plant_where(plant), plant_text(rows, 0, 0), PLANT_VERSION);
	} else {
		snprintf(plant_id, PLANT_ID_BYTES, "%s", plant_text(rows, 0, 2));
	}
	plant_rows_free(rows);
	return st;
}

enum status plant_open_chain(struct plant *plant, const char *chain_id, int64_t first_seq,
			     const uint8_t base_hash[static SHA256_BYTES], const char *after_chain,
			     const char *host, struct deadline d, struct err *err)
{
	struct number seq;
	const struct plant_param params[] = { text(chain_id), number(&seq, first_seq),
					      blob(base_hash, SHA256_BYTES), text(after_chain),
					      text(host) };

	return plant_call(plant, "SELECT flashline.open_chain($1, $2, $3, $4, $5)", params,
			  COUNT(params), d, NULL, err);
}

static enum status read_hash(const char *hex, uint8_t hash[static SHA256_BYTES], struct err *err)
{
	if (hex_bytes(hex, hash, SHA256_BYTES))
		return STATUS_OK;
	return err_set(err, STATUS_DATABASE, "plant: the server answered '%.80s', not a hash", hex);
}

enum status plant_heads(struct plant *plant, const char *chain_id, struct deadline d,
			struct plant_branch **branches, size_t *count, struct err *err)
{
	const struct plant_param params[] = { text(chain_id) };
	struct plant_rows *rows;
	enum status st = STATUS_OK;

	*branches = NULL;
	*count = 0;
	TRY(plant_call(plant,
		       "SELECT branch, from_seq, head_seq, encode(head_hash, 'hex'), why "
		       "FROM flashline.heads($1)",
		       params, COUNT(params), d, &rows, err));
	struct plant_branch *list = calloc(plant_row_count(rows) + 1, sizeof(*list));
	if (!list) {
		plant_rows_free(rows);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the plant's branches");
	}
	for (size_t i = 0; !st && i < plant_row_count(rows); i++) {
		list[i].branch = (int)plant_integer(rows, i, 0);
		list[i].from_seq = plant_integer(rows, i, 1);
		list[i].head_seq = plant_integer(rows, i, 2);
		snprintf(list[i].why, sizeof(list[i].why), "%s", plant_text(rows, i, 4));
		st = read_hash(plant_text(rows, i, 3), list[i].head_hash, err);
	}
	if (!st) {
		*count = plant_row_count(rows);
		*branches = list;
	} else {
		free(list);
	}
	plant_rows_free(rows);
	return st;
}

enum status plant_hash_at(struct plant *plant, const char *chain_id, int branch, int64_t seq,
			  struct deadline d, bool *is_there, uint8_t hash[static SHA256_BYTES],
			  struct err *err)
{
	struct number branch_no, seq_no;
	const struct plant_param params[] = { text(chain_id), number(&branch_no, branch),
					      number(&seq_no, seq) };
	struct plant_rows *rows;
	enum status st = STATUS_OK;

	TRY(plant_call(plant, "SELECT encode(flashline.hash_at($1, $2, $3), 'hex')", params,
		       COUNT(params), d, &rows, err));
	*is_there = plant_row_count(rows) && !plant_is_null(rows, 0, 0);
	if (*is_there)
		st = read_hash(plant_text(rows, 0, 0), hash, err);
	plant_rows_free(rows);
	return st;
}

enum status plant_open_branch(struct plant *plant, const char *chain_id, int parent, int64_t seq,
			      const uint8_t hash[static SHA256_BYTES], const char *why,
			      const char *detail, struct deadline d, int *branch, struct err *err)
{
	struct number parent_no, seq_no;
	const struct plant_param params[] = {
		text(chain_id),
		number(&parent_no, parent),
		number(&seq_no, seq),
		blob(hash, SHA256_BYTES),
		text(why),
		text(detail),
	};
	struct plant_rows *rows;

	TRY(plant_call(plant, "SELECT flashline.open_branch($1, $2, $3, $4, $5, $6)", params,
		       COUNT(params), d, &rows, err));
	enum status st = plant_row_count(rows) ? STATUS_OK : no_row(err);
	if (!st)
		*branch = (int)plant_integer(rows, 0, 0);
	plant_rows_free(rows);
	return st;
}

/* clang-format off */
static const struct {
	const char *word;
	enum plant_ingest answer;
} ingest_words[] = {
	{ "OK",       INGEST_OK },
	{ "GAP",      INGEST_GAP },
	{ "FORKED",   INGEST_FORKED },
	{ "TAMPERED", INGEST_TAMPERED },
};
/* clang-format on */

static enum status read_ingested(const struct plant_rows *rows, struct plant_ingested *ingested,
				 struct err *err)
{
	if (!plant_row_count(rows))
		return no_row(err);
	ingested->head_seq = plant_integer(rows, 0, 1);
	snprintf(ingested->detail, sizeof(ingested->detail), "%s", plant_text(rows, 0, 2));
	for (size_t i = 0; i < COUNT(ingest_words); i++) {
		if (strcmp(plant_text(rows, 0, 0), ingest_words[i].word) == 0) {
			ingested->answer = ingest_words[i].answer;
			return STATUS_OK;
		}
	}
	return err_set(err, STATUS_NOT_SUPPORTED,
		       "plant: the server answered '%.40s', which this program does not know: "
		       "update flashline on this station",
		       plant_text(rows, 0, 0));
}

enum status plant_ingest(struct plant *plant, const char *chain_id, int branch,
			 const struct plant_batch *batch, struct deadline d,
			 struct plant_ingested *ingested, struct err *err)
{
	struct number branch_no, seq_no;
	struct plant_rows *rows;

	if (batch->has_failed)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %zu entries", batch->count);
	put_be32(batch->entries.bytes + 12, (uint32_t)batch->count);
	put_be32(batch->hashes.bytes + 12, (uint32_t)batch->count);
	const struct plant_param params[] = {
		text(chain_id),
		number(&branch_no, branch),
		number(&seq_no, batch->from_seq),
		blob((const uint8_t *)batch->entries.bytes, batch->entries.len),
		blob((const uint8_t *)batch->hashes.bytes, batch->hashes.len),
	};
	TRY(plant_call(plant, "SELECT * FROM flashline.ingest($1, $2, $3, $4, $5)", params,
		       COUNT(params), d, &rows, err));
	enum status st = read_ingested(rows, ingested, err);
	plant_rows_free(rows);
	return st;
}

enum status plant_ask_claim(struct plant *plant, const char *chain_id, int branch,
			    const struct plant_question *q, struct deadline d,
			    struct plant_verdict *verdict, struct err *err)
{
	static const char mac_sql[] =
		"SELECT * FROM flashline.claim_mac($1, $2, $3, $4, $7, $5, $6, $8)";
	static const char serial_sql[] =
		"SELECT * FROM flashline.claim_serial($1, $2, $3, $4, $5, $6)";
	struct number branch_no;
	const struct plant_param params[] = {
		text(chain_id),   number(&branch_no, branch),
		text(q->value),   text(q->product),
		text(q->run_id),  text(q->is_rework ? "true" : "false"),
		text(q->process), text(q->is_hold_overridden ? "true" : "false"),
	};
	struct plant_rows *rows;

	*verdict = (struct plant_verdict){ .generation = 0 };
	TRY(plant_call(plant, q->is_serial ? serial_sql : mac_sql, params,
		       q->is_serial ? COUNT(params) - 2 : COUNT(params), d, &rows, err));
	enum status st = plant_row_count(rows) ? STATUS_OK : no_row(err);
	if (!st) {
		verdict->is_granted = strcmp(plant_text(rows, 0, 0), "GRANTED") == 0;
		verdict->is_held = strcmp(plant_text(rows, 0, 0), "HELD") == 0;
		verdict->generation = plant_integer(rows, 0, 1);
		snprintf(verdict->owner, sizeof(verdict->owner), "%s", plant_text(rows, 0, 2));
	}
	plant_rows_free(rows);
	return st;
}

enum status plant_lease(struct plant *plant, const char *chain_id, int branch, int64_t units,
			struct plant_block *block, struct deadline d, struct err *err)
{
	struct number branch_no, width_no, units_no;
	const struct plant_param params[] = {
		text(chain_id),           number(&branch_no, branch),
		text(block->block_id),    text(block->product),
		text(block->prefix),      number(&width_no, block->width),
		number(&units_no, units),
	};
	struct plant_rows *rows;

	TRY(plant_call(plant, "SELECT * FROM flashline.lease_block($1, $2, $3, $4, $5, $6, $7)",
		       params, COUNT(params), d, &rows, err));
	enum status st = plant_row_count(rows) ? STATUS_OK : no_row(err);
	if (!st && strcmp(plant_text(rows, 0, 0), "LEASED"))
		st = err_set(err, STATUS_USAGE, "plant %s: %s", plant_where(plant),
			     plant_text(rows, 0, 0));
	if (!st) {
		block->width = plant_integer(rows, 0, 1);
		block->first = plant_integer(rows, 0, 2);
		block->last = plant_integer(rows, 0, 3);
		block->leased_utc_ms = plant_integer(rows, 0, 4);
	}
	plant_rows_free(rows);
	return st;
}
