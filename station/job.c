#include "station/job_inside.h"

#include "station/memory.h"
#include "station/recall.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Units that begin in step stay in step: the blocks of all end at one moment, and each
 * waits for its turn at the processor. 64 units, spread over the time that one block of
 * 16 KB takes at 921600 (178 ms), hardly meet: tests/bench/run shows the difference.
 */
#define STAGGER_US UINT64_C(2800)
#define STAGGER_TURNS 64

static void on_log(void *ctx, const char *line)
{
	job_note(ctx, line);
}

static bool copy_text(char **copy, const char *text)
{
	*copy = text ? strdup(text) : NULL;
	return !text || *copy;
}

static void free_job(struct job *job)
{
	job_free_boot(job);
	unit_log_free(job->log);
	job_free_data(job);
	free(job->operator_name);
	free(job->serial);
	free(job);
}

struct job *job_new(const struct job_order *order, const struct job_unit *unit)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	unit_serial_init(&job->number, job->run_id, NULL);
	job->log = unit_log_new();
	if (!copy_text(&job->operator_name, unit->operator_name) ||
	    !copy_text(&job->serial, unit->serial) || !job->log) {
		free_job(job);
		return NULL;
	}
	job->order = order;
	job->kind = unit->is_golden ? FLASH_RUN_VERIFY : order->kind;
	job->slot = unit->slot;
	job->turn = unit->turn;
	job->nest = unit->nest;
	job->is_golden = unit->is_golden;
	job->is_retest = unit->is_retest;
	job->was_there = unit->was_there;
	job->is_bridge_of_nest = unit->is_bridge_of_nest;
	job->port = *unit->port;
	job->usb_bus = unit->port->usb_bus;
	job->usb_device = unit->port->usb_device;
	job->usb_plug = unit->port->usb_plug;
	job->bridge = unit->bridge;
	job->link = *unit->link;
	job->link.bridge = job->bridge == bridge_generic() ? NULL : job->bridge->name;
	job->link.driver = job->port.driver[0] ? job->port.driver : NULL;
	job->has_start = unit->start != NULL;
	if (unit->start)
		job->start = *unit->start;
	job->limit_ms = flasher_limit_ms(order->plan ? &order->plan->flash : NULL, unit->link);
	if (order->guards)
		job->limit_ms += guards_wait_ms(order->guards);
	if (order->claims && unit->nest)
		job->limit_ms += JOB_CLAIM_WAIT_MS;
	db_new_run_id(job->run_id);
	job->number.declared = job->serial;
	job->guard = (struct guard_run){
		.slot = unit->slot,
		.run_id = job->run_id,
		.serial = job->serial,
		.cancel = &job->cancel,
		.note = on_log,
		.give_serial = order->numbers ? job_give_serial : NULL,
		.ctx = job,
	};
	atomic_init(&job->cancel, false);
	if (order->claims) {
		claims_enter(order->claims, job->slot, &job->cancel);
		claims_stays(order->claims, job->slot, &job->cancel, &job->port, NULL);
	}
	if (order->guards)
		guards_begin(order->guards, job->slot, job->run_id);
	atomic_init(&job->shares, 2);
	atomic_init(&job->power.is_off, false);
	pthread_mutex_init(&job->lock, NULL);
	return job;
}

void job_release(struct job *job)
{
	if (!job || atomic_fetch_sub(&job->shares, 1) != 1)
		return;
	pthread_mutex_destroy(&job->lock);
	free_job(job);
}

/* ---- the worker's side ---- */

void job_post(struct job *job, enum fact_kind kind, enum status status)
{
	const struct fact fact = { .kind = kind, .slot = job->slot, .job = job, .status = status };

	queue_push(job->order->facts, &fact, false);
}

static void on_progress(void *ctx, const struct flash_progress *p)
{
	struct job *job = ctx;
	bool is_new_step =
		!job->progress.is_known || p->step != job->last_step || p->try_no != job->last_try;

	pthread_mutex_lock(&job->lock);
	job->progress.is_known = true;
	job->progress.progress = *p;
	if (p->step == STEP_WRITE && p->try_no != job->write_try) {
		job->write_try = p->try_no;
		job->progress.write_start_us = clock_now_us(&clock_monotonic);
	}
	if (p->step == STEP_BOOT && !job->progress.boot_start_us)
		job->progress.boot_start_us = clock_now_us(&clock_monotonic);
	pthread_mutex_unlock(&job->lock);

	/* From the erase on, stopping would leave the unit worse than finishing. */
	if ((p->step == STEP_ERASE || p->step == STEP_WRITE) && !job->is_writing &&
	    job->order->claims)
		job->is_writing = claims_begin_writing(job->order->claims, job->slot, &job->cancel);
	if (is_new_step) {
		const struct fact fact = { .kind = FACT_STEP,
					   .slot = job->slot,
					   .job = job,
					   .step = p->step,
					   .try_no = p->try_no };

		job->last_step = p->step;
		job->last_try = p->try_no;
		queue_push(job->order->facts, &fact, true);
	}
}

