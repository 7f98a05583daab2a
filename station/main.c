#include "station/command.h"
#include "station/help.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

/* Else glibc gives each thread a heap of its own, and each of those keeps what the busiest moment
 * needed. Two are enough for threads that mostly wait for a port. Our choice; measured in
 * docs/durability.md, Memory. */
#define HEAPS 2

static enum exit_code no_command(void)
{
	help_program(stderr);
	return EXIT_CODE_USAGE;
}

/* A preset that was to take the place of a built-in one would be missed without a word. */
static enum status check_products(const struct options *o, struct err *err)
{
	struct stat about;

	if (!o->products || (stat(o->products, &about) == 0 && S_ISDIR(about.st_mode)))
		return STATUS_OK;
	return err_set(err, STATUS_USAGE, "--products %s: there is no such folder", o->products);
}

int main(int argc, char **argv)
{
	const struct command *command = NULL;
	struct options options;
	struct err err;
	enum exit_code code;

	/* A reader that went away is no reason to leave units half written. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor is a limit on the size of files: the database says so (db/room.h). */
	signal(SIGXFSZ, SIG_IGN);
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, HEAPS);
#endif

	if (argc < 2)
		return no_command();
	if (argv[1][0] != '-') {
		command = command_by_name(argv[1]);
		if (!command) {
			command_unknown(argv[1], &err);
			return complain(&err);
		}
		argc--;
		argv++;
	}
	if (options_parse(command, argc, argv, &options, &err))
		code = complain(&err);
	else if (options.version)
		code = help_version(stdout);
	else if (options.help)
		code = help_show(command, stdout);
	else if (!command) /* -- and nothing behind it */
		code = no_command();
	else
		code = check_products(&options, &err) ? complain(&err) : command->run(&options);
	options_release(&options);
	return code;
}
