#include "db/unit_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HALF_BYTES (UNIT_LOG_BYTES / 2)

/*
 * head fills once and then stays; tail is a ring of whole lines behind it.
 * text is made when asked for.
 */
struct unit_log {
	char head[HALF_BYTES];
	size_t head_len;
	char tail[HALF_BYTES];
	size_t tail_start, tail_len;
	uint64_t dropped;
	char *text;
};

struct unit_log *unit_log_new(void)
{
	return calloc(1, sizeof(struct unit_log));
}

void unit_log_free(struct unit_log *log)
{
	if (log)
		free(log->text);
	free(log);
}

static void drop_first_tail_line(struct unit_log *log)
{
	char c;

	do {
		c = log->tail[log->tail_start];
		log->tail_start = (log->tail_start + 1) % HALF_BYTES;
		log->tail_len--;
	} while (c != '\n');
	log->dropped++;
}

static void add_to_tail(struct unit_log *log, const char *line, size_t len)
{
	while (log->tail_len + len > HALF_BYTES)
		drop_first_tail_line(log);
	for (size_t i = 0; i < len; i++)
		log->tail[(log->tail_start + log->tail_len + i) % HALF_BYTES] = line[i];
	log->tail_len += len;
}

void unit_log_add(struct unit_log *log, uint64_t at_us, const char *line)
{
	char text[UNIT_LOG_LINE_BYTES + 32];

	if (!log)
		return;
	size_t line_len = strnlen(line, UNIT_LOG_LINE_BYTES + 1);
	int start = snprintf(text, sizeof(text), "%5" PRIu64 ".%03u ", at_us / 1000000,
			     (unsigned)(at_us / 1000 % 1000));
	int len = start + snprintf(text + start, sizeof(text) - (size_t)start, "%.*s%s",
				   (int)(line_len <= UNIT_LOG_LINE_BYTES ? line_len
									 : UNIT_LOG_LINE_BYTES - 3),
				   line, line_len <= UNIT_LOG_LINE_BYTES ? "" : "...");
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	text[len++] = '\n';
	if (!log->tail_len && log->head_len + (size_t)len <= HALF_BYTES) {
		memcpy(log->head + log->head_len, text, (size_t)len);
		log->head_len += (size_t)len;
	} else {
		add_to_tail(log, text, (size_t)len);
	}
}

const char *unit_log_text(struct unit_log *log)
{
	char gap[80] = "";

	if (!log)
		return "";
	if (log->dropped)
		snprintf(gap, sizeof(gap), "          ... %" PRIu64 " lines left out here ...\n",
			 log->dropped);
	free(log->text);
	log->text = malloc(UNIT_LOG_BYTES + sizeof(gap));
	if (!log->text)
		return "";
	char *to = log->text;
	memcpy(to, log->head, log->head_len);
	to += log->head_len;
	memcpy(to, gap, strlen(gap));
	to += strlen(gap);
	for (size_t i = 0; i < log->tail_len; i++)
		*to++ = log->tail[(log->tail_start + i) % HALF_BYTES];
	*to = '\0';
	return log->text;
}
