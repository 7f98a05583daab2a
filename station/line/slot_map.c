#include "station/line/slot_map.h"

#include "recipes/recipe.h"
#include "recipes/yaml.h"
#include "station/textbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUPER_SPEED_MBPS 5000

/* What a new file begins with: keys that a station file has to have. */
static const char beginning[] = "station: line-1  # its name\n"
				"recipe: recipe.yaml  # named from the folder of this file\n";

/* ---- reading ---- */

static enum status take_slots(struct slot_map *map, const struct yaml *yaml, struct err *err)
{
	const struct yaml_node *list = yaml_find(&yaml->root, "slots");

	if (!list || (list->kind == YAML_TEXT && !list->text[0]))
		return STATUS_OK;
	if (list->kind != YAML_LIST)
		return err_set(err, STATUS_RECIPE, "%s:%u:%u: 'slots' is no list", map->path,
			       list->line, list->column);
	for (size_t i = 0; i < list->count && map->count < STATION_SLOTS_MAX; i++) {
		const struct yaml_node *number = yaml_find(&list->items[i], "number");
		const struct yaml_node *at = yaml_find(&list->items[i], "at");

		if (!number || number->kind != YAML_TEXT || !at || at->kind != YAML_TEXT)
			return err_set(err, STATUS_RECIPE,
				       "%s:%u:%u: a slot without 'number' or 'at': mend it first",
				       map->path, list->items[i].line, list->items[i].column);
		map->slots[map->count].number = (unsigned)strtoul(number->text, NULL, 10);
		snprintf(map->slots[map->count].at, sizeof(map->slots[0].at), "%s", at->text);
		map->count++;
	}
	return STATUS_OK;
}

/* "slots: [...]" in one line has no place for another line. */
static enum status check_style(const struct slot_map *map, struct err *err)
{
	const char *line =
		strncmp(map->text, "slots:", 6) == 0 ? map->text : strstr(map->text, "\nslots:");

	if (!line)
		return STATUS_OK;
	line = strchr(line, ':') + 1;
	line += strspn(line, " \t\r");
	if (*line == '\0' || *line == '\n' || *line == '#')
		return STATUS_OK;
	return err_set(err, STATUS_RECIPE,
		       "%s: 'slots' stands in one line: write it as a list, one slot a line, each "
		       "with '- ' before it",
		       map->path);
}

/* A folder that is not there, told before anybody has plugged in a unit. */
static enum status check_folder(const char *path, struct err *err)
{
	char *folder = recipe_join_path(path, ".");
	const int failed = folder && access(folder, W_OK | X_OK) == 0 ? 0 : errno;

	free(folder);
	return failed ? err_set(err, STATUS_FILE, "%s: cannot be made there: %s", path,
				strerror(failed))
		      : STATUS_OK;
}

enum status slot_map_read(const char *path, struct slot_map *map, struct diag_list *diags,
			  struct err *err)
{
	struct yaml *yaml = NULL;
	enum status st;

	*map = (struct slot_map){ .path = strdup(path) };
	if (map->path && access(path, F_OK) != 0 && errno == ENOENT) {
		TRY(check_folder(path, err));
		map->text = strdup("");
		return map->text ? STATUS_OK
				 : err_set(err, STATUS_NO_MEMORY, "no memory for %s", path);
	}
	if (!map->path)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %s", path);
	TRY(yaml_read_file(path, &yaml, diags, err));
	if (yaml->root.kind == YAML_MAP && !yaml_find(&yaml->root, "station")) {
		yaml_tree_free(yaml);
		return err_set(
			err, STATUS_RECIPE,
			"%s: no station file: it has no key 'station'; name one, or a file that "
			"is to be made",
			path);
	}
	map->text = strdup(yaml->text ? yaml->text : "");
	if (!map->text) {
		yaml_tree_free(yaml);
		err_set(err, STATUS_NO_MEMORY, "no memory for %s", path);
		return STATUS_NO_MEMORY;
	}
	st = take_slots(map, yaml, err);
	if (!st && diags->error_count)
		st = err_set(err, STATUS_RECIPE, "%s has errors", path);
	yaml_tree_free(yaml);
	return st ? st : check_style(map, err);
}

void slot_map_release(struct slot_map *map)
{
	free(map->path);
	free(map->text);
	*map = (struct slot_map){ 0 };
}

unsigned slot_map_number(const struct slot_map *map, const char *at)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->slots[i].at, at) == 0)
			return map->slots[i].number;
	}
	return 0;
}

/* ---- the text ---- */

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : line + strlen(line);
}

/* NULL: there is none. */
static const char *find_slots_line(const char *text)
{
	for (const char *line = text; *line; line = next_line(line)) {
		if (strncmp(line, "slots:", 6) == 0)
			return line;
	}
	return NULL;
}

/* Where the block below the key ends: blank lines and comments before the next key are that key's.
 * *indent: how far its list items are indented. */
static const char *find_block_end(const char *key_line, size_t *indent)
{
	const char *end = next_line(key_line);

	*indent = 2;
	for (const char *line = end; *line; line = next_line(line)) {
		size_t blanks = strspn(line, " ");
		const char first = line[blanks];

		if (first == '\n' || first == '\0' || first == '\r' || first == '#')
			continue;
		if (blanks == 0 && first != '-')
			break;
		if (first == '-')
			*indent = blanks;
		end = next_line(line);
	}
	return end;
}

