/* The factory's rules in a job: judged on the worker's thread, told to the owner. */
#include "station/job_inside.h"

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

enum status job_judge_unit(struct job *job, const struct ident *ident, struct err *err)
{
	struct guards *guards = job->order->guards;

	if (!guards)
		return STATUS_OK;
	return tell_overridden(job, guards_identified(guards, &job->guard,
						      ident->has_mac ? ident->mac : NULL, err));
}

enum status job_judge_rules(struct job *job)
{
	struct flash_report *report = &job->report;
	struct guards *guards = job->order->guards;

	if (guards)
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

int64_t job_generation(const struct job *job)
{
	return job->guard.has_generation ? job->guard.generation : 0;
}
