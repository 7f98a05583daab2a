#include "station/line/hook_facts.h"

#include "station/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[HOOK_KIND_COUNT] = {
	[HOOK_ARRIVED] = "arrived", [HOOK_PASSED] = "passed",
	[HOOK_FAILED] = "failed",   [HOOK_BATCH_COMPLETE] = "batch_complete",
	[HOOK_LOCKED] = "locked",
};

const char *hook_kind_name(enum hook_kind kind)
{
	return kind_names[kind];
}

bool hook_kind_of(const struct event *e, enum hook_kind *kind)
{
	if (e->kind == EVENT_ARRIVED && e->slot)
		*kind = HOOK_ARRIVED;
	else if (e->kind == EVENT_RESULT && e->slot)
		*kind = e->slot->status == STATUS_OK ? HOOK_PASSED : HOOK_FAILED;
	else if (e->kind == EVENT_BATCH_FULL)
		*kind = HOOK_BATCH_COMPLETE;
	else if ((e->kind == EVENT_LOCKED || e->kind == EVENT_UNLOCKED) && e->lock)
		*kind = HOOK_LOCKED;
	else
		return false;
	return true;
}

/* What programs need to find their files, their language and a sound server. */
static const char *const kept[] = {
	"PATH", "HOME", "USER",   "LOGNAME", "SHELL",
	"TZ",   "LANG", "LC_ALL", "TMPDIR",  "XDG_RUNTIME_DIR",
};

/* ---- one text after the other, each with its end ---- */

__attribute__((format(printf, 3, 4))) static void add(struct textbuf *t, const char *name,
						      const char *format, ...)
{
	char value[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	text_clean(value);
	textbuf_add(t, "%s=%s", name, value);
	textbuf_bytes(t, "", 1);
}

static void add_text(struct textbuf *t, const char *name, const char *value)
{
	add(t, name, "%s", value ? value : "");
}

static void add_kept(struct textbuf *t)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);

		if (!value)
			continue;
		textbuf_add(t, "%s=%s", kept[i], value);
		textbuf_bytes(t, "", 1);
	}
}

static const char *event_name(const struct event *e)
{
	enum hook_kind kind;

	if (e->kind == EVENT_UNLOCKED)
		return "unlocked";
	return hook_kind_of(e, &kind) ? kind_names[kind] : "";
}

static const struct slot_view *slot_of(const struct snapshot *s, const struct event *e)
{
	if (e->slot)
		return e->slot;
	if (e->lock && e->lock->slot >= 0 && (size_t)e->lock->slot < s->slot_count)
		return &s->slots[e->lock->slot];
	return NULL;
}

static void add_number(struct textbuf *t, const char *name, bool is_known, long long value)
{
	if (is_known)
		add(t, name, "%lld", value);
	else
		add_text(t, name, "");
}

static void add_place(struct textbuf *t, const struct slot_view *slot)
{
	add_number(t, "FLASHLINE_SLOT", slot, slot ? slot->number : 0);
	add_text(t, "FLASHLINE_SLOT_PATH", slot ? slot->port->slot : NULL);
}

/* Of a unit: nothing of it is told with a lock, which may be about another. */
static void add_unit(struct textbuf *t, const struct slot_view *slot)
{
	char mac[MAC_TEXT_BYTES] = "";

	if (slot && slot->ident && slot->ident->has_mac)
		mac_text(slot->ident->mac, mac);
	add_text(t, "FLASHLINE_MAC", mac);
	add_text(t, "FLASHLINE_SERIAL", slot ? slot->serial : NULL);
	add_text(t, "FLASHLINE_RUN_ID", slot ? slot->run_id : NULL);
}

static void add_result(struct textbuf *t, const struct slot_view *slot)
{
	const struct status_row *row = slot ? status_row(slot->status) : NULL;

	add_text(t, "FLASHLINE_OUTCOME", row ? outcome_name(row->outcome) : NULL);
	add_text(t, "FLASHLINE_CODE", row && slot->status ? row->code : NULL);
	add_text(t, "FLASHLINE_PARTY", row && slot->status ? party_name(row->party) : NULL);
	if (slot)
		add(t, "FLASHLINE_DURATION_S", "%.1f", (double)slot->elapsed_us / 1e6);
	else
		add_text(t, "FLASHLINE_DURATION_S", "");
}

static void add_line(struct textbuf *t, const struct snapshot *s)
{
	add_text(t, "FLASHLINE_STATION", s->station);
	add_text(t, "FLASHLINE_RECIPE", s->plan ? s->plan->name : NULL);
	add_number(t, "FLASHLINE_REVISION", s->plan, s->plan ? s->plan->revision : 0);
	add_text(t, "FLASHLINE_BATCH", s->batch);
	add_number(t, "FLASHLINE_BATCH_PASSED", s->has_batch_count, s->batch_passed);
	add_number(t, "FLASHLINE_BATCH_OF", s->has_batch_count, s->batch_of);
}

static const char *sentence_of(const struct event *e, const struct slot_view *result)
{
	if (e->lock)
		return e->lock->sentence;
	return result && result->status ? snapshot_sentence(result) : NULL;
}

static const char *detail_of(const struct event *e, const struct slot_view *result)
{
	if (e->kind == EVENT_UNLOCKED)
		return e->text;
	if (e->lock)
		return e->lock->detail;
	return result ? result->detail : NULL;
}

static void add_all(struct textbuf *t, const struct snapshot *s, const struct event *e)
{
	const struct slot_view *unit = e->lock ? NULL : e->slot;
	const struct slot_view *result = e->kind == EVENT_RESULT ? e->slot : NULL;

	add_kept(t);
	add_text(t, "FLASHLINE_EVENT", event_name(e));
	add_line(t, s);
	add_place(t, slot_of(s, e));
	add_unit(t, unit);
	add_result(t, result);
	add_text(t, "FLASHLINE_SENTENCE", sentence_of(e, result));
	add_text(t, "FLASHLINE_LOCK", e->lock ? e->lock->code : NULL);
	add_text(t, "FLASHLINE_DETAIL", detail_of(e, result));
}

/* The pointers first, then the texts that they point to. */
static char **block_of(const struct textbuf *t)
{
	size_t count = 0, i = 0;

	for (size_t at = 0; at < t->len; at++)
		count += t->bytes[at] == '\0';
	char **block = malloc((count + 1) * sizeof(*block) + t->len);
	if (!block)
		return NULL;
	char *texts = (char *)(block + count + 1);
	memcpy(texts, t->bytes, t->len);
	for (size_t at = 0; at < t->len; at += strlen(texts + at) + 1)
		block[i++] = texts + at;
	block[i] = NULL;
	return block;
}

char **hook_environment(const struct snapshot *s, const struct event *e)
{
	struct textbuf t = { 0 };
	char **block = NULL;

	add_all(&t, s, e);
	if (!t.has_failed && t.len > 0)
		block = block_of(&t);
	textbuf_release(&t);
	return block;
}
