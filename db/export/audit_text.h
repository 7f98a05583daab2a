/* What an audit pack says in words and figures. Internal to db/. */
#ifndef DB_AUDIT_TEXT_H
#define DB_AUDIT_TEXT_H

#include "db/ledger/ledger.h"
#include "db/sql.h"

#include <stdio.h>

struct audit_proof {
	struct ledger_head head;
	int64_t first_seq; /* of the entries from which on the chain is in the pack; 0 none */
	const char *newest_time;
};

enum status audit_write_readme(const char *batch, const struct audit_proof *proof, FILE *out,
			       struct err *err);

/* The order, the counts and the head of the ledger: the same figures as one JSON object and as
 * text. */
enum status audit_write_summary_json(struct db *db, const char *batch,
				     const struct audit_proof *proof, FILE *out, struct err *err);
enum status audit_write_summary_text(struct db *db, const char *batch,
				     const struct audit_proof *proof, FILE *out, struct err *err);

#endif
