/* ledger: compare the records with what they were, tell the head, show entries. */
#include "station/cmd_decide.h"

#include "db/ledger/ledger.h"
#include "station/anchors.h"
#include "station/json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- verify ---- */

static void add_anchor(json_t *object, const struct ledger_head *head)
{
	char text[LEDGER_ANCHOR_BYTES];

	ledger_anchor_text(head, text);
	json_object_set_new(object, "chain", json_text(head->chain_id));
	json_object_set_new(object, "head", head->seq ? json_string(text) : json_null());
}

static void show_report_json(const struct db *db, const struct ledger_report *r, size_t anchors)
{
	json_t *object = json_event("ledger_verify");

	json_object_set_new(object, "database", json_text(db_path(db)));
	json_object_set_new(object, "sound", json_boolean(r->fault == LEDGER_SOUND));
	json_object_set_new(object, "fault",
			    r->fault ? json_string(ledger_fault_name(r->fault)) : json_null());
	json_object_set_new(object, "detail", json_text(r->text));
	json_object_set_new(object, "first_bad_entry",
			    r->first_bad_seq ? json_integer(r->first_bad_seq) : json_null());
	json_object_set_new(object, "table", json_text(r->table));
	json_object_set_new(object, "key", json_text(r->ref));
	json_object_set_new(object, "entries", json_integer(r->entries));
	json_object_set_new(object, "records", json_integer(r->records));
	json_object_set_new(object, "adopted", json_integer(r->adopted));
	json_object_set_new(object, "anchors", json_integer((json_int_t)anchors));
	add_anchor(object, &r->head);
	json_object_set_new(object, "begun_on", json_text(db_other_machine(db)));
	show_json(object);
}

static void add_line(struct textbuf *out, const char *label, const char *value)
{
	char clean[ERR_TEXT_BYTES];

	if (!value[0])
		return;
	snprintf(clean, sizeof(clean), "%s", value);
	text_clean(clean);
	textbuf_add(out, "  %-11s %s\n", label, clean);
}

static void add_fault(struct textbuf *out, const struct ledger_report *r)
{
	char seq[24];

	snprintf(seq, sizeof(seq), "%" PRId64, r->first_bad_seq);
	add_line(out, "what", r->text);
	add_line(out, "first entry", r->first_bad_seq ? seq : "");
	add_line(out, "table", r->table);
	add_line(out, "key", r->ref);
}

static void show_report(const struct db *db, const struct ledger_report *r, size_t anchors)
{
	struct textbuf out = { 0 };
	char head[LEDGER_ANCHOR_BYTES];

	ledger_anchor_text(&r->head, head);
	if (r->fault)
		textbuf_add(&out, "NOT SOUND: %s\n", ledger_fault_name(r->fault));
	else
		textbuf_add(&out, "sound: every record is as it was written\n");
	add_line(&out, "database", db_path(db));
	if (r->fault)
		add_fault(&out, r);
	textbuf_add(&out, "  %-11s %" PRId64 " entries, each with its record%s\n", "compared",
		    r->records, r->fault ? "; nothing behind the first that is wrong" : "");
	if (r->adopted)
		textbuf_add(&out,
			    "  %-11s %" PRId64 " records are older than the ledger: sealed as "
			    "they were found\n",
			    "adopted", r->adopted);
	if (db_other_machine(db))
		textbuf_add(&out,
			    "  %-11s on %s, another computer: to go on with this copy, begin a "
			    "new chain ('flashline ledger new-chain')\n",
			    "begun", db_other_machine(db));
	if (r->head.seq)
		add_line(&out, "head", head);
	if (anchors)
		textbuf_add(&out, "  %-11s %zu that were told before\n", "anchors", anchors);
	else if (!r->fault)
		textbuf_add(&out,
			    "\nThe ledger makes changes evident, it does not prevent them. "
			    "Without --anchor, a head that was told\nbefore, nobody can see "
			    "that its end was cut off with all its records, or that all of it "
			    "was written anew.\n");
	show_text(&out);
}

static void show_progress(void *ctx, int64_t done, int64_t of)
{
	(void)ctx;
	fprintf(stderr, "\r%" PRId64 " of %" PRId64 " entries", done, of);
}

static enum status verify(const struct options *o, struct db *db, struct ledger_report *report,
			  struct err *err)
{
	bool shows_progress = !o->json && isatty(STDERR_FILENO);
	struct anchors anchors = { .count = 0 };
	enum status st = o->anchor ? anchors_read(o->anchor, &anchors, err) : STATUS_OK;

	if (!st)
		st = ledger_verify(db, anchors.heads, anchors.count,
				   shows_progress ? show_progress : NULL, NULL, report, err);
	if (shows_progress)
		fprintf(stderr, "\r\033[K");
	if (!st && o->json)
		show_report_json(db, report, anchors.count);
	else if (!st)
		show_report(db, report, anchors.count);
	anchors_release(&anchors);
	return st;
}

/* ---- head ---- */

static enum status head(const struct options *o, struct db *db, struct err *err)
{
	char text[LEDGER_ANCHOR_BYTES];
	struct ledger_head head;

	TRY(ledger_head(db, &head, err));
	if (!head.seq)
		return err_set(err, STATUS_DATABASE,
			       "%s: its ledger is empty: 'flashline ledger verify' says more",
			       db_path(db));
	if (o->json) {
		json_t *object = json_event("ledger_head");

		json_object_set_new(object, "database", json_text(db_path(db)));
		json_object_set_new(object, "entries", json_integer(head.seq));
		add_anchor(object, &head);
		show_json(object);
		return STATUS_OK;
	}
	ledger_anchor_text(&head, text);
	printf("%s\n", text);
	return STATUS_OK;
}

