/*
 * How a line stands, for the service manager that started it: sd_notify(3)'s datagrams, without its
 * library. A view like the others.
 *
 * Ready once the line takes units; alive in each tick of the owner's loop, so that a line that
 * hangs is started again; and while it drains, more time to end. Never blocks: what the manager
 * does not take is dropped.
 */
#ifndef STATION_LINE_SERVICE_NOTIFY_H
#define STATION_LINE_SERVICE_NOTIFY_H

#include "station/snapshot.h"

#define SERVICE_TEXT_BYTES 200

struct service_notify {
	int fd; /* -1: nobody wants to know */
	uint64_t next_us, next_status_us;
	char status[SERVICE_TEXT_BYTES]; /* as it was told last */
};

/* By NOTIFY_SOCKET in the environment. false: there is none. */
bool service_notify_open(struct service_notify *n);
void service_notify_close(struct service_notify *n);
/* n lent. */
struct view service_notify_view(struct service_notify *n);

/* "2 of 24 slots at work, 340 passed, 12 did not; GOLDEN_DUE": for 'systemctl status'. */
void service_status_text(const struct snapshot *s, char text[static SERVICE_TEXT_BYTES]);

#endif
