#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np */
#include "station/line/hook_run.h"

#include "station/textbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between asking a hook to end and ending it. */
#define KILL_AFTER_US 1000000

/* ---- the start ---- */

/* No thread of ours has to be stopped for it, as fork() would: the child shares our memory until it
 * is the shell. */
static int spawn(pid_t *pid, const char *command, char *const *environment, int input, int output,
		 posix_spawn_file_actions_t *actions, posix_spawnattr_t *attr)
{
	char name[] = "sh", option[] = "-c";
	char *const argv[] = { name, option, (char *)command, NULL };
	sigset_t none, usual;
	int failed;

	sigemptyset(&none);
	/* Those that a program of ours may hold back or not want. */
	sigemptyset(&usual);
	sigaddset(&usual, SIGHUP);
	sigaddset(&usual, SIGINT);
	sigaddset(&usual, SIGQUIT);
	sigaddset(&usual, SIGTERM);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGCHLD);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
					       POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &usual);
	failed = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (!failed)
		failed = posix_spawn_file_actions_adddup2(actions, output, STDERR_FILENO);
	if (!failed && input >= 0)
		failed = posix_spawn_file_actions_adddup2(actions, input, STDIN_FILENO);
	else if (!failed)
		failed = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
							  O_RDONLY, 0);
	/* Libraries open files of their own, and not all of them close at exec. */
	if (!failed)
		failed = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	return failed ? failed : posix_spawn(pid, "/bin/sh", actions, attr, argv, environment);
}

int hook_run_start(struct hook_run *r, const char *command, char *const *environment,
		   uint64_t now_us, uint32_t limit_ms)
{
	return hook_run_start_with(r, command, environment, -1, now_us, limit_ms);
}

int hook_run_start_with(struct hook_run *r, const char *command, char *const *environment,
			int input, uint64_t now_us, uint32_t limit_ms)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int ends[2], failed;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return errno;
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	failed = posix_spawn_file_actions_init(&actions);
	if (!failed) {
		posix_spawnattr_init(&attr);
		failed = spawn(&pid, command, environment, input, ends[1], &actions, &attr);
		posix_spawnattr_destroy(&attr);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		return failed;
	}
	*r = (struct hook_run){
		.pid = pid,
		.output = ends[0],
		.start_us = now_us,
		.term_us = now_us + (uint64_t)limit_ms * 1000,
	};
	r->kill_us = r->term_us + KILL_AFTER_US;
	return 0;
}

/* ---- while it runs ---- */

static void keep(struct hook_run *r, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		r->tail[r->tail_at] = bytes[i];
		r->tail_at = (r->tail_at + 1) % sizeof(r->tail);
	}
	r->tail_len = r->tail_len + size < sizeof(r->tail) ? r->tail_len + size : sizeof(r->tail);
}

/* One that never stops talking is heard a little at a time. */
static void hear(struct hook_run *r)
{
	char bytes[4096];

	for (int i = 0; i < 16 && r->output >= 0; i++) {
		ssize_t got = read(r->output, bytes, sizeof(bytes));

		if (got > 0) {
			keep(r, bytes, (size_t)got);
		} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(r->output);
			r->output = -1;
		} else {
			return;
		}
	}
}

void hook_run_look(struct hook_run *r, uint64_t now_us)
{
	hear(r);
	if (!r->was_asked && now_us >= r->term_us) {
		r->was_asked = r->is_late = true;
		kill(-r->pid, SIGTERM);
	}
	if (!r->was_killed && now_us >= r->kill_us) {
		r->was_killed = true;
		kill(-r->pid, SIGKILL);
	}
}

void hook_run_hurry(struct hook_run *r, uint64_t now_us)
{
	if (r->term_us > now_us)
		r->term_us = now_us;
	if (r->kill_us > r->term_us + KILL_AFTER_US)
		r->kill_us = r->term_us + KILL_AFTER_US;
}

bool hook_run_ended(struct hook_run *r, int *wait_status)
{
	siginfo_t info = { .si_pid = 0 };

	/* As long as it was not waited for, its number is nobody else's: so its group is still its
	 * own when what it left behind is ended. */
	if (waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid == 0)
		return false;
	hear(r);
	kill(-r->pid, SIGKILL);
	if (waitpid(r->pid, wait_status, 0) != r->pid)
		*wait_status = 0;
	if (r->output >= 0)
		close(r->output);
	r->output = -1;
	r->pid = 0;
	return true;
}

void hook_run_tail(const struct hook_run *r, char *text, size_t size)
{
	size_t len = r->tail_len < size ? r->tail_len : size - 1;
	size_t at = (r->tail_at + sizeof(r->tail) - len) % sizeof(r->tail);

	for (size_t i = 0; i < len; i++) {
		char c = r->tail[(at + i) % sizeof(r->tail)];

		text[i] = c == '\n' || c == '\t' || c == '\0' ? ' ' : c;
	}
	while (len > 0 && text[len - 1] == ' ')
		len--;
	text[len] = '\0';
	text_clean(text);
}
