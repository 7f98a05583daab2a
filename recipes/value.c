#include "recipes/value.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct suffix {
	const char *text;
	uint64_t factor;
};

/* The number in front, and where it ends; NULL when there is none or it is too big. */
static const char *digits(const char *text, uint64_t *number)
{
	unsigned base = 10;
	const char *p = text;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	*number = 0;
	text = p;
	for (;; p++) {
		static const char all[] = "0123456789abcdef";
		char lower = *p >= 'A' && *p <= 'F' ? (char)(*p + 'a' - 'A') : *p;
		const char *digit = lower ? strchr(all, lower) : NULL;

		if (!digit || (unsigned)(digit - all) >= base)
			break;
		if (*number > (UINT64_MAX - (unsigned)(digit - all)) / base)
			return NULL;
		*number = *number * base + (unsigned)(digit - all);
	}
	/* A leading zero means octal to some and decimal to others. */
	if (p == text || (base == 10 && text[0] == '0' && p - text > 1))
		return NULL;
	return p;
}

static bool with_suffix(const char *text, const struct suffix *suffixes, size_t count,
			uint64_t *number)
{
	uint64_t value;
	const char *end = digits(text, &value);

	if (!end)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(end, suffixes[i].text) != 0)
			continue;
		if (value > UINT64_MAX / suffixes[i].factor)
			return false;
		*number = value * suffixes[i].factor;
		return true;
	}
	return false;
}

bool value_integer(const char *text, uint64_t *number)
{
	static const struct suffix none[] = { { "", 1 } };

	return with_suffix(text, none, 1, number);
}

bool value_size(const char *text, uint64_t *number)
{
	static const struct suffix suffixes[] = {
		{ "", 1 },
		{ "K", 1024 },
		{ "KB", 1024 },
		{ "KiB", 1024 },
		{ "M", 1048576 },
		{ "MB", 1048576 },
		{ "MiB", 1048576 },
		{ "G", 1073741824 },
		{ "GB", 1073741824 },
		{ "GiB", 1073741824 },
	};

	return with_suffix(text, suffixes, sizeof(suffixes) / sizeof(suffixes[0]), number);
}

bool value_revision(const char *text, uint64_t *number)
{
	uint64_t major, minor;
	const char *dot = digits(text, &major);

	if (!dot || *dot != '.' || major > 99 || strchr(text, 'x') || strchr(text, 'X'))
		return false;
	dot = digits(dot + 1, &minor);
	if (!dot || *dot || minor > 99)
		return false;
	*number = major * 100 + minor;
	return true;
}

bool value_frequency(const char *text, uint64_t *number)
{
	static const struct suffix suffixes[] = { { "m", 1 }, { "MHz", 1 } };

	return with_suffix(text, suffixes, 2, number);
}

bool value_duration(const char *text, uint64_t *number)
{
	static const struct suffix suffixes[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }
	};

	return with_suffix(text, suffixes, 4, number);
}

bool value_decimal(const char *text, double *number)
{
	const char *at = text + (*text == '-' || *text == '+');
	size_t whole = strspn(at, "0123456789"), part = 0;
	char *end;

	at += whole;
	if (*at == '.') {
		part = strspn(at + 1, "0123456789");
		at += 1 + part;
	}
	if (!whole && !part)
		return false;
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (!*at)
			return false;
		at += strspn(at, "0123456789");
	}
	if (*at)
		return false;
	*number = strtod(text, &end);
	return !*end && isfinite(*number);
}
