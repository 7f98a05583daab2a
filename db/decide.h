/*
 * Putting in what people and rules decide, and what a line does beside its runs: orders, approvals,
 * rules, dispositions, overrides, alarms, attachments, states of serial numbers (db/serials.h),
 * labels, lockouts. One transaction each, blocking until it is on the disk; each is
 * also an entry of the ledger. While a station works, its writer thread owns the
 * database: then the same records go through writer_put() (db/writer.h).
 *
 * All return STATUS_DATABASE when the record is not in the database, STATUS_USAGE when it
 * contradicts what is there (a batch that is open already, a recipe that is not known), and
 * STATUS_SERIAL_TAKEN for a serial number that is another unit's; the text then says what to do.
 */
#ifndef DB_DECIDE_H
#define DB_DECIDE_H

#include "db/db.h"
#include "db/record.h"

enum record_kind {
	RECORD_BATCH, /* struct record_batch, and so on */
	RECORD_BATCH_CHANGE,
	RECORD_APPROVAL,
	RECORD_RULE,
	RECORD_OVERRIDE,
	RECORD_DISPOSITION,
	RECORD_ATTACHMENT,
	RECORD_ALARM,
	RECORD_SERIAL_BLOCK,
	RECORD_SERIAL_STATE,
	RECORD_PRINT_JOB,
	RECORD_PRINT_EVENT,
	RECORD_LOCKOUT,
	RECORD_LOCKOUT_END,
	RECORD_ACK,         /* not in the ledger */
	RECORD_PLANT_CLAIM, /* not in the ledger; one that is there already adds nothing */
};

enum status db_put(struct db *db, enum record_kind kind, const void *record, struct err *err);

#endif
