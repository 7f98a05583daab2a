/*
 * Hooks: the factory's own commands on what happens: a lamp, a message. docs/hooks.md.
 *
 * A view like the others: it only takes notes on the owner's thread. A thread of its own runs the
 * commands, one after the other for each kind of event and never more than HOOKS_AT_ONCE, each with
 * a time limit, its own process group, /dev/null as input, no descriptor of ours, and the facts in
 * its environment (FLASHLINE_EVENT, FLASHLINE_SLOT, FLASHLINE_MAC, ...); secrets are not among
 * them. What waits too long is dropped and counted; a hook that fails is a notice, nothing more.
 *
 * What the end of a lock is told to is the same command as its beginning.
 */
#ifndef STATION_LINE_HOOKS_H
#define STATION_LINE_HOOKS_H

#include "station/line/requests.h"
#include "station/line/station_file.h"
#include "station/snapshot.h"

#define HOOKS_AT_ONCE 4
/* What waits for its turn: so many of each kind, and so long. A lamp that is told what happened a
 * minute ago is wrong. Our choice. */
#define HOOKS_WAITING_MAX 64
#define HOOKS_WAITING_MS 30000

struct hooks;

/* setup is lent. STATUS_NO_MEMORY. */
enum status hooks_new(const struct station_hooks *setup, struct hooks **out, struct err *err);
/* Waits up to wait_ms for those that run or wait, then ends them: that takes two seconds more at
 * most. NULL is fine. */
void hooks_free(struct hooks *h, uint32_t wait_ms);
struct view hooks_view(struct hooks *h);
/* The oldest thing to tell people that was not told yet ("hook passed, slot 7: ended with 1: curl:
 * ..."), with the end of what the command said, as much of it as fits. */
bool hooks_next_trouble(struct hooks *h, char *text, size_t size);

#endif
