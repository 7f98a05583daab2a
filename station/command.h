/*
 * The subcommands of the program: one row each, in the table in commands.c.
 *
 * A command gets its options parsed and checked, prints to stdout, complains to
 * stderr, and returns the process's exit code. Only what stands at this level
 * (main, commands, cmd_*) prints.
 */
#ifndef STATION_COMMAND_H
#define STATION_COMMAND_H

#include "engine/base/err.h"
#include "station/exit_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOBS_MAX 64
#define PORT_NAMES_MAX 256
#define UNITS_MAX 100000000 /* of a batch, or serial numbers at once: our choice */
#define SETS_MAX 64
#define SET_NAME_BYTES 32

struct set { /* --set NAME=VALUE */
	char name[SET_NAME_BYTES];
	const char *value;
};

/* What the command line said; NULL, 0 and false where it said nothing. */
struct options {
	uint64_t given; /* TAKES(JSON) | ...: what was said */
	bool help, version, json, all, failed, no_memory;
	const char *ports[PORT_NAMES_MAX]; /* in order; point into a copy owned by options */
	size_t port_count;
	unsigned jobs; /* 0 = one per port */
	const char *db;
	const char *operator_name, *batch;
	const char *products;
	const char *unit; /* "24:0a:c4:00:01:10" */
	const char *since, *until, *outcome, *format;
	const char *output, *unit_logs;
	uint64_t last;
	const char *reason, *overrides, *serial;
	const char *recipe, *work_order, *part_number, *part_revision, *customer;
	uint64_t quantity, quota, units; /* 0 not given */
	const char *anchor, *plant, *html, *product, *prefix, *process_code;
	const char *web; /* "ADDRESS:PORT", or "off" */
	bool strict;
	const char *chip;                 /* a chip's key */
	uint64_t size_bytes, nvs_version; /* 0 not given */
	struct set sets[SETS_MAX];        /* their names differ */
	size_t set_count;
	char *storage;           /* of the split --ports */
	const char *operands[3]; /* what is no option */
	size_t operand_count;
};

enum option_id {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_JSON,
	OPTION_PORTS,
	OPTION_ALL,
	OPTION_JOBS,
	OPTION_DB,
	OPTION_OPERATOR,
	OPTION_BATCH,
	OPTION_PRODUCTS,
	OPTION_UNIT,
	OPTION_LAST,
	OPTION_FAILED,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_OUTCOME,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_UNIT_LOGS,
	OPTION_NO_MEMORY,
	OPTION_FROM, /* another word for SINCE */
	OPTION_TO,   /* another word for UNTIL */
	OPTION_REASON,
	OPTION_OVERRIDE,
	OPTION_SERIAL,
	OPTION_RECIPE,
	OPTION_WORK_ORDER,
	OPTION_PART_NUMBER,
	OPTION_PART_REVISION,
	OPTION_CUSTOMER,
	OPTION_QUANTITY,
	OPTION_QUOTA,
	OPTION_UNITS,
	OPTION_ANCHOR,
	OPTION_PLANT,
	OPTION_HTML,
	OPTION_PRODUCT,
	OPTION_PREFIX,
	OPTION_PROCESS_CODE,
	OPTION_STRICT,
	OPTION_CHIP,
	OPTION_SIZE,
	OPTION_SET,
	OPTION_NVS_VERSION,
	OPTION_WEB,
};
#define OPTION_COUNT (OPTION_WEB + 1)
#define TAKES(id) (UINT64_C(1) << OPTION_##id)

struct command {
	const char *name;
	const char *operands; /* "RECIPE", "[KEY]", "" */
	size_t operands_min, operands_max;
	uint64_t takes; /* TAKES(JSON) | ...; --help is always taken */
	const char *summary;
	const char *text; /* the rest of its help */
	enum exit_code (*run)(const struct options *options);
};

const struct command *command_rows(size_t *count);
/* NULL when there is none. */
const struct command *command_by_name(const char *name);

/*
 * argv[1 ..] behind the command's name. command NULL: only --help and --version.
 * STATUS_USAGE with what is wrong and a hint; options_release in any case.
 */
enum status options_parse(const struct command *command, int argc, char **argv,
			  struct options *options, struct err *err);
void options_release(struct options *options);

enum exit_code cmd_ports(const struct options *options);
enum exit_code cmd_identify(const struct options *options);
enum exit_code cmd_run(const struct options *options);
enum exit_code cmd_flash(const struct options *options);
enum exit_code cmd_verify(const struct options *options);
enum exit_code cmd_check(const struct options *options);
enum exit_code cmd_products(const struct options *options);
enum exit_code cmd_log(const struct options *options);
enum exit_code cmd_export(const struct options *options);
enum exit_code cmd_slots(const struct options *options);
enum exit_code cmd_slots_learn(const struct options *options);  /* of slots */
enum exit_code cmd_slots_labels(const struct options *options); /* the same */
enum exit_code cmd_trace(const struct options *options);
enum exit_code cmd_report(const struct options *options);
enum exit_code cmd_audit_pack(const struct options *options);
enum exit_code cmd_batch(const struct options *options);
enum exit_code cmd_recipe(const struct options *options);
enum exit_code cmd_guard(const struct options *options);
enum exit_code cmd_unit(const struct options *options);
enum exit_code cmd_attach(const struct options *options);
enum exit_code cmd_ledger(const struct options *options);
enum exit_code cmd_ledger_init_server(const struct options *options); /* of ledger */
enum exit_code cmd_sync(const struct options *options);
enum exit_code cmd_serials(const struct options *options);
enum exit_code cmd_backup(const struct options *options);
enum exit_code cmd_import(const struct options *options);
enum exit_code cmd_nvs(const struct options *options);
enum exit_code cmd_doctor(const struct options *options);
enum exit_code cmd_help(const struct options *options);

/* The database that --db or nothing names, for reading. */
struct db;
enum status open_for_reading(const struct options *o, struct db **db, struct err *err);
/* The same for decisions, which may be put in while a station works on it. */
enum status open_for_deciding(const struct options *o, struct db **db, struct err *err);

/* "flashline: text" on stderr, one line, fit for a terminal; what is longer is cut. */
#define REMARK_BYTES 1024
__attribute__((format(printf, 1, 2))) void remark(const char *format, ...);
/* The error as such a line; the exit code that goes with the status. */
enum exit_code complain(const struct err *err);
/* Everything printed so far really left: EXIT_CODE_STATION when stdout failed. */
enum exit_code finish_stdout(enum exit_code code);

#endif
