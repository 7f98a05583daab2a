#include "db/fields.h"

#include "db/record.h"

#include <stdint.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define IMAGE(member) offsetof(struct record_image, member)
#define RUN(member) offsetof(struct record_run, member)
#define RESULT(member) offsetof(struct record_result, member)
#define STEP(member) offsetof(struct record_step, member)
#define MEASUREMENT(member) offsetof(struct record_measurement, member)
#define UNIT_IMAGE(member) offsetof(struct record_unit_image, member)

/* clang-format off */
static const struct field image_rows[] = {
	{ "sha256",    FIELD_TEXT, IMAGE(sha256),    0 },
	{ "file",      FIELD_TEXT, IMAGE(file),      0 },
	{ "addr",      FIELD_INT,  IMAGE(addr),      0 },
	{ "kind",      FIELD_TEXT, IMAGE(kind),      0 },
	{ "partition", FIELD_TEXT, IMAGE(partition), 0 },
};

static const struct field run_rows[] = {
	{ "run_id",         FIELD_TEXT, RUN(run_id),         0 },
	{ "kind",           FIELD_TEXT, RUN(kind),           0 },
	{ "slot",           FIELD_TEXT, RUN(slot),           0 },
	{ "node",           FIELD_TEXT, RUN(node),           0 },
	{ "usb_path",       FIELD_TEXT, RUN(usb_path),       0 },
	{ "start_utc_ms",   FIELD_INT,  RUN(start_utc_ms),   0 },
	{ "recipe_digest",  FIELD_TEXT, RUN(recipe_digest),  0 },
	{ "operator",       FIELD_TEXT, RUN(operator_name),  0 },
	{ "batch",          FIELD_TEXT, RUN(batch),          0 },
	{ "serial",         FIELD_TEXT, RUN(serial),         0 },
	{ "bridge",         FIELD_TEXT, RUN(bridge),         0 },
	{ "bridge_vid_pid", FIELD_TEXT, RUN(bridge_vid_pid), 0 },
	{ "bridge_serial",  FIELD_TEXT, RUN(bridge_serial),  0 },
	{ "bridge_product", FIELD_TEXT, RUN(bridge_product), 0 },
	{ "bridge_release", FIELD_TEXT, RUN(bridge_release), 0 },
	{ "bridge_driver",  FIELD_TEXT, RUN(bridge_driver),  0 },
	{ "start_way",      FIELD_TEXT, RUN(start_way),      0 },
	{ "nest",           FIELD_INT_NOT_ZERO, RUN(nest),   0 },
	{ "purpose",        FIELD_TEXT, RUN(purpose),        0 },
};

