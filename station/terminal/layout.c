#include "station/terminal/layout.h"

#include "station/json.h"
#include "station/view_line.h"

#include <stdio.h>
#include <string.h>

#define HEADER_LINES 3
#define FOOTER_LINES 1
#define NARROW_CELL 10
#define SENTENCE_ROOM 14 /* in less it is no sentence any more */
#define DETAILS_LINES 6  /* below the slots, where so many are left */
#define SMALLEST_COLUMNS 20
#define SMALLEST_LINES 6

struct look_row {
	enum style word;           /* the style of its word */
	enum style field;          /* of its number, as a field of colour */
	uint32_t sign, plain_sign; /* with UTF-8; with ASCII */
};

static const struct look_row looks[LOOK_COUNT] = {
	[LOOK_EMPTY] = { STYLE_DIM, STYLE_DIM, 0xB7, '.' },
	[LOOK_OFF] = { STYLE_DIM, STYLE_DIM, '-', '-' },
	[LOOK_SETTLES] = { STYLE_WORK, STYLE_WORK, 0xB7, '.' },
	[LOOK_WORK] = { STYLE_WORK, STYLE_WORK, 0xBB, '>' },
	[LOOK_PASS] = { STYLE_PASS, STYLE_ON_PASS, 0x2713, '+' },
	[LOOK_FAIL] = { STYLE_FAIL, STYLE_ON_FAIL, 0x2717, 'X' },
	[LOOK_CARE] = { STYLE_CARE, STYLE_ON_CARE, '!', '!' },
	[LOOK_STOP] = { STYLE_STOP, STYLE_ON_STOP, '=', '=' },
	[LOOK_LOCKED] = { STYLE_FAIL, STYLE_ON_FAIL, '#', '#' },
};

enum style layout_style(enum look look)
{
	return looks[look].word;
}

uint32_t layout_sign(const struct canvas *canvas, enum look look)
{
	return canvas->has_utf8 ? looks[look].sign : looks[look].plain_sign;
}

