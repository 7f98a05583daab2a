/* NVS partitions: byte for byte what Espressif's generator makes, and readable in general. */
#include "recipes/nvs/nvs_csv.h"
#include "recipes/read_file.h"
#include "tests/recipes/nvs_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FOLDER SOURCE_DIR "/tests/recipes/nvs/"

static uint8_t *read_all(const char *name, size_t *size)
{
	char path[400];
	uint8_t *data;
	struct err err;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	if (read_file(path, 1 << 20, &data, size, &err))
		fail_msg("%s: %s", path, err.text);
	return data;
}

/* ---- golden images ---- */

static void compare_with_golden(const char *name, uint32_t size, enum nvs_version version)
{
	struct diag_list diags = { 0 };
	struct nvs_result result;
	struct nvs_csv *csv;
	char path[400];
	size_t golden_size;
	uint8_t *golden, *image = malloc(size);
	struct err err;

	assert_non_null(image);
	snprintf(path, sizeof(path), FOLDER "%s.csv", name);
	if (nvs_csv_read_file(path, &csv, &diags, &err))
		fail_msg("%s: %s, line %u", err.text, diags.items[0].text, diags.items[0].line);
	if (nvs_csv_image(csv, NULL, version, size, image, &result, &err))
		fail_msg("%s", err.text);
	snprintf(path, sizeof(path), "%s.bin", name);
	golden = read_all(path, &golden_size);
	assert_int_equal(size, golden_size);
	for (size_t i = 0; i < size; i++)
		if (image[i] != golden[i])
			fail_msg("%s: byte 0x%zx is %02x, expected %02x", name, i, image[i],
				 golden[i]);
	nvs_csv_free(csv);
	free(golden);
	free(image);
}

static void every_golden_image_is_made_byte_for_byte(void **state)
{
	FILE *cases = fopen(FOLDER "cases", "r");
	char line[200], name[100];
	unsigned size, version, count = 0;

	(void)state;
	assert_non_null(cases);
	while (fgets(line, sizeof(line), cases)) {
		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%99s %x %u", name, &size, &version), 3);
		compare_with_golden(name, size, version == 1 ? NVS_VERSION_1 : NVS_VERSION_2);
		count++;
	}
	fclose(cases);
	assert_true(count >= 18);
}

static void the_second_reader_finds_nothing_wrong_with_golden_images(void **state)
{
	static const struct {
		const char *file;
		size_t values, namespaces;
	} rows[] = {
		{ "every_encoding.bin", 40, 3 }, { "partition_full.bin", 251, 1 },
		{ "blob_no_room.bin", 247, 2 },  { "blob_three_pages.bin", 3, 1 },
		{ "namespaces.bin", 3, 254 },    { "version_1.bin", 6, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct read_image r;
		size_t size;
		uint8_t *golden = read_all(rows[i].file, &size);

		nvs_read(golden, size, &r);
		assert_string_equal(r.wrong, "");
		assert_int_equal(r.count, rows[i].values);
		assert_int_equal(r.namespaces, rows[i].namespaces);
		nvs_read_release(&r);
		free(golden);
	}
}

/* ---- any entries ---- */

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 1) * below >> 31);
}

#define DRAWN_MAX 400

struct drawn {
	struct nvs_entry entries[DRAWN_MAX];
	char keys[DRAWN_MAX][16];
	size_t count;
	uint8_t *pool;
};
#define POOL_BYTES 40000

/* Sizes near the ends of entries and pages are more likely than others. */
static size_t draw_size(size_t max)
{
	static const size_t edges[] = { 0, 1, 31, 32, 33, 1984, 3936, 3968, 3999, 4000, 8000 };
	size_t size = draw(3) ? draw(200) : draw(2) ? edges[draw(11)] : draw((uint32_t)max + 1);

	return size > max ? max : size;
}

static void draw_entry(struct drawn *d, enum nvs_version version)
{
	struct nvs_entry *e = &d->entries[d->count];
	enum nvs_type type = d->count ? (enum nvs_type)draw(NVS_BLOB + 1) : NVS_NAMESPACE;
	size_t max = version == NVS_VERSION_1 ? NVS_VERSION_1_MAX - 1 : NVS_STRING_MAX;

	snprintf(d->keys[d->count], 16, "%s%zu%.*s", type == NVS_NAMESPACE ? "ns" : "k", d->count,
		 (int)draw(9), "_________");
	*e = (struct nvs_entry){ .key = d->keys[d->count], .type = type };
	d->count++;
	if (type == NVS_STRING) {
		e->size = draw_size(max);
		e->data = d->pool + draw(POOL_BYTES / 2);
	} else if (type == NVS_BLOB) {
		e->size = draw_size(version == NVS_VERSION_1 ? max + 1 : 13000);
		e->data = d->pool + draw(POOL_BYTES / 2);
	} else if (type != NVS_NAMESPACE) {
		do
			e->number =
				((uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX)) >> draw(64);
		while (!nvs_fits(type, e->number) && !nvs_fits(type, e->number = 0 - e->number));
	}
}

