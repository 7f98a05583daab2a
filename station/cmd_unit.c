/* unit: what becomes of a unit outside of runs. */
#include "station/cmd_decide.h"

#include "db/decide.h"
#include "db/decided.h"
#include "db/find.h"
#include "engine/base/clock.h"
#include "station/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void show_unit(const struct options *o, const struct record_disposition *d, bool is_known)
{
	struct textbuf out = { 0 };

	if (o->json) {
		json_t *object = json_event("unit");

		json_object_set_new(object, "mac", json_text(d->mac));
		json_object_set_new(object, "state", json_text(d->state));
		json_object_set_new(object, "operator", json_text(d->operator_name));
		json_object_set_new(object, "reason", json_text(d->reason));
		json_object_set_new(object, "known", json_boolean(is_known));
		show_json(object);
		return;
	}
	textbuf_add(&out, "unit %s: %s: %s\n", d->mac, d->state, d->reason);
	if (!is_known)
		textbuf_add(&out,
			    "No run in these records has this MAC: check that it is right.\n");
	show_text(&out);
}

static enum status dispose(const struct options *o, const char *state, struct db *db,
			   struct err *err)
{
	struct disposition_state now;
	char mac[MAC_TEXT_BYTES];
	bool is_known;

	TRY(find_unit(db, o->operands[1], mac, &is_known, err));
	TRY(decided_disposition(db, mac, &now, err));
	if (strcmp(state, "RELEASED") == 0 && !now.state[0])
		return err_set(err, STATUS_USAGE,
			       "unit %s: is not set aside: there is nothing to release", mac);
	const struct record_disposition record = {
		.mac = mac,
		.state = state,
		.operator_name = o->operator_name,
		.reason = o->reason,
		.utc_ms = clock_utc_ms(),
	};
	TRY(db_put(db, RECORD_DISPOSITION, &record, err));
	show_unit(o, &record, is_known);
	return STATUS_OK;
}

static enum status unit_quarantine(const struct options *o, struct db *db, struct err *err)
{
	return dispose(o, "QUARANTINE", db, err);
}

static enum status unit_rework(const struct options *o, struct db *db, struct err *err)
{
	return dispose(o, "REWORK", db, err);
}

static enum status unit_scrap(const struct options *o, struct db *db, struct err *err)
{
	return dispose(o, "SCRAP", db, err);
}

static enum status unit_rma(const struct options *o, struct db *db, struct err *err)
{
	return dispose(o, "RMA", db, err);
}

static enum status unit_release(const struct options *o, struct db *db, struct err *err)
{
	return dispose(o, "RELEASED", db, err);
}

#define ROW(word)                                                                                  \
	{                                                                                          \
		.name = #word, .operands = "MAC", .operand_count = 1,                              \
		.needs = TAKES(OPERATOR) | TAKES(REASON), .is_decision = true, .run = unit_##word, \
	}

static const struct action actions[] = {
	ROW(quarantine), ROW(rework), ROW(scrap), ROW(rma), ROW(release),
};

enum exit_code cmd_unit(const struct options *options)
{
	return action_run("unit", actions, sizeof(actions) / sizeof(actions[0]), options);
}
