/*
 * What a station stores of its dealings with the plant. Internal to db/plant_*.c.
 *
 * Each is stored once, whatever is repeated: alarms are known again by their text.
 */
#ifndef DB_PLANT_NOTES_H
#define DB_PLANT_NOTES_H

#include "db/plant/plant_sync.h"

/* At the begin: what the outbox remembers, and whether the server has lost some of it. */
enum status note_begin(struct plant_sync *s, struct err *err);
/* The segment is in a branch: PLANT_FORKED or PLANT_ROLLED_BACK. */
enum status note_branch(struct plant_sync *s, const struct plant_segment *segment, struct err *err);
/* The server's check refused an entry: PLANT_REFUSED. */
enum status note_refusal(struct plant_sync *s, const char *detail, struct err *err);
/* Another station's record contradicts one of ours: PLANT_CONFLICT, and the unit is set aside. */
enum status note_conflict(struct plant_sync *s, const char *mac, const char *run_id,
			  const char *detail, struct err *err);
/* Up to which entry the server has the current chain, in the outbox; not after every run. */
enum status note_ack(struct plant_sync *s, struct err *err);
/* A block that was leased, when its answer was lost. */
enum status note_block(struct plant_sync *s, const struct record_serial_block *block,
		       struct err *err);
/* Claims of other stations, in one transaction. */
enum status note_claims(struct db *db, const struct record_plant_claim *claims, size_t count,
			struct err *err);

#endif
