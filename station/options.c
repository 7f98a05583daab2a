/* The command line: command.h says what comes out of it. */
#include "station/command.h"
#include "station/help.h"

#include "db/export/export.h"
#include "db/query.h"
#include "engine/chip.h"
#include "recipes/nvs/nvs_csv.h"
#include "recipes/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_HELP]      = { "help", 'h', NULL, "this text" },
	[OPTION_VERSION]   = { "version", 'V', NULL, "the program's version" },
	[OPTION_JSON]      = { "json", 0, NULL, "one JSON object per line on standard output, and nothing else" },
	[OPTION_PORTS]     = { "ports", 'p', "LIST", "nodes, links to nodes, or slots; by commas, or repeated" },
	[OPTION_ALL]       = { "all", 'a', NULL, "every port with a known bridge" },
	[OPTION_JOBS]      = { "jobs", 'j', "N", "units at a time, 1 to 64 (default: one per port)" },
	[OPTION_DB]        = { "db", 0, "FILE", "the database (default: flashline/flashline.db in the state folder)" },
	[OPTION_OPERATOR]  = { "operator", 'o', "NAME", "who does it; recorded" },
	[OPTION_BATCH]     = { "batch", 'b', "NAME", "recorded with each run (log, export: only this batch)" },
	[OPTION_PRODUCTS]  = { "products", 0, "DIR", "presets in DIR override the built-in ones" },
	[OPTION_UNIT]      = { "unit", 'u', "MAC", "only this unit" },
	[OPTION_LAST]      = { "last", 'n', "N", "only the newest N runs (slots: of each slot, default 200; batch list: N batches)" },
	[OPTION_FAILED]    = { "failed", 0, NULL, "only runs that ended with anything but PASS" },
	[OPTION_SINCE]     = { "since", 0, "TIME", "only runs started at or after TIME (UTC): 2026-11-22, 2026-11-22T12:30" },
	[OPTION_UNTIL]     = { "until", 0, "TIME", "only runs started before TIME" },
	[OPTION_OUTCOME]   = { "outcome", 0, "WORD", "PASS, FAIL, ERROR, TIMEOUT or ABORTED" },
	[OPTION_FORMAT]    = { "format", 'f', "WORD", "csv (default), jsonl, junit, wsjf or measurements" },
	[OPTION_OUTPUT]    = { "output", 'o', "FILE", "where to write (export: default, or -: standard output; wsjf: a folder)" },
	[OPTION_UNIT_LOGS] = { "unit-logs", 0, "DIR", "one readable file per run, into DIR" },
	[OPTION_NO_MEMORY] = { "no-memory", 0, NULL, "begin every run with the best way, whatever its slot is remembered to need" },
	[OPTION_FROM]      = { "from", 0, "TIME", "the same as --since" },
	[OPTION_TO]        = { "to", 0, "TIME", "the same as --until" },
	[OPTION_REASON]    = { "reason", 0, "TEXT", "why; recorded" },
	[OPTION_OVERRIDE]  = { "override", 0, "CODES", "guards that shall not refuse units, by commas; needs --operator and --reason, and is recorded" },
	[OPTION_SERIAL]    = { "serial", 0, "NUMBER", "serial number of the unit; with one port only" },
	[OPTION_RECIPE]    = { "recipe", 0, "RECIPE", "a recipe: its digest; (batch) or its file; (report) or its name" },
	[OPTION_WORK_ORDER] = { "work-order", 0, "TEXT", "of the batch" },
	[OPTION_PART_NUMBER] = { "part-number", 0, "TEXT", "of the batch" },
	[OPTION_PART_REVISION] = { "part-revision", 0, "TEXT", "of the batch" },
	[OPTION_CUSTOMER]  = { "customer", 0, "TEXT", "of the batch" },
	[OPTION_QUANTITY]  = { "quantity", 0, "N", "units that are planned for the batch" },
	[OPTION_QUOTA]     = { "quota", 0, "N", "good units that the batch may have, no more (default: the quantity)" },
	[OPTION_UNITS]     = { "units", 0, "N", "how many serial numbers" },
	[OPTION_ANCHOR]    = { "anchor", 0, "ANCHOR", "a head of the ledger that was told before, or a file with such heads" },
	[OPTION_PLANT]     = { "plant", 0, "SERVER", "the plant's ledger: a PostgreSQL connection string (default: $FLASHLINE_PLANT)" },
	[OPTION_HTML]      = { "html", 0, "FILE", "the report as one page, with charts" },
	[OPTION_PRODUCT]   = { "product", 0, "NAME", "the product" },
	[OPTION_PREFIX]    = { "prefix", 0, "TEXT", "what the serial numbers begin with" },
	[OPTION_PROCESS_CODE] = { "process-code", 0, "N", "number of the process in WATS (default 10)" },
	[OPTION_STRICT]    = { "strict", 0, NULL, "count runs that the station or people made fail as failures" },
	[OPTION_CHIP]      = { "chip", 0, "CHIP", "esp32, esp32s3 and so on, where the source does not tell or has several" },
	[OPTION_SIZE]      = { "size", 0, "BYTES", "of the partition: 0x6000, 24K" },
	[OPTION_SET]       = { "set", 0, "NAME=VALUE", "what {NAME} stands for; repeated for more" },
	[OPTION_NVS_VERSION] = { "nvs-version", 0, "N", "1 for firmware with an ESP-IDF from before August 2018 (default 2)" },
	[OPTION_WEB]       = { "web", 0, "ADDRESS:PORT", "where the line's page is served (default 127.0.0.1:8320); off: nowhere" },
};
/* clang-format on */

