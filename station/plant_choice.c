#include "station/plant_choice.h"

#include "engine/base/clock.h"

#include <stdlib.h>

const char *plant_choice(const struct options *o)
{
	const char *named = o->plant ? o->plant : getenv("FLASHLINE_PLANT");

	return named && named[0] ? named : NULL;
}

enum status plant_connect(const struct options *o, struct plant **plant, struct err *err)
{
	const char *server = plant_choice(o);

	*plant = NULL;
	if (!server)
		return err_set(
			err, STATUS_USAGE,
			"no plant server is named: use --plant, or set FLASHLINE_PLANT, such "
			"as 'host=ledger dbname=plant user=line1'");
	return plant_open(server, (struct plant_patience){ .ctx = NULL },
			  deadline_after_ms(&clock_monotonic, PLANT_CHOICE_MS), plant, err);
}

enum exit_code plant_complain(const struct err *err)
{
	enum exit_code code = complain(err);

	return err->status == STATUS_PLANT_UNREACHABLE ? EXIT_CODE_STATION : code;
}
