#include "station/terminal/desk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_US 1500000 /* digits of one number come within it */

__attribute__((format(printf, 4, 5))) static void say(struct desk *d, uint64_t now_us,
						      bool is_refusal, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(d->message, sizeof(d->message), format, args);
	va_end(args);
	d->message_us = now_us;
	d->is_refusal = is_refusal;
}

static void begin_field(struct desk *d, enum desk_ask ask, const char *text)
{
	d->ask = ask;
	snprintf(d->field, sizeof(d->field), "%s", text);
	d->field_len = strlen(d->field);
}

static void begin_request(struct desk *d, enum request_kind kind, int slot)
{
	memset(&d->request, 0, sizeof(d->request));
	d->request.kind = kind;
	d->request.slot = slot;
	d->request.from = "terminal";
}

/* Who asks, and with wants_reason why, before the request is put. */
static void ask_who(struct desk *d, const struct scene *scene, bool wants_reason)
{
	d->wants_reason = wants_reason;
	begin_field(d, ASK_WHO, scene->operator_name);
}

static enum desk_order scan(struct desk *d, const char *text, uint64_t now_us)
{
	if (strcmp(text, d->last_scan) == 0 && d->last_scan_us &&
	    now_us - d->last_scan_us < DESK_SCAN_AGAIN_US) {
		say(d, now_us, false, "the same code twice: counted once");
		return ORDER_NONE;
	}
	snprintf(d->last_scan, sizeof(d->last_scan), "%s", text);
	d->last_scan_us = now_us;
	begin_request(d, REQUEST_SCAN, -1);
	snprintf(d->request.text, sizeof(d->request.text), "%s", text);
	return ORDER_PUT;
}

/* The lock that a person at this slot means: the slot's own, else the line's first. */
static const struct scene_lock *lock_of(const struct desk *d, const struct scene *scene)
{
	size_t shown =
		scene->lock_count < SCENE_LOCKS_SHOWN ? scene->lock_count : SCENE_LOCKS_SHOWN;
	const struct scene_lock *found = NULL;

	for (size_t i = 0; i < shown; i++) {
		if (scene->locks[i].slot == (int)d->selected)
			return &scene->locks[i];
		if (scene->locks[i].slot < 0 && !found)
			found = &scene->locks[i];
	}
	return found;
}

static void begin_unlock(struct desk *d, const struct scene *scene, uint64_t now_us)
{
	const struct scene_lock *lock = lock_of(d, scene);

	if (!lock) {
		say(d, now_us, true, "neither the line nor this slot is locked");
		return;
	}
	begin_request(d, REQUEST_UNLOCK, lock->slot);
	snprintf(d->request.code, sizeof(d->request.code), "%s", lock->code);
	ask_who(d, scene, true);
}

static void begin_switch(struct desk *d, const struct scene *scene)
{
	bool is_disabled = scene->slots[d->selected].is_disabled;

	begin_request(d, is_disabled ? REQUEST_ENABLE : REQUEST_DISABLE, (int)d->selected);
	ask_who(d, scene, !is_disabled);
}

static bool needs_somebody(const struct scene_slot *slot)
{
	return slot->look == LOOK_FAIL || slot->look == LOOK_CARE || slot->look == LOOK_STOP ||
	       slot->look == LOOK_LOCKED;
}

static void next_trouble(struct desk *d, const struct scene *scene, uint64_t now_us)
{
	for (size_t i = 1; i <= scene->slot_count; i++) {
		size_t slot = (d->selected + i) % scene->slot_count;

		if (needs_somebody(&scene->slots[slot])) {
			d->selected = slot;
			return;
		}
	}
	say(d, now_us, false, "no slot needs anybody");
}

static void choose_number(struct desk *d, const struct scene *scene, unsigned digit,
			  uint64_t now_us)
{
	if (now_us - d->number_us > NUMBER_US || d->number > 99)
		d->number = 0;
	d->number = d->number * 10 + digit;
	d->number_us = now_us;
	for (size_t i = 0; i < scene->slot_count; i++) {
		if (scene->slots[i].number == d->number)
			d->selected = i;
	}
}

static enum desk_order command(struct desk *d, const struct scene *scene, char key, uint64_t now_us)
{
	bool has_slot = d->selected < scene->slot_count;

