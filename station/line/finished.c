#include "station/line/finished.h"

#include <pthread.h>
#include <stdlib.h>

struct finished {
	pthread_mutex_t lock; /* protects db */
	struct db *db;
};

enum status finished_new(const char *db_path, struct finished **out, struct err *err)
{
	struct finished *f = calloc(1, sizeof(*f));
	enum status st;

	*out = NULL;
	if (!f)
		return err_set(err, STATUS_NO_MEMORY, "no memory to look up finished units");
	st = db_open(db_path, DB_READ, &f->db, err);
	if (st) {
		free(f);
		return st;
	}
	pthread_mutex_init(&f->lock, NULL);
	*out = f;
	return STATUS_OK;
}

void finished_free(struct finished *f)
{
	if (!f)
		return;
	db_close(f->db);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

enum status finished_ask(struct finished *f, const struct line_present *present, bool *is_there,
			 enum status *status, struct err *err)
{
	struct line_finished found;
	enum status st;

	pthread_mutex_lock(&f->lock);
	st = line_finished_read(f->db, present, &found, err);
	pthread_mutex_unlock(&f->lock);
	*is_there = !st && found.is_there && status_find(found.code, status);
	return st;
}
