/*
 * What is in the way of flashing on this machine: 'flashline doctor'.
 *
 * Looks at files of the system, changes nothing and opens no port. The checks are rows of one
 * table in doctor.c; docs/doctor.md says what each looks at and what to do.
 *
 * Everything is read below a root folder that is handed in, so that a test brings a machine of
 * its own; what no file tells (rights of whoever runs it, free bytes, the kernel's clock) is
 * asked of the kernel unless the caller knows it.
 */
#ifndef STATION_DOCTOR_H
#define STATION_DOCTOR_H

#include "engine/base/err.h"
#include "station/textbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define DOCTOR_ASK (-1)

struct doctor_user {
	uid_t uid;
	gid_t groups[64];
	size_t group_count;
};

struct doctor_machine {
	const char *root;  /* before /sys, /proc, /etc, /run, /dev, /usr; "" this machine */
	const char *db;    /* path of the database, which need not be there; "": none is known */
	const char *no_db; /* why none is known */
	/* NULL: who runs the program, and the kernel is asked for rights. */
	const struct doctor_user *user;
	int64_t now_utc_ms;
	int64_t free_bytes; /* on the database's disk; DOCTOR_ASK */
	int64_t open_files; /* how many this program may have; DOCTOR_ASK */
	int is_clock_kept;  /* 1 the kernel's clock is kept by a time server, 0 not; DOCTOR_ASK */
};

/* From good to bad: of several, the greatest counts. */
enum doctor_verdict {
	DOCTOR_OK,
	DOCTOR_NOTE, /* it works, and could be better */
	DOCTOR_BAD,  /* runs will fail, or records are in danger */
};
/* "OK" */
const char *doctor_verdict_name(enum doctor_verdict verdict);

struct doctor_finding {
	enum doctor_verdict verdict;
	char what[400];
	char where[240]; /* "" nowhere in particular */
	char todo[480];  /* "" nothing */
};

struct doctor_result {
	const char *name;  /* stable, for scripts: "access" */
	const char *group; /* "Ports" */
	const char *about; /* what it looks at, one sentence */
	enum doctor_verdict verdict;
	struct doctor_finding *findings; /* at least one */
	size_t finding_count;
};

struct doctor; /* doctor_inside.h */

/* Run every check. *out is NULL on failure: STATUS_NO_MEMORY. Takes a second or two with a large
 * database. */
enum status doctor_examine(const struct doctor_machine *machine, struct doctor **out,
			   struct err *err);
void doctor_free(struct doctor *d); /* NULL is fine */

/* In the order of the table; lent. */
const struct doctor_result *doctor_results(const struct doctor *d, size_t *count);
enum doctor_verdict doctor_verdict_of(const struct doctor *d);

/* For people: by groups, with a drawing of the hubs. For programs: one object per check, one a
 * line, then a summary. docs/doctor.md. */
void doctor_text(const struct doctor *d, bool with_colour, struct textbuf *out);
void doctor_json(const struct doctor *d, struct textbuf *out);

#endif
