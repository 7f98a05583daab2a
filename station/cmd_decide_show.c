/* Decisions and attachments, for people and for programs. */
#include "station/cmd_decide.h"

#include "station/json.h"
#include "station/table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void add_cell(struct table *t, const char *text)
{
	char *clean = strdup(text ? text : "-");

	if (clean)
		text_clean(clean);
	table_add(t, NULL, "%s", clean ? clean : "");
	free(clean);
}

/* "OPENED, quota 500", "QUOTA 520", "CLOSED" */
static void add_what(struct table *t, const struct decision *d)
{
	const char *between = strcmp(d->what, "QUOTA") == 0 ? "" : ", quota";

	if (d->number)
		table_add(t, NULL, "%s%s %" PRId64, d->what, between, d->number);
	else
		add_cell(t, d->what);
}

static enum status add_decision(void *ctx, const struct decision *d, struct err *err)
{
	char time[UTC_TEXT_BYTES];
	struct table *t = ctx;

	(void)err;
	add_cell(t, utc_words(d->utc_ms, time));
	add_what(t, d);
	add_cell(t, d->operator_name);
	add_cell(t, d->reason ? d->reason : "");
	return STATUS_OK;
}

enum status decisions_text(struct db *db, enum decision_list list, const char *key,
			   struct textbuf *out, struct err *err)
{
	static const char *const headers[] = { "time (UTC)", "decision", "operator", "reason" };
	struct table t;

	table_init(&t, headers, 4, 0);
	enum status st = decisions_walk(db, list, key, add_decision, &t, err);
	if (!st && t.count) {
		textbuf_add(out, "\n");
		table_print(&t, out);
	}
	table_release(&t);
	return st;
}

void set_time(json_t *object, const char *name, int64_t utc_ms)
{
	char time[UTC_TEXT_BYTES] = "";

	if (utc_ms)
		utc_text(utc_ms, time);
	json_object_set_new(object, name, json_text(time));
}

static enum status append_decision(void *ctx, const struct decision *d, struct err *err)
{
	json_t *object = json_object();

	(void)err;
	json_object_set_new(object, "decision", json_text(d->what));
	json_object_set_new(object, "quota", d->number ? json_integer(d->number) : json_null());
	json_object_set_new(object, "operator", json_text(d->operator_name));
	json_object_set_new(object, "reason", json_text(d->reason));
	set_time(object, "time", d->utc_ms);
	json_array_append_new(ctx, object);
	return STATUS_OK;
}

enum status decisions_json(struct db *db, enum decision_list list, const char *key,
			   struct json_t **out, struct err *err)
{
	*out = json_array();
	return decisions_walk(db, list, key, append_decision, *out, err);
}

static enum status add_attachment(void *ctx, const struct attachment_row *a, struct err *err)
{
	char time[UTC_TEXT_BYTES];
	struct table *t = ctx;

	(void)err;
	table_add(t, NULL, "%s", utc_words(a->utc_ms, time));
	add_cell(t, a->name);
	table_add(t, NULL, "%" PRId64, a->size_bytes);
	table_add(t, NULL, "%s", a->media_type);
	table_add(t, NULL, "%.12s", a->sha256);
	add_cell(t, a->operator_name);
	return STATUS_OK;
}

enum status attachments_text(struct db *db, const char *owner, const char *ref, struct textbuf *out,
			     struct err *err)
{
	static const char *const headers[] = { "time (UTC)", "attached", "bytes",
					       "type",       "SHA-256",  "operator" };
	struct table t;

	table_init(&t, headers, 6, 1u << 2);
	enum status st = attachments_walk(db, owner, ref, false, add_attachment, &t, err);
	if (!st && t.count) {
		textbuf_add(out, "\n");
		table_print(&t, out);
	}
	table_release(&t);
	return st;
}

static enum status append_attachment(void *ctx, const struct attachment_row *a, struct err *err)
{
	json_t *object = json_object();

	(void)err;
	json_object_set_new(object, "name", json_text(a->name));
	json_object_set_new(object, "media_type", json_text(a->media_type));
	json_object_set_new(object, "size_bytes", json_integer(a->size_bytes));
	json_object_set_new(object, "sha256", json_text(a->sha256));
	json_object_set_new(object, "operator", json_text(a->operator_name));
	set_time(object, "time", a->utc_ms);
	json_array_append_new(ctx, object);
	return STATUS_OK;
}

enum status attachments_json(struct db *db, const char *owner, const char *ref, struct json_t **out,
			     struct err *err)
{
	*out = json_array();
	return attachments_walk(db, owner, ref, false, append_attachment, *out, err);
}

void show_text(struct textbuf *text)
{
	if (text->has_failed)
		fprintf(stderr, "flashline: no memory to show it; it is recorded\n");
	fputs(textbuf_string(text), stdout);
	textbuf_release(text);
}

void show_json(struct json_t *object)
{
	struct textbuf line = { 0 };

	json_line(object, &line);
	show_text(&line);
}
