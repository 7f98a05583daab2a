#include "db/plant/plant_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* From version i to i + 1. */
static const char *const versions[] = {
	plant_schema_sql,
};
_Static_assert(sizeof(versions) / sizeof(versions[0]) == PLANT_VERSION, "a step per version");

/* ---- may we, and can it? ---- */

/* One row per thing that is missing, in words. */
static const char missing_sql[] =
	"SELECT 'PostgreSQL 13 or later (this is ' || current_setting('server_version') || ')' "
	"  WHERE current_setting('server_version_num')::int < 130000 "
	"UNION ALL SELECT 'a database with the encoding UTF8 (this is ' || "
	"  current_setting('server_encoding') || '): createdb -E UTF8 -T template0' "
	"  WHERE current_setting('server_encoding') <> 'UTF8' "
	"UNION ALL SELECT 'a server that writes (this is a replica)' WHERE pg_is_in_recovery() "
	"UNION ALL SELECT 'the extension btree_gist: install the server''s package "
	"postgresql-contrib' "
	"  WHERE NOT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'btree_gist') "
	"UNION ALL SELECT format('the right to create in this database: GRANT CREATE ON DATABASE "
	"%I TO %I', current_database(), current_user) "
	"  WHERE NOT has_database_privilege(current_database(), 'CREATE') "
	"    AND to_regnamespace('flashline') IS NULL "
	"UNION ALL SELECT format('a schema flashline of its own: the one that is there belongs to "
	"%I', r.rolname) FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner "
	"  WHERE n.nspname = 'flashline' AND r.rolname <> 'flashline_owner' "
	"UNION ALL SELECT format('the right to make roles: ALTER ROLE %I CREATEROLE, or make "
	"flashline_owner, flashline_station and flashline_reader first (NOLOGIN)', current_user) "
	"  WHERE (SELECT count(*) FROM pg_roles WHERE rolname IN ('flashline_owner', "
	"    'flashline_station', 'flashline_reader')) < 3 "
	"    AND NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) "
	"UNION ALL SELECT format('a part in the role that owns it: GRANT flashline_owner TO %I', "
	"current_user) "
	"  WHERE EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'flashline_owner') "
	"    AND NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) "
	"    AND NOT CASE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'flashline_owner') "
	"      THEN pg_has_role(current_user, (SELECT oid FROM pg_roles "
	"        WHERE rolname = 'flashline_owner'), 'MEMBER') END";

static enum status check_rights(struct plant *plant, struct deadline d, struct err *err)
{
	struct plant_rows *rows;
	char list[400] = "";
	size_t len = 0;

	TRY(plant_call(plant, missing_sql, NULL, 0, d, &rows, err));
	for (size_t i = 0; i < plant_row_count(rows) && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i ? "; " : "",
					plant_text(rows, i, 0));
	plant_rows_free(rows);
	return list[0] ? err_set(err, STATUS_DATABASE, "plant %s: missing: %s", plant_where(plant),
				 list)
		       : STATUS_OK;
}

/* ---- making it ---- */

/*
 * Who made a role may not act as it from PostgreSQL 16 on, until it is granted; who is a member
 * already may not grant it.
 */
static const char prepare_sql[] =
	"SELECT pg_advisory_xact_lock(4711, hashtext('flashline.make'));"
	"DO $$ DECLARE name text; BEGIN"
	"  FOREACH name IN ARRAY ARRAY['flashline_owner', 'flashline_station', "
	"'flashline_reader'] LOOP"
	"    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN"
	"      EXECUTE format('CREATE ROLE %I NOLOGIN', name);"
	"    END IF;"
	"  END LOOP;"
	"  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN"
	"    BEGIN"
	"      EXECUTE format('GRANT flashline_owner TO %I', current_user);"
	"    EXCEPTION WHEN insufficient_privilege THEN NULL;"
	"    END;"
	"  END IF;"
	"  IF to_regnamespace('flashline') IS NULL THEN"
	"    CREATE SCHEMA flashline AUTHORIZATION flashline_owner;"
	"  END IF;"
	"  IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'btree_gist') THEN"
	"    CREATE EXTENSION btree_gist WITH SCHEMA flashline;"
	"  END IF;"
	"END $$;"
	"SET LOCAL ROLE flashline_owner;"
	"SET LOCAL search_path = flashline";

