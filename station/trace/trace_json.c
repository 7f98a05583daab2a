/* A trace for programs: docs/trace.md describes the objects. */
#include "station/trace/trace_view.h"

#include "station/json.h"

#include <jansson.h>
#include <string.h>

static void set_text(json_t *object, const char *name, const char *text)
{
	json_object_set_new(object, name, json_text(text));
}

static void set_number(json_t *object, const char *name, int64_t number, bool is_known)
{
	json_object_set_new(object, name, is_known ? json_integer(number) : json_null());
}

static void set_time(json_t *object, const char *name, int64_t utc_ms)
{
	char text[UTC_TEXT_BYTES];

	utc_text(utc_ms, text);
	set_text(object, name, utc_ms ? text : NULL);
}

static json_t *head(const char *what, const char *asked, const struct trace_window *window)
{
	json_t *object = json_object();

	set_text(object, "trace", what);
	json_object_set_new(object, "version", json_integer(JSON_VERSION));
	set_text(object, "asked", asked);
	set_time(object, "from", window->has_since ? window->since_utc_ms : 0);
	set_time(object, "to", window->has_until ? window->until_utc_ms : 0);
	set_number(object, "last", (int64_t)window->last, window->last > 0);
	return object;
}

/* ---- runs and events ---- */

static const char *const relations[] = {
	[TRACE_OWN] = "own",
	[TRACE_BY_SERIAL] = "by serial",
	[TRACE_OTHER_MAC] = "other MAC",
};

static json_t *json_run(const struct trace_run *run)
{
	json_t *o = json_object();

	set_text(o, "event", "run");
	set_time(o, "time", run->start_utc_ms);
	set_text(o, "run_id", run->run_id);
	set_text(o, "kind", run->kind);
	set_text(o, "purpose", run->purpose);
	set_text(o, "outcome", run->outcome);
	set_text(o, "code", run->code);
	set_text(o, "proof", run->proof);
	set_text(o, "detail", run->detail);
	set_text(o, "mac", run->mac);
	set_text(o, "custom_mac", run->custom_mac);
	set_text(o, "serial", run->serial);
	set_number(o, "nest", run->nest, run->nest > 0);
	set_text(o, "slot", run->slot);
	set_text(o, "bridge", run->bridge);
	set_text(o, "bridge_vid_pid", run->bridge_vid_pid);
	set_text(o, "bridge_serial", run->bridge_serial);
	set_text(o, "batch", run->batch);
	set_text(o, "operator", run->operator_name);
	set_text(o, "station", run->station);
	set_text(o, "recipe", run->recipe);
	set_number(o, "recipe_revision", run->recipe_revision, run->recipe != NULL);
	set_text(o, "recipe_digest", run->recipe_digest);
	set_text(o, "product", run->product);
	set_number(o, "generation", run->generation, run->generation > 0);
	set_number(o, "tries", run->tries, run->tries > 0);
	json_object_set_new(o, "rescued", json_boolean(run->is_rescued));
	json_object_set_new(o, "duplicate_mac", json_boolean(run->is_duplicate_mac));
	set_text(o, "overridden", run->overridden);
	set_time(o, "end", run->end_utc_ms);
	json_object_set_new(o, "duration_s",
			    run->duration_us < 0 ? json_null()
						 : json_real((double)run->duration_us / 1e6));
	set_number(o, "ledger_seq", run->seq, run->seq > 0);
	return o;
}

void trace_json_run(const struct trace_run *run, struct textbuf *out)
{
	json_t *o = json_run(run);

	/* The ledger is not asked for here: it would be one more search for each run. */
	json_object_del(o, "ledger_seq");
	set_text(o, "unit_outcome", run->unit_outcome);
	json_line(o, out);
}

static void add_event(const struct trace_event *e, struct textbuf *out)
{
	json_t *o;

	if (e->run) {
		o = json_run(e->run);
		set_text(o, "relation", relations[e->run->relation]);
		json_line(o, out);
		return;
	}
	o = json_object();
	set_text(o, "event", trace_event_name(e->kind));
	set_time(o, "time", e->utc_ms);
	set_text(o, "run_id", e->run_id);
	set_text(o, "code", e->code);
	set_text(o, "detail", e->detail);
	set_text(o, "operator", e->operator_name);
	set_text(o, "reason", e->reason);
	set_number(o, "ledger_seq", e->seq, e->seq > 0);
	json_line(o, out);
}

/* ---- a unit ---- */

static const char *run_id_of(const struct trace_run *run)
{
	return run ? run->run_id : NULL;
}

static void set_image(json_t *o, const struct trace_image *image)
{
	json_object_set_new(o, "address", json_integer(image->addr));
	json_object_set_new(o, "bytes", json_integer(image->size_bytes));
	set_text(o, "file", image->file);
	set_text(o, "sha256", image->sha256);
	set_text(o, "image_version", image->version);
	set_text(o, "partition", image->partition);
	set_text(o, "image_kind", image->kind);
}

