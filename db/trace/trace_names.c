/* Which units and firmwares a text means. */
#include "db/trace/trace_inside.h"

#include "db/query.h"

#include <ctype.h>
#include <string.h>

struct texts {
	struct trace_memory *m;
	struct trace_list list; /* of const char *; NULL rows as NULL */
};

static enum status add_text(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct texts *t = ctx;
	const char **slot = trace_append(t->m, &t->list);

	(void)err;
	if (slot)
		*slot = trace_column(t->m, row, 0);
	return STATUS_OK;
}

static enum status ask(struct db *db, struct texts *t, const char *sql, const char *key,
		       struct err *err)
{
	t->list = (struct trace_list){ .item_bytes = sizeof(const char *) };
	TRY(trace_query(db, sql, &key, 1, add_text, t, err));
	return trace_memory_judge(t->m, STATUS_OK, err);
}

/* ---- units ---- */

/* A unit may be known by what people or the plant said of it alone. */
static const char by_mac_sql[] = "SELECT ?1 WHERE EXISTS (SELECT 1 FROM unit WHERE mac = ?1)"
				 " OR EXISTS (SELECT 1 FROM disposition WHERE mac = ?1)"
				 " OR EXISTS (SELECT 1 FROM plant_claim WHERE value = ?1)";
static const char by_custom_mac_sql[] =
	"SELECT DISTINCT mac FROM result WHERE custom_mac = ?1 AND custom_mac IS NOT NULL"
	" AND mac IS NOT NULL";
static const char by_serial_sql[] =
	"SELECT mac FROM (SELECT mac, max(run.run_id) AS newest FROM run"
	" LEFT JOIN result ON result.run_id = run.run_id"
	" WHERE run.serial = ?1 AND run.serial IS NOT NULL GROUP BY mac"
	" UNION SELECT mac, run_id FROM serial_state s WHERE serial = ?1 AND mac IS NOT NULL"
	"  AND state <> 'RETURNED' AND position = (SELECT max(position) FROM serial_state o"
	"   WHERE o.product = s.product AND o.serial = s.serial)"
	"  AND mac NOT IN (SELECT mac FROM run JOIN result USING (run_id)"
	"   WHERE run.serial = ?1 AND mac IS NOT NULL)"
	" UNION ALL SELECT NULL, '' WHERE EXISTS (SELECT 1 FROM plant_claim"
	"  WHERE value = ?1 AND kind = 'SERIAL'))"
	" ORDER BY newest";

/* Next to it in the order of the alphabet. */
static const char near_macs_sql[] = "SELECT max(mac) FROM unit WHERE mac < ?1 UNION ALL"
				    " SELECT min(mac) FROM unit WHERE mac > ?1";
static const char near_serials_sql[] =
	"SELECT max(serial) FROM run WHERE serial < ?1 AND serial IS NOT NULL UNION ALL"
	" SELECT min(serial) FROM run WHERE serial > ?1 AND serial IS NOT NULL";
/* So much has to be the same to be worth a hint: the maker's part of a MAC. */
#define NEAR_MAC_CHARACTERS 8
#define NEAR_SERIAL_CHARACTERS 3

static bool is_among(const struct trace_subjects *found, const char *mac)
{
	for (size_t i = 0; i < found->count; i++)
		if (mac && found->items[i].mac && strcmp(found->items[i].mac, mac) == 0)
			return true;
	return false;
}

static void add_subject(struct trace_subjects *found, struct trace_list *list,
			const struct trace_subject *subject)
{
	struct trace_subject *s =
		is_among(found, subject->mac) ? NULL : trace_append(found->memory, list);

	if (s)
		*s = *subject;
	found->items = list->items;
	found->count = list->count;
}

/* serial: what was asked for, when it was asked for by that. */
static void take_subjects(struct trace_subjects *found, struct trace_list *list,
			  const struct texts *t, const char *serial, const char *found_by)
{
	const char *const *macs = t->list.items;
	bool has_mac = false;

	for (size_t i = 0; i < t->list.count; i++) {
		const struct trace_subject s = { .mac = macs[i], .found_by = found_by };

		has_mac = has_mac || macs[i];
		if (macs[i])
			add_subject(found, list, &s);
	}
	if (!has_mac && t->list.count) {
		const struct trace_subject s = {
			.serial = trace_text(found->memory, serial),
			.found_by = found_by,
		};

		add_subject(found, list, &s);
	}
}

static void add_near(struct trace_subjects *found, const struct texts *t, const char *text,
		     size_t characters)
{
	const char *const *names = t->list.items;

	for (size_t i = 0; i < t->list.count && found->near_count < 4; i++)
		if (names[i] && strncmp(names[i], text, characters) == 0)
			found->near[found->near_count++] = names[i];
}

static enum status find_unit(struct db *db, const char *text, struct trace_subjects *found,
			     struct err *err)
{
	struct trace_list list = { .item_bytes = sizeof(struct trace_subject) };
	struct texts t = { .m = found->memory };
	char mac[MAC_TEXT_BYTES];
	struct err no_mac;
	bool is_mac = filter_mac(text, mac, &no_mac) == STATUS_OK;

