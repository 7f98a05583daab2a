#include "station/help.h"

#include <assert.h>
#include <string.h>

#define COMMANDS_MAX 40 /* room for the table in commands.c */

static int wider(int width, const char *word)
{
	int length = (int)strlen(word);

	return length > width ? length : width;
}

void help_program(FILE *out)
{
	int name_width = 0, operands_width = 0;
	size_t count;
	const struct command *rows = command_rows(&count);

	for (size_t i = 0; i < count; i++) {
		name_width = wider(name_width, rows[i].name);
		operands_width = wider(operands_width, rows[i].operands);
	}
	fprintf(out, "flashline: flash, prove and record M5Stack units, many at a time\n\n"
		     "usage: flashline COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-*s  %-*s  %s\n", name_width, rows[i].name, operands_width,
			rows[i].operands, rows[i].summary);
	fprintf(out,
		"\n'flashline COMMAND --help' explains a command. 'man flashline' explains all.\n"
		"Exit status: 0 all passed, 1 some unit did not, 2 usage or recipe error,\n"
		"3 the station itself failed, 130 interrupted.\n");
}

static void show_options(const struct command *command, FILE *out)
{
	const struct option_row *rows = option_rows();
	char used[OPTION_COUNT + 1] = "";
	size_t used_count = 0;

	fprintf(out, "\nOptions:\n");
	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		const struct option_row *row = &rows[id];
		char spelling[48], letter[8] = "    ";

		if (id == OPTION_VERSION ||
		    (id != OPTION_HELP && !(command->takes & (UINT64_C(1) << id))))
			continue;
		/* Where two options of a command share a letter, it is the first one's. */
		if (row->letter && !strchr(used, row->letter)) {
			used[used_count++] = row->letter;
			snprintf(letter, sizeof(letter), "-%c, ", row->letter);
		}
		snprintf(spelling, sizeof(spelling), "%s--%s%s%s", letter, row->name,
			 row->value ? " " : "", row->value ? row->value : "");
		fprintf(out, "  %-24s %s\n", spelling, row->meaning);
	}
}

enum exit_code help_show(const struct command *command, FILE *out)
{
	if (command) {
		fprintf(out, "usage: flashline %s%s%s [OPTIONS]\n\n%s\n", command->name,
			command->operands[0] ? " " : "", command->operands, command->text);
		show_options(command, out);
	} else {
		help_program(out);
	}
	return finish_stdout(EXIT_CODE_PASSED);
}

enum exit_code help_version(FILE *out)
{
	fprintf(out, "flashline %s\n", FLASHLINE_VERSION);
	return finish_stdout(EXIT_CODE_PASSED);
}

/* Levenshtein's distance, of words up to 31 letters. */
static unsigned word_distance(const char *a, const char *b)
{
	size_t length_a = strlen(a), length_b = strlen(b);
	unsigned row[32];

	if (length_a > 31 || length_b > 31)
		return 99;
	for (unsigned j = 0; j <= length_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= length_a; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= length_b; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length_b];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	unsigned best = 3; /* more than two wrong letters is another word */

	for (size_t i = 0; i < count; i++) {
		unsigned distance = word_distance(word, words[i]);
		size_t length = strlen(word);

		/* The beginning of a word, as in --operat, is near too. */
		if (length >= 3 && strncmp(word, words[i], length) == 0)
			distance = 1;
		if (distance < best) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

enum status command_unknown(const char *name, struct err *err)
{
	const char *words[COMMANDS_MAX];
	const char *nearest;
	size_t count;
	const struct command *rows = command_rows(&count);

	assert(count <= COMMANDS_MAX);
	for (size_t i = 0; i < count; i++)
		words[i] = rows[i].name;
	nearest = nearest_word(name, words, count);
	if (nearest)
		return err_set(err, STATUS_USAGE, "unknown command '%s': did you mean '%s'?", name,
			       nearest);
	return err_set(err, STATUS_USAGE, "unknown command '%s': see 'flashline --help'", name);
}
