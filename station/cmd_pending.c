/* Commands that are being built. */
#include "station/command.h"

enum exit_code cmd_trace(const struct options *options)
{
	struct err err;

	(void)options;
	err_set(&err, STATUS_NOT_SUPPORTED, "trace: not built yet");
	return complain(&err);
}

