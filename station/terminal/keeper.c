#define _DEFAULT_SOURCE /* syscall() */
#include "station/terminal/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct keeper {
	pid_t pid;
	int alive; /* as long as it is open, this process lives */
};

/* The child: only what may be called between fork and exec in a program with threads. */
static void keep(int fd, int alive, const struct termios *before, const char *farewell,
		 size_t farewell_len)
{
	char byte;
	ssize_t got;

	/* Ports and records are none of its business. The calls of the system itself: a library
	 * that follows close() must not take this for the program's own. */
	if (dup2(fd, 1) < 0 || dup2(alive, 0) < 0)
		_exit(1);
	syscall(SYS_close_range, 2u, ~0u, 0u);
	do {
		got = read(0, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (got == 0) {
		tcsetattr(1, TCSANOW, before);
		got = write(1, farewell, farewell_len);
	}
	_exit(got < 0);
}

enum status keeper_new(int fd, const char *farewell, struct keeper **out, struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));
	struct termios before;
	sigset_t all, old;
	int ends[2];

	*out = NULL;
	if (!k)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the terminal");
	if (tcgetattr(fd, &before) || pipe(ends)) {
		free(k);
		return err_set(err, STATUS_INTERNAL, "the terminal: %s", strerror(errno));
	}
	/* Ctrl-C is for the program; and a process in the background may set its terminal only
	 * while SIGTTOU is held back. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	k->pid = fork();
	if (k->pid == 0) {
		keep(fd, ends[0], &before, farewell, strlen(farewell));
		_exit(1);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(ends[0]);
	k->alive = ends[1];
	if (k->pid < 0) {
		close(ends[1]);
		free(k);
		return err_set(err, STATUS_INTERNAL, "no process for the terminal: %s",
			       strerror(errno));
	}
	*out = k;
	return STATUS_OK;
}

void keeper_free(struct keeper *k)
{
	ssize_t told;

	if (!k)
		return;
	do {
		told = write(k->alive, "q", 1);
	} while (told < 0 && errno == EINTR);
	close(k->alive);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(k);
}
