/* The doctor's checks of the computer and of this program. */
#include "station/doctor_inside.h"

#include "engine/stub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* 64 slots with a port and a question to its bridge each, and as many again for all the rest: our
 * choice; Linux usually gives 1024. */
#define FILES_WANTED 256

void doctor_check_limits(struct doctor *d, struct doctor_result *r)
{
	int64_t files = d->machine.open_files;
	struct rlimit limit;

	if (files == DOCTOR_ASK) {
		if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == RLIM_INFINITY)
			files = INT64_MAX;
		else
			files = (int64_t)limit.rlim_cur;
	}
	if (files < FILES_WANTED)
		doctor_say(d, r, DOCTOR_NOTE, "", "ulimit -n 1024, or LimitNOFILE= of the service",
			   "%" PRId64 " files may be open at once: enough for about %" PRId64
			   " slots",
			   files, files / (FILES_WANTED / 64));
	else
		doctor_say(d, r, DOCTOR_OK, "", "",
			   "enough files may be open at once for 64 slots");
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
		doctor_say(d, r, DOCTOR_NOTE, "", "ulimit -f unlimited",
			   "files may grow to %.1f MB only (ulimit -f): then no run is started",
			   (double)limit.rlim_cur / 1e6);
}

void doctor_check_kernel(struct doctor *d, struct doctor_result *r)
{
	static const struct {
		unsigned before; /* 100 * major + minor */
		const char *what;
	} steps[] = {
		{ 505, "before 5.5 a CH340 at 921600 baud has a wrong rate" },
		{ 600, "before 6.0 no hub port can be switched off" },
	};
	char release[128], *end;
	unsigned long major, minor;

	if (!doctor_read(d, "/proc/sys/kernel/osrelease", release, sizeof(release))) {
		doctor_say(d, r, DOCTOR_NOTE, "", "", "the kernel's version is not known");
		return;
	}
	release[strcspn(release, "\n")] = '\0';
	major = strtoul(release, &end, 10);
	minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (100 * major + minor < steps[i].before)
			doctor_say(d, r, DOCTOR_NOTE, "",
				   "a newer kernel does it (Debian 12 has 6.1)", "Linux %s: %s",
				   release, steps[i].what);
	}
	if (!r->finding_count)
		doctor_say(d, r, DOCTOR_OK, "", "", "Linux %s", release);
}

void doctor_check_stubs(struct doctor *d, struct doctor_result *r)
{
	struct doctor_names names = { .count = 0 };

	for (const struct stub_image *image = stub_images; image->name; image++)
		doctor_names_add(&names, image->name);
	if (names.count)
		doctor_say(d, r, DOCTOR_OK, "", "", "%u: %s", names.count,
			   doctor_names_text(&names));
	else
		doctor_say(d, r, DOCTOR_NOTE, "",
			   "build it with -DSTUB_DIR=FOLDER, as the README says",
			   "this program was built without: every unit is written by its ROM's "
			   "loader, "
			   "slower");
}
