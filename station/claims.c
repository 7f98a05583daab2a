#include "station/claims.h"

#include "station/line/arrivals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct claim {
	bool is_taken;
	uint8_t mac[MAC_BYTES];
	bool is_writing;
	bool is_duplicate;
	unsigned other;      /* the slot that has the same MAC */
	atomic_bool *cancel; /* of the unit; NULL: the slot is empty */
	unsigned visit;      /* counts the units of the slot */
	struct port port;    /* that the unit stands behind; all zero: nobody said */
	bool has_ended;
	bool was_taken_over;
	char where[sizeof(((struct port *)NULL)->slot)]; /* the slot that took it over */
};

struct claims {
	pthread_mutex_t lock; /* protects every claim */
	size_t count;
	struct claim slots[];
};

struct claims *claims_new(size_t slots)
{
	struct claims *c = calloc(1, sizeof(*c) + slots * sizeof(c->slots[0]));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->count = slots;
	return c;
}

void claims_free(struct claims *c)
{
	if (!c)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void claims_enter(struct claims *c, unsigned slot, atomic_bool *cancel)
{
	pthread_mutex_lock(&c->lock);
	c->slots[slot] = (struct claim){ .cancel = cancel, .visit = c->slots[slot].visit + 1 };
	pthread_mutex_unlock(&c->lock);
}

void claims_leave(struct claims *c, unsigned slot)
{
	claims_enter(c, slot, NULL);
}

bool claims_take(struct claims *c, unsigned slot, const uint8_t mac[static MAC_BYTES],
		 const atomic_bool *cancel, unsigned *other)
{
	struct claim *own = &c->slots[slot];
	bool is_duplicate;

	*other = slot;
	pthread_mutex_lock(&c->lock);
	if (own->cancel != cancel) {
		pthread_mutex_unlock(&c->lock);
		return false;
	}
	own->is_taken = true;
	memcpy(own->mac, mac, MAC_BYTES);
	for (unsigned i = 0; i < c->count; i++) {
		struct claim *earlier = &c->slots[i];

		if (i == slot || !earlier->is_taken || memcmp(earlier->mac, mac, MAC_BYTES) != 0)
			continue;
		own->is_duplicate = true;
		own->other = i;
		if (!earlier->is_duplicate) {
			earlier->is_duplicate = true;
			earlier->other = slot;
		}
		if (!earlier->is_writing)
			atomic_store(earlier->cancel, true);
	}
	is_duplicate = own->is_duplicate;
	if (is_duplicate)
		*other = own->other;
	pthread_mutex_unlock(&c->lock);
	return !is_duplicate;
}

bool claims_begin_writing(struct claims *c, unsigned slot, const atomic_bool *cancel)
{
	bool may_write;

	pthread_mutex_lock(&c->lock);
	may_write = c->slots[slot].cancel == cancel && !c->slots[slot].is_duplicate;
	c->slots[slot].is_writing |= may_write;
	pthread_mutex_unlock(&c->lock);
	return may_write;
}

bool claims_is_duplicate(struct claims *c, unsigned slot, unsigned *other)
{
	bool is_duplicate;

	pthread_mutex_lock(&c->lock);
	is_duplicate = c->slots[slot].is_duplicate;
	*other = c->slots[slot].other;
	pthread_mutex_unlock(&c->lock);
	return is_duplicate;
}

/* ---- a unit that goes from slot to slot ---- */

bool claims_stays(struct claims *c, unsigned slot, const atomic_bool *cancel,
		  const struct port *port, char *where)
{
	struct claim *own = &c->slots[slot];
	bool stays;

	pthread_mutex_lock(&c->lock);
	stays = own->cancel != cancel || !own->was_taken_over;
	if (!stays && where)
		memcpy(where, own->where, sizeof(own->where));
	else if (own->cancel == cancel && port)
		own->port = *port;
	pthread_mutex_unlock(&c->lock);
	return stays;
}

bool claims_find(struct claims *c, unsigned slot, const uint8_t mac[static MAC_BYTES],
		 struct claim_holder *holder)
{
	bool is_found = false;

	pthread_mutex_lock(&c->lock);
	for (unsigned i = 0; i < c->count && !is_found; i++) {
		const struct claim *other = &c->slots[i];

		is_found = i != slot && other->is_taken && memcmp(other->mac, mac, MAC_BYTES) == 0;
		if (is_found)
			*holder = (struct claim_holder){ .slot = i,
							 .visit = other->visit,
							 .port = other->port };
	}
	pthread_mutex_unlock(&c->lock);
	return is_found;
}

void claims_take_over(struct claims *c, unsigned slot, const struct claim_holder *holder)
{
	struct claim *other = &c->slots[holder->slot];

	pthread_mutex_lock(&c->lock);
	if (other->visit == holder->visit && arrival_is_same_plug(&other->port, &holder->port)) {
		other->is_taken = false;
		other->was_taken_over = true;
		memcpy(other->where, c->slots[slot].port.slot, sizeof(other->where));
	}
	pthread_mutex_unlock(&c->lock);
}

void claims_end(struct claims *c, unsigned slot)
{
	pthread_mutex_lock(&c->lock);
	c->slots[slot].has_ended = true;
	pthread_mutex_unlock(&c->lock);
}

bool claims_has_ended(struct claims *c, const struct claim_holder *holder)
{
	const struct claim *other = &c->slots[holder->slot];
	bool has_ended;

	pthread_mutex_lock(&c->lock);
	has_ended = other->visit != holder->visit || other->has_ended;
	pthread_mutex_unlock(&c->lock);
	return has_ended;
}
