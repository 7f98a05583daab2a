#include "station/line/arrivals.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Bridges that did not answer hold a thread each; beyond so many no other is asked. */
#define STUCK_MAX 8

/* What could not be read in the moment it came is read now, though no link changes. */
#define READ_ANEW_US UINT64_C(5000000)

struct watched {
	unsigned number;
	struct arrival now;
	bool is_asked;   /* its bridge, for its part */
	bool is_changed; /* since the owner took it; protected by the lock, as is `shown` */
	struct arrival shown;
};

struct arrivals {
	struct arrivals_setup setup;
	pthread_t thread;
	int wake_fd;
	pthread_mutex_t lock; /* protects the next group, and what places say of it */
	pthread_cond_t end;
	bool is_ending, has_ended;
	size_t count; /* places that are shown */

	/* The thread's alone. */
	struct watched places[STATION_SLOTS_MAX];
	size_t known;   /* places; shown soon */
	uint64_t links; /* of the last look */
	uint64_t read_us;
	struct usb_asking *stuck[STUCK_MAX];
	size_t stuck_count;
};

bool arrival_is_same_plug(const struct port *a, const struct port *b)
{
	return a->is_usb == b->is_usb && a->usb_bus == b->usb_bus &&
	       a->usb_device == b->usb_device && a->usb_plug == b->usb_plug;
}

bool arrival_has_port(const char *sysfs_tty, const struct port *port)
{
	struct port now;

	return ports_find_name(sysfs_tty, port->name, &now) && arrival_is_same_plug(&now, port);
}

/* ---- looking ---- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ b[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return hash;
}

/* Virtual terminals neither come nor go. */
static bool is_terminal(const char *name)
{
	return name[0] == '.' || strcmp(name, "tty") == 0 ||
	       (strncmp(name, "tty", 3) == 0 && name[3] >= '0' && name[3] <= '9');
}

/*
 * The names of all ports and which entry each is: one that was made anew has another inode or
 * another time. Cheap: nothing is opened but the folder.
 */
