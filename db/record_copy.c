#include "db/record_copy.h"

#include "db/fields.h"

#include <stdlib.h>
#include <string.h>

struct record_result *record_result_copy(const struct record_result *result)
{
	size_t steps_bytes = result->step_count * sizeof(struct record_step);
	size_t values_bytes = result->measurement_count * sizeof(struct record_measurement);
	size_t log_bytes = result->log ? strlen(result->log) + 1 : 0;
	size_t text_bytes = fields_text_bytes(&result_fields, result) + log_bytes;

	for (size_t i = 0; i < result->step_count; i++)
		text_bytes += fields_text_bytes(&step_fields, &result->steps[i]);

	for (size_t i = 0; i < result->measurement_count; i++)
		text_bytes += fields_text_bytes(&measurement_fields, &result->measurements[i]);

	/* Record, steps, values, texts: in the order of what they need as alignment. */
	struct record_result *copy =
		malloc(sizeof(*copy) + steps_bytes + values_bytes + text_bytes);
	if (!copy)
		return NULL;
	struct record_step *steps = (struct record_step *)(copy + 1);
	struct record_measurement *values =
		(struct record_measurement *)((char *)steps + steps_bytes);
	char *room = (char *)values + values_bytes;

	*copy = *result;
	fields_copy_texts(&result_fields, copy, &room);
	if (steps_bytes)
		memcpy(steps, result->steps, steps_bytes);
	copy->steps = steps;
	for (size_t i = 0; i < result->step_count; i++)
		fields_copy_texts(&step_fields, &steps[i], &room);
	if (values_bytes)
		memcpy(values, result->measurements, values_bytes);
	copy->measurements = values;
	for (size_t i = 0; i < result->measurement_count; i++)
		fields_copy_texts(&measurement_fields, &values[i], &room);
	if (result->log)
		copy->log = memcpy(room, result->log, log_bytes);
	return copy;
}
