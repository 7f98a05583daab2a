/* slots labels: what is stuck beside each nest, so that a scanner can say which slot is meant. */
#include "station/cmd_decide.h"
#include "station/cmd_session.h"

#include "recipes/diag.h"
#include "recipes/label.h"
#include "station/json.h"
#include "station/line/station_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As line_scan.c reads it. */
#define SLOT_CODE "SLOT:%02u"

/* 50 x 30 mm at 8 dots per mm: a label that every ZPL printer has room for. */
static const char template[] = "^XA\n"
			       "^FO20,30^BQN,2,6^FH^FDQA,{value:code}^FS\n"
			       "^FO200,40^A0N,110^FH^FD{slot}^FS\n"
			       "^FO200,160^A0N,28^FH^FD{station}^FS\n"
			       "^FO20,205^A0N,20^FH^FD{value:at}^FS\n"
			       "^XZ\n";

static enum status add_label(const struct station_file *f, const struct station_slot *slot,
			     struct page *page, struct err *err)
{
	const struct plan_label label = { .template = (char *)template,
					  .template_bytes = sizeof(template) - 1,
					  .is_zpl = true };
	char number[12], code[20];
	const struct label_value values[] = { { "code", code }, { "at", slot->at } };
	const struct label_values all = {
		.of = { [LABEL_SLOT] = number, [LABEL_STATION] = f->name },
		.values = values,
		.value_count = 2,
	};

	snprintf(number, sizeof(number), "%u", slot->number);
	snprintf(code, sizeof(code), SLOT_CODE, slot->number);
	return label_fill(&label, &all, page, err);
}

static enum status print_zpl(const struct station_file *f, struct err *err)
{
	struct page page = { 0 };
	enum status st = STATUS_OK;

	for (size_t i = 0; i < f->slot_count && !st; i++)
		st = add_label(f, &f->slots[i], &page, err);
	if (!st)
		fwrite(page.data, 1, page.size, stdout);
	free(page.data);
	return st;
}

static void print_json(const struct station_file *f)
{
	json_t *object = json_event("slot_labels"), *labels = json_array();
	struct textbuf text = { 0 };

	for (size_t i = 0; i < f->slot_count; i++) {
		json_t *row = json_object();
		char code[20];

		snprintf(code, sizeof(code), SLOT_CODE, f->slots[i].number);
		json_object_set_new(row, "number", json_integer(f->slots[i].number));
		json_object_set_new(row, "code", json_string(code));
		json_object_set_new(row, "at", json_text(f->slots[i].at));
		json_array_append_new(labels, row);
	}
	json_object_set_new(object, "labels", labels);
	json_line(object, &text);
	fputs(textbuf_string(&text), stdout);
	textbuf_release(&text);
}

enum exit_code cmd_slots_labels(const struct options *options)
{
	const char *path = options->operands[1];
	enum exit_code code;
	struct station_file *f = read_station_file(path, &code);
	struct err err;

	if (!f)
		return code;
	if (f->slot_count == 0) {
		remark("%s: it has no slots yet: flashline slots learn %s", path, path);
		code = EXIT_CODE_USAGE;
	} else if (options->json) {
		print_json(f);
	} else if (print_zpl(f, &err)) {
		code = complain(&err);
	}
	station_file_free(f);
	return code ? code : finish_stdout(code);
}
