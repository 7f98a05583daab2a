/* NVS partitions from CSV files: what is refused, and what a unit's own values become. */
#include "recipes/nvs/nvs_csv.h"
#include "tests/recipes/nvs_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FOLDER SOURCE_DIR "/tests/recipes/nvs/"
#define HEAD "key,type,encoding,value\n"
#define SECRET "hunter2-hunter2"

static uint8_t image[6 * NVS_PAGE_BYTES];

static struct nvs_csv *read_text(const char *text, struct diag_list *diags)
{
	struct nvs_csv *t;
	struct err err;

	nvs_csv_read_text("t.csv", FOLDER, text, strlen(text), &t, diags, &err);
	return t;
}

/* All messages of a text that is no good, one a line. Static. */
static const char *messages(const char *text)
{
	static char shown[2000];
	struct diag_list diags = { 0 };

	assert_null(read_text(text, &diags));
	shown[0] = '\0';
	for (size_t i = 0; i < diags.count; i++) {
		char line[800];

		diag_text(&diags.items[i], line, sizeof(line));
		snprintf(shown + strlen(shown), sizeof(shown) - strlen(shown), "%s\n", line);
	}
	diag_list_release(&diags);
	return shown;
}

static void refused(const char *rows, const char *expected)
{
	char text[5000];
	const char *got;

	snprintf(text, sizeof(text), "%sns,namespace,,\n%s", HEAD, rows);
	got = messages(text);
	if (!strstr(got, expected))
		fail_msg("'%s' does not say '%s'", got, expected);
	if (strstr(got, "hunter2"))
		fail_msg("'%s' shows a value", got);
}

/* The image that has these values. */
static enum status make(const char *rows, const struct nvs_values *values, struct read_image *r,
			struct err *err)
{
	struct diag_list diags = { 0 };
	struct nvs_result result;
	struct nvs_csv *t;
	char text[3000];
	enum status st;

	snprintf(text, sizeof(text), "%sns,namespace,,\n%s", HEAD, rows);
	t = read_text(text, &diags);
	if (!t)
		fail_msg("%u:%u: %s", diags.items[0].line, diags.items[0].column,
			 diags.items[0].text);
	st = nvs_csv_image(t, values, NVS_VERSION_2, sizeof(image), image, &result, err);
	nvs_csv_free(t);
	if (st)
		return st;
	nvs_read(image, sizeof(image), r);
	assert_string_equal(r->wrong, "");
	return STATUS_OK;
}

static void expect_text(const struct read_image *r, const char *key, const char *expected)
{
	const struct read_value *v = nvs_read_find(r, "ns", key);

	assert_non_null(v);
	assert_int_equal(v->size, strlen(expected) + (v->type == 0x21));
	assert_memory_equal(v->data, expected, strlen(expected));
}

static const struct nvs_value unit[] = {
	{ "serial", "SN000123" },
	{ "number", "000123" },
	{ "mac", "24:0a:c4:00:01:10" },
	{ "mac_hex", "240ac4000110" },
	{ "wifi.password", SECRET },
	{ "empty", "" },
	{ "name", "blob-32" },
	{ "up", "../nvs/blob-32" },
	{ "quote", "a,\"b\"\n{serial}" },
};
static const struct nvs_values values = { unit, sizeof(unit) / sizeof(unit[0]) };