static void compare_value(const struct nvs_entry *e, const char *namespace,
			  const struct read_image *r)
{
	static const uint64_t masks[] = {
		[1] = UINT8_MAX, [2] = UINT16_MAX, [4] = UINT32_MAX, [8] = UINT64_MAX
	};
	const struct read_value *v = nvs_read_find(r, namespace, e->key);

	if (!v) {
		fail_msg("seed %u: %s in %s is not there", seed, e->key, namespace);
		return;
	}
	if (e->type != NVS_STRING && e->type != NVS_BLOB) {
		assert_int_equal(v->number, e->number & masks[v->type & 0xf]);
		return;
	}
	assert_int_equal(v->size, e->size + (e->type == NVS_STRING));
	assert_memory_equal(v->data, e->data, e->size);
	assert_true(e->type == NVS_BLOB || v->data[e->size] == 0);
}

static void check_drawn(const struct drawn *d, enum nvs_version version)
{
	struct nvs_content content = { d->entries, d->count, version };
	struct nvs_result result;
	const char *namespace = "";
	struct read_image r;
	struct err err;
	size_t size, values = 0;
	uint8_t *image;

	assert_int_equal(nvs_image(&content, NVS_SIZE_MAX, NULL, &result, &err), STATUS_OK);
	size = (result.pages < 2 ? 3 : result.pages + 1) * NVS_PAGE_BYTES;
	image = malloc(size);
	assert_non_null(image);
	assert_int_equal(nvs_image(&content, (uint32_t)size, image, &result, &err), STATUS_OK);
	nvs_read(image, size, &r);
	assert_string_equal(r.wrong, "");
	assert_int_equal(r.pages, result.pages);
	for (size_t i = 0; i < d->count; i++) {
		if (d->entries[i].type == NVS_NAMESPACE) {
			namespace = d->entries[i].key;
			continue;
		}
		values++;
		compare_value(&d->entries[i], namespace, &r);
	}
	assert_int_equal(r.count, values);
	nvs_read_release(&r);
	if (result.pages > 2) { /* one page less, and no byte behind what there is */
		size -= NVS_PAGE_BYTES;
		free(image);
		image = malloc(size);
		assert_non_null(image);
		assert_int_equal(nvs_image(&content, (uint32_t)size, image, &result, &err),
				 STATUS_RECIPE);
		assert_int_equal(result.pages, size / NVS_PAGE_BYTES);
	}
	free(image);
}

static void whatever_was_written_is_read_back_by_other_code(void **state)
{
	struct drawn *d = calloc(1, sizeof(*d));

	(void)state;
	assert_non_null(d);
	d->pool = malloc(POOL_BYTES);
	assert_non_null(d->pool);
	seed = 1;
	for (size_t i = 0; i < POOL_BYTES; i++) /* no zero byte: it is for strings as well */
		d->pool[i] = (uint8_t)(1 + draw(255));
	for (unsigned round = 0; round < 400; round++) {
		enum nvs_version version = round % 4 ? NVS_VERSION_2 : NVS_VERSION_1;
		size_t count = 1 + draw(round % 10 ? 60 : DRAWN_MAX);

		for (d->count = 0; d->count < count;)
			draw_entry(d, version);
		check_drawn(d, version);
	}
	free(d->pool);
	free(d);
}

static void a_string_that_fills_a_page_is_written_where_the_generator_gives_up(void **state)
{
	static uint8_t text[NVS_STRING_MAX + 1];
	static uint8_t image[4 * NVS_PAGE_BYTES];
	struct nvs_entry entries[] = {
		{ .key = "ns", .type = NVS_NAMESPACE },
		{ .key = "text", .type = NVS_STRING, .data = text, .size = NVS_STRING_MAX },
		{ .key = "behind", .type = NVS_U8, .number = 7 },
	};
	struct nvs_content content = { entries, 3, NVS_VERSION_2 };
	struct nvs_result result;
	struct read_image r;
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(nvs_image(&content, sizeof(image), image, &result, &err), STATUS_OK);
	assert_int_equal(result.pages, 3);
	nvs_read(image, sizeof(image), &r);
	assert_string_equal(r.wrong, "");
	assert_int_equal(nvs_read_find(&r, "ns", "text")->size, 4000);
	assert_int_equal(nvs_read_find(&r, "ns", "behind")->number, 7);
	nvs_read_release(&r);
	entries[1].size++;
	assert_int_equal(nvs_image(&content, sizeof(image), image, &result, &err), STATUS_RECIPE);
	assert_int_equal(result.entry, 1);
	assert_false(result.is_key);
}

/* ---- what is refused ---- */

static void refused(const struct nvs_entry *entries, size_t count, uint32_t size, size_t entry,
		    const char *expected)
{
	static uint8_t image[8 * NVS_PAGE_BYTES];
	struct nvs_content content = { entries, count, NVS_VERSION_2 };
	struct nvs_result result;
	struct err err = { 0 };

	assert_int_equal(nvs_image(&content, size, image, &result, &err), STATUS_RECIPE);
	if (!strstr(err.text, expected))
		fail_msg("'%s' does not say '%s'", err.text, expected);
	assert_int_equal(result.entry, entry);
}

