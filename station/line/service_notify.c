#include "station/line/service_notify.h"

#include "engine/base/clock.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The unit's WatchdogSec is a minute: many of these. */
#define ALIVE_EVERY_US 5000000
#define STATUS_EVERY_US 1000000
/* Asked for again and again while the line drains: a slot that works may still need so long. */
#define MORE_TIME "EXTEND_TIMEOUT_USEC=60000000\n"

static void send_text(const struct service_notify *n, const char *text)
{
	if (n->fd >= 0 && send(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return; /* its business */
}

bool service_notify_open(struct service_notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;

	*n = (struct service_notify){ .fd = -1 };
	if (len < 2 || len >= sizeof(address.sun_path) || (path[0] != '/' && path[0] != '@'))
		return false;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* of the abstract name space */
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0 && connect(n->fd, (const struct sockaddr *)&address,
				  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) == 0)
		return true;
	service_notify_close(n);
	return false;
}

void service_notify_close(struct service_notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void service_status_text(const struct snapshot *s, char text[static SERVICE_TEXT_BYTES])
{
	struct snapshot_counts counts = snapshot_count(s);
	const struct line_counts *line = &s->counts;

	int len = snprintf(text, SERVICE_TEXT_BYTES,
			   "%s%u of %zu slots at work, %u passed, %u did not",
			   s->is_draining ? "draining: " : "", counts.running, s->slot_count,
			   line->passed, line->failed + line->errors);
	for (size_t i = 0; i < s->lock_count && len < SERVICE_TEXT_BYTES; i++)
		len += snprintf(text + len, SERVICE_TEXT_BYTES - (size_t)len, "%s%s",
				i == 0 ? "; " : ", ", s->locks[i].code);
}

static void tell_status(struct service_notify *n, const struct snapshot *s)
{
	char text[SERVICE_TEXT_BYTES], message[SERVICE_TEXT_BYTES + 16];

	service_status_text(s, text);
	if (strcmp(text, n->status) == 0)
		return;
	memcpy(n->status, text, sizeof(text));
	snprintf(message, sizeof(message), "STATUS=%s\n", text);
	send_text(n, message);
}

static void take_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct service_notify *n = ctx;

	if (e->kind == EVENT_STATION_START) {
		send_text(n, "READY=1\n");
		tell_status(n, s);
	} else if (e->kind == EVENT_STOPPING) {
		send_text(n, "STOPPING=1\n" MORE_TIME);
	}
}

static void take_tick(void *ctx, const struct snapshot *s)
{
	struct service_notify *n = ctx;
	uint64_t now = clock_now_us(&clock_monotonic);

	if (now >= n->next_us) {
		bool is_ending = s->is_stopping || s->is_draining;

		send_text(n, is_ending ? "WATCHDOG=1\n" MORE_TIME : "WATCHDOG=1\n");
		n->next_us = now + ALIVE_EVERY_US;
	}
	if (now >= n->next_status_us) {
		tell_status(n, s);
		n->next_status_us = now + STATUS_EVERY_US;
	}
}

struct view service_notify_view(struct service_notify *n)
{
	return (struct view){
		.ctx = n,
		.event = take_event,
		.tick = take_tick,
		.tick_ms = 1000,
	};
}