const struct option_row *option_rows(void)
{
	return rows;
}

static bool is_taken(const struct command *command, unsigned id)
{
	return id == OPTION_HELP || id == OPTION_VERSION ||
	       (command && (command->takes & (UINT64_C(1) << id)));
}

static enum status unknown_option(const struct command *command, const char *word, struct err *err)
{
	const char *of = command ? command->name : "";
	const char *words[OPTION_COUNT];
	const char *nearest = NULL;
	char name[32];
	size_t count = 0;

	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		if (is_taken(command, id))
			words[count++] = rows[id].name;
	}
	if (word[1] == '-') {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
		nearest = nearest_word(name, words, count);
	}
	if (nearest)
		return err_set(err, STATUS_USAGE, "unknown option '%s': did you mean '--%s'?", word,
			       nearest);
	return err_set(err, STATUS_USAGE, "unknown option '%s': see 'flashline %s%s--help'", word,
		       of, of[0] ? " " : "");
}

/* The option that word ("--jobs", "--jobs=4", "-j", "-j4") names, OPTION_COUNT when none;
 * *value is what stands in the same word. */
static unsigned find_option(const struct command *command, const char *word, const char **value)
{
	*value = NULL;
	for (unsigned id = 0; id < OPTION_COUNT; id++) {
		size_t length = strlen(rows[id].name);

		if (!is_taken(command, id))
			continue;
		if (word[1] == '-') {
			if (strncmp(word + 2, rows[id].name, length) != 0)
				continue;
			if (word[2 + length] == '=')
				*value = word + 2 + length + 1;
			if (word[2 + length] == '=' || word[2 + length] == '\0')
				return id;
		} else if (rows[id].letter && word[1] == rows[id].letter) {
			if (word[2])
				*value = word + 2;
			return id;
		}
	}
	return OPTION_COUNT;
}

static enum status read_number(unsigned id, const char *text, uint64_t max, uint64_t *number,
			       struct err *err)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < 1 || value > max)
		return err_set(err, STATUS_USAGE, "--%s %s: expected a number from 1 to %llu",
			       rows[id].name, text, (unsigned long long)max);
	*number = value;
	return STATUS_OK;
}

/* "a,b" into the list; storage keeps the copies, one after the other. */
static enum status add_ports(struct options *o, const char *text, struct err *err)
{
	size_t before = 0, length = strlen(text) + 1;
	char *storage, *name;

	/* What was split before stays split: only the offsets move. */
	for (size_t i = 0; i < o->port_count; i++)
		before += strlen(o->ports[i]) + 1;
	storage = malloc(before + length);
	if (!storage)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the port names");
	name = storage;
	for (size_t i = 0; i < o->port_count; i++) {
		size_t size = strlen(o->ports[i]) + 1;

		memcpy(name, o->ports[i], size);
		o->ports[i] = name;
		name += size;
	}
	memcpy(name, text, length);
	free(o->storage);
	o->storage = storage;
	for (;;) {
		size_t size = strcspn(name, ",");
		bool is_last = name[size] == '\0';

		name[size] = '\0';
		if (size == 0)
			return err_set(err, STATUS_USAGE, "--ports '%s': a name is empty", text);
		if (o->port_count == PORT_NAMES_MAX)
			return err_set(err, STATUS_USAGE, "--ports: more than %d names",
				       PORT_NAMES_MAX);
		o->ports[o->port_count++] = name;
		if (is_last)
			return STATUS_OK;
		name += size + 1;
	}
}

