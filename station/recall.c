#include "station/recall.h"

#include "station/memory.h"

enum status recall_way(struct db *db, const char *slot, const struct bridge *bridge,
		       const struct flash_plan *plan, const struct link_profile *link,
		       struct flash_way *way, bool *is_lowered, bool *is_raised, struct err *err)
{
	const char *names[BRIDGE_ALIKE_MAX];
	const size_t count = bridge_alike(bridge, names);
	struct slot_run runs[MEMORY_RUNS];
	bool is_told = false;

	*is_lowered = *is_raised = false;
	for (size_t i = 0; i < count && !is_told; i++) {
		size_t run_count;

		TRY(slot_history(db, slot, names[i], runs, MEMORY_RUNS, &run_count, err));
		is_told = memory_is_told(runs, run_count, link);
		if (is_told)
			*is_lowered = memory_next(runs, run_count, link, plan, way, is_raised);
	}
	return STATUS_OK;
}
