#include "station/recall.h"

#include "station/memory.h"

#include <pthread.h>
#include <stdlib.h>

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

struct recaller {
	pthread_mutex_t lock; /* protects db */
	struct db *db;
};

enum status recaller_new(const char *db_path, struct recaller **out, struct err *err)
{
	struct recaller *r = calloc(1, sizeof(*r));
	enum status st;

	*out = NULL;
	if (!r)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the slots' memory");
	st = db_open(db_path, DB_READ, &r->db, err);
	if (st) {
		free(r);
		return st;
	}
	pthread_mutex_init(&r->lock, NULL);
	*out = r;
	return STATUS_OK;
}

void recaller_free(struct recaller *r)
{
	if (!r)
		return;
	db_close(r->db);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

enum status recaller_ask(struct recaller *r, const char *slot, const struct bridge *bridge,
			 const struct flash_plan *plan, const struct link_profile *link,
			 struct flash_way *way, bool *is_lowered, struct err *err)
{
	enum status st;
	bool is_raised;

	pthread_mutex_lock(&r->lock);
	st = recall_way(r->db, slot, bridge, plan, link, way, is_lowered, &is_raised, err);
	pthread_mutex_unlock(&r->lock);
	return st;
}