static enum status read_size(const char *text, uint64_t *bytes, struct err *err)
{
	if (!value_size(text, bytes) || !*bytes || *bytes > UINT32_MAX)
		return err_set(err, STATUS_USAGE,
			       "--size %s: expected bytes, such as 0x6000 or 24K", text);
	return STATUS_OK;
}

/* "serial=SN1". Values may be secrets: none is shown. */
static enum status add_set(struct options *o, const char *text, struct err *err)
{
	struct set *set = &o->sets[o->set_count];
	size_t length = strcspn(text, "=");

	if (!text[length] || !nvs_name_is_good(text, length))
		return err_set(err, STATUS_USAGE,
			       "--set: expected NAME=VALUE, the name a letter and then letters, "
			       "digits, '_', '-' and '.', %d characters at most",
			       NVS_NAME_MAX);
	if (o->set_count == SETS_MAX)
		return err_set(err, STATUS_USAGE, "--set: more than %d names", SETS_MAX);
	snprintf(set->name, sizeof(set->name), "%.*s", (int)length, text);
	set->value = text + length + 1;
	for (size_t i = 0; i < o->set_count; i++)
		if (strcmp(o->sets[i].name, set->name) == 0)
			return err_set(err, STATUS_USAGE, "--set %s is given twice", set->name);
	o->set_count++;
	return STATUS_OK;
}

static enum status set_text(unsigned id, const char **member, const char *value, struct err *err)
{
	if (*member)
		return err_set(err, STATUS_USAGE, "--%s is given twice", rows[id].name);
	if (!value[0])
		return err_set(err, STATUS_USAGE, "--%s: the value is empty", rows[id].name);
	*member = value;
	return STATUS_OK;
}

/* The checks that need no more than the value itself. */
static enum status check_value(unsigned id, const char *value, struct err *err)
{
	enum export_format format;
	char mac[MAC_TEXT_BYTES];
	const char *outcome;
	int64_t utc_ms;

	if (id == OPTION_SINCE || id == OPTION_UNTIL || id == OPTION_FROM || id == OPTION_TO)
		return filter_time(value, &utc_ms, err);
	if (id == OPTION_OUTCOME)
		return filter_outcome(value, &outcome, err);
	if (id == OPTION_UNIT)
		return filter_mac(value, mac, err);
	if (id == OPTION_CHIP && !chip_by_key(value))
		return err_set(err, STATUS_USAGE,
			       "--chip %s: expected esp32, esp32s3, esp32c6 or the like", value);
	if (id == OPTION_FORMAT)
		return export_format_by_name(value, &format, err);
	return STATUS_OK;
}

static const char **text_member(struct options *o, unsigned id)
{
	switch (id) {
	case OPTION_DB:
		return &o->db;
	case OPTION_OPERATOR:
		return &o->operator_name;
	case OPTION_BATCH:
		return &o->batch;
	case OPTION_PRODUCTS:
		return &o->products;
	case OPTION_UNIT:
		return &o->unit;
	case OPTION_SINCE:
	case OPTION_FROM:
		return &o->since;
	case OPTION_UNTIL:
	case OPTION_TO:
		return &o->until;
	case OPTION_OUTCOME:
		return &o->outcome;
	case OPTION_FORMAT:
		return &o->format;
	case OPTION_OUTPUT:
		return &o->output;
	case OPTION_UNIT_LOGS:
		return &o->unit_logs;
	case OPTION_REASON:
		return &o->reason;
	case OPTION_OVERRIDE:
		return &o->overrides;
	case OPTION_SERIAL:
		return &o->serial;
	case OPTION_RECIPE:
		return &o->recipe;
	case OPTION_WORK_ORDER:
		return &o->work_order;
	case OPTION_PART_NUMBER:
		return &o->part_number;
	case OPTION_PART_REVISION:
		return &o->part_revision;
	case OPTION_CUSTOMER:
		return &o->customer;
	case OPTION_ANCHOR:
		return &o->anchor;
	case OPTION_PLANT:
		return &o->plant;
	case OPTION_HTML:
		return &o->html;
	case OPTION_CHIP:
		return &o->chip;
	case OPTION_PRODUCT:
		return &o->product;
	case OPTION_PREFIX:
		return &o->prefix;
	case OPTION_PROCESS_CODE:
		return &o->process_code;
	case OPTION_WEB:
		return &o->web;
	}
	return NULL;
}

static enum status set_option(struct options *o, unsigned id, const char *value, struct err *err)
{
	uint64_t number = 0;

