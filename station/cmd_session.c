#include "station/cmd_session.h"
#include "station/cmd_decide.h"

#include "db/run.h"
#include "engine/transport_serial.h"
#include "recipes/product_match.h"
#include "station/guards.h"
#include "station/line/station_file.h"
#include "station/serial_numbers.h"
#include "station/plant_choice.h"
#include "station/ports_table.h"
#include "station/power.h"
#include "station/recall.h"
#include "station/select.h"
#include "station/textbuf.h"
#include "station/usb_query.h"
#include "station/view.h"

#include <stdio.h>
#include <unistd.h>

/* The reader of our output may have stopped for good; after so long without a byte
 * taken, and sooner when the operator wants the end, it is taken for gone. */
#define OUTPUT_GRACE_MS 10000
#define OUTPUT_STOP_GRACE_MS 1000

/* For the results of a session that was stopped; another one has waited before its end. */
#define PLANT_GRACE_MS 500

void print_diags(const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		char text[2048];

		diag_text(&diags->items[i], text, sizeof(text));
		text_clean(text);
		fprintf(stderr, "%s\n", text);
	}
}

struct plan *read_recipe_file(const char *path, const char *products_dir, enum exit_code *code)
{
	struct diag_list diags = { 0 };
	struct plan *plan = NULL;
	enum status st;
	struct err err;

	err_clear(&err);
	st = plan_load(path, products_dir, &plan, &diags, &err);
	*code = EXIT_CODE_USAGE;
	if (st && station_file_is_one(path))
		remark("%s: a station file, not a recipe: 'flashline run' and 'check' take one",
		       path);
	else
		print_diags(&diags);
	if (st == STATUS_RECIPE && diags.error_count == 0)
		complain(&err);
	else if (st && st != STATUS_RECIPE)
		*code = complain(&err);
	diag_list_release(&diags);
	return plan;
}

struct station_file *read_station_file(const char *path, enum exit_code *code)
{
	struct diag_list diags = { 0 };
	struct station_file *file = NULL;
	struct err err;

	*code = EXIT_CODE_PASSED;
	err_clear(&err);
	if (station_file_read(path, &file, &diags, &err))
		*code = diags.error_count ? EXIT_CODE_USAGE : complain(&err);
	print_diags(&diags);
	diag_list_release(&diags);
	return file;
}

struct plan *read_recipe(const struct options *options, enum exit_code *code)
{
	return read_recipe_file(options->operands[0], options->products, code);
}

static void tell_off(void *ctx, const char *path)
{
	(void)ctx;
	fprintf(stderr,
		"flashline: a hub's port is switched off, which a run that was killed may have "
		"left so: write 0 to %s\n",
		path);
}

/* ---- records ---- */

enum status records_open(struct session_records *r, const struct plan *plan,
			 const struct options *options, struct err *err)
{
	char path[DB_PATH_BYTES];

	if (!options->db)
		TRY(db_default_path(DB_WRITE, path, err));
	TRY(db_open(options->db ? options->db : path, DB_WRITE, &r->db, err));
	if (db_other_machine(r->db))
		fprintf(stderr,
			"flashline: %s was begun on another computer (%s): to go on with a copy, "
			"give it a chain of its own: flashline ledger new-chain\n",
			db_path(r->db), db_other_machine(r->db));
	if (db_stopped_runs(r->db)) {
		fprintf(stderr,
			"flashline: runs that an earlier process left open, now ABORTED: %zu\n",
			db_stopped_runs(r->db));
		power_find_off(POWER_SYSFS, tell_off, NULL);
	}
	if (db_settled_serials(r->db))
		fprintf(stderr,
			"flashline: serial numbers that an earlier process left between two "
			"states, "
			"now RETURNED or VOID: %zu\n",
			db_settled_serials(r->db));
	return keep_recipe(r->db, plan, err);
}

static void line_claim(void *link, const struct plant_claim *claim, uint32_t wait_ms,
		       struct plant_grant *grant)
{
	plant_link_claim(link, claim, wait_ms, grant);
}

static void line_wake(void *link)
{
	plant_link_wake(link);
}

static void line_state(void *link, struct plant_state *state)
{
	plant_link_state(link, state);
}

/* Whatever the recipe says about claims: the records are the plant's to see. */
static enum status open_plant(struct session_records *r, const struct options *options,
			      struct err *err)
{
	const char *server = plant_choice(options);

