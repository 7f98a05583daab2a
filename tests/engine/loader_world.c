#include "tests/engine/loader_world.h"

struct loader_world w;

int loader_set_up(void **state)
{
	(void)state;
	script_init(&w.s);
	err_clear(&w.err);
	return loader_init(&w.l, &w.s.base, RATE, deadline_after_ms(&w.s.clock, LIMIT_MS), &w.err);
}

int loader_tear_down(void **state)
{
	(void)state;
	loader_release(&w.l);
	return 0;
}
