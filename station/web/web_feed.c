#include "station/web/web_feed.h"

#include "station/json.h"
#include "station/web/web_json.h"
#include "station/threads.h"

#include "engine/base/clock.h"

#include <ctype.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PACE_MS 100
#define BEAT_MS 2000

/* A web_text with who still reads it. */
struct counted_text {
	atomic_uint readers;
	struct web_text text; /* last: its bytes follow */
};

/* A piece of JSON that is sent again only when it has changed. */
struct part {
	char *json;
	uint64_t version;
};

enum part_kind { PART_HEAD, PART_LIVE, PART_TILE };
#define PARTS (1 + 2 * WEB_SLOTS_MAX)

struct model {
	struct web_head head;
	struct web_slot slots[WEB_SLOTS_MAX];
};

struct web_feed {
	void (*woken)(void *ctx);
	void *woken_ctx;
	pthread_t thread;

	pthread_mutex_t lock; /* protects the next group */
	pthread_cond_t work;
	struct model model;
	bool has_news;
	bool is_stopping;
	uint64_t heard_us; /* when the owner spoke last */

	pthread_mutex_t parts_lock; /* protects the next group; nobody holds both locks */
	struct part parts[PARTS];
	uint64_t version;
	struct counted_text *step; /* from the version before to this one; NULL not made yet */

	/* The owner's alone. */
	struct web_slot scratch;
	struct web_head scratch_head;
	/* The feed's thread's alone. */
	struct model shown;
};

static uint64_t now_us(void)
{
	return clock_now_us(&clock_monotonic);
}

/* Both were zeroed before they were filled in, so that the bytes between members are equal. */
static bool differ(const void *a, const void *b, size_t size)
{
	return memcmp(a, b, size) != 0;
}

/* ---- texts with several readers ---- */

static struct counted_text *counted_of(struct web_text *text)
{
	return (struct counted_text *)((char *)text - offsetof(struct counted_text, text));
}

void web_text_give_back(struct web_text *text)
{
	if (text && atomic_fetch_sub(&counted_of(text)->readers, 1) == 1)
		free(counted_of(text));
}

/* For one reader. */
static struct counted_text *counted_new(const struct textbuf *from)
{
	struct counted_text *counted;

	if (from->has_failed)
		return NULL;
	counted = malloc(sizeof(*counted) + from->len + 1);
	if (!counted)
		return NULL;
	atomic_init(&counted->readers, 1);
	counted->text.size = from->len;
	memcpy(counted->text.bytes, textbuf_string(from), from->len + 1);
	return counted;
}

/* ---- the owner's side ---- */

static void put_head(struct web_feed *f, const struct snapshot *s, bool has_ended)
{
	web_model_head(s, &f->scratch_head);
	f->scratch_head.has_ended = has_ended;
	pthread_mutex_lock(&f->lock);
	if (differ(&f->model.head, &f->scratch_head, sizeof(f->scratch_head))) {
		memcpy(&f->model.head, &f->scratch_head, sizeof(f->scratch_head));
		f->has_news = true;
	}
	f->heard_us = now_us();
	if (f->has_news)
		pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->lock);
}

static void put_slot(struct web_feed *f, const struct snapshot *s, size_t i)
{
	if (i >= WEB_SLOTS_MAX)
		return;
	web_model_slot(s, &s->slots[i], &f->scratch);
	pthread_mutex_lock(&f->lock);
	if (differ(&f->model.slots[i], &f->scratch, sizeof(f->scratch))) {
		memcpy(&f->model.slots[i], &f->scratch, sizeof(f->scratch));
		f->has_news = true;
	}
	pthread_mutex_unlock(&f->lock);
}

void web_feed_event(struct web_feed *f, const struct snapshot *s, const struct event *e)
{
	if (e->slot && e->slot >= s->slots && e->slot < s->slots + s->slot_count)
		put_slot(f, s, (size_t)(e->slot - s->slots));
	else
		web_feed_tick(f, s);
	put_head(f, s, e->kind == EVENT_SUMMARY);
}