static enum status on_identified(void *ctx, const struct ident *ident, struct err *err)
{
	struct job *job = ctx;
	bool is_first;

	pthread_mutex_lock(&job->lock);
	is_first = job->ident.chip == NULL;
	job->ident = *ident;
	pthread_mutex_unlock(&job->lock);
	/* Once a job: the queue keeps room for that many facts. */
	if (is_first && ident->chip)
		job_post(job, FACT_IDENTIFIED, STATUS_OK);
	TRY(job_claim_mac(job, ident, err));
	return job_judge_unit(job, ident, err);
}

/* NULL for what is not known. */
static const char *known(const char *text)
{
	return text[0] ? text : NULL;
}

static enum status record_run(struct job *job, struct err *err)
{
	const struct job_order *order = job->order;
	const struct port *port = &job->port;
	char vid_pid[10];
	const struct record_run run = {
		.run_id = job->run_id,
		.kind = job->kind == FLASH_RUN_VERIFY ? "VERIFY" : "FLASH",
		.slot = port->slot,
		.node = port->node,
		.usb_path = known(port->usb_path),
		.start_utc_ms = clock_utc_ms(),
		.recipe_digest = order->plan->digest_text,
		.operator_name = job->operator_name,
		.batch = order->batch,
		.serial = job->serial,
		.bridge = job->bridge->name,
		.bridge_vid_pid = port->is_usb ? vid_pid : NULL,
		.bridge_serial = known(port->serial),
		.bridge_product = known(port->product),
		.bridge_release = known(port->release),
		.bridge_driver = known(port->driver),
		.start_way = job->has_start ? job->start_way : NULL,
		.nest = job->nest,
		.purpose = job->is_golden ? "GOLDEN" : NULL,
	};

	snprintf(vid_pid, sizeof(vid_pid), "%04x:%04x", port->vid, port->pid);
	return writer_put_run(order->writer, &run, err);
}

