/* run: the station that stands on the line all day. docs/line.md. */
#include "station/cmd_decide.h"
#include "station/cmd_session.h"

#include "db/writer.h"
#include "engine/transport_serial.h"
#include "recipes/diag.h"
#include "station/label/label.h"
#include "station/line/hooks.h"
#include "station/line/line.h"
#include "station/line/slot_hold.h"
#include "station/line/slot_map.h"
#include "station/line/scanner.h"
#include "station/line/service_notify.h"
#include "station/select.h"
#include "station/station.h"
#include "station/terminal/terminal.h"
#include "station/view.h"
#include "station/web/web.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRIVALS_GRACE_MS 1000
#define HOOKS_GRACE_MS 2000
#define LABELS_GRACE_MS 5000

#define USB_SYSFS "/sys/bus/usb/devices"

#define VIEWS_MAX 4
/* Of a line: the page and the terminal show what changes no faster anyway. */
#define TICK_MS 100

/* All views of the line as one. */
struct tee {
	struct view views[VIEWS_MAX];
	size_t count;
};

static void tee_event(void *ctx, const struct snapshot *s, const struct event *e)
{
	struct tee *tee = ctx;

	for (size_t i = 0; i < tee->count; i++)
		tee->views[i].event(tee->views[i].ctx, s, e);
}

static void tee_tick(void *ctx, const struct snapshot *s)
{
	struct tee *tee = ctx;

	for (size_t i = 0; i < tee->count; i++)
		tee->views[i].tick(tee->views[i].ctx, s);
}

/* Everything that a line needs, so that there is one way out. */
struct line_run {
	const struct options *options;
	struct station_file *file;
	char *names[STATION_SLOTS_MAX]; /* of slots that the command line names */
	struct plan *plan;
	struct session_records records;
	struct slot_hold *hold;
	struct arrivals *arrivals;
	struct requests *requests;
	struct hooks *hooks; /* NULL: the station file has none */
	struct labels *labels;
	struct scanner *scanner; /* NULL: none of its own */
	struct web *web;         /* NULL: no page is served */
	char web_address[256];
	struct terminal *terminal; /* or the two behind it */
	struct printer *printer;
	struct view_state *view;
	struct service_notify service;
	struct tee tee;
	bool has_stuck_view;
	int signal_fd;
};

/* ---- files ---- */

static enum exit_code read_files(struct line_run *r)
{
	const char *operand = r->options->operands[0];
	enum exit_code code;

	if (!station_file_is_one(operand)) {
		r->file = station_file_usual();
		if (r->file)
			r->file->recipes[r->file->recipe_count++] = operand;
		return r->file ? EXIT_CODE_PASSED : EXIT_CODE_STATION;
	}
	r->file = read_station_file(operand, &code);
	return code;
}

/* ---- slots ---- */

static enum status place_of_name(const struct port_list *ports, const char *name,
				 const char **place, struct err *err)
{
	struct selection selection;
	enum status st = select_ports(ports, &name, 1, false, &selection, err);

	if (!st)
		*place = selection.places[0].port->slot;
	else if (station_is_place(name))
		*place = name; /* nothing may stand there yet */
	selection_release(&selection);
	return *place ? STATUS_OK : st;
}

static enum status add_named_slot(struct line_run *r, const char *place, struct err *err)
{
	struct station_file *f = r->file;
	char *copy;

	for (size_t i = 0; i < f->slot_count; i++) {
		if (strcmp(f->slots[i].at, place) == 0)
			return STATUS_OK;
	}
	if (f->slot_count == STATION_SLOTS_MAX)
		return err_set(err, STATUS_USAGE, "--ports: more than %d slots", STATION_SLOTS_MAX);
	copy = strdup(place);
	if (!copy)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the slots");
	r->names[f->slot_count] = copy;
	f->slots[f->slot_count] = (struct station_slot){ .number = (unsigned)f->slot_count + 1,
							 .at = copy,
							 .is_used = true,
							 .presence = f->presence };
	f->slot_count++;
	return STATUS_OK;
}

static enum status name_slots(struct line_run *r, struct err *err)
{
	const struct options *o = r->options;
	struct port_list ports;
	enum status st;

	TRY(select_scan(PORTS_SYSFS, o->ports, o->port_count,
			deadline_after_ms(&clock_monotonic, SELECT_WAIT_MS), &ports, err));
	st = STATUS_OK;
	for (size_t i = 0; i < o->port_count && !st; i++) {
		const char *place = NULL;

		st = place_of_name(&ports, o->ports[i], &place, err);
		if (!st)
			st = add_named_slot(r, place, err);
	}
	ports_release(&ports);
	return st;
}

static enum status choose_slots(struct line_run *r, struct err *err)
{
	const struct options *o = r->options;
	const bool is_said = o->port_count || o->all;

	if (r->file->slot_count && is_said)
		return err_set(err, STATUS_USAGE,
			       "%s has slots of its own: leave --ports and --all away",
			       r->file->path);
	if (!r->file->slot_count && !is_said)
		return err_set(err, STATUS_USAGE,
			       "which ports are the slots? Name them with --ports, take every port "
			       "with a known bridge by --all, or have a station file learn them: "
			       "flashline slots learn FILE");
	return o->port_count ? name_slots(r, err) : STATUS_OK;
}