	if (!server)
		return STATUS_OK;
	TRY(plant_link_new(server, db_path(r->db), r->writer, &r->plant, err));
	r->line = (struct plant_line){
		.ctx = r->plant, .claim = line_claim, .wake = line_wake, .state = line_state
	};
	return STATUS_OK;
}

enum status records_begin(struct session_records *r, const struct options *options, struct err *err)
{
	TRY(writer_new(r->db, &r->writer, err));
	return open_plant(r, options, err);
}

void records_close(struct session_records *r)
{
	plant_link_free(r->plant, PLANT_GRACE_MS);
	writer_free(r->writer);
	db_close(r->db);
}

/* ---- a session ---- */

/* Everything that a session needs, so that there is one way out. */
struct run {
	struct port_list ports;
	struct selection selection;
	struct usb_asking *asking; /* bridges that have not answered yet; NULL mostly */
	struct session_records records;
	struct guards *guards;
	struct serial_numbers *numbers;
	unsigned overrides;
	struct product_list *products;
	struct printer *printer;
	struct view_state *view;
	int signal_fd;
};

static enum status choose(struct run *r, const struct options *options, struct err *err)
{
	enum status st;

	TRY(select_scan(PORTS_SYSFS, options->ports, options->port_count,
			deadline_after_ms(&clock_monotonic, SELECT_WAIT_MS), &r->ports, err));
	st = select_ports(&r->ports, options->ports, options->port_count, options->all,
			  &r->selection, err);
	if (st && r->selection.is_ambiguous) {
		struct textbuf table = { 0 };

		ports_table(&r->ports, &table);
		fputs(textbuf_string(&table), stderr);
		textbuf_release(&table);
	}
	if (st)
		power_find_off(POWER_SYSFS, tell_off, NULL);
	return st;
}

/* The same as for decisions: a batch that cannot be opened must not be flashed in. */
enum status check_typed(const char *what, const char *text, size_t bytes_max, struct err *err)
{
	return text ? check_text(what, text, bytes_max, err) : STATUS_OK;
}

/* What was typed to be recorded, and what the options say together. */
static enum status check_options(struct run *r, const struct options *options, struct err *err)
{
	TRY(check_typed("--batch", options->batch, DECIDED_TEXT_MAX, err));
	TRY(check_typed("--operator", options->operator_name, DECIDED_TEXT_MAX, err));
	TRY(check_typed("--reason", options->reason, DECIDED_REASON_MAX, err));
	TRY(check_typed("--serial", options->serial, DECIDED_TEXT_MAX, err));
	if (options->serial)
		TRY(guard_check_serial(options->serial, err));
	if (!options->overrides)
		return STATUS_OK;
	TRY(guard_overrides(options->overrides, &r->overrides, err));
	if (!options->operator_name || !options->reason)
		return err_set(err, STATUS_USAGE,
			       "--override: who does it, and why? Give --operator and --reason");
	return STATUS_OK;
}

static enum status open_guards(struct run *r, const struct plan *plan,
			       const struct options *options, struct err *err)
{
	const struct guard_setup setup = {
		.db_path = db_path(r->records.db),
		.plan = plan,
		.writer = r->records.writer,
		.batch = options->batch,
		.serial = options->serial,
		.overrides = r->overrides,
		.operator_name = options->operator_name,
		.reason = options->reason,
		.plant = r->records.plant ? &r->records.line : NULL,
		.slots = r->selection.count,
	};

	return guards_new(&setup, &r->guards, err);
}

static enum status open_numbers(struct run *r, const struct plan *plan, struct err *err)
{
	const struct serial_numbers_setup setup = {
		.db_path = db_path(r->records.db),
		.plan = plan,
		.writer = r->records.writer,
	};

	return serial_numbers_new(&setup, &r->numbers, err);
}

/* With which way each place begins, before the writer owns the database. */
static enum status recall(struct run *r, const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < r->selection.count; i++) {
		struct station_place *place = &r->selection.places[i];
		const struct link_profile link = bridge_link(place->bridge, plan);
		bool is_raised;

		TRY(recall_way(r->records.db, place->port->slot, place->bridge, &plan->flash, &link,
			       &place->start, &place->has_start, &is_raised, err));
	}
	return STATUS_OK;
}

