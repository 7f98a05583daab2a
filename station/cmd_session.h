/* What flash, verify and identify share: choosing ports, opening records, a view, the loop. */
#ifndef STATION_CMD_SESSION_H
#define STATION_CMD_SESSION_H

#include "engine/flasher.h"
#include "recipes/plan.h"
#include "station/command.h"
#include "station/plant_line.h"

struct db;
struct plant_link;
struct writer;

/* The records, whoever writes them, and the way to the plant. Starts as { 0 }. */
struct session_records {
	struct db *db;
	struct writer *writer;
	struct plant_link *plant; /* NULL: no server was named */
	struct plant_line line;   /* to it */
};

/* Opens the database that was named, or the usual one, and puts the recipe into it; tells on
 * stderr what was found there. Then only this thread may use db, until the next call. */
enum status records_open(struct session_records *r, const struct plan *plan,
			 const struct options *options, struct err *err);
/* The writer, which owns db from now on, and the plant's server, where there is one. */
enum status records_begin(struct session_records *r, const struct options *options,
			  struct err *err);
/* Also of one that was only begun. */
void records_close(struct session_records *r);

/* What was typed to be recorded: one line, not too long. NULL is fine. */
enum status check_typed(const char *what, const char *text, size_t bytes_max, struct err *err);

/* Both are freed; waits for the reader of our output, and tells on stderr what it did not take. */
struct printer;
struct view_state;
void end_output(struct view_state *view, struct printer *printer, enum exit_code code);

/* plan NULL: identify. The plan is freed here, unless a stuck worker still needs it. */
enum exit_code run_session(enum flash_kind kind, struct plan *plan, const struct options *options);

/* Read the recipe that the command line names; every error goes to stderr. NULL on errors;
 * then *code tells the exit code. */
struct plan *read_recipe(const struct options *options, enum exit_code *code);
/* The same of any file. */
struct plan *read_recipe_file(const char *path, const char *products_dir, enum exit_code *code);
/* A station file, the same way. */
struct station_file *read_station_file(const char *path, enum exit_code *code);
/* What is wrong with a file, a line each, on stderr. */
struct diag_list;
void print_diags(const struct diag_list *diags);

#endif