void layout_bar(struct canvas *canvas, int x, int y, int columns, int percent)
{
	int full = columns * percent / 100;

	canvas_fill(canvas, x, y, full, STYLE_WORK, canvas->has_utf8 ? 0x2588 : '#');
	canvas_fill(canvas, x + full, y, columns - full, STYLE_DIM, canvas->has_utf8 ? 0xB7 : '.');
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

static int divide_up(int a, int b)
{
	return (a + b - 1) / b;
}

/* More of both is better; a cell needs about six columns for each line. */
static int worth(int cell_columns, int cell_lines)
{
	return min(min(cell_columns, LAYOUT_CELL_MAX), 6 * min(cell_lines, LAYOUT_CELL_LINES_MAX));
}

/* Columns of slots that show all of them at their largest; 0: none shows them all. */
static int best_columns(int count, int columns, int lines)
{
	int best = 0, best_worth = 0;

	for (int c = 1; c <= min(count, columns / LAYOUT_CELL_MIN); c++) {
		int cell_lines = lines / divide_up(count, c);

		if (cell_lines > 0 && worth(columns / c, cell_lines) > best_worth) {
			best = c;
			best_worth = worth(columns / c, cell_lines);
		}
	}
	return best;
}

struct layout layout_plan(size_t slot_count, unsigned of_fixture, size_t selected, int columns,
			  int top, int lines)
{
	int count = (int)slot_count, side = (int)of_fixture;
	struct layout p = { .top = top };

	if (!count || lines < 1 || columns < LAYOUT_CELL_MIN)
		return p;
	side = min(side, count);
	/* As the fixture is, where its columns fit; all slots at once is worth more than that. */
	if (side <= 0 || columns / side < LAYOUT_CELL_MIN ||
	    (divide_up(count, side) > lines && best_columns(count, columns, lines)))
		side = best_columns(count, columns, lines);
	if (!side) /* a page of them */
		side = columns / LAYOUT_CELL_MIN;
	p.columns = side;
	p.rows = min(divide_up(count, side), lines);
	p.cell_columns = min(columns / side, LAYOUT_CELL_MAX);
	p.cell_lines =
		min(lines / p.rows, p.cell_columns > SENTENCE_ROOM ? LAYOUT_CELL_LINES_MAX
								   : LAYOUT_CELL_LINES_MAX / 2 + 1);
	p.first = selected / (size_t)(p.rows * side) * (size_t)(p.rows * side);
	p.shown = (size_t)min(count - (int)p.first, p.rows * side);
	return p;
}

/* ---- one slot ---- */

static const char *tail(const char *text, int room)
{
	size_t length = strlen(text);

	return length > (size_t)room ? text + length - (size_t)room : text;
}

/* The serial number, else the MAC, as much of the end as fits: the end tells units apart. */
static void add_name(struct canvas *canvas, const struct scene_slot *slot, int x, int y, int room)
{
	const char *name = slot->serial[0] ? slot->serial : slot->mac;

	if (name == slot->mac && name[0] && room < MAC_TEXT_BYTES - 1)
		name += 9; /* "00:01:10" */
	canvas_text(canvas, x, y, room, STYLE_PLAIN, tail(name, room));
}

static void add_progress(struct canvas *canvas, const struct scene_slot *slot, int x, int y,
			 int room)
{
	char left[16] = "";
	int width;

	if (slot->left_s >= 0)
		snprintf(left, sizeof(left), "%.0f s", slot->left_s);
	else if (slot->percent >= 0)
		snprintf(left, sizeof(left), "%d %%", slot->percent);
	width = (int)strlen(left);
	if (slot->percent >= 0 && room - width - 1 >= 3)
		layout_bar(canvas, x, y, room - width - 1, slot->percent);
	if (width <= room)
		canvas_text(canvas, x + room - width, y, width, STYLE_PLAIN, left);
}

/* What stands in the second line of a cell. */
static void add_second(struct canvas *canvas, const struct scene_slot *slot, int x, int y, int room)
{
	if (slot->look == LOOK_WORK)
		add_progress(canvas, slot, x, y, room);
	else if (slot->code[0])
		canvas_text(canvas, x, y, room, layout_style(slot->look), slot->code);
	else
		add_name(canvas, slot, x, y, room);
}

static void add_more(struct canvas *canvas, const struct scene_slot *slot, int x, int y, int room,
		     int lines)
{
	const char *text = slot->label[0] && slot->look == LOOK_CARE ? slot->label : slot->sentence;

	if (slot->look == LOOK_EMPTY || slot->look == LOOK_OFF)
		return;
	if (lines > 0 && (slot->mac[0] || slot->serial[0]) &&
	    (slot->look == LOOK_WORK || slot->code[0])) {
		add_name(canvas, slot, x, y, room);
		y++;
		lines--;
	}
	if (lines > 0 && text[0] && room >= SENTENCE_ROOM) {
		canvas_paragraph(canvas, x, y, room, lines, STYLE_PLAIN, text);
	} else if (lines > 0 && slot->look == LOOK_PASS) {
		canvas_format(canvas, x, y, room, STYLE_DIM, "%.1f s", slot->took_s);
	}
}

static void draw_slot(struct canvas *canvas, const struct scene_slot *slot, int x, int y, int room,
		      int lines)
{
	const struct look_row *look = &looks[slot->look];
	uint32_t sign = layout_sign(canvas, slot->look);
	int used;

	canvas_fill(canvas, x, y, room, look->field, ' ');
	used = canvas_format(canvas, x, y, room, look->field, "%2u ", slot->number);
	canvas_fill(canvas, x + used, y, 1, look->field, sign);
	used += room > NARROW_CELL ? 2 : 1; /* letters of the word are worth more than a blank */
	used += canvas_text(canvas, x + used, y, room - used, look->field, slot->word);
	if (slot->is_golden)
		used += canvas_text(canvas, x + used, y, room - used, look->field, " golden");
	if (slot->is_gone)
		used += canvas_text(canvas, x + used, y, room - used, look->field, " gone");
	if (slot->will_retest)
		used += canvas_text(canvas, x + used, y, room - used, look->field, " retest");
	if (lines == 1 && slot->look == LOOK_WORK && slot->percent >= 0 && room - used >= 5)
		canvas_format(canvas, x + used, y, room - used, look->field, " %d%%",
			      slot->percent);
	if (lines == 1 && slot->code[0])
		canvas_format(canvas, x + used, y, room - used, look->field, " %s", slot->code);
	if (lines >= 2)
		add_second(canvas, slot, x, y + 1, room);
	if (lines >= 3)
		add_more(canvas, slot, x, y + 2, room, lines - 2);
}

/* The chosen one, by more than a colour. */
static void choose(struct canvas *canvas, int x, int y, int room, int lines)
{
	canvas_choose(canvas, x, y, room, 1);
	for (int i = 0; i < lines; i++)
		canvas_fill(canvas, x + room, y + i, 1, STYLE_TITLE, '<');
}

static void draw_slots(struct canvas *canvas, const struct scene *scene, struct desk *desk, int top,
		       int lines)
{
	struct layout p = layout_plan(scene->slot_count, scene->columns, desk->selected,
				      canvas->columns, top, lines);
	int used;

	desk->columns = p.columns;
	for (size_t i = 0; i < p.shown; i++) {
		int x = (int)i % p.columns * p.cell_columns;
		int y = p.top + (int)i / p.columns * p.cell_lines;
		/* A line between two rows, where there is room to part them. */
		int inside = p.cell_lines >= 4 ? p.cell_lines - 1 : p.cell_lines;

		draw_slot(canvas, &scene->slots[p.first + i], x, y, p.cell_columns - 1, inside);
		if (p.first + i == desk->selected)
			choose(canvas, x, y, p.cell_columns - 1, inside);
	}
	if (p.shown < scene->slot_count) {
		canvas_fill(canvas, canvas->columns - 20, 1, 20, STYLE_CARE, ' ');
		canvas_format(canvas, canvas->columns - 20, 1, 20, STYLE_CARE,
			      " slots %u-%u of %zu", scene->slots[p.first].number,
			      scene->slots[p.first + p.shown - 1].number, scene->slot_count);
	}
	used = p.rows * p.cell_lines;
	if (p.shown && lines - used > DETAILS_LINES)
		layout_details(canvas, scene, desk->selected, top + used + 1, top + lines);
}

/* ---- header and footer ---- */

static void draw_title(struct canvas *canvas, const struct scene *scene)
{
	char when[UTC_TEXT_BYTES];
	int x, room = canvas->columns - 10;

	canvas_fill(canvas, 0, 0, canvas->columns, STYLE_BAR, ' ');
	x = canvas_format(canvas, 0, 0, room, STYLE_BAR, " %s  %s", scene->station, scene->recipe);
	if (scene->next_recipe[0])
		x += canvas_format(canvas, x, 0, room - x, STYLE_BAR, ", then %s",
				   scene->next_recipe);
	if (scene->batch[0])
		x += canvas_format(canvas, x, 0, room - x, STYLE_BAR, "  batch %s", scene->batch);
	if (scene->has_batch_count)
		canvas_format(canvas, x, 0, room - x, STYLE_BAR, ": %lld of %lld",
			      (long long)scene->batch_passed, (long long)scene->batch_of);
	if (strlen(utc_words(scene->now_utc_ms, when)) == 19)
		canvas_text(canvas, room + 1, 0, 9, STYLE_BAR, when + 11);
}

static void draw_counts(struct canvas *canvas, const struct scene *scene)
{
	const struct line_counts *c = &scene->counts;
	int x, room = canvas->columns;

	x = canvas_format(canvas, 0, 1, room, STYLE_PLAIN, " %u unit%s  ", c->units,
			  c->units == 1 ? "" : "s");
	x += canvas_format(canvas, x, 1, room - x, STYLE_PASS, "%u passed", c->passed);
	x += canvas_format(canvas, x, 1, room - x, c->failed ? STYLE_FAIL : STYLE_PLAIN,
			   "  %u failed", c->failed);
	x += canvas_format(canvas, x, 1, room - x, c->errors ? STYLE_CARE : STYLE_PLAIN,
			   "  %u error%s", c->errors, c->errors == 1 ? "" : "s");
	if (line_first_pass(c) >= 0)
		x += canvas_format(canvas, x, 1, room - x, STYLE_PLAIN, "  first pass %.1f %%",
				   line_first_pass(c));
	if (scene->operator_name[0])
		x += canvas_format(canvas, x, 1, room - x, STYLE_PLAIN, "  %s",
				   scene->operator_name);
	if (scene->has_plant && scene->alarm[0])
		canvas_text(canvas, x, 1, room - x, STYLE_FAIL, "  plant: ALARM");
	else if (scene->has_plant && !scene->plant_is_connected)
		canvas_format(canvas, x, 1, room - x, STYLE_CARE, "  plant not reached, %lld wait",
			      (long long)scene->pending);
	else if (scene->bound_serial[0])
		canvas_format(canvas, x, 1, room - x, STYLE_TITLE, "  next unit: %s",
			      scene->bound_serial);
}

/* The one thing that everybody has to see; the newest notice where there is none. */
static void draw_alarm(struct canvas *canvas, const struct scene *scene)
{
	const struct scene_lock *lock = &scene->locks[0];
	int x, room = canvas->columns;

	if (scene->is_stopping || scene->is_draining) {
		canvas_fill(canvas, 0, 2, room, STYLE_ON_CARE, ' ');
		canvas_text(canvas, 1, 2, room - 1, STYLE_ON_CARE,
			    scene->is_stopping ? "STOPPING: units at work are recorded as ABORTED"
			    : scene->next_recipe[0]
				    ? "CHANGING: no unit is started until all slots "
				      "are done"
				    : "ENDING: no unit is started any more (R: go on)");
		return;
	}
	if (!scene->lock_count) {
		if (scene->notice_count)
			canvas_text(canvas, 1, 2, room - 1, STYLE_PLAIN, scene->notices[0]);
		return;
	}
	canvas_fill(canvas, 0, 2, room, STYLE_ON_FAIL, ' ');
	x = canvas_format(canvas, 1, 2, room, STYLE_ON_FAIL, "LOCKED %s", lock->code) + 1;
	if (lock->number)
		x += canvas_format(canvas, x, 2, room - x, STYLE_ON_FAIL, " slot %u", lock->number);
	if (scene->lock_count > 1)
		x += canvas_format(canvas, x, 2, room - x, STYLE_ON_FAIL, " (and %zu more)",
				   scene->lock_count - 1);
	canvas_format(canvas, x, 2, room - x, STYLE_ON_FAIL, ": %s", lock->sentence);
}

static void draw_keys(struct canvas *canvas, int y)
{
	static const struct {
		const char *key, *word;
	} keys[] = {
		{ "Enter", "details" }, { "n", "next trouble" }, { "r", "retest" },
		{ "u", "unlock" },      { "s", "scan" },         { "d", "slot on/off" },
		{ "p", "reprint" },     { "o", "operator" },     { "b", "batch" },
		{ "?", "help" },        { "q", "end" },
	};
	int x = 0, room = canvas->columns;

	canvas_fill(canvas, 0, y, room, STYLE_BAR, ' ');
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int width = (int)(strlen(keys[i].key) + strlen(keys[i].word)) + 3;

		/* What does not fit stands in the help: its key is always shown. */
		if (x + width > room - (i + 2 < sizeof(keys) / sizeof(keys[0]) ? 16 : 0))
			continue;
		canvas_text(canvas, x + 1, y, room - x, STYLE_KEY, keys[i].key);
		canvas_format(canvas, x + 1 + (int)strlen(keys[i].key), y, room - x, STYLE_BAR,
			      " %s", keys[i].word);
		x += width;
	}
}