void web_feed_tick(struct web_feed *f, const struct snapshot *s)
{
	for (size_t i = 0; i < s->slot_count && i < WEB_SLOTS_MAX; i++)
		put_slot(f, s, i);
	put_head(f, s, false);
}

/* ---- the feed's thread ---- */

/* Gives up the reference. true: it differs from what stood there. */
static bool replace(struct web_feed *f, size_t part, json_t *object)
{
	char *json = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	bool is_new;

	json_decref(object);
	if (!json)
		return false;
	pthread_mutex_lock(&f->parts_lock);
	is_new = !f->parts[part].json || strcmp(f->parts[part].json, json) != 0;
	if (is_new) {
		char *old = f->parts[part].json;

		f->parts[part].json = json;
		f->parts[part].version = f->version + 1; /* told below, when all are in */
		json = old;
	}
	pthread_mutex_unlock(&f->parts_lock);
	free(json);
	return is_new;
}

static size_t part_of(enum part_kind kind, size_t slot)
{
	return kind == PART_HEAD ? 0 : kind == PART_LIVE ? 1 + slot : 1 + WEB_SLOTS_MAX + slot;
}

static void render_slot(struct web_feed *f, size_t i, const struct web_slot *now)
{
	struct web_slot *shown = &f->shown.slots[i];
	const struct web_tile *tile = &now->tile;

	if (differ(&shown->live, &now->live, sizeof(now->live)) ||
	    shown->tile.number != tile->number)
		replace(f, part_of(PART_LIVE, i), web_json_live(tile->number, &now->live));
	if (differ(&shown->tile, tile, sizeof(*tile)))
		replace(f, part_of(PART_TILE, i), web_json_tile(tile));
	memcpy(shown, now, sizeof(*shown));
}

/* What has changed in the model since it was rendered; copied slot by slot, so that the owner
 * never waits for more than one copy. */
static void render(struct web_feed *f)
{
	struct web_head *head = malloc(sizeof(*head));
	struct web_slot *slot = malloc(sizeof(*slot));

	if (head && slot) {
		pthread_mutex_lock(&f->lock);
		f->has_news = false;
		memcpy(head, &f->model.head, sizeof(*head));
		pthread_mutex_unlock(&f->lock);
		for (size_t i = 0; i < head->slot_count; i++) {
			bool is_new;

			pthread_mutex_lock(&f->lock);
			is_new = differ(&f->model.slots[i], &f->shown.slots[i], sizeof(*slot));
			if (is_new)
				memcpy(slot, &f->model.slots[i], sizeof(*slot));
			pthread_mutex_unlock(&f->lock);
			if (is_new)
				render_slot(f, i, slot);
		}
		if (differ(&f->shown.head, head, sizeof(*head)) ||
		    !f->parts[part_of(PART_HEAD, 0)].json) {
			replace(f, part_of(PART_HEAD, 0), web_json_head(head));
			memcpy(&f->shown.head, head, sizeof(*head));
		}
	}
	free(head);
	free(slot);
	pthread_mutex_lock(&f->parts_lock);
	f->version++;
	if (f->step)
		web_text_give_back(&f->step->text);
	f->step = NULL;
	pthread_mutex_unlock(&f->parts_lock);
}

/* until_us of the monotonic clock; f->lock is held. */
static void wait_until(struct web_feed *f, uint64_t until_us)
{
	const struct timespec until = thread_time_at(until_us);

	pthread_cond_timedwait(&f->work, &f->lock, &until);
}

static void *run(void *arg)
{
	struct web_feed *f = arg;

	pthread_mutex_lock(&f->lock);
	while (!f->is_stopping) {
		uint64_t begun_us = now_us();

		pthread_mutex_unlock(&f->lock);
		render(f);
		f->woken(f->woken_ctx);
		pthread_mutex_lock(&f->lock);
		while (!f->is_stopping && now_us() < begun_us + PACE_MS * 1000)
			wait_until(f, begun_us + PACE_MS * 1000);
		while (!f->is_stopping && !f->has_news && now_us() < begun_us + BEAT_MS * 1000)
			wait_until(f, begun_us + BEAT_MS * 1000);
	}
	pthread_mutex_unlock(&f->lock);
	render(f); /* the end is news, too */
	f->woken(f->woken_ctx);
	return NULL;
}

