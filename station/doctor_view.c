#include "station/doctor_inside.h"
#include "station/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NAME_COLUMNS 12
#define INDENT 20

struct counts {
	unsigned ok, notes, bad;
};

static struct counts count_results(const struct doctor *d)
{
	struct counts c = { 0 };

	for (size_t i = 0; i < d->result_count; i++) {
		c.ok += d->results[i].verdict == DOCTOR_OK;
		c.notes += d->results[i].verdict == DOCTOR_NOTE;
		c.bad += d->results[i].verdict == DOCTOR_BAD;
	}
	return c;
}

/* ---- for people ---- */

static const char *colour_of(enum doctor_verdict verdict)
{
	switch (verdict) {
	case DOCTOR_OK:
		return "\033[32m";
	case DOCTOR_NOTE:
		return "\033[33m";
	case DOCTOR_BAD:
		return "\033[31m";
	}
	return "";
}

static void print_finding(const struct doctor_finding *f, const char *name, bool with_colour,
			  struct textbuf *out)
{
	const char *word = doctor_verdict_name(f->verdict);

	textbuf_add(out, "  %s%-4s%s  ", with_colour ? colour_of(f->verdict) : "", word,
		    with_colour ? "\033[0m" : "");
	textbuf_add(out, "%-*s%s\n", NAME_COLUMNS, name, f->what);
	if (f->where[0])
		textbuf_add(out, "%*sat: %s\n", INDENT, "", f->where);
	if (f->todo[0])
		textbuf_add(out, "%*sdo: %s\n", INDENT, "", f->todo);
}

void doctor_text(const struct doctor *d, bool with_colour, struct textbuf *out)
{
	struct counts c = count_results(d);
	const char *group = "";

	for (size_t i = 0; i < d->result_count; i++) {
		const struct doctor_result *r = &d->results[i];

		if (strcmp(group, r->group)) {
			textbuf_add(out, "%s%s\n", group[0] ? "\n" : "", r->group);
			if (strcmp(r->group, "USB") == 0)
				doctor_draw(&d->usb, out);
		}
		group = r->group;
		for (size_t k = 0; k < r->finding_count; k++)
			print_finding(&r->findings[k], k ? "" : r->name, with_colour, out);
	}
	textbuf_add(out, "\n%u ok, %u to note, %u bad; nothing was changed\n", c.ok, c.notes,
		    c.bad);
}

/* ---- for programs ---- */

static json_t *finding_json(const struct doctor_finding *f)
{
	json_t *object = json_object();

	json_object_set_new(object, "result", json_text(doctor_verdict_name(f->verdict)));
	json_object_set_new(object, "what", json_text(f->what));
	json_object_set_new(object, "where", json_text(f->where));
	json_object_set_new(object, "do", json_text(f->todo));
	return object;
}

static void result_json(const struct doctor *d, const struct doctor_result *r, struct textbuf *out)
{
	json_t *object = json_event("doctor"), *findings = json_array();

	json_object_set_new(object, "check", json_text(r->name));
	json_object_set_new(object, "group", json_text(r->group));
	json_object_set_new(object, "about", json_text(r->about));
	json_object_set_new(object, "result", json_text(doctor_verdict_name(r->verdict)));
	for (size_t i = 0; i < r->finding_count; i++)
		json_array_append_new(findings, finding_json(&r->findings[i]));
	json_object_set_new(object, "findings", findings);
	if (strcmp(r->name, "hubs") == 0)
		json_object_set_new(object, "controllers", doctor_usb_json(&d->usb));
	json_line(object, out);
}

void doctor_json(const struct doctor *d, struct textbuf *out)
{
	struct counts c = count_results(d);
	json_t *summary;

	for (size_t i = 0; i < d->result_count; i++)
		result_json(d, &d->results[i], out);
	summary = json_event("doctor_summary");
	json_object_set_new(summary, "result",
			    json_text(doctor_verdict_name(doctor_verdict_of(d))));
	json_object_set_new(summary, "ok", json_integer(c.ok));
	json_object_set_new(summary, "notes", json_integer(c.notes));
	json_object_set_new(summary, "bad", json_integer(c.bad));
	json_line(summary, out);
}
