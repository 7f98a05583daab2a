/* The signals that end a session, as a descriptor to poll: station.h. */
#include "station/station.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void stopping_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static void end_program(int signal_number)
{
	(void)signal_number;
	_exit(EXIT_CODE_INTERRUPTED);
}

void stop_signals_end_program(void)
{
	struct sigaction action = { .sa_handler = end_program };

	stopping_set(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int stop_signals_open(void)
{
	sigset_t set;
	int fd;

	stopping_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return fd;
}

void stop_signals_close(int fd)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (fd < 0)
		return;
	while (read(fd, &info, sizeof(info)) > 0)
		;
	close(fd);
	stopping_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
