#include "db/decide_line.h"

#include "db/serials.h"

#include <string.h>

/* ---- serial numbers ---- */

static bool is_word(const char *word, const char *expected)
{
	return word && strcmp(word, expected) == 0;
}

/* Who has it, for people: "is COMMITTED to 24:0a:c4:00:01:10 since run ...". */
static enum status refuse_taken(const struct record_serial_state *state,
				const struct serial_now *now, struct err *err)
{
	if (now->standing == SERIAL_CLAIMED)
		return err_set(err, STATUS_SERIAL_TAKEN,
			       "serial number %s of %s: station %s has claimed it: take another",
			       state->serial, state->product, now->station);
	if (now->standing == SERIAL_PASSED)
		return err_set(err, STATUS_SERIAL_TAKEN,
			       "serial number %s of %s: unit %s passed with it: take another",
			       state->serial, state->product, now->mac);
	return err_set(err, STATUS_SERIAL_TAKEN,
		       "serial number %s of %s: is %s for %s%s (run %s), and this is %s: take "
		       "another",
		       state->serial, state->product, serial_standing_name(now->standing),
		       now->mac[0] ? "unit " : "a unit without a MAC yet", now->mac,
		       now->run_id[0] ? now->run_id : "unknown",
		       state->mac ? state->mac : "another unit");
}

static enum status refuse_order(const struct record_serial_state *state,
				const struct serial_now *now, const char *expected, struct err *err)
{
	return err_set(err, STATUS_USAGE,
		       "serial number %s of %s: cannot become %s, it is %s%s%s: %s", state->serial,
		       state->product, state->state, serial_standing_name(now->standing),
		       now->run_id[0] ? " by run " : "", now->run_id, expected);
}

static enum status check_serial_state(struct db *db, const struct record_serial_state *state,
				      struct err *err)
{
	struct serial_now now;

	TRY(serial_look_up(db, state->product, state->serial, &now, err));
	if (is_word(state->state, "RESERVED"))
		return serial_may_have(&now, state->mac) ? STATUS_OK
							 : refuse_taken(state, &now, err);
	if (is_word(state->state, "COMMITTED") && now.standing == SERIAL_COMMITTED &&
	    !serial_may_have(&now, state->mac))
		return refuse_taken(state, &now, err);

	/* A person takes it out of use; not from a run that is at it. */
	if (is_word(state->state, "VOID") && !state->run_id && state->operator_name &&
	    state->reason && now.standing != SERIAL_RESERVED && now.standing != SERIAL_WRITTEN)
		return STATUS_OK;
	bool is_held = now.standing == SERIAL_RESERVED || now.standing == SERIAL_WRITTEN;
	if (!is_held || strcmp(state->run_id ? state->run_id : "", now.run_id) != 0)
		return refuse_order(state, &now, "its own run has to have reserved it", err);
	if (now.standing == SERIAL_WRITTEN &&
	    (is_word(state->state, "RETURNED") || is_word(state->state, "WRITTEN")))
		return refuse_order(state, &now,
				    "what may stand on a unit is COMMITTED or VOID next", err);
	return STATUS_OK;
}

/* ---- labels ---- */

static enum status check_print_job(struct db *db, const struct record_print_job *job,
				   struct err *err)
{
	int64_t is_known;

	TRY(sql_ask(db, "SELECT 1 FROM print_job WHERE print_id = ?1", job->print_id, NULL,
		    &is_known, err));
	if (is_known)
		return err_set(err, STATUS_USAGE,
			       "label %s: is in these records already: each print has its own id",
			       job->print_id);
	if (!job->run_id)
		return STATUS_OK;
	TRY(sql_ask(db, "SELECT 1 FROM run WHERE run_id = ?1", job->run_id, NULL, &is_known, err));
	if (is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "label for run %s: the run is not in these records: 'flashline log' shows "
		       "which are",
		       job->run_id);
}

static enum status check_print_event(struct db *db, const struct record_print_event *event,
				     struct err *err)
{
	int64_t is_known;

	TRY(sql_ask(db, "SELECT 1 FROM print_job WHERE print_id = ?1", event->print_id, NULL,
		    &is_known, err));
	if (is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "label %s: %s, but no such label was ever sent to a printer",
		       event->print_id, event->state);
}

/* ---- lockouts ---- */

static enum status check_lockout(struct db *db, const struct record_lockout *lockout,
				 struct err *err)
{
	int64_t is_known;

	TRY(sql_ask(db, "SELECT 1 FROM lockout WHERE lockout_id = ?1", lockout->lockout_id, NULL,
		    &is_known, err));
	if (!is_known)
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "lockout %s (%s): is in these records already: each has its own id",
		       lockout->lockout_id, lockout->code);
}

static enum status check_lockout_end(struct db *db, const struct record_lockout_end *end,
				     struct err *err)
{
	int64_t is_known, is_ended;

	TRY(sql_ask(db, "SELECT 1 FROM lockout WHERE lockout_id = ?1", end->lockout_id, NULL,
		    &is_known, err));
	if (!is_known)
		return err_set(err, STATUS_USAGE,
			       "lockout %s: is not in these records: there is nothing to end",
			       end->lockout_id);
	TRY(sql_ask(db, "SELECT 1 FROM lockout_end WHERE lockout_id = ?1", end->lockout_id, NULL,
		    &is_ended, err));
	if (is_ended)
		return err_set(err, STATUS_USAGE,
			       "lockout %s: has ended already: a new one has its own id",
			       end->lockout_id);
	if (is_word(end->how, "OVERRIDDEN") && (!end->operator_name || !end->reason))
		return err_set(err, STATUS_USAGE,
			       "lockout %s: only somebody with a name and a reason overrides it",
			       end->lockout_id);
	return STATUS_OK;
}

enum status decide_check_line(struct db *db, enum record_kind kind, const void *record,
			      struct err *err)
{
	switch (kind) {
	case RECORD_SERIAL_STATE:
		return check_serial_state(db, record, err);
	case RECORD_PRINT_JOB:
		return check_print_job(db, record, err);
	case RECORD_PRINT_EVENT:
		return check_print_event(db, record, err);
	case RECORD_LOCKOUT:
		return check_lockout(db, record, err);
	case RECORD_LOCKOUT_END:
		return check_lockout_end(db, record, err);
	default:
		return STATUS_OK;
	}
}
