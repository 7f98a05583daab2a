#include "station/command.h"
#include "station/textbuf.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TAKES_PORTS (TAKES(PORTS) | TAKES(ALL) | TAKES(JOBS) | TAKES(JSON))
#define TAKES_RUN                                                                                  \
	(TAKES_PORTS | TAKES(DB) | TAKES(OPERATOR) | TAKES(BATCH) | TAKES(PRODUCTS) |              \
	 TAKES(SERIAL) | TAKES(PLANT))
#define TAKES_CHOICE (TAKES(DB) | TAKES(SINCE) | TAKES(UNTIL) | TAKES(FROM) | TAKES(TO))
#define TAKES_DECISION (TAKES(DB) | TAKES(OPERATOR) | TAKES(REASON) | TAKES(JSON))

#define CHOICE                                                                                     \
	"Without --ports or --all, the only port with a known bridge is used; when there are\n"    \
	"several, they are listed and nothing is done."

/* clang-format off */
static const struct command rows[] = {
	{
		.name = "run",
		.operands = "RECIPE|STATION", .operands_min = 1, .operands_max = 1,
		.takes = TAKES_PORTS | TAKES(DB) | TAKES(OPERATOR) | TAKES(BATCH) | TAKES(PRODUCTS) |
			 TAKES(PLANT) | TAKES(NO_MEMORY) | TAKES(WEB),
		.summary = "stand on the line all day: flash every unit that is plugged in",
		.text =
		"Takes every unit that is plugged into one of its slots, flashes it, proves it, records it and\n"
		"keeps the result on the screen until the unit is taken out; then it takes the next one.\n"
		"STATION is a station file (it has the key 'station'): slots, batch, printer, lockouts;\n"
		"'flashline slots learn' writes its slots. With a recipe alone the slots are those of --ports,\n"
		"or with --all every port with a known bridge. Ports that are no slots are never touched.\n"
		"A unit that passed or failed is not flashed again when it is plugged in again.\n"
		"Ctrl-C lets the units at work finish and starts no others; a second Ctrl-C stops them.\n"
		"SIGHUP reads the recipe again, for the units from then on. docs/line.md",
		.run = cmd_run,
	},
	{
		.name = "flash",
		.operands = "RECIPE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES_RUN | TAKES(NO_MEMORY) | TAKES(OVERRIDE) | TAKES(REASON),
		.summary = "write a recipe to units, prove it on each chip, record it",
		.text =
		"Writes the recipe's images to every chosen unit, all at the same time, and has each\n"
		"chip compute the MD5 of what its flash holds. PASS means that it equals the recipe.\n"
		"Each run is recorded in the database before its first byte goes out.\n" CHOICE
		"\nA unit that fails is tried in other ways: resets, rates, block sizes, its power off and\n"
		"on where the hub can; what rescued it is remembered for its slot ('flashline slots').\n"
		"A unit that a rule of the factory forbids - it passed before, its batch is full, the recipe\n"
		"is not approved - is refused before a byte of its flash is written; --override lets it\n"
		"through, with --operator and --reason, and is recorded (docs/guards.md).\n"
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
		"compares. Nothing is written; the runs are recorded as kind VERIFY. No rule of the factory\n"
		"refuses a unit here.\n" CHOICE,
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
		.operands = "RECIPE|STATION", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(JSON) | TAKES(PRODUCTS),
		.summary = "check a recipe, or a station file with its recipes, and show what they will do",
		.text =
		"Reads the recipe and all its images and prints every error with its file, line and\n"
		"column, or the plan: images, sizes, digests, what is erased, expected seconds.\n"
		"Of a station file its slots and the rest, then the plan of each of its recipes.",
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
		.name = "import",
		.operands = "FILE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(OUTPUT) | TAKES(PRODUCT) | TAKES(PRODUCTS) | TAKES(CHIP),
		.summary = "make a recipe from another tool's build, manifest or merged image",
		.text =
		"FILE is ESP-IDF's flasher_args.json, a manifest.json of esp-web-tools, or a merged image,\n"
		"which is split at its partition table. The recipe is written to --output, or to NAME.yaml\n"
		"here, the pieces of a merged image beside it, and then checked like any other.",
		.run = cmd_import,
	},
	{
		.name = "nvs",
		.operands = "FILE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(SIZE) | TAKES(SET) | TAKES(OUTPUT) | TAKES(NVS_VERSION),
		.summary = "make the image of an NVS partition from a CSV file",
		.text =
		"FILE is in the format of ESP-IDF's NVS partition generator: key,type,encoding,value. In\n"
		"values and file names {NAME} becomes what --set NAME=VALUE says. The image has --size\n"
		"bytes; it goes to --output (- is standard output), or to NAME.bin here if there is none\n"
		"yet. What --set says can be seen by other users of this machine while the command runs.",
		.run = cmd_nvs,
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
			 TAKES(OUTCOME) | TAKES(PROCESS_CODE),
		.summary = "write recorded runs as CSV, JSON lines, JUnit XML, WATS reports or text",
		.text =
		"Writes recorded runs with every column of the record: csv and jsonl one row per run;\n"
		"junit one test case per run, for Jenkins and GitLab; wsjf one report per run into the\n"
		"folder that --output names, for WATS and TofuPilot; measurements one row per measured\n"
		"value. With --unit-logs alone, one readable file per run; or both, with --output as\n"
		"well. junit, wsjf and unit logs leave out runs that have not ended.",
		.run = cmd_export,
	},
	{
		.name = "slots",
		.operands = "[learn|labels STATION]", .operands_max = 2,
		.takes = TAKES(DB) | TAKES(SINCE) | TAKES(LAST) | TAKES(JSON),
		.summary = "show how each slot does, and which has a bad cable, hub or nest",
		.text =
		"Shows, for every slot in the records, its last runs: how many passed, how many of\n"
		"those had to be rescued or began lowered, how many the link made fail, and the way\n"
		"that its next run begins with. A slot that needs help far more often than the others\n"
		"with the same bridge is reported as bad, with its hub when all slots there are.\n"
		"Exit status: 0 no slot is bad, 1 some slot is.\n"
		"slots learn STATION  writes the map of a line: plug a unit into nest 1, 2, 3 and so on;\n"
		"                     each new port gets the next number in the station file STATION, which\n"
		"                     is made where there is none. No port is opened. Enter or Ctrl-C ends.\n"
		"slots labels STATION prints a label for each nest as ZPL: its number, and SLOT:07 to scan.",
		.run = cmd_slots,
	},
	{
		.name = "trace",
		.operands = "WHAT NAME", .operands_min = 2, .operands_max = 2,
		.takes = TAKES_CHOICE | TAKES(LAST) | TAKES(JSON),
		.summary = "follow a unit, a firmware, a slot, a bridge, a batch or a recipe",
		.text =
		"trace unit MAC|SERIAL       how it stands, what its flash holds since when, and everything\n"
		"                            that ever happened to it\n"
		"trace firmware DIGEST|FILE  units that carry it now, that may carry it, and that had it once;\n"
		"                            DIGEST: 6 hex digits or more of an image's SHA-256 or a recipe's\n"
		"                            digest\n"
		"trace slot NAME             its runs; a part of the name that no other slot has is enough\n"
		"trace bridge NAME           a type (CH9102F), VID:PID, or a USB serial number\n"
		"trace batch NAME            what is planned, its recipes and images, its runs\n"
		"trace recipe NAME           a name (all revisions), a digest, or a file\n"
		"The exit status is 1 when nothing of that name is recorded.",
		.run = cmd_trace,
	},
	{
		.name = "report",
		.operands = "",
		.takes = TAKES_CHOICE | TAKES(BATCH) | TAKES(RECIPE) | TAKES(HTML) | TAKES(STRICT) | TAKES(JSON),
		.summary = "yields, failures and times, as text, JSON or a page with charts",
		.text =
		"Counts units and runs: first-pass, final and station yield with their 95 % bands, failures\n"
		"by cause, slot, bridge, chip revision, recipe, operator and hour, rescues inside passes, and\n"
		"the time from unit to unit; the head of the ledger stands on it. --html makes one page with\n"
		"charts that needs nothing else and prints on A4. --recipe is a name or a digest. Runs that\n"
		"the station or people made fail, and those that were stopped, are told apart.",
		.run = cmd_report,
	},
	{
		.name = "audit-pack",
		.operands = "BATCH", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(DB) | TAKES(OUTPUT),
		.summary = "everything about a batch in one zip file, for an auditor",
		.text =
		"Writes BATCH.zip, or what --output names: the batch and its counts, every run, recipes,\n"
		"digests of the images, approvals and decisions, unit logs, attachments, and the ledger's\n"
		"entries up to its head, so that a third party can compute the chain. Its README says how\n"
		"to verify it. Of other batches it has digests only. The same records give the same file.",
		.run = cmd_audit_pack,
	},
	{
		.name = "batch",
		.operands = "ACTION [NAME]", .operands_min = 1, .operands_max = 2,
		.takes = TAKES_DECISION | TAKES(WORK_ORDER) | TAKES(PART_NUMBER) | TAKES(PART_REVISION) |
			 TAKES(CUSTOMER) | TAKES(QUANTITY) | TAKES(QUOTA) | TAKES(RECIPE) | TAKES(PRODUCTS) |
			 TAKES(LAST),
		.summary = "open, change, close, show and list batches",
		.text =
		"batch open NAME    a new one: --quantity and --operator; --quota, --recipe, --work-order,\n"
		"                   --part-number, --part-revision, --customer where they are known\n"
		"batch quota NAME   so many units may pass in it from now on: --quota\n"
		"batch close NAME   no further run in it\n"
		"batch reopen NAME  runs in it again\n"
		"batch show NAME    planned, passed, failed, to go, and who decided what\n"
		"batch list         all, also names that were only typed with --batch; --last for the\n"
		"                   newest alone\n"
		"quota, close and reopen need --operator and --reason. A station that works on the\n"
		"database keeps to it from its next run on.",
		.run = cmd_batch,
	},
	{
		.name = "recipe",
		.operands = "ACTION [RECIPE]", .operands_min = 1, .operands_max = 2,
		.takes = TAKES_DECISION | TAKES(PRODUCTS),
		.summary = "approve and retire recipes, show and list them",
		.text =
		"recipe approve RECIPE  needs --operator; approved is its content, with all its images\n"
		"recipe retire RECIPE   needs --operator and --reason; it is not flashed any more\n"
		"recipe show RECIPE     as the records have it: images, canonical text, source\n"
		"recipe list            all that were used or approved, with their runs\n"
		"RECIPE is a file, or the first digits of a digest (six or more).",
		.run = cmd_recipe,
	},
	{
		.name = "guard",
		.operands = "ACTION [RULE WORD]", .operands_min = 1, .operands_max = 3,
		.takes = TAKES_DECISION,
		.summary = "show and set the rules that refuse units",
		.text =
		"guard list           the rules and what holds now, and every guard\n"
		"guard set RULE WORD  needs --operator and --reason:\n"
		"  approval off|required          only approved recipes are flashed\n"
		"  already_passed recipe|refuse   no unit is flashed again that passed the recipe\n"
		"  batch any|opened               every run is in a batch that was opened",
		.run = cmd_guard,
	},
	{
		.name = "unit",
		.operands = "ACTION MAC", .operands_min = 2, .operands_max = 2,
		.takes = TAKES_DECISION,
		.summary = "set a unit aside, send it through again, or release it",
		.text =
		"unit quarantine MAC  it is not flashed until somebody has decided\n"
		"unit scrap MAC       it is not flashed any more\n"
		"unit rma MAC         it came back from the customer, and is not flashed\n"
		"unit rework MAC      it may be flashed again, once, although it passed\n"
		"unit release MAC     none of these any more\n"
		"All need --operator and --reason. Instead of the MAC, a serial number that one unit was\n"
		"given alone.",
		.run = cmd_unit,
	},
	{
		.name = "attach",
		.operands = "RUN FILE", .operands_min = 2, .operands_max = 2,
		.takes = TAKES(DB) | TAKES(OPERATOR),
		.summary = "keep a file with a run or a batch",
		.text =
		"Keeps a copy of a file in the records, with a run (its id, or the first digits of it) or\n"
		"a batch (its name): a test report, a photo, a certificate. 8 MiB at most. Needs\n"
		"--operator.",
		.run = cmd_attach,
	},
	{
		.name = "ledger",
		.operands = "ACTION [NUMBER]", .operands_min = 1, .operands_max = 2,
		.takes = TAKES_DECISION | TAKES(ANCHOR) | TAKES(PLANT),
		.summary = "check that the records are as they were written",
		.text =
			"Every record is sealed in a chain of entries. The ledger makes changes evident, it does\n"
			"not prevent them.\n"
			"  verify       compare every record with its entry, name the first that differs\n"
			"  head         print chain, number and hash of the last entry: keep that line elsewhere\n"
			"  show NUMBER  print an entry\n"
			"  new-chain    go on in a database that was copied, or brought back from a backup\n"
			"               (--operator, --reason)\n"
			"  init-server  make a plant's PostgreSQL server ready (--plant)\n"
			"With --anchor (such a line, or a file that has some in it) verify also finds that the end\n"
			"was cut off, or that all of it was written anew. Exit status of verify: 0 sound, 1 not,\n"
			"3 it cannot be read.",
		.run = cmd_ledger,
	},
	{
		.name = "sync",
		.operands = "",
		.takes = TAKES(DB) | TAKES(PLANT) | TAKES(JSON),
		.summary = "send what the plant's ledger does not have yet",
		.text =
		"Sends every entry of the ledger that the plant's server does not have yet, in order and\n"
		"once, and fetches what other stations have claimed. A running station does so by itself;\n"
		"this may run beside it. --plant or $FLASHLINE_PLANT names the server; docs/plant.md tells\n"
		"how to set one up.\n"
		"Exit status: 0 the server has everything, 1 there is an alarm or something that it does\n"
		"not take, 3 it cannot be reached.",
		.run = cmd_sync,
	},
	{
		.name = "serials",
		.operands = "ACTION [NUMBER | RECIPE]", .operands_min = 1, .operands_max = 2,
		.takes = TAKES(DB) | TAKES(PLANT) | TAKES(PRODUCT) | TAKES(PREFIX) | TAKES(UNITS) | TAKES(JSON) |
			TAKES(OPERATOR) | TAKES(REASON) | TAKES(OUTPUT) | TAKES(PRODUCTS),
		.summary = "serial numbers: lease, list, show, void, what is unused",
		.text =
		"serials lease  get the next free numbers for this station alone: --product, --prefix (with\n"
		"               as many # at its end as the numbers have digits, else 6), --units\n"
		"serials list   show the blocks that this station has, and how many numbers are used\n"
		"serials states how many numbers of each product (or --product) were given to units, and stand\n"
		"               committed, void, returned, written or reserved\n"
		"serials show NUMBER    all that became of a number\n"
		"serials void NUMBER    no unit gets it from now on: --product, --operator, --reason\n"
		"serials unused RECIPE  the numbers of the recipe's 'serial' that no unit has, as CSV, to --output\n"
		"With a block of its own a station gives out serial numbers without the network. Blocks of\n"
		"a database that was copied or brought back from a backup are void.",
		.run = cmd_serials,
	},
	{
		.name = "backup",
		.operands = "FILE", .operands_min = 1, .operands_max = 1,
		.takes = TAKES(DB) | TAKES(JSON),
		.summary = "copy the records, also while a station works",
		.text = "Writes a copy of the database to FILE: the records of one moment, also while a station\n"
			"goes on writing. The copy is read again and compared before it takes FILE's name; only\n"
			"an older backup of the same records is replaced. Prints the head of the ledger in it:\n"
			"keep that line elsewhere. To go on with a copy that was brought back, begin a new chain\n"
			"first: flashline ledger new-chain.",
		.run = cmd_backup,
	},
	{
		.name = "doctor",
		.operands = "",
		.takes = TAKES(DB) | TAKES(JSON),
		.summary = "look for what is in the way on this machine, and say what to do",
		.text =
		"Looks at rights, programs that hold or take ports, udev rules, drivers, hubs and what they can\n"
		"carry, the disk, the clock, the records and the kernel. Opens no port and changes nothing.\n"
		"Exit status: 0 nothing is bad, 1 something is.",
		.run = cmd_doctor,
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

void remark(const char *format, ...)
{
	char text[REMARK_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(text);
	fprintf(stderr, "flashline: %s\n", text);
}

enum exit_code complain(const struct err *err)
{
	remark("%s", err->text);
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
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	/* 'flashline log | head' has seen what it wanted: the pipe has no reader any more. */
	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLERR))
		fprintf(stderr, "flashline: cannot write to standard output\n");
	return code == EXIT_CODE_PASSED ? EXIT_CODE_STATION : code;
}
