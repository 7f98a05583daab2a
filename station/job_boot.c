/* The boot check of a job: who judges what the unit says, and the console's log. */
#include "station/job_inside.h"

#include "recipes/boot_check.h"

#include <stdlib.h>
#include <string.h>

struct job_boot {
	struct job *job;
	struct boot_check_run *run;
	struct unit_log *console;
};

static void on_line(void *ctx, uint64_t at_us, const char *text)
{
	struct job_boot *boot = ctx;

	unit_log_add(boot->console, at_us, text);
}

static void on_hide(void *ctx, char *text)
{
	struct job_boot *boot = ctx;

	job_hide(boot->job, text);
}

enum status job_prepare_boot(struct job *job)
{
	const struct plan *plan = job->order->plan;

	if (!plan || !plan->boot_check)
		return STATUS_OK;
	job->boot = calloc(1, sizeof(*job->boot));
	if (job->boot) {
		job->boot->job = job;
		job->boot->console = unit_log_new();
		job->boot->run = boot_check_run_new(plan->boot_check, job->boot, on_line);
	}
	if (job->boot && job->boot->run) {
		boot_check_run_hide(job->boot->run, on_hide);
		return STATUS_OK;
	}
	job->report.status =
		err_set(&job->report.err, STATUS_NO_MEMORY, "no memory for the boot check");
	return job->report.status;
}

void job_free_boot(struct job *job)
{
	if (!job->boot)
		return;
	unit_log_free(job->boot->console);
	boot_check_run_free(job->boot->run);
	free(job->boot);
	job->boot = NULL;
}

const struct flash_boot *job_boot(const struct job *job)
{
	return job->boot ? boot_check_run_boot(job->boot->run) : NULL;
}

char *job_console(const struct job *job)
{
	const char *text = job->boot ? unit_log_text(job->boot->console) : "";

	return text[0] ? strdup(text) : NULL;
}