void job_say(struct job *job, const char *format, ...)
{
	char line[ERR_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	job_note(job, line);
}

/* What is known beforehand about the way to the unit. */
static void note_place(struct job *job)
{
	const struct port *port = &job->port;
	const struct bridge *bridge = job->bridge;
	char line[BRIDGE_NOTE_BYTES];

	job_say(job, "%s: %s, driver %s", port->node, bridge->name,
		port->driver[0] ? port->driver : "unknown");
	if (port->is_usb) {
		bridge_note(port, line, sizeof(line));
		job_say(job, "%s: %s", bridge->name, line);
	}
	if (bridge->quirk)
		job_say(job, "%s: %s", bridge->name, bridge->quirk);
	if (bridge->driver && port->driver[0] && strcmp(bridge->driver, port->driver) != 0)
		job_say(job, "%s: its usual driver on Linux is %s", bridge->name, bridge->driver);
}

/* Not the bridge that the product ships with: a warning, or the end before the port is opened. */
static enum status judge_bridge(struct job *job)
{
	const struct plan *plan = job->order->plan;
	struct flash_report *report = &job->report;
	char text[ERR_TEXT_BYTES];

	if (bridge_is_expected(job->bridge, plan))
		return STATUS_OK;
	bridge_complaint(job->bridge, plan, text, sizeof(text));
	job_say(job, "warning: %s", text);
	if (plan->bridge_policy != BRIDGE_REFUSE)
		return STATUS_OK;
	report->status = err_set(&report->err, STATUS_WRONG_BRIDGE, "%s", text);
	return report->status;
}

static void note_start(struct job *job)
{
	job_say(job, "time limit: %.0f s", job->limit_ms / 1e3);
	if (!job->has_start)
		return;
	job_say(job, "begins with what this slot is remembered to need: %s", job->start_way);
}

static void run_flasher(struct job *job)
{
	const struct job_order *order = job->order;
	const struct flash_job work = {
		.kind = job->kind,
		.plan = order->plan ? &order->plan->flash : NULL,
		.link = &job->link,
		.transport = job->transport,
		.limit_ms = job->limit_ms,
		.watch = {
			.ctx = job,
			.progress = on_progress,
			.identified = on_identified,
			.may_write = job_may_write,
			.log = on_log,
		},
		.reopen = job->port.is_usb && order->sysfs_tty ? job_reopen : NULL,
		.reopen_ctx = job,
		.power_cycle = job->has_power_switch ? job_power_cycle : NULL,
		.boot = job_boot(job),
		.start = job->has_start ? &job->start : NULL,
		.own_regions = job_own_regions,
		.own_ctx = job,
	};

	flasher_run(&work, &job->report);
	job_hide_report(job);
}

/* What the slot is remembered to need, unless it was looked up before; in words as well. */
static void remember_start(struct job *job)
{
	const struct flash_plan *plan = job->order->plan ? &job->order->plan->flash : NULL;
	const struct flash_way best = memory_best_way(&job->link, plan);
	char text[WAY_TEXT_BYTES] = "";
	struct err err;

	if (job->order->recaller && job->kind == FLASH_RUN_FLASH && !job->has_start &&
	    recaller_ask(job->order->recaller, job->port.slot, job->bridge, plan, &job->link,
			 &job->start, &job->has_start, &err))
		job_say(job, "what this slot needs is not remembered: %s", err.text);
	if (!job->has_start)
		return;
	memory_way_text(&job->start, &best, text);
	pthread_mutex_lock(&job->lock);
	memcpy(job->start_way, text, sizeof(text));
	pthread_mutex_unlock(&job->lock);
}

static bool is_still_wanted(struct job *job)
{
	if (!atomic_load(&job->cancel))
		return true;
	job->report.status =
		err_set(&job->report.err, STATUS_CANCELLED, "stopped before the port was opened");
	return false;
}

/* Behind what all jobs ask one after the other: waiting there would bring them into step again. */
static bool wait_for_turn(struct job *job)
{
	clock_sleep_us(&clock_monotonic, STAGGER_US * (job->turn % STAGGER_TURNS));
	return is_still_wanted(job);
}

void job_run(void *ctx)
{
	struct job *job = ctx;
	enum status st = STATUS_OK;

	err_clear(&job->report.err);
	remember_start(job);
	if (job->order->writer)
		st = record_run(job, &job->report.err);
	if (st) {
		job_post(job, FACT_NOT_RECORDED, st);
		job_post(job, FACT_CLOSED, STATUS_OK);
		job_release(job);
		return;
	}
	pthread_mutex_lock(&job->lock);
	job->started_us = clock_now_us(&clock_monotonic);
	pthread_mutex_unlock(&job->lock);
	job_post(job, FACT_STARTED, STATUS_OK);
	note_place(job);
	note_start(job);
	if (job->order->sysfs_tty && job->kind == FLASH_RUN_FLASH)
		job_find_power_switch(job);
	if (is_still_wanted(job) && job_judge_rules(job) == STATUS_OK &&
	    judge_bridge(job) == STATUS_OK && wait_for_turn(job) &&
	    job_prepare_boot(job) == STATUS_OK && job_open_port(job) == STATUS_OK) {
		job_post(job, FACT_OPENED, STATUS_OK);
		run_flasher(job);
	}
	job_post(job, FACT_VERDICT, STATUS_OK);
	latency_restore(&job->latency);
	transport_close(job->transport);
	job_post(job, FACT_CLOSED, STATUS_OK);
	job_release(job);
}

/* ---- the owner's side ---- */

void job_cancel(struct job *job)
{
	atomic_store(&job->cancel, true);
}

const char *job_run_id(const struct job *job)
{
	return job->run_id;
}

const char *job_node(const struct job *job)
{
	return job->port.node;
}

uint32_t job_limit_ms(const struct job *job)
{
	return job->limit_ms;
}

struct job_progress job_progress(struct job *job)
{
	struct job_progress progress;

	pthread_mutex_lock(&job->lock);
	progress = job->progress;
	pthread_mutex_unlock(&job->lock);
	return progress;
}

void job_ident(struct job *job, struct ident *ident)
{
	pthread_mutex_lock(&job->lock);
	*ident = job->ident;
	pthread_mutex_unlock(&job->lock);
}

uint64_t job_started_us(struct job *job)
{
	uint64_t started_us;

	pthread_mutex_lock(&job->lock);
	started_us = job->started_us;
	pthread_mutex_unlock(&job->lock);
	return started_us;
}

void job_start_way(struct job *job, char text[static WAY_TEXT_BYTES])
{
	pthread_mutex_lock(&job->lock);
	memcpy(text, job->start_way, WAY_TEXT_BYTES);
	pthread_mutex_unlock(&job->lock);
}

void job_usb(struct job *job, struct port *port)
{
	pthread_mutex_lock(&job->lock);
	port->usb_bus = job->usb_bus;
	port->usb_device = job->usb_device;
	port->usb_plug = job->usb_plug;
	pthread_mutex_unlock(&job->lock);
}

bool job_has_written(struct job *job)
{
	bool has_written;

	pthread_mutex_lock(&job->lock);
	has_written = job->has_written;
	pthread_mutex_unlock(&job->lock);
	return has_written;
}

void job_restore_power(struct job *job)
{
	if (!power_restore(&job->power))
		job_say(job, "the hub's port stays switched off: write 0 to %s", job->power.path);
}

char *job_log(struct job *job)
{
	char *copy;

	pthread_mutex_lock(&job->lock);
	copy = strdup(unit_log_text(job->log));
	pthread_mutex_unlock(&job->lock);
	return copy;
}

void job_note(struct job *job, const char *line)
{
	char shown[ERR_TEXT_BYTES];

	snprintf(shown, sizeof(shown), "%s", line);
	job_hide(job, shown);
	pthread_mutex_lock(&job->lock);
	unit_log_add(job->log,
		     job->started_us ? clock_now_us(&clock_monotonic) - job->started_us : 0, shown);
	pthread_mutex_unlock(&job->lock);
}

const struct flash_report *job_report(const struct job *job)
{
	return &job->report;
}

void job_stored(void *ctx, enum status st, const struct err *err)
{
	(void)err; /* the owner asks the writer, which remembers */
	job_post(ctx, FACT_STORED, st);
}
