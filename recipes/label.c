#include "recipes/label.h"

#include "engine/base/bytes.h"
#include "recipes/boot_check.h"
#include "recipes/label_text.h"
#include "recipes/read_file.h"
#include "recipes/setting.h"
#include "recipes/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const kind_words[] = { "zpl", "text", NULL };
static const char *const no_yes_words[] = { "no", "yes", NULL };

/* clang-format off */
const struct schema_row label_rows[] = {
	{ .key = "template",  .kind = SCHEMA_TEXT,   .is_required = true, .min = 1, .max = 1000 },
	{ .key = "kind",      .kind = SCHEMA_CHOICE, .choices = kind_words },
	{ .key = "required",  .kind = SCHEMA_CHOICE, .choices = no_yes_words },
	{ .key = "scan_back", .kind = SCHEMA_CHOICE, .choices = no_yes_words },
	{ .key = NULL },
};
/* clang-format on */

static struct label_reader reader_of(const struct plan_label *l)
{
	return (struct label_reader){
		.text = l->template,
		.end = l->template + l->template_bytes,
		.is_zpl = l->is_zpl,
		.line = 1,
		.column = 1,
	};
}

/* ---- what the recipe says ---- */

static bool has_command(const struct plan_label *l, const char *command)
{
	for (size_t i = 0; i + 3 <= l->template_bytes; i++) {
		if (strncasecmp(l->template + i, command, 3) == 0)
			return true;
	}
	return false;
}

static bool has_value(const struct recipe *r, const char *name)
{
	for (size_t i = 0; r->boot_check && i < r->boot_check->value_count; i++) {
		if (strcmp(r->boot_check->values[i].name, name) == 0)
			return true;
	}
	return false;
}

static void check_commands(const struct plan_label *l, struct place at, struct diag_list *diags)
{
	bool has_begin = has_command(l, "^XA"), has_end = has_command(l, "^XZ");

	if (l->is_zpl && (!has_begin || !has_end))
		diag_error(diags, at, "a ZPL label begins with ^XA and ends with ^XZ: this one %s",
			   has_begin ? "has no ^XZ" : "has no ^XA");
}

static void check_template(const struct recipe *r, const struct plan_label *l, const char *path,
			   struct diag_list *diags)
{
	struct label_reader reader = reader_of(l);
	struct label_piece piece;
	bool has_code = false;

	check_commands(l, (struct place){ .file = path }, diags);
	for (label_next(&reader, &piece); piece.kind != PIECE_END; label_next(&reader, &piece)) {
		struct place at = { .file = path, .line = piece.line, .column = piece.column };

		if (piece.kind == PIECE_WRONG)
			diag_error(diags, at, "%s", piece.why);
		if (piece.kind != PIECE_NAME)
			continue;
		has_code = has_code || piece.name == LABEL_QR || piece.name == LABEL_SERIAL ||
			   piece.name == LABEL_MAC || piece.name == LABEL_MAC_HEX;
		if (piece.name == LABEL_VALUE && !has_value(r, piece.value))
			diag_error(diags, at, "{value:%s}: the boot check has no such value",
				   piece.value);
	}
	if (l->is_scan_back && !has_code)
		diag_error(diags, (struct place){ .file = path },
			   "scan_back: the label has nothing to scan: {qr}, {serial}, {mac} or "
			   "{mac_hex}");
}

static enum status read_template(const char *path, struct place at, struct plan_label *l,
				 struct diag_list *diags, struct err *err)
{
	uint8_t *data, digest[SHA256_BYTES];
	enum status st = read_file(path, LABEL_TEMPLATE_MAX, &data, &l->template_bytes, err);

	if (st == STATUS_NO_MEMORY)
		return st;
	if (st) {
		diag_error(diags, at, "%s: %s", path, err->text);
		l->template_bytes = 0;
		return STATUS_OK;
	}
	l->template = (char *)data;
	if (l->template_bytes == 0 || memchr(data, 0, l->template_bytes))
		diag_error(diags, at, "%s: a label is text, and this is %s", path,
			   l->template_bytes ? "none: it has a byte 0" : "empty");
	digest_sha256(data, l->template_bytes, digest);
	hex_text(digest, SHA256_BYTES, l->sha256);
	return STATUS_OK;
}

enum status label_take(const struct recipe *r, const char *path, struct plan_label **out,
		       struct diag_list *diags, struct err *err)
{
	struct setting file = setting_find(r, "label.template");
	struct plan_label *l;
	enum status st;
	char *whole;

