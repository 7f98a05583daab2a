/*
 * What a station asks of the plant's ledger: the functions of db/plant/plant_functions.sql, one
 * each.
 *
 * Each is one transaction of the server, and may be asked again after STATUS_PLANT_UNREACHABLE.
 * STATUS_DATABASE: the server refused the call itself.
 */
#ifndef DB_PLANT_CALLS_H
#define DB_PLANT_CALLS_H

#include "db/plant/plant.h"
#include "engine/base/digest.h"

/* Of what we say to the server. A server serves stations from its own "oldest" on. */
#define PLANT_VERSION 1
#define PLANT_OLDEST 1 /* a server of ours serves stations of this version and newer */

#define PLANT_ID_BYTES 37

/* The server's schema and ours do not go together: STATUS_NOT_SUPPORTED says who has to be
 * updated. plant_id: which server it is. */
enum status plant_hello(struct plant *plant, const char *chain_id, const char *host,
			struct deadline d, char plant_id[static PLANT_ID_BYTES], struct err *err);

enum status plant_open_chain(struct plant *plant, const char *chain_id, int64_t first_seq,
			     const uint8_t base_hash[static SHA256_BYTES], const char *after_chain,
			     const char *host, struct deadline d, struct err *err);

struct plant_branch {
	int branch;
	int64_t from_seq, head_seq;
	uint8_t head_hash[SHA256_BYTES];
	char why[16]; /* "FORKED", "ROLLED_BACK"; "" of branch 0 */
};

/* *branches is for free(); count 0: the server does not know this chain. */
enum status plant_heads(struct plant *plant, const char *chain_id, struct deadline d,
			struct plant_branch **branches, size_t *count, struct err *err);

/* is_there false: the entry is not in the history of that branch. */
enum status plant_hash_at(struct plant *plant, const char *chain_id, int branch, int64_t seq,
			  struct deadline d, bool *is_there, uint8_t hash[static SHA256_BYTES],
			  struct err *err);

/* why: "FORKED" or "ROLLED_BACK". */
enum status plant_open_branch(struct plant *plant, const char *chain_id, int parent, int64_t seq,
			      const uint8_t hash[static SHA256_BYTES], const char *why,
			      const char *detail, struct deadline d, int *branch, struct err *err);

/* Entries in a row, as they go to the server: their texts and their hashes. */
struct plant_batch {
	int64_t from_seq;
	size_t count;
	/* two arrays of bytea, in PostgreSQL's binary form */
	struct plant_array {
		char *bytes;
		size_t len, room;
	} entries, hashes;
	bool has_failed; /* no memory */
};

void plant_batch_clear(struct plant_batch *batch); /* keeps the memory */
void plant_batch_release(struct plant_batch *batch);
/* text is not kept. */
void plant_batch_add(struct plant_batch *batch, const char *text, size_t size,
		     const uint8_t hash[static SHA256_BYTES]);

enum plant_ingest {
	INGEST_OK,       /* all of it is there */
	INGEST_GAP,      /* something before it is not: go on behind head_seq */
	INGEST_FORKED,   /* another history is there */
	INGEST_TAMPERED, /* an entry is not what its hash says; detail says which */
};

struct plant_ingested {
	enum plant_ingest answer;
	int64_t head_seq; /* of the branch, afterwards */
	char detail[200];
};

enum status plant_ingest(struct plant *plant, const char *chain_id, int branch,
			 const struct plant_batch *batch, struct deadline d,
			 struct plant_ingested *ingested, struct err *err);

struct plant_question {
	bool is_serial;
	const char *value, *product, *process, *run_id;
	bool is_rework, is_hold_overridden;
};

struct plant_verdict {
	bool is_granted;
	bool is_held; /* not granted, because it is in quarantine */
	int64_t generation;
	char owner[200]; /* of one that is not granted */
};

enum status plant_ask_claim(struct plant *plant, const char *chain_id, int branch,
			    const struct plant_question *question, struct deadline d,
			    struct plant_verdict *verdict, struct err *err);

struct plant_block {
	char block_id[PLANT_ID_BYTES];
	const char *product, *prefix;
	int64_t width; /* 0: as it was before, else 6 */
	int64_t first, last, leased_utc_ms;
};

/* block: block_id, product, prefix and width are given, the rest is filled in. The same block_id
 * again is the same block. STATUS_USAGE: no such block can be had, with the server's words. */
enum status plant_lease(struct plant *plant, const char *chain_id, int branch, int64_t units,
			struct plant_block *block, struct deadline d, struct err *err);

#endif