/* ---- readers ---- */

static void add_parts(struct web_feed *f, const char *name, enum part_kind kind, uint64_t after,
		      struct textbuf *out)
{
	const char *comma = "";

	textbuf_add(out, ",\"%s\":[", name);
	for (size_t i = 0; i < WEB_SLOTS_MAX; i++) {
		const struct part *part = &f->parts[part_of(kind, i)];

		if (!part->json || part->version <= after)
			continue;
		textbuf_add(out, "%s", comma);
		textbuf_bytes(out, part->json, strlen(part->json));
		comma = ",";
	}
	textbuf_add(out, "]");
}

/* parts_lock is held. */
static void add_state(struct web_feed *f, uint64_t after, uint64_t silent_ms, struct textbuf *out)
{
	const struct part *head = &f->parts[part_of(PART_HEAD, 0)];

	textbuf_add(out, "{\"v\":%llu,\"now\":%lld,\"silent\":%llu,\"full\":%s",
		    (unsigned long long)f->version, (long long)clock_utc_ms(),
		    (unsigned long long)silent_ms, after ? "false" : "true");
	if (head->json && head->version > after) {
		textbuf_add(out, ",\"head\":");
		textbuf_bytes(out, head->json, strlen(head->json));
	}
	add_parts(f, "tiles", PART_TILE, after, out);
	add_parts(f, "live", PART_LIVE, after, out);
	textbuf_add(out, "}");
}

/* parts_lock is held. */
static struct counted_text *event_since(struct web_feed *f, uint64_t after, uint64_t silent_ms)
{
	struct textbuf out = { 0 };
	struct counted_text *counted;

	textbuf_add(&out, "data: ");
	add_state(f, after, silent_ms, &out);
	textbuf_add(&out, "\n\n");
	counted = counted_new(&out);
	textbuf_release(&out);
	return counted;
}

struct web_text *web_feed_newer(struct web_feed *f, uint64_t *version)
{
	uint64_t silent_ms = web_feed_silent_ms(f);
	struct counted_text *counted = NULL;

	pthread_mutex_lock(&f->parts_lock);
	if (f->version > *version) {
		/* Most readers are one version behind: they share a text. */
		bool is_step = *version && *version + 1 == f->version;

		if (is_step && !f->step)
			f->step = event_since(f, *version, silent_ms);
		counted = is_step ? f->step : event_since(f, *version, silent_ms);
		if (is_step && counted)
			atomic_fetch_add(&counted->readers, 1);
		if (counted)
			*version = f->version;
	}
	pthread_mutex_unlock(&f->parts_lock);
	return counted ? &counted->text : NULL;
}

struct web_text *web_feed_state(struct web_feed *f)
{
	uint64_t silent_ms = web_feed_silent_ms(f);
	struct textbuf out = { 0 };
	struct counted_text *counted;

	pthread_mutex_lock(&f->parts_lock);
	add_state(f, 0, silent_ms, &out);
	pthread_mutex_unlock(&f->parts_lock);
	textbuf_add(&out, "\n");
	counted = counted_new(&out);
	textbuf_release(&out);
	return counted ? &counted->text : NULL;
}

bool web_feed_slot(struct web_feed *f, unsigned number, struct web_slot *slot, int *index)
{
	bool is_found = false;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->model.head.slot_count && !is_found; i++) {
		is_found = f->model.slots[i].tile.number == number;
		if (is_found) {
			memcpy(slot, &f->model.slots[i], sizeof(*slot));
			*index = (int)i;
		}
	}
	pthread_mutex_unlock(&f->lock);
	return is_found;
}

