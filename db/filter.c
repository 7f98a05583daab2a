#define _DEFAULT_SOURCE /* timegm */
#include "db/query.h"

#include "engine/base/status.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* The value of exactly count digits at *text, which moves on; -1 when they are not there. */
static int digits(const char **text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)(*text)[i]))
			return -1;
		value = value * 10 + ((*text)[i] - '0');
	}
	*text += count;
	return value;
}

static bool skip(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool read_date(const char **text, struct tm *tm)
{
	int year = digits(text, 4);
	int month = skip(text, '-') ? digits(text, 2) : -1;
	int day = skip(text, '-') ? digits(text, 2) : -1;

	tm->tm_year = year - 1900;
	tm->tm_mon = month - 1;
	tm->tm_mday = day;
	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* "12:30", "12:30:05", "12:30:05.250" */
static bool read_time(const char **text, struct tm *tm, int *ms)
{
	tm->tm_hour = digits(text, 2);
	tm->tm_min = skip(text, ':') ? digits(text, 2) : -1;
	if (skip(text, ':'))
		tm->tm_sec = digits(text, 2);
	if (tm->tm_sec >= 0 && skip(text, '.'))
		for (int weight = 100; isdigit((unsigned char)**text); weight /= 10, ++*text)
			*ms += (**text - '0') * weight;
	return tm->tm_hour >= 0 && tm->tm_hour <= 23 && tm->tm_min >= 0 && tm->tm_min <= 59 &&
	       tm->tm_sec >= 0 && tm->tm_sec <= 59;
}

/* "", "Z", "+01:00", "-0530" */
static bool read_zone(const char **text, int *minutes_east)
{
	if (!**text || skip(text, 'Z') || skip(text, 'z'))
		return true;
	int sign = **text == '-' ? -1 : 1;
	if (!skip(text, '+') && !skip(text, '-'))
		return false;
	int hours = digits(text, 2);
	skip(text, ':');
	int minutes = digits(text, 2);
	*minutes_east = sign * (hours * 60 + minutes);
	return hours >= 0 && hours <= 14 && minutes >= 0 && minutes <= 59;
}

static bool read_moment(const char *text, int64_t *utc_ms)
{
	struct tm tm = { .tm_isdst = 0 };
	int ms = 0, minutes_east = 0;

	if (!read_date(&text, &tm))
		return false;
	int day = tm.tm_mday;
	if (*text) {
		if (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' '))
			return false;
		if (!read_time(&text, &tm, &ms) || !read_zone(&text, &minutes_east))
			return false;
	}
	time_t seconds = timegm(&tm);
	/* timegm turns February 30 into March 1 or 2. */
	if (*text || tm.tm_mday != day)
		return false;
	*utc_ms = ((int64_t)seconds - minutes_east * 60) * 1000 + ms;
	return true;
}

enum status filter_time(const char *text, int64_t *utc_ms, struct err *err)
{
	if (read_moment(text, utc_ms))
		return STATUS_OK;
	return err_set(err, STATUS_USAGE,
		       "'%s' is no time: expected 2026-11-22 or 2026-11-22T12:30:00, in UTC unless "
		       "it ends in +01:00 or the like",
		       text);
}

/* The hex digits of a MAC without what stands between its bytes; false if something is
 * out of place. */
static bool mac_digits(const char *text, char hex[static 2 * MAC_BYTES + 1])
{
	for (int i = 0; i < MAC_BYTES; i++) {
		if (i && (*text == ':' || *text == '-'))
			text++;
		for (int nibble = 0; nibble < 2; nibble++) {
			if (!isxdigit((unsigned char)*text))
				return false;
			*hex++ = *text++;
		}
	}
	*hex = '\0';
	return !*text;
}

enum status filter_mac(const char *text, char mac[static MAC_TEXT_BYTES], struct err *err)
{
	uint8_t bytes[MAC_BYTES];
	char hex[2 * MAC_BYTES + 1];

	if (!mac_digits(text, hex) || !hex_bytes(hex, bytes, MAC_BYTES))
		return err_set(err, STATUS_USAGE,
			       "'%s' is no MAC: expected six bytes in hex, such as "
			       "24:0a:c4:00:01:10",
			       text);
	mac_text(bytes, mac);
	return STATUS_OK;
}

enum status filter_outcome(const char *text, const char **outcome, struct err *err)
{
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		if (strcasecmp(text, outcome_name((enum outcome)i)) == 0) {
			*outcome = outcome_name((enum outcome)i);
			return STATUS_OK;
		}
	}
	return err_set(err, STATUS_USAGE,
		       "'%s' is no outcome: expected PASS, FAIL, ERROR, TIMEOUT or ABORTED", text);
}
