#include "station/help.h"

enum exit_code cmd_help(const struct options *options)
{
	const struct command *command = NULL;
	struct err err;

	if (options->operand_count) {
		command = command_by_name(options->operands[0]);
		if (!command) {
			command_unknown(options->operands[0], &err);
			return complain(&err);
		}
	}
	return help_show(command, stdout);
}
