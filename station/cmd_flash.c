/* flash, verify and identify: three kinds of the same session. */
#include "station/cmd_session.h"
#include "station/station.h"

static enum exit_code run_recipe(enum flash_kind kind, const struct options *options)
{
	enum exit_code code;
	struct plan *plan;

	stop_signals_end_program();
	plan = read_recipe(options, &code);

	return plan ? run_session(kind, plan, options) : code;
}

enum exit_code cmd_flash(const struct options *options)
{
	return run_recipe(FLASH_RUN_FLASH, options);
}

enum exit_code cmd_verify(const struct options *options)
{
	return run_recipe(FLASH_RUN_VERIFY, options);
}

enum exit_code cmd_identify(const struct options *options)
{
	stop_signals_end_program();
	return run_session(FLASH_RUN_IDENTIFY, NULL, options);
}
