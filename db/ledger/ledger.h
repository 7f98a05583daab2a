/*
 * The ledger: every fact once more, as text, each entry sealed with the one before.
 *
 * It makes edits evident, it does not prevent them: whoever can write the file can
 * also compute the whole chain anew. What was told outside before - the head in a report, an
 * audit pack, a server - cannot be taken back: an anchor is a struct ledger_head of that day.
 *
 * An entry, byte by byte (docs/ledger.md says it for others):
 *
 *	text  = seq LF utc_ms LF kind LF ref LF body
 *	entry = SHA-256(text)
 *	hash  = SHA-256(prev || entry)
 *
 * in UTF-8, numbers in decimal; prev is the hash of the entry before, 32 bytes, and 32 zero bytes
 * for seq 1. body is the row of table kind whose key is ref, as JSON: members in the order of
 * their names' bytes, no space, NULL left out, integers in decimal, reals as %.17g, a blob as its
 * "sha256:..."; of texts only quotes, backslashes and bytes below 0x20 are escaped, the latter as
 * u00xx with small digits. Rows of tables that belong to it (steps, measurements, log of a
 * result; images of a recipe) are one member, named after their table: {"rows":N,"sha256":"..."}
 * over their own bodies in the order of their position, each followed by LF; none, if there are
 * none.
 */
#ifndef DB_LEDGER_H
#define DB_LEDGER_H

#include "db/db.h"
#include "engine/base/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_head {
	char chain_id[37];
	int64_t seq; /* 0: nothing is in it yet */
	uint8_t hash[SHA256_BYTES];
};

/* "3f0c...:1204:9a3e..." - chain, number and hash of an entry - and back; STATUS_USAGE. */
#define LEDGER_ANCHOR_BYTES (37 + 21 + SHA256_TEXT_BYTES)
void ledger_anchor_text(const struct ledger_head *head, char text[static LEDGER_ANCHOR_BYTES]);
enum status ledger_anchor_read(const char *text, struct ledger_head *head, struct err *err);

enum status ledger_head(struct db *db, struct ledger_head *head, struct err *err);

/* One entry; texts are lent until the next step. */
struct ledger_entry {
	int64_t seq, utc_ms;
	const char *kind, *ref, *body;
	uint8_t prev[SHA256_BYTES], hash[SHA256_BYTES];
};

/* Entries from from_seq on, at most limit of them, to each(); it may stop the walk by
 * returning another status than STATUS_OK, which is then returned. */
enum status ledger_walk(struct db *db, int64_t from_seq, int64_t limit,
			enum status (*each)(void *ctx, const struct ledger_entry *entry,
					    struct err *err),
			void *ctx, struct err *err);

/* What the hash of an entry has to be: pure. entry->prev counts, entry->hash does not. */
void ledger_hash(const struct ledger_entry *entry, uint8_t hash[static SHA256_BYTES]);

/* How the first thing that is wrong is called. Stable words for scripts. */
enum ledger_fault {
	LEDGER_SOUND,
	LEDGER_ENTRY_MISSING,   /* a number of the row is missing: deleted */
	LEDGER_ENTRY_CHANGED,   /* its hash is not that of its text */
	LEDGER_CHAIN_BROKEN,    /* prev is not the hash before: reordered, or put in */
	LEDGER_ROW_MISSING,     /* the entry is there, the record is not */
	LEDGER_ROW_CHANGED,     /* the record differs from its entry */
	LEDGER_ROW_ADDED,       /* a record without an entry */
	LEDGER_TAIL_CUT,        /* it ends before the anchor */
	LEDGER_ANCHOR_DIFFERS,  /* another history than the anchor's */
	LEDGER_TRIGGER_MISSING, /* nothing differs, but a trigger was removed or changed */
	LEDGER_SCHEMA_CHANGED,  /* a table, index or view is not as this program makes it */
	LEDGER_INDEX_DIFFERS,   /* what is looked up by an index is not what is in the table */
};
const char *ledger_fault_name(enum ledger_fault fault);

struct ledger_report {
	struct ledger_head head;
	int64_t entries, records; /* compared */
	int64_t adopted;          /* of them, records from before the ledger began */
	enum ledger_fault fault;
	int64_t first_bad_seq;     /* 0: not an entry */
	char table[32], ref[80];   /* of the first bad record; "" when it is not about one */
	char text[ERR_TEXT_BYTES]; /* what is wrong, in one sentence */
};

/*
 * Read everything and compare everything, in one read transaction, also while a station
 * works. anchors: heads that were told before (may be NULL when anchor_count is 0).
 * STATUS_OK also when something is wrong: report->fault says so. progress may be NULL.
 */
enum status ledger_verify(struct db *db, const struct ledger_head *anchors, size_t anchor_count,
			  void (*progress)(void *ctx, int64_t done, int64_t of), void *ctx,
			  struct ledger_report *report, struct err *err);

/* Go on with a new chain in this database, because it is a copy, or was brought back from a
 * backup: an entry that names the chain before, operator and reason. Refused (STATUS_DATABASE)
 * while a station works with the file; opened with DB_DECIDE, so that nothing else comes first. */
enum status ledger_begin_chain(struct db *db, const char *operator_name, const char *reason,
			       struct err *err);

#endif
