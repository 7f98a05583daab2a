#include "tests/station/doctor_world.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_MS INT64_C(1795000000000)

void doctor_world_init(struct doctor_world *w, const struct tree *t)
{
	char text[256];

	*w = (struct doctor_world){ .t = t };
	tree_link(t, "sys", "");
	tree_file(t, "db/note", "");
	snprintf(w->db, sizeof(w->db), "%s/db/flashline.db", t->root);
	w->user = (struct doctor_user){ .uid = getuid() + 1 };
	w->machine = (struct doctor_machine){
		.root = t->root,
		.db = w->db,
		.user = &w->user,
		.now_utc_ms = NOW_MS,
		.free_bytes = INT64_C(100) << 30,
		.open_files = 1024,
		.is_clock_kept = 1,
	};
	snprintf(text, sizeof(text), "audio:x:63001:\ndialout:x:%u:\n", (unsigned)getgid());
	tree_file(t, "etc/group", text);
	snprintf(text, sizeof(text), "anna:x:%u:77:Anna:/home/anna:/bin/sh\n",
		 (unsigned)w->user.uid);
	tree_file(t, "etc/passwd", text);
	tree_file(t, "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
	tree_file(t, "proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
	tree_file(t, "run/udev/control", "");
}

void doctor_world_release(struct doctor_world *w)
{
	doctor_free(w->doctor);
}

const struct doctor_result *doctor_world_look(struct doctor_world *w, const char *check)
{
	const struct doctor_result *results;
	struct err err;
	size_t count;

	doctor_free(w->doctor);
	if (doctor_examine(&w->machine, &w->doctor, &err))
		fail_msg("%s", err.text);
	results = doctor_results(w->doctor, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(results[i].name, check) == 0)
			return &results[i];
	}
	fail_msg("no check is called %s", check);
	return NULL;
}

void doctor_world_expect(struct doctor_world *w, const char *check, enum doctor_verdict verdict,
			 const char *what, const char *todo)
{
	const struct doctor_result *r = doctor_world_look(w, check);

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct doctor_finding *f = &r->findings[i];

		if (r->verdict == verdict && f->verdict == verdict &&
		    (!what || strstr(f->what, what)) && (!todo || strstr(f->todo, todo)))
			return;
	}
	for (size_t i = 0; i < r->finding_count; i++)
		print_error("%s %s: %s; at %s; do: %s\n", check,
			    doctor_verdict_name(r->findings[i].verdict), r->findings[i].what,
			    r->findings[i].where, r->findings[i].todo);
	fail_msg("%s: expected %s with '%s' and to do '%s'", check, doctor_verdict_name(verdict),
		 what ? what : "", todo ? todo : "");
}

void doctor_world_plug(struct doctor_world *w, const struct tree_usb *usb, unsigned mode)
{
	char path[128], full[256];

	tree_plug(w->t, usb);
	snprintf(path, sizeof(path), "dev/%s", usb->tty);
	tree_file(w->t, path, "");
	snprintf(full, sizeof(full), "%s/%s", w->t->root, path);
	if (chmod(full, mode) != 0)
		fail_msg("cannot change %s", full);
	snprintf(path, sizeof(path), "bus/usb/devices/%s", strrchr(usb->device, '/') + 1);
	tree_link(w->t, path, usb->device);
}

void doctor_world_link(const struct doctor_world *w, const char *path, const char *target)
{
	char full[256];

	tree_file(w->t, path, "");
	snprintf(full, sizeof(full), "%s/%s", w->t->root, path);
	if (unlink(full) != 0 || symlink(target, full) != 0)
		fail_msg("cannot link %s", full);
}