	*out = NULL;
	if (!file.node)
		return STATUS_OK; /* none, or reported */
	l = calloc(1, sizeof(*l));
	whole = recipe_join_path(path, file.node->text);
	if (!l || !whole) {
		free(l);
		free(whole);
		return err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	}
	l->is_zpl = setting_choice(r, "label.kind", 0) == 0;
	l->is_required = setting_choice(r, "label.required", 0) == 1;
	l->is_scan_back = setting_choice(r, "label.scan_back", 0) == 1;
	st = read_template(whole, file.at, l, diags, err);
	if (!st && l->template)
		check_template(r, l, whole, diags);
	free(whole);
	if (st) {
		label_free(l);
		return st;
	}
	*out = l;
	return STATUS_OK;
}

struct plan_label *label_copy(const struct plan_label *l)
{
	struct plan_label *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *l;
	copy->template = malloc(l->template_bytes + 1);
	if (!copy->template) {
		free(copy);
		return NULL;
	}
	memcpy(copy->template, l->template, l->template_bytes);
	copy->template[l->template_bytes] = '\0';
	return copy;
}

void label_free(struct plan_label *l)
{
	if (!l)
		return;
	free(l->template);
	free(l);
}

void label_canonical(const struct plan_label *l, struct page *t)
{
	if (!l)
		return;
	page_add(t, "label.template: %s\nlabel.kind: %s\n", l->sha256,
		 kind_words[l->is_zpl ? 0 : 1]);
	if (l->is_required)
		page_add(t, "label.required: yes\n");
	if (l->is_scan_back)
		page_add(t, "label.scan_back: yes\n");
}

/* ---- filling in ---- */

static const char *value_of(const struct label_values *values, const struct label_piece *piece)
{
	if (piece->name != LABEL_VALUE)
		return values->of[piece->name];
	for (size_t i = 0; i < values->value_count; i++) {
		if (strcmp(values->values[i].name, piece->value) == 0)
			return values->values[i].text;
	}
	return NULL;
}

/* Values are UTF-8, which a printer takes only when it is told so. */
static void add_text(const struct plan_label *l, const struct label_piece *piece, struct page *out)
{
	const char *told = has_command(l, "^CI") ? "" : "^CI28";

	for (size_t i = 0; i < piece->size; i++) {
		bool is_begin = l->is_zpl && i + 3 <= piece->size &&
				strncasecmp(piece->text + i, "^XA", 3) == 0;

		page_add(out, "%.*s%s", is_begin ? 3 : 1, piece->text + i, is_begin ? told : "");
		i += is_begin ? 2 : 0;
	}
}

/* A label without these is of no unit. */
static bool is_needed(enum label_name name)
{
	return name == LABEL_SERIAL || name == LABEL_MAC || name == LABEL_MAC_HEX ||
	       name == LABEL_MAC_TAIL || name == LABEL_QR || name == LABEL_VALUE;
}

static enum status add_value(const struct label_piece *piece, const char *text, struct page *out,
			     struct err *err)
{
	for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
		bool is_own = *p == '^' || *p == '~' || *p == (uint8_t)piece->indicator;

		if (!piece->indicator && utf8_control(p))
			return err_set(
				err, STATUS_UNIT_DATA_BAD, "label: {%s} has a control character",
				piece->value[0] ? piece->value : label_name_word(piece->name));
		if (piece->indicator && (is_own || *p < 0x20 || *p >= 0x7F))
			page_add(out, "%c%02X", piece->indicator, *p);
		else
			page_add(out, "%c", *p);
	}
	return STATUS_OK;
}

enum status label_fill(const struct plan_label *l, const struct label_values *values,
		       struct page *out, struct err *err)
{
	struct label_reader reader = reader_of(l);
	struct label_piece piece;

	for (label_next(&reader, &piece); piece.kind != PIECE_END; label_next(&reader, &piece)) {
		const char *text;

		if (piece.kind == PIECE_TEXT)
			add_text(l, &piece, out);
		if (piece.kind != PIECE_NAME)
			continue;
		text = value_of(values, &piece);
		if ((!text || !text[0]) && is_needed(piece.name))
			return err_set(err, STATUS_UNIT_DATA_MISSING,
				       "label: the unit has no {%s%s}",
				       piece.name == LABEL_VALUE ? "value:" : "",
				       piece.name == LABEL_VALUE ? piece.value
								 : label_name_word(piece.name));
		TRY(add_value(&piece, text ? text : "", out, err));
	}
	return out->has_failed ? err_set(err, STATUS_NO_MEMORY, "no memory for the label")
			       : STATUS_OK;
}
