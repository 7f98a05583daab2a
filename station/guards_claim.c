/* Asking the plant for a unit's MAC and serial number, and what holds without it. */
#include "station/guards_inside.h"

#include "db/plant/plant_blocks.h"

#include <stdio.h>
#include <string.h>

/* In one piece: a server that is slow is asked once, and its answer waited for. */
static void ask_plant(const struct guards *g, const struct guard_run *run,
		      const struct plant_claim *claim, struct plant_grant *grant)
{
	const struct plant_line *plant = g->setup.plant;

	*grant = (struct plant_grant){ .answer = PLANT_NO_ANSWER };
	if (!atomic_load(run->cancel))
		plant->claim(plant->ctx, claim, GUARD_CLAIM_MS, grant);
}

static void find_refusal(const struct plant_claim *claim, const struct plant_grant *grant,
			 struct findings *found)
{
	if (grant->is_held)
		findings_add(found, STATUS_UNIT_BLOCKED,
			     "%s is in quarantine because of %s, says the plant's ledger",
			     claim->value, grant->owner);
	else if (claim->is_serial)
		findings_add(found, STATUS_SERIAL_TAKEN,
			     "serial number %s was claimed by %s, says the plant's ledger",
			     claim->value, grant->owner);
	else
		findings_add(found, STATUS_MAC_ELSEWHERE,
			     "%s was claimed by %s, says the plant's ledger", claim->value,
			     grant->owner);
}

/* One claim: granted, refused and overridden, or unknown. */
static enum status claim(struct guards *g, struct guard_run *run, struct plant_claim *claim,
			 struct plant_grant *grant, struct err *err)
{
	for (;;) {
		struct findings found = { 0 };

		ask_plant(g, run, claim, grant);
		if (grant->answer != PLANT_REFUSED)
			return STATUS_OK;
		find_refusal(claim, grant, &found);
		TRY(guards_settle(g, run, &found, err));
		/* Overridden. It may be held and somebody else's as well. */
		bool *is_said = grant->is_held ? &claim->is_hold_overridden : &claim->is_rework;
		if (*is_said) {
			guards_say(run, "the plant's ledger goes on to refuse it: %s",
				   grant->owner);
			return STATUS_OK;
		}
		*is_said = true;
	}
}

/*
 * A rework is granted whoever had the unit last. When it is a later one than this station would
 * have made it, another station has had the unit in between.
 */
static enum status take_generation(const struct guards *g, struct guard_run *run,
				   const struct unit_facts *facts, const char *mac, int64_t granted,
				   struct err *err)
{
	struct findings found = { 0 };

	if (granted <= run->generation)
		return STATUS_OK;
	if (facts->is_rework)
		findings_add(
			&found, STATUS_MAC_ELSEWHERE,
			"%s: the plant's ledger makes this generation %lld, this station knows "
			"of %lld before: another one has had it since",
			mac, (long long)granted, (long long)run->generation - 1);
	run->generation = granted;
	return guards_settle(g, run, &found, err);
}

/*
 * Nobody can be asked whether a serial number is free. Whoever makes a product with blocks of
 * numbers takes them from its own; without any, the number was given by other means.
 */
static enum status judge_block(const struct guards *g, const char *mac, const char *serial,
			       struct findings *found, struct err *err)
{
	char own[GUARD_SERIAL_BYTES] = "";
	enum serial_lease lease;

	if (mac)
		TRY(guard_serial_of(g->db, mac, g->product, own, err));
	if (strcmp(own, serial) == 0)
		return STATUS_OK; /* the unit has it already */
	TRY(serial_lease_of(g->db, serial, g->product, &lease, err));
	switch (lease) {
	case SERIAL_NO_BLOCKS:
	case SERIAL_OURS:
		break;
	case SERIAL_VOID:
		findings_add(found, STATUS_SERIAL_TAKEN,
			     "serial number %s is out of a block that is void here, and the "
			     "plant's ledger cannot be asked: lease another ('flashline serials "
			     "list')",
			     serial);
		break;
	case SERIAL_OUTSIDE:
		findings_add(found, STATUS_SERIAL_TAKEN,
			     "serial number %s is in no block of this station's, and the plant's "
			     "ledger cannot be asked ('flashline serials list')",
			     serial);
		break;
	}
	return STATUS_OK;
}

/* Without the plant: what is known of its claims here. is_mac_open: not granted before. */
static enum status go_without(struct guards *g, struct guard_run *run, const char *mac,
			      bool is_mac_open, const struct unit_facts *facts, const char *why,
			      struct err *err)
{
	const char *serial = guards_serial(g, run);
	struct findings found = { 0 };
	enum status st;

	if (why && g->setup.plan->plant_policy == PLANT_STRICT) {
		findings_add(&found, STATUS_PLANT_UNREACHABLE, "%s", why);
		TRY(guards_settle(g, run, &found, err));
		found.count = 0;
	}
	if (why)
		guards_say(run, "going by the plant's claims that are known here: %s", why);
	pthread_mutex_lock(&g->lock);
	st = judge_known_claims(g, is_mac_open ? mac : NULL, serial, facts, &found, err);
	if (!st && why && serial)
		st = judge_block(g, mac, serial, &found, err);
	pthread_mutex_unlock(&g->lock);
	return st ? st : guards_settle(g, run, &found, err);
}

enum status guards_claim(struct guards *g, struct guard_run *run, const char *mac,
			 const struct unit_facts *facts, struct err *err)
{
	struct plant_claim wish = {
		.value = mac,
		.product = g->product,
		.process = g->process,
		.run_id = run->run_id,
		.is_rework = facts->is_rework,
	};
	struct plant_grant grant = { .answer = PLANT_NO_ANSWER };
	char why[sizeof(grant.why) + 60];
	bool is_mac_open;

	if (!g->setup.plant)
		return go_without(g, run, mac, true, facts, NULL, err);
	if (!mac)
		return go_without(g, run, mac, true, facts,
				  "the unit tells no MAC, so the plant's ledger cannot be asked "
				  "for it",
				  err);
	TRY(claim(g, run, &wish, &grant, err));
	if (grant.answer == PLANT_GRANTED)
		TRY(take_generation(g, run, facts, mac, grant.generation, err));
	is_mac_open = grant.answer == PLANT_NO_ANSWER;
	if (grant.answer != PLANT_NO_ANSWER && guards_serial(g, run)) {
		wish.is_serial = true;
		wish.value = guards_serial(g, run);
		wish.is_rework = false; /* rework of the unit takes nobody's number */
		TRY(claim(g, run, &wish, &grant, err));
	}
	if (grant.answer != PLANT_NO_ANSWER)
		return STATUS_OK;
	snprintf(why, sizeof(why), "the plant's ledger did not answer%s%s",
		 grant.why[0] ? ": " : "", grant.why);
	return go_without(g, run, mac, is_mac_open, facts, why, err);
}
