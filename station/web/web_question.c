#include "station/web/web_question.h"

#include "station/textbuf.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a kind cannot do without. */
struct need {
	bool slot, text, code, person;
};

static const struct need needs[REQUEST_KIND_COUNT] = {
	[REQUEST_SCAN] = { .text = true },
	[REQUEST_RETEST] = { .slot = true },
	[REQUEST_DISABLE] = { .slot = true, .text = true, .person = true },
	[REQUEST_ENABLE] = { .slot = true, .person = true },
	[REQUEST_UNLOCK] = { .text = true, .code = true, .person = true },
	[REQUEST_REPRINT] = { .slot = true, .text = true, .person = true },
};

static enum status read_text(const json_t *value, const char *name, char *room, size_t size,
			     struct err *err)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	char *copy;
	bool is_clean;

	if (!text)
		return err_set(err, STATUS_USAGE, "%s: a text was expected", name);
	if (length >= size)
		return err_set(err, STATUS_USAGE, "%s: %zu bytes, at most %zu may be sent", name,
			       length, size - 1);
	copy = strdup(text);
	if (!copy)
		return err_set(err, STATUS_NO_MEMORY, "no memory for a request");
	text_clean(copy);
	is_clean = strcmp(copy, text) == 0 && strlen(text) == length;
	free(copy);
	if (!is_clean)
		return err_set(err, STATUS_USAGE, "%s: control characters are not allowed", name);
	/* Blanks around it are nothing: neither a name nor a reason, and no other person. */
	text += strspn(text, " ");
	length = strlen(text);
	while (length && text[length - 1] == ' ')
		length--;
	memcpy(room, text, length);
	room[length] = '\0';
	return STATUS_OK;
}

static enum status read_kind(const json_t *value, struct request *request, struct err *err)
{
	char name[40];

	TRY(read_text(value, "request", name, sizeof(name), err));
	if (!request_kind_named(name, &request->kind))
		return err_set(err, STATUS_USAGE, "request: there is no '%s'", name);
	return STATUS_OK;
}

static enum status read_number(const json_t *value, unsigned *number, struct err *err)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 1 || n > 9999)
		return err_set(err, STATUS_USAGE,
			       "slot: the number on the fixture was expected, from 1");
	*number = (unsigned)n;
	return STATUS_OK;
}

static enum status read_members(json_t *object, struct request *request, unsigned *number,
				bool *has_kind, struct err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		if (strcmp(name, "request") == 0) {
			TRY(read_kind(value, request, err));
			*has_kind = true;
		} else if (strcmp(name, "slot") == 0) {
			TRY(read_number(value, number, err));
		} else if (strcmp(name, "text") == 0) {
			TRY(read_text(value, name, request->text, sizeof(request->text), err));
		} else if (strcmp(name, "code") == 0) {
			TRY(read_text(value, name, request->code, sizeof(request->code), err));
		} else if (strcmp(name, "operator") == 0) {
			TRY(read_text(value, name, request->operator_name,
				      sizeof(request->operator_name), err));
		} else {
			return err_set(err, STATUS_USAGE,
				       "an unknown member; request, slot, text, code and operator "
				       "are known");
		}
	}
	return STATUS_OK;
}

static enum status check_needs(const struct request *request, unsigned number, struct err *err)
{
	const struct need *need = &needs[request->kind];
	const char *name = request_kind_name(request->kind);

	if (need->slot && !number)
		return err_set(err, STATUS_USAGE, "%s: slot is missing, the number on the fixture",
			       name);
	if (need->text && !request->text[0])
		return err_set(err, STATUS_USAGE, "%s: text is missing%s", name,
			       need->person ? ", the reason" : "");
	if (need->code && !request->code[0])
		return err_set(err, STATUS_USAGE, "%s: code is missing, of the lock", name);
	if (need->person && !request->operator_name[0])
		return err_set(err, STATUS_USAGE, "%s: operator is missing, who asks for it", name);
	return STATUS_OK;
}

static json_t *load_object(const char *body, size_t size)
{
	json_t *object = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);

	if (object && !json_is_object(object)) {
		json_decref(object);
		object = NULL;
	}
	return object;
}

enum status web_question_request(const char *body, size_t size, struct request *request,
				 unsigned *number, struct err *err)
{
	json_t *object = load_object(body, size);
	bool has_kind = false;
	enum status st;

	memset(request, 0, sizeof(*request));
	request->slot = -1;
	request->from = "web";
	*number = 0;
	if (!object)
		return err_set(err, STATUS_USAGE,
			       "a JSON object was expected, no member of it twice");
	st = read_members(object, request, number, &has_kind, err);
	json_decref(object);
	if (!st && !has_kind)
		st = err_set(err, STATUS_USAGE, "request is missing: what shall be done");
	if (!st)
		st = check_needs(request, *number, err);
	return st;
}

bool web_question_login(const char *body, size_t size, char *token, size_t room)
{
	json_t *object = load_object(body, size);
	const json_t *value = object ? json_object_get(object, "token") : NULL;
	bool is_one = json_object_size(object) == 1 && json_is_string(value) &&
		      json_string_length(value) < room &&
		      strlen(json_string_value(value)) == json_string_length(value);

	if (is_one)
		snprintf(token, room, "%s", json_string_value(value));
	json_decref(object);
	return is_one;
}

bool web_question_number(const char *text, unsigned *number)
{
	unsigned value = 0;

	if (!text || !*text || strlen(text) > 4)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (unsigned)(*text - '0');
	}
	*number = value;
	return value > 0;
}

bool web_question_search(const char *text, char search[static WEB_SEARCH_BYTES])
{
	size_t length;

	if (!text)
		return false;
	text += strspn(text, " ");
	length = strlen(text);
	while (length && text[length - 1] == ' ')
		length--;
	if (length < 3 || length >= WEB_SEARCH_BYTES)
		return false;
	memcpy(search, text, length);
	search[length] = '\0';
	text_clean(search);
	return strchr(search, '?') == NULL;
}
