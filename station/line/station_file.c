#include "station/line/station_file.h"

#include "recipes/boot_check.h"
#include "recipes/recipe.h"
#include "recipes/schema.h"
#include "recipes/unit_values.h"
#include "station/label/printer_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Our choices; docs/station-file.md. */
#define SETTLE_MS 500
#define STAGGER_MS 150
#define HOOK_LIMIT_MS 5000
#define WEB_PORT 8320

#define MEBIBYTE (UINT64_C(1) << 20)

/* clang-format off */
static const char *const no_yes_words[] = { "no", "yes", NULL };
static const char *const again_words[] = { "never", "failed", "always", NULL }; /* enum again_policy */
static const char *const presence_words[] = { "usb", "chip", NULL }; /* enum slot_presence */

static const struct schema_row file_row = { .key = "recipe", .kind = SCHEMA_TEXT, .min = 1, .max = 1000 };
static const struct schema_row origin_row = { .key = "origins", .kind = SCHEMA_TEXT, .min = 1, .max = 200 };
static const struct schema_row unit_row = { .key = "units", .kind = SCHEMA_TEXT, .min = 1, .max = 100 };
static const struct schema_row shift_row = { .key = "shifts", .kind = SCHEMA_TEXT, .min = 1, .max = 100 };

static const struct schema_row layout_rows[] = {
	{ .key = "columns", .kind = SCHEMA_INTEGER, .is_required = true, .min = 1, .max = STATION_SLOTS_MAX },
	{ .key = NULL },
};
static const struct schema_row slot_rows[] = {
	{ .key = "number", .kind = SCHEMA_INTEGER, .is_required = true, .min = 1, .max = 999 },
	{ .key = "at",     .kind = SCHEMA_TEXT,    .is_required = true, .min = 1, .max = 199 },
	{ .key = "hub",    .kind = SCHEMA_TEXT,    .min = 1, .max = 40 },
	{ .key = "use",    .kind = SCHEMA_CHOICE,  .choices = no_yes_words },
	{ .key = "presence", .kind = SCHEMA_CHOICE, .choices = presence_words },
	{ .key = NULL },
};
static const struct schema_row slot_row = { .key = "slots", .kind = SCHEMA_MAP, .rows = slot_rows };
static const struct schema_row web_rows[] = {
	{ .key = "listen",     .kind = SCHEMA_TEXT,    .min = 1, .max = 100 },
	{ .key = "port",       .kind = SCHEMA_INTEGER, .min = 0, .max = 65535 },
	{ .key = "token_file", .kind = SCHEMA_TEXT,    .min = 1, .max = 1000 },
	{ .key = "origins",    .kind = SCHEMA_LIST,    .takes_one = true, .min = 1, .item = &origin_row },
	{ .key = "use",        .kind = SCHEMA_CHOICE,  .choices = no_yes_words },
	{ .key = NULL },
};
static const struct schema_row printer_rows[] = {
	{ .key = "zpl",     .kind = SCHEMA_TEXT, .min = 1, .max = 200 },
	{ .key = "command", .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "status",  .kind = SCHEMA_CHOICE, .choices = no_yes_words },
	{ .key = NULL },
};
static const struct schema_row scanner_rows[] = {
	{ .key = "device", .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "serial", .kind = SCHEMA_TEXT, .min = 1, .max = 200 },
	{ .key = NULL },
};
static const struct schema_row hook_rows[] = {
	{ .key = "arrived",        .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "passed",         .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "failed",         .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "batch_complete", .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "locked",         .kind = SCHEMA_TEXT, .min = 1, .max = 1000 },
	{ .key = "limit",          .kind = SCHEMA_DURATION, .min = 100, .max = 300000 },
	{ .key = NULL },
};
static const struct schema_row golden_rows[] = {
	{ .key = "units",    .kind = SCHEMA_LIST,    .is_required = true, .takes_one = true, .min = 1, .item = &unit_row },
	{ .key = "at_start", .kind = SCHEMA_CHOICE,  .choices = no_yes_words },
	{ .key = "every",    .kind = SCHEMA_INTEGER, .min = 1, .max = 1000000 },
	{ .key = "shifts",   .kind = SCHEMA_LIST,    .takes_one = true, .min = 1, .item = &shift_row },
	{ .key = NULL },
};
static const struct schema_row yield_rows[] = {
	{ .key = "floor", .kind = SCHEMA_INTEGER, .is_required = true, .min = 1, .max = 100 },
	{ .key = "over",  .kind = SCHEMA_INTEGER, .is_required = true, .min = 5, .max = 10000 },
	{ .key = NULL },
};
static const struct schema_row ledger_rows[] = {
	{ .key = "pending", .kind = SCHEMA_INTEGER,  .is_required = true, .min = 1, .max = 1000000000 },
	{ .key = "for",     .kind = SCHEMA_DURATION, .is_required = true, .min = 1000, .max = 86400000 },
	{ .key = NULL },
};
static const struct schema_row lockout_rows[] = {
	{ .key = "golden",        .kind = SCHEMA_MAP,     .rows = golden_rows },
	{ .key = "yield",         .kind = SCHEMA_MAP,     .rows = yield_rows },
	{ .key = "slot_failures", .kind = SCHEMA_INTEGER, .min = 0, .max = 1000 },
	{ .key = "disk",          .kind = SCHEMA_ROOM,    .min = MEBIBYTE, .max = MEBIBYTE << 20 },
	{ .key = "ledger",        .kind = SCHEMA_MAP,     .rows = ledger_rows },
	{ .key = "clock",         .kind = SCHEMA_CHOICE,  .choices = no_yes_words },
	{ .key = NULL },
};
static const struct schema_row station_rows[] = {
	{ .key = "station",  .kind = SCHEMA_TEXT,     .is_required = true, .min = 1, .max = 80 },
	{ .key = "recipe",   .kind = SCHEMA_LIST,     .is_required = true, .takes_one = true, .min = 1, .item = &file_row },
	{ .key = "batch",    .kind = SCHEMA_TEXT,     .min = 1, .max = 80 },
	{ .key = "operator", .kind = SCHEMA_TEXT,     .min = 1, .max = 80 },
	{ .key = "layout",   .kind = SCHEMA_MAP,      .rows = layout_rows },
	{ .key = "settle",   .kind = SCHEMA_DURATION, .min = 100, .max = 10000 },
	{ .key = "stagger",  .kind = SCHEMA_DURATION, .min = 0, .max = 10000 },
	{ .key = "again",    .kind = SCHEMA_CHOICE,   .choices = again_words },
	{ .key = "presence", .kind = SCHEMA_CHOICE,   .choices = presence_words },
	{ .key = "slots",    .kind = SCHEMA_LIST,     .min = 1, .item = &slot_row },
	{ .key = "web",      .kind = SCHEMA_MAP,      .rows = web_rows },
	{ .key = "printer",  .kind = SCHEMA_MAP,      .rows = printer_rows },
	{ .key = "scanner",  .kind = SCHEMA_MAP,      .rows = scanner_rows },
	{ .key = "hooks",    .kind = SCHEMA_MAP,      .rows = hook_rows },
	{ .key = "lockouts", .kind = SCHEMA_MAP,      .rows = lockout_rows },
	{ .key = NULL },
};
/* clang-format on */