static enum status open_view(struct run *r, const struct options *options, struct err *err)
{
	enum view_kind kind = options->json ? VIEW_JSON : view_kind_for(STDOUT_FILENO);

	TRY(printer_new(STDOUT_FILENO, &r->printer, err));
	r->view = view_new(kind, r->printer, STDOUT_FILENO, r->selection.count);
	if (!r->view)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the view");
	return STATUS_OK;
}

static enum status set_up(struct run *r, enum flash_kind kind, const struct plan *plan,
			  const struct options *options, struct err *err)
{
	TRY(check_options(r, options, err));
	TRY(choose(r, options, err));
	if (options->serial && r->selection.count != 1)
		return err_set(err, STATUS_USAGE,
			       "--serial: the number of one unit, and %zu ports are chosen: name "
			       "its port with --ports",
			       r->selection.count);
	if (!plan)
		TRY(product_list_new(options->products, &r->products, err));
	/* Before the first write to the database, which is not to be cut short, and before any
	 * thread is started: they inherit what is held back. */
	r->signal_fd = stop_signals_open();
	if (r->signal_fd < 0)
		return err_set(err, STATUS_INTERNAL, "no descriptor for signals");
	usb_query_places(&usb_bus_linux, &r->ports, r->selection.places, r->selection.count,
			 USB_QUERY_WAIT_MS, &r->asking);
	if (plan) {
		TRY(records_open(&r->records, plan, options, err));
		if (kind == FLASH_RUN_FLASH && !options->no_memory)
			TRY(recall(r, plan, err));
		TRY(records_begin(&r->records, options, err));
		if (kind == FLASH_RUN_FLASH)
			TRY(open_guards(r, plan, options, err));
		TRY(open_numbers(r, plan, err));
	}
	return open_view(r, options, err);
}

void end_output(struct view_state *view, struct printer *printer, enum exit_code code)
{
	uint64_t lost = 0;

	view_free(view);
	printer_free(printer,
		     code == EXIT_CODE_INTERRUPTED ? OUTPUT_STOP_GRACE_MS : OUTPUT_GRACE_MS, &lost);
	if (lost)
		fprintf(stderr,
			"flashline: %llu bytes of output were not taken; the records are "
			"complete\n",
			(unsigned long long)lost);
}

static unsigned jobs_of(const struct options *options, size_t slots)
{
	size_t jobs = options->jobs ? options->jobs : JOBS_MAX;

	return (unsigned)(jobs < slots ? jobs : slots);
}

enum exit_code run_session(enum flash_kind kind, struct plan *plan, const struct options *options)
{
	/* Outlives this call: a worker that is stuck in a system call may come back to it. */
	static struct run r;
	static struct session *stuck;
	enum exit_code code = EXIT_CODE_STATION;
	struct err err;

	r = (struct run){ .signal_fd = -1 };
	err_clear(&err);
	if (set_up(&r, kind, plan, options, &err)) {
		code = complain(&err);
	} else {
		const struct station_setup setup = {
			.kind = kind,
			.plan = plan,
			.writer = r.records.writer,
			.products = r.products,
			.db_path = r.records.db ? db_path(r.records.db) : NULL,
			.operator_name = options->operator_name,
			.batch = options->batch,
			.reason = options->reason,
			.serial = options->serial,
			.guards = r.guards,
			.numbers = r.numbers,
			.plant = r.records.plant ? &r.records.line : NULL,
			.places = r.selection.places,
			.place_count = r.selection.count,
			.jobs = jobs_of(options, r.selection.count),
			.view = view_of(r.view),
			.signal_fd = r.signal_fd,
			.limits = &station_limits_usual,
			.sysfs_tty = PORTS_SYSFS,
			.open_port = transport_serial_open,
		};

		if (station_run(&setup, &code, &stuck, &err))
			code = complain(&err);
	}
	/* A late second Ctrl-C is not to change the exit code any more. */
	if (code != EXIT_CODE_INTERRUPTED)
		stop_signals_close(r.signal_fd);
	end_output(r.view, r.printer, code);
	/* A worker that is stuck in a system call still reads these. */
	usb_asking_free(r.asking);
	if (station_reap(stuck, 0)) {
		guards_free(r.guards);
		serial_numbers_free(r.numbers);
		records_close(&r.records);
		product_list_free(r.products);
		selection_release(&r.selection);
		ports_release(&r.ports);
		plan_free(plan);
	}
	return code;
}
