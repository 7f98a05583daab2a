/* sync: send what the plant's ledger does not have yet. */
#include "station/command.h"

#include "db/plant/plant_sync.h"
#include "engine/base/clock.h"
#include "station/json.h"
#include "station/plant_choice.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* What came of sending may be stored, which is one more entry; a station that works adds others. */
#define ROUNDS 10

struct synced {
	struct plant_sync sync;
	char server[300];
	int64_t pending;
};

static struct deadline one_call(void)
{
	return deadline_after_ms(&clock_monotonic, PLANT_CHOICE_MS);
}

static enum status put(void *ctx, enum record_kind kind, const void *record, struct err *err)
{
	return db_put(ctx, kind, record, err);
}

static enum status drain(struct plant_sync *s, struct err *err)
{
	bool is_done = false;

	while (!is_done)
		TRY(plant_sync_step(s, one_call(), &is_done, err));
	is_done = false;
	while (!is_done)
		TRY(plant_sync_fetch(s, one_call(), &is_done, err));
	return STATUS_OK;
}

static enum status sync_all(struct synced *synced, struct err *err)
{
	struct plant_sync *s = &synced->sync;

	TRY(plant_sync_begin(s, one_call(), err));
	for (int i = 0; i < ROUNDS && synced->pending; i++) {
		int64_t sent = s->sent, before = plant_sync_pending(s);

		TRY(drain(s, err));
		synced->pending = plant_sync_pending(s);
		if (s->sent == sent && synced->pending == before)
			break; /* the rest is refused */
	}
	return STATUS_OK;
}

static void print_text(const struct synced *synced)
{
	const struct plant_sync *s = &synced->sync;
	const struct plant_segment *current = plant_sync_current(s);

	printf("sent %" PRId64 " %s to %s\n", s->sent, s->sent == 1 ? "entry" : "entries",
	       synced->server);
	if (current && synced->pending)
		printf("%" PRId64 " entries are not there yet (it has chain %s up to %" PRId64
		       ")\n",
		       synced->pending, current->chain_id, current->head_seq);
	else if (current)
		printf("it has all %" PRId64 " entries of chain %s\n", current->head_seq,
		       current->chain_id);
	if (s->claims)
		printf("%" PRId64 " claims of other stations fetched\n", s->claims);
	if (s->alarm[0])
		printf("ALARM: %s\n", s->alarm);
}

static void print_json(const struct synced *synced, const struct err *trouble)
{
	const struct plant_sync *s = &synced->sync;
	const struct plant_segment *current = plant_sync_current(s);
	json_t *object = json_event("sync");
	struct textbuf line = { 0 };

	json_object_set_new(object, "server", json_text(synced->server));
	json_object_set_new(object, "plant_id", json_text(s->plant_id));
	json_object_set_new(object, "chain_id", json_text(current ? current->chain_id : NULL));
	json_object_set_new(object, "branch",
			    current ? json_integer(current->branch) : json_null());
	json_object_set_new(object, "up_to",
			    current ? json_integer(current->head_seq) : json_null());
	json_object_set_new(object, "sent", json_integer(s->sent));
	json_object_set_new(object, "pending",
			    synced->pending < 0 ? json_null() : json_integer(synced->pending));
	json_object_set_new(object, "claims_fetched", json_integer(s->claims));
	json_object_set_new(object, "conflicts", json_integer(s->conflicts));
	json_object_set_new(object, "alarm", json_text(s->alarm));
	json_object_set_new(object, "trouble", json_text(trouble ? trouble->text : NULL));
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

static enum exit_code say(const struct options *o, struct synced *synced, const struct err *trouble)
{
	enum exit_code code = trouble ? plant_complain(trouble) : EXIT_CODE_PASSED;

	/* Whatever the server did: what is wrong with it is no fault of the command line. */
	if (trouble && trouble->status == STATUS_DATABASE)
		code = EXIT_CODE_STATION;
	if (!code && (synced->sync.alarm[0] || synced->pending))
		code = EXIT_CODE_UNITS;
	if (o->json)
		print_json(synced, trouble);
	else if (!trouble || synced->sync.sent)
		print_text(synced);
	return finish_stdout(code);
}

enum exit_code cmd_sync(const struct options *options)
{
	struct synced synced = { .pending = -1 };
	struct db *db = NULL, *notes = NULL;
	struct plant *plant = NULL;
	struct plant_sink sink = { .ctx = NULL };
	enum exit_code code;
	enum status st;
	struct err err;

	st = open_for_reading(options, &db, &err);
	/* A short transaction of its own for each note, also while a station works. */
	if (!st && db_open(db_path(db), DB_DECIDE, &notes, &err) == STATUS_OK)
		sink = (struct plant_sink){ .put = put, .ctx = notes, .db = notes };
	else if (!st)
		fprintf(stderr, "flashline: what the plant says cannot be noted: %s\n", err.text);
	if (!st)
		st = plant_connect(options, &plant, &err);
	plant_sync_init(&synced.sync, db, plant, sink);
	synced.sync.is_leaving = true;
	if (!st) {
		snprintf(synced.server, sizeof(synced.server), "%s", plant_where(plant));
		st = sync_all(&synced, &err);
	}
	if (db && synced.pending < 0 && plant_outbox_pending(db, &synced.pending, NULL))
		synced.pending = -1;
	code = say(options, &synced, st ? &err : NULL);
	plant_sync_release(&synced.sync);
	plant_close(plant);
	db_close(notes);
	db_close(db);
	return code;
}