struct storage {
	struct station_file file;
	struct yaml *yaml;
	char *paths[STATION_RECIPES_MAX + 1]; /* of recipes, and of the token */
	size_t path_count;
};

/* What is being read. */
struct reading {
	struct storage *all;
	struct station_file *f;
	struct diag_list *diags;
};

/* ---- values ---- */

static const struct yaml_node *good(const struct reading *r, const char *path)
{
	const struct yaml_node *node = yaml_find(&r->all->yaml->root, path);

	return node && !node->is_bad ? node : NULL;
}

static const char *text_of(const struct reading *r, const char *path)
{
	const struct yaml_node *node = good(r, path);

	return node ? node->text : NULL;
}

static uint64_t number_of(const struct reading *r, const char *path, uint64_t usual)
{
	const struct yaml_node *node = good(r, path);

	return node ? node->number : usual;
}

static int choice_of(const struct reading *r, const char *path, int usual)
{
	const struct yaml_node *node = good(r, path);

	return node ? node->choice : usual;
}

static struct place place_of(const struct reading *r, const struct yaml_node *node)
{
	return yaml_place(r->all->yaml, node);
}

/* As if named from the folder of the station file. NULL without memory. */
static const char *path_of(struct reading *r, const char *file)
{
	char *path = recipe_join_path(r->f->path, file);

	if (path)
		r->all->paths[r->all->path_count++] = path;
	return path;
}

