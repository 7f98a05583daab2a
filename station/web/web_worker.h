/* A thread that does what may take long, one after the other, so that browsers are served
 * meanwhile. */
#ifndef STATION_WEB_WEB_WORKER_H
#define STATION_WEB_WEB_WORKER_H

#include "engine/base/err.h"

#include <stdbool.h>

struct web_worker;

/* work is called on its thread with each job that was put in. STATUS_NO_MEMORY. */
enum status web_worker_new(void (*work)(void *job), struct web_worker **out, struct err *err);
/* Any thread. false: 32 wait already, or it ends. */
bool web_worker_put(struct web_worker *w, void *job);
/* Does what still waits, then takes no more. NULL is fine, here and below. */
void web_worker_end(struct web_worker *w);
/* The same, unless it has ended, and gives back what it held. */
void web_worker_free(struct web_worker *w);

#endif