static void add_line(struct textbuf *out, size_t indent, unsigned number, const char *at,
		     const char *hub)
{
	textbuf_pad(out, ' ', (int)indent);
	textbuf_add(out, "- {number: %u, at: \"%s\"", number, at);
	if (hub[0])
		textbuf_add(out, ", hub: \"%s\"", hub);
	textbuf_add(out, "}\n");
}

char *slot_map_insert(const char *text, unsigned number, const char *at, const char *hub)
{
	const char *key = find_slots_line(text);
	struct textbuf out = { 0 };
	size_t indent = 2;
	const char *end = key ? find_block_end(key, &indent) : text + strlen(text);

	if (!text[0])
		textbuf_add(&out, "%s", beginning);
	textbuf_bytes(&out, text, (size_t)(end - text));
	if (end > text && end[-1] != '\n')
		textbuf_add(&out, "\n");
	if (!key)
		textbuf_add(&out, "slots:\n");
	add_line(&out, indent, number, at, hub);
	textbuf_add(&out, "%s", end);
	if (out.has_failed) {
		textbuf_release(&out);
		return NULL;
	}
	return out.bytes;
}

/* ---- writing ---- */

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t written = write(fd, text, left);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			left -= (size_t)written;
		}
	}
	return fsync(fd) == 0;
}

/* The name itself has to be on the disk as well; a folder that cannot be synced is no reason to
 * fail. */
static void sync_folder(const char *path)
{
	char folder[4096];
	char *slash;
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[1] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fsync(fd) != 0)
		errno = 0;
	close(fd);
}

static enum status replace_file(const char *path, const char *text, struct err *err)
{
	char temporary[4096];
	struct stat before;
	bool is_written;
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return err_set(err, STATUS_FILE, "%s: the name is too long", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_set(err, STATUS_FILE, "%s cannot be written: %s", temporary,
			       strerror(errno));
	if (stat(path, &before) == 0 && fchmod(fd, before.st_mode & 0777) != 0)
		errno = 0; /* it gets the usual rights then */
	is_written = write_all(fd, text);
	if (close(fd) != 0)
		is_written = false;
	if (!is_written || rename(temporary, path) != 0) {
		enum status st = err_set(err, STATUS_FILE, "%s cannot be written: %s", path,
					 strerror(errno));

		unlink(temporary);
		return st;
	}
	sync_folder(path);
	return STATUS_OK;
}

enum status slot_map_add(struct slot_map *map, const char *at, const char *hub, unsigned *number,
			 struct err *err)
{
	enum status st;
	char *text;

	if (map->count == STATION_SLOTS_MAX)
		return err_set(err, STATUS_USAGE, "%s has %d slots: more are not possible",
			       map->path, STATION_SLOTS_MAX);
	*number = 1;
	for (size_t i = 0; i < map->count; i++) {
		if (map->slots[i].number >= *number)
			*number = map->slots[i].number + 1;
	}
	text = slot_map_insert(map->text, *number, at, hub);
	if (!text)
		return err_set(err, STATUS_NO_MEMORY, "no memory for %s", map->path);
	st = replace_file(map->path, text, err);
	if (st) {
		free(text);
		return st;
	}
	free(map->text);
	map->text = text;
	map->slots[map->count].number = *number;
	snprintf(map->slots[map->count].at, sizeof(map->slots[0].at), "%s", at);
	map->count++;
	return STATUS_OK;
}

/* ---- hubs ---- */

/* "1.4" of "pci-0000:00:14.0/1.4:1.0" without its last step is the hub's; false on a root hub. */
static bool hub_chain(const char *at, char *controller, char *chain, size_t size, bool *is_super)
{
	const char *slash = strrchr(at, '/'), *colon = strrchr(at, ':');
	char *dot;

	if (!slash || !colon || colon < slash || (size_t)(slash - at) >= size)
		return false;
	snprintf(controller, size, "%.*s", (int)(slash - at), at);
	slash++;
	*is_super = strncmp(slash, "ss", 2) == 0;
	if (*is_super)
		slash += 2;
	snprintf(chain, size, "%.*s", (int)(colon - slash), slash);
	dot = strrchr(chain, '.');
	if (!dot)
		return false;
	*dot = '\0';
	return true;
}

void slot_map_hub(const struct usb_tree *tree, const char *at, char text[static SLOT_HUB_BYTES])
{
	char controller[200], chain[200];
	bool is_super;

	text[0] = '\0';
	if (!hub_chain(at, controller, chain, sizeof(chain), &is_super))
		return;
	for (size_t i = 0; i < tree->count; i++) {
		const struct usb_device *d = &tree->devices[i];

		if (!d->is_hub || strcmp(d->chain, chain) != 0 ||
		    (d->speed_mbps >= SUPER_SPEED_MBPS) != is_super ||
		    d->controller >= tree->controller_count ||
		    strcmp(tree->controllers[d->controller].name, controller) != 0)
			continue;
		snprintf(text, SLOT_HUB_BYTES, "%04x:%04x %s", d->vid, d->pid,
			 usb_is_multi_tt(d) ? "multi" : "single");
		return;
	}
}
