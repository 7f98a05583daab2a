/* One unit's boot check: which lines have come, and which values they told. */
#include "recipes/boot_check_inside.h"

#include "engine/console_lines.h"
#include "recipes/utf8.h"
#include "recipes/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As much of a line as a message keeps. */
#define QUOTE_BYTES 160

struct boot_check_run {
	const struct boot_check *check;
	struct flash_boot boot;
	void *ctx;
	void (*line)(void *ctx, uint64_t at_us, const char *text);
	void (*hide)(void *ctx, char *text); /* NULL: all may be read */
	char shown[CONSOLE_LINE_BYTES + 1];  /* the present line as it may be read */

	/* Since the restart. */
	bool is_met[BOOT_PATTERNS_MAX]; /* of expect */
	size_t met;
	struct flash_reading readings[BOOT_VALUES_MAX];
	bool is_known[BOOT_VALUES_MAX];
	char said[BOOT_VALUES_MAX][QUOTE_BYTES]; /* the line that told a value */
	const struct pattern *rejected;          /* the first that matched */
	const struct pattern *gave_up;           /* a reject that could not be judged */
	bool expect_gave_up[BOOT_PATTERNS_MAX], value_gave_up[BOOT_VALUES_MAX];
	char rejected_line[QUOTE_BYTES], last_line[QUOTE_BYTES];
};

/* Whole characters, as many as there is room for. */
static void keep(const char *line, char kept[static QUOTE_BYTES])
{
	size_t left = strlen(line), len = 0;

	while (left) {
		size_t span = utf8_span((const uint8_t *)line + len, left);

		span = span ? span : 1;
		if (len + span >= QUOTE_BYTES)
			break;
		len += span;
		left -= span;
	}
	memcpy(kept, line, len);
	kept[len] = '\0';
}

/* ---- values ---- */

/*
 * What has limits or a unit is a number. What has none is one if nothing is lost by that:
 * 1.10 may be a version.
 */
static bool is_measured(const struct boot_value *v, const struct flash_reading *r)
{
	char again[FLASH_READING_BYTES];

	if (v->has_low || v->has_high || v->unit)
		return true;
	snprintf(again, sizeof(again), "%.15g", r->number);
	return !v->equal && strcmp(again, r->text) == 0;
}

/* is_whole: r->text is all that was caught. */
static void judge_reading(const struct boot_value *v, struct flash_reading *r, bool is_whole)
{
	bool is_number = value_decimal(r->text, &r->number);

	r->is_number = is_number && is_measured(v, r);
	r->is_judged = v->has_low || v->has_high || v->equal;
	r->is_good = v->equal ? is_whole && strcmp(r->text, v->equal) == 0
			      : (!v->has_low || (is_number && r->number >= v->low)) &&
					(!v->has_high || (is_number && r->number <= v->high));
}

static void take_reading(struct boot_check_run *run, size_t i, const char *line,
			 const struct capture *c)
{
	struct flash_reading *r = &run->readings[i];
	size_t len = c->len;

	if (!c->is_set || run->is_known[i])
		return;
	if (len >= sizeof(r->text))
		len = sizeof(r->text) - 1;
	/* Not in the middle of a character. */
	while (len < c->len && len && ((uint8_t)line[c->at + len] & 0xc0) == 0x80)
		len--;
	memcpy(r->text, line + c->at, len);
	r->text[len] = '\0';
	run->is_known[i] = true;
	judge_reading(&run->check->values[i], r, len == c->len);
	if (memcmp(line + c->at, run->shown + c->at, len) != 0) {
		memcpy(r->text, run->shown + c->at, len);
		r->is_number = false;
	}
	keep(run->shown, run->said[i]);
}

/* What the named groups of an expect have caught. */
static void take_groups(struct boot_check_run *run, size_t expect_at, const char *line,
			struct capture *captures)
{
	const struct boot_check *c = run->check;

	for (size_t i = 0; i < c->value_count; i++) {
		if (!c->values[i].own && c->values[i].expect_at == expect_at)
			take_reading(run, i, line, &captures[i]);
	}
}

