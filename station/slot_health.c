#include "station/slot_health.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double chance_of(int64_t k, int64_t n, double share)
{
	double sum = 0;

	if (k <= 0 || share >= 1)
		return 1;
	if (share <= 0)
		return 0;
	for (int64_t i = k; i <= n; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) + (double)i * log(share) +
			   (double)(n - i) * log1p(-share));
	return sum < 1 ? sum : 1;
}

void slot_hub(const char *slot, char *hub, size_t size)
{
	const char *chain = strrchr(slot, '/'), *colon = strrchr(slot, ':');
	size_t length;

	hub[0] = '\0';
	if (!chain || !colon || colon < chain)
		return;
	length = (size_t)(colon - slot);
	while (slot + length > chain && slot[length] != '.')
		length--;
	snprintf(hub, size, "%.*s", (int)length, slot);
}

/* ---- shares ---- */

static int64_t judged_runs(const struct slot_count *c)
{
	return c->passes + c->link_failures;
}

static int64_t tested_runs(const struct slot_count *c)
{
	return judged_runs(c) - c->lowered;
}

static int64_t helped_runs(const struct slot_count *c)
{
	return c->rescued + c->link_failures;
}

static double share(int64_t helped, int64_t tested)
{
	return tested ? (double)helped / (double)tested : 0;
}

static int compare_shares(const void *a, const void *b)
{
	const struct slot_count *const *p = a, *const *q = b;
	double left = share(helped_runs(*p), tested_runs(*p));
	double right = share(helped_runs(*q), tested_runs(*q));

	if (left != right)
		return left < right ? -1 : 1;
	/* Among equals the one that tells more. */
	return tested_runs(*p) == tested_runs(*q) ? 0 : tested_runs(*p) > tested_runs(*q) ? -1 : 1;
}

/* The better half of the other slots with this bridge, and how many these are. room: as many as
 * there are counts. */
static size_t add_others(struct slot_health *h, const struct slot_counts *counts,
			 const struct slot_count **room)
{
	size_t others = 0;

	for (size_t i = 0; i < counts->count; i++) {
		const struct slot_count *c = &counts->items[i];

		if (strcmp(c->bridge, h->last->bridge) == 0 && judged_runs(c) &&
		    strcmp(c->slot, h->last->slot) != 0)
			room[others++] = c;
	}
	qsort(room, others, sizeof(room[0]), compare_shares);
	for (size_t i = 0; i < (others + 1) / 2; i++) {
		h->others_judged += judged_runs(room[i]);
		h->others_tested += tested_runs(room[i]);
		h->others_helped += helped_runs(room[i]);
	}
	return others;
}

/* others: slots that it is one of, without itself. */
static void judge(struct slot_health *h, size_t others)
{
	const size_t granted = (others + 1) / 2;
	double usual;

	h->judgement = SLOT_TOO_FEW;
	if (h->judged < HEALTH_RUNS || h->others_judged < HEALTH_RUNS || !h->others_tested)
		return;
	usual = ((double)h->others_helped + (double)granted) / (double)h->others_tested;
	h->judgement = h->helped >= HEALTH_EVENTS && share(h->helped, h->tested) >= HEALTH_SHARE &&
				       share(h->helped, h->tested) >= HEALTH_TIMES * usual &&
				       chance_of(h->helped, h->tested, usual) <
					       HEALTH_CHANCE / (double)(others + 1)
			       ? SLOT_BAD
			       : SLOT_SOUND;
}

static void judge_hubs(struct slot_health *slots, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t bad = 0, sound = 0;

		for (size_t j = 0; j < count; j++) {
			if (strcmp(slots[j].hub, slots[i].hub) != 0)
				continue;
			bad += slots[j].judgement == SLOT_BAD;
			sound += slots[j].judgement == SLOT_SOUND;
		}
		slots[i].is_hub_bad = slots[i].hub[0] && bad >= 2 && sound == 0;
	}
}

/* ---- all of them ---- */

static void add_count(struct slot_health *h, const struct slot_count *c)
{
	h->runs += c->runs;
	h->passes += c->passes;
	h->rescued += c->rescued;
	h->lowered += c->lowered;
	h->link_failures += c->link_failures;
}

struct slot_health *slot_health_new(const struct slot_counts *counts, size_t *slots)
{
	struct slot_health *health = calloc(counts->count + 1, sizeof(*health));
	const struct slot_count **room = calloc(counts->count + 1, sizeof(*room));

	*slots = 0;
	for (size_t i = 0; health && room && i < counts->count; i++) {
		const struct slot_count *c = &counts->items[i];
		struct slot_health *h = &health[*slots];

		if (i && strcmp(c->slot, counts->items[i - 1].slot) == 0) {
			add_count(h - 1, c);
			continue;
		}
		h->last = c;
		add_count(h, c);
		h->judged = judged_runs(c);
		h->tested = tested_runs(c);
		h->helped = helped_runs(c);
		slot_hub(c->slot, h->hub, sizeof(h->hub));
		judge(h, add_others(h, counts, room));
		++*slots;
	}
	free(room);
	if (!room || !*slots) {
		free(health);
		return NULL;
	}
	judge_hubs(health, *slots);
	return health;
}
