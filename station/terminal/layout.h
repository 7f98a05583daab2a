/*
 * A scene laid out on a canvas: header, slots as they stand on the fixture, notices, keys. Pure.
 *
 * Every slot says its state by a word and a sign, colour only helps. From 80x24 on 64 slots fit at
 * once; where they do not, the page with the chosen slot is shown, and which slots those are.
 */
#ifndef STATION_TERMINAL_LAYOUT_H
#define STATION_TERMINAL_LAYOUT_H

#include "station/terminal/desk.h"
#include "station/terminal/scene.h"
#include "station/terminal/canvas.h"

#define LAYOUT_CELL_MIN 9 /* columns of a slot: "64 * PASS" and a blank */
#define LAYOUT_CELL_MAX 36
#define LAYOUT_CELL_LINES_MAX 7

struct layout {
	int cell_columns, cell_lines; /* of a slot, with what parts it from the next one */
	int columns, rows;            /* slots that are shown side by side, and rows of them */
	size_t first, shown;          /* which slots: a page of them */
	int top;                      /* line of the first one */
};

/* How slot_count slots go into so much room. of_fixture: columns that the fixture has; 0 as fits.
 */
struct layout layout_plan(size_t slot_count, unsigned of_fixture, size_t selected, int columns,
			  int top, int lines);

/* desk->columns is set for it. */
void layout_draw(struct canvas *canvas, const struct scene *scene, struct desk *desk);

/* ---- layout_details.c ---- */

/* Everything about one slot; the help; both fill the lines from top to bottom (not included). */
void layout_details(struct canvas *canvas, const struct scene *scene, size_t slot, int top,
		    int bottom);
void layout_help(struct canvas *canvas, int top, int bottom);

/* ---- what both use ---- */

enum style layout_style(enum look look); /* as words */
uint32_t layout_sign(const struct canvas *canvas, enum look look);
/* A bar of so many columns. */
void layout_bar(struct canvas *canvas, int x, int y, int columns, int percent);

#endif
