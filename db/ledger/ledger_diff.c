#include "db/ledger/ledger_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 80 /* bytes of a value that a sentence shows: digests whole */

struct span {
	const char *at;
	size_t len;
};

struct member {
	struct span name, value; /* without the quotes; as it stands */
};

static struct span quoted(const char *at)
{
	const char *end = at + 1;

	while (*end && *end != '"')
		end += end[0] == '\\' && end[1] ? 2 : 1;
	return (struct span){ at, (size_t)(end - at) + (*end == '"') };
}

/* A text, a number, or an object that has none within. */
static struct span value_at(const char *at)
{
	if (*at == '"')
		return quoted(at);
	if (*at == '{') {
		size_t len = strcspn(at, "}");

		return (struct span){ at, len + (at[len] == '}') };
	}
	return (struct span){ at, strcspn(at, ",}") };
}

/* The member at *at, and *at behind it; false at the end, or where none begins. */
static bool next_member(const char **at, struct member *member)
{
	const char *p = *at;

	if (*p != '{' && *p != ',')
		return false;
	if (p[1] != '"')
		return false;
	member->name = quoted(p + 1);
	p = member->name.at + member->name.len;
	if (*p != ':')
		return false;
	member->value = value_at(p + 1);
	*at = member->value.at + member->value.len;
	member->name.at++;
	member->name.len -= 2;
	return true;
}

static int compare(struct span a, struct span b)
{
	int order = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Rows of another table: {"rows":3,"sha256":"..."} */
static bool is_rows(struct span value, long long *rows)
{
	static const char begin[] = "{\"rows\":";

	if (value.len < sizeof(begin) || strncmp(value.at, begin, sizeof(begin) - 1))
		return false;
	*rows = strtoll(value.at + sizeof(begin) - 1, NULL, 10);
	return true;
}

static void shown(struct span value, char text[static SHOWN_MAX + 4])
{
	snprintf(text, SHOWN_MAX + 4, "%.*s%s",
		 (int)(value.len < SHOWN_MAX ? value.len : SHOWN_MAX), value.at,
		 value.len > SHOWN_MAX ? "..." : "");
}

/* was or is: NULL where there is no such member. */
static void describe(const struct member *was, const struct member *is, char *text, size_t size)
{
	struct span name = was ? was->name : is->name;
	char before[SHOWN_MAX + 4] = "unknown", now[SHOWN_MAX + 4] = "unknown";
	bool are_rows = true;
	long long rows_before = 0, rows_now = 0;

	if (was) {
		shown(was->value, before);
		are_rows = is_rows(was->value, &rows_before);
	}
	if (is) {
		shown(is->value, now);
		are_rows = are_rows && is_rows(is->value, &rows_now);
	}
	int name_len = (int)(name.len < SHOWN_MAX ? name.len : SHOWN_MAX);
	if (!are_rows)
		snprintf(text, size, "%.*s was %s and is %s", name_len, name.at, before, now);
	else if (rows_before != rows_now)
		snprintf(text, size, "it had %lld rows of %.*s and has %lld", rows_before, name_len,
			 name.at, rows_now);
	else
		snprintf(text, size, "its rows of %.*s (%lld) are not what they were", name_len,
			 name.at, rows_now);
}

bool ledger_diff(const char *was, const char *is, char *text, size_t size)
{
	struct member a, b;
	bool has_a = next_member(&was, &a), has_b = next_member(&is, &b);

	while (has_a || has_b) {
		int order = !has_a ? 1 : !has_b ? -1 : compare(a.name, b.name);

		if (order || compare(a.value, b.value)) {
			describe(order <= 0 ? &a : NULL, order >= 0 ? &b : NULL, text, size);
			return true;
		}
		has_a = next_member(&was, &a);
		has_b = next_member(&is, &b);
	}
	snprintf(text, size, "the entry's body is not written as the program writes it");
	return false;
}
