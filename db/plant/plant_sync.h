/*
 * Sending a station's ledger to the plant's, exactly once and in order, and fetching what the
 * plant knows that this station should.
 *
 * The server's own head says where to go on, and the hash at that head whether it is our
 * history: so it does not matter what either side remembers of the last time, which answer was
 * lost, or whether another process has sent the same entries meanwhile. The server is asked
 * first and the database read afterwards, because an entry that the server has was in the
 * database before.
 *
 * A history that is not the server's (a copied database, or one brought back from a backup) goes
 * into a branch of its own; both sides raise an alarm, and sending goes on.
 */
#ifndef DB_PLANT_SYNC_H
#define DB_PLANT_SYNC_H

#include "db/db.h"
#include "db/decide.h"
#include "db/plant/plant_calls.h"

/* Entries of one transaction, and about how many bytes of them at most. */
#define PLANT_BATCH_ENTRIES 200
#define PLANT_BATCH_BYTES (4 << 20)

/* Where records about the plant go: alarms, quarantines, leased blocks, acknowledgements. */
struct plant_sink {
	/* As db_put (db/decide.h). NULL: nothing can be stored now; it is told again next time. */
	enum status (*put)(void *ctx, enum record_kind kind, const void *record, struct err *err);
	void *ctx;
	/* Open with DB_DECIDE, for claims, which come by the thousand; NULL none. */
	struct db *db;
};

/* A piece of the local ledger that belongs to one chain; the last one is being written. */
struct plant_segment {
	char chain_id[37], after_chain[37], host[256];
	int64_t first_seq, last_seq; /* last_seq: INT64_MAX of the last one */
	int branch;
	char why[16];     /* "FORKED", "ROLLED_BACK": branch is not 0 */
	int64_t head_seq; /* the server has it up to here */
	bool is_refused;  /* the server does not take what comes next */
};

struct plant_sync {
	struct db *db; /* DB_READ will do; lent */
	struct plant *plant;
	struct plant_sink sink;
	char plant_id[PLANT_ID_BYTES];
	struct plant_segment *segments;
	size_t segment_count;
	struct plant_batch batch;
	bool has_begun;
	bool has_leases;       /* asked for since plant_sync_begin */
	bool is_leaving;       /* the caller's: note acknowledgements now, there may be no later */
	unsigned placed_again; /* without progress between */
	int64_t acked_seq;     /* of the current chain, noted in the outbox */
	int64_t noted_utc_ms;  /* when */
	int64_t claims_to, conflicts_to;
	/* what came of it */
	int64_t sent;               /* entries */
	int64_t claims, conflicts;  /* fetched */
	int64_t last_ack_utc_ms;    /* 0 never in this process */
	char alarm[ERR_TEXT_BYTES]; /* forked, rolled back, refused or in conflict; "" none */
};

/* db and plant are lent until plant_sync_release. */
void plant_sync_init(struct plant_sync *s, struct db *db, struct plant *plant,
		     struct plant_sink sink);
void plant_sync_release(struct plant_sync *s);

/* Say hello and find where every chain stands. Before anything else, and after a lost connection.
 * STATUS_NOT_SUPPORTED: another version. STATUS_PLANT_UNREACHABLE, STATUS_DATABASE. */
enum status plant_sync_begin(struct plant_sync *s, struct deadline d, struct err *err);

/* One batch, one transaction. *is_done: the server has all that it takes. */
enum status plant_sync_step(struct plant_sync *s, struct deadline d, bool *is_done,
			    struct err *err);

/* Note what was acknowledged, and fetch claims, blocks and conflicts. Up to 1000 claims; *is_done
 * when there are no more. */
enum status plant_sync_fetch(struct plant_sync *s, struct deadline d, bool *is_done,
			     struct err *err);

/* Entries that the server does not have; -1 before plant_sync_begin. */
int64_t plant_sync_pending(struct plant_sync *s);

/* The chain that the station writes now. */
const struct plant_segment *plant_sync_current(const struct plant_sync *s);

/* ---- what the database says about it, without a server ---- */

/* Entries that no server has acknowledged, as far as the outbox remembers. */
enum status plant_outbox_pending(struct db *db, int64_t *pending, struct err *err);

#endif
