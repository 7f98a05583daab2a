/* Which member of a decision's record goes into which column. */
#include "db/decide_fields.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BATCH(member) offsetof(struct record_batch, member)
#define CHANGE(member) offsetof(struct record_batch_change, member)
#define APPROVAL(member) offsetof(struct record_approval, member)
#define RULE(member) offsetof(struct record_rule, member)
#define OVERRIDE(member) offsetof(struct record_override, member)
#define DISPOSITION(member) offsetof(struct record_disposition, member)
#define ALARM(member) offsetof(struct record_alarm, member)
#define BLOCK(member) offsetof(struct record_serial_block, member)
#define STATE(member) offsetof(struct record_serial_state, member)
#define PRINT_JOB(member) offsetof(struct record_print_job, member)
#define PRINT_EVENT(member) offsetof(struct record_print_event, member)
#define LOCKOUT(member) offsetof(struct record_lockout, member)
#define LOCKOUT_END(member) offsetof(struct record_lockout_end, member)
#define ACK(member) offsetof(struct record_ack, member)
#define CLAIM(member) offsetof(struct record_plant_claim, member)

/* clang-format off */
static const struct field batch_rows[] = {
	{ "batch",         FIELD_TEXT,         BATCH(batch),         0 },
	{ "work_order",    FIELD_TEXT,         BATCH(work_order),    0 },
	{ "part_number",   FIELD_TEXT,         BATCH(part_number),   0 },
	{ "part_revision", FIELD_TEXT,         BATCH(part_revision), 0 },
	{ "customer",      FIELD_TEXT,         BATCH(customer),      0 },
	{ "quantity",      FIELD_INT_NOT_ZERO, BATCH(quantity),      0 },
	{ "quota",         FIELD_INT_NOT_ZERO, BATCH(quota),         0 },
	{ "recipe_digest", FIELD_TEXT,         BATCH(recipe_digest), 0 },
	{ "operator",      FIELD_TEXT,         BATCH(operator_name), 0 },
	{ "opened_utc_ms", FIELD_INT,          BATCH(opened_utc_ms), 0 },
};

static const struct field change_rows[] = {
	{ "batch",    FIELD_TEXT,         CHANGE(batch),         0 },
	{ "change",   FIELD_TEXT,         CHANGE(change),        0 },
	{ "quota",    FIELD_INT_NOT_ZERO, CHANGE(quota),         0 },
	{ "operator", FIELD_TEXT,         CHANGE(operator_name), 0 },
	{ "reason",   FIELD_TEXT,         CHANGE(reason),        0 },
	{ "utc_ms",   FIELD_INT,          CHANGE(utc_ms),        0 },
};

static const struct field approval_rows[] = {
	{ "recipe_digest", FIELD_TEXT, APPROVAL(recipe_digest), 0 },
	{ "state",         FIELD_TEXT, APPROVAL(state),         0 },
	{ "operator",      FIELD_TEXT, APPROVAL(operator_name), 0 },
	{ "reason",        FIELD_TEXT, APPROVAL(reason),        0 },
	{ "utc_ms",        FIELD_INT,  APPROVAL(utc_ms),        0 },
};

static const struct field rule_rows[] = {
	{ "name",     FIELD_TEXT, RULE(name),          0 },
	{ "word",     FIELD_TEXT, RULE(word),          0 },
	{ "operator", FIELD_TEXT, RULE(operator_name), 0 },
	{ "reason",   FIELD_TEXT, RULE(reason),        0 },
	{ "utc_ms",   FIELD_INT,  RULE(utc_ms),        0 },
};

static const struct field override_rows[] = {
	{ "run_id",   FIELD_TEXT, OVERRIDE(run_id),        0 },
	{ "code",     FIELD_TEXT, OVERRIDE(code),          0 },
	{ "detail",   FIELD_TEXT, OVERRIDE(detail),        0 },
	{ "operator", FIELD_TEXT, OVERRIDE(operator_name), 0 },
	{ "reason",   FIELD_TEXT, OVERRIDE(reason),        0 },
	{ "utc_ms",   FIELD_INT,  OVERRIDE(utc_ms),        0 },
};

static const struct field disposition_rows[] = {
	{ "mac",      FIELD_TEXT, DISPOSITION(mac),           0 },
	{ "state",    FIELD_TEXT, DISPOSITION(state),         0 },
	{ "operator", FIELD_TEXT, DISPOSITION(operator_name), 0 },
	{ "reason",   FIELD_TEXT, DISPOSITION(reason),        0 },
	{ "run_id",   FIELD_TEXT, DISPOSITION(run_id),        0 },
	{ "utc_ms",   FIELD_INT,  DISPOSITION(utc_ms),        0 },
};

