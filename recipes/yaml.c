#include "recipes/yaml.h"

#include "recipes/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

struct reader {
	yaml_parser_t parser;
	struct yaml *yaml;
	struct diag_list *diags;
	size_t nodes;
	enum status status; /* the first thing that stops the reading */
};

static struct place at_mark(const struct reader *r, yaml_mark_t mark)
{
	return (struct place){ r->yaml->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
	if (r->status)
		return false;
	if (yaml_parser_parse(&r->parser, event))
		return true;
	if (r->parser.error == YAML_MEMORY_ERROR) {
		r->status = STATUS_NO_MEMORY;
		return false;
	}
	diag_error(r->diags, at_mark(r, r->parser.problem_mark), "not YAML: %s%s%s",
		   r->parser.problem ? r->parser.problem : "unreadable",
		   r->parser.context ? ", " : "", r->parser.context ? r->parser.context : "");
	r->status = STATUS_RECIPE;
	return false;
}

static void stop(struct reader *r, yaml_mark_t mark, const char *text)
{
	diag_error(r->diags, at_mark(r, mark), "%s", text);
	r->status = STATUS_RECIPE;
}

static void refuse_property(struct reader *r, yaml_mark_t mark, const char *what)
{
	diag_error(r->diags, at_mark(r, mark), "%s are not allowed", what);
}

static void refuse_properties(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_MAPPING_START_EVENT) {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else if (event->type == YAML_ALIAS_EVENT) {
		refuse_property(r, event->start_mark, "aliases (*name)");
	}
	if (anchor)
		refuse_property(r, event->start_mark, "anchors (&name)");
	if (tag)
		refuse_property(r, event->start_mark, "tags (!name)");
}

static struct yaml_node *append(struct reader *r, struct yaml_node *parent)
{
	struct yaml_node *items = parent->items;

