#include "station/line/golden.h"

#include <time.h>

#define MINUTES_PER_HOUR 60

static struct tm time_of(const struct tm *day, int days_before, unsigned minutes, int is_summer)
{
	return (struct tm){
		.tm_year = day->tm_year,
		.tm_mon = day->tm_mon,
		.tm_mday = day->tm_mday - days_before,
		.tm_hour = (int)(minutes / MINUTES_PER_HOUR),
		.tm_min = (int)(minutes % MINUTES_PER_HOUR),
		.tm_isdst = is_summer,
	};
}

/* When the clocks showed it. mktime() turns what they never showed into something else. */
static bool has_moment(const struct tm *day, int days_before, unsigned minutes, int is_summer,
		       time_t *at)
{
	struct tm asked = time_of(day, days_before, minutes, is_summer), found = asked;

	*at = mktime(&found);
	return found.tm_hour == asked.tm_hour && found.tm_min == asked.tm_min;
}

static time_t begin_on(const struct tm *day, int days_before, unsigned minutes)
{
	time_t at;

	/* Of a time that comes twice, the one in summer time is the first. */
	if (!has_moment(day, days_before, minutes, 1, &at))
		has_moment(day, days_before, minutes, 0, &at);
	return at; /* left out: counted on by the clocks of the hour before */
}

int64_t golden_shift_begin(const struct station_golden *rule, int64_t now_utc_ms, unsigned *minutes)
{
	time_t now = (time_t)(now_utc_ms / 1000), newest = 0;
	struct tm today;

	if (minutes)
		*minutes = 0;
	if (rule->shift_count == 0 || !localtime_r(&now, &today))
		return 0;
	for (size_t i = 0; i < rule->shift_count; i++) {
		for (int days_before = 0; days_before <= 1; days_before++) {
			time_t begin = begin_on(&today, days_before, rule->shifts[i]);

			if (begin > now || begin <= newest)
				continue;
			newest = begin;
			if (minutes)
				*minutes = rule->shifts[i];
		}
	}
	return (int64_t)newest * 1000;
}