	if (key >= '0' && key <= '9') {
		choose_number(d, scene, (unsigned)(key - '0'), now_us);
		return ORDER_NONE;
	}
	if (strchr("rdpn", key) && !has_slot) {
		say(d, now_us, true, "there is no slot yet");
		return ORDER_NONE;
	}
	switch (key) {
	case 'r':
		begin_request(d, REQUEST_RETEST, (int)d->selected);
		return ORDER_PUT;
	case 'd':
		begin_switch(d, scene);
		break;
	case 'u':
		begin_unlock(d, scene, now_us);
		break;
	case 'p':
		begin_request(d, REQUEST_REPRINT, (int)d->selected);
		ask_who(d, scene, true);
		break;
	case 'n':
		next_trouble(d, scene, now_us);
		break;
	case 's':
		begin_field(d, ASK_SCAN, "");
		break;
	case 'o':
		begin_field(d, ASK_OPERATOR, scene->operator_name);
		break;
	case 'b':
		begin_field(d, ASK_BATCH, scene->batch);
		break;
	case 'R':
		begin_request(d, REQUEST_RESUME, -1);
		return ORDER_PUT;
	case 'D':
		begin_field(d, ASK_END, "");
		break;
	case 'q':
		begin_field(d, scene->is_draining ? ASK_STOP : ASK_END, "");
		break;
	case '?':
	case 'h':
		d->page = d->page == DESK_HELP ? DESK_SLOTS : DESK_HELP;
		break;
	default:
		say(d, now_us, true, "no such key: ? shows them");
		break;
	}
	return ORDER_NONE;
}

static enum desk_order take_text(struct desk *d, uint64_t now_us)
{
	if (!d->field[0]) {
		say(d, now_us, true, "nothing was typed: Esc takes the question back");
		return ORDER_NONE;
	}
	if (d->ask == ASK_WHO) {
		memcpy(d->request.operator_name, d->field, d->field_len + 1);
		if (d->wants_reason) {
			begin_field(d, ASK_WHY, "");
			return ORDER_NONE;
		}
	} else {
		snprintf(d->request.text, sizeof(d->request.text), "%s", d->field);
	}
	d->ask = ASK_NOTHING;
	return ORDER_PUT;
}

/* Enter behind a question. */
static enum desk_order answer_field(struct desk *d, uint64_t now_us)
{
	enum desk_ask ask = d->ask;

	switch (ask) {
	case ASK_SCAN:
		d->ask = ASK_NOTHING;
		return d->field[0] ? scan(d, d->field, now_us) : ORDER_NONE;
	case ASK_OPERATOR:
	case ASK_BATCH: /* nothing typed: nobody, and no batch */
		begin_request(d, ask == ASK_OPERATOR ? REQUEST_OPERATOR : REQUEST_BATCH, -1);
		snprintf(d->request.text, sizeof(d->request.text), "%s", d->field);
		d->ask = ASK_NOTHING;
		return ORDER_PUT;
	case ASK_WHO:
	case ASK_WHY:
		return take_text(d, now_us);
	case ASK_END:
	case ASK_STOP:
	case ASK_NOTHING:
		break;
	}
	return ORDER_NONE;
}

static enum desk_order key_of_question(struct desk *d, int key, uint64_t now_us)
{
	bool is_yes_no = d->ask == ASK_END || d->ask == ASK_STOP;
	size_t room;

	if (key == DESK_ESCAPE) {
		d->ask = ASK_NOTHING;
		return ORDER_NONE;
	}
	if (is_yes_no) {
		bool is_end = d->ask == ASK_END;

		if (key == 'y' || key == 'Y') {
			d->ask = ASK_NOTHING;
			begin_request(d, REQUEST_DRAIN, -1);
			return is_end ? ORDER_PUT : ORDER_STOP;
		}
		if (key == 'n' || key == 'N' || key == DESK_ENTER)
			d->ask = ASK_NOTHING;
		return ORDER_NONE;
	}
	if (key == DESK_ENTER)
		return answer_field(d, now_us);
	room = d->ask == ASK_WHO ? sizeof(d->request.operator_name) : sizeof(d->field);
	if (key == DESK_ERASE) {
		/* A whole character of UTF-8. */
		while (d->field_len && ((unsigned char)d->field[d->field_len - 1] & 0xC0) == 0x80)
			d->field_len--;
		d->field_len -= d->field_len > 0;
		d->field[d->field_len] = '\0';
	} else if (key >= 0x20 && key < 0x100 && key != 0x7F && d->field_len + 1 < room) {
		d->field[d->field_len++] = (char)key;
		d->field[d->field_len] = '\0';
	}
	return ORDER_NONE;
}

static void move(struct desk *d, const struct scene *scene, int by)
{
	long to = (long)d->selected + by;

	if (to >= 0 && to < (long)scene->slot_count)
		d->selected = (size_t)to;
}

static enum desk_order enter(struct desk *d, const struct scene *scene, uint64_t now_us)
{
	char typed[sizeof(d->typed)];
	size_t length = d->typed_len;

	memcpy(typed, d->typed, sizeof(typed));
	d->typed_len = 0;
	if (length > 1)
		return scan(d, typed, now_us);
	if (length == 1)
		return command(d, scene, typed[0], now_us);
	d->page = d->page == DESK_SLOTS ? DESK_DETAILS : DESK_SLOTS;
	return ORDER_NONE;
}

/* A character that is a command or a part of a scan: which one, time tells. */
static enum desk_order type(struct desk *d, const struct scene *scene, int key, uint64_t now_us)
{
	enum desk_order order = ORDER_NONE;

