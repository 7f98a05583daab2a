#include "station/line/presence.h"

#include <string.h>

/*
 * Glances in a row that it takes; our choice. A unit's answer proves itself by its MAC. Silence is
 * also one reset that went wrong. A voice, or an answer without a MAC, is more often a unit of
 * which a reset or a byte went wrong: longer, so that each reset sequence of the bridge had its
 * turn.
 */
static const unsigned looks_needed[] = {
	[GLANCE_NOTHING] = 2,
	[GLANCE_VOICE] = 5,
	[GLANCE_ANSWER] = 3,
	[GLANCE_UNIT] = 2,
};

void presence_clear(struct presence *p)
{
	*p = (struct presence){ .has_unit = false };
}

void presence_force(struct presence *p)
{
	if (!p->has_unit && p->looks)
		p->who = p->seen;
	p->has_unit = true;
	p->looks = 0;
}

void presence_done(struct presence *p, const uint8_t *mac, bool keeps_silent)
{
	p->looks = 0;
	p->is_mute = !mac && keeps_silent;
	if (!mac)
		return;
	p->who.kind = GLANCE_UNIT;
	memcpy(p->who.mac, mac, MAC_BYTES);
}

bool presence_is_unsure(const struct presence *p)
{
	return p->looks > 0;
}

static enum presence_news not_new(struct presence *p)
{
	const bool was_coming = p->looks && !p->has_unit;

	p->looks = 0;
	return was_coming ? PRESENCE_WENT : PRESENCE_SAME;
}

static bool is_settled(const struct presence *p, uint64_t now_us, uint64_t settle_us)
{
	if (p->looks < looks_needed[p->seen.kind])
		return false;
	return p->seen.kind == GLANCE_NOTHING || now_us - p->seen_us >= settle_us;
}

enum presence_news presence_look(struct presence *p, const struct glance *g, uint64_t now_us,
				 uint64_t settle_us)
{
	const bool had_unit = p->has_unit;

	if (glance_is_same(g, &p->who) || (g->kind == GLANCE_NOTHING && p->is_mute))
		return not_new(p);
	if (!p->looks || !glance_is_same(g, &p->seen)) {
		p->seen = *g;
		p->seen_us = now_us;
		p->looks = 0;
	}
	p->looks++;
	if (!is_settled(p, now_us, settle_us))
		return had_unit ? PRESENCE_SAME : PRESENCE_COMING;
	*p = (struct presence){ .who = *g, .has_unit = g->kind != GLANCE_NOTHING };
	if (!p->has_unit)
		return PRESENCE_LEFT;
	return had_unit ? PRESENCE_OTHER : PRESENCE_CAME;
}
