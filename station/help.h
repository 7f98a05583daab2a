/* What --help and --version print. All return EXIT_CODE_PASSED or, when the
 * stream fails, EXIT_CODE_STATION. */
#ifndef STATION_HELP_H
#define STATION_HELP_H

#include "station/command.h"

#include <stdio.h>

/* The program as a whole: its commands, one line each. */
void help_program(FILE *out);
/* One command with its options; NULL: the program. */
enum exit_code help_show(const struct command *command, FILE *out);
enum exit_code help_version(FILE *out);

/* err gets "unknown command" with the nearest one as a hint. Returns STATUS_USAGE. */
enum status command_unknown(const char *name, struct err *err);

/* The word of the table that looks most like this one, NULL when none is near. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

/* How an option is spelt and what it means. */
struct option_row {
	const char *name;  /* without the dashes */
	char letter;       /* 0 none */
	const char *value; /* "FILE", NULL when it takes none */
	const char *meaning;
};
/* Indexed by enum option_id. */
const struct option_row *option_rows(void);

#endif