static void entries_that_the_chip_would_not_take_are_refused(void **state)
{
	static const struct nvs_entry no_namespace[] = { { .key = "k", .type = NVS_U8 } };
	static const struct nvs_entry long_key[] = { { .key = "ns", .type = NVS_NAMESPACE },
						     { .key = "0123456789abcdef",
						       .type = NVS_U8 } };
	static const struct nvs_entry empty_key[] = { { .key = "", .type = NVS_NAMESPACE } };
	static const struct nvs_entry foreign_key[] = { { .key = "n\xc3\xa4",
							  .type = NVS_NAMESPACE } };
	static const struct nvs_entry twice[] = { { .key = "a", .type = NVS_NAMESPACE },
						  { .key = "k", .type = NVS_U8 },
						  { .key = "b", .type = NVS_NAMESPACE },
						  { .key = "k", .type = NVS_U8 },
						  { .key = "k", .type = NVS_STRING } };
	static const struct nvs_entry again[] = { { .key = "a", .type = NVS_NAMESPACE },
						  { .key = "b", .type = NVS_NAMESPACE },
						  { .key = "a", .type = NVS_NAMESPACE } };
	static const struct nvs_entry large[] = { { .key = "a", .type = NVS_NAMESPACE },
						  { .key = "k", .type = NVS_I8, .number = 128 } };
	static const struct nvs_entry zero[] = {
		{ .key = "a", .type = NVS_NAMESPACE },
		{ .key = "k", .type = NVS_STRING, .data = (const uint8_t *)"a\0b", .size = 3 }
	};

	(void)state;
	refused(no_namespace, 1, 0x3000, 0, "key 'k' is in no namespace");
	refused(long_key, 2, 0x3000, 1, "the key has 16 characters: expected 15 at most");
	refused(empty_key, 1, 0x3000, 0, "the namespace's name is empty");
	refused(foreign_key, 1, 0x3000, 0, "holds byte 0xc3");
	refused(twice, 5, 0x3000, 4, "key 'k' is there twice");
	refused(again, 3, 0x3000, 2, "namespace 'a' is there twice");
	refused(large, 2, 0x3000, 1, "out of range: expected -128 to 127");
	refused(zero, 2, 0x3000, 1, "holds a zero byte");
	refused(large, 1, 0, 1, "expected a multiple of 0x1000");
	refused(large, 1, 0x3001, 1, "expected a multiple of 0x1000");
}

static void too_many_namespaces_are_refused(void **state)
{
	static char keys[255][8];
	struct nvs_entry entries[255] = { { 0 } };

	(void)state;
	for (size_t i = 0; i < 255; i++) {
		snprintf(keys[i], sizeof(keys[i]), "n%zu", i);
		entries[i] = (struct nvs_entry){ .key = keys[i], .type = NVS_NAMESPACE };
	}
	refused(entries, 255, 0x5000, 254, "one too many: expected 254 at most");
}

static void what_does_not_fit_is_told_how_much_would(void **state)
{
	static uint8_t data[8000];
	const struct nvs_entry entries[] = {
		{ .key = "ns", .type = NVS_NAMESPACE },
		{ .key = "small", .type = NVS_U8 },
		{ .key = "large", .type = NVS_BLOB, .data = data, .size = sizeof(data) },
	};

	(void)state;
	refused(entries, 3, 0x3000, 2,
		"need 3 pages of 4096 bytes, and the partition has room for 2: 0x4000 bytes");
	refused(entries, 3, 0x1000, 2, "room for 1: 0x4000 bytes");
}

static void ranges_end_where_the_types_do(void **state)
{
	(void)state;
	assert_true(nvs_fits(NVS_I8, (uint64_t)-128) && !nvs_fits(NVS_I8, (uint64_t)-129));
	assert_true(nvs_fits(NVS_U8, 255) && !nvs_fits(NVS_U8, 256));
	assert_true(nvs_fits(NVS_I16, (uint64_t)INT16_MIN) && !nvs_fits(NVS_U16, 65536));
	assert_true(nvs_fits(NVS_I32, INT32_MAX) && !nvs_fits(NVS_I32, INT32_MAX + UINT64_C(1)));
	assert_true(nvs_fits(NVS_U32, UINT32_MAX) && !nvs_fits(NVS_U32, UINT64_C(1) << 32));
	assert_true(nvs_fits(NVS_U64, UINT64_MAX) && nvs_fits(NVS_I64, (uint64_t)INT64_MIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_golden_image_is_made_byte_for_byte),
		cmocka_unit_test(the_second_reader_finds_nothing_wrong_with_golden_images),
		cmocka_unit_test(whatever_was_written_is_read_back_by_other_code),
		cmocka_unit_test(
			a_string_that_fills_a_page_is_written_where_the_generator_gives_up),
		cmocka_unit_test(entries_that_the_chip_would_not_take_are_refused),
		cmocka_unit_test(too_many_namespaces_are_refused),
		cmocka_unit_test(what_does_not_fit_is_told_how_much_would),
		cmocka_unit_test(ranges_end_where_the_types_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
