/* check: a recipe, or a station file with all its recipes, without touching a port. */
#include "station/cmd_session.h"
#include "station/json.h"

#include "recipes/check.h"
#include "station/line/station_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static enum exit_code check_recipe(const char *path, const struct options *options, bool *has_label)
{
	enum exit_code code;
	struct plan *plan = read_recipe_file(path, options->products, &code);
	struct err err;
	char *text;

	if (!plan)
		return code;
	*has_label = plan->label != NULL;
	if (options->json ? plan_describe_json(plan, &text) : plan_describe(plan, &text)) {
		err_set(&err, STATUS_NO_MEMORY, "no memory to describe the plan");
		code = complain(&err);
	} else {
		printf("%s%s", text, options->json ? "\n" : "");
		code = EXIT_CODE_PASSED;
		free(text);
	}
	plan_free(plan);
	return code;
}

/* ---- a station file ---- */

static void print_slots(const struct station_file *f, bool are_used)
{
	size_t count = 0;

	for (size_t i = 0; i < f->slot_count; i++) {
		if (f->slots[i].is_used == are_used)
			printf("%s%u", count++ ? " " : "", f->slots[i].number);
	}
	printf("%s\n", count ? "" : "none");
}

static void print_station(const struct station_file *f)
{
	const struct station_printer *p = &f->printer;
	const struct station_lockouts *l = &f->lockouts;

	printf("station  %s\n", f->name);
	printf("slots    ");
	if (f->slot_count)
		print_slots(f, true);
	else
		printf("those of --ports or --all: 'flashline slots learn %s' learns them\n",
		       f->path);
	if (f->slot_count) {
		printf("off      ");
		print_slots(f, false);
	}
	printf("batch    %s\n", f->batch ? f->batch : "none");
	printf("operator %s\n", f->operator_name ? f->operator_name : "none");
	if (f->web.is_on)
		printf("page     %s, port %u\n", f->web.listen, f->web.port);
	else
		printf("page     none\n");
	printf("labels   %s\n", p->zpl ? p->zpl : p->command ? p->command : "no printer");
	printf("lockouts%s%s%s%s%s%s\n", l->golden.unit_count ? " golden" : "",
	       l->yield_over ? " yield" : "", l->slot_failures ? " slot_failures" : "",
	       l->disk_bytes ? " disk" : "", l->ledger_pending ? " ledger" : "",
	       l->clock ? " clock" : "");
	printf("recipes  %zu\n", f->recipe_count);
}

static void print_station_json(const struct station_file *f)
{
	json_t *object = json_event("station_file"), *slots = json_array(), *recipes = json_array();
	struct textbuf line = { 0 };

	json_object_set_new(object, "station", json_text(f->name));
	json_object_set_new(object, "file", json_text(f->path));
	for (size_t i = 0; i < f->slot_count; i++) {
		json_t *row = json_object();

		json_object_set_new(row, "number", json_integer(f->slots[i].number));
		json_object_set_new(row, "at", json_text(f->slots[i].at));
		json_object_set_new(row, "disabled", json_boolean(!f->slots[i].is_used));
		json_array_append_new(slots, row);
	}
	for (size_t i = 0; i < f->recipe_count; i++)
		json_array_append_new(recipes, json_text(f->recipes[i]));
	json_object_set_new(object, "slots", slots);
	json_object_set_new(object, "recipes", recipes);
	json_line(object, &line);
	fputs(textbuf_string(&line), stdout);
	textbuf_release(&line);
}

static enum exit_code check_station(const char *path, const struct options *options)
{
	enum exit_code code;
	struct station_file *f = read_station_file(path, &code);

	if (!f)
		return code;
	if (options->json)
		print_station_json(f);
	else
		print_station(f);
	for (size_t i = 0; i < f->recipe_count; i++) {
		bool has_label = false;
		enum exit_code of_recipe;

		if (!options->json)
			printf("\n--- %s\n", f->recipes[i]);
		fflush(stdout);
		of_recipe = check_recipe(f->recipes[i], options, &has_label);
		if (has_label && !f->printer.zpl && !f->printer.command)
			remark("%s: its units get a label, and %s names no 'printer'",
			       f->recipes[i], path);
		code = of_recipe > code ? of_recipe : code;
	}
	station_file_free(f);
	return code;
}

enum exit_code cmd_check(const struct options *options)
{
	const char *path = options->operands[0];
	bool ignored;

	return finish_stdout(station_file_is_one(path) ? check_station(path, options)
						       : check_recipe(path, options, &ignored));
}