/* Another hub where a slot was learned: its nests may be in another order. */
static void warn_of_hubs(const struct line_run *r)
{
	struct port_list ports;
	struct usb_tree tree;
	struct err ignored;

	if (ports_scan(PORTS_SYSFS, &ports, &ignored))
		return;
	if (usb_tree_read(USB_SYSFS, &ports, &tree, &ignored) == STATUS_OK) {
		for (size_t i = 0; i < r->file->slot_count; i++) {
			const struct station_slot *slot = &r->file->slots[i];
			char hub[SLOT_HUB_BYTES];

			slot_map_hub(&tree, slot->at, hub);
			if (slot->hub && hub[0] && strcmp(slot->hub, hub) != 0)
				remark("slot %u: hub swapped? It was learned on %s, and %s is "
				       "there: "
				       "check that the numbers are right",
				       slot->number, slot->hub, hub);
		}
		usb_tree_release(&tree);
	}
	ports_release(&ports);
}

/* ---- opening and closing ---- */

static enum status check_options(const struct options *o, struct err *err)
{
	TRY(check_typed("--batch", o->batch, DECIDED_TEXT_MAX, err));
	return check_typed("--operator", o->operator_name, DECIDED_TEXT_MAX, err);
}

static enum status watch_slots(struct line_run *r, struct err *err)
{
	const struct arrivals_setup setup = {
		.sysfs_tty = PORTS_SYSFS,
		.bus = &usb_bus_linux,
		.slots = r->file->slots,
		.slot_count = r->file->slot_count,
		.takes_all = r->options->all,
		.settle_ms = r->file->settle_ms,
	};

	return arrivals_new(&setup, &r->arrivals, err);
}

static void add_view(struct line_run *r, struct view view)
{
	r->tee.views[r->tee.count++] = view;
}

/* A screen of its own where there is a terminal for it, else lines. */
static enum status open_screen(struct line_run *r, struct err *err)
{
	const enum view_kind kind = r->options->json ? VIEW_JSON : VIEW_PLAIN;

	if (!r->options->json && terminal_can(STDOUT_FILENO)) {
		TRY(terminal_new(r->requests, &r->terminal, err));
		add_view(r, terminal_view(r->terminal));
		return STATUS_OK;
	}
	TRY(printer_new(STDOUT_FILENO, &r->printer, err));
	r->view = view_new(kind, r->printer, STDOUT_FILENO, STATION_SLOTS_MAX);
	if (!r->view)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the view");
	add_view(r, view_of(r->view));
	return STATUS_OK;
}

/* "127.0.0.1:8320", "[::1]:0" */
static enum status read_web_option(struct line_run *r, struct err *err)
{
	const char *text = r->options->web;
	struct station_web *web = &r->file->web;
	const char *colon = text ? strrchr(text, ':') : NULL;
	unsigned long port = 0;
	size_t length;
	char *end;

	if (!text)
		return STATUS_OK;
	web->is_on = strcmp(text, "off") != 0;
	if (!web->is_on)
		return STATUS_OK;
	if (colon)
		port = strtoul(colon + 1, &end, 10);
	if (!colon || colon == text || colon[1] < '0' || colon[1] > '9' || *end || port > 65535)
		return err_set(err, STATUS_USAGE,
			       "--web %s: expected an address and a port such as 127.0.0.1:8320, "
			       "or off",
			       text);
	length = (size_t)(colon - text);
	if (text[0] == '[' && length > 2 && colon[-1] == ']') {
		text++;
		length -= 2;
	}
	snprintf(r->web_address, sizeof(r->web_address), "%.*s", (int)length, text);
	web->listen = r->web_address;
	web->port = (unsigned)port;
	return STATUS_OK;
}

/* Where nobody asked for the page in so many words, the line goes on without. */
static enum status open_web(struct line_run *r, struct err *err)
{
	const struct web_setup setup = {
		.station = &r->file->web,
		.requests = r->requests,
		.db_path = db_path(r->records.db),
		.recipes = r->file->recipes,
		.recipe_count = r->file->recipe_count,
	};
	enum status st;

	if (!r->file->web.is_on)
		return STATUS_OK;
	st = web_new(&setup, &r->web, err);
	if (st && (r->options->web || r->file->web_is_said))
		return st;
	if (st) {
		remark("no page is served: %s", err->text);
		return STATUS_OK;
	}
	remark("the page of the line: %s", web_address(r->web));
	if (web_remark(r->web))
		remark("%s", web_remark(r->web));
	add_view(r, web_view(r->web));
	return STATUS_OK;
}

static enum status open_hooks(struct line_run *r, struct err *err)
{
	const struct station_hooks *h = &r->file->hooks;

