/* One slot with all that is known of it, and the help. */
#include "station/terminal/layout.h"

#include <stdio.h>

#define NAME_COLUMNS 11

/* Lines from y to bottom; each function returns the next free one. */
struct page {
	struct canvas *canvas;
	int y, bottom;
};

static void add_fact(struct page *p, const char *name, enum style style, const char *text)
{
	int room = p->canvas->columns - NAME_COLUMNS - 1;

	if (!text[0] || p->y >= p->bottom)
		return;
	canvas_text(p->canvas, 1, p->y, NAME_COLUMNS - 1, STYLE_DIM, name);
	p->y += canvas_paragraph(p->canvas, NAME_COLUMNS, p->y, room, p->bottom - p->y, style,
				 text);
}

static void add_head(struct page *p, const struct scene_slot *slot)
{
	enum style style = layout_style(slot->look);
	int x, y = p->y++, room = p->canvas->columns;

	x = 1 + canvas_format(p->canvas, 1, y, room, STYLE_TITLE, "SLOT %u  ", slot->number);
	canvas_fill(p->canvas, x, y, 1, style, layout_sign(p->canvas, slot->look));
	x += 2;
	x += canvas_text(p->canvas, x, y, room - x, style, slot->word);
	x += canvas_format(p->canvas, x, y, room - x, style, " %s", slot->code);
	if (slot->is_golden)
		x += canvas_text(p->canvas, x, y, room - x, STYLE_TITLE, "  golden unit");
	if (slot->is_rescued)
		x += canvas_text(p->canvas, x, y, room - x, STYLE_CARE, "  rescued");
	if (slot->is_gone)
		x += canvas_text(p->canvas, x, y, room - x, STYLE_CARE, "  its port is gone");
	if (slot->is_disabled)
		x += canvas_text(p->canvas, x, y, room - x, STYLE_CARE, "  takes no units");
	if (slot->will_retest)
		canvas_text(p->canvas, x, y, room - x, STYLE_CARE, "  next unit is run again");
}

static void add_unit(struct page *p, const struct scene_slot *slot)
{
	char text[400];

	snprintf(text, sizeof(text), "%s%s%s%s%s", slot->mac, slot->mac[0] ? "  " : "", slot->chip,
		 slot->serial[0] ? "  serial " : "", slot->serial);
	add_fact(p, "unit", STYLE_PLAIN, text);
	snprintf(text, sizeof(text), "%s  %s  %s", slot->place, slot->port, slot->bridge);
	add_fact(p, "port", STYLE_PLAIN, text);
	if (slot->tries) {
		snprintf(text, sizeof(text), "%.1f s, try %u", slot->took_s, slot->tries);
		if (slot->rate_baud)
			snprintf(text, sizeof(text), "%.1f s, try %u, %u baud", slot->took_s,
				 slot->tries, slot->rate_baud);
		add_fact(p, "took", STYLE_PLAIN, text);
	}
	if (slot->look == LOOK_WORK && slot->percent >= 0 && p->y < p->bottom) {
		canvas_text(p->canvas, 1, p->y, NAME_COLUMNS - 1, STYLE_DIM, "done");
		layout_bar(p->canvas, NAME_COLUMNS, p->y, 40, slot->percent);
		p->y++;
	}
	add_fact(p, "label", slot->look == LOOK_CARE ? STYLE_CARE : STYLE_PLAIN, slot->label);
	add_fact(p, "do", layout_style(slot->look), slot->sentence);
	add_fact(p, "why", STYLE_PLAIN, slot->detail);
	add_fact(p, "evidence", STYLE_PLAIN, slot->evidence);
	add_fact(p, "tried", STYLE_PLAIN, slot->rungs);
	add_fact(p, "suspects", STYLE_PLAIN, slot->suspects);
	add_fact(p, "run", STYLE_DIM, slot->run_id);
}

