#include "engine/cause.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- drivers ---- */

#define LOST "docs/bridges.md, When bytes get lost"

static const struct driver_row drivers[] = {
	{
		.system = "macOS",
		.bridge = "CH9102",
		.is_suspect = true,
		.advice = "on macOS install the maker's driver (CH34xVCPDriver) and use its port, "
			  "wchusbserial",
		.source = LOST,
	},
	{
		.system = "macOS",
		.bridge = "CH343",
		.is_suspect = true,
		.advice = "on macOS install the maker's driver (CH34xVCPDriver) and use its port, "
			  "wchusbserial",
		.source = LOST,
	},
	{
		.system = "FreeBSD",
		.bridge = "CH9102",
		.is_suspect = true,
		.advice =
			"FreeBSD's umodem is reported to lose long writes, and no other driver is "
			"known there",
		.source = LOST,
	},
	{
		.system = "FreeBSD",
		.bridge = "CH343",
		.is_suspect = true,
		.advice =
			"FreeBSD's umodem is reported to lose long writes, and no other driver is "
			"known there",
		.source = LOST,
	},
	{
		.system = "Linux",
		.driver = "ch343",
		.bridge = "CH9102",
		.advice = "loss and overflow are reported with the maker's driver too: try cdc_acm",
		.source = "docs/bridges.md, CH9102",
	},
	{
		.system = "Linux",
		.bridge = "CH9102",
		.advice = "on Linux no driver is known to do better with the CH9102",
		.source = LOST,
	},
	{
		.system = "Windows",
		.bridge = "CP210",
		.advice = "M5Stack warns of the Universal driver 10.1.1 and recommends 6.7.1",
		.source = "docs/bridges.md, CP210x",
	},
};