	if (d->typed_len == 1 && now_us - d->typed_us > DESK_BURST_US) {
		d->typed_len = 0;
		order = command(d, scene, d->typed[0], now_us);
		if (d->ask) /* this key answers it */
			return key_of_question(d, key, now_us);
	}
	if (d->typed_len + 1 < sizeof(d->typed)) {
		d->typed[d->typed_len++] = (char)key;
		d->typed[d->typed_len] = '\0';
	}
	d->typed_us = now_us;
	return order;
}

enum desk_order desk_key(struct desk *d, const struct scene *scene, int key, uint64_t now_us)
{
	if (key == DESK_SUSPEND) {
		if (!scene->at_work)
			return ORDER_SUSPEND;
		say(d, now_us, true, "units are at work, and would stop with the program: not now");
		return ORDER_NONE;
	}
	if (d->ask)
		return key_of_question(d, key, now_us);
	switch (key) {
	case DESK_ENTER:
		return enter(d, scene, now_us);
	case DESK_ESCAPE:
		d->page = DESK_SLOTS;
		d->typed_len = 0;
		break;
	case DESK_UP:
		move(d, scene, -d->columns);
		break;
	case DESK_DOWN:
		move(d, scene, d->columns);
		break;
	case DESK_LEFT:
		move(d, scene, -1);
		break;
	case DESK_RIGHT:
		move(d, scene, 1);
		break;
	case DESK_HOME:
		d->selected = 0;
		break;
	case DESK_END:
		d->selected = scene->slot_count ? scene->slot_count - 1 : 0;
		break;
	default:
		if (key >= 0x20 && key < 0x100 && key != 0x7F)
			return type(d, scene, key, now_us);
		break;
	}
	return ORDER_NONE;
}

enum desk_order desk_tick(struct desk *d, const struct scene *scene, uint64_t now_us)
{
	if (d->message[0] && now_us - d->message_us >= DESK_MESSAGE_US)
		d->message[0] = '\0';
	if (d->typed_len == 1 && now_us - d->typed_us >= DESK_BURST_US) {
		d->typed_len = 0;
		return command(d, scene, d->typed[0], now_us);
	}
	if (d->typed_len > 1 && now_us - d->typed_us >= DESK_SCAN_END_US) {
		d->typed_len = 0;
		say(d, now_us, true, "text without Enter is not taken: s is for typing a scan");
	}
	return ORDER_NONE;
}

uint64_t desk_next_us(const struct desk *d)
{
	uint64_t next = UINT64_MAX;

	if (d->message[0])
		next = d->message_us + DESK_MESSAGE_US;
	if (d->typed_len) {
		uint64_t due = d->typed_us + (d->typed_len == 1 ? DESK_BURST_US : DESK_SCAN_END_US);

		next = due < next ? due : next;
	}
	return next;
}

void desk_answer(struct desk *d, enum status st, const char *text, uint64_t now_us)
{
	if (st == STATUS_NO_ANSWER)
		say(d, now_us, true, "the station is busy: it may still do that");
	else if (st == STATUS_CANCELLED)
		say(d, now_us, true, "the station ends");
	else
		say(d, now_us, st != STATUS_OK, "%s", text);
}

static const char *kind_words(enum request_kind kind)
{
	switch (kind) {
	case REQUEST_UNLOCK:
		return "unlock";
	case REQUEST_REPRINT:
		return "print again";
	case REQUEST_DISABLE:
		return "switch off";
	case REQUEST_ENABLE:
		return "switch on";
	case REQUEST_SCAN:
	case REQUEST_OPERATOR:
	case REQUEST_BATCH:
	case REQUEST_RETEST:
	case REQUEST_RECIPE:
	case REQUEST_DRAIN:
	case REQUEST_RESUME:
		break;
	}
	return "";
}

void desk_question(const struct desk *d, const struct scene *scene, char *text, size_t size)
{
	const struct request *r = &d->request;
	char what[100] = "";

	if (d->ask == ASK_WHO || d->ask == ASK_WHY) {
		snprintf(what, sizeof(what), "%s %s", kind_words(r->kind), r->code);
		if (r->slot >= 0 && (size_t)r->slot < scene->slot_count)
			snprintf(what, sizeof(what), "%s%s%s slot %u", kind_words(r->kind),
				 r->code[0] ? " " : "", r->code, scene->slots[r->slot].number);
	}
	switch (d->ask) {
	case ASK_NOTHING:
		snprintf(text, size, "%s", "");
		break;
	case ASK_SCAN:
		snprintf(text, size, "scan or type: ");
		break;
	case ASK_OPERATOR:
		snprintf(text, size, "operator from now on: ");
		break;
	case ASK_BATCH:
		snprintf(text, size, "batch from the next unit on: ");
		break;
	case ASK_WHO:
		snprintf(text, size, "%s: who does it? ", what);
		break;
	case ASK_WHY:
		snprintf(text, size, "%s: why? ", what);
		break;
	case ASK_END:
		snprintf(text, size,
			 "start no unit any more, and end when all slots are done? y/n ");
		break;
	case ASK_STOP:
		snprintf(text, size, "end now? units at work are recorded as ABORTED. y/n ");
		break;
	}
}