static void add_locks(struct page *p, const struct scene *scene, size_t slot)
{
	for (size_t i = 0; i < scene->lock_count && i < SCENE_LOCKS_SHOWN; i++) {
		const struct scene_lock *lock = &scene->locks[i];
		char text[480];

		if (lock->slot >= 0 && lock->slot != (int)slot)
			continue;
		snprintf(text, sizeof(text), "%s since %s: %s; %s", lock->code, lock->since,
			 lock->sentence, lock->detail);
		add_fact(p, lock->slot < 0 ? "line lock" : "slot lock", STYLE_FAIL, text);
	}
}

static void add_history(struct page *p, const struct scene_slot *slot)
{
	char text[160];

	p->y++;
	if (p->y >= p->bottom)
		return;
	snprintf(text, sizeof(text), "%u unit%s, %u passed, %u in a row did not pass", slot->units,
		 slot->units == 1 ? "" : "s", slot->passed, slot->failed_in_row);
	add_fact(p, "history", STYLE_TITLE, text);
	for (size_t i = 0; i < slot->past_count && p->y < p->bottom; i++) {
		const struct scene_past *past = &slot->past[i];
		int x = NAME_COLUMNS, room = p->canvas->columns;

		canvas_text(p->canvas, 1, p->y, NAME_COLUMNS - 2, STYLE_DIM, past->when);
		canvas_fill(p->canvas, x, p->y, 1, layout_style(past->look),
			    layout_sign(p->canvas, past->look));
		canvas_text(p->canvas, x + 2, p->y, room - x - 2, layout_style(past->look),
			    past->verdict);
		canvas_format(p->canvas, x + 30, p->y, room - x - 30, STYLE_PLAIN,
			      "%6.1f s  %s  %s", past->took_s, past->mac, past->serial);
		p->y++;
	}
}

void layout_details(struct canvas *canvas, const struct scene *scene, size_t slot, int top,
		    int bottom)
{
	struct page p = { .canvas = canvas, .y = top, .bottom = bottom };

	add_head(&p, &scene->slots[slot]);
	add_unit(&p, &scene->slots[slot]);
	add_locks(&p, scene, slot);
	add_history(&p, &scene->slots[slot]);
}

void layout_help(struct canvas *canvas, int top, int bottom)
{
	static const char *const lines[][2] = {
		{ "arrows", "choose a slot; its number does so too" },
		{ "Enter", "everything about the chosen slot; again: all slots" },
		{ "n", "the next slot that needs somebody" },
		{ "r", "retest: run the slot's unit, or its next one, whatever it got before" },
		{ "d", "switch the slot off or on (asks who, and why)" },
		{ "u", "unlock the slot, else the line (asks who, and why)" },
		{ "p", "print the slot's label again (asks who, and why)" },
		{ "s", "type a scan; a scanner may just scan at any time" },
		{ "o, b", "who works here; the batch from the next unit on" },
		{ "q, D", "end: start no unit any more (Ctrl-C as well); once more: end now" },
		{ "R", "go on after all" },
		{ "?", "this page; Esc: back" },
	};
	static const char *const words[LOOK_COUNT] = {
		[LOOK_EMPTY] = "empty, or a unit has just come",
		[LOOK_OFF] = "takes no units",
		[LOOK_WORK] = "at work: leave it",
		[LOOK_PASS] = "PASS: take it out",
		[LOOK_FAIL] = "FAIL: the unit is bad",
		[LOOK_CARE] = "somebody has to do something: Enter tells what",
		[LOOK_STOP] = "refused by a rule",
		[LOOK_LOCKED] = "locked: takes no unit until u",
	};
	int y = top;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && y < bottom; i++, y++) {
		canvas_text(canvas, 1, y, 8, STYLE_TITLE, lines[i][0]);
		canvas_text(canvas, 9, y, canvas->columns - 9, STYLE_PLAIN, lines[i][1]);
	}
	for (unsigned i = 0; i < LOOK_COUNT && y < bottom; i++) {
		if (!words[i]) /* it has the sign of another one */
			continue;
		canvas_fill(canvas, 1, y, 1, layout_style(i), layout_sign(canvas, i));
		canvas_text(canvas, 9, y, canvas->columns - 9, layout_style(i), words[i]);
		y++;
	}
}
