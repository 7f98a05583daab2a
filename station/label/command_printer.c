/* A printer behind a command of the factory's: the label on its standard input. */
#define _GNU_SOURCE /* memfd_create, environ */
#include "engine/base/clock.h"
#include "station/label/label_printer.h"
#include "station/line/hook_run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 20 /* between two looks at the command */

/* In memory: a pipe would wait for a command that does not read. */
static int file_of(const char *label, size_t size)
{
	int fd = memfd_create("label", MFD_CLOEXEC);

	for (size_t done = 0; fd >= 0 && done < size;) {
		ssize_t wrote = write(fd, label + done, size - done);

		if (wrote < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static enum print_end judge(const struct hook_run *run, int status, struct err *err)
{
	char said[200], why[60];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !run->is_late)
		return PRINT_DONE;
	if (run->is_late)
		snprintf(why, sizeof(why), "was ended after %d s", PRINTER_COMMAND_MS / 1000);
	else if (WIFEXITED(status))
		snprintf(why, sizeof(why), "ended with %d", WEXITSTATUS(status));
	else
		snprintf(why, sizeof(why), "was ended by signal %d", WTERMSIG(status));
	hook_run_tail(run, said, sizeof(said));
	err_set(err, STATUS_FILE, "the printer's command %s%s%s", why, said[0] ? ": " : "", said);
	return PRINT_FAILED;
}

enum print_end command_printer_print(const struct label_printer *p, const char *label, size_t size,
				     int stop, struct err *err)
{
	int input = file_of(label, size), status, failed;
	struct hook_run run;

	if (input < 0) {
		err_set(err, STATUS_NO_MEMORY, "no memory for the label");
		return PRINT_LATER;
	}
	failed = hook_run_start_with(&run, p->command, environ, input,
				     clock_now_us(&clock_monotonic), PRINTER_COMMAND_MS);
	close(input);
	if (failed) {
		err_set(err, STATUS_FILE, "the printer's command: %s", strerror(failed));
		return PRINT_LATER;
	}
	while (!hook_run_ended(&run, &status)) {
		struct pollfd fd = { .fd = stop, .events = POLLIN };

		if (poll(&fd, 1, LOOK_MS) > 0) {
			hook_run_hurry(&run, clock_now_us(&clock_monotonic));
			stop = -1;
		}
		hook_run_look(&run, clock_now_us(&clock_monotonic));
	}
	return judge(&run, status, err);
}