static void hear_own_values(struct boot_check_run *run, const char *line, size_t len)
{
	const struct boot_check *c = run->check;

	for (size_t i = 0; i < c->value_count; i++) {
		struct capture found = { .group = c->values[i].group };
		enum pattern_answer answer;

		if (!c->values[i].own || run->is_known[i] || run->value_gave_up[i])
			continue;
		answer = pattern_find(c->values[i].own, line, len, &found, 1);
		run->value_gave_up[i] = answer == PATTERN_GAVE_UP;
		if (answer == PATTERN_YES)
			take_reading(run, i, line, &found);
	}
}

/* ---- lines ---- */

static void hear_expected(struct boot_check_run *run, size_t at, const char *line, size_t len)
{
	const struct boot_check *c = run->check;
	struct capture captures[BOOT_VALUES_MAX];

	for (size_t i = 0; i < c->value_count; i++)
		captures[i] = (struct capture){ .group = c->values[i].group };
	switch (pattern_find(c->expect[at], line, len, captures, c->value_count)) {
	case PATTERN_NO:
		break;
	case PATTERN_GAVE_UP:
		run->expect_gave_up[at] = true;
		break;
	case PATTERN_YES:
		run->is_met[at] = true;
		run->met++;
		take_groups(run, at, line, captures);
		break;
	}
}

/* In order, each wants a line of its own. */
static void hear_expects(struct boot_check_run *run, const char *line, size_t len)
{
	const struct boot_check *c = run->check;

	if (c->in_order) {
		if (run->met < c->expect_count && !run->expect_gave_up[run->met])
			hear_expected(run, run->met, line, len);
		return;
	}
	for (size_t i = 0; i < c->expect_count; i++) {
		if (!run->is_met[i] && !run->expect_gave_up[i])
			hear_expected(run, i, line, len);
	}
}

static void hear_rejects(struct boot_check_run *run, const char *line, size_t len)
{
	const struct boot_check *c = run->check;

	for (size_t i = 0; i < c->reject_count && !run->rejected && !run->gave_up; i++) {
		enum pattern_answer answer = pattern_matches(c->reject[i], line, len);

		if (answer == PATTERN_YES)
			run->rejected = c->reject[i];
		else if (answer == PATTERN_GAVE_UP)
			run->gave_up = c->reject[i];
		if (answer != PATTERN_NO)
			keep(run->shown, run->rejected_line);
	}
}

/* Nothing to wait for means to listen for all of the time. */
static bool is_complete(const struct boot_check_run *run)
{
	const struct boot_check *c = run->check;
	bool has_goal = c->expect_count > 0;

	if (run->met < c->expect_count)
		return false;
	for (size_t i = 0; i < c->value_count; i++) {
		if (!c->values[i].own || !c->values[i].is_required)
			continue;
		has_goal = true;
		if (!run->is_known[i])
			return false;
	}
	return has_goal;
}

static enum boot_heard hear(void *ctx, const char *line, uint32_t at_ms)
{
	struct boot_check_run *run = ctx;
	size_t len = strlen(line);

	snprintf(run->shown, sizeof(run->shown), "%s", line);
	if (run->hide)
		run->hide(run->ctx, run->shown);
	if (run->line)
		run->line(run->ctx, UINT64_C(1000) * at_ms, run->shown);
	keep(run->shown, run->last_line);
	hear_rejects(run, line, len);
	hear_expects(run, line, len);
	hear_own_values(run, line, len);
	if (run->rejected || run->gave_up)
		return BOOT_FAILED;
	return is_complete(run) ? BOOT_COMPLETE : BOOT_GOES_ON;
}

static void begin(void *ctx)
{
	struct boot_check_run *run = ctx;

	memset(run->is_met, 0, sizeof(run->is_met));
	memset(run->expect_gave_up, 0, sizeof(run->expect_gave_up));
	memset(run->value_gave_up, 0, sizeof(run->value_gave_up));
	memset(run->is_known, 0, sizeof(run->is_known));
	memset(run->readings, 0, sizeof(run->readings));
	for (size_t i = 0; i < run->check->value_count; i++) {
		const struct boot_value *v = &run->check->values[i];

		run->readings[i] = (struct flash_reading){
			.name = v->name,
			.unit = v->unit,
			.has_low = v->has_low,
			.has_high = v->has_high,
			.low = v->low,
			.high = v->high,
		};
	}
	run->met = 0;
	run->rejected = run->gave_up = NULL;
	run->rejected_line[0] = run->last_line[0] = '\0';
}

