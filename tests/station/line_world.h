/*
 * A line in memory, for what shows lines: slots in all conditions, one after the other.
 */
#ifndef TESTS_STATION_LINE_WORLD_H
#define TESTS_STATION_LINE_WORLD_H

#include "station/snapshot.h"

#define LINE_WORLD_MAX 64

struct line_world {
	struct port ports[LINE_WORLD_MAX];
	struct ident idents[LINE_WORLD_MAX];
	struct flash_report reports[LINE_WORLD_MAX];
	struct slot_view slots[LINE_WORLD_MAX];
	struct lock_view locks[2];
	struct notice notice;
	struct plan plan;
	struct snapshot snapshot;
};

/* Of this many slots, numbered from 1. Slot i is in condition i % LINE_CONDITIONS. */
enum line_condition {
	LINE_PASSED,
	LINE_WRITES,
	LINE_FAILED,
	LINE_STANDS_EMPTY,
	LINE_NO_REPLY,
	LINE_CONNECTS,
	LINE_WANTS_SCAN,
	LINE_WAS_FINISHED,
	LINE_IS_OFF,
	LINE_SETTLES,
};
#define LINE_CONDITIONS (LINE_SETTLES + 1)

void line_world_make(struct line_world *w, size_t slots, unsigned columns);

#endif