	if (!h->arrived && !h->passed && !h->failed && !h->batch_complete && !h->locked)
		return STATUS_OK;
	TRY(hooks_new(h, &r->hooks, err));
	add_view(r, hooks_view(r->hooks));
	return STATUS_OK;
}

static enum status open_labels(struct line_run *r, struct err *err)
{
	const struct labels_setup setup = {
		.printer = &r->file->printer,
		.writer = r->records.writer,
		.db_path = db_path(r->records.db),
		.slots = STATION_SLOTS_MAX,
	};

	TRY(labels_new(&setup, &r->labels, err));
	if (!r->file->scanner.device)
		return STATUS_OK;
	return scanner_new(&r->file->scanner, r->requests, &r->scanner, err);
}

static enum status set_up(struct line_run *r, struct err *err)
{
	TRY(check_options(r->options, err));
	TRY(read_web_option(r, err));
	TRY(choose_slots(r, err));
	TRY(slot_hold_take(PORTS_SYSFS, r->file->slots, r->file->slot_count, r->options->all,
			   &r->hold, err));
	warn_of_hubs(r);
	/* Before the first write to the database, and before any thread is started. */
	r->signal_fd = stop_signals_open();
	r->requests = requests_new();
	if (r->signal_fd < 0 || !r->requests)
		return err_set(err, STATUS_INTERNAL, "no descriptor for signals or requests");
	TRY(records_open(&r->records, r->plan, r->options, err));
	TRY(records_begin(&r->records, r->options, err));
	TRY(watch_slots(r, err));
	TRY(open_hooks(r, err));
	TRY(open_labels(r, err));
	TRY(open_web(r, err));
	if (service_notify_open(&r->service))
		add_view(r, service_notify_view(&r->service));
	return open_screen(r, err); /* last: nobody else writes to a terminal from now on */
}

static void end_views(struct line_run *r, enum exit_code code)
{
	r->has_stuck_view = !terminal_free(r->terminal);
	web_free(r->web);
	hooks_free(r->hooks, HOOKS_GRACE_MS);
	scanner_free(r->scanner);
	labels_free(r->labels, LABELS_GRACE_MS);
	service_notify_close(&r->service);
	end_output(r->view, r->printer, code);
}

static void close_all(struct line_run *r, bool is_stuck)
{
	if (!r->has_stuck_view)
		requests_free(r->requests);
	if (is_stuck || !arrivals_free(r->arrivals, ARRIVALS_GRACE_MS))
		return; /* a thread that is stuck in the system still reads these */
	records_close(&r->records);
	for (size_t i = 0; i < STATION_SLOTS_MAX; i++)
		free(r->names[i]);
	slot_hold_free(r->hold);
	station_file_free(r->file);
}

/* ---- the line ---- */

static enum exit_code run_line(struct line_run *r, struct session **stuck, struct err *err)
{
	const struct options *o = r->options;
	const struct line_setup line = {
		.file = r->file,
		.arrivals = r->arrivals,
		.requests = r->requests,
		.hooks = r->hooks,
		.labels = r->labels,
		.scanner = r->scanner,
		.plan = r->plan,
		.products_dir = o->products,
		.operator_name = o->operator_name ? o->operator_name : r->file->operator_name,
		.batch = o->batch ? o->batch : r->file->batch,
		.has_memory = !o->no_memory,
		.has_locks = true,
	};
	const struct station_setup setup = {
		.kind = FLASH_RUN_FLASH,
		.plan = r->plan,
		.writer = r->records.writer,
		.db_path = db_path(r->records.db),
		.plant = r->records.plant ? &r->records.line : NULL,
		.jobs = o->jobs ? o->jobs : JOBS_MAX,
		.line = &line,
		.view = { .ctx = &r->tee,
			  .event = tee_event,
			  .tick = tee_tick,
			  .tick_ms = TICK_MS },
		.signal_fd = r->signal_fd,
		.limits = &station_limits_usual,
		.sysfs_tty = PORTS_SYSFS,
		.open_port = transport_serial_open,
	};
	enum exit_code code;

	r->plan = NULL; /* the line's */
	if (station_run(&setup, &code, stuck, err))
		code = complain(err);
	return code;
}

enum exit_code cmd_run(const struct options *options)
{
	/* Outlives this call: a worker that is stuck in a system call may come back to it. */
	static struct line_run r;
	static struct session *stuck;
	enum exit_code code;
	struct err err;

	r = (struct line_run){ .options = options, .signal_fd = -1, .service.fd = -1 };
	stop_signals_end_program();
	code = read_files(&r);
	if (!code)
		r.plan = read_recipe_file(r.file->recipes[0], options->products, &code);
	if (!r.plan) {
		station_file_free(r.file);
		return code;
	}
	err_clear(&err);
	if (set_up(&r, &err))
		code = complain(&err);
	else
		code = run_line(&r, &stuck, &err);
	/* A late second Ctrl-C is not to change the exit code any more. */
	if (code != EXIT_CODE_INTERRUPTED)
		stop_signals_close(r.signal_fd);
	end_views(&r, code);
	plan_free(r.plan);
	close_all(&r, !station_reap(stuck, 0));
	return code;
}
