/*
 * Inside a job (job.h): shared by job.c, which runs it, job_rules.c, which asks the guards,
 * and job_port.c, which opens and follows its port. Nobody else includes this.
 */
#ifndef STATION_JOB_INSIDE_H
#define STATION_JOB_INSIDE_H

#include "db/unit_log.h"
#include "station/job.h"
#include "station/latency.h"
#include "station/power.h"
#include "station/serial_numbers.h"

#include <pthread.h>

struct job {
	/* Const from job_new() on. */
	const struct job_order *order;
	enum flash_kind kind;
	unsigned slot, turn, nest;
	bool is_golden, is_retest, was_there, is_bridge_of_nest;
	struct port port;
	const struct bridge *bridge;
	struct link_profile link;
	uint32_t limit_ms;
	char *operator_name, *serial; /* NULL unknown */
	char run_id[RUN_ID_BYTES];

	atomic_bool cancel;
	atomic_uint shares; /* who still uses the job: owner, worker */

	pthread_mutex_t lock; /* protects the next group */
	struct job_progress progress;
	struct ident ident;
	struct unit_log *log;
	uint64_t started_us;
	unsigned usb_bus, usb_device;
	uint64_t usb_plug;
	char start_way[WAY_TEXT_BYTES];
	enum status before;
	bool has_written;
	struct guard_overridden overridden[GUARD_COUNT]; /* copies */
	size_t overridden_count;

	/* The worker's alone until it posts FACT_VERDICT, the owner's to read afterwards. */
	struct flash_report report;
	struct guard_run guard;
	struct job_data *data; /* NULL: none was made */

	/* The worker's alone. */
	bool has_start;
	struct flash_way start;
	struct job_boot *boot;               /* NULL: no boot check, or none so far */
	char number_text[SERIAL_TEXT_BYTES]; /* of the unit; "" none so far */
	enum flash_step last_step;
	unsigned last_try, write_try;
	bool is_writing;
	struct transport *transport; /* open, or NULL */
	struct latency latency;
	bool has_power_switch;
	bool is_switching; /* the power was off: its port comes anew */

	struct unit_serial number; /* has a lock of its own */
	struct power_switch power; /* found by the worker; any thread may switch on */
};

/* A line into the unit's log. */
__attribute__((format(printf, 2, 3))) void job_say(struct job *job, const char *format, ...);

/* A fact that is not minor. */
void job_post(struct job *job, enum fact_kind kind, enum status status);

/* ---- job_claim.c, the worker's side ---- */

/* Our choice: how long a unit waits until its run in the slot that it was pulled out of has ended;
 * that takes some 50 ms, and seconds while the plant is asked. */
#define JOB_CLAIM_WAIT_MS 5000

/* Its MAC is this slot's. STATUS_DUPLICATE_MAC another slot has it, STATUS_CANCELLED. */
enum status job_claim_mac(struct job *job, const struct ident *ident, struct err *err);

/* ---- job_rules.c, the worker's side ---- */

/* Before the port is opened: report.status, with its text in report.err. */
enum status job_judge_rules(struct job *job);
/* Once the unit is known, before it is written. */
enum status job_judge_unit(struct job *job, const struct ident *ident, struct err *err);

/* ---- job_data.c, the worker's side; ctx is the job ---- */

struct job_data;

/* guard_run.give_serial, flash_watch.may_write and flash_job.own_regions. */
enum status job_give_serial(void *ctx, const char *mac, struct err *err);
enum status job_may_write(void *ctx, struct err *err);
enum status job_own_regions(void *ctx, const struct ident *ident,
			    const struct flash_region **regions, size_t *count, struct err *err);
void job_free_data(struct job *job);
/* Puts '*' for what is secret of the unit, as soon as it is known which unit it is. Any thread. */
void job_hide(struct job *job, char *text);
/* The same in all texts of the report, when the flasher has ended. */
void job_hide_report(struct job *job);

/* ---- job_boot.c, the worker's side ---- */

/* Before the port is opened: report.status, with its text in report.err. */
enum status job_prepare_boot(struct job *job);
/* For flash_job.boot; NULL: the recipe has none. */
const struct flash_boot *job_boot(const struct job *job);
/* When nobody uses the job any more. */
void job_free_boot(struct job *job);

/* ---- job_port.c, the worker's side ---- */

/* report.status, with its text in report.err. */
enum status job_open_port(struct job *job);
/* Before the port is opened: may its hub be told to switch it off? */
void job_find_power_switch(struct job *job);
/* flash_job.reopen and flash_job.power_cycle, with the job as ctx. */
enum status job_reopen(void *job, struct transport **transport, struct deadline d, struct err *err);
enum status job_power_cycle(void *job, struct transport **transport, struct deadline d,
			    struct err *err);

#endif