/* The place of the nth text of a value that is one text or a list of them. */
static const struct yaml_node *text_node(const struct yaml_node *node, size_t i)
{
	return node->kind == YAML_LIST ? &node->items[i] : node;
}

static size_t count_texts(const struct reading *r, const struct yaml_node *node, size_t max)
{
	size_t count = node ? yaml_text_count(node) : 0;

	if (count <= max)
		return count;
	diag_error(r->diags, place_of(r, node), "%zu entries: expected %zu at most", count, max);
	return max;
}

/* ---- keys ---- */

static enum status take_recipes(struct reading *r, struct err *err)
{
	const struct yaml_node *list = good(r, "recipe");
	const size_t count = count_texts(r, list, STATION_RECIPES_MAX);

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *node = text_node(list, i);
		const char *path;
		struct stat about;

		if (node->is_bad)
			continue;
		path = path_of(r, node->text);
		if (!path)
			return err_set(err, STATUS_NO_MEMORY, "%s: no memory", r->f->path);
		if (stat(path, &about) != 0 || !S_ISREG(about.st_mode))
			diag_error(r->diags, place_of(r, node),
				   "'recipe' is '%s': there is no such file: expected a recipe, "
				   "named from the folder of this file",
				   node->text);
		for (size_t j = 0; j < i; j++) {
			const struct yaml_node *other = text_node(list, j);

			if (!other->is_bad && strcmp(other->text, node->text) == 0)
				diag_error(r->diags, place_of(r, node),
					   "'recipe': '%s' is there twice", node->text);
		}
		r->f->recipes[r->f->recipe_count++] = path;
	}
	return STATUS_OK;
}

static int compare_slots(const void *a, const void *b)
{
	const struct station_slot *p = a, *q = b;

	return p->number < q->number ? -1 : p->number > q->number;
}

bool station_is_place(const char *at)
{
	const char *slash = strrchr(at, '/'), *colon = strrchr(at, ':');

	if (strncmp(at, "pci-", 4) != 0 && strncmp(at, "platform-", 9) != 0)
		return false;
	return slash && colon && colon > slash + 1 && colon[1];
}

/* As slot_map_hub() writes it: "0bda:5411 multi". Another text would never be compared. */
static bool is_hub(const char *text)
{
	uint8_t id[2];
	char pairs[5];

	for (size_t i = 0; i < 2; i++) {
		snprintf(pairs, sizeof(pairs), "%.4s", text);
		if (strlen(text) < 5 || text[4] != " :"[i == 0] || !hex_bytes(pairs, id, 2))
			return false;
		text += 5;
	}
	return strcmp(text, "single") == 0 || strcmp(text, "multi") == 0;
}

static void take_slot(struct reading *r, const struct yaml_node *list, size_t nth)
{
	const struct yaml_node *item = &list->items[nth];
	const struct yaml_node *number = yaml_find(item, "number"), *at = yaml_find(item, "at");
	const struct yaml_node *hub = yaml_find(item, "hub"), *use = yaml_find(item, "use");
	const struct yaml_node *presence = yaml_find(item, "presence");
	struct station_slot *slot = &r->f->slots[r->f->slot_count];

	if (!number || number->is_bad || !at || at->is_bad)
		return;
	*slot = (struct station_slot){
		.number = (unsigned)number->number,
		.at = at->text,
		.hub = hub && !hub->is_bad ? hub->text : NULL,
		.is_used = !use || use->is_bad || use->choice == 1,
		.presence = presence && !presence->is_bad ? (enum slot_presence)presence->choice
							  : r->f->presence,
	};
	if (!station_is_place(at->text))
		diag_error(r->diags, place_of(r, at),
			   "'at' is '%s': expected a place on USB as 'flashline ports' shows it, "
			   "such as pci-0000:00:14.0/1.4:1.0",
			   at->text);
	if (slot->hub && !is_hub(slot->hub))
		diag_error(r->diags, place_of(r, hub),
			   "'hub' is '%s': expected VID:PID and single or multi, as 'flashline "
			   "slots learn' writes it, such as \"0bda:5411 multi\"",
			   slot->hub);
	for (size_t i = 0; i < r->f->slot_count; i++) {
		if (r->f->slots[i].number == slot->number)
			diag_error(r->diags, place_of(r, number), "slot %u is there twice",
				   slot->number);
		if (strcmp(r->f->slots[i].at, slot->at) == 0)
			diag_error(r->diags, place_of(r, at),
				   "'%s' is slot %u already: a place is one slot", slot->at,
				   r->f->slots[i].number);
	}
	r->f->slot_count++;
}

