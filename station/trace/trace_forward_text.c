/* The traces of a firmware, a slot, a bridge, a batch and a recipe for people. */
#include "station/trace/trace_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- firmware ---- */

static const struct long_column carrier_columns[] = {
	{ "MAC", 0 },    { "SERIAL", 24 },        { "ADDRESS", 0 }, { "SINCE (UTC)", 0 },
	{ "BATCH", 24 }, { "LAST RUN (UTC)", 0 }, { "RESULT", 0 },  { "WHY", 0 },
};

static void add_carrier(struct long_table *t, const struct trace_carrier *c)
{
	char since[UTC_TEXT_BYTES], last[UTC_TEXT_BYTES], by[UTC_TEXT_BYTES], addr[24] = "-";
	char why[TRACE_SENTENCE_BYTES], recipe[TRACE_NAME_BYTES], text[TRACE_SENTENCE_BYTES];

	utc_words(c->since_utc_ms, since);
	utc_words(c->last_utc_ms, last);
	if (c->addr >= 0)
		cells_address(c->addr, addr);
	trace_carry_sentence(c->carry, c->cause, why);
	if (c->by_run) {
		utc_words(c->by_utc_ms, by);
		trace_recipe_name(c->by_recipe, c->by_revision, recipe);
		snprintf(text, sizeof(text), " (%s on %s%s%s)", recipe, by,
			 c->by_code && strcmp(c->by_code, "OK") != 0 ? ", " : "",
			 c->by_code && strcmp(c->by_code, "OK") != 0 ? c->by_code : "");
		strncat(why, text, sizeof(why) - strlen(why) - 1);
	}
	if (c->carry == TRACE_GONE && !c->was_carried)
		cells_note(why, "it was never certain to be there");
	if (c->is_duplicate_mac)
		cells_note(why, "its MAC was in two slots at once");
	const char *row[] = { c->mac,
			      c->serial,
			      addr,
			      since,
			      c->batch,
			      last,
			      c->last_outcome ? c->last_outcome : "(open)",
			      why };
	long_table_row(t, row);
}

static bool is_in_group(const struct trace_carrier *c, enum trace_carry group)
{
	return c->carry == group || (group == TRACE_PROVEN && c->carry == TRACE_UNPROVEN);
}

static void add_carriers(const struct trace_firmware *f, enum trace_carry group, const char *title,
			 struct textbuf *out)
{
	struct long_table t;
	bool is_titled = false;

	long_table_begin(&t, carrier_columns, COUNT(carrier_columns), "  ", out);
	for (size_t i = 0; i < f->carrier_count; i++) {
		if (!is_in_group(&f->carriers[i], group))
			continue;
		if (!is_titled)
			textbuf_add(out, "\n%s:\n", title);
		is_titled = true;
		add_carrier(&t, &f->carriers[i]);
	}
	long_table_end(&t);
}

static void add_target(const struct trace_target *target, struct textbuf *out)
{
	textbuf_add(out, target->is_recipe ? "recipe " : "image ");
	cells_clean(out, target->name);
	if (target->is_recipe)
		textbuf_add(out, " r%" PRId64, target->revision);
	if (target->version) {
		textbuf_add(out, ", version ");
		cells_clean(out, target->version);
	}
	if (!target->is_recipe)
		textbuf_add(out, ", %" PRId64 " bytes", target->size_bytes);
	textbuf_add(out, "\n");
	cells_field(out, target->is_recipe ? "digest" : "SHA-256", target->digest);
}