static uint64_t look_at_links(const char *sysfs_tty)
{
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *dir = opendir(sysfs_tty);

	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		uint64_t hash = UINT64_C(14695981039346656037);
		struct stat link;

		if (is_terminal(entry->d_name) ||
		    fstatat(dirfd(dir), entry->d_name, &link, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		hash = mix(hash, entry->d_name, strlen(entry->d_name));
		hash = mix(hash, &link.st_ino, sizeof(link.st_ino));
		hash = mix(hash, &link.st_ctim.tv_sec, sizeof(link.st_ctim.tv_sec));
		hash = mix(hash, &link.st_ctim.tv_nsec, sizeof(link.st_ctim.tv_nsec));
		sum += hash; /* in any order */
	}
	closedir(dir);
	return sum | 1;
}

/* The part of a slot that names the USB port: up to the colon, with it. 0: it is no USB port. */
static size_t usb_port_length(const char *slot)
{
	const char *slash = strrchr(slot, '/'), *colon = strrchr(slot, ':');

	return slash && colon && colon > slash ? (size_t)(colon + 1 - slot) : 0;
}

static bool is_place_of(const struct arrivals *a, const struct port *p)
{
	for (size_t i = 0; i < a->known; i++) {
		if (strcmp(a->places[i].now.port.slot, p->slot) == 0)
			return true;
	}
	return false;
}

/* The port in this place: the one with its very name, else the first of the device there that
 * is no other place's. */
static const struct port *find_port(const struct arrivals *a, const struct port_list *ports,
				    const char *slot)
{
	const size_t length = usb_port_length(slot);
	const struct port *found = NULL;

	for (size_t i = 0; i < ports->count; i++) {
		const struct port *p = &ports->items[i];

		if (strcmp(p->slot, slot) == 0)
			return p;
		if (!found && length && strncmp(p->slot, slot, length) == 0 && !is_place_of(a, p))
			found = p;
	}
	return found;
}

/* Is the device that this port belonged to still plugged in, without a port? */
static bool is_device_there(const struct port *port)
{
	char path[sizeof(port->usb_path) + 16], text[16] = "";
	char *slash;
	FILE *file;

	if (!port->is_usb)
		return false;
	snprintf(path, sizeof(path), "%s", port->usb_path);
	slash = strrchr(path, '/');
	if (!slash)
		return false;
	strcpy(slash, "/devnum");
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strtoul(text, NULL, 10) == port->usb_device;
}

static void put_port(struct watched *place, const struct port *port, uint64_t now_us)
{
	struct arrival *n = &place->now;
	const bool is_new = !n->has_port || !arrival_is_same_plug(&n->port, port) ||
			    strcmp(n->port.name, port->name) != 0;
	char slot[sizeof(n->port.slot)];

	if (is_new) {
		n->since_us = now_us;
		n->is_settled = false;
		place->is_asked = false;
	} else {
		return;
	}
	/* A place keeps its name, whichever interface of the device has the port. */
	memcpy(slot, n->port.slot, sizeof(slot));
	n->port = *port;
	memcpy(n->port.slot, slot, sizeof(slot));
	n->is_there = n->has_port = true;
	n->bridge = bridge_of_port(port);
	if (!n->bridge)
		n->bridge = bridge_generic();
}

static void take_port_away(struct watched *place, uint64_t now_us)
{
	struct arrival *n = &place->now;
	bool is_there = n->is_there && is_device_there(&n->port);

	n->has_port = n->is_settled = false;
	if (n->is_there && !is_there)
		n->since_us = now_us;
	n->is_there = is_there;
}

static void add_places(struct arrivals *a, const struct port_list *ports)
{
	for (size_t i = 0; i < ports->count && a->known < STATION_SLOTS_MAX; i++) {
		const struct port *p = &ports->items[i];
		struct watched *place = &a->places[a->known];

		if (!p->is_usb || !bridge_of_port(p) || is_place_of(a, p))
			continue;
		place->number = a->known ? a->places[a->known - 1].number + 1 : 1;
		memcpy(place->now.port.slot, p->slot, sizeof(p->slot));
		a->known++;
	}
}

static enum status read_ports(struct arrivals *a, uint64_t now_us, struct err *err)
{
	struct port_list ports;

	TRY(ports_scan(a->setup.sysfs_tty, &ports, err));
	if (a->setup.takes_all)
		add_places(a, &ports);
	for (size_t i = 0; i < a->known; i++) {
		struct watched *place = &a->places[i];
		const struct port *port = find_port(a, &ports, place->now.port.slot);

		if (port)
			put_port(place, port, now_us);
		else if (place->now.has_port)
			take_port_away(place, now_us);
	}
	ports_release(&ports);
	return STATUS_OK;
}

/* A device without a port can go as well, and no link tells. */
static void look_at_devices(struct arrivals *a, uint64_t now_us)
{
	for (size_t i = 0; i < a->known; i++) {
		struct watched *place = &a->places[i];

		if (place->now.is_there && !place->now.has_port)
			take_port_away(place, now_us);
	}
}

/* ---- settling ---- */

/* Which part each bridge is that has settled and has not been asked yet. */
static void ask_bridges(struct arrivals *a, const size_t *which, size_t count)
{
	struct port items[STATION_SLOTS_MAX];
	struct station_place places[STATION_SLOTS_MAX];
	struct port_list list = { .items = items, .count = count };
	struct usb_asking *stuck;

	if (!a->setup.bus || !count || a->stuck_count == STUCK_MAX)
		return;
	for (size_t i = 0; i < count; i++) {
		items[i] = a->places[which[i]].now.port;
		places[i] = (struct station_place){ .port = &items[i],
						    .bridge = a->places[which[i]].now.bridge };
	}
	usb_query_places(a->setup.bus, &list, places, count, USB_QUERY_WAIT_MS, &stuck);
	if (stuck)
		a->stuck[a->stuck_count++] = stuck;
	for (size_t i = 0; i < count; i++) {
		struct arrival *n = &a->places[which[i]].now;

		n->port.answer = items[i].answer;
		if (places[i].bridge)
			n->bridge = places[i].bridge;
	}
}

/* Returns when the next one will have settled; UINT64_MAX: none is about to. */
static uint64_t settle(struct arrivals *a, uint64_t now_us)
{
	uint64_t next = UINT64_MAX;
	size_t asked[STATION_SLOTS_MAX], count = 0;

	for (size_t i = 0; i < a->known; i++) {
		struct watched *place = &a->places[i];
		uint64_t at_us = place->now.since_us + a->setup.settle_ms * UINT64_C(1000);

		if (!place->now.has_port || place->now.is_settled)
			continue;
		if (now_us < at_us) {
			next = at_us < next ? at_us : next;
			continue;
		}
		place->now.is_settled = true;
		if (!place->is_asked && place->now.bridge->question != ASK_NOTHING)
			asked[count++] = i;
		place->is_asked = true;
	}
	ask_bridges(a, asked, count);
	return next;
}

static bool is_different(const struct arrival *a, const struct arrival *b)
{
	return a->is_there != b->is_there || a->has_port != b->has_port ||
	       a->is_settled != b->is_settled || a->since_us != b->since_us ||
	       a->bridge != b->bridge;
}

static void show(struct arrivals *a)
{
	const uint64_t one = 1;
	bool is_news = false;

	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->known; i++) {
		struct watched *place = &a->places[i];

		if (i < a->count && !is_different(&place->shown, &place->now))
			continue;
		place->shown = place->now;
		place->is_changed = is_news = true;
	}
	a->count = a->known;
	pthread_mutex_unlock(&a->lock);
	/* Fails only when the counter is full: then the owner is woken anyway. */
	if (is_news && write(a->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* What has changed is read; returns when to look again. */
static uint64_t look(struct arrivals *a)
{
	uint64_t now_us = clock_now_us(&clock_monotonic), next;
	uint64_t links = look_at_links(a->setup.sysfs_tty);
	struct err ignored;

	/* A folder that cannot be read now can be read the next time. */
	if ((links != a->links || now_us - a->read_us >= READ_ANEW_US) &&
	    read_ports(a, now_us, &ignored) == STATUS_OK) {
		a->links = links;
		a->read_us = now_us;
	}
	look_at_devices(a, now_us);
	next = settle(a, now_us);
	show(a);
	now_us += ARRIVALS_LOOK_MS * UINT64_C(1000);
	return next < now_us ? next : now_us;
}

static void *watch(void *ctx)
{
	struct arrivals *a = ctx;

	for (;;) {
		uint64_t next_us = look(a);
		const struct timespec at = thread_time_at(next_us);
		bool is_ending;

		pthread_mutex_lock(&a->lock);
		while (!a->is_ending && pthread_cond_timedwait(&a->end, &a->lock, &at) != ETIMEDOUT)
			;
		is_ending = a->is_ending;
		if (is_ending) {
			a->has_ended = true;
			pthread_cond_broadcast(&a->end);
		}
		pthread_mutex_unlock(&a->lock);
		if (is_ending)
			return NULL;
	}
}

/* ---- the owner's side ---- */

static void put_places(struct arrivals *a)
{
	for (size_t i = 0; i < a->setup.slot_count && a->known < STATION_SLOTS_MAX; i++) {
		struct watched *place = &a->places[a->known];
		struct port *port = &place->now.port;

		if (!a->setup.slots[i].is_used)
			continue;
		place->number = a->setup.slots[i].number;
		snprintf(port->slot, sizeof(port->slot), "%s", a->setup.slots[i].at);
		a->known++;
	}
}

static void release(struct arrivals *a)
{
	/* Those that are still stuck keep all that they use. */
	for (size_t i = 0; i < a->stuck_count; i++)
		usb_asking_free(a->stuck[i]);
	pthread_cond_destroy(&a->end);
	pthread_mutex_destroy(&a->lock);
	if (a->wake_fd >= 0)
		close(a->wake_fd);
	free(a);
}

enum status arrivals_new(const struct arrivals_setup *setup, struct arrivals **out, struct err *err)
{
	struct arrivals *a = calloc(1, sizeof(*a));
	enum status st;

	*out = NULL;
	if (!a)
		return err_set(err, STATUS_NO_MEMORY, "no memory to watch the slots");
	a->setup = *setup;
	pthread_mutex_init(&a->lock, NULL);
	thread_cond_init(&a->end);
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	put_places(a);
	a->links = look_at_links(setup->sysfs_tty);
	st = a->wake_fd < 0 ? err_set(err, STATUS_NO_MEMORY, "no descriptor to watch the slots")
			    : read_ports(a, clock_now_us(&clock_monotonic), err);
	if (!st) {
		show(a);
		if (thread_start(&a->thread, watch, a) != 0)
			st = err_set(err, STATUS_NO_MEMORY, "no thread to watch the slots");
	}
	if (st) {
		release(a);
		return st;
	}
	*out = a;
	return STATUS_OK;
}

bool arrivals_free(struct arrivals *a, uint32_t wait_ms)
{
	const struct timespec at = thread_time_after(wait_ms);
	bool has_ended;

	if (!a)
		return true;
	pthread_mutex_lock(&a->lock);
	a->is_ending = true;
	pthread_cond_broadcast(&a->end);
	while (!a->has_ended && pthread_cond_timedwait(&a->end, &a->lock, &at) != ETIMEDOUT)
		;
	has_ended = a->has_ended;
	pthread_mutex_unlock(&a->lock);
	if (!has_ended) {
		pthread_detach(a->thread);
		return false;
	}
	pthread_join(a->thread, NULL);
	release(a);
	return true;
}

int arrivals_fd(const struct arrivals *a)
{
	return a->wake_fd;
}

size_t arrivals_slots(struct arrivals *a)
{
	uint64_t wakes;
	size_t count;

	pthread_mutex_lock(&a->lock);
	if (read(a->wake_fd, &wakes, sizeof(wakes)) < 0)
		wakes = 0; /* it was not raised */
	count = a->count;
	pthread_mutex_unlock(&a->lock);
	return count;
}

unsigned arrivals_number(struct arrivals *a, size_t slot)
{
	unsigned number;

	pthread_mutex_lock(&a->lock);
	number = a->places[slot].number;
	pthread_mutex_unlock(&a->lock);
	return number;
}

bool arrivals_take(struct arrivals *a, size_t slot, struct arrival *arrival)
{
	struct watched *place = &a->places[slot];
	bool is_changed;

	pthread_mutex_lock(&a->lock);
	is_changed = place->is_changed;
	place->is_changed = false;
	*arrival = place->shown;
	pthread_mutex_unlock(&a->lock);
	return is_changed;
}
