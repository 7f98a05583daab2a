#include "db/line_finished.h"

#include "db/machine.h"
#include "db/sql.h"

#include <stdio.h>

#define COPY(to, row, column) snprintf(to, sizeof(to), "%s", sql_text(row, column))

#define UNTOUCHED "outcome = 'ABORTED' AND code IN ('ALREADY_FINISHED', 'NOT_GOLDEN')"

/* Values: ?1 run, ?2 mac, ?3 slot, ?4 recipe, ?5 host, ?6 the bridge's VID:PID, ?7 its serial. */
#define NEWEST                                                                                     \
	"newest AS MATERIALIZED (SELECT run.*, outcome, code, end_utc_ms, host, seq FROM result"   \
	" CROSS JOIN run USING (run_id) CROSS JOIN station USING (station_id)"                     \
	" CROSS JOIN ledger ON ledger.ref = run.run_id AND ledger.kind = 'run'"                    \
	" WHERE result.mac = ?2 AND NOT (" UNTOUCHED ") ORDER BY seq DESC LIMIT 1)"

#define LATER                                                                                      \
	" ledger CROSS JOIN run ON run.run_id = ledger.ref LEFT JOIN result USING (run_id)"        \
	" WHERE ledger.seq > newest.seq AND ledger.kind = 'run' AND run.run_id <> ?1"

/*
 * A bridge is soldered to its unit. That of a chip is the chip itself: its number is its MAC, or
 * that of an application, which may be the same on all.
 */
#define IS_ANOTHERS                                                                                \
	"ifnull(substr(bridge_vid_pid, 1, 4) <> substr(?6, 1, 4), 0)"                              \
	" OR ifnull(CASE substr(bridge_vid_pid, 1, 4) WHEN '303a'"                                 \
	"  THEN length(bridge_serial) = 17 AND bridge_serial LIKE '__:__:__:__:__:__'"             \
	"   AND lower(bridge_serial) <> ?2"                                                        \
	"  ELSE bridge_serial <> ?7 END, 0)"

static const char finished_sql[] =
	"WITH " NEWEST " SELECT run_id, code, end_utc_ms FROM newest"
	" WHERE slot = ?3 AND recipe_digest = ?4 AND host = ?5 AND kind = 'FLASH'"
	" AND purpose IS NULL AND outcome IN ('PASS', 'FAIL')"
	" AND NOT EXISTS (SELECT 1 FROM " LATER " AND run.slot = ?3"
	"  AND NOT ifnull(result.mac = ?2 AND " UNTOUCHED ", 0))"
	" AND NOT EXISTS (SELECT 1 FROM " LATER " AND run.kind = 'FLASH'"
	"  AND result.mac IS NULL AND result.code = 'STATION_STOPPED'"
	"  AND NOT (" IS_ANOTHERS "))"
	" AND NOT EXISTS (SELECT 1 FROM disposition CROSS JOIN ledger"
	"  ON ledger.ref = disposition_id AND ledger.kind = 'disposition'"
	"  WHERE disposition.mac = ?2 AND ledger.seq > newest.seq)";

enum status line_finished_read(struct db *db, const struct line_present *present,
			       struct line_finished *finished, struct err *err)
{
	char host[HOST_BYTES];
	sqlite3_stmt *stmt;

	*finished = (struct line_finished){ .is_there = false };
	machine_host(host);
	TRY(sql_prepare(db, finished_sql, &stmt, err));
	sql_bind_text(stmt, 1, present->run_id);
	sql_bind_text(stmt, 2, present->mac);
	sql_bind_text(stmt, 3, present->slot);
	sql_bind_text(stmt, 4, present->recipe_digest);
	sql_bind_text(stmt, 5, host);
	sql_bind_text(stmt, 6, present->bridge_vid_pid);
	sql_bind_text(stmt, 7, present->bridge_serial);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		finished->is_there = true;
		COPY(finished->run_id, stmt, 0);
		COPY(finished->code, stmt, 1);
		finished->end_utc_ms = sql_time_ms(stmt, 2);
	}
	enum status st = rc == SQLITE_ROW || rc == SQLITE_DONE ? STATUS_OK : sql_fail(db, rc, err);
	sqlite3_finalize(stmt);
	return st;
}
