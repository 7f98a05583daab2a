/* What people ask of a line: requests.h. */
#include "station/line/line_inside.h"

#include "station/line/locks.h"
#include "station/textbuf.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 80

struct answer {
	enum status status;
	struct said said;
};

/* One line of at most 80 characters. */
static bool is_name(const char *text, struct answer *a)
{
	char clean[REQUEST_TEXT_BYTES];
	int characters = text_columns(text);

	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean);
	if (strcmp(clean, text) == 0 && characters <= NAME_MAX_CHARACTERS)
		return true;
	a->status = STATUS_USAGE;
	said_set(&a->said, SAID_NAME_TOO_LONG, "%s" SAID_NEXT "%d", clean, NAME_MAX_CHARACTERS);
	return false;
}

static void take_operator(struct session *s, const struct request *q, struct answer *a)
{
	struct line *l = s->line;

	if (!is_name(q->text, a))
		return;
	snprintf(l->operator_name, sizeof(l->operator_name), "%s", q->text);
	s->snapshot.operator_name = l->operator_name[0] ? l->operator_name : NULL;
	if (l->operator_name[0])
		said_set(&a->said, SAID_OPERATOR_IS, "%s", l->operator_name);
	else
		said_plain(&a->said, SAID_OPERATOR_NONE);
}

static void take_batch(struct session *s, const struct request *q, struct answer *a)
{
	struct err err;

	if (!is_name(q->text, a))
		return;
	if (epoch_begin(s, s->epoch->recipe, q->text[0] ? q->text : NULL, &err)) {
		a->status = STATUS_USAGE;
		said_set(&a->said, SAID_BATCH_STAYS, "%s", err.text);
		return;
	}
	s->line->is_batch_told = false;
	if (q->text[0])
		said_set(&a->said, SAID_BATCH_IS, "%s", q->text);
	else
		said_plain(&a->said, SAID_BATCH_NONE);
}

static void take_retest(struct session *s, unsigned slot, struct answer *a)
{
	struct slot_view *view = &s->views[slot];
	const unsigned number = view->number;

	if (view->state >= SLOT_STARTING && view->state < SLOT_DONE) {
		a->status = STATUS_USAGE;
		said_set(&a->said, SAID_RETEST_TOO_EARLY, "%u", number);
		return;
	}
	view->will_retest = true;
	/* Of a unit that answers nobody, this is the only way to a run. */
	if (line_is_by_chip(s, slot) && view->state != SLOT_WAITING && !view->is_disabled &&
	    s->line->slots[slot].here.has_port) {
		line_look_force(s, slot);
		said_set(&a->said, SAID_RETEST_NOW, "%u", number);
		return;
	}
	if (view->state >= SLOT_DONE && s->line->slots[slot].here.has_port) {
		line_leave(s, slot);
		said_set(&a->said, SAID_RETEST_NOW, "%u", number);
	} else {
		said_set(&a->said, SAID_RETEST_NEXT, "%u", number);
	}
}

static void take_disable(struct session *s, const struct request *q, struct answer *a)
{
	const struct slot_view *view = &s->views[q->slot];
	const bool has_both = q->text[0] && q->operator_name[0];
	struct line *l = s->line;
	char why[sizeof(l->slots[0].off)];

	/* Of a long reason the name stays. */
	snprintf(why, sizeof(why), "%.*s%s%s%s", (int)(sizeof(why) - sizeof(q->operator_name) - 4),
		 q->text, has_both ? " (" : "", q->operator_name, has_both ? ")" : "");
	text_clean(why);
	if (l->locks)
		locks_disable(l->locks, (unsigned)q->slot, why);
	line_put_off(s, (unsigned)q->slot, why);
	if (q->operator_name[0] && q->text[0])
		said_set(&a->said, SAID_SLOT_OFF_BY, "%u" SAID_NEXT "%s" SAID_NEXT "%s",
			 view->number, q->operator_name, q->text);
	else
		said_set(&a->said, SAID_SLOT_OFF, "%u", view->number);
}

static void take_enable(struct session *s, const struct request *q, struct answer *a)
{
	const struct slot_view *view = &s->views[q->slot];

	if (s->line->locks)
		locks_enable(s->line->locks, (unsigned)q->slot,
			     q->operator_name[0] ? q->operator_name : NULL);
	line_put_off(s, (unsigned)q->slot, NULL);
	if (q->operator_name[0])
		said_set(&a->said, SAID_SLOT_ON_BY, "%u" SAID_NEXT "%s", view->number,
			 q->operator_name);
	else
		said_set(&a->said, SAID_SLOT_ON, "%u", view->number);
}