/* ---- show ---- */

struct shown {
	bool is_json, is_there;
};

static enum status show_entry(void *ctx, const struct ledger_entry *entry, struct err *err)
{
	char prev[SHA256_TEXT_BYTES], hash[SHA256_TEXT_BYTES], time[UTC_TEXT_BYTES];
	struct shown *shown = ctx;
	uint8_t expected[SHA256_BYTES];
	struct textbuf out = { 0 };

	(void)err;
	shown->is_there = true;
	hex_text(entry->prev, sizeof(entry->prev), prev);
	hex_text(entry->hash, sizeof(entry->hash), hash);
	utc_text(entry->utc_ms, time);
	ledger_hash(entry, expected);
	bool is_sound = memcmp(expected, entry->hash, sizeof(expected)) == 0;
	if (shown->is_json) {
		json_t *object = json_event("ledger_entry");

		json_object_set_new(object, "seq", json_integer(entry->seq));
		json_object_set_new(object, "utc_ms", json_integer(entry->utc_ms));
		json_object_set_new(object, "kind", json_text(entry->kind));
		json_object_set_new(object, "ref", json_text(entry->ref));
		json_object_set_new(object, "body", json_text(entry->body));
		json_object_set_new(object, "prev", json_string(prev));
		json_object_set_new(object, "hash", json_string(hash));
		json_object_set_new(object, "hash_fits", json_boolean(is_sound));
		show_json(object);
		return STATUS_OK;
	}
	textbuf_add(&out, "entry %" PRId64 "\n", entry->seq);
	textbuf_add(&out, "  %-11s %s\n  %-11s %s\n  %-11s %s\n", "written", time, "kind",
		    entry->kind, "key", entry->ref);
	textbuf_add(&out, "  %-11s %s\n  %-11s %s, %s\n", "follows", prev, "hash", hash,
		    is_sound ? "which is that of the entry" : "which is NOT that of the entry");
	textbuf_add(&out, "  %-11s %s\n", "body", entry->body);
	show_text(&out);
	return STATUS_OK;
}

static enum status show(const struct options *o, struct db *db, struct err *err)
{
	const char *word = o->operands[1];
	struct shown shown = { .is_json = o->json };
	struct ledger_head last;
	char *end;

	errno = 0;
	long long seq = strtoll(word, &end, 10);
	if (errno || *end || word[0] < '1' || word[0] > '9')
		return err_set(err, STATUS_USAGE,
			       "ledger show: '%s': expected the number of an entry, from 1 on",
			       word);
	TRY(ledger_walk(db, seq, 1, show_entry, &shown, err));
	if (shown.is_there)
		return STATUS_OK;
	TRY(ledger_head(db, &last, err));
	return err_set(err, STATUS_USAGE, "ledger show: %lld: there is none: the last is %" PRId64,
		       seq, last.seq);
}

/* ---- new-chain ---- */

static enum status new_chain(const struct options *o, struct db *db, struct err *err)
{
	struct ledger_head before;

	TRY(ledger_head(db, &before, err));
	TRY(ledger_begin_chain(db, o->operator_name, o->reason, err));
	if (!o->json)
		printf("a new chain follows chain %s; its head:\n", before.chain_id);
	return head(o, db, err);
}

/* ---- the command ---- */

static const struct action actions[] = {
	{ .name = "verify", .operands = "", .takes = TAKES(ANCHOR) }, /* see cmd_ledger */
	{ .name = "head", .operands = "", .run = head },
	{ .name = "show", .operands = "NUMBER", .operand_count = 1, .run = show },
	{
		.name = "new-chain",
		.operands = "",
		.needs = TAKES(OPERATOR) | TAKES(REASON),
		.is_decision = true,
		.run = new_chain,
	},
	{ .name = "init-server", .operands = "", .takes = TAKES(PLANT) }, /* the same */
};
#define ACTION_COUNT (sizeof(actions) / sizeof(actions[0]))

/* It says what is wrong by its exit code too. */
static enum exit_code cmd_verify_ledger(const struct options *o)
{
	const struct action *action;
	struct ledger_report report = { .fault = LEDGER_SOUND };
	struct db *db = NULL;
	enum status st;
	struct err err;

	st = action_find("ledger", actions, ACTION_COUNT, o, &action, &err);
	if (!st)
		st = open_for_reading(o, &db, &err);
	if (!st)
		st = verify(o, db, &report, &err);
	db_close(db);
	if (st)
		return complain(&err);
	return finish_stdout(report.fault ? EXIT_CODE_UNITS : EXIT_CODE_PASSED);
}

static enum exit_code cmd_init_server(const struct options *o)
{
	const struct action *action;
	struct err err;

	if (action_find("ledger", actions, ACTION_COUNT, o, &action, &err))
		return complain(&err);
	return cmd_ledger_init_server(o);
}

enum exit_code cmd_ledger(const struct options *options)
{
	if (strcmp(options->operands[0], "verify") == 0)
		return cmd_verify_ledger(options);
	if (strcmp(options->operands[0], "init-server") == 0)
		return cmd_init_server(options);
	return action_run("ledger", actions, ACTION_COUNT, options);
}