/* ---- the verdict ---- */

static enum status gave_up(const struct pattern *p, struct err *err)
{
	return err_set(
		err, STATUS_RECIPE,
		"boot_check: '%.300s' takes too many steps for a line of the console: write it "
		"without repeats in repeats",
		pattern_text(p));
}

static enum status judge_expects(const struct boot_check_run *run, struct err *err)
{
	const struct boot_check *c = run->check;

	for (size_t i = 0; i < c->expect_count; i++) {
		if (run->is_met[i])
			continue;
		if (run->expect_gave_up[i])
			return gave_up(c->expect[i], err);
		return err_set(
			err, STATUS_BOOT_TEXT_MISSING,
			"'%.160s' was not heard within %.1f s, %zu of %zu were; the last line "
			"was \"%s\"",
			pattern_text(c->expect[i]), c->within_ms / 1e3, run->met, c->expect_count,
			run->last_line);
	}
	return STATUS_OK;
}

static void limits_text(const struct boot_value *v, char *text, size_t size)
{
	if (v->equal)
		snprintf(text, size, "'%s'", v->equal);
	else if (v->has_low && v->has_high)
		snprintf(text, size, "%.15g to %.15g", v->low, v->high);
	else if (v->has_low)
		snprintf(text, size, "%.15g or more", v->low);
	else
		snprintf(text, size, "%.15g or less", v->high);
}

static enum status judge_values(const struct boot_check_run *run, struct err *err)
{
	const struct boot_check *c = run->check;

	for (size_t i = 0; i < c->value_count; i++) {
		if (run->value_gave_up[i])
			return gave_up(c->values[i].own, err);
		if (c->values[i].is_required && !run->is_known[i])
			return err_set(err, STATUS_VALUE_MISSING,
				       "the value '%s' was not told within %.1f s; the last line "
				       "was \"%s\"",
				       c->values[i].name, c->within_ms / 1e3, run->last_line);
	}
	for (size_t i = 0; i < c->value_count; i++) {
		const struct flash_reading *r = &run->readings[i];
		const struct boot_value *v = &c->values[i];
		char limits[120];

		if (!run->is_known[i] || !r->is_judged || r->is_good)
			continue;
		limits_text(v, limits, sizeof(limits));
		return err_set(err, STATUS_VALUE_OUT_OF_LIMITS,
			       "%s is %s%s%s, expected %s%s%s: \"%s\"", v->name, r->text,
			       v->unit ? " " : "", v->unit ? v->unit : "", limits,
			       v->unit ? " " : "", v->unit ? v->unit : "", run->said[i]);
	}
	return STATUS_OK;
}

static enum status judge(void *ctx, struct err *err)
{
	struct boot_check_run *run = ctx;

	if (run->rejected)
		return err_set(err, STATUS_BOOT_TEXT_REJECTED, "'%.200s' was heard: \"%s\"",
			       pattern_text(run->rejected), run->rejected_line);
	if (run->gave_up)
		return gave_up(run->gave_up, err);
	TRY(judge_expects(run, err));
	return judge_values(run, err);
}

static size_t readings(void *ctx, struct flash_reading told[static FLASH_READINGS_MAX])
{
	const struct boot_check_run *run = ctx;
	size_t count = 0;

	for (size_t i = 0; i < run->check->value_count; i++) {
		if (run->is_known[i])
			told[count++] = run->readings[i];
	}
	return count;
}

/* ---- begin and end ---- */

struct boot_check_run *boot_check_run_new(const struct boot_check *c, void *ctx,
					  void (*line)(void *ctx, uint64_t at_us, const char *text))
{
	struct boot_check_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->check = c;
	run->ctx = ctx;
	run->line = line;
	run->boot = (struct flash_boot){
		.ctx = run, .begin = begin, .hear = hear, .judge = judge, .readings = readings
	};
	begin(run);
	return run;
}

void boot_check_run_hide(struct boot_check_run *run, void (*hide)(void *ctx, char *text))
{
	run->hide = hide;
}

void boot_check_run_free(struct boot_check_run *run)
{
	free(run);
}

const struct flash_boot *boot_check_run_boot(const struct boot_check_run *run)
{
	return run ? &run->boot : NULL;
}
