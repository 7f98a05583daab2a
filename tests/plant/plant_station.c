/*
 * A station without units, for the tests of the plant's ledger: it puts runs into a database
 * through the real writer, and speaks to the server through the real line (station/plant_link.h).
 *
 *   plant_station runs DB COUNT BASE [PLANT [PRODUCT]]
 *       COUNT runs that pass, of the units with the MACs BASE, BASE + 1, ...; with a PLANT, through
 *       a line that sends meanwhile
 *   plant_station claims DB COUNT BASE PLANT
 *       asks for each MAC, prints "MAC GRANTED 1" or "MAC REFUSED owner" or "MAC NO_ANSWER why"
 *   plant_station hang DB COUNT BASE PLANT
 *       as runs, but prints "connected", waits for a line on its input, and then asks for each MAC
 *       before its run; "answered N of COUNT" says how many claims got an answer
 */
#include "db/db.h"
#include "db/run.h"
#include "db/writer.h"
#include "engine/base/clock.h"
#include "station/plant_link.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct station {
	struct db *db;
	struct writer *writer;
	struct plant_link *link; /* NULL none */
	const char *product;
};

static void need(enum status st, const struct err *err)
{
	if (!st)
		return;
	fprintf(stderr, "plant_station: %s\n", err->text);
	exit(3);
}

static void begin(struct station *s, const char *path, const char *plant)
{
	const struct record_recipe recipe = {
		.digest = "dd00000000000000000000000000000000000000000000000000000000000001",
		.name = s->product,
		.revision = 1,
		.canonical = "recipe: test\n",
		.process = "FLASH",
	};
	struct err err;

	need(db_open(path, DB_WRITE, &s->db, &err), &err);
	need(db_put_recipe(s->db, &recipe, &err), &err);
	need(writer_new(s->db, &s->writer, &err), &err);
	if (plant)
		need(plant_link_new(plant, path, s->writer, &s->link, &err), &err);
}

static void end(struct station *s)
{
	/* Longer than any test waits: whoever is too slow is seen by what is missing. */
	plant_link_free(s->link, 60000);
	writer_free(s->writer);
	db_close(s->db);
}

static void mac_of(uint64_t number, char mac[static 18])
{
	snprintf(mac, 18, "24:0a:%02x:%02x:%02x:%02x", (unsigned)(number >> 24) & 0xff,
		 (unsigned)(number >> 16) & 0xff, (unsigned)(number >> 8) & 0xff,
		 (unsigned)number & 0xff);
}

static enum plant_answer ask(struct station *s, const char *mac, const char *run_id,
			     uint32_t wait_ms, struct plant_grant *grant)
{
	const struct plant_claim claim = {
		.value = mac, .product = s->product, .process = "FLASH", .run_id = run_id
	};

	plant_link_claim(s->link, &claim, wait_ms, grant);
	return grant->answer;
}

static void put_run(struct station *s, const char *run_id, const char *mac, int64_t generation)
{
	const struct record_run run = {
		.run_id = run_id,
		.kind = "FLASH",
		.slot = "pci-0000:00:14.0/1.4:1.0",
		.start_utc_ms = clock_utc_ms(),
		.recipe_digest = "dd00000000000000000000000000000000000000000000000000000000000001",
		.bridge = "CH9102F",
	};
	const struct record_step steps[] = {
		{ .try_no = 1, .name = "connect", .took_us = 500000, .code = "OK" },
		{ .try_no = 1, .name = "write", .start_us = 500000, .took_us = 900000 },
	};
	const struct record_result result = {
		.run_id = run_id,
		.outcome = "PASS",
		.code = "OK",
		.party = "NONE",
		.proof = "CHIP_MD5",
		.end_utc_ms = clock_utc_ms(),
		.duration_us = 1400000,
		.mac = mac,
		.chip = "ESP32",
		.steps = steps,
		.step_count = 2,
		.has_generation = generation > 0,
		.generation = generation,
		.log = "    0.532 sync\n   22.757 pass\n",
	};
	struct err err;

	need(writer_put_run(s->writer, &run, &err), &err);
	need(writer_put_result(s->writer, &result, &err), &err);
	if (s->link)
		plant_link_wake(s->link);
}

/* As many workers as slots, so that the writer commits several facts at once, as it does in a
 * station. */
#define SLOTS 16

struct worker {
	struct station *station;
	uint64_t first, count, base;
	pthread_t thread;
};

static void *work(void *ctx)
{
	const struct worker *w = ctx;
	char run_id[RUN_ID_BYTES], mac[18];

	for (uint64_t i = w->first; i < w->count; i += SLOTS) {
		db_new_run_id(run_id);
		mac_of(w->base + i, mac);
		put_run(w->station, run_id, mac, 0);
	}
	return NULL;
}

static void runs(struct station *s, uint64_t count, uint64_t base)
{
	struct worker workers[SLOTS];

	for (unsigned i = 0; i < SLOTS; i++) {
		workers[i] =
			(struct worker){ .station = s, .first = i, .count = count, .base = base };
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			exit(3);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		pthread_join(workers[i].thread, NULL);
}

static void wait_until_connected(struct station *s)
{
	struct plant_state state = { .is_connected = false };

	while (!state.is_connected) {
		clock_sleep_ms(&clock_monotonic, 5);
		plant_link_state(s->link, &state);
	}
}

static void claims(struct station *s, uint64_t count, uint64_t base)
{
	char run_id[RUN_ID_BYTES], mac[18];
	struct plant_grant grant;

	wait_until_connected(s);
	for (uint64_t i = 0; i < count; i++) {
		db_new_run_id(run_id);
		mac_of(base + i, mac);
		switch (ask(s, mac, run_id, 60000, &grant)) {
		case PLANT_GRANTED:
			printf("%s GRANTED %" PRId64 "\n", mac, grant.generation);
			break;
		case PLANT_REFUSED:
			printf("%s REFUSED %s\n", mac, grant.owner);
			break;
		case PLANT_NO_ANSWER:
			printf("%s NO_ANSWER %s\n", mac, grant.why);
			break;
		}
	}
}

static void hang(struct station *s, uint64_t count, uint64_t base)
{
	char run_id[RUN_ID_BYTES], mac[18], line[80];
	struct plant_grant grant;
	uint64_t answered = 0;

	wait_until_connected(s);
	printf("connected\n");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(2);
	for (uint64_t i = 0; i < count; i++) {
		db_new_run_id(run_id);
		mac_of(base + i, mac);
		if (ask(s, mac, run_id, 50, &grant) != PLANT_NO_ANSWER)
			answered++;
		put_run(s, run_id, mac, 0);
	}
	printf("answered %" PRIu64 " of %" PRIu64 "\n", answered, count);
	fflush(stdout);
	/* For the server to come back, before the line ends. */
	if (!fgets(line, sizeof(line), stdin))
		exit(2);
}

int main(int argc, char **argv)
{
	struct station s = { .product = argc > 6 ? argv[6] : "core2" };

	if (argc < 5) {
		fprintf(stderr, "plant_station runs|claims|hang DB COUNT BASE [PLANT [PRODUCT]]\n");
		return 2;
	}
	uint64_t count = strtoull(argv[3], NULL, 10), base = strtoull(argv[4], NULL, 10);
	begin(&s, argv[2], argc > 5 && argv[5][0] ? argv[5] : NULL);
	if (strcmp(argv[1], "runs") == 0)
		runs(&s, count, base);
	else if (strcmp(argv[1], "claims") == 0)
		claims(&s, count, base);
	else
		hang(&s, count, base);
	end(&s);
	return 0;
}
