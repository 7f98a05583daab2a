/* Regular expressions: nobody else knows PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "recipes/boot_check_inside.h"

#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * What a pattern may cost for each place in a text that it is tried at: a pattern that needs
 * more has repeats within repeats, and would keep the line waiting. Our choice: a hundred times
 * what usual ones need for a line of 1024 characters.
 */
#define STEPS_MAX 100000u
#define DEPTH_MAX 20000u
#define HEAP_KB_MAX 8192u
#define NEST_MAX 50u

struct pattern {
	pcre2_code *code;
	pcre2_match_context *limits; /* const from the start on */
	char *text;
};

static enum status compile(struct pattern *p, struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR said[160];
	PCRE2_SIZE at;
	int number;

	if (!context)
		return err_set(err, STATUS_NO_MEMORY, "no memory for a pattern");
	pcre2_set_parens_nest_limit(context, NEST_MAX);
	p->code = pcre2_compile((PCRE2_SPTR)p->text, PCRE2_ZERO_TERMINATED,
				PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
				&number, &at, context);
	pcre2_compile_context_free(context);
	if (p->code)
		return STATUS_OK;
	if (pcre2_get_error_message(number, said, sizeof(said)) == PCRE2_ERROR_BADDATA)
		snprintf((char *)said, sizeof(said), "error %d", number);
	return err_set(err, STATUS_RECIPE, "'%s' is no regular expression: at character %zu: %s",
		       p->text, (size_t)at + 1, (const char *)said);
}

static enum status set_limits(struct pattern *p, struct err *err)
{
	p->limits = pcre2_match_context_create(NULL);
	if (!p->limits)
		return err_set(err, STATUS_NO_MEMORY, "no memory for a pattern");
	pcre2_set_match_limit(p->limits, STEPS_MAX);
	pcre2_set_depth_limit(p->limits, DEPTH_MAX);
	pcre2_set_heap_limit(p->limits, HEAP_KB_MAX);
	return STATUS_OK;
}

enum status pattern_new(const char *text, struct pattern **out, struct err *err)
{
	struct pattern *p = calloc(1, sizeof(*p));
	enum status st;

	*out = NULL;
	if (p)
		p->text = strdup(text);
	if (!p || !p->text) {
		free(p);
		return err_set(err, STATUS_NO_MEMORY, "no memory for a pattern");
	}
	if (strlen(text) > PATTERN_BYTES_MAX)
		st = err_set(err, STATUS_RECIPE,
			     "a regular expression of %zu bytes: expected %u at most", strlen(text),
			     PATTERN_BYTES_MAX);
	else
		st = compile(p, err);
	if (!st)
		st = set_limits(p, err);
	if (st) {
		pattern_free(p);
		return st;
	}
	*out = p;
	return STATUS_OK;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	pcre2_code_free(p->code);
	pcre2_match_context_free(p->limits);
	free(p->text);
	free(p);
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}

static void take_captures(pcre2_match_data *found, struct capture *captures, size_t count)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(found);
	uint32_t pairs = pcre2_get_ovector_count(found);

	for (size_t i = 0; i < count; i++) {
		struct capture *c = &captures[i];
		size_t n = 2 * (size_t)c->group;

		/* \K may set a group's start behind its end. */
		c->is_set = c->group < pairs && at[n] != PCRE2_UNSET && at[n] <= at[n + 1];
		c->at = c->is_set ? at[n] : 0;
		c->len = c->is_set ? at[n + 1] - at[n] : 0;
	}
}

enum pattern_answer pattern_find(const struct pattern *p, const char *text, size_t len,
				 struct capture *captures, size_t count)
{
	pcre2_match_data *found = pcre2_match_data_create_from_pattern(p->code, NULL);
	enum pattern_answer answer = PATTERN_GAVE_UP;
	int n;

	if (!found)
		return answer;
	n = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0, 0, found, p->limits);
	if (n > 0) {
		answer = PATTERN_YES;
		take_captures(found, captures, count);
	} else if (n == PCRE2_ERROR_NOMATCH) {
		answer = PATTERN_NO;
	}
	pcre2_match_data_free(found);
	return answer;
}

enum pattern_answer pattern_matches(const struct pattern *p, const char *text, size_t len)
{
	return pattern_find(p, text, len, NULL, 0);
}

unsigned pattern_group_count(const struct pattern *p)
{
	uint32_t count = 0;

	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &count);
	return count;
}

bool pattern_group_name(const struct pattern *p, unsigned group, char name[static BOOT_NAME_BYTES])
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR row;

	if (pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count) ||
	    pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size) ||
	    pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &row))
		return false;
	/* Each row: the group in two bytes, high one first, then the name and a 0. */
	for (; count; count--, row += size) {
		if ((unsigned)(row[0] << 8 | row[1]) != group)
			continue;
		snprintf(name, BOOT_NAME_BYTES, "%s", (const char *)row + 2);
		return true;
	}
	return false;
}
