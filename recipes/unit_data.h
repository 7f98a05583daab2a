/*
 * data: of a recipe: what each unit gets for itself. For each entry one NVS partition, made of a
 * template (recipes/nvs/nvs_csv.h), of what is known about the unit, and of its row in a values
 * file. docs/unit-data.md tells people.
 *
 * Immutable once made; any thread may make images of it. Images may hold secrets: whoever has
 * one wipes it (engine/base/secret.h).
 */
#ifndef RECIPES_UNIT_DATA_H
#define RECIPES_UNIT_DATA_H

#include "recipes/inspect.h"
#include "recipes/page.h"
#include "recipes/schema.h"
#include "recipes/unit_values.h"

#define UNIT_PARTS_MAX 8

/* How a unit's row in the values file is found: by the column of that name. */
enum unit_key { UNIT_KEY_NONE, UNIT_KEY_MAC, UNIT_KEY_SERIAL };

struct unit_part {
	char *partition;
	uint32_t addr, size_bytes;         /* the whole partition */
	char *template_name, *values_name; /* as the recipe has them; values NULL: none */
	struct nvs_csv *template;
	struct unit_values *values; /* NULL: none */
	enum unit_key key;
	enum nvs_version version;
	bool is_secret; /* no digest of it is told or kept */
	bool needs_mac, needs_serial, needs_batch;
	size_t usual_packed_bytes; /* of the first row's unit */
};

struct unit_data {
	struct unit_part *parts;
	size_t count;
	struct flash_range *ranges; /* of the parts: flash_plan.own_ranges */
	size_t packed_bytes;        /* of all parts */
};

/* What is known about a unit; NULL: not. */
struct unit_id {
	const char *mac; /* "24:0a:c4:00:01:10" */
	const char *serial, *batch;
};

/* One entry of data:, for the recipe's rows. */
extern const struct schema_row unit_data_rows[];

/*
 * What the recipe says, checked against its partition table and images; templates and values files
 * are read, and an image is made of every row, so that no row fails at the line. in: inspected,
 * its serial taken. Everything wrong goes to diags. *out is NULL without `data`, and after an
 * error. Where any of it is secret the process is guarded from then on (engine/base/secret.h).
 * STATUS_NO_MEMORY.
 */
enum status unit_data_take(const struct inspection *in, const char *path, struct unit_data **out,
			   struct diag_list *diags, struct err *err);
void unit_data_free(struct unit_data *d);
/* Is there a values file? Its rows change while the recipe stays the same. d NULL: no. */
bool unit_data_has_values(const struct unit_data *d);
/* Does any of it hold what nobody may see? d NULL: no. */
bool unit_data_is_secret(const struct unit_data *d);

/* Hides in text what is secret of this unit, as far as it is known: the unit itself may tell it, on
 * its console. Any thread. d NULL: nothing. */
void unit_data_hide(const struct unit_data *d, const struct unit_id *unit, char *text);

/* NULL: all is known that the part needs; else what is not: "its serial number". */
const char *unit_part_lacks(const struct unit_part *p, const struct unit_id *unit);

/*
 * size_bytes of the part, for this unit, into image. STATUS_SERIAL_MISSING;
 * STATUS_UNIT_DATA_MISSING: the values file has no row for it, or the batch is not named;
 * STATUS_UNIT_DATA_BAD: the values do not go into the template; STATUS_NO_MEMORY. err shows keys,
 * places and lengths, no value. image may be NULL: only judged.
 */
enum status unit_part_image(const struct unit_part *p, const struct unit_id *unit, uint8_t *image,
			    struct err *err);

/* Its lines of the canonical form. d NULL: none. */
void unit_data_canonical(const struct unit_data *d, struct page *t);

/* One key of a part as 'flashline check' shows it for the first unit. */
struct unit_line {
	const char *space, *key, *encoding; /* its namespace; "string", "u8" */
	bool is_secret;                     /* value is "" then */
	char value[200];                    /* cut to that; of a file: its name */
};
/* false: there is no i-th. */
bool unit_part_line(const struct unit_part *p, const struct plan_serial *serial, size_t i,
		    struct unit_line *line);

#endif
