/*
 * The pieces of a label's template, one after the other: text, and names in braces. Pure; inside
 * label.h.
 */
#ifndef RECIPES_LABEL_TEXT_H
#define RECIPES_LABEL_TEXT_H

#include "recipes/label.h"

#define LABEL_VALUE_BYTES 48

struct label_reader { /* { .text, .end, .is_zpl, .line = 1, .column = 1 } */
	const char *text, *end;
	bool is_zpl;
	unsigned line, column; /* of what comes next */
	bool in_field;         /* behind ^FD or ^FV of a field */
	char indicator;        /* of the field's ^FH; 0 it has none */
};

enum label_piece_kind { PIECE_END, PIECE_TEXT, PIECE_NAME, PIECE_WRONG };

struct label_piece {
	enum label_piece_kind kind;
	const char *text; /* TEXT */
	size_t size;
	unsigned line, column;
	enum label_name name;          /* NAME */
	char value[LABEL_VALUE_BYTES]; /* NAME: of LABEL_VALUE, else "" */
	char indicator;                /* NAME: what hex is begun with; 0: as it is */
	char why[200];                 /* WRONG; the reader goes on behind it */
};

void label_next(struct label_reader *r, struct label_piece *piece);

#endif