static json_t *json_carried(const struct trace_unit *unit, const struct trace_carried *c)
{
	const struct trace_run *by = c->by_run == TRACE_NO_RUN ? NULL : &unit->runs[c->by_run];
	json_t *o = json_object();

	set_image(o, c->image);
	set_text(o, "recipe", c->recipe->name);
	json_object_set_new(o, "recipe_revision", json_integer(c->recipe->revision));
	set_text(o, "recipe_digest", c->recipe->digest);
	set_text(o, "carry", trace_carry_name(c->carry));
	set_text(o, "cause", trace_cause_name(c->cause));
	json_object_set_new(o, "was_carried", json_boolean(c->was_carried));
	set_time(o, "since", unit->runs[c->since_run].start_utc_ms);
	set_text(o, "since_run", unit->runs[c->since_run].run_id);
	set_text(o, "confirmed_run",
		 c->confirmed_run == TRACE_NO_RUN ? NULL : unit->runs[c->confirmed_run].run_id);
	set_text(o, "by_run", run_id_of(by));
	set_time(o, "by_time", by ? by->start_utc_ms : 0);
	return o;
}

static json_t *json_warning(const struct trace_warning *warning)
{
	char sentence[TRACE_SENTENCE_BYTES];
	json_t *o = json_object();

	trace_warning_sentence(warning, sentence);
	set_text(o, "code", warning->code);
	set_text(o, "detail", warning->detail);
	set_text(o, "run_id", run_id_of(warning->run));
	set_text(o, "sentence", sentence);
	return o;
}

static void set_state(json_t *o, const struct trace_unit *unit)
{
	char sentence[TRACE_SENTENCE_BYTES];

	trace_state_sentence(unit, sentence);
	set_text(o, "state", trace_state_word(unit));
	set_text(o, "state_by_runs", trace_state_name(unit->state_by_runs));
	set_text(o, "sentence", sentence);
	set_text(o, "deciding_run", run_id_of(unit->deciding));
	set_text(o, "last_pass_run", run_id_of(unit->last_pass));
}

static void set_lists(json_t *o, const struct trace_unit *unit)
{
	json_t *serials = json_array(), *carries = json_array(), *warnings = json_array();

	for (size_t i = 0; i < unit->serial_count; i++)
		json_array_append_new(serials, json_text(unit->serials[i]));
	for (size_t i = 0; i < unit->flash.count; i++)
		json_array_append_new(carries, json_carried(unit, &unit->flash.items[i]));
	for (size_t i = 0; i < unit->warning_count; i++)
		json_array_append_new(warnings, json_warning(&unit->warnings[i]));
	json_object_set_new(o, "serials", serials);
	json_object_set_new(o, "flash", carries);
	json_object_set_new(o, "warnings", warnings);
}

void trace_json_unit(const struct trace_unit *unit, const char *asked, const char *found_by,
		     const struct trace_window *window, struct textbuf *out)
{
	json_t *o = head("unit", asked, window);

	set_text(o, "found_by", found_by);
	set_text(o, "mac", unit->mac);
	set_text(o, "custom_mac", unit->custom_mac);
	set_state(o, unit);
	set_text(o, "chip", unit->chip);
	set_text(o, "revision", unit->revision);
	set_text(o, "package", unit->package);
	set_text(o, "flash_id", unit->flash_id);
	set_number(o, "flash_bytes", unit->flash_bytes, unit->flash_bytes > 0);
	set_time(o, "first_run", unit->first_utc_ms);
	set_time(o, "last_run", unit->last_utc_ms);
	set_lists(o, unit);
	json_object_set_new(o, "events", json_integer((json_int_t)unit->event_count));
	json_object_set_new(o, "left_out", json_integer((json_int_t)unit->events_left_out));
	json_line(o, out);
	for (size_t i = 0; i < unit->event_count; i++)
		add_event(&unit->events[i], out);
}

/* ---- firmware ---- */

static void add_carrier(const struct trace_carrier *c, struct textbuf *out)
{
	json_t *o = json_object();

	set_text(o, "event", "unit");
	set_text(o, "mac", c->mac);
	set_text(o, "serial", c->serial);
	set_text(o, "carry", trace_carry_name(c->carry));
	set_text(o, "cause", trace_cause_name(c->cause));
	json_object_set_new(o, "was_carried", json_boolean(c->was_carried));
	json_object_set_new(o, "duplicate_mac", json_boolean(c->is_duplicate_mac));
	set_number(o, "address", c->addr, c->addr >= 0);
	set_text(o, "batch", c->batch);
	set_time(o, "since", c->since_utc_ms);
	set_text(o, "since_run", c->since_run);
	set_time(o, "by_time", c->by_utc_ms);
	set_text(o, "by_run", c->by_run);
	set_text(o, "by_code", c->by_code);
	set_text(o, "by_recipe", c->by_recipe);
	set_number(o, "by_recipe_revision", c->by_revision, c->by_recipe != NULL);
	set_time(o, "last_time", c->last_utc_ms);
	set_text(o, "last_run", c->last_run);
	set_text(o, "last_outcome", c->last_outcome);
	json_line(o, out);
}