	/* Grows at powers of two. */
	if ((parent->count & (parent->count - 1)) == 0) {
		size_t room = parent->count ? parent->count * 2 : 1;

		items = realloc(items, room * sizeof(*items));
		if (!items) {
			r->status = STATUS_NO_MEMORY;
			return NULL;
		}
		parent->items = items;
	}
	memset(&items[parent->count], 0, sizeof(*items));
	return &items[parent->count++];
}

/* libyaml lets a scalar hold U+0000 through "\0"; a text that ends early would
 * not be what the file says. */
static char *copy_text(struct reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	char *copy;

	if (strlen(text) != event->data.scalar.length) {
		stop(r, event->start_mark, "a text must not contain the character NUL");
		return NULL;
	}
	copy = strdup(text);
	if (!copy)
		r->status = STATUS_NO_MEMORY;
	return copy;
}

static void read_value(struct reader *r, const yaml_event_t *event, struct yaml_node *node,
		       unsigned depth);

static void read_list(struct reader *r, struct yaml_node *node, unsigned depth)
{
	yaml_event_t event;

	while (next_event(r, &event)) {
		bool at_end = event.type == YAML_SEQUENCE_END_EVENT;
		struct yaml_node *item = at_end ? NULL : append(r, node);

		if (item)
			read_value(r, &event, item, depth);
		yaml_event_delete(&event);
		if (at_end)
			return;
	}
}

static void check_repeated(struct reader *r, const struct yaml_node *map,
			   const struct yaml_node *item)
{
	for (const struct yaml_node *other = map->items; other < item; other++) {
		if (strcmp(other->key, item->key) != 0)
			continue;
		diag_error(r->diags, yaml_key_place(r->yaml, item),
			   "'%s' stands here twice, first in line %u", item->key, other->key_line);
		return;
	}
}

/* The key is the event given; the value follows it. */
static void read_pair(struct reader *r, const yaml_event_t *key, struct yaml_node *map,
		      unsigned depth)
{
	struct yaml_node *item;
	yaml_event_t value;

	if (key->type != YAML_SCALAR_EVENT) {
		stop(r, key->start_mark, "a key must be one plain word");
		return;
	}
	item = append(r, map);
	if (!item)
		return;
	item->key_line = (unsigned)key->start_mark.line + 1;
	item->key_column = (unsigned)key->start_mark.column + 1;
	item->key = copy_text(r, key);
	if (!item->key) {
		map->count--;
		return;
	}
	refuse_properties(r, key);
	check_repeated(r, map, item);
	if (!next_event(r, &value))
		return;
	read_value(r, &value, item, depth);
	yaml_event_delete(&value);
}

static void read_map(struct reader *r, struct yaml_node *node, unsigned depth)
{
	yaml_event_t event;

	while (next_event(r, &event)) {
		bool at_end = event.type == YAML_MAPPING_END_EVENT;

		if (!at_end)
			read_pair(r, &event, node, depth);
		yaml_event_delete(&event);
		if (at_end)
			return;
	}
}

static void read_value(struct reader *r, const yaml_event_t *event, struct yaml_node *node,
		       unsigned depth)
{
	node->line = (unsigned)event->start_mark.line + 1;
	node->column = (unsigned)event->start_mark.column + 1;
	node->choice = -1;
	if (++r->nodes > YAML_NODES_MAX) {
		stop(r, event->start_mark, "more than 10000 values in one file");
		return;
	}
	refuse_properties(r, event);
	if (event->type == YAML_SCALAR_EVENT) {
		node->text = copy_text(r, event);
		return;
	}
	if (event->type == YAML_ALIAS_EVENT) {
		node->is_bad = true;
		return;
	}
	if (depth == YAML_DEPTH_MAX) {
		stop(r, event->start_mark, "nested more than 8 deep");
		return;
	}
	if (event->type == YAML_MAPPING_START_EVENT) {
		node->kind = YAML_MAP;
		read_map(r, node, depth + 1);
	} else {
		node->kind = YAML_LIST;
		read_list(r, node, depth + 1);
	}
}

static void check_document_start(struct reader *r, const yaml_event_t *event)
{
	if (event->data.document_start.version_directive ||
	    event->data.document_start.tag_directives.start !=
		    event->data.document_start.tag_directives.end)
		stop(r, event->start_mark, "directives (%YAML, %TAG) are not allowed");
}

static void read_stream(struct reader *r)
{
	bool is_done = false, has_document = false;
	yaml_event_t event;

	while (!is_done && next_event(r, &event)) {
		switch (event.type) {
		case YAML_DOCUMENT_START_EVENT:
			if (has_document)
				stop(r, event.start_mark, "a second document in one file");
			else
				check_document_start(r, &event);
			has_document = true;
			break;
		case YAML_STREAM_END_EVENT:
			is_done = true;
			break;
		case YAML_ALIAS_EVENT:
		case YAML_SCALAR_EVENT:
		case YAML_SEQUENCE_START_EVENT:
		case YAML_MAPPING_START_EVENT:
			read_value(r, &event, &r->yaml->root, 0);
			break;
		case YAML_NO_EVENT:
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
		case YAML_MAPPING_END_EVENT:
			break;
		}
		yaml_event_delete(&event);
	}
	if (!r->status && !has_document) {
		diag_error(r->diags, (struct place){ r->yaml->file, 1, 1 }, "the file is empty");
		r->status = STATUS_RECIPE;
	}
}

/* libyaml would guess an encoding and reports odd bytes without their place. */
static bool check_characters(const char *name, const uint8_t *data, size_t size,
			     struct diag_list *diags)
{
	struct place at = { name, 1, 1 };

	if (size >= 2 &&
	    ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff))) {
		diag_error(diags, at, "the file is UTF-16: save it as UTF-8");
		return false;
	}
	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) {
		diag_error(diags, at,
			   "the file begins with a byte order mark: save it as UTF-8 without one");
		return false;
	}
	for (size_t i = 0; i < size;) {
		size_t length = utf8_span(data + i, size - i);

		if (!length) {
			diag_error(diags, at, "byte 0x%02x is not UTF-8 text", data[i]);
			return false;
		}
		if ((data[i] < 0x20 && !strchr("\t\n\r", data[i])) || data[i] == 0 ||
		    data[i] == 0x7f) {
			diag_error(diags, at, "control character 0x%02x: this is not a text file",
				   data[i]);
			return false;
		}
		at.column++;
		if (data[i] == '\n') {
			at.line++;
			at.column = 1;
		}
		i += length;
	}
	return true;
}

