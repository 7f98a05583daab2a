/* What people ask of a line: requests.h. */
#include "station/line/line_inside.h"

#include "station/line/locks.h"
#include "station/textbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_CHARACTERS 80

struct answer {
	enum status status;
	char text[REQUEST_TEXT_BYTES];
};

__attribute__((format(printf, 3, 4))) static void say(struct answer *a, enum status st,
						      const char *format, ...)
{
	va_list args;

	a->status = st;
	va_start(args, format);
	vsnprintf(a->text, sizeof(a->text), format, args);
	va_end(args);
	text_clean(a->text);
}

/* One line of at most 80 characters. */
static bool is_name(const char *text, struct answer *a)
{
	char clean[REQUEST_TEXT_BYTES];
	int characters = text_columns(text);

	snprintf(clean, sizeof(clean), "%s", text);
	text_clean(clean);
	if (strcmp(clean, text) == 0 && characters <= NAME_MAX_CHARACTERS)
		return true;
	say(a, STATUS_USAGE, "'%s': expected one line of %d characters at most", clean,
	    NAME_MAX_CHARACTERS);
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
		say(a, STATUS_OK, "%s works here from the next unit on", l->operator_name);
	else
		say(a, STATUS_OK, "no operator is named from the next unit on");
}

static void take_batch(struct session *s, const struct request *q, struct answer *a)
{
	struct err err;

	if (!is_name(q->text, a))
		return;
	if (epoch_begin(s, s->epoch->recipe, q->text[0] ? q->text : NULL, &err)) {
		say(a, STATUS_USAGE, "the batch stays as it is: %s", err.text);
		return;
	}
	s->line->is_batch_told = false;
	if (q->text[0])
		say(a, STATUS_OK, "batch %s from the next unit on", q->text);
	else
		say(a, STATUS_OK, "no batch from the next unit on");
}

static void take_retest(struct session *s, unsigned slot, struct answer *a)
{
	struct slot_view *view = &s->views[slot];
	const unsigned number = view->number;

	if (view->state >= SLOT_STARTING && view->state < SLOT_DONE) {
		say(a, STATUS_USAGE, "slot %u: its unit is at work: ask again when it is done",
		    number);
		return;
	}
	view->will_retest = true;
	if (view->state >= SLOT_DONE && s->line->slots[slot].here.has_port) {
		line_leave(s, slot);
		say(a, STATUS_OK, "slot %u: its unit is run again", number);
	} else {
		say(a, STATUS_OK, "slot %u: the next unit is run whatever it got before", number);
	}
}

static void take_disable(struct session *s, const struct request *q, struct answer *a)
{
	struct slot_view *view = &s->views[q->slot];

	view->is_disabled = true;
	if (view->state == SLOT_SETTLING || view->state == SLOT_WAITING)
		line_leave(s, (unsigned)q->slot);
	say(a, STATUS_OK, "slot %u takes no units%s%s%s%s", view->number,
	    q->operator_name[0] ? ", says " : "", q->operator_name, q->text[0] ? ": " : "",
	    q->text);
}

static void take_enable(struct session *s, const struct request *q, struct answer *a)
{
	struct slot_view *view = &s->views[q->slot];

	view->is_disabled = false;
	say(a, STATUS_OK, "slot %u takes units again%s%s", view->number,
	    q->operator_name[0] ? ", says " : "", q->operator_name);
}

static void take_unlock(struct session *s, const struct request *q, struct answer *a)
{
	const enum lock_code code = lock_by_name(q->code);
	struct err err;

	if (!s->line->locks || code == LOCK_CODE_COUNT)
		say(a, STATUS_USAGE, "'%s': there is no such lockout", q->code);
	else if (!q->operator_name[0] || !q->text[0])
		say(a, STATUS_USAGE, "%s: who overrides it, and why? Give name and reason",
		    q->code);
	else if (locks_override(s->line->locks, code, q->slot, q->operator_name, q->text, &err))
		say(a, STATUS_USAGE, "%s", err.text);
	else
		say(a, STATUS_OK, "%s is overridden by %s: %s", q->code, q->operator_name, q->text);
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

	if (!path)
		say(a, STATUS_USAGE, "'%s' is no recipe that the station file lists", q->text);
	else if (line_read_recipe(s, path, &err))
		say(a, STATUS_USAGE, "%s", err.text);
	else
		say(a, STATUS_OK,
		    "%s is read, and taken over when no unit is at work: until then none is "
		    "started",
		    file_name(path));
}

static void take_drain(struct session *s, struct answer *a)
{
	if (!s->line->is_ending)
		line_drain(s);
	say(a, STATUS_OK,
	    "no unit is started any more; the station ends when those at work are "
	    "done");
}

static void take_resume(struct session *s, struct answer *a)
{
	if (!s->line->is_ending) {
		say(a, STATUS_USAGE, "units are started: there is nothing to take back");
		return;
	}
	s->line->is_ending = false;
	say(a, STATUS_OK, "units are started again");
}

static void take(struct session *s, const struct request *q, struct answer *a)
{
	const bool has_slot = q->slot >= 0 && (size_t)q->slot < s->count;
	const bool needs_slot = q->kind == REQUEST_RETEST || q->kind == REQUEST_DISABLE ||
				q->kind == REQUEST_ENABLE || q->kind == REQUEST_REPRINT;

	if (needs_slot && !has_slot) {
		say(a, STATUS_USAGE, "%s: which slot?", request_kind_name(q->kind));
		return;
	}
	switch (q->kind) {
	case REQUEST_SCAN:
		a->status = line_scan(s, q->text, a->text);
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
		a->status = line_reprint(s, (unsigned)q->slot, q->operator_name, q->text, a->text);
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
	char text[REQUEST_TEXT_BYTES + 80];
	const struct event e = { .kind = EVENT_REQUEST,
				 .slot = has_slot ? &s->views[q->slot] : NULL,
				 .text = text };

	snprintf(text, sizeof(text), "%s: %s%s", q->from ? q->from : "somebody",
		 a->status ? "refused: " : "", a->text);
	line_notice(s, has_slot ? q->slot : -1, "%s", text);
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
		requests_answer(r, ticket, a.status, a.text);
	}
}
