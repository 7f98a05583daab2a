/* An order and the approval of a recipe, as they stand. */
#include "db/trace/trace_inside.h"

struct reading {
	struct trace_memory *m;
	struct trace_order *order;
	const char **approval;
};

static enum status take_order(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct reading *r = ctx;

	(void)err;
	*r->order = (struct trace_order){
		.work_order = trace_column(r->m, row, 0),
		.part_number = trace_column(r->m, row, 1),
		.part_revision = trace_column(r->m, row, 2),
		.customer = trace_column(r->m, row, 3),
		.recipe_digest = trace_column(r->m, row, 4),
		.quantity = sqlite3_column_int64(row, 5),
		.quota = sqlite3_column_int64(row, 6),
		.is_opened = true,
		.is_closed = sqlite3_column_int(row, 7),
	};
	return STATUS_OK;
}

/* The newest change of a kind is the one with the highest position. */
static const char order_sql[] =
	"SELECT work_order, part_number, part_revision, customer, recipe_digest, quantity,"
	" coalesce((SELECT quota FROM batch_change WHERE batch = ?1 AND change = 'QUOTA'"
	"  ORDER BY position DESC LIMIT 1), quota),"
	" ifnull((SELECT change = 'CLOSED' FROM batch_change WHERE batch = ?1"
	"  AND change <> 'QUOTA' ORDER BY position DESC LIMIT 1), 0) FROM batch WHERE batch = ?1";

enum status trace_order_of(struct db *db, struct trace_memory *m, const char *batch,
			   struct trace_order *order, struct err *err)
{
	struct reading r = { .m = m, .order = order };

	*order = (struct trace_order){ 0 };
	return trace_query(db, order_sql, &batch, 1, take_order, &r, err);
}

static enum status take_approval(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct reading *r = ctx;

	(void)err;
	*r->approval = trace_column(r->m, row, 0);
	return STATUS_OK;
}

/* The newest is the one with the highest number in the ledger. */
static const char approval_sql[] =
	"SELECT state FROM approval WHERE recipe_digest = ?1"
	" ORDER BY (SELECT max(seq) FROM ledger WHERE ledger.ref = approval_id"
	"  AND ledger.kind = 'approval') DESC, approval_id DESC LIMIT 1";

enum status trace_approval_of(struct db *db, struct trace_memory *m, const char *digest,
			      const char **approval, struct err *err)
{
	struct reading r = { .m = m, .approval = approval };

	*approval = NULL;
	return trace_query(db, approval_sql, &digest, 1, take_approval, &r, err);
}
