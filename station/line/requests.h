/*
 * What people ask of a running line: from the web page, the terminal or a scanner, from any thread.
 *
 * A bounded inbox. The owner loop takes the requests one by one, does what they ask, or refuses it
 * with a sentence, and answers; whoever asked waits for that answer at most as long as it likes.
 * Nothing here can write a recipe or choose a file that the station's own files do not name.
 */
#ifndef STATION_LINE_REQUESTS_H
#define STATION_LINE_REQUESTS_H

#include "station/line/said.h"

#include "engine/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REQUEST_TEXT_BYTES 300
#define REQUESTS_MAX 64 /* that wait; one more is refused: somebody floods the station */

enum request_kind {
	REQUEST_SCAN,     /* text: what a scanner read: a serial number, SLOT:07, a printed label */
	REQUEST_OPERATOR, /* text: who is there from now on; "" nobody */
	REQUEST_BATCH,    /* text: the batch from the next unit on; "" none */
	REQUEST_RETEST,   /* slot: its unit, or the next one, is run whatever it got before */
	REQUEST_DISABLE,  /* slot, operator, text: takes no units, and why */
	REQUEST_ENABLE,   /* slot, operator */
	REQUEST_UNLOCK,   /* code (of slot, or -1), operator, text: the reason */
	REQUEST_REPRINT,  /* slot, operator, text: the reason */
	REQUEST_RECIPE, /* text: a recipe file that the station file lists; "" reads the present one
			 * again. From the next unit on, once no slot works */
	REQUEST_DRAIN,  /* start no unit any more, end when all slots have ended */
	REQUEST_RESUME, /* take that back */
};
#define REQUEST_KIND_COUNT 11

struct request {
	enum request_kind kind;
	int slot; /* index into snapshot.slots; -1 none */
	char text[REQUEST_TEXT_BYTES];
	char code[40];
	char operator_name[81];
	const char *from; /* "web", "terminal", "scanner"; a constant */
};

/* "scan", "retest" ...: as the web page and logs name them. */
const char *request_kind_name(enum request_kind kind);
/* false when there is none of that name. */
bool request_kind_named(const char *name, enum request_kind *kind);

struct requests;

/* NULL without memory or descriptors. */
struct requests *requests_new(void);
/* Whoever still waits is told that the station ends. */
void requests_free(struct requests *r);

/*
 * Any thread but the owner's. Copies the request and waits up to wait_ms (0: not at all) for what
 * became of it: STATUS_OK, with a sentence for people in answer (SAID_RETEST_NEXT); STATUS_USAGE:
 * refused, and why; STATUS_NO_ANSWER: the station did not come to it in time, and may still do it;
 * STATUS_CANCELLED: it ends. answer may be NULL.
 */
enum status requests_put(struct requests *r, const struct request *request, uint32_t wait_ms,
			 struct said *answer);

/* ---- the owner's side ---- */

/* Readable while requests wait. */
int requests_fd(const struct requests *r);
/* The oldest; *ticket is for requests_answer(). false: none waits. */
bool requests_take(struct requests *r, struct request *request, uint64_t *ticket);
/* Once for each that was taken. */
void requests_answer(struct requests *r, uint64_t ticket, enum status st,
		     const struct said *answer);

#endif
