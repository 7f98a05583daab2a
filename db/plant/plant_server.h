/*
 * Making the plant's ledger in a PostgreSQL database, and bringing it up to date.
 */
#ifndef DB_PLANT_SERVER_H
#define DB_PLANT_SERVER_H

#include "db/plant/plant_calls.h"

extern const char plant_schema_sql[], plant_functions_sql[];

struct plant_made {
	int64_t version_before; /* 0: there was none */
	int64_t version;
	char plant_id[PLANT_ID_BYTES];
	char stations[300]; /* logins that may work as stations; "" none yet */
};

/*
 * One transaction: all of it or nothing; again, it changes nothing but the functions, which are
 * put in anew. Roles that it makes (no login of their own): flashline_owner, to whom everything
 * belongs, flashline_station, flashline_reader.
 * STATUS_DATABASE: a right or a part of the server is missing, all that is are named; or the
 * ledger there is newer than this program.
 */
enum status plant_make_server(struct plant *plant, struct deadline d, struct plant_made *made,
			      struct err *err);

#endif