	switch (id) {
	case OPTION_HELP:
		o->help = true;
		return STATUS_OK;
	case OPTION_VERSION:
		o->version = true;
		return STATUS_OK;
	case OPTION_JSON:
		o->json = true;
		return STATUS_OK;
	case OPTION_ALL:
		o->all = true;
		return STATUS_OK;
	case OPTION_FAILED:
		o->failed = true;
		return STATUS_OK;
	case OPTION_NO_MEMORY:
		o->no_memory = true;
		return STATUS_OK;
	case OPTION_PORTS:
		return add_ports(o, value, err);
	case OPTION_JOBS:
		TRY(read_number(id, value, JOBS_MAX, &number, err));
		o->jobs = (unsigned)number;
		return STATUS_OK;
	case OPTION_LAST:
		return read_number(id, value, INT64_MAX, &o->last, err);
	case OPTION_QUANTITY:
		return read_number(id, value, UNITS_MAX, &o->quantity, err);
	case OPTION_QUOTA:
		return read_number(id, value, UNITS_MAX, &o->quota, err);
	case OPTION_UNITS:
		return read_number(id, value, UNITS_MAX, &o->units, err);
	case OPTION_STRICT:
		o->strict = true;
		return STATUS_OK;
	case OPTION_SIZE:
		return read_size(value, &o->size_bytes, err);
	case OPTION_SET:
		return add_set(o, value, err);
	case OPTION_NVS_VERSION:
		return read_number(id, value, 2, &o->nvs_version, err);
	}
	TRY(set_text(id, text_member(o, id), value, err));
	return check_value(id, value, err);
}

static enum status take_word(const struct command *command, int argc, char **argv, int *at,
			     struct options *o, struct err *err)
{
	const char *word = argv[*at], *value;
	unsigned id = find_option(command, word, &value);

	if (id == OPTION_COUNT)
		return unknown_option(command, word, err);
	if (!rows[id].value && value)
		return err_set(err, STATUS_USAGE, "--%s takes no value", rows[id].name);
	if (rows[id].value && !value) {
		if (*at + 1 >= argc)
			return err_set(err, STATUS_USAGE, "--%s needs a value: %s", rows[id].name,
				       rows[id].value);
		value = argv[++*at];
	}
	o->given |= UINT64_C(1) << id;
	return set_option(o, id, value, err);
}

/* Nothing can be in a time that ends before it begins: somebody mixed them up. */
static enum status check_times(const struct options *o, struct err *err)
{
	int64_t since_utc_ms, until_utc_ms;

	if (!o->since || !o->until)
		return STATUS_OK;
	TRY(filter_time(o->since, &since_utc_ms, err));
	TRY(filter_time(o->until, &until_utc_ms, err));
	if (since_utc_ms < until_utc_ms)
		return STATUS_OK;
	return err_set(
		err, STATUS_USAGE, "--%s has to be later than --%s: %s does not come after %s",
		o->given & (UINT64_C(1) << OPTION_TO) ? "to" : "until",
		o->given & (UINT64_C(1) << OPTION_FROM) ? "from" : "since", o->until, o->since);
}

static enum status check_operands(const struct command *command, const struct options *o,
				  struct err *err)
{
	if (!command)
		return o->operand_count ? command_unknown(o->operands[0], err) : STATUS_OK;
	if (o->operand_count < command->operands_min)
		return err_set(err, STATUS_USAGE, "%s: %s is missing: see 'flashline %s --help'",
			       command->name, command->operands, command->name);
	if (o->all && o->port_count)
		return err_set(err, STATUS_USAGE, "--all and --ports exclude each other");
	return check_times(o, err);
}

enum status options_parse(const struct command *command, int argc, char **argv, struct options *o,
			  struct err *err)
{
	size_t operands_max = command ? command->operands_max : 1;
	bool is_option = true;

	*o = (struct options){ 0 };
	for (int at = 1; at < argc; at++) {
		const char *word = argv[at];

		if (is_option && strcmp(word, "--") == 0) {
			is_option = false;
		} else if (is_option && word[0] == '-' && word[1]) {
			TRY(take_word(command, argc, argv, &at, o, err));
			if (o->help || o->version)
				return STATUS_OK;
		} else if (o->operand_count == operands_max) {
			return err_set(err, STATUS_USAGE, "%s: '%s' is one word too many",
				       command ? command->name : "flashline", word);
		} else {
			o->operands[o->operand_count++] = word;
		}
	}
	return check_operands(command, o, err);
}

void options_release(struct options *o)
{
	free(o->storage);
	*o = (struct options){ 0 };
}
