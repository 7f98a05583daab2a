/* doctor: what is in the way on this machine, and what to do. */
#include "station/command.h"

#include "db/db.h"
#include "engine/base/clock.h"
#include "station/doctor.h"

#include <stdio.h>
#include <unistd.h>

enum exit_code cmd_doctor(const struct options *options)
{
	struct doctor_machine machine = {
		.root = "",
		.db = options->db,
		.now_utc_ms = clock_utc_ms(),
		.free_bytes = DOCTOR_ASK,
		.open_files = DOCTOR_ASK,
		.is_clock_kept = DOCTOR_ASK,
	};
	char path[DB_PATH_BYTES];
	struct textbuf text = { 0 };
	struct doctor *doctor;
	enum exit_code code;
	struct err err, no_home;

	if (!machine.db) {
		machine.db = path;
		if (db_default_path(DB_READ, path, &no_home)) {
			machine.db = "";
			machine.no_db = no_home.text;
		}
	}
	if (doctor_examine(&machine, &doctor, &err))
		return complain(&err);
	if (options->json)
		doctor_json(doctor, &text);
	else
		doctor_text(doctor, isatty(STDOUT_FILENO), &text);
	fputs(textbuf_string(&text), stdout);
	textbuf_release(&text);
	code = doctor_verdict_of(doctor) == DOCTOR_BAD ? EXIT_CODE_UNITS : EXIT_CODE_PASSED;
	doctor_free(doctor);
	return finish_stdout(code);
}
