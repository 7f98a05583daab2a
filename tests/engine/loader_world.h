/* A loader on a scripted wire, for the tests of what it sends and what it hears. */
#ifndef TESTS_ENGINE_LOADER_WORLD_H
#define TESTS_ENGINE_LOADER_WORLD_H

#include "engine/loader.h"
#include "tests/engine/wire_script.h"

#define RATE 115200
#define LIMIT_MS 600000

struct loader_world {
	struct wire_script s;
	struct loader l;
	struct err err;
};

/* One test's at a time: made anew by set_up. */
extern struct loader_world w;

int loader_set_up(void **state);
int loader_tear_down(void **state);

#endif
