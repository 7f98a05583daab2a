/* Cells and lines that all texts of a trace share. */
#include "station/trace/trace_cells.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text from outside, made fit for a terminal. */
void cells_clean(struct textbuf *out, const char *text)
{
	char *copy = strdup(text ? text : "-");

	if (!copy) {
		out->has_failed = true;
		return;
	}
	text_clean(copy);
	textbuf_bytes(out, copy, strlen(copy));
	free(copy);
}

void cells_field(struct textbuf *out, const char *label, const char *text)
{
	if (!text || !text[0])
		return;
	textbuf_add(out, "  %-15s ", label);
	cells_clean(out, text);
	textbuf_bytes(out, "\n", 1);
}

void cells_digest(const char *digest, char cell[static DIGEST_CELL_BYTES])
{
	snprintf(cell, DIGEST_CELL_BYTES, "%.*s", DIGEST_SHOWN, digest ? digest : "-");
}

void cells_number(int64_t number, char cell[static 24])
{
	snprintf(cell, 24, "%" PRId64, number);
}

void cells_address(int64_t addr, char cell[static 24])
{
	snprintf(cell, 24, "0x%" PRIx64, (uint64_t)addr);
}

void cells_note(char note[static TRACE_SENTENCE_BYTES], const char *text)
{
	size_t length = strlen(note);

	snprintf(note + length, TRACE_SENTENCE_BYTES - length, "%s%s", length ? "; " : "", text);
}

static void make_note(const struct trace_run *run, char note[static TRACE_SENTENCE_BYTES])
{
	char text[TRACE_SENTENCE_BYTES];

	note[0] = '\0';
	if (run->relation == TRACE_BY_SERIAL)
		cells_note(note, "told no MAC, known by its serial number");
	if (run->relation == TRACE_OTHER_MAC) {
		snprintf(text, sizeof(text), "same serial number, another MAC: %s", run->mac);
		cells_note(note, text);
	}
	if (run->is_duplicate_mac)
		cells_note(note, "the same MAC was in another slot");
	if (run->generation > 1) {
		snprintf(text, sizeof(text), "generation %" PRId64, run->generation);
		cells_note(note, text);
	}
	if (run->purpose)
		cells_note(note, "golden run: it judged the station");
	if (run->is_rescued)
		cells_note(note, "rescued");
	if (run->outcome && strcmp(run->outcome, "PASS") == 0 && strcmp(run->proof, "NONE") == 0)
		cells_note(note, "without proof");
	if (run->overridden) {
		snprintf(text, sizeof(text), "overridden: %.300s", run->overridden);
		cells_note(note, text);
	}
	if (run->detail && run->outcome && strcmp(run->outcome, "PASS") != 0)
		cells_note(note, run->detail);
}

void cells_of_run(const struct trace_run *run, struct run_cells *c)
{
	utc_words(run->start_utc_ms, c->start);
	trace_recipe_name(run->recipe, run->recipe_revision, c->recipe);
	if (!run->outcome)
		snprintf(c->result, sizeof(c->result), "(open)");
	else if (strcmp(run->outcome, "PASS") == 0)
		snprintf(c->result, sizeof(c->result), "PASS");
	else
		snprintf(c->result, sizeof(c->result), "%s %s", run->outcome, run->code);
	snprintf(c->bridge, sizeof(c->bridge), "%.40s%s%.20s", run->bridge ? run->bridge : "-",
		 run->bridge_vid_pid ? " " : "", run->bridge_vid_pid ? run->bridge_vid_pid : "");
	make_note(run, c->note);
}

void cells_scope(const struct trace_window *w, const char *what, struct textbuf *out)
{
	char since[UTC_TEXT_BYTES], until[UTC_TEXT_BYTES];

	if (!w->has_since && !w->has_until && !w->last)
		return;
	utc_words(w->since_utc_ms, since);
	utc_words(w->until_utc_ms, until);
	textbuf_add(out, "  %-15s %s", "only", what);
	if (w->has_since)
		textbuf_add(out, " from %s", since);
	if (w->has_until)
		textbuf_add(out, " to %s", until);
	if (w->last)
		textbuf_add(out, ", the newest %" PRIu64, w->last);
	textbuf_add(out, "\n");
}
