#include "station/claims.h"

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
	c->slots[slot] = (struct claim){ .cancel = cancel };
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
