#include "recipes/nvs/nvs_names.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* How many characters the name at text has; 0 when there is none. */
static size_t name_length(const char *text)
{
	size_t length = 0;

	if (!is_letter(*text))
		return 0;
	while (is_letter(text[length]) || (text[length] >= '0' && text[length] <= '9') ||
	       text[length] == '-' || text[length] == '.')
		length++;
	return length <= NVS_NAME_MAX ? length : 0;
}

bool nvs_name_is_good(const char *name, size_t length)
{
	return length && name_length(name) == length;
}

bool nvs_next_piece(const char **at, struct nvs_piece *piece)
{
	const char *text = *at;
	size_t length;

	if (!*text)
		return false;
	length = text[0] == '{' && text[1] == '{' ? name_length(text + 2) : 0;
	if (length && strncmp(text + 2 + length, "}}", 2) == 0) {
		*piece = (struct nvs_piece){ false, text + 1, length + 2 };
		*at += length + 4;
		return true;
	}
	length = text[0] == '{' ? name_length(text + 1) : 0;
	if (length && text[1 + length] == '}') {
		*piece = (struct nvs_piece){ true, text + 1, length };
		*at += length + 2;
		return true;
	}
	length = 1 + strcspn(text + 1, "{");
	*piece = (struct nvs_piece){ false, text, length };
	*at += length;
	return true;
}

static const char *value_of(const struct nvs_values *values, const struct nvs_piece *name)
{
	for (size_t i = 0; values && i < values->count; i++)
		if (strlen(values->items[i].name) == name->size &&
		    memcmp(values->items[i].name, name->text, name->size) == 0)
			return values->items[i].value;
	return NULL;
}

bool nvs_unknown_name(const char *text, const struct nvs_values *values, struct nvs_piece *piece)
{
	while (nvs_next_piece(&text, piece))
		if (piece->is_name && !value_of(values, piece))
			return true;
	return false;
}

static enum status check_part(const struct nvs_piece *name, const char *value, struct err *err)
{
	if (value[0] && value[0] != '.' && !strchr(value, '/'))
		return STATUS_OK;
	return err_set(
		err, STATUS_RECIPE,
		"the value of {%.*s} cannot be a part of a file name: it is empty, begins with "
		"'.' or holds '/'",
		(int)name->size, name->text);
}

enum status nvs_fill_in(const char *text, const struct nvs_values *values, bool is_file,
			uint8_t **out, size_t *size, struct err *err)
{
	struct nvs_piece piece;
	const char *at = text;
	size_t room = 1;

	*out = NULL;
	*size = 0;
	while (nvs_next_piece(&at, &piece)) {
		const char *value = piece.is_name ? value_of(values, &piece) : NULL;

		if (value && is_file)
			TRY(check_part(&piece, value, err));
		room += value ? strlen(value) : piece.size;
	}
	*out = malloc(room);
	if (!*out)
		return err_set(err, STATUS_NO_MEMORY, "no memory for a value of %zu bytes", room);
	for (at = text; nvs_next_piece(&at, &piece);) {
		const char *value = piece.is_name ? value_of(values, &piece) : NULL;
		size_t length = value ? strlen(value) : piece.size;

		memcpy(*out + *size, value ? value : piece.text, length);
		*size += length;
	}
	(*out)[*size] = '\0';
	return STATUS_OK;
}