static bool begins(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

const struct driver_row *cause_driver(const char *system, const char *driver, const char *bridge)
{
	for (size_t i = 0; i < COUNT(drivers); i++) {
		const struct driver_row *row = &drivers[i];

		if (system && strcmp(system, row->system) == 0 && begins(bridge, row->bridge) &&
		    (!row->driver || (driver && strstr(driver, row->driver))))
			return row;
	}
	return NULL;
}

const struct driver_row *cause_driver_rows(size_t *count)
{
	*count = COUNT(drivers);
	return drivers;
}

const char *cause_this_system(void)
{
#if defined(__linux__)
	return "Linux";
#elif defined(__APPLE__)
	return "macOS";
#elif defined(__FreeBSD__)
	return "FreeBSD";
#elif defined(_WIN32)
	return "Windows";
#else
	return NULL;
#endif
}

/* ---- causes ---- */

static bool failed_so(const struct cause_case *c, enum status st)
{
	return c->status == st || (!c->status && c->first == st);
}

static bool is_locked(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_FLASH_PROTECTED && c->clears_protection;
}

static bool is_protected(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_FLASH_PROTECTED;
}

static bool is_brown_out(const struct link_facts *f, const struct cause_case *c)
{
	(void)c;
	return f->saw_brown_out;
}

/* From the restart on the line carried nothing of ours. */
static bool is_dip_at_start(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_BOOT_BROWN_OUT;
}

static bool is_unheard(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_BOOT_NOT_SEEN;
}

static bool is_mute(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_BOOT_SILENT;
}

static bool is_boot(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status >= STATUS_BOOT_TEXT_MISSING && c->status <= STATUS_VALUE_OUT_OF_LIMITS;
}

static bool is_port_gone(const struct link_facts *f, const struct cause_case *c)
{
	return f->has_left || failed_so(c, STATUS_PORT_GONE);
}

static bool is_restart(const struct link_facts *f, const struct cause_case *c)
{
	(void)c;
	return f->restarts != 0;
}

static bool is_power_cure(const struct link_facts *f, const struct cause_case *c)
{
	return f->was_power_cycled && !c->status;
}

static bool is_stuck(const struct link_facts *f, const struct cause_case *c)
{
	return f->is_stuck && c->status == STATUS_NO_ANSWER;
}

static bool is_strap(const struct link_facts *f, const struct cause_case *c)
{
	return failed_so(c, STATUS_WRONG_BOOT_MODE) && f->saw_boot_line;
}

static bool is_reset_line(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return failed_so(c, STATUS_WRONG_BOOT_MODE);
}

static bool is_deaf(const struct link_facts *f, const struct cause_case *c)
{
	return f->is_deaf && failed_so(c, STATUS_SYNC_NO_REPLY);
}

static bool is_lost(const struct link_facts *f, const struct cause_case *c)
{
	return c->status == STATUS_SYNC_NO_REPLY && f->echoes;
}

static bool is_silent(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return c->status == STATUS_SYNC_NO_REPLY;
}

static bool is_late_contact(const struct link_facts *f, const struct cause_case *c)
{
	(void)f;
	return !c->status && c->first == STATUS_SYNC_NO_REPLY;
}

static bool is_noisy(const struct link_facts *f, const struct cause_case *c)
{
	(void)c;
	return f->altered_echoes != 0;
}

static bool loses_long_writes(const struct link_facts *f)
{
	return facts_show_threshold(&f->ram) || facts_show_threshold(&f->data);
}

static bool is_driver_loss(const struct link_facts *f, const struct cause_case *c)
{
	const struct driver_row *row = cause_driver(f->system, f->driver, f->bridge);

	(void)c;
	return loses_long_writes(f) && row && row->is_suspect;
}

static bool is_size_loss(const struct link_facts *f, const struct cause_case *c)
{
	(void)c;
	return loses_long_writes(f);
}

static bool has_refusals(const struct block_facts *b)
{
	const struct block_fact *worst = facts_worst_block(b);

	return worst && worst->refused;
}

static bool is_loss(const struct link_facts *f, const struct cause_case *c)
{
	(void)c;
	return has_refusals(&f->ram) || has_refusals(&f->data);
}

static bool is_rate(const struct link_facts *f, const struct cause_case *c)
{
	return f->failed_rate_count && (!c->status || c->status == STATUS_RATE_FAILED);
}

/* Nothing was wrong on the line: the chip itself said no. */
static bool is_chips_no(const struct link_facts *f, const struct cause_case *c)
{
	return !f->silences && !f->damaged && !facts_have_failures(&f->data) &&
	       (failed_so(c, STATUS_MD5_MISMATCH) || failed_so(c, STATUS_WRITE_REFUSED) ||
		failed_so(c, STATUS_ERASE_REFUSED) || failed_so(c, STATUS_FLASH_ID_BAD));
}

static bool is_unclear(const struct link_facts *f, const struct cause_case *c)
{
	return f->silences || f->damaged || facts_have_failures(&f->ram) ||
	       facts_have_failures(&f->data) || failed_so(c, STATUS_NO_ANSWER) ||
	       failed_so(c, STATUS_GARBLED) || failed_so(c, STATUS_REFUSED);
}

/*
 * The first row that fits counts. {bridge}, {driver}: with their names, where these are
 * known; {code}: of the refusal; {failed}: the first rate that did not work.
 */
static const struct cause_row {
	bool (*fits)(const struct link_facts *f, const struct cause_case *c);
	const char *suspects;
	const char *sentence; /* what it is, and how sure that is; NULL: the status's own */
	const char *deed;     /* what to do */
	bool tells_driver;    /* what is known of the driver belongs to it */
} causes[] = {
	{ is_locked, "unit",
	  "the flash's block-protect bits cannot be cleared: a lock bit or its write-protect pin "
	  "holds them",
	  "set the unit aside", false },
	{ is_protected, "recipe, unit",
	  "the flash's block-protect bits keep what the recipe writes from being written",
	  "if these units may be cleared of them, the recipe says so with policy.clear_protection: "
	  "yes",
	  false },
	{ is_dip_at_start, "supply, cable, hub, unit", NULL,
	  "radio and display draw more than the loader: a port or hub with a supply of its own, a "
	  "short cable",
	  false },
	{ is_unheard, "recipe, nest, cable, unit", NULL,
	  "if it comes back, check that boot_check.rate is the firmware's and that its console is "
	  "on this port",
	  false },
	{ is_mute, "unit, nest, recipe", NULL,
	  "if no unit of this recipe is heard, its chip or firmware is told to be quiet", false },
	{ is_boot, "unit, recipe", NULL,
	  "if units end so one after another, look at the firmware and at boot_check", false },
	{ is_brown_out, "supply, cable, hub, unit",
	  "the unit's supply dipped while it worked, its own brown-out text says so",
	  "give it more power: a port or hub with a supply of its own, a short cable", false },
	{ is_port_gone, "cable, nest, hub, bridge", "the port went away in the middle of the run",
	  "check how the unit sits and its cable, then the hub; leave units in until a result "
	  "shows",
	  false },
	{ is_restart, "supply, cable, hub, unit",
	  "the unit restarted by itself in the middle of the work: most likely its supply dipped, "
	  "which no brown-out text has proven",
	  "try a port or hub with a supply of its own and a short cable, then another unit here",
	  false },
	{ is_power_cure, "bridge, hub, unit",
	  "nothing but switching its power off and on brought the unit back: its bridge or chip "
	  "was stuck",
	  "change cable and hub port if this comes back in the same slot", false },
	{ is_stuck, "bridge, hub, cable",
	  "the port takes no more bytes: the bridge is stuck, or the hub before it",
	  "unplug the unit and plug it in again; change cable and hub port if this comes back",
	  false },
	{ is_strap, "nest, unit, bridge",
	  "after a reset the unit starts its application: the line that holds GPIO0 low does not "
	  "reach it",
	  "check the nest's GPIO0 contact, or hold the boot button while plugging in", false },
	{ is_reset_line, "nest, bridge, unit",
	  "the unit's application goes on over every reset: the line that pulls EN low does not "
	  "reach it",
	  "check the nest's EN contact, or hold the boot button while plugging in", false },
	{ is_deaf, "bridge, nest, cable",
	  "the unit's loader waits and hears nothing, while what it prints arrives: the line from "
	  "the bridge to the unit is dead",
	  "check the nest's contact for the unit's RX, then the bridge", false },
	{ is_lost, "supply, cable, bridge, nest",
	  "the unit answered at first and then no more, after any reset: its supply, its contacts "
	  "or its bridge gave way",
	  "check that it still has power and sits well, plug it in again, try another cable",
	  false },
	{ is_silent, "supply, nest, cable, unit, bridge",
	  "the unit answers nothing after any reset",
	  "check that it has power and sits well, then try another cable and another unit here",
	  false },
	{ is_late_contact, "nest, cable, unit",
	  "the unit did not answer at once: a contact in the nest, or a reset that takes long",
	  "check the nest's contacts if this comes back in the same slot", false },
	{ is_noisy, "cable, supply, hub, bridge",
	  "even short requests arrive altered, so it is no matter of long writes: the line itself "
	  "is bad, or the supply",
	  "try another cable, then another hub port, then a hub with a supply of its own", false },
	{ is_driver_loss, "driver, bridge, supply, cable",
	  "bytes of long writes are lost on the way to the unit and short ones pass: {driver} is "
	  "known for that with {bridge}, but a weak supply gives the same code {code}",
	  "", true },
	{ is_size_loss, "bridge, driver, supply, cable",
	  "bytes of long writes are lost on the way to the unit and short ones pass: {bridge} or "
	  "{driver}, though a weak supply gives the same code {code} and is not ruled out",
	  "try another hub port, cable or supply", true },
	{ is_loss, "cable, supply, hub, bridge, driver",
	  "blocks arrive damaged now and then, code {code}: a bad cable, a weak supply and a "
	  "driver that loses bytes look alike here",
	  "change one at a time: cable, hub port, supply", true },
	{ is_rate, "bridge, cable, hub", "{failed} baud does not work on this way to the unit",
	  "lower link.max_rate, or change cable and hub if other slots manage that rate", false },
	{ is_chips_no, "unit, supply",
	  "the line was clean and the chip itself said no: its flash is suspect",
	  "set the unit aside if this comes back in another slot", false },
	{ is_unclear, "cable, hub, supply, bridge",
	  "requests or answers were lost on the way, and nothing seen tells whether cable, hub, "
	  "supply or bridge is to blame",
	  "change one at a time: cable, hub port, supply", false },
};

/* Everything else is said by the status itself. */
static const char *const party_suspects[PARTY_COUNT] = {
	[PARTY_NONE] = "cable, hub, supply, bridge",
	[PARTY_UNIT] = "unit",
	[PARTY_LINK] = "cable, hub, supply, bridge",
	[PARTY_FIXTURE] = "cable, nest, hub",
	[PARTY_STATION] = "station",
	[PARTY_OPERATOR] = "unit, recipe",
};

/* ---- in words ---- */

static const struct block_facts *lossy_blocks(const struct link_facts *f)
{
	return facts_have_failures(&f->ram) ? &f->ram : &f->data;
}

static void name_text(const char *name, const char *before, const char *unknown, char *text,
		      size_t size)
{
	if (name)
		snprintf(text, size, "%s%s", before, name);
	else
		snprintf(text, size, "%s", unknown);
}

static void value_of(const struct link_facts *f, const char *name, size_t len, char *text,
		     size_t size)
{
	const struct block_fact *worst = facts_worst_block(lossy_blocks(f));

	text[0] = '\0';
	if (strncmp(name, "bridge", len) == 0)
		name_text(f->bridge, "the bridge ", "the bridge", text, size);
	else if (strncmp(name, "driver", len) == 0)
		name_text(f->driver, "its driver ", "its driver", text, size);
	else if (strncmp(name, "code", len) == 0 && worst)
		snprintf(text, size, "%02X", worst->code);
	else if (strncmp(name, "failed", len) == 0 && f->failed_rate_count)
		snprintf(text, size, "%u", (unsigned)f->failed_rates[0]);
}

static void fill_in(const struct link_facts *f, const char *sentence, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	while (*sentence && at + 1 < size) {
		const char *end = strchr(sentence, '}');

		if (*sentence == '{' && end) {
			value_of(f, sentence + 1, (size_t)(end - sentence - 1), text + at,
				 size - at);
			at += strlen(text + at);
			sentence = end + 1;
		} else {
			text[at++] = *sentence++;
			text[at] = '\0';
		}
	}
}

static void add_driver(const struct link_facts *f, char *advice, size_t size)
{
	const struct driver_row *row = cause_driver(f->system, f->driver, f->bridge);

	if (row)
		text_append(advice, size, "; ", row->advice);
	else if (f->driver)
		text_append(advice, size, "; ", "no better driver is known");
}

/* An interlock, a person and the station have not failed for what the line did. */
static bool is_lines(const struct status_row *status)
{
	return status->outcome == OUTCOME_PASS || status->outcome == OUTCOME_FAIL ||
	       status->party == PARTY_LINK || status->party == PARTY_FIXTURE;
}

void cause_judge(const struct link_facts *f, const struct cause_case *c, char *suspects,
		 size_t suspects_size, char *advice, size_t advice_size)
{
	const struct cause_row *row = NULL;
	const struct status_row *status = status_row(c->status);
	char passed[120] = "";

	for (size_t i = 0; i < COUNT(causes) && !row && is_lines(status); i++) {
		if (causes[i].fits(f, c))
			row = &causes[i];
	}
	snprintf(suspects, suspects_size, "%s",
		 row                                  ? row->suspects
		 : status->outcome == OUTCOME_ABORTED ? "operator"
						      : party_suspects[status->party]);
	if (row && row->sentence)
		fill_in(f, row->sentence, advice, advice_size);
	else
		snprintf(advice, advice_size, "%s",
			 c->status ? status->sentence
				   : "something went wrong on the way and was mended");
	if (c->passed_by)
		snprintf(passed, sizeof(passed), "it passed with %s", c->passed_by);
	text_append(advice, advice_size, "; ", passed);
	if (row)
		text_append(advice, advice_size, "; ", row->deed);
	if (row && row->tells_driver)
		add_driver(f, advice, advice_size);
}
