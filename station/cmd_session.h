/* What flash, verify and identify share: choosing ports, opening records, a view, the loop. */
#ifndef STATION_CMD_SESSION_H
#define STATION_CMD_SESSION_H

#include "engine/flasher.h"
#include "recipes/plan.h"
#include "station/command.h"

/* plan NULL: identify. The plan is freed here, unless a stuck worker still needs it. */
enum exit_code run_session(enum flash_kind kind, struct plan *plan, const struct options *options);

/* Read the recipe that the command line names; every error goes to stderr. NULL on errors;
 * then *code tells the exit code. */
struct plan *read_recipe(const struct options *options, enum exit_code *code);

#endif
