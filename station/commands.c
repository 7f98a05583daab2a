#include "station/command.h"

#include <stdio.h>
#include <string.h>

#define TAKES_PORTS (TAKES(PORTS) | TAKES(ALL) | TAKES(JOBS) | TAKES(JSON))
#define TAKES_RUN (TAKES_PORTS | TAKES(DB) | TAKES(OPERATOR) | TAKES(BATCH) | TAKES(PRODUCTS))

#define CHOICE                                                                                     \
	"Without --ports or --all, the only port with a known bridge is used; when there are\n"    \
	"several, they are listed and nothing is done."

/* clang-format off */
static const struct command rows[] = {
	{
		.name = "flash",
		.operands = "RECIPE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES_RUN | TAKES(NO_MEMORY),
		.summary = "write a recipe to units, prove it on each chip, record it",
		.text =
		"Writes the recipe's images to every chosen unit, all at the same time, and has each\n"
		"chip compute the MD5 of what its flash holds. PASS means that it equals the recipe.\n"
		"Each run is recorded in the database before its first byte goes out.\n" CHOICE
		"\nA unit that fails is tried in other ways: resets, rates, block sizes, its power off and\n"
		"on where the hub can; what rescued it is remembered for its slot ('flashline slots').\n"
		"Ctrl-C stops all runs and records them as ABORTED.",
		.run = cmd_flash,
	},
	{
		.name = "verify",
		.operands = "RECIPE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES_RUN,
		.summary = "prove units against a recipe, write nothing",
		.text =
		"Has the chip of every chosen unit compute the MD5 of each region of the recipe and\n"
		"compares. Nothing is written; the runs are recorded as kind VERIFY.\n" CHOICE,
		.run = cmd_verify,
	},
	{
		.name = "identify",
		.operands = "",
		.takes = TAKES_PORTS | TAKES(PRODUCTS),
		.summary = "tell what each unit is: chip, MAC, flash, security, products",
		.text =
		"Puts every chosen unit into its loader, reads what it is, and restarts it into its\n"
		"application; one held in its loader by hand on its own USB stays there. No flash is\n"
		"written and nothing is recorded. Which of the presets a unit could be is what its\n"
		"chip, package, flash and memory leave possible.\n" CHOICE,
		.run = cmd_identify,
	},
	{
		.name = "ports",
		.operands = "",
		.takes = TAKES(JSON),
		.summary = "list what is plugged in; touches no port",
		.text =
		"Lists the serial ports with their slot, bridge, USB serial number, kernel driver and\n"
		"the program that has the port open, if any. No port is opened.",
		.run = cmd_ports,
	},
	{
		.name = "check",
		.operands = "RECIPE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(JSON) | TAKES(PRODUCTS),
		.summary = "check a recipe and show what it will do",
		.text =
		"Reads the recipe and all its images and prints every error with its file, line and\n"
		"column, or the plan: images, sizes, digests, what is erased, expected seconds.",
		.run = cmd_check,
	},
	{
		.name = "products",
		.operands = "[KEY]", .operands_max = 1,
		.takes = TAKES(PRODUCTS) | TAKES(JSON),
		.summary = "list the M5Stack presets, or print one",
		.text =
		"Lists the presets that a recipe can start from with 'product: KEY'; with a KEY,\n"
		"prints that preset's YAML.",
		.run = cmd_products,
	},
	{
		.name = "log",
		.operands = "",
		.takes = TAKES(DB) | TAKES(UNIT) | TAKES(LAST) | TAKES(FAILED) | TAKES(SINCE) |
			 TAKES(UNTIL) | TAKES(BATCH) | TAKES(OUTCOME) | TAKES(JSON),
		.summary = "show recorded runs",
		.text = "Shows recorded runs, oldest first, one line each; times are UTC.",
		.run = cmd_log,
	},
	{
		.name = "export",
		.operands = "",
		.takes = TAKES(DB) | TAKES(FORMAT) | TAKES(OUTPUT) | TAKES(UNIT_LOGS) | TAKES(UNIT) |
			 TAKES(LAST) | TAKES(FAILED) | TAKES(SINCE) | TAKES(UNTIL) | TAKES(BATCH) |
			 TAKES(OUTCOME),
		.summary = "write recorded runs as CSV, JSON lines or one file per run",
		.text =
		"Writes one row per recorded run, with every column of the record; or, with --unit-logs\n"
		"alone, one readable file per run; or both, with --output as well.",
		.run = cmd_export,
	},
	{
		.name = "slots",
		.operands = "",
		.takes = TAKES(DB) | TAKES(SINCE) | TAKES(LAST) | TAKES(JSON),
		.summary = "show how each slot does, and which has a bad cable, hub or nest",
		.text =
		"Shows, for every slot in the records, its last runs: how many passed, how many of\n"
		"those had to be rescued or began lowered, how many the link made fail, and the way\n"
		"that its next run begins with. A slot that needs help far more often than the others\n"
		"with the same bridge is reported as bad, with its hub when all slots there are.\n"
		"Exit status: 0 no slot is bad, 1 some slot is.",
		.run = cmd_slots,
	},
	{
		.name = "help",
		.operands = "[COMMAND]", .operands_max = 1,
		.summary = "explain the program or a command",
		.text = "Explains the program or one of its commands.",
		.run = cmd_help,
	},
};
/* clang-format on */

const struct command *command_rows(size_t *count)
{
	*count = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

enum exit_code complain(const struct err *err)
{
	fprintf(stderr, "flashline: %s\n", err->text);
	switch (err->status) {
	case STATUS_NO_MEMORY:
	case STATUS_DATABASE:
	case STATUS_FILE:
	case STATUS_INTERNAL:
		return EXIT_CODE_STATION;
	default:
		return EXIT_CODE_USAGE;
	}
}

enum exit_code finish_stdout(enum exit_code code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "flashline: cannot write to standard output\n");
	return code == EXIT_CODE_PASSED ? EXIT_CODE_STATION : code;
}