	if (is_mac) {
		TRY(ask(db, &t, by_mac_sql, mac, err));
		take_subjects(found, &list, &t, NULL, "MAC");
		TRY(ask(db, &t, by_custom_mac_sql, mac, err));
		take_subjects(found, &list, &t, NULL, "custom MAC");
	}
	TRY(ask(db, &t, by_serial_sql, text, err));
	take_subjects(found, &list, &t, text, "serial");
	if (found->count)
		return trace_memory_judge(found->memory, STATUS_OK, err);
	if (is_mac) {
		TRY(ask(db, &t, near_macs_sql, mac, err));
		add_near(found, &t, mac, NEAR_MAC_CHARACTERS);
	}
	TRY(ask(db, &t, near_serials_sql, text, err));
	add_near(found, &t, text, NEAR_SERIAL_CHARACTERS);
	return STATUS_OK;
}

enum status trace_find_unit(struct db *db, const char *text, struct trace_subjects *found,
			    struct err *err)
{
	*found = (struct trace_subjects){ .memory = trace_memory_new() };
	TRY(trace_memory_judge(found->memory, STATUS_OK, err));
	return find_unit(db, text, found, err);
}

void trace_subjects_release(struct trace_subjects *found)
{
	trace_memory_free(found->memory);
	*found = (struct trace_subjects){ 0 };
}

/* ---- firmware ---- */

/* 'g' is behind every hex digit. */
static const char targets_sql[] =
	"SELECT 0, sha256, (SELECT file FROM recipe_image WHERE recipe_image.sha256 = image.sha256"
	"  LIMIT 1), version, 0, size_bytes FROM image"
	" WHERE sha256 >= ?1 AND sha256 < ?1 || 'g'"
	" UNION ALL SELECT 1, recipe_digest, name, NULL, revision, 0 FROM recipe"
	" WHERE recipe_digest >= ?1 AND recipe_digest < ?1 || 'g'";

struct targets {
	struct trace_memory *m;
	struct trace_list list;
};

static enum status add_target(void *ctx, sqlite3_stmt *row, struct err *err)
{
	struct targets *t = ctx;
	struct trace_target *target = trace_append(t->m, &t->list);

	(void)err;
	if (target)
		*target = (struct trace_target){
			.is_recipe = sqlite3_column_int(row, 0),
			.digest = trace_column(t->m, row, 1),
			.name = trace_column(t->m, row, 2),
			.version = trace_column(t->m, row, 3),
			.revision = sqlite3_column_int64(row, 4),
			.size_bytes = sqlite3_column_int64(row, 5),
		};
	return STATUS_OK;
}

bool trace_is_digest(const char *text, char digits[static TRACE_DIGEST_BYTES])
{
	size_t length = strlen(text);

	if (length < TRACE_DIGITS_MIN || length >= TRACE_DIGEST_BYTES)
		return false;
	for (size_t i = 0; i <= length; i++) {
		if (i < length && !isxdigit((unsigned char)text[i]))
			return false;
		digits[i] = (char)tolower((unsigned char)text[i]);
	}
	return true;
}

enum status trace_find_firmware(struct db *db, const char *digits, struct trace_targets *found,
				struct err *err)
{
	struct targets t = { .list.item_bytes = sizeof(struct trace_target) };
	char lower[TRACE_DIGEST_BYTES];
	const char *key = lower;

	*found = (struct trace_targets){ 0 };
	if (!trace_is_digest(digits, lower))
		return err_set(err, STATUS_USAGE,
			       "'%s' is no digest: expected %d to %d hex digits of an image's "
			       "SHA-256 or of a recipe's digest",
			       digits, TRACE_DIGITS_MIN, TRACE_DIGEST_BYTES - 1);
	found->memory = t.m = trace_memory_new();
	TRY(trace_memory_judge(t.m, STATUS_OK, err));
	TRY(trace_query(db, targets_sql, &key, 1, add_target, &t, err));
	found->items = t.list.items;
	found->count = t.list.count;
	return trace_memory_judge(t.m, STATUS_OK, err);
}

enum status trace_find_file(struct db *db, const char *name, struct trace_targets *found,
			    struct err *err)
{
	struct targets t = { .list.item_bytes = sizeof(struct trace_target) };

	*found = (struct trace_targets){ .memory = trace_memory_new() };
	t.m = found->memory;
	TRY(trace_memory_judge(t.m, STATUS_OK, err));
	TRY(trace_query(db,
			"SELECT DISTINCT 0, sha256, file, version, 0, size_bytes FROM recipe_image"
			" JOIN image USING (sha256)"
			" WHERE file = ?1 OR substr(file, -length(?1) - 1) = '/' || ?1 LIMIT 20",
			&name, 1, add_target, &t, err));
	found->items = t.list.items;
	found->count = t.list.count;
	return trace_memory_judge(t.m, STATUS_OK, err);
}

void trace_targets_release(struct trace_targets *found)
{
	trace_memory_free(found->memory);
	*found = (struct trace_targets){ 0 };
}