static void names_become_the_units_values(void **state)
{
	struct read_image r;
	struct err err = { 0 };

	(void)state;
	if (make("a,data,string,{serial}\n"
		 "b,data,string,<{mac}/{serial}>\n"
		 "c,data,u32,{number}\n"
		 "d,data,hex2bin,{mac_hex}ff\n"
		 "e,data,string,{empty}\n"
		 "f,data,string,\"{quote}\"\n"
		 "g,file,binary,{name}.dat\n"
		 "h,data,blob_fill(20;0x00),{wifi.password}\n",
		 &values, &r, &err))
		fail_msg("%s", err.text);
	expect_text(&r, "a", "SN000123");
	expect_text(&r, "b", "<24:0a:c4:00:01:10/SN000123>");
	assert_int_equal(nvs_read_find(&r, "ns", "c")->number, 123);
	assert_int_equal(nvs_read_find(&r, "ns", "d")->size, 7);
	assert_memory_equal(nvs_read_find(&r, "ns", "d")->data, "\x24\x0a\xc4\x00\x01\x10\xff", 7);
	expect_text(&r, "e", "");
	expect_text(&r, "f", "a,\"b\"\n{serial}"); /* what a value holds is filled in no more */
	assert_int_equal(nvs_read_find(&r, "ns", "g")->size, 32);
	assert_int_equal(nvs_read_find(&r, "ns", "h")->size, 20);
	nvs_read_release(&r);
}

static void other_braces_stand_for_themselves(void **state)
{
	struct read_image r;
	struct err err;

	(void)state;
	assert_int_equal(make("a,data,string,{{serial}}\n"
			      "b,data,string,\"{\"\"a\"\":{\"\"b\"\":{}}}\"\n"
			      "c,data,string,{ serial} {1} {serial\n"
			      "d,data,string,{{{serial}}}\n"
			      "e,data,string,{\n",
			      &values, &r, &err),
			 STATUS_OK);
	expect_text(&r, "a", "{serial}");
	expect_text(&r, "b", "{\"a\":{\"b\":{}}}");
	expect_text(&r, "c", "{ serial} {1} {serial");
	expect_text(&r, "d", "{{serial}}");
	expect_text(&r, "e", "{");
	nvs_read_release(&r);
}

static void a_value_that_does_not_do_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *rows, *expected;
	} cases[] = {
		{ "ok,data,u8,1\na,data,string,x{other}\n",
		  "t.csv:4:15: key 'a': nothing is known for {other}" },
		{ "a,data,u32,{wifi.password}\n",
		  "t.csv:3:12: key 'a': the value (15 characters) is no whole number" },
		{ "a,data,u8,9{number}\n", "t.csv:3:11: key 'a': the number is out of range" },
		{ "a,data,hex2bin,{wifi.password}\n",
		  "t.csv:3:16: key 'a': character 1 of 15 is no hexadecimal digit" },
		{ "a,data,hex2bin,{mac_hex}0\n", "13 hexadecimal digits: expected pairs" },
		{ "a,data,base64,{wifi.password}\n", "character 8 of 15 does not belong there" },
		{ "a,data,blob_fill(8;0x00),{wifi.password}\n", "15 bytes to fill up to 8" },
		{ "a,file,binary,{up}.dat\n", "the value of {up} cannot be a part of a file name" },
		{ "a,file,binary,{empty}.dat\n", "the value of {empty} cannot be a part" },
		{ "a,file,binary,{wifi.password}\n",
		  "t.csv:3:15: key 'a': file {wifi.password}: No such file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct read_image r;
		struct err err = { 0 };

		assert_int_not_equal(make(cases[i].rows, &values, &r, &err), STATUS_OK);
		if (!strstr(err.text, cases[i].expected))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].expected);
		if (strstr(err.text, "hunter2") || strstr(err.text, "../"))
			fail_msg("'%s' shows a value", err.text);
	}
}

static void what_does_not_fit_names_the_first_row_without_room(void **state)
{
	struct read_image r;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(make("a,file,binary,blob-9000.dat\nb,file,binary,blob-9000.dat\n"
			      "c,file,binary,blob-9000.dat\nd,data,u8,1\n",
			      NULL, &r, &err),
			 STATUS_RECIPE);
	if (!strstr(err.text, "t.csv:5:15: the entries need 7 pages of 4096 bytes, and the "
			      "partition has room for 5: 0x8000 bytes would be enough"))
		fail_msg("%s", err.text);
}