static void take_slots(struct reading *r)
{
	const struct yaml_node *list = good(r, "slots");
	size_t count = list ? list->count : 0;

	if (count > STATION_SLOTS_MAX) {
		diag_error(r->diags, place_of(r, list), "%zu slots: expected %d at most", count,
			   STATION_SLOTS_MAX);
		count = STATION_SLOTS_MAX;
	}
	for (size_t i = 0; i < count; i++) {
		if (!list->items[i].is_bad)
			take_slot(r, list, i);
	}
	qsort(r->f->slots, r->f->slot_count, sizeof(r->f->slots[0]), compare_slots);
}

/* What a browser calls the page that asks: scheme and host, nothing behind them. */
static bool is_origin(const char *text)
{
	const char *host = strstr(text, "://");

	if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
		return false;
	host += 3;
	return host[0] && !host[strcspn(host, "/?#@ ")];
}

static enum status take_web(struct reading *r, struct err *err)
{
	const struct yaml_node *origins = good(r, "web.origins");
	struct station_web *web = &r->f->web;
	const char *listen = text_of(r, "web.listen"), *token = text_of(r, "web.token_file");

	r->f->web_is_said = good(r, "web") != NULL;
	web->is_on = choice_of(r, "web.use", 1) == 1;
	if (listen)
		web->listen = listen;
	web->port = (unsigned)number_of(r, "web.port", WEB_PORT);
	if (token) {
		web->token_file = path_of(r, token);
		if (!web->token_file)
			return err_set(err, STATUS_NO_MEMORY, "%s: no memory", r->f->path);
	}
	web->origin_count = count_texts(r, origins, sizeof(web->origins) / sizeof(web->origins[0]));
	for (size_t i = 0; i < web->origin_count; i++) {
		const struct yaml_node *node = text_node(origins, i);

		web->origins[i] = node->text;
		if (!node->is_bad && !is_origin(node->text))
			diag_error(
				r->diags, place_of(r, node),
				"'origins' is '%s': expected an origin such as "
				"https://line3.example, with nothing behind the name or its port",
				node->text);
	}
	return STATUS_OK;
}

static void check_pattern(struct reading *r, const char *path)
{
	const struct yaml_node *node = good(r, path);
	struct pattern *pattern = NULL;
	struct err err;

	if (node && pattern_new(node->text, &pattern, &err))
		diag_error(r->diags, place_of(r, node), "%s", err.text);
	pattern_free(pattern);
}

static void take_printer(struct reading *r)
{
	struct station_printer *p = &r->f->printer;
	const struct yaml_node *printer = good(r, "printer");
	const struct yaml_node *zpl = yaml_find(printer, "zpl");
	const struct yaml_node *status = good(r, "printer.status");
	char host[PRINTER_HOST_BYTES], port[PRINTER_PORT_BYTES];

	p->zpl = text_of(r, "printer.zpl");
	p->command = text_of(r, "printer.command");
	p->is_silent = status && status->choice == 0;
	if (printer && !zpl == !yaml_find(printer, "command"))
		diag_error(r->diags, place_of(r, printer),
			   "expected 'zpl' with an address or 'command', one of the two");
	else if (p->zpl && !printer_address(p->zpl, host, port))
		diag_error(r->diags, place_of(r, zpl),
			   "'zpl' is '%s': expected an address, and a port unless it is 9100, such "
			   "as 192.168.1.50:9100",
			   p->zpl);
	else if (status && p->command)
		diag_error(r->diags, place_of(r, status),
			   "'status' is about a printer that 'zpl' names: a command is not asked");
}

