#include "station/line/again.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256 /* a power of two, as all sizes of the table */

struct known {
	bool is_used;
	bool is_counted; /* a run of it was told */
	bool is_final;
	bool is_from_before; /* of is_final: the line was not started then */
	uint8_t mac[MAC_BYTES];
	enum status status; /* of is_final */
};

struct again {
	pthread_mutex_t lock; /* protects the rest */
	unsigned users;
	enum again_policy policy;
	struct known *table; /* open addressing, at most half full */
	size_t room, count;
};

struct again *again_new(enum again_policy policy)
{
	struct again *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->policy = policy;
	a->users = 1;
	a->room = ROOM_FIRST;
	a->table = calloc(a->room, sizeof(*a->table));
	if (!a->table) {
		free(a);
		return NULL;
	}
	pthread_mutex_init(&a->lock, NULL);
	return a;
}

struct again *again_share(struct again *a)
{
	pthread_mutex_lock(&a->lock);
	a->users++;
	pthread_mutex_unlock(&a->lock);
	return a;
}

void again_free(struct again *a)
{
	bool is_used;

	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	is_used = --a->users > 0;
	pthread_mutex_unlock(&a->lock);
	if (is_used)
		return;
	pthread_mutex_destroy(&a->lock);
	free(a->table);
	free(a);
}

/* Its row, or the empty one where it belongs. */
static struct known *find(struct known *table, size_t room, const uint8_t *mac)
{
	uint64_t hash = 0;
	size_t at;

	for (size_t i = 0; i < MAC_BYTES; i++)
		hash = (hash ^ mac[i]) * UINT64_C(1099511628211);
	for (at = (size_t)(hash >> 20) & (room - 1); table[at].is_used; at = (at + 1) & (room - 1))
		if (memcmp(table[at].mac, mac, MAC_BYTES) == 0)
			break;
	return &table[at];
}

static bool make_room(struct again *a)
{
	struct known *bigger;

	if (a->count * 2 < a->room)
		return true;
	bigger = calloc(a->room * 2, sizeof(*bigger));
	if (!bigger)
		return false;
	for (size_t i = 0; i < a->room; i++) {
		if (a->table[i].is_used)
			*find(bigger, a->room * 2, a->table[i].mac) = a->table[i];
	}
	free(a->table);
	a->table = bigger;
	a->room *= 2;
	return true;
}

static bool may_go(enum again_policy policy, enum status before)
{
	switch (policy) {
	case AGAIN_NEVER:
		return false;
	case AGAIN_FAILED:
		return status_row(before)->outcome == OUTCOME_FAIL;
	case AGAIN_ALWAYS:
		return true;
	}
	return false;
}

enum status again_judge(struct again *a, const uint8_t mac[static MAC_BYTES], enum status *before,
			struct err *err)
{
	struct known known;
	char text[MAC_TEXT_BYTES];

	pthread_mutex_lock(&a->lock);
	known = *find(a->table, a->room, mac);
	pthread_mutex_unlock(&a->lock);
	if (!known.is_used || !known.is_final || may_go(a->policy, known.status))
		return STATUS_OK;
	*before = known.status;
	mac_text(mac, text);
	return err_set(err, STATUS_ALREADY_FINISHED, "%s ended with %s%s%s %s the line was started",
		       text, outcome_name(status_row(known.status)->outcome),
		       known.status ? " " : "", known.status ? status_code(known.status) : "",
		       known.is_from_before ? "before" : "since");
}

/* Its row, made if there is none; NULL without memory. */
static struct known *find_or_add(struct again *a, const uint8_t *mac)
{
	struct known *known = find(a->table, a->room, mac);

	if (known->is_used)
		return known;
	if (!make_room(a))
		return NULL;
	known = find(a->table, a->room, mac);
	known->is_used = true;
	memcpy(known->mac, mac, MAC_BYTES);
	a->count++;
	return known;
}

void again_put(struct again *a, const uint8_t mac[static MAC_BYTES], enum status status,
	       bool *is_first)
{
	const enum outcome outcome = status_row(status)->outcome;
	struct known *known;

	pthread_mutex_lock(&a->lock);
	known = find_or_add(a, mac);
	*is_first = !known || !known->is_counted;
	if (known)
		known->is_counted = true;
	if (known && (outcome == OUTCOME_PASS || outcome == OUTCOME_FAIL)) {
		known->is_final = true;
		known->is_from_before = false;
		known->status = status;
	}
	pthread_mutex_unlock(&a->lock);
}

bool again_is_known(struct again *a, const uint8_t mac[static MAC_BYTES])
{
	bool is_known;

	pthread_mutex_lock(&a->lock);
	is_known = find(a->table, a->room, mac)->is_used;
	pthread_mutex_unlock(&a->lock);
	return is_known;
}

void again_put_before(struct again *a, const uint8_t mac[static MAC_BYTES], enum status status)
{
	struct known *known;

	pthread_mutex_lock(&a->lock);
	known = find(a->table, a->room, mac)->is_used ? NULL : find_or_add(a, mac);
	if (known) {
		known->is_final = known->is_from_before = true;
		known->status = status;
	}
	pthread_mutex_unlock(&a->lock);
}

void again_forget(struct again *a, const uint8_t mac[static MAC_BYTES])
{
	pthread_mutex_lock(&a->lock);
	find(a->table, a->room, mac)->is_final = false;
	pthread_mutex_unlock(&a->lock);
}
