#include "db/find.h"

#include "db/query.h"
#include "db/sql.h"

#include <stdio.h>
#include <string.h>

#define LISTED_MAX 5 /* of several: enough to see which ones they are */

/* What a search has found so far. */
struct found {
	char *key; /* the first one */
	size_t size;
	size_t count;
	char list[400];
};

/* stmt yields a key and what it is called for people. At most LISTED_MAX + 1 rows are read. */
static enum status collect(struct db *db, sqlite3_stmt *stmt, struct found *f, struct err *err)
{
	int rc = SQLITE_DONE;

	while (f->count <= LISTED_MAX && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		const char *key = (const char *)sqlite3_column_text(stmt, 0);
		const char *name = (const char *)sqlite3_column_text(stmt, 1);

		if (f->count == 0)
			snprintf(f->key, f->size, "%s", key);
		if (f->count < LISTED_MAX)
			text_append(f->list, sizeof(f->list), ", ", name ? name : key);
		else
			text_append(f->list, sizeof(f->list), ", ", "...");
		f->count++;
	}
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? STATUS_OK : sql_fail(db, rc, err);
}

static enum status search(struct db *db, const char *sql, const char *from, const char *to,
			  struct found *f, struct err *err)
{
	sqlite3_stmt *stmt;

	f->key[0] = '\0';
	TRY(sql_prepare(db, sql, &stmt, err));
	sql_bind_text(stmt, 1, from);
	if (to)
		sql_bind_text(stmt, 2, to);
	enum status st = collect(db, stmt, f, err);
	sqlite3_finalize(stmt);
	return st;
}

/* Hex digits and dashes in lower case, as ids and digests are; and the text that is just
 * greater than all that begin with them ('g' is after every digit and dash). */
static bool prefix_range(const char *text, char *from, char *to, size_t size)
{
	size_t length = strlen(text), digits = 0;

	if (length + 2 > size)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!strchr("0123456789abcdef-", c))
			return false;
		digits += c != '-';
		from[i] = c;
	}
	from[length] = '\0';
	snprintf(to, size, "%sg", from);
	return digits >= FIND_DIGITS_MIN;
}

bool find_is_digest(const char *text)
{
	char from[DIGEST_BYTES + 1], to[DIGEST_BYTES + 1];

	return !strchr(text, '-') && prefix_range(text, from, to, sizeof(from));
}

enum status find_recipe(struct db *db, const char *text, char digest[static DIGEST_BYTES],
			struct err *err)
{
	static const char sql[] =
		"SELECT recipe_digest, substr(recipe_digest, 1, 12) || ' (' || name ||"
		" ' revision ' || revision || ')'"
		" FROM recipe WHERE recipe_digest >= ?1 AND recipe_digest < ?2";
	struct found f = { .key = digest, .size = DIGEST_BYTES };
	char from[DIGEST_BYTES + 1], to[DIGEST_BYTES + 1];

	if (!prefix_range(text, from, to, sizeof(from)))
		return err_set(err, STATUS_USAGE,
			       "'%s': is no digest of a recipe: expected %d hex digits or more",
			       text, FIND_DIGITS_MIN);
	TRY(search(db, sql, from, to, &f, err));
	if (f.count == 0)
		return err_set(err, STATUS_USAGE,
			       "%s: no recipe in the records has a digest that begins so: "
			       "'flashline recipe list' shows them, or name the recipe's file",
			       text);
	if (f.count > 1)
		return err_set(err, STATUS_USAGE,
			       "%s: several recipes have a digest that begins so: %s: give more "
			       "of its digits",
			       text, f.list);
	return STATUS_OK;
}

enum status find_run(struct db *db, const char *text, char run_id[static RUN_ID_BYTES],
		     struct err *err)
{
	static const char sql[] = "SELECT run_id, run_id FROM run"
				  " WHERE run_id >= ?1 AND run_id < ?2";
	struct found f = { .key = run_id, .size = RUN_ID_BYTES };
	char from[RUN_ID_BYTES + 1], to[RUN_ID_BYTES + 1];

	if (!prefix_range(text, from, to, sizeof(from)))
		return err_set(err, STATUS_USAGE,
			       "'%s': is no id of a run: expected %d hex digits or more, as "
			       "'flashline log --json' shows them",
			       text, FIND_DIGITS_MIN);
	TRY(search(db, sql, from, to, &f, err));
	if (f.count == 0)
		return err_set(err, STATUS_USAGE,
			       "%s: no run in the records has an id that begins so: 'flashline log "
			       "--json' shows them",
			       text);
	if (f.count > 1)
		return err_set(err, STATUS_USAGE,
			       "%s: several runs have an id that begins so: %s: give more of it",
			       text, f.list);
	return STATUS_OK;
}

/* ---- units ---- */

static enum status unit_by_serial(struct db *db, const char *serial, char *mac, size_t *count,
				  char *list, size_t list_size, struct err *err)
{
	static const char sql[] =
		"SELECT mac, mac FROM run JOIN result USING (run_id)"
		" WHERE run.serial = ?1 AND mac IS NOT NULL UNION"
		" SELECT mac, mac FROM serial_state s WHERE serial = ?1 AND mac IS NOT NULL"
		"  AND state <> 'RETURNED' AND position = (SELECT max(position) FROM serial_state o"
		"   WHERE o.product = s.product AND o.serial = s.serial) ORDER BY mac";
	struct found f = { .key = mac, .size = MAC_TEXT_BYTES };

	TRY(search(db, sql, serial, NULL, &f, err));
	*count = f.count;
	snprintf(list, list_size, "%s", f.list);
	return STATUS_OK;
}

static enum status is_unit_known(struct db *db, const char *mac, bool *is_known, struct err *err)
{
	char key[MAC_TEXT_BYTES];
	struct found f = { .key = key, .size = sizeof(key) };

	TRY(search(db, "SELECT mac, mac FROM unit WHERE mac = ?1", mac, NULL, &f, err));
	*is_known = f.count > 0;
	return STATUS_OK;
}

static enum status by_serial_only(const char *text, size_t count, const char *list, struct err *err)
{
	if (count == 0)
		return err_set(err, STATUS_USAGE,
			       "'%s': is neither a MAC (as in 24:0a:c4:00:01:10) nor the serial "
			       "number of a unit in the records",
			       text);
	if (count > 1)
		return err_set(err, STATUS_USAGE,
			       "serial number %s: several units were given it: %s: name one of "
			       "them by its MAC",
			       text, list);
	return STATUS_OK;
}

enum status find_unit(struct db *db, const char *text, char mac[static MAC_TEXT_BYTES],
		      bool *is_known, struct err *err)
{
	bool is_mac = filter_mac(text, mac, err) == STATUS_OK;
	char by_serial[MAC_TEXT_BYTES], list[400];
	size_t count;

	*is_known = false;
	if (is_mac)
		TRY(is_unit_known(db, mac, is_known, err));
	if (is_mac && strpbrk(text, ":-"))
		return STATUS_OK;
	TRY(unit_by_serial(db, text, by_serial, &count, list, sizeof(list), err));
	if (is_mac && count == 0)
		return STATUS_OK;
	if (is_mac && *is_known && (count > 1 || strcmp(by_serial, mac) != 0))
		return err_set(err, STATUS_USAGE,
			       "%s: is the MAC of one unit and the serial number of another (%s): "
			       "write the MAC with colons, %s or that of the other",
			       text, list, mac);
	TRY(by_serial_only(text, count, list, err));
	memcpy(mac, by_serial, MAC_TEXT_BYTES);
	*is_known = true;
	return STATUS_OK;
}
