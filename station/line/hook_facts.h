/*
 * What a hook is told: the facts of one event as environment variables. Internal to the hooks
 * (hooks.h). docs/hooks.md lists the variables.
 *
 * They are values only, and no shell ever reads them as commands: the hook finds them in its
 * environment. Nothing else of the station's environment goes along but what the .c names, because
 * passwords may stand in it.
 */
#ifndef STATION_LINE_HOOK_FACTS_H
#define STATION_LINE_HOOK_FACTS_H

#include "station/snapshot.h"

enum hook_kind {
	HOOK_ARRIVED,
	HOOK_PASSED,
	HOOK_FAILED,
	HOOK_BATCH_COMPLETE,
	HOOK_LOCKED,
};
#define HOOK_KIND_COUNT 5

/* "arrived", as the station file names it. */
const char *hook_kind_name(enum hook_kind kind);

/* false: no hook is for this event. */
bool hook_kind_of(const struct event *e, enum hook_kind *kind);

/* NULL-terminated, in one block for free(). NULL without memory. */
char **hook_environment(const struct snapshot *s, const struct event *e);

#endif