static void take_others(struct reading *r)
{
	struct station_file *f = r->f;

	take_printer(r);
	f->scanner.device = text_of(r, "scanner.device");
	f->scanner.serial = text_of(r, "scanner.serial");
	check_pattern(r, "scanner.serial");
	f->hooks.arrived = text_of(r, "hooks.arrived");
	f->hooks.passed = text_of(r, "hooks.passed");
	f->hooks.failed = text_of(r, "hooks.failed");
	f->hooks.batch_complete = text_of(r, "hooks.batch_complete");
	f->hooks.locked = text_of(r, "hooks.locked");
	f->hooks.limit_ms = (uint32_t)number_of(r, "hooks.limit", HOOK_LIMIT_MS);
}

/* ---- lockouts ---- */

/* "24:0a:c4:00:01:10", in any spelling that a MAC has. */
static bool read_mac(const char *text, uint8_t mac[static MAC_BYTES])
{
	char pair[3], spelt[MAC_TEXT_BYTES];
	bool is_good = unit_mac_parse(text, spelt);

	for (size_t i = 0; i < MAC_BYTES && is_good; i++) {
		snprintf(pair, sizeof(pair), "%.2s", spelt + 3 * i);
		is_good = hex_bytes(pair, &mac[i], 1);
	}
	return is_good;
}

static bool read_time(const char *text, unsigned *minutes)
{
	unsigned digits[4];
	static const size_t at[] = { 0, 1, 3, 4 };

	if (strlen(text) != 5)
		return false;
	for (size_t i = 0; i < 4; i++) {
		if (text[at[i]] < '0' || text[at[i]] > '9')
			return false;
		digits[i] = (unsigned)(text[at[i]] - '0');
	}
	*minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
	return text[2] == ':' && digits[2] < 6 && *minutes < 24 * 60;
}

static void take_golden_units(struct reading *r)
{
	const struct yaml_node *units = good(r, "lockouts.golden.units");
	struct station_golden *golden = &r->f->lockouts.golden;
	const size_t count = count_texts(r, units, STATION_GOLDEN_MAX);

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *node = text_node(units, i);

		if (node->is_bad)
			continue;
		if (!read_mac(node->text, golden->units[golden->unit_count])) {
			diag_error(r->diags, place_of(r, node),
				   "'units' is '%s': expected a MAC such as 24:0a:c4:00:01:10",
				   node->text);
			continue;
		}
		for (size_t j = 0; j < golden->unit_count; j++) {
			if (memcmp(golden->units[j], golden->units[golden->unit_count],
				   MAC_BYTES) == 0)
				diag_error(r->diags, place_of(r, node),
					   "'units': %s is there twice", node->text);
		}
		golden->unit_count++;
	}
}

static void take_shifts(struct reading *r)
{
	const struct yaml_node *shifts = good(r, "lockouts.golden.shifts");
	struct station_golden *golden = &r->f->lockouts.golden;
	const size_t count = count_texts(r, shifts, STATION_SHIFTS_MAX);

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *node = text_node(shifts, i);
		unsigned *minutes = &golden->shifts[golden->shift_count];

		if (node->is_bad)
			continue;
		if (!read_time(node->text, minutes))
			diag_error(r->diags, place_of(r, node),
				   "'shifts' is '%s': expected a time of day such as \"06:00\"",
				   node->text);
		else if (golden->shift_count && *minutes <= minutes[-1])
			diag_error(r->diags, place_of(r, node),
				   "'shifts': %s does not come after the one before it",
				   node->text);
		else
			golden->shift_count++;
	}
}