void trace_text_firmware(const struct trace_target *target, const struct trace_firmware *f,
			 const struct trace_window *window, struct textbuf *out)
{
	char recipe[TRACE_NAME_BYTES], digest[DIGEST_CELL_BYTES];

	add_target(target, out);
	for (size_t i = 0; !target->is_recipe && i < f->recipe_count; i++) {
		trace_recipe_name(f->recipes[i]->name, f->recipes[i]->revision, recipe);
		cells_digest(f->recipes[i]->digest, digest);
		textbuf_add(out, "  %-15s ", i ? "" : "in the recipes");
		cells_clean(out, recipe);
		textbuf_add(out, " (");
		cells_clean(out, digest);
		textbuf_add(out, ")\n");
	}
	cells_scope(window, "units that got it", out);
	textbuf_add(out, "\n  %-15s %6" PRId64 " carry it now", "units", f->now);
	if (f->unproven)
		textbuf_add(out, " (%" PRId64 " of them can prove nothing)", f->unproven);
	textbuf_add(out, "\n  %-15s %6" PRId64 " may carry it\n", "", f->uncertain);
	textbuf_add(out, "  %-15s %6" PRId64 " had it once\n", "", f->gone);
	if (f->untouched)
		textbuf_add(out, "  %-15s %6" PRId64 " were to get it, but nothing was written\n",
			    "", f->untouched);
	if (f->unknown_runs)
		textbuf_add(out,
			    "  %-15s %6" PRId64
			    " with it were cut short before they knew their unit: it "
			    "may be one more, or one of these\n",
			    "runs", f->unknown_runs);
	add_carriers(f, TRACE_PROVEN, "carry it now", out);
	add_carriers(f, TRACE_UNCERTAIN, "may carry it: verify these, or run them again", out);
	add_carriers(f, TRACE_GONE, "had it once", out);
	if (f->carriers_left_out)
		textbuf_add(out, "\n%zu more units are left out by --last\n", f->carriers_left_out);
}

/* ---- a slot, a bridge, a batch, a recipe ---- */

static void add_count(struct textbuf *out, const char *label, int64_t count)
{
	textbuf_add(out, "  %-15s %" PRId64 "\n", label, count);
}

static void add_order(const struct trace_order *o, struct textbuf *out)
{
	char digest[DIGEST_CELL_BYTES];

	cells_field(out, "order",
		    !o->is_opened  ? "was never opened: the name was only given with runs"
		    : o->is_closed ? "closed"
				   : "open");
	cells_field(out, "work order", o->work_order);
	cells_field(out, "part number", o->part_number);
	cells_field(out, "part revision", o->part_revision);
	cells_field(out, "customer", o->customer);
	if (o->quantity)
		add_count(out, "planned units", o->quantity);
	if (o->quota)
		add_count(out, "quota", o->quota);
	if (o->recipe_digest) {
		cells_digest(o->recipe_digest, digest);
		cells_field(out, "only recipe", digest);
	}
}

static void add_totals(const struct trace_summary *s, struct textbuf *out)
{
	char first[UTC_TEXT_BYTES], last[UTC_TEXT_BYTES];

	textbuf_add(out, "  %-15s %" PRId64 ", of them %" PRId64 " passed here\n", "units",
		    s->units, s->units_passed);
	textbuf_add(out, "  %-15s %" PRId64 ", %" PRId64 " passed, %" PRId64 " of these rescued",
		    "runs", s->runs, s->passes, s->rescued);
	if (s->open)
		textbuf_add(out, ", %" PRId64 " open", s->open);
	if (s->unknown)
		textbuf_add(out, ", %" PRId64 " told no MAC", s->unknown);
	textbuf_add(out, "\n");
	if (s->runs) {
		utc_words(s->first_utc_ms, first);
		utc_words(s->last_utc_ms, last);
		textbuf_add(out, "  %-15s %s, last %s (UTC)\n", "first", first, last);
	}
	for (size_t i = 0; i < s->code_count; i++) {
		textbuf_add(out, "  %-15s %6" PRId64 "  %s ", i ? "" : "did not pass",
			    s->codes[i].runs, s->codes[i].outcome);
		cells_clean(out, s->codes[i].code);
		textbuf_add(out, "\n");
	}
}

static const struct long_column recipe_columns[] = {
	{ "RECIPE", 40 }, { "DIGEST", 0 },  { "RUNS", 0 },     { "PASSED", 0 }, { "APPROVAL", 0 },
	{ "ADDRESS", 0 }, { "SHA-256", 0 }, { "VERSION", 20 }, { "FILE", 0 },
};