static const struct field alarm_rows[] = {
	{ "code",   FIELD_TEXT, ALARM(code),   0 },
	{ "detail", FIELD_TEXT, ALARM(detail), 0 },
	{ "mac",    FIELD_TEXT, ALARM(mac),    0 },
	{ "run_id", FIELD_TEXT, ALARM(run_id), 0 },
	{ "utc_ms", FIELD_INT,  ALARM(utc_ms), 0 },
};

static const struct field block_rows[] = {
	{ "block_id",      FIELD_TEXT, BLOCK(block_id),      0 },
	{ "product",       FIELD_TEXT, BLOCK(product),       0 },
	{ "prefix",        FIELD_TEXT, BLOCK(prefix),        0 },
	{ "width",         FIELD_INT,  BLOCK(width),         0 },
	{ "first",         FIELD_INT,  BLOCK(first),         0 },
	{ "last",          FIELD_INT,  BLOCK(last),          0 },
	{ "leased_utc_ms", FIELD_INT,  BLOCK(leased_utc_ms), 0 },
};

static const struct field state_rows[] = {
	{ "product",  FIELD_TEXT, STATE(product),       0 },
	{ "serial",   FIELD_TEXT, STATE(serial),        0 },
	{ "state",    FIELD_TEXT, STATE(state),         0 },
	{ "source",   FIELD_TEXT, STATE(source),        0 },
	{ "run_id",   FIELD_TEXT, STATE(run_id),        0 },
	{ "mac",      FIELD_TEXT, STATE(mac),           0 },
	{ "operator", FIELD_TEXT, STATE(operator_name), 0 },
	{ "reason",   FIELD_TEXT, STATE(reason),        0 },
	{ "utc_ms",   FIELD_INT,  STATE(utc_ms),        0 },
};

static const struct field print_job_rows[] = {
	{ "print_id",        FIELD_TEXT, PRINT_JOB(print_id),        0 },
	{ "run_id",          FIELD_TEXT, PRINT_JOB(run_id),          0 },
	{ "copy",            FIELD_INT,  PRINT_JOB(copy),            0 },
	{ "mac",             FIELD_TEXT, PRINT_JOB(mac),             0 },
	{ "serial",          FIELD_TEXT, PRINT_JOB(serial),          0 },
	{ "printer",         FIELD_TEXT, PRINT_JOB(printer),         0 },
	{ "template_sha256", FIELD_TEXT, PRINT_JOB(template_sha256), 0 },
	{ "content",         FIELD_TEXT, PRINT_JOB(content),         0 },
	{ "operator",        FIELD_TEXT, PRINT_JOB(operator_name),   0 },
	{ "reason",          FIELD_TEXT, PRINT_JOB(reason),          0 },
	{ "utc_ms",          FIELD_INT,  PRINT_JOB(utc_ms),          0 },
};

static const struct field print_event_rows[] = {
	{ "print_id", FIELD_TEXT, PRINT_EVENT(print_id),      0 },
	{ "state",    FIELD_TEXT, PRINT_EVENT(state),         0 },
	{ "detail",   FIELD_TEXT, PRINT_EVENT(detail),        0 },
	{ "operator", FIELD_TEXT, PRINT_EVENT(operator_name), 0 },
	{ "utc_ms",   FIELD_INT,  PRINT_EVENT(utc_ms),        0 },
};

static const struct field lockout_rows[] = {
	{ "lockout_id", FIELD_TEXT, LOCKOUT(lockout_id), 0 },
	{ "code",       FIELD_TEXT, LOCKOUT(code),       0 },
	{ "slot",       FIELD_TEXT, LOCKOUT(slot),       0 },
	{ "detail",     FIELD_TEXT, LOCKOUT(detail),     0 },
	{ "utc_ms",     FIELD_INT,  LOCKOUT(utc_ms),     0 },
};

static const struct field lockout_end_rows[] = {
	{ "lockout_id", FIELD_TEXT, LOCKOUT_END(lockout_id),    0 },
	{ "how",        FIELD_TEXT, LOCKOUT_END(how),           0 },
	{ "operator",   FIELD_TEXT, LOCKOUT_END(operator_name), 0 },
	{ "reason",     FIELD_TEXT, LOCKOUT_END(reason),        0 },
	{ "utc_ms",     FIELD_INT,  LOCKOUT_END(utc_ms),        0 },
};