static void take_unlock(struct session *s, const struct request *q, struct answer *a)
{
	const enum lock_code code = lock_by_name(q->code);
	struct err err;

	a->status = STATUS_USAGE;
	if (!s->line->locks || code == LOCK_CODE_COUNT) {
		said_set(&a->said, SAID_LOCK_UNKNOWN, "%s", q->code);
	} else if (!q->operator_name[0] || !q->text[0]) {
		said_set(&a->said, SAID_UNLOCK_WHO, "%s", q->code);
	} else if (locks_override(s->line->locks, code, q->slot, q->operator_name, q->text, &err)) {
		said_set(&a->said, SAID_TEXT, "%s", err.text);
	} else {
		a->status = STATUS_OK;
		said_set(&a->said, SAID_OVERRIDDEN, "%s" SAID_NEXT "%s" SAID_NEXT "%s", q->code,
			 q->operator_name, q->text);
	}
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One of those that the station file lists, by its path or its name; "" is the present one. */
static const char *find_recipe(const struct session *s, const char *text)
{
	const struct station_file *f = s->line->setup->file;

	if (!text[0])
		return s->epoch->order.plan->recipe_path;
	for (size_t i = 0; i < f->recipe_count; i++) {
		if (strcmp(f->recipes[i], text) == 0 || strcmp(file_name(f->recipes[i]), text) == 0)
			return f->recipes[i];
	}
	return NULL;
}

static void take_recipe(struct session *s, const struct request *q, struct answer *a)
{
	const char *path = find_recipe(s, q->text);
	struct err err;

	a->status = STATUS_USAGE;
	if (!path) {
		said_set(&a->said, SAID_RECIPE_UNKNOWN, "%s", q->text);
	} else if (line_read_recipe(s, path, &err)) {
		said_set(&a->said, SAID_TEXT, "%s", err.text);
	} else {
		a->status = STATUS_OK;
		said_set(&a->said, SAID_RECIPE_READ, "%s", file_name(path));
	}
}

static void take_drain(struct session *s, struct answer *a)
{
	if (!s->line->is_ending)
		line_drain(s);
	said_plain(&a->said, SAID_DRAINING);
}

static void take_resume(struct session *s, struct answer *a)
{
	if (!s->line->is_ending) {
		a->status = STATUS_USAGE;
		said_plain(&a->said, SAID_NOT_DRAINING);
		return;
	}
	s->line->is_ending = false;
	said_plain(&a->said, SAID_RESUMED);
}

static void take(struct session *s, const struct request *q, struct answer *a)
{
	const bool has_slot = q->slot >= 0 && (size_t)q->slot < s->count;
	const bool needs_slot = q->kind == REQUEST_RETEST || q->kind == REQUEST_DISABLE ||
				q->kind == REQUEST_ENABLE || q->kind == REQUEST_REPRINT;

	if (needs_slot && !has_slot) {
		a->status = STATUS_USAGE;
		said_set(&a->said, SAID_WHICH_SLOT, "%s", request_kind_name(q->kind));
		return;
	}
	switch (q->kind) {
	case REQUEST_SCAN:
		a->status = line_scan(s, q->text, &a->said);
		break;
	case REQUEST_OPERATOR:
		take_operator(s, q, a);
		break;
	case REQUEST_BATCH:
		take_batch(s, q, a);
		break;
	case REQUEST_RETEST:
		take_retest(s, (unsigned)q->slot, a);
		break;
	case REQUEST_DISABLE:
		take_disable(s, q, a);
		break;
	case REQUEST_ENABLE:
		take_enable(s, q, a);
		break;
	case REQUEST_UNLOCK:
		take_unlock(s, q, a);
		break;
	case REQUEST_REPRINT:
		a->status = line_reprint(s, (unsigned)q->slot, q->operator_name, q->text, &a->said);
		break;
	case REQUEST_RECIPE:
		take_recipe(s, q, a);
		break;
	case REQUEST_DRAIN:
		take_drain(s, a);
		break;
	case REQUEST_RESUME:
		take_resume(s, a);
		break;
	}
}

/* "web: slot 7: its unit is run again"; what was refused is a notice as well. */
static void tell(struct session *s, const struct request *q, const struct answer *a)
{
	const bool has_slot = q->slot >= 0 && (size_t)q->slot < s->count;
	struct event e = { .kind = EVENT_REQUEST, .slot = has_slot ? &s->views[q->slot] : NULL };

	line_notice(s, has_slot ? q->slot : -1, &a->said, q->from ? q->from : "somebody",
		    a->status != STATUS_OK);
	e.text = s->line->notices[0].text;
	session_tell_event(s, &e);
}

void line_take_requests(struct session *s)
{
	struct requests *r = s->line->setup->requests;
	struct request q;
	uint64_t ticket;

	while (r && requests_take(r, &q, &ticket)) {
		struct answer a = { .status = STATUS_OK };

		take(s, &q, &a);
		tell(s, &q, &a);
		requests_answer(r, ticket, a.status, &a.said);
	}
}
