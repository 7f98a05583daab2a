/* What the parts of the doctor share: the machine as it was read, and how a check says what it
 * found. Internal to station/doctor*.c. */
#ifndef STATION_DOCTOR_INSIDE_H
#define STATION_DOCTOR_INSIDE_H

#include "db/health.h"
#include "station/doctor.h"
#include "station/doctor_usb.h"
#include "station/ports.h"

struct doctor {
	struct doctor_machine machine;
	struct port_list ports; /* all of them */
	struct usb_tree usb;
	struct db_health health;
	struct err health_err; /* status OK: health holds */
	struct doctor_result *results;
	size_t result_count;
	bool has_failed; /* no memory for a finding */
};

/* Add a finding. todo is a whole text, what a format. where and todo may be "". */
__attribute__((format(printf, 6, 7))) void doctor_say(struct doctor *d, struct doctor_result *r,
						      enum doctor_verdict verdict,
						      const char *where, const char *todo,
						      const char *what, ...);

/* Names of things in one text, of which the last are only counted when they are many:
 * "ttyUSB0, ttyUSB1 and 30 more". Begins as { 0 }. */
struct doctor_names {
	char text[200];
	unsigned count, left_out;
};
void doctor_names_add(struct doctor_names *names, const char *name);
const char *doctor_names_text(struct doctor_names *names);
/* "1 port", "3 ports" */
#define PLURAL(count) ((count) == 1 ? "" : "s")

/* ---- files below the root (doctor_files.c) ---- */

#define DOCTOR_PATH_BYTES 1200

/* root + path, which begins with '/'. */
void doctor_path(const struct doctor *d, const char *path, char full[static DOCTOR_PATH_BYTES]);
bool doctor_has(const struct doctor *d, const char *path);
/* A file of at most size - 1 bytes as a string; "" and false when it cannot be read. */
bool doctor_read(const struct doctor *d, const char *path, char *text, size_t size);
/* The process that calls itself so (comm, which Linux cuts at 15 letters); 0 none. */
pid_t doctor_process(const struct doctor *d, const char *comm);
/* "dialout"; the number where /etc/group does not tell. */
void doctor_group_name(const struct doctor *d, gid_t gid, char *name, size_t size);
/* Is the user with this number in that group by /etc/passwd and /etc/group? name: of the user, the
 * number where it is not known. */
bool doctor_is_member(const struct doctor *d, uid_t uid, const char *group, char *name,
		      size_t name_size);

/* udev's rules: each file that is in force (of one name, the first folder's; an empty one masks the
 * others) whose name contains word. each() gets its path below the root and returns true to
 * stop. */
bool doctor_rules_find(const struct doctor *d, const char *word,
		       bool (*each)(void *ctx, const struct doctor *d, const char *path),
		       void *ctx);
#define DOCTOR_RULES "99-flashline.rules"
/* Are the rules that come with Flashline in force? */
bool doctor_has_rules(const struct doctor *d);

/* ---- the checks ---- */

void doctor_check_access(struct doctor *d, struct doctor_result *r);
void doctor_check_holders(struct doctor *d, struct doctor_result *r);
void doctor_check_drivers(struct doctor *d, struct doctor_result *r);
void doctor_check_latency(struct doctor *d, struct doctor_result *r);
void doctor_check_daemons(struct doctor *d, struct doctor_result *r);
void doctor_check_rules(struct doctor *d, struct doctor_result *r);
void doctor_check_endpoints(struct doctor *d, struct doctor_result *r);
void doctor_check_translators(struct doctor *d, struct doctor_result *r);
void doctor_check_hubs(struct doctor *d, struct doctor_result *r);
void doctor_check_switches(struct doctor *d, struct doctor_result *r);
void doctor_check_suspend(struct doctor *d, struct doctor_result *r);
void doctor_check_database(struct doctor *d, struct doctor_result *r);
void doctor_check_disk(struct doctor *d, struct doctor_result *r);
void doctor_check_clock(struct doctor *d, struct doctor_result *r);
void doctor_check_limits(struct doctor *d, struct doctor_result *r);
void doctor_check_kernel(struct doctor *d, struct doctor_result *r);
void doctor_check_stubs(struct doctor *d, struct doctor_result *r);

/* Each controller with everything on it, for people and for programs. */
void doctor_draw(const struct usb_tree *usb, struct textbuf *out);
struct json_t *doctor_usb_json(const struct usb_tree *usb);

#endif