static void take_lockouts(struct reading *r)
{
	struct station_lockouts *l = &r->f->lockouts;
	const struct yaml_node *golden = good(r, "lockouts.golden");

	take_golden_units(r);
	take_shifts(r);
	l->golden.at_start = choice_of(r, "lockouts.golden.at_start", 0) == 1;
	l->golden.every = (unsigned)number_of(r, "lockouts.golden.every", 0);
	if (golden && !l->golden.at_start && !yaml_find(golden, "every") &&
	    !yaml_find(golden, "shifts"))
		diag_error(r->diags, place_of(r, golden),
			   "when is the golden unit due? Expected 'at_start: yes', 'every' or "
			   "'shifts'");
	l->yield_floor = (unsigned)number_of(r, "lockouts.yield.floor", 0);
	l->yield_over = (unsigned)number_of(r, "lockouts.yield.over", 0);
	l->slot_failures = (unsigned)number_of(r, "lockouts.slot_failures", 0);
	l->disk_bytes = number_of(r, "lockouts.disk", 0);
	l->ledger_pending = number_of(r, "lockouts.ledger.pending", 0);
	l->ledger_ms = number_of(r, "lockouts.ledger.for", 0);
	l->clock = choice_of(r, "lockouts.clock", 1) == 1;
}

/* ---- the file ---- */

static void set_usual(struct station_file *f)
{
	*f = (struct station_file){
		.path = "",
		.name = "",
		.settle_ms = SETTLE_MS,
		.stagger_ms = STAGGER_MS,
		.again = AGAIN_NEVER,
		.web = { .is_on = true, .listen = "127.0.0.1", .port = WEB_PORT },
		.hooks = { .limit_ms = HOOK_LIMIT_MS },
		.lockouts = { .clock = true },
	};
}

static enum status take_all(struct reading *r, struct err *err)
{
	struct station_file *f = r->f;

	f->path = r->all->yaml->file;
	f->name = text_of(r, "station");
	f->batch = text_of(r, "batch");
	f->operator_name = text_of(r, "operator");
	f->columns = (unsigned)number_of(r, "layout.columns", 0);
	f->settle_ms = (uint32_t)number_of(r, "settle", SETTLE_MS);
	f->stagger_ms = (uint32_t)number_of(r, "stagger", STAGGER_MS);
	f->again = (enum again_policy)choice_of(r, "again", AGAIN_NEVER);
	f->presence = (enum slot_presence)choice_of(r, "presence", PRESENCE_BY_USB);
	take_slots(r); /* which have it from above where they do not say */
	take_others(r);
	take_lockouts(r);
	TRY(take_recipes(r, err));
	return take_web(r, err);
}

enum status station_file_from_yaml(struct yaml *yaml, struct station_file **out,
				   struct diag_list *diags, struct err *err)
{
	struct storage *all = calloc(1, sizeof(*all));
	struct reading r = { .all = all, .diags = diags };
	enum status st;

	*out = NULL;
	if (!all) {
		yaml_tree_free(yaml);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the station file");
	}
	r.f = &all->file;
	set_usual(r.f);
	r.f->storage = all;
	all->yaml = yaml;
	schema_check(yaml, station_rows, diags);
	st = take_all(&r, err);
	diag_sort(diags);
	if (!st && diags->error_count)
		st = err_set(err, STATUS_RECIPE, "%s: %zu errors", r.f->path, diags->error_count);
	if (st) {
		station_file_free(r.f);
		return st;
	}
	*out = r.f;
	return STATUS_OK;
}

enum status station_file_read(const char *path, struct station_file **out, struct diag_list *diags,
			      struct err *err)
{
	struct yaml *yaml;

	*out = NULL;
	TRY(yaml_read_file(path, &yaml, diags, err));
	return station_file_from_yaml(yaml, out, diags, err);
}

struct station_file *station_file_usual(void)
{
	struct storage *all = calloc(1, sizeof(*all));

	if (!all)
		return NULL;
	set_usual(&all->file);
	all->file.storage = all;
	return &all->file;
}

void station_file_free(struct station_file *f)
{
	struct storage *all = f ? f->storage : NULL;

	if (!all)
		return;
	for (size_t i = 0; i < all->path_count; i++)
		free(all->paths[i]);
	yaml_tree_free(all->yaml);
	free(all);
}

bool station_file_is_one(const char *path)
{
	struct diag_list ignored = { 0 };
	struct yaml *yaml = NULL;
	bool is_one = false;
	struct err err;

	if (yaml_read_file(path, &yaml, &ignored, &err) == STATUS_OK && yaml)
		is_one = yaml_find(&yaml->root, "station") != NULL;
	yaml_tree_free(yaml);
	diag_list_release(&ignored);
	return is_one;
}
