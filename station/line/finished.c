#include "station/line/finished.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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

/* false: of a newer program. */
static bool find_status(const char *code, enum status *status)
{
	unsigned i = 0;

	while (i < STATUS_COUNT && strcmp(status_code((enum status)i), code) != 0)
		i++;
	*status = i < STATUS_COUNT ? (enum status)i : STATUS_OK;
	return i < STATUS_COUNT;
}

enum status finished_ask(struct finished *f, const struct line_present *present, bool *is_there,
			 enum status *status, struct err *err)
{
	struct line_finished found;
	enum status st;

	pthread_mutex_lock(&f->lock);
	st = line_finished_read(f->db, present, &found, err);
	pthread_mutex_unlock(&f->lock);
	*is_there = !st && found.is_there && find_status(found.code, status);
	return st;
}
