#include "db/record_copy.h"

#include "db/decide_fields.h"
#include "db/fields.h"

#include <stdlib.h>
#include <string.h>

/* The arrays of a result: where their address and their length stand in it. In the order of what
 * they need as alignment, which is the same for all. */
static const struct part {
	const struct field_table *table;
	size_t rows_at, count_at;
} parts[] = {
	{ &step_fields, offsetof(struct record_result, steps),
	  offsetof(struct record_result, step_count) },
	{ &measurement_fields, offsetof(struct record_result, measurements),
	  offsetof(struct record_result, measurement_count) },
	{ &unit_image_fields, offsetof(struct record_result, unit_images),
	  offsetof(struct record_result, unit_image_count) },
};
#define PART_COUNT (sizeof(parts) / sizeof(parts[0]))

static const char *rows_of(const struct record_result *result, const struct part *part)
{
	const char *rows;

	memcpy(&rows, (const char *)result + part->rows_at, sizeof(rows));
	return rows;
}

static size_t count_of(const struct record_result *result, const struct part *part)
{
	size_t count;

	memcpy(&count, (const char *)result + part->count_at, sizeof(count));
	return count;
}

static size_t bytes_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Everything behind the result itself: rows, the end of its serial number, texts. */
static size_t bytes_behind(const struct record_result *result)
{
	size_t bytes = fields_text_bytes(&result_fields, result) + bytes_of(result->log) +
		       bytes_of(result->console);

	for (size_t i = 0; i < PART_COUNT; i++)
		for (size_t row = 0; row < count_of(result, &parts[i]); row++) {
			size_t size = parts[i].table->record_bytes;

			bytes += size + fields_text_bytes(parts[i].table,
							  rows_of(result, &parts[i]) + row * size);
		}
	if (result->serial_end)
		bytes += sizeof(*result->serial_end) +
			 fields_text_bytes(&decide_row(RECORD_SERIAL_STATE)->fields,
					   result->serial_end);
	return bytes;
}

static const char *copy_text(const char *text, char **room)
{
	const char *copy = *room;

	if (!text)
		return NULL;
	memcpy(*room, text, strlen(text) + 1);
	*room += strlen(text) + 1;
	return copy;
}

/* The rows themselves first, so that no text comes between what has to be aligned. */
static void copy_rows(const struct record_result *result, struct record_result *copy, char **room)
{
	for (size_t i = 0; i < PART_COUNT; i++) {
		size_t bytes = count_of(result, &parts[i]) * parts[i].table->record_bytes;

		if (bytes)
			memcpy(*room, rows_of(result, &parts[i]), bytes);
		memcpy((char *)copy + parts[i].rows_at, room, sizeof(*room));
		*room += bytes;
	}
	if (result->serial_end) {
		memcpy(*room, result->serial_end, sizeof(*result->serial_end));
		memcpy(&copy->serial_end, room, sizeof(*room));
		*room += sizeof(*result->serial_end);
	}
}

static void copy_texts(struct record_result *copy, char **room)
{
	fields_copy_texts(&result_fields, copy, room);
	for (size_t i = 0; i < PART_COUNT; i++)
		for (size_t row = 0; row < count_of(copy, &parts[i]); row++)
			fields_copy_texts(parts[i].table,
					  (char *)rows_of(copy, &parts[i]) +
						  row * parts[i].table->record_bytes,
					  room);
	if (copy->serial_end)
		fields_copy_texts(&decide_row(RECORD_SERIAL_STATE)->fields,
				  (void *)copy->serial_end, room);
	copy->console = copy_text(copy->console, room);
	copy->log = copy_text(copy->log, room);
}

struct record_result *record_result_copy(const struct record_result *result)
{
	struct record_result *copy = malloc(sizeof(*copy) + bytes_behind(result));

	if (!copy)
		return NULL;
	char *room = (char *)(copy + 1);

	*copy = *result;
	copy_rows(result, copy, &room);
	copy_texts(copy, &room);
	return copy;
}