static const struct field result_rows[] = {
	{ "run_id",        FIELD_TEXT, RESULT(run_id),           0 },
	{ "outcome",       FIELD_TEXT, RESULT(outcome),          0 },
	{ "code",          FIELD_TEXT, RESULT(code),             0 },
	{ "party",         FIELD_TEXT, RESULT(party),            0 },
	{ "proof",         FIELD_TEXT, RESULT(proof),            0 },
	{ "detail",        FIELD_TEXT, RESULT(detail),           0 },
	{ "device_code",   FIELD_TEXT, RESULT(device_code),      0 },
	{ "end_utc_ms",    FIELD_INT,  RESULT(end_utc_ms),       0 },
	{ "duration_us",   FIELD_INT,  RESULT(duration_us),      0 },
	{ "mac",           FIELD_TEXT, RESULT(mac),              0 },
	{ "custom_mac",    FIELD_TEXT, RESULT(custom_mac),       0 },
	{ "duplicate_mac", FIELD_BOOL, RESULT(is_duplicate_mac), 0 },
	{ "chip",          FIELD_TEXT, RESULT(chip),             0 },
	{ "package",       FIELD_TEXT, RESULT(package),          0 },
	{ "revision",      FIELD_TEXT, RESULT(revision),         0 },
	{ "features",      FIELD_TEXT, RESULT(features),         0 },
	{ "crystal_mhz",   FIELD_INT,  RESULT(crystal_mhz),      RESULT(has_crystal) },
	{ "flash_id",      FIELD_TEXT, RESULT(flash_id),         0 },
	{ "flash_bytes",   FIELD_INT,  RESULT(flash_bytes),      RESULT(has_flash_bytes) },
	{ "security",      FIELD_TEXT, RESULT(security),         0 },
	{ "embedded_flash_bytes", FIELD_INT_NOT_ZERO, RESULT(embedded_flash_bytes), 0 },
	{ "embedded_psram_bytes", FIELD_INT, RESULT(embedded_psram_bytes), RESULT(has_embedded_psram) },
	{ "secure_boot",      FIELD_BOOL, RESULT(secure_boot),      RESULT(has_security) },
	{ "flash_encryption", FIELD_BOOL, RESULT(flash_encryption), RESULT(has_security) },
	{ "secure_download",  FIELD_BOOL, RESULT(secure_download),  RESULT(has_security) },
	{ "security_flags",   FIELD_TEXT, RESULT(security_flags),   0 },
	{ "secure_boot_v1",   FIELD_BOOL, RESULT(secure_boot_v1),   RESULT(has_security) },
	{ "crypt_count",      FIELD_INT,  RESULT(crypt_count),      RESULT(has_crypt_count) },
	{ "key_purposes",     FIELD_TEXT, RESULT(key_purposes),     0 },
	{ "flash_status",     FIELD_TEXT, RESULT(flash_status),     0 },
	{ "flash_status_set", FIELD_TEXT, RESULT(flash_status_set), 0 },
	{ "loader",        FIELD_TEXT, RESULT(loader),           0 },
	{ "rate_asked",    FIELD_INT,  RESULT(rate_asked),       RESULT(has_rate) },
	{ "rate_actual",   FIELD_INT,  RESULT(rate_actual),      RESULT(has_rate) },
	{ "ram_block_bytes",  FIELD_INT_NOT_ZERO, RESULT(ram_block_bytes),  0 },
	{ "data_block_bytes", FIELD_INT_NOT_ZERO, RESULT(data_block_bytes), 0 },
	{ "pace_bytes",    FIELD_INT,  RESULT(pace_bytes),       RESULT(has_pace) },
	{ "generation",    FIELD_INT,  RESULT(generation),       RESULT(has_generation) },
	{ "tries",         FIELD_INT,  RESULT(tries),            0 },
	{ "rungs",         FIELD_TEXT, RESULT(rungs),            0 },
	{ "rescued",       FIELD_BOOL, RESULT(is_rescued),       0 },
	{ "evidence",      FIELD_TEXT, RESULT(evidence),         0 },
	{ "suspects",      FIELD_TEXT, RESULT(suspects),         0 },
	{ "advice",        FIELD_TEXT, RESULT(advice),           0 },
	{ "raw_bytes",     FIELD_INT,  RESULT(raw_bytes),        0 },
	{ "wire_bytes",    FIELD_INT,  RESULT(wire_bytes),       0 },
	{ "skipped_bytes", FIELD_INT,  RESULT(skipped_bytes),    0 },
	{ "data_us",       FIELD_INT_NOT_ZERO, RESULT(data_us),  0 },
};

static const struct field step_rows[] = {
	{ "try_no",   FIELD_INT,  STEP(try_no),   0 },
	{ "name",     FIELD_TEXT, STEP(name),     0 },
	{ "start_us", FIELD_INT,  STEP(start_us), 0 },
	{ "took_us",  FIELD_INT,  STEP(took_us),  0 },
	{ "code",     FIELD_TEXT, STEP(code),     0 },
	{ "note",     FIELD_TEXT, STEP(note),     0 },
};

static const struct field measurement_rows[] = {
	{ "step",    FIELD_TEXT, MEASUREMENT(step),    0 },
	{ "name",    FIELD_TEXT, MEASUREMENT(name),    0 },
	{ "value",   FIELD_REAL, MEASUREMENT(value),   MEASUREMENT(has_value) },
	{ "text",    FIELD_TEXT, MEASUREMENT(text),    0 },
	{ "unit",    FIELD_TEXT, MEASUREMENT(unit),    0 },
	{ "low",     FIELD_REAL, MEASUREMENT(low),     MEASUREMENT(has_low) },
	{ "high",    FIELD_REAL, MEASUREMENT(high),    MEASUREMENT(has_high) },
	{ "outcome", FIELD_TEXT, MEASUREMENT(outcome), 0 },
};

static const struct field unit_image_rows[] = {
	{ "partition",  FIELD_TEXT, UNIT_IMAGE(partition),  0 },
	{ "addr",       FIELD_INT,  UNIT_IMAGE(addr),       0 },
	{ "size_bytes", FIELD_INT,  UNIT_IMAGE(size_bytes), 0 },
	{ "sha256",     FIELD_TEXT, UNIT_IMAGE(sha256),     0 },
};
/* clang-format on */

const struct field_table image_fields = {
	.table = "recipe_image",
	.key = "recipe_digest",
	.order = "position",
	.record_bytes = sizeof(struct record_image),
	.fields = image_rows,
	.count = COUNT(image_rows),
};

const struct field_table run_fields = {
	.table = "run",
	.key = "station_id",
	.record_bytes = sizeof(struct record_run),
	.fields = run_rows,
	.count = COUNT(run_rows),
};

const struct field_table result_fields = {
	.table = "result",
	.record_bytes = sizeof(struct record_result),
	.fields = result_rows,
	.count = COUNT(result_rows),
};

