/* What the facts say about a run: guards_inside.h. */
#include "station/guards_inside.h"

#include "db/decided.h"
#include "db/serials.h"
#include "station/json.h"
#include "station/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- before the port is opened ---- */

/* A recipe that was retired is refused whatever the rule says: somebody meant this one. */
static enum status judge_approval(struct guards *g, struct findings *found, struct err *err)
{
	const struct plan *plan = g->setup.plan;
	bool is_required, is_approved, is_retired;

	TRY(rule_is_strict(g->db, RULE_APPROVAL, &is_required, err));
	TRY(decided_approval(g->db, plan->digest_text, &is_approved, err));
	TRY(decided_retired(g->db, plan->digest_text, &is_retired, err));
	if (is_retired)
		findings_add(found, STATUS_RECIPE_NOT_APPROVED,
			     "%s revision %u (%.12s) was retired", plan->name, plan->revision,
			     plan->digest_text);
	else if (is_required && !is_approved)
		findings_add(found, STATUS_RECIPE_NOT_APPROVED,
			     "nobody has approved %s revision %u (%.12s)", plan->name,
			     plan->revision, plan->digest_text);
	return STATUS_OK;
}

static enum status judge_batch(struct guards *g, struct findings *found, struct err *err)
{
	const struct plan *plan = g->setup.plan;
	const char *batch = g->setup.batch;
	struct batch_state state = { 0 };
	bool needs_opened;
	char utc[UTC_TEXT_BYTES];

	TRY(rule_is_strict(g->db, RULE_BATCH, &needs_opened, err));
	if (batch)
		TRY(decided_order(g->db, batch, &state, err));
	if (needs_opened && !batch)
		findings_add(found, STATUS_BATCH_UNKNOWN,
			     "this station flashes in opened batches alone, and none is named: use "
			     "--batch");
	else if (needs_opened && !state.is_known)
		findings_add(found, STATUS_BATCH_UNKNOWN, "batch '%s' was never opened", batch);
	if (state.is_known && !state.is_open)
		findings_add(found, STATUS_BATCH_CLOSED, "batch '%s' was closed at %s UTC", batch,
			     utc_words(state.closed_utc_ms, utc));
	if (state.recipe_digest[0] && strcmp(state.recipe_digest, plan->digest_text) != 0)
		findings_add(found, STATUS_BATCH_RECIPE,
			     "batch '%s' was opened for the recipe %.12s, this is %.12s", batch,
			     state.recipe_digest, plan->digest_text);
	return STATUS_OK;
}

enum status judge_before_port(struct guards *g, struct findings *found, struct err *err)
{
	TRY(judge_approval(g, found, err));
	TRY(judge_batch(g, found, err));
	if (g->setup.plan->plant_policy == PLANT_STRICT && !g->setup.plant)
		findings_add(found, STATUS_PLANT_UNREACHABLE,
			     "the recipe says 'plant: strict', and no server is named: use --plant "
			     "or FLASHLINE_PLANT");
	return STATUS_OK;
}

/* ---- once the unit is known ---- */

static enum status judge_disposition(struct guards *g, const char *mac, struct findings *found,
				     struct disposition_state *state, struct err *err)
{
	char utc[UTC_TEXT_BYTES];

	TRY(decided_disposition(g->db, mac, state, err));
	if (strcmp(state->state, "QUARANTINE") == 0 || strcmp(state->state, "SCRAP") == 0 ||
	    strcmp(state->state, "RMA") == 0)
		findings_add(found, STATUS_UNIT_BLOCKED, "%s: %s since %s UTC%s%s: %s", mac,
			     state->state, utc_words(state->utc_ms, utc),
			     state->operator_name[0] ? ", by " : "", state->operator_name,
			     state->reason);
	return STATUS_OK;
}

/* Of rule and recipe the stricter one. */
static enum status refuses_passed(struct guards *g, bool *refuses, struct err *err)
{
	*refuses = true;
	TRY(rule_is_strict(g->db, RULE_ALREADY_PASSED, refuses, err));
	switch (g->setup.plan->passed_policy) {
	case PASSED_USUAL:
		*refuses = *refuses || g->setup.batch;
		break;
	case PASSED_FLASH:
		break;
	case PASSED_REFUSE:
		*refuses = true;
		break;
	}
	return STATUS_OK;
}

static enum status judge_passed(struct guards *g, const char *mac,
				const struct disposition_state *state, struct findings *found,
				struct unit_facts *facts, struct err *err)
{
	struct guard_pass pass;
	char utc[UTC_TEXT_BYTES];
	bool refuses;

	TRY(guard_passed(g->db, mac, g->setup.plan->digest_text, &pass, err));
	if (!pass.is_there)
		return STATUS_OK;
	/* Newer in the ledger: clocks are set back at times. */
	if (strcmp(state->state, "REWORK") == 0 && state->seq > pass.seq) {
		facts->is_rework = true;
		return STATUS_OK;
	}
	TRY(refuses_passed(g, &refuses, err));
	if (!refuses)
		return STATUS_OK;
	findings_add(found, STATUS_ALREADY_PASSED, "%s passed this recipe at %s UTC, run %s", mac,
		     utc_words(pass.end_utc_ms, utc), pass.run_id);
	/* If the run goes on all the same, it is an override. */
	facts->is_rework = true;
	return STATUS_OK;
}