static json_t *json_recipe(const struct trace_recipe *recipe)
{
	json_t *o = json_object();

	set_text(o, "recipe", recipe->name);
	json_object_set_new(o, "recipe_revision", json_integer(recipe->revision));
	set_text(o, "recipe_digest", recipe->digest);
	return o;
}

void trace_json_firmware(const struct trace_target *target, const struct trace_firmware *f,
			 const char *asked, const struct trace_window *window, struct textbuf *out)
{
	json_t *o = head("firmware", asked, window), *recipes = json_array();

	set_text(o, "is", target->is_recipe ? "recipe" : "image");
	set_text(o, "digest", target->digest);
	set_text(o, "name", target->name);
	set_number(o, "revision", target->revision, target->is_recipe);
	set_text(o, "image_version", target->version);
	set_number(o, "bytes", target->size_bytes, !target->is_recipe);
	json_object_set_new(o, "now", json_integer(f->now));
	json_object_set_new(o, "unproven", json_integer(f->unproven));
	json_object_set_new(o, "uncertain", json_integer(f->uncertain));
	json_object_set_new(o, "gone", json_integer(f->gone));
	json_object_set_new(o, "untouched", json_integer(f->untouched));
	json_object_set_new(o, "unknown_runs", json_integer(f->unknown_runs));
	json_object_set_new(o, "left_out", json_integer((json_int_t)f->carriers_left_out));
	for (size_t i = 0; i < f->recipe_count; i++)
		json_array_append_new(recipes, json_recipe(f->recipes[i]));
	json_object_set_new(o, "recipes", recipes);
	json_line(o, out);
	for (size_t i = 0; i < f->carrier_count; i++)
		add_carrier(&f->carriers[i], out);
}

/* ---- a slot, a bridge, a batch, a recipe ---- */

static json_t *json_recipe_count(const struct trace_recipe_count *count)
{
	json_t *o = count->recipe ? json_recipe(count->recipe) : json_object();
	json_t *images = json_array();

	for (size_t i = 0; count->recipe && i < count->recipe->image_count; i++) {
		json_t *image = json_object();

		set_image(image, &count->recipe->images[i]);
		json_array_append_new(images, image);
	}
	set_text(o, "approval", count->approval);
	json_object_set_new(o, "runs", json_integer(count->runs));
	json_object_set_new(o, "passes", json_integer(count->passes));
	json_object_set_new(o, "images", images);
	return o;
}

static json_t *json_order(const struct trace_order *order)
{
	json_t *o = json_object();

	json_object_set_new(o, "opened", json_boolean(order->is_opened));
	json_object_set_new(o, "closed", json_boolean(order->is_closed));
	set_text(o, "work_order", order->work_order);
	set_text(o, "part_number", order->part_number);
	set_text(o, "part_revision", order->part_revision);
	set_text(o, "customer", order->customer);
	set_number(o, "quantity", order->quantity, order->quantity > 0);
	set_number(o, "quota", order->quota, order->quota > 0);
	set_text(o, "recipe_digest", order->recipe_digest);
	return o;
}

static json_t *json_codes(const struct trace_summary *s)
{
	json_t *codes = json_array();

	for (size_t i = 0; i < s->code_count; i++) {
		json_t *o = json_object();

		set_text(o, "outcome", s->codes[i].outcome);
		set_text(o, "code", s->codes[i].code);
		json_object_set_new(o, "runs", json_integer(s->codes[i].runs));
		json_array_append_new(codes, o);
	}
	return codes;
}

void trace_json_summary(const char *what, const char *name, const char *asked,
			const struct trace_summary *s, const struct trace_window *window,
			struct textbuf *out)
{
	json_t *o = head(what, asked, window), *recipes = json_array();

	set_text(o, "name", name);
	if (strcmp(what, "batch") == 0)
		json_object_set_new(o, "order", json_order(&s->order));
	json_object_set_new(o, "units", json_integer(s->units));
	json_object_set_new(o, "units_passed", json_integer(s->units_passed));
	json_object_set_new(o, "runs", json_integer(s->runs));
	json_object_set_new(o, "open", json_integer(s->open));
	json_object_set_new(o, "passes", json_integer(s->passes));
	json_object_set_new(o, "rescued", json_integer(s->rescued));
	json_object_set_new(o, "no_mac", json_integer(s->unknown));
	set_time(o, "first_start", s->first_utc_ms);
	set_time(o, "last_start", s->last_utc_ms);
	json_object_set_new(o, "failures", json_codes(s));
	for (size_t i = 0; i < s->recipe_count; i++)
		json_array_append_new(recipes, json_recipe_count(&s->recipes[i]));
	json_object_set_new(o, "recipes", recipes);
	json_line(o, out);
	for (size_t i = 0; i < s->event_count; i++)
		add_event(&s->events[i], out);
}