static void names_can_be_checked_before_there_is_a_unit(void **state)
{
	static const char text[] = HEAD "ns,namespace,,\na,data,string,{serial}{x}\n"
					"b,data,string,{y}\nc,data,string,{{z}}\n";
	static const struct nvs_value some[] = { { "serial", "" } };
	const struct nvs_values known = { some, 1 };
	struct diag_list diags = { 0 };
	struct nvs_csv *t = read_text(text, &diags);

	(void)state;
	assert_non_null(t);
	assert_true(nvs_csv_has_name(t, "serial") && nvs_csv_has_name(t, "y"));
	assert_false(nvs_csv_has_name(t, "z") || nvs_csv_has_name(t, "seria"));
	assert_int_equal(nvs_csv_check_names(t, &known, &diags), STATUS_RECIPE);
	assert_int_equal(diags.error_count, 2);
	assert_int_equal(diags.items[0].line, 3);
	assert_int_equal(diags.items[0].column, 15);
	assert_string_equal(diags.items[0].text,
			    "key 'a': nothing is known for {x}; as plain text it is {{x}}");
	assert_int_equal(diags.items[1].line, 4);
	diag_list_release(&diags);
	nvs_csv_free(t);
}

static void all_that_is_wrong_with_rows_is_said_at_once(void **state)
{
	const char *got = messages(HEAD "ns,namespace,,\n"
					"a,data,u8,256\n"
					"b,date,u8,1\n"
					"c,data,u9,1\n"
					"d,file,string,no.such\n");

	(void)state;
	assert_string_equal(
		got,
		"t.csv:3:11: error: key 'a': the number is out of range: expected 0 to 255\n"
		"t.csv:4:3: error: unknown type: expected namespace, data or file, without blanks\n"
		"t.csv:5:8: error: unknown encoding: expected u8, i8, u16, i16, u32, i32, u64, "
		"i64, string, hex2bin, base64, binary, blob_fill(N;0xBB) or blob_sz_fill(N;0xBB), "
		"without blanks\n"
		"t.csv:6:15: error: key 'd': file no.such: No such file or directory\n");
}

static void rows_that_are_no_entries_are_refused_without_their_values(void **state)
{
	(void)state;
	refused("a,data," SECRET "\n", "t.csv:3:8: error: unknown encoding");
	refused("a," SECRET ",string,x\n", "t.csv:3:3: error: unknown type");
	refused(SECRET "!,data,u8,1\n", "t.csv:3:1: error: the key has 16 characters: expected 15");
	refused("a,data,string\n", "t.csv:3:8: error: the row has no value");
	refused("a,data,string,hello," SECRET "\n",
		"t.csv:3:21: error: the row has 5 cells, the first line 4: a value with commas");
	refused("a,data,u8," SECRET "\n", "(15 characters) is no whole number: expected 0 to 255");
	refused("a,data,i8,-129\n", "out of range: expected -128 to 127");
	refused("a,data,i8,18446744073709551615\n", "out of range");
	refused("a,data,u64,-1\n", "out of range");
	refused("a,data,u64,18446744073709551616\n", "out of range");
	refused("a,data,i64,9223372036854775808\n", "out of range");
	refused("a,data,i64,-9223372036854775809\n", "out of range");
	refused("a,data,u8,\n", "(0 characters) is no whole number");
	refused("a,data,u8,1.0\n", "is no whole number");
	refused("a,data,u8,0x\n", "is no whole number");
	refused("a,data,hex2bin," SECRET "\n", "character 1 of 15 is no hexadecimal digit");
	refused("a,data,base64,AAA\n", "3 characters of base64: expected a multiple of 4");
	refused("a,data,base64,AA=A\n", "character 4 of 4 does not belong there");
	refused("a,data,base64,AA==AAAA\n", "character 5 of 8 does not belong there");
	refused("a,data,base64,A===\n", "character 2 of 4 does not belong there");
	refused("a,data,blob_fill(1;0x0),\n", "unknown encoding");
	refused("a,data,blob_fill(999999999999;0x00),\n", "unknown encoding");
	refused("a,data,blob_fill(2;0x00),abc\n", "key 'a' has 3 bytes to fill up to 2");
	refused("a,file,string,blob-32.dat\n", "is not UTF-8 text: use the encoding binary");
	refused("{serial},data,u8,1\n", "t.csv:3:1: error: {serial} in a key");
	refused("a,data,u8,1\nb,data,u8,2\na,data,u8,3\n",
		"t.csv:5:1: error: key 'a' is there twice in its namespace (first in line 3)");
	refused("b,namespace,,\nns,namespace,,\n",
		"t.csv:4:1: error: namespace 'ns' is there twice: put its keys together (first in "
		"line 2)");
	refused(",data,u8,1\n", "t.csv:3:1: error: the key is empty");
}

