#include "station/json.h"

#include "station/record_of.h"

#include <jansson.h>

static json_t *limit(bool has_limit, double value)
{
	return has_limit ? json_real(value) : json_null();
}

static json_t *json_measurement(const struct record_measurement *m)
{
	json_t *object = json_object();

	json_object_set_new(object, "step", json_text(m->step));
	json_object_set_new(object, "name", json_text(m->name));
	json_object_set_new(object, "value", limit(m->has_value, m->value));
	json_object_set_new(object, "text", json_text(m->text));
	json_object_set_new(object, "unit", json_text(m->unit));
	json_object_set_new(object, "low", limit(m->has_low, m->low));
	json_object_set_new(object, "high", limit(m->has_high, m->high));
	json_object_set_new(object, "outcome", json_text(m->outcome));
	return object;
}

json_t *json_measurements(const struct flash_report *r)
{
	struct record_measurements all;
	json_t *array = json_array();

	record_of_measurements(r, &all);
	for (size_t i = 0; i < all.count; i++)
		json_array_append_new(array, json_measurement(&all.items[i]));
	return array;
}
