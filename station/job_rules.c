/* The factory's rules in a job: judged on the worker's thread, told to the owner. */
#include "station/job_inside.h"

#include "station/line/again.h"
#include "station/line/finished.h"

#include <stdio.h>
#include <string.h>

/* What a phase of the guards overrode is told, also when it refused in the end. */
static enum status tell_overridden(struct job *job, enum status st)
{
	bool has_more;

	pthread_mutex_lock(&job->lock);
	has_more = job->guard.overridden_count > job->overridden_count;
	job->overridden_count = job->guard.overridden_count;
	memcpy(job->overridden, job->guard.overridden, sizeof(job->overridden));
	pthread_mutex_unlock(&job->lock);
	if (has_more)
		job_post(job, FACT_OVERRIDDEN, STATUS_OK);
	return st;
}

static bool is_golden_unit(const struct station_golden *golden, const struct ident *ident)
{
	for (size_t i = 0; golden && ident->has_mac && i < golden->unit_count; i++) {
		if (memcmp(golden->units[i], ident->mac, MAC_BYTES) == 0)
			return true;
	}
	return false;
}

/* Of a unit that has not left its slot since before the station was started. */
static enum status look_up_finished(struct job *job, const struct ident *ident, const char *mac,
				    struct err *err)
{
	const struct job_order *order = job->order;
	const struct port *port = &job->port;
	const bool tells_unit = port->is_usb && !job->is_bridge_of_nest;
	char vid_pid[10];
	const struct line_present present = {
		.run_id = job->run_id,
		.mac = mac,
		.slot = port->slot,
		.recipe_digest = order->plan->digest_text,
		.bridge_vid_pid = tells_unit ? vid_pid : NULL,
		.bridge_serial = tells_unit && port->serial[0] ? port->serial : NULL,
	};
	enum status status;
	bool is_there;

	if (!order->finished || !job->was_there || again_is_known(order->again, ident->mac))
		return STATUS_OK;
	snprintf(vid_pid, sizeof(vid_pid), "%04x:%04x", port->vid, port->pid);
	TRY(finished_ask(order->finished, &present, &is_there, &status, err));
	if (is_there)
		again_put_before(order->again, ident->mac, status);
	return STATUS_OK;
}

/* What a line has to say: a golden check is for golden units, and no unit is flashed twice. */
static enum status judge_for_line(struct job *job, const struct ident *ident, struct err *err)
{
	enum status before = STATUS_OK, st;
	char mac[MAC_TEXT_BYTES] = "this unit";

	if (ident->has_mac)
		mac_text(ident->mac, mac);
	if (job->is_golden)
		return is_golden_unit(job->order->golden, ident)
			       ? STATUS_OK
			       : err_set(err, STATUS_NOT_GOLDEN, "%s is none of the golden units",
					 mac);
	if (!job->order->again || job->is_retest || !ident->has_mac)
		return STATUS_OK;
	TRY(look_up_finished(job, ident, mac, err));
	st = again_judge(job->order->again, ident->mac, &before, err);
	pthread_mutex_lock(&job->lock);
	job->before = before;
	pthread_mutex_unlock(&job->lock);
	return st;
}

enum status job_judge_unit(struct job *job, const struct ident *ident, struct err *err)
{
	struct guards *guards = job->order->guards;

	TRY(judge_for_line(job, ident, err));
	if (!guards || job->kind != FLASH_RUN_FLASH)
		return STATUS_OK;
	return tell_overridden(job, guards_identified(guards, &job->guard,
						      ident->has_mac ? ident->mac : NULL, err));
}

enum status job_judge_rules(struct job *job)
{
	struct flash_report *report = &job->report;
	struct guards *guards = job->order->guards;

	if (guards && job->kind == FLASH_RUN_FLASH)
		report->status =
			tell_overridden(job, guards_before_port(guards, &job->guard, &report->err));
	return report->status;
}

/* ---- the owner's side ---- */

size_t job_overridden(struct job *job, struct guard_overridden overridden[static GUARD_COUNT])
{
	size_t count;

	pthread_mutex_lock(&job->lock);
	count = job->overridden_count;
	memcpy(overridden, job->overridden, sizeof(job->overridden));
	pthread_mutex_unlock(&job->lock);
	return count;
}

enum status job_before(struct job *job)
{
	enum status before;

	pthread_mutex_lock(&job->lock);
	before = job->before;
	pthread_mutex_unlock(&job->lock);
	return before;
}

int64_t job_generation(const struct job *job)
{
	return job->guard.has_generation ? job->guard.generation : 0;
}
