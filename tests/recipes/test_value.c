#include "recipes/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

struct known {
	const char *text;
	bool is_good;
	uint64_t number;
};

static void compare(bool (*parse)(const char *, uint64_t *), const struct known *rows)
{
	for (; rows->text; rows++) {
		uint64_t number = 0;
		bool is_good = parse(rows->text, &number);

		if (is_good != rows->is_good || (is_good && number != rows->number))
			fail_msg("'%s' is %s %llu, expected %s %llu", rows->text,
				 is_good ? "good" : "bad", (unsigned long long)number,
				 rows->is_good ? "good" : "bad", (unsigned long long)rows->number);
	}
}

static void an_integer_is_decimal_or_hexadecimal_and_nothing_else(void **state)
{
	static const struct known rows[] = {
		{ "0", true, 0 },
		{ "921600", true, 921600 },
		{ "0x1000", true, 4096 },
		{ "0XfF", true, 255 },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999999", false, 0 },
		{ "", false, 0 },
		{ "0x", false, 0 },
		{ "010", false, 0 },
		{ "-1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "1_000", false, 0 },
		{ "1e3", false, 0 },
		{ "no", false, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "18446744073709551616", false, 0 },
		{ "0xffffffffffffffff", true, UINT64_MAX },
		{ NULL, false, 0 },
	};

	(void)state;
	compare(value_integer, rows);
}

static void a_size_takes_binary_suffixes(void **state)
{
	static const struct known rows[] = {
		{ "4096", true, 4096 },       { "0x10000", true, 65536 },
		{ "64K", true, 65536 },       { "64KB", true, 65536 },
		{ "64KiB", true, 65536 },     { "4M", true, 4194304 },
		{ "4MB", true, 4194304 },     { "4MiB", true, 4194304 },
		{ "16mb", true, 16777216 },   { "0x10K", true, 16384 },
		{ "2G", true, 2147483648 },   { "2GB", true, 2147483648 },
		{ "4gib", true, 4294967296 }, { "17179869184G", false, 0 },
		{ "4TB", false, 0 },          { "4 MB", false, 0 },
		{ "MB", false, 0 },           { "4.5MB", false, 0 },
		{ "4MBx", false, 0 },         { "72057594037927935M", false, 0 },
		{ NULL, false, 0 },
	};

	(void)state;
	compare(value_size, rows);
}

static void revision_3_10_is_not_3_1(void **state)
{
	static const struct known rows[] = {
		{ "3.1", true, 301 },  { "3.10", true, 310 }, { "0.0", true, 0 },
		{ "1.0", true, 100 },  { "0.99", true, 99 },  { "3", false, 0 },
		{ "3.", false, 0 },    { ".1", false, 0 },    { "3.1.0", false, 0 },
		{ "3.100", false, 0 }, { "3.01", false, 0 },  { "v3.1", false, 0 },
		{ "0x3.1", false, 0 }, { "3.0x1", false, 0 }, { "100.0", false, 0 },
		{ NULL, false, 0 },
	};

	(void)state;
	compare(value_revision, rows);
}

static void a_duration_has_a_unit(void **state)
{
	static const struct known rows[] = {
		{ "500ms", true, 500 }, { "5s", true, 5000 },     { "2m", true, 120000 },
		{ "5", false, 0 },      { "5h", true, 18000000 }, { "1.5s", false, 0 },
		{ "5d", false, 0 },     { NULL, false, 0 },
	};

	(void)state;
	compare(value_duration, rows);
}

static void a_frequency_is_in_megahertz(void **state)
{
	static const struct known rows[] = {
		{ "40m", true, 40 }, { "80MHz", true, 80 }, { "40", false, 0 },
		{ "m", false, 0 },   { "80k", false, 0 },   { NULL, false, 0 },
	};

	(void)state;
	compare(value_frequency, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_integer_is_decimal_or_hexadecimal_and_nothing_else),
		cmocka_unit_test(a_size_takes_binary_suffixes),
		cmocka_unit_test(revision_3_10_is_not_3_1),
		cmocka_unit_test(a_duration_has_a_unit),
		cmocka_unit_test(a_frequency_is_in_megahertz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
