/*
 * bad/NAME.yaml is a recipe that has to be refused, bad/NAME.txt every message
 * that it has to get, in order. Image files are those of world.h.
 */
#include "tests/recipes/world.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BAD_FOLDER SOURCE_DIR "/tests/recipes/bad"

static struct world w;

static int make(void **state)
{
	(void)state;
	world_make(&w);
	return 0;
}

static int remove_world(void **state)
{
	(void)state;
	world_remove(&w);
	return 0;
}

static char *read_text(const char *path)
{
	static char text[20000];
	FILE *f = fopen(path, "rb");
	size_t size;

	if (!f)
		return strcpy(text, "(no such file)");
	size = fread(text, 1, sizeof(text) - 1, f);
	text[size] = '\0';
	fclose(f);
	return text;
}

static bool is_refused_as_written(const char *name)
{
	char path[500], yaml[20000];
	const char *got, *want;

	snprintf(path, sizeof(path), BAD_FOLDER "/%s.yaml", name);
	strcpy(yaml, read_text(path));
	snprintf(path, sizeof(path), BAD_FOLDER "/%s.txt", name);
	world_load(&w, yaml);
	got = world_messages(&w);
	want = read_text(path);
	if (!w.plan && w.diags.error_count && w.err.status == STATUS_RECIPE &&
	    strcmp(got, want) == 0)
		return true;
	fprintf(stderr, "%s\n-- got\n%s-- expected\n%s", name, got, want);
	return false;
}

static void every_bad_recipe_is_refused_with_just_its_messages(void **state)
{
	DIR *d = opendir(BAD_FOLDER);
	unsigned wrong = 0, seen = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d))) {
		char *dot = strstr(entry->d_name, ".yaml");

		if (!dot)
			continue;
		*dot = '\0';
		seen++;
		wrong += !is_refused_as_written(entry->d_name);
	}
	closedir(d);
	assert_true(seen > 40);
	assert_int_equal(wrong, 0);
}

static void a_recipe_that_is_no_file_is_refused_by_name(void **state)
{
	(void)state;
	assert_int_equal(world_load_file(&w, "nowhere.yaml"), STATUS_RECIPE);
	assert_string_equal(world_messages(&w),
			    "nowhere.yaml:1:1: error: No such file or directory\n");
	assert_int_equal(world_load_file(&w, "esp32"), STATUS_RECIPE);
	assert_string_equal(world_messages(&w), "esp32:1:1: error: is a directory\n");
	assert_int_equal(world_load_file(&w, "empty.bin"), STATUS_RECIPE);
	assert_string_equal(world_messages(&w), "empty.bin:1:1: error: the file is empty\n");
	assert_int_equal(world_load_file(&w, "esp32/app.bin"), STATUS_RECIPE);
	assert_int_equal(w.diags.count, 1);
}

static void a_recipe_larger_than_a_megabyte_is_refused_in_one_line(void **state)
{
	size_t size = 8 * 1024 * 1024;
	char *text = malloc(size);

	(void)state;
	memset(text, '[', size);
	world_write(&w, "nested.yaml", text, size);
	free(text);
	assert_int_equal(world_load_file(&w, "nested.yaml"), STATUS_RECIPE);
	assert_string_equal(world_messages(&w),
			    "nested.yaml:1:1: error: larger than 1 MiB: this is no recipe\n");
}

static void a_thousand_errors_are_a_hundred_lines(void **state)
{
	char *text = calloc(1, 40000);
	size_t used = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		used += (size_t)sprintf(text + used, "key%u: 1\n", i);
	assert_int_equal(world_load(&w, text), STATUS_RECIPE);
	assert_int_equal(w.diags.count, 101);
	assert_true(w.diags.error_count >= 1000);
	assert_non_null(strstr(world_messages(&w), "the rest is not shown"));
	free(text);
}

static void no_message_is_more_than_one_line(void **state)
{
	(void)state;
	assert_int_equal(world_load(&w, "\"a\\nb\": 1\nrecipe: x\nimages: [{file: \"no\\nfile\", "
					"address: 0}]\ntarget: {chip: \"e\\x1b[2Jp\"}\n"),
			 STATUS_RECIPE);
	for (size_t i = 0; i < w.diags.count; i++)
		for (const char *c = w.diags.items[i].text; *c; c++)
			assert_true((unsigned char)*c >= 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_recipe_is_refused_with_just_its_messages),
		cmocka_unit_test(a_recipe_that_is_no_file_is_refused_by_name),
		cmocka_unit_test(a_recipe_larger_than_a_megabyte_is_refused_in_one_line),
		cmocka_unit_test(a_thousand_errors_are_a_hundred_lines),
		cmocka_unit_test(no_message_is_more_than_one_line),
	};

	return cmocka_run_group_tests(tests, make, remove_world);
}
