/*
 * Hooks: the factory's own commands on what happens: a lamp, a message. docs/hooks.md.
 *
 * A view like the others: it only takes notes on the owner's thread. A thread of its own runs the
 * commands, one after the other for each event kind and never more than HOOKS_AT_ONCE, each with
 * a time limit, its own process group, /dev/null as input, no descriptor of ours, and the facts in
 * its environment (FLASHLINE_EVENT, FLASHLINE_SLOT, FLASHLINE_MAC, ...); secrets are not among
 * them. What waits too long is dropped and counted; a hook that fails is a notice, nothing more.
 */
#ifndef STATION_LINE_HOOKS_H
#define STATION_LINE_HOOKS_H

#include "station/line/requests.h"
#include "station/line/station_file.h"
#include "station/snapshot.h"

#define HOOKS_AT_ONCE 4

struct hooks;

/* setup is lent. STATUS_NO_MEMORY. */
enum status hooks_new(const struct station_hooks *setup, struct hooks **out, struct err *err);
/* Waits up to wait_ms for those that run, then ends them. NULL is fine. */
void hooks_free(struct hooks *h, uint32_t wait_ms);
struct view hooks_view(struct hooks *h);
/* The oldest thing to tell people that was not told yet ("hook passed: ended 1"). */
bool hooks_next_trouble(struct hooks *h, char *text, size_t size);

#endif
