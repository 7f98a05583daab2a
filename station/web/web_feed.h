/*
 * From the owner's thread to the browsers, latest wins.
 *
 * The owner copies what has changed, under a lock that is held for a copy and nothing else. A
 * thread of the feed makes JSON of it, at most every 100 ms, and gives each part the number of the
 * version in which it changed last. A reader is sent the parts that are newer than what it
 * has: who is slow skips versions, and nothing is kept for it but the one text it is being sent.
 */
#ifndef STATION_WEB_WEB_FEED_H
#define STATION_WEB_WEB_FEED_H

#include "station/web/web_model.h"

#include "engine/base/err.h"

struct web_feed;

/* A text that several readers are being sent; the last one to give it back frees it. */
struct web_text {
	size_t size;
	char bytes[];
};
void web_text_give_back(struct web_text *text); /* NULL is fine */

/* woken: called on the feed's thread after each new version, at most 10 times a second and at
 * least every 2 s, so that a reader sees that the line to the station still stands.
 * STATUS_NO_MEMORY. */
enum status web_feed_new(void (*woken)(void *ctx), void *ctx, struct web_feed **out,
			 struct err *err);
void web_feed_free(struct web_feed *f);
/* The last version is made; what comes later is not told any more. Readers may still read. By the
 * thread that frees it. */
void web_feed_end(struct web_feed *f);

/* The owner's side; neither waits for anybody. */
void web_feed_event(struct web_feed *f, const struct snapshot *s, const struct event *e);
void web_feed_tick(struct web_feed *f, const struct snapshot *s);

/* ---- readers; any thread ---- */

/*
 * What is newer than *version as one server-sent event, and *version moves to the newest; 0 has
 * nothing, and gets everything. NULL: nothing is newer, or no memory.
 */
struct web_text *web_feed_newer(struct web_feed *f, uint64_t *version);
/* Everything as one JSON object; NULL without memory. */
struct web_text *web_feed_state(struct web_feed *f);
/* A slot by the number on the fixture, and which one of the snapshot it is; false: there is none.
 */
bool web_feed_slot(struct web_feed *f, unsigned number, struct web_slot *slot, int *index);
/*
 * Units of this session whose MAC or serial number ends so, as it is printed on them; case and
 * colons do not count. Those that are in a slot now come first. Returns how many.
 */
#define WEB_FOUND_MAX 8
struct web_found {
	unsigned number; /* of the slot */
	bool is_there;   /* it holds the unit now */
	char mac[MAC_TEXT_BYTES];
};
size_t web_feed_find(struct web_feed *f, const char *tail, struct web_found *found, size_t room);
/* The batch, "" none. */
void web_feed_batch(struct web_feed *f, char batch[static 128]);
/* Since the owner was heard last. */
uint64_t web_feed_silent_ms(struct web_feed *f);

#endif