static const struct field ack_rows[] = {
	{ "server",       FIELD_TEXT, ACK(server),       0 },
	{ "chain_id",     FIELD_TEXT, ACK(chain_id),     0 },
	{ "up_to_seq",    FIELD_INT,  ACK(up_to_seq),    0 },
	{ "acked_utc_ms", FIELD_INT,  ACK(acked_utc_ms), 0 },
};

static const struct field claim_rows[] = {
	{ "server",         FIELD_TEXT, CLAIM(server),         0 },
	{ "plant_seq",      FIELD_INT,  CLAIM(plant_seq),      0 },
	{ "kind",           FIELD_TEXT, CLAIM(kind),           0 },
	{ "value",          FIELD_TEXT, CLAIM(value),          0 },
	{ "product",        FIELD_TEXT, CLAIM(product),        0 },
	{ "process",        FIELD_TEXT, CLAIM(process),        0 },
	{ "generation",     FIELD_INT,  CLAIM(generation),     0 },
	{ "chain_id",       FIELD_TEXT, CLAIM(chain_id),       0 },
	{ "station",        FIELD_TEXT, CLAIM(station),        0 },
	{ "claimed_utc_ms", FIELD_INT,  CLAIM(claimed_utc_ms), 0 },
};
/* clang-format on */

#define TABLE(name_, key_, order_, rows_)                                                          \
	.fields = {                                                                                \
		.table = (name_),                                                                  \
		.key = (key_),                                                                     \
		.order = (order_),                                                                 \
		.fields = (rows_),                                                                 \
		.count = COUNT(rows_),                                                             \
	}

static const struct decide_row rows[] = {
	[RECORD_BATCH] = {
		TABLE("batch", NULL, NULL, batch_rows),
		.operator_at = BATCH(operator_name),
		.time_at = BATCH(opened_utc_ms),
	},
	[RECORD_BATCH_CHANGE] = {
		TABLE("batch_change", NULL, "position", change_rows),
		.operator_at = CHANGE(operator_name),
		.time_at = CHANGE(utc_ms),
	},
	[RECORD_APPROVAL] = {
		TABLE("approval", "approval_id", NULL, approval_rows),
		.operator_at = APPROVAL(operator_name),
		.time_at = APPROVAL(utc_ms),
	},
	[RECORD_RULE] = {
		TABLE("rule", "rule_id", NULL, rule_rows),
		.operator_at = RULE(operator_name),
		.time_at = RULE(utc_ms),
	},
	[RECORD_OVERRIDE] = {
		TABLE("override", NULL, NULL, override_rows),
		.operator_at = OVERRIDE(operator_name),
		.time_at = OVERRIDE(utc_ms),
	},
	[RECORD_DISPOSITION] = {
		TABLE("disposition", "disposition_id", NULL, disposition_rows),
		.operator_at = DISPOSITION(operator_name),
		.time_at = DISPOSITION(utc_ms),
	},
	[RECORD_ATTACHMENT] = {
		.operator_at = offsetof(struct record_attachment, operator_name),
		.time_at = offsetof(struct record_attachment, utc_ms),
	},
	[RECORD_ALARM] = { TABLE("alarm", "alarm_id", NULL, alarm_rows) },
	[RECORD_SERIAL_BLOCK] = { TABLE("serial_block", "chain_id", NULL, block_rows) },
	[RECORD_SERIAL_STATE] = {
		TABLE("serial_state", "serial_state_id", "position", state_rows),
		.operator_at = STATE(operator_name),
		.time_at = STATE(utc_ms),
	},
	[RECORD_PRINT_JOB] = {
		TABLE("print_job", NULL, NULL, print_job_rows),
		.operator_at = PRINT_JOB(operator_name),
		.time_at = PRINT_JOB(utc_ms),
	},
	[RECORD_PRINT_EVENT] = {
		TABLE("print_event", "print_event_id", NULL, print_event_rows),
		.operator_at = PRINT_EVENT(operator_name),
		.time_at = PRINT_EVENT(utc_ms),
	},
	[RECORD_LOCKOUT] = { TABLE("lockout", NULL, NULL, lockout_rows) },
	[RECORD_LOCKOUT_END] = {
		TABLE("lockout_end", NULL, NULL, lockout_end_rows),
		.operator_at = LOCKOUT_END(operator_name),
		.time_at = LOCKOUT_END(utc_ms),
	},
	[RECORD_ACK] = { TABLE("outbox", NULL, NULL, ack_rows) },
	[RECORD_PLANT_CLAIM] = { TABLE("plant_claim", NULL, NULL, claim_rows) },
};

const struct decide_row *decide_row(enum record_kind kind)
{
	return &rows[kind];
}
