/* What a run has seen of its line, in words: the most telling first. */
#include "engine/cause.h"

#include "engine/base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FACT_BYTES 240u

__attribute__((format(printf, 3, 4))) static void add_fact(char *text, size_t size,
							   const char *format, ...)
{
	char fact[FACT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(fact, sizeof(fact), format, args);
	va_end(args);
	text_append(text, size, "; ", fact);
}

static void pace_text(const struct block_fact *row, char *text, size_t size)
{
	text[0] = '\0';
	if (row->pace_bytes)
		snprintf(text, size, " in pieces of %u", (unsigned)row->pace_bytes);
}

/* "RAM block of 6144 bytes refused with 07, 256 accepted" */
static void add_blocks(const struct block_facts *b, const char *kind, char *text, size_t size)
{
	const struct block_fact *worst = facts_worst_block(b);
	const struct block_fact *best = facts_best_block(b);
	char failed[60], pace[40], then[80] = "";

	if (!worst)
		return;
	if (worst->refused)
		snprintf(failed, sizeof(failed), "refused with %02X", worst->code);
	else
		snprintf(failed, sizeof(failed), "%s",
			 worst->silent ? "not answered" : "answered with damaged bytes");
	if (worst->accepted) {
		snprintf(then, sizeof(then), ", others of that size accepted");
	} else if (best) {
		pace_text(best, pace, sizeof(pace));
		snprintf(then, sizeof(then), ", %u accepted%s", (unsigned)best->bytes, pace);
	} else {
		snprintf(then, sizeof(then), ", and none accepted");
	}
	pace_text(worst, pace, sizeof(pace));
	add_fact(text, size, "%s of %u bytes%s %s%s", kind, (unsigned)worst->bytes, pace, failed,
		 then);
}

static void add_rates(const struct link_facts *f, char *text, size_t size)
{
	char rates[100] = "";

	for (size_t i = 0; i < f->failed_rate_count; i++) {
		size_t len = strlen(rates);

		snprintf(rates + len, sizeof(rates) - len, "%s%u", len ? ", " : "",
			 (unsigned)f->failed_rates[i]);
	}
	if (rates[0] && f->rate_baud)
		add_fact(text, size, "%s baud failed, %u works", rates, (unsigned)f->rate_baud);
	else if (rates[0])
		add_fact(text, size, "%s baud failed", rates);
}

static void add_place(const struct link_facts *f, char *text, size_t size)
{
	if (f->bridge && f->driver)
		add_fact(text, size, "bridge %s, driver %s", f->bridge, f->driver);
	else if (f->bridge)
		add_fact(text, size, "bridge %s", f->bridge);
}

static void add_lines(const char *lines, char *text, size_t size)
{
	while (*lines) {
		size_t len = strcspn(lines, "\n");

		add_fact(text, size, "%.*s", (int)len, lines);
		lines += len + (lines[len] == '\n');
	}
}

void cause_evidence(const struct link_facts *f, const char *more, char *text, size_t size)
{
	text[0] = '\0';
	add_blocks(&f->ram, "RAM block", text, size);
	add_blocks(&f->data, "data block", text, size);
	if (f->saw_brown_out)
		text_append(text, size, "; ", "brown-out text from the unit");
	if (f->restarts)
		text_append(text, size, "; ", "the unit restarted by itself");
	if (f->has_left)
		text_append(text, size, "; ", "the port left by itself and came back");
	if (f->was_power_cycled)
		text_append(text, size, "; ", "its power was switched off and on");
	add_rates(f, text, size);
	if (f->altered_echoes)
		add_fact(text, size, "%u of %u sync echoes altered, first %08x", f->altered_echoes,
			 f->echoes, (unsigned)f->odd_echo);
	else if (f->echoes)
		add_fact(text, size, "%u sync echoes clean", f->echoes);
	add_place(f, text, size);
	if (f->silences)
		add_fact(text, size, "%u %s without an answer", f->silences,
			 f->silences == 1 ? "request" : "requests");
	if (f->damaged)
		add_fact(text, size, "%u %s damaged", f->damaged,
			 f->damaged == 1 ? "answer" : "answers");
	add_lines(more, text, size);
}
