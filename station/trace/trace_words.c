/* The sentences of a trace. */
#include "station/trace/trace_view.h"

#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "station/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void trace_recipe_name(const char *name, int64_t revision, char text[static TRACE_NAME_BYTES])
{
	if (name)
		snprintf(text, TRACE_NAME_BYTES, "%.90s r%" PRId64, name, revision);
	else
		snprintf(text, TRACE_NAME_BYTES, "-");
}

const char *trace_state_word(const struct trace_unit *unit)
{
	return unit->disposition ? unit->disposition->code : trace_state_name(unit->state);
}

/* ---- how a unit stands ---- */

/* "FLASH core2 r7 on 2026-11-22 12:30:05" */
static void run_text(const struct trace_run *run, char text[static TRACE_SENTENCE_BYTES])
{
	char recipe[TRACE_NAME_BYTES], time[UTC_TEXT_BYTES];

	trace_recipe_name(run->recipe, run->recipe_revision, recipe);
	utc_words(run->start_utc_ms, time);
	snprintf(text, TRACE_SENTENCE_BYTES, "%s %s on %s", run->kind, recipe, time);
}

static bool is_stopped(const struct trace_run *run)
{
	return run->code && strcmp(run->code, status_code(STATUS_STATION_STOPPED)) == 0;
}

static void add_failure(const struct trace_run *run, char text[static TRACE_SENTENCE_BYTES])
{
	char more[TRACE_SENTENCE_BYTES];

	if (is_stopped(run)) {
		text_append(text, TRACE_SENTENCE_BYTES, " ",
			    "was cut short, because its station stopped: run the unit again");
		return;
	}
	snprintf(more, sizeof(more), "ended %s %s%s%.300s", run->outcome, run->code,
		 run->detail ? ": " : "", run->detail ? run->detail : "");
	text_append(text, TRACE_SENTENCE_BYTES, " ", more);
	if (!run->has_written && strcmp(run->kind, "FLASH") == 0)
		text_append(text, TRACE_SENTENCE_BYTES, "; ", "nothing was written in it");
}

static void runs_sentence(const struct trace_unit *unit, char text[static TRACE_SENTENCE_BYTES])
{
	char run[TRACE_SENTENCE_BYTES], pass[TRACE_SENTENCE_BYTES];

	if (!unit->deciding) {
		snprintf(text, TRACE_SENTENCE_BYTES, "no run has come as far as this unit");
		return;
	}
	run_text(unit->deciding, run);
	snprintf(text, TRACE_SENTENCE_BYTES, "%.300s", run);
	if (unit->state_by_runs == TRACE_PASSED) {
		text_append(text, TRACE_SENTENCE_BYTES, " ",
			    unit->deciding->slot ? "passed in slot" : "passed");
		text_append(text, TRACE_SENTENCE_BYTES, " ",
			    unit->deciding->slot ? unit->deciding->slot : "");
	} else if (unit->state_by_runs == TRACE_OPEN) {
		text_append(text, TRACE_SENTENCE_BYTES, " ",
			    "is open: it is going on, or its station was killed");
	} else {
		add_failure(unit->deciding, text);
		text_append(text, TRACE_SENTENCE_BYTES, "; ",
			    unit->last_pass ? "before, it had passed" : "it has never passed");
		if (unit->last_pass)
			run_text(unit->last_pass, pass);
		text_append(text, TRACE_SENTENCE_BYTES, " ", unit->last_pass ? pass : "");
	}
}

void trace_state_sentence(const struct trace_unit *unit, char text[static TRACE_SENTENCE_BYTES])
{
	const struct trace_event *d = unit->disposition;
	char runs[TRACE_SENTENCE_BYTES], time[UTC_TEXT_BYTES];

	runs_sentence(unit, runs);
	if (!d) {
		snprintf(text, TRACE_SENTENCE_BYTES, "%s", runs);
		return;
	}
	utc_words(d->utc_ms, time);
	snprintf(text, TRACE_SENTENCE_BYTES, "set aside on %s%s%.60s: %.200s; by its runs it is %s",
		 time, d->operator_name ? " by " : "", d->operator_name ? d->operator_name : "",
		 d->reason ? d->reason : "no reason given", trace_state_name(unit->state_by_runs));
	text_append(text, TRACE_SENTENCE_BYTES, ": ", runs);
}

/* ---- warnings ---- */

struct warning_words {
	const char *code, *before, *after; /* the detail stands between them */
	bool tells_run;
};

/* clang-format off */
static const struct warning_words warnings[] = {
	{ "DUPLICATE_MAC", "another unit with the same MAC was in another slot at the same time: what is said here may be about either of them", "", true },
	{ "SERIAL_ELSEWHERE", "its serial number was also declared for ", ": one of the labels is wrong", true },
	{ "SEVERAL_SERIALS", "it was declared with several serial numbers: ", "", false },
	{ "NOT_IN_LEDGER", "run ", " is not in the ledger: another program has put it into the file", true },
	{ "CLOCK_WENT_BACK", "times are not in order, because the station's clock was set back; what is told in order is what was stored in order", "", true },
	{ "STOPPED_NEARBY", "the next run in its slot was cut short before it knew its unit: if it was this one, it has to be run again", "", true },
	{ "UNCERTAIN_FLASH", "what parts of its flash hold is not known, because of one run", "", true },
	{ "CLAIMED_ELSEWHERE", "the plant's ledger knows it from another station: ", "", false },
};
/* clang-format on */

void trace_warning_sentence(const struct trace_warning *warning,
			    char text[static TRACE_SENTENCE_BYTES])
{
	const char *detail = warning->detail ? warning->detail : "";
	char run[TRACE_SENTENCE_BYTES];

	snprintf(text, TRACE_SENTENCE_BYTES, "alarm %.40s: %.500s", warning->code, detail);
	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
		const struct warning_words *w = &warnings[i];

		if (strcmp(w->code, warning->code) != 0)
			continue;
		snprintf(text, TRACE_SENTENCE_BYTES, "%s%.300s%s", w->before, detail, w->after);
		if (w->tells_run && warning->run) {
			run_text(warning->run, run);
			snprintf(text + strlen(text), TRACE_SENTENCE_BYTES - strlen(text),
				 " (%.250s)", run);
		}
	}
}

/* ---- what is carried ---- */

static const char *const carry_words[] = {
	[TRACE_PROVEN] = "proven",
	[TRACE_UNPROVEN] = "written, but this chip can prove nothing",
	[TRACE_UNCERTAIN] = "uncertain",
	[TRACE_GONE] = "",
};
static const char *const cause_words[] = {
	[TRACE_NO_CAUSE] = "",
	[TRACE_NOT_PASSED] = "the run that wrote it did not pass",
	[TRACE_WRITTEN_OVER] = "a later run over it did not pass",
	[TRACE_MAYBE_ERASED] = "a later run erased partitions, perhaps this one",
	[TRACE_DIFFERS] = "a later verify run found something else",
	[TRACE_REPLACED] = "replaced",
	[TRACE_PARTLY] = "partly written over",
	[TRACE_ERASED] = "the whole flash was erased",
	[TRACE_FOUND_OTHER] = "a later verify run found other content there",
};

void trace_carry_sentence(enum trace_carry carry, enum trace_cause cause,
			  char text[static TRACE_SENTENCE_BYTES])
{
	if (carry == TRACE_GONE)
		snprintf(text, TRACE_SENTENCE_BYTES, "%s", cause_words[cause]);
	else
		snprintf(text, TRACE_SENTENCE_BYTES, "%s%s%s", carry_words[carry],
			 cause_words[cause][0] ? ": " : "", cause_words[cause]);
}