static enum status parse(struct reader *r, const char *text, size_t size)
{
	if (!yaml_parser_initialize(&r->parser))
		return STATUS_NO_MEMORY;
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, size);
	read_stream(r);
	yaml_parser_delete(&r->parser);
	return r->status;
}

enum status yaml_read_text(const char *name, const char *text, size_t size, struct yaml **out,
			   struct diag_list *diags, struct err *err)
{
	struct reader r = { .diags = diags };
	enum status st = STATUS_NO_MEMORY;

	*out = NULL;
	r.yaml = calloc(1, sizeof(*r.yaml));
	if (r.yaml)
		r.yaml->file = strdup(name);
	if (r.yaml && r.yaml->file) {
		st = check_characters(name, (const uint8_t *)text, size, diags) ? STATUS_OK
										: STATUS_RECIPE;
		if (!st)
			st = parse(&r, text, size);
	}
	if (st) {
		yaml_tree_free(r.yaml);
		return err_set(err, st,
			       st == STATUS_NO_MEMORY ? "%s: no memory" : "%s: not readable", name);
	}
	*out = r.yaml;
	return STATUS_OK;
}

static enum status refuse_file(const char *path, struct diag_list *diags, struct err *err,
			       const char *why)
{
	diag_error(diags, (struct place){ path, 1, 1 }, "%s", why);
	return err_set(err, STATUS_RECIPE, "%s: %s", path, why);
}

/* Reads at most room bytes; the count, or -1 with errno. */
static ssize_t read_all(int fd, char *text, size_t room)
{
	size_t have = 0;

	while (have < room) {
		ssize_t got = read(fd, text + have, room - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

enum status yaml_read_file(const char *path, struct yaml **out, struct diag_list *diags,
			   struct err *err)
{
	enum status st;
	struct stat about = { 0 };
	ssize_t size = -1;
	char *text;
	int fd;

	*out = NULL;
	/* Not blocking: a pipe without a writer would hold the open for ever. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return refuse_file(path, diags, err, strerror(errno));
	if (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode)) {
		close(fd);
		return refuse_file(path, diags, err,
				   S_ISDIR(about.st_mode) ? "is a directory"
							  : "is not a regular file");
	}
	text = malloc(YAML_FILE_MAX + 2);
	if (text)
		size = read_all(fd, text, YAML_FILE_MAX + 1);
	if (!text)
		st = err_set(err, STATUS_NO_MEMORY, "%s: no memory", path);
	else if (size < 0)
		st = refuse_file(path, diags, err, strerror(errno));
	else if ((size_t)size > YAML_FILE_MAX)
		st = refuse_file(path, diags, err, "larger than 1 MiB: this is no recipe");
	else
		st = yaml_read_text(path, text, (size_t)size, out, diags, err);
	close(fd);
	if (*out) {
		text[size] = '\0';
		(*out)->text = text; /* it keeps it */
	} else {
		free(text);
	}
	return st;
}

static void release_node(struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		release_node(&node->items[i]);
	free(node->items);
	free(node->text);
	free(node->key);
}

void yaml_tree_free(struct yaml *y)
{
	if (!y)
		return;
	release_node(&y->root);
	free(y->file);
	free(y->text);
	free(y);
}

struct yaml_node *yaml_find(const struct yaml_node *node, const char *path)
{
	size_t length = strcspn(path, ".");

	if (!node || node->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < node->count; i++) {
		struct yaml_node *item = &node->items[i];

		if (strncmp(item->key, path, length) == 0 && !item->key[length])
			return path[length] ? yaml_find(item, path + length + 1) : item;
	}
	return NULL;
}

size_t yaml_text_count(const struct yaml_node *node)
{
	return node->kind == YAML_LIST ? node->count : 1;
}

const char *yaml_text_at(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_LIST ? node->items[i].text : node->text;
}

struct place yaml_place(const struct yaml *y, const struct yaml_node *node)
{
	return (struct place){ y->file, node->line, node->column };
}

struct place yaml_key_place(const struct yaml *y, const struct yaml_node *node)
{
	return (struct place){ y->file, node->key_line, node->key_column };
}
