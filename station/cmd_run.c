/* run: the station that stands on the line all day. docs/line.md. */
#include "station/command.h"

enum exit_code cmd_run(const struct options *options)
{
	remark("%s: the line is not there yet", options->operands[0]);
	return EXIT_CODE_STATION;
}