static void draw_footer(struct canvas *canvas, const struct scene *scene, const struct desk *desk)
{
	int y = canvas->lines - 1, room = canvas->columns, x;
	char question[240];

	if (desk->ask) {
		desk_question(desk, scene, question, sizeof(question));
		canvas_fill(canvas, 0, y, room, STYLE_ON_CARE, ' ');
		x = canvas_text(canvas, 0, y, room, STYLE_ON_CARE, question);
		x += canvas_text(canvas, x, y, room - x, STYLE_ON_CARE,
				 tail(desk->field, room - x > 1 ? room - x - 1 : 0));
		canvas_fill(canvas, x, y, 1, STYLE_ON_CARE, '_');
	} else if (desk->typed_len > 1) {
		canvas_fill(canvas, 0, y, room, STYLE_BAR, ' ');
		canvas_format(canvas, 0, y, room, STYLE_BAR, " scan: %s", desk->typed);
	} else if (desk->message[0]) {
		enum style style = desk->is_refusal ? STYLE_ON_CARE : STYLE_ON_PASS;

		canvas_fill(canvas, 0, y, room, style, ' ');
		canvas_format(canvas, 0, y, room, style, " %s", desk->message);
	} else {
		draw_keys(canvas, y);
	}
}

void layout_draw(struct canvas *canvas, const struct scene *scene, struct desk *desk)
{
	int bottom = canvas->lines - FOOTER_LINES;

	if (desk->columns < 1)
		desk->columns = 1;
	if (desk->selected >= scene->slot_count)
		desk->selected = scene->slot_count ? scene->slot_count - 1 : 0;
	if (canvas->columns < SMALLEST_COLUMNS || canvas->lines < SMALLEST_LINES) {
		canvas_text(canvas, 0, 0, canvas->columns, STYLE_CARE, "too small");
		return;
	}
	draw_title(canvas, scene);
	draw_counts(canvas, scene);
	draw_alarm(canvas, scene);
	if (desk->page == DESK_HELP)
		layout_help(canvas, HEADER_LINES, bottom);
	else if (desk->page == DESK_DETAILS && scene->slot_count)
		layout_details(canvas, scene, desk->selected, HEADER_LINES, bottom);
	else
		draw_slots(canvas, scene, desk, HEADER_LINES, bottom - HEADER_LINES);
	draw_footer(canvas, scene, desk);
}