static void add_recipe(struct long_table *t, const struct trace_recipe_count *count)
{
	char name[TRACE_NAME_BYTES] = "(none)", digest[DIGEST_CELL_BYTES], runs[24], passes[24];
	const struct trace_recipe *r = count->recipe;
	char addr[24], sha256[DIGEST_CELL_BYTES];

	if (r)
		trace_recipe_name(r->name, r->revision, name);
	cells_digest(r ? r->digest : NULL, digest);
	cells_number(count->runs, runs);
	cells_number(count->passes, passes);
	if (!r || !r->image_count) {
		const char *row[] = { name, digest, runs, passes, count->approval,
				      NULL, NULL,   NULL, NULL };
		long_table_row(t, row);
		return;
	}
	for (size_t i = 0; i < r->image_count; i++) {
		cells_address(r->images[i].addr, addr);
		cells_digest(r->images[i].sha256, sha256);
		const char *row[] = {
			i ? " " : name,   i ? " " : digest,          i ? " " : runs,
			i ? " " : passes, i ? " " : count->approval, addr,
			sha256,           r->images[i].version,      r->images[i].file
		};
		long_table_row(t, row);
	}
}

static const struct long_column decision_columns[] = {
	{ "TIME (UTC)", 0 }, { "WHAT", 0 }, { "RESULT", 0 }, { "OPERATOR", 16 }, { "NOTE", 0 },
};

static void add_decisions(const char *title, const struct trace_event *events, size_t count,
			  struct textbuf *out)
{
	char time[UTC_TEXT_BYTES], note[TRACE_SENTENCE_BYTES];
	struct long_table t;

	if (count)
		textbuf_add(out, "\n%s:\n", title);
	long_table_begin(&t, decision_columns, COUNT(decision_columns), "  ", out);
	for (size_t i = 0; i < count; i++) {
		const struct trace_event *e = &events[i];

		note[0] = '\0';
		if (e->reason)
			cells_note(note, e->reason);
		if (e->detail)
			cells_note(note, e->detail);
		utc_words(e->utc_ms, time);
		const char *row[] = { time, trace_event_name(e->kind), e->code, e->operator_name,
				      note };
		long_table_row(&t, row);
	}
	long_table_end(&t);
}

void trace_text_summary(const char *what, const char *name, const struct trace_summary *s,
			const struct trace_window *window, struct textbuf *out)
{
	struct long_table t;

	textbuf_add(out, "%s ", what);
	cells_clean(out, name);
	textbuf_add(out, "\n");
	if (strcmp(what, "batch") == 0)
		add_order(&s->order, out);
	cells_scope(window, "runs", out);
	add_totals(s, out);
	if (s->recipe_count)
		textbuf_add(out, "\nrecipes and their images:\n");
	long_table_begin(&t, recipe_columns, COUNT(recipe_columns), "  ", out);
	for (size_t i = 0; i < s->recipe_count; i++)
		add_recipe(&t, &s->recipes[i]);
	long_table_end(&t);
	add_decisions(strcmp(what, "slot") == 0 ? "when it took no units" : "what people did",
		      s->events, s->event_count, out);
	if (s->runs)
		textbuf_add(out, "\nruns:\n");
}

static const struct long_column run_columns[] = {
	{ "START (UTC)", 0 }, { "KIND", 0 },      { "RESULT", 28 },    { "MAC", 0 },
	{ "SERIAL", 24 },     { "RECIPE", 32 },   { "SLOT", 32 },      { "BRIDGE", 0 },
	{ "BATCH", 24 },      { "OPERATOR", 16 }, { "NEWEST RUN", 0 }, { "NOTE", 0 },
};

void trace_text_runs_begin(struct long_table *t, struct textbuf *out)
{
	long_table_begin(t, run_columns, COUNT(run_columns), "  ", out);
}

void trace_text_run(struct long_table *t, const struct trace_run *run)
{
	struct run_cells c;

	cells_of_run(run, &c);
	const char *row[] = { c.start,     run->kind,          c.result,          run->mac,
			      run->serial, c.recipe,           run->slot,         c.bridge,
			      run->batch,  run->operator_name, run->unit_outcome, c.note };
	long_table_row(t, row);
}
