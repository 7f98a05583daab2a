/*
 * What the commands share that record what people decide: batch, recipe, guard, unit, attach.
 *
 * Each has actions: the word behind the command's name. What an action needs and takes is
 * checked here, by its row, before anything is opened.
 */
#ifndef STATION_CMD_DECIDE_H
#define STATION_CMD_DECIDE_H

#include "station/json.h"
#include "db/db.h"
#include "db/decisions.h"
#include "station/command.h"
#include "station/textbuf.h"

struct json_t;

struct action {
	const char *name;
	const char *operands; /* behind the action: "NAME", "" none */
	size_t operand_count;
	uint64_t needs;   /* options without which it does nothing: TAKES(OPERATOR) | ... */
	uint64_t takes;   /* others; --db and --json always */
	bool is_decision; /* puts a record in; else it only reads */
	/* operands[0] of the options is the action, [1] the first behind it. An err without
	 * a text has been told already. */
	enum status (*run)(const struct options *o, struct db *db, struct err *err);
};

/* The action that options->operands[0] names, when the rest of the command line is fit for it; for
 * a command that opens and ends differently than action_run does. */
enum status action_find(const char *command, const struct action *rows, size_t count,
			const struct options *options, const struct action **action,
			struct err *err);
enum exit_code action_run(const char *command, const struct action *rows, size_t count,
			  const struct options *options);

/* One line, valid UTF-8 without control characters, bytes_max at most: what people type and later
 * read in exports. what: "--reason". STATUS_USAGE. */
#define DECIDED_TEXT_MAX 120
#define DECIDED_REASON_MAX 250
enum status check_text(const char *what, const char *text, size_t bytes_max, struct err *err);

/*
 * A recipe by its file, or by the beginning of its digest where there is no such file.
 * is_kept: a file's recipe is put into the records if it is not there. STATUS_RECIPE without
 * a text: its errors are on stderr already.
 */
enum status named_recipe(const struct options *o, const char *text, bool is_kept, struct db *db,
			 char digest[static 65], struct err *err);

/* Puts a recipe into the records where it is new. Content that is there under another name or
 * revision stays under that one, and a remark says so. */
struct plan;
enum status keep_recipe(struct db *db, const struct plan *plan, struct err *err);

/* "name revision 7 (0123456789ab, approved)" */
#define RECIPE_TEXT_BYTES 256
enum status recipe_text(struct db *db, const char *digest, char text[static RECIPE_TEXT_BYTES],
			struct err *err);
/* "approved", "retired" or "not approved" */
enum status approval_word(struct db *db, const char *digest, const char **word, struct err *err);

/* For people: an empty line and a table, oldest first; nothing at all without decisions. */
enum status decisions_text(struct db *db, enum decision_list list, const char *key,
			   struct textbuf *out, struct err *err);
/* An array of objects: decision, quota, operator, reason, time. */
enum status decisions_json(struct db *db, enum decision_list list, const char *key,
			   struct json_t **out, struct err *err);
/* The same two for what is attached to it. */
enum status attachments_text(struct db *db, const char *owner, const char *ref, struct textbuf *out,
			     struct err *err);
enum status attachments_json(struct db *db, const char *owner, const char *ref, struct json_t **out,
			     struct err *err);

/* A text from the records as a cell, made fit for a terminal; "-" for NULL. */
struct table;
void add_cell(struct table *t, const char *text);
/* A member with the time in UTC; null for 0. */
void set_time(struct json_t *object, const char *name, int64_t utc_ms);

/* To stdout; text is released. */
void show_text(struct textbuf *text);
/* One line to stdout; gives up the reference. */
void show_json(struct json_t *object);

#endif