const struct field_table step_fields = {
	.table = "step",
	.key = "run_id",
	.order = "position",
	.record_bytes = sizeof(struct record_step),
	.fields = step_rows,
	.count = COUNT(step_rows),
};

const struct field_table measurement_fields = {
	.table = "measurement",
	.key = "run_id",
	.order = "position",
	.record_bytes = sizeof(struct record_measurement),
	.fields = measurement_rows,
	.count = COUNT(measurement_rows),
};

const struct field_table unit_image_fields = {
	.table = "unit_image",
	.key = "run_id",
	.order = "position",
	.record_bytes = sizeof(struct record_unit_image),
	.fields = unit_image_rows,
	.count = COUNT(unit_image_rows),
};

static int first_index(const struct field_table *table)
{
	return 1 + (table->key != NULL) + (table->order != NULL);
}

enum status fields_prepare(struct db *db, const struct field_table *table, sqlite3_stmt **stmt,
			   struct err *err)
{
	sqlite3_str *text = sqlite3_str_new(db->sql);
	enum status st;

	*stmt = NULL;
	sqlite3_str_appendf(text, "INSERT INTO %s (", table->table);
	if (table->key)
		sqlite3_str_appendf(text, "%s, ", table->key);
	if (table->order)
		sqlite3_str_appendf(text, "%s, ", table->order);
	for (size_t i = 0; i < table->count; i++)
		sqlite3_str_appendf(text, "%s%s", i ? ", " : "", table->fields[i].column);
	sqlite3_str_appendall(text, ") VALUES (?");
	for (int i = 2; i < first_index(table) + (int)table->count; i++)
		sqlite3_str_appendall(text, ", ?");
	sqlite3_str_appendall(text, ")");
	char *sql = sqlite3_str_finish(text);
	st = sql ? sql_prepare(db, sql, stmt, err) : sql_fail_at(db->path, SQLITE_NOMEM, NULL, err);
	sqlite3_free(sql);
	return st;
}

static const char *text_of(const void *record, const struct field *field)
{
	const char *text;

	memcpy(&text, (const char *)record + field->offset, sizeof(text));
	return text;
}

static int64_t integer_of(const void *record, const struct field *field)
{
	int64_t value;

	memcpy(&value, (const char *)record + field->offset, sizeof(value));
	return value;
}

static double real_of(const void *record, const struct field *field)
{
	double value;

	memcpy(&value, (const char *)record + field->offset, sizeof(value));
	return value;
}

static bool flag_at(const void *record, size_t offset)
{
	bool flag;

	memcpy(&flag, (const char *)record + offset, sizeof(flag));
	return flag;
}

static bool is_known(const void *record, const struct field *field)
{
	if (field->has_offset)
		return flag_at(record, field->has_offset);
	return field->kind != FIELD_INT_NOT_ZERO || integer_of(record, field) != 0;
}

void fields_bind(sqlite3_stmt *stmt, const struct field_table *table, const void *record)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		int index = first_index(table) + (int)i;

		if (!is_known(record, field)) {
			sqlite3_bind_null(stmt, index);
			continue;
		}
		switch (field->kind) {
		case FIELD_TEXT:
			sql_bind_text(stmt, index, text_of(record, field));
			break;
		case FIELD_INT:
		case FIELD_INT_NOT_ZERO:
			sqlite3_bind_int64(stmt, index, integer_of(record, field));
			break;
		case FIELD_BOOL:
			sqlite3_bind_int64(stmt, index, flag_at(record, field->offset));
			break;
		case FIELD_REAL:
			sqlite3_bind_double(stmt, index, real_of(record, field));
			break;
		}
	}
}

enum status fields_insert(struct db *db, const struct field_table *table, const char *key,
			  int64_t order, const void *record, struct err *err)
{
	sqlite3_stmt *stmt;

	TRY(fields_prepare(db, table, &stmt, err));
	if (table->key)
		sql_bind_text(stmt, 1, key);
	if (table->order)
		sqlite3_bind_int64(stmt, 1 + (table->key != NULL), order);
	fields_bind(stmt, table, record);
	enum status st = sql_run(db, stmt, err);
	sqlite3_finalize(stmt);
	return st;
}

size_t fields_text_bytes(const struct field_table *table, const void *record)
{
	size_t bytes = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->fields[i].kind == FIELD_TEXT && text_of(record, &table->fields[i]))
			bytes += strlen(text_of(record, &table->fields[i])) + 1;
	return bytes;
}

void fields_copy_texts(const struct field_table *table, void *record, char **room)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct field *field = &table->fields[i];
		const char *text = field->kind == FIELD_TEXT ? text_of(record, field) : NULL;

		if (!text)
			continue;
		size_t size = strlen(text) + 1;
		memcpy(*room, text, size);
		memcpy((char *)record + field->offset, room, sizeof(*room));
		*room += size;
	}
}