/* Given to another unit, which may not have passed. */
static enum status judge_given(struct guards *g, const char *mac, const char *serial,
			       struct findings *found, struct err *err)
{
	struct serial_now now;

	TRY(serial_look_up(g->db, g->product, serial, &now, err));
	if (now.standing == SERIAL_FREE || now.standing == SERIAL_PASSED ||
	    now.standing == SERIAL_CLAIMED || serial_may_have(&now, mac))
		return STATUS_OK;
	findings_add(found, STATUS_SERIAL_TAKEN,
		     "serial number '%s' was given out: it is %s, of %s", serial,
		     serial_standing_name(now.standing), now.mac[0] ? now.mac : "another unit");
	return STATUS_OK;
}

/* The number that it passed with, as given or as declared. */
static enum status find_own_serial(struct guards *g, const char *mac,
				   char own[static GUARD_SERIAL_BYTES], struct err *err)
{
	struct serial_now *rows;
	size_t count;

	TRY(serials_of_mac(g->db, g->product, mac, &rows, &count, err));
	own[0] = '\0';
	for (size_t i = 0; i < count && !own[0]; i++)
		if (rows[i].standing == SERIAL_COMMITTED)
			memcpy(own, rows[i].serial, GUARD_SERIAL_BYTES);
	free(rows);
	return own[0] ? STATUS_OK : guard_serial_of(g->db, mac, g->product, own, err);
}

static enum status judge_serial(struct guards *g, const char *mac, const char *serial,
				struct findings *found, struct err *err)
{
	char own[GUARD_SERIAL_BYTES], holder[MAC_TEXT_BYTES];

	if (!serial)
		return STATUS_OK;
	TRY(guard_serial_holder(g->db, serial, g->product, mac, holder, err));
	if (holder[0])
		findings_add(found, STATUS_SERIAL_TAKEN,
			     "serial number '%s' belongs to the unit %s, which passed with it",
			     serial, holder);
	else
		TRY(judge_given(g, mac, serial, found, err));
	TRY(find_own_serial(g, mac, own, err));
	if (own[0] && strcmp(own, serial) != 0)
		findings_add(found, STATUS_SERIAL_DIFFERS,
			     "%s passed with the serial number '%s', not with '%s'", mac, own,
			     serial);
	return STATUS_OK;
}

enum status judge_unit(struct guards *g, const char *mac, const char *serial,
		       struct findings *found, struct unit_facts *facts, struct err *err)
{
	struct disposition_state state;

	TRY(judge_disposition(g, mac, found, &state, err));
	TRY(judge_passed(g, mac, &state, found, facts, err));
	TRY(judge_serial(g, mac, serial, found, err));
	TRY(guard_generation(g->db, mac, g->product, g->process, &facts->generation, err));
	TRY(guard_mac_claim(g->db, mac, g->product, g->process, &facts->claim, err));
	/* What was taken here on purpose since is ours again. */
	facts->has_claim_to_fear =
		facts->claim.is_there && facts->claim.generation >= facts->generation.last;
	return STATUS_OK;
}

enum status judge_known_claims(struct guards *g, const char *mac, const char *serial,
			       const struct unit_facts *facts, struct findings *found,
			       struct err *err)
{
	struct guard_claim claim;
	char utc[UTC_TEXT_BYTES];

	if (mac && facts->has_claim_to_fear)
		findings_add(found, STATUS_MAC_ELSEWHERE, "%s was claimed by station %s at %s UTC",
			     mac, facts->claim.station,
			     utc_words(facts->claim.claimed_utc_ms, utc));
	if (!serial)
		return STATUS_OK;
	TRY(guard_serial_claim(g->db, serial, g->product, &claim, err));
	if (claim.is_there)
		findings_add(found, STATUS_SERIAL_TAKEN,
			     "serial number '%s' was claimed by station %s at %s UTC", serial,
			     claim.station, utc_words(claim.claimed_utc_ms, utc));
	return STATUS_OK;
}

int64_t batch_size(const struct batch_state *state)
{
	return state->quantity ? state->quantity : state->quota;
}

enum status judge_place(struct guards *g, const char *mac, bool *needs_one, struct findings *found,
			struct err *err)
{
	const char *batch = g->setup.batch;
	struct batch_state state;
	bool counts = false;

	*needs_one = false;
	if (!batch)
		return STATUS_OK;
	TRY(decided_order(g->db, batch, &state, err));
	g->of = batch_size(&state);
	if (mac)
		TRY(guard_counts_in_batch(g->db, mac, batch, &counts, err));
	if (counts)
		return STATUS_OK; /* it has its place */
	*needs_one = true;
	if (state.quota && g->passed + g->taken >= state.quota)
		findings_add(found, STATUS_BATCH_FULL,
			     "batch '%s' has a quota of %lld: %lld passed, %u under way", batch,
			     (long long)state.quota, (long long)g->passed, g->taken);
	return STATUS_OK;
}
