#include "station/cmd_session.h"

#include "recipes/check.h"

#include <stdio.h>
#include <stdlib.h>

enum exit_code cmd_check(const struct options *options)
{
	enum exit_code code;
	struct plan *plan = read_recipe(options, &code);
	struct err err;
	char *text;

	if (!plan)
		return code;
	if (options->json ? plan_describe_json(plan, &text) : plan_describe(plan, &text)) {
		err_set(&err, STATUS_NO_MEMORY, "no memory to describe the plan");
		code = complain(&err);
	} else {
		printf("%s%s", text, options->json ? "\n" : "");
		code = EXIT_CODE_PASSED;
		free(text);
	}
	plan_free(plan);
	return finish_stdout(code);
}