static void the_first_line_has_to_name_the_columns(void **state)
{
	(void)state;
	assert_non_null(strstr(messages(""), "t.csv: error: nothing in it"));
	assert_non_null(strstr(messages("key,type,value\n"),
			       "t.csv:1:1: error: column 'encoding' is missing"));
	assert_non_null(strstr(messages("key,key,type,encoding,value\n"), "'key' is there twice"));
	assert_non_null(strstr(messages(HEAD "k,data,u8,1\n"),
			       "t.csv:2:1: error: key 'k' is in no namespace"));
}

static void digest_of(const char *rows, uint8_t sha256[static SHA256_BYTES])
{
	struct diag_list diags = { 0 };
	char text[400];
	struct nvs_csv *t;

	snprintf(text, sizeof(text), "%sns,namespace,,\n%s", HEAD, rows);
	t = read_text(text, &diags);
	assert_non_null(t);
	nvs_csv_digest(t, sha256);
	nvs_csv_free(t);
}

static void the_digest_changes_with_all_that_units_get(void **state)
{
	static const char *const differ[] = {
		"a,data,u8,1\n",
		"b,data,u8,1\n",
		"a,data,u16,1\n",
		"a,data,u8,2\n",
		"a,data,u8,{n}\n",
		"a,data,u8,{m}\n",
		"a,data,u16,{n}\n",
		"a,file,u8,{n}\n",
		"a,data,blob_fill(8;0x00),{n}\n",
		"a,data,blob_fill(8;0x01),{n}\n",
		"a,data,blob_fill(8;0x01),\n",
		"a,file,binary,blob-32.dat\n",
		"a,file,binary,blob-0.dat\n",
		"a,file,string,text.txt\n",
		"a,file,binary,text.txt\n",
		"a,data,u8,1\nb,namespace,,\n",
		"",
	};
	static const char *const same[] = { "a,data,u8,1\n", "# x\na,data,u8,\"0x01\"\r\n\n" };
	uint8_t digests[20][SHA256_BYTES], other[SHA256_BYTES];
	size_t count = sizeof(differ) / sizeof(differ[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		digest_of(differ[i], digests[i]);
		for (size_t j = 0; j < i; j++)
			if (memcmp(digests[i], digests[j], SHA256_BYTES) == 0)
				fail_msg("'%s' has the digest of '%s'", differ[i], differ[j]);
	}
	digest_of(same[1], other);
	assert_memory_equal(digests[0], other, SHA256_BYTES);
	digest_of(same[0], other);
	assert_memory_equal(digests[0], other, SHA256_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_the_units_values),
		cmocka_unit_test(other_braces_stand_for_themselves),
		cmocka_unit_test(a_value_that_does_not_do_is_refused_with_its_place),
		cmocka_unit_test(what_does_not_fit_names_the_first_row_without_room),
		cmocka_unit_test(names_can_be_checked_before_there_is_a_unit),
		cmocka_unit_test(all_that_is_wrong_with_rows_is_said_at_once),
		cmocka_unit_test(rows_that_are_no_entries_are_refused_without_their_values),
		cmocka_unit_test(the_first_line_has_to_name_the_columns),
		cmocka_unit_test(the_digest_changes_with_all_that_units_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