static enum status read_version(struct plant *plant, struct deadline d, int64_t *version,
				struct err *err)
{
	struct plant_rows *rows;

	TRY(plant_call(plant, "SELECT to_regclass('flashline.setting') IS NOT NULL", NULL, 0, d,
		       &rows, err));
	bool is_there = strcmp(plant_text(rows, 0, 0), "t") == 0;
	plant_rows_free(rows);
	*version = 0;
	if (!is_there)
		return STATUS_OK;
	TRY(plant_call(plant, "SELECT version FROM flashline.setting", NULL, 0, d, &rows, err));
	if (plant_row_count(rows))
		*version = plant_integer(rows, 0, 0);
	plant_rows_free(rows);
	return STATUS_OK;
}

static enum status make_versions(struct plant *plant, int64_t from, struct deadline d,
				 struct err *err)
{
	char sql[300];

	for (int64_t i = from; i < PLANT_VERSION; i++)
		TRY(plant_script(plant, versions[i], d, err));
	snprintf(sql, sizeof(sql),
		 "INSERT INTO flashline.setting (version, oldest, plant_id) "
		 "VALUES (%d, %d, gen_random_uuid()::text) ON CONFLICT (one) DO UPDATE "
		 "SET version = excluded.version, oldest = excluded.oldest, changed_at = now() "
		 "WHERE setting.version <> excluded.version OR setting.oldest <> excluded.oldest",
		 PLANT_VERSION, PLANT_OLDEST);
	TRY(plant_script(plant, sql, d, err));
	return plant_script(plant, plant_functions_sql, d, err);
}

static enum status make_all(struct plant *plant, struct deadline d, struct plant_made *made,
			    struct err *err)
{
	TRY(plant_script(plant, prepare_sql, d, err));
	TRY(read_version(plant, d, &made->version_before, err));
	if (made->version_before > PLANT_VERSION)
		return err_set(
			err, STATUS_DATABASE,
			"plant %s: its ledger is newer (version %" PRId64
			") than this program (%d): nothing was changed, use a newer flashline",
			plant_where(plant), made->version_before, PLANT_VERSION);
	made->version = PLANT_VERSION;
	TRY(make_versions(plant, made->version_before, d, err));
	return plant_script(plant, "COMMIT", d, err);
}

static enum status describe(struct plant *plant, struct deadline d, struct plant_made *made,
			    struct err *err)
{
	struct plant_rows *rows;

	TRY(plant_call(plant,
		       "SELECT plant_id, (SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) "
		       "FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
		       "JOIN pg_roles g ON g.oid = a.roleid WHERE g.rolname = 'flashline_station') "
		       "FROM flashline.setting",
		       NULL, 0, d, &rows, err));
	if (plant_row_count(rows)) {
		snprintf(made->plant_id, sizeof(made->plant_id), "%s", plant_text(rows, 0, 0));
		snprintf(made->stations, sizeof(made->stations), "%s", plant_text(rows, 0, 1));
	}
	plant_rows_free(rows);
	return STATUS_OK;
}

enum status plant_make_server(struct plant *plant, struct deadline d, struct plant_made *made,
			      struct err *err)
{
	enum status st;

	*made = (struct plant_made){ .version = 0 };
	TRY(check_rights(plant, d, err));
	TRY(plant_script(plant, "BEGIN", d, err));
	st = make_all(plant, d, made, err);
	if (st) {
		plant_script(plant, "ROLLBACK", d, NULL);
		return st;
	}
	/* Who owns it may read it; SET ROLE lasts until the end of the transaction. */
	TRY(plant_script(plant, "SET ROLE flashline_owner", d, err));
	return describe(plant, d, made, err);
}