static bool is_colon(char c)
{
	return c == ':' || c == '-' || c == ' ';
}

/* Does text end like tail, colons and case apart? */
static bool ends_like(const char *text, const char *tail)
{
	size_t i = strlen(text), j = strlen(tail);

	for (;;) {
		while (i && is_colon(text[i - 1]))
			i--;
		while (j && is_colon(tail[j - 1]))
			j--;
		if (!j)
			return true;
		if (!i ||
		    tolower((unsigned char)text[i - 1]) != tolower((unsigned char)tail[j - 1]))
			return false;
		i--;
		j--;
	}
}

static bool is_meant(const char *mac, const char *serial, const char *tail)
{
	return (mac[0] && ends_like(mac, tail)) || (serial[0] && ends_like(serial, tail));
}

static void add_found(struct web_found *found, size_t *count, const struct web_tile *tile,
		      const char *mac, bool is_there)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(found[i].mac, mac) == 0)
			return;
	}
	found[*count] = (struct web_found){ .number = tile->number, .is_there = is_there };
	memcpy(found[(*count)++].mac, mac, MAC_TEXT_BYTES);
}

size_t web_feed_find(struct web_feed *f, const char *tail, struct web_found *found, size_t room)
{
	size_t count = 0;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->model.head.slot_count && count < room; i++) {
		const struct web_tile *tile = &f->model.slots[i].tile;

		if (is_meant(tile->mac, tile->serial, tail))
			add_found(found, &count, tile, tile->mac, true);
	}
	for (size_t i = 0; i < f->model.head.slot_count; i++) {
		const struct web_slot *slot = &f->model.slots[i];

		for (size_t j = 0; j < slot->past_count && count < room; j++) {
			if (is_meant(slot->past[j].mac, slot->past[j].serial, tail))
				add_found(found, &count, &slot->tile, slot->past[j].mac, false);
		}
	}
	pthread_mutex_unlock(&f->lock);
	return count;
}

void web_feed_batch(struct web_feed *f, char batch[static 128])
{
	pthread_mutex_lock(&f->lock);
	memcpy(batch, f->model.head.batch, sizeof(f->model.head.batch));
	pthread_mutex_unlock(&f->lock);
}

uint64_t web_feed_silent_ms(struct web_feed *f)
{
	uint64_t heard_us;

	pthread_mutex_lock(&f->lock);
	heard_us = f->heard_us;
	pthread_mutex_unlock(&f->lock);
	return (now_us() - heard_us) / 1000;
}

/* ---- its life ---- */

static void release(struct web_feed *f)
{
	for (size_t i = 0; i < PARTS; i++)
		free(f->parts[i].json);
	if (f->step)
		web_text_give_back(&f->step->text);
	pthread_cond_destroy(&f->work);
	pthread_mutex_destroy(&f->lock);
	pthread_mutex_destroy(&f->parts_lock);
	free(f);
}

enum status web_feed_new(void (*woken)(void *ctx), void *ctx, struct web_feed **out,
			 struct err *err)
{
	struct web_feed *f = calloc(1, sizeof(*f));

	*out = NULL;
	if (!f)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the web page");
	f->woken = woken;
	f->woken_ctx = ctx;
	f->heard_us = now_us();
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->parts_lock, NULL);
	thread_cond_init(&f->work);
	if (thread_start(&f->thread, run, f) != 0) {
		release(f);
		return err_set(err, STATUS_NO_MEMORY,
			       "the system gives no thread for the web page");
	}
	*out = f;
	return STATUS_OK;
}

void web_feed_end(struct web_feed *f)
{
	bool is_ended;

	pthread_mutex_lock(&f->lock);
	is_ended = f->is_stopping;
	f->is_stopping = true;
	pthread_cond_signal(&f->work);
	pthread_mutex_unlock(&f->lock);
	if (!is_ended)
		pthread_join(f->thread, NULL);
}

void web_feed_free(struct web_feed *f)
{
	if (!f)
		return;
	web_feed_end(f);
	release(f);
}
