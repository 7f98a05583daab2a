/* ledger init-server: the plant's ledger in a PostgreSQL database. */
#include "station/command.h"

#include "db/plant/plant_server.h"
#include "engine/base/clock.h"
#include "station/json.h"
#include "station/plant_choice.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

static void print_text(const char *where, const struct plant_made *made)
{
	if (made->version_before == 0)
		printf("made the plant's ledger (version %" PRId64 ") in %s\n", made->version,
		       where);
	else if (made->version_before < made->version)
		printf("brought the plant's ledger in %s from version %" PRId64 " to %" PRId64 "\n",
		       where, made->version_before, made->version);
	else
		printf("the plant's ledger in %s is up to date (version %" PRId64
		       "); its functions and rights were put in anew\n",
		       where, made->version);
	printf("plant: %s\n", made->plant_id);
	printf("stations that may send: %s\n", made->stations[0] ? made->stations : "none yet");
	printf("for each station:  CREATE ROLE line1 LOGIN PASSWORD '...'; GRANT flashline_station "
	       "TO line1;\n"
	       "for each reader:   GRANT flashline_reader TO quality;\n");
}

static void print_json(const char *where, const struct plant_made *made)
{
	json_t *object = json_event("init_server");
	struct textbuf line = { 0 };

	json_object_set_new(object, "server", json_text(where));
	json_object_set_new(object, "plant_id", json_text(made->plant_id));
	json_object_set_new(object, "version_before", json_integer(made->version_before));
	json_object_set_new(object, "plant_version", json_integer(made->version));
	json_object_set_new(object, "stations", json_text(made->stations));
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

enum exit_code cmd_ledger_init_server(const struct options *options)
{
	struct plant *plant = NULL;
	struct plant_made made;
	struct err err;
	enum status st;

	st = plant_connect(options, &plant, &err);
	if (!st)
		st = plant_make_server(plant, deadline_after_ms(&clock_monotonic, PLANT_CHOICE_MS),
				       &made, &err);
	if (st) {
		plant_close(plant);
		return plant_complain(&err);
	}
	if (options->json)
		print_json(plant_where(plant), &made);
	else
		print_text(plant_where(plant), &made);
	plant_close(plant);
	return finish_stdout(EXIT_CODE_PASSED);
}
