/*
 * The keys of the terminal view: what is chosen, what is being asked, and what a key asks of the
 * line. Pure: keys and times in, orders out.
 *
 * A wedge scanner types as a person does, only faster, and ends with Enter. So a key that is a
 * command waits for DESK_BURST_US: is another one behind it by then, both belong to a scan.
 */
#ifndef STATION_TERMINAL_DESK_H
#define STATION_TERMINAL_DESK_H

#include "station/line/requests.h"
#include "station/terminal/scene.h"

/* Scanners leave 1 to 20 ms between two characters, people 80 and more: research of scanners'
 * manuals gives 20 to 60 ms as the limit. */
#define DESK_BURST_US 60000
#define DESK_SCAN_END_US 1000000   /* a scan without Enter is given up after so long */
#define DESK_SCAN_AGAIN_US 2000000 /* the same code again within it is a scanner's stutter */
#define DESK_MESSAGE_US 8000000

enum desk_key {
	/* Below: a character of ASCII; bytes of UTF-8 come one by one. */
	DESK_UP = 0x200,
	DESK_DOWN,
	DESK_LEFT,
	DESK_RIGHT,
	DESK_HOME,
	DESK_END,
	DESK_ENTER,
	DESK_ESCAPE,
	DESK_ERASE, /* backspace */
	DESK_SUSPEND,
};

enum desk_page { DESK_SLOTS, DESK_DETAILS, DESK_HELP };

/* What the line at the bottom asks for. */
enum desk_ask {
	ASK_NOTHING,
	ASK_SCAN,
	ASK_OPERATOR,
	ASK_BATCH,
	ASK_WHO,  /* the operator of a request that needs one */
	ASK_WHY,  /* and the reason */
	ASK_END,  /* y or n: start no unit any more, and end */
	ASK_STOP, /* y or n: end now */
};

enum desk_order {
	ORDER_NONE,
	ORDER_PUT,     /* desk.request: put it, and give the answer to desk_answer() */
	ORDER_STOP,    /* stop the session as Ctrl-C does */
	ORDER_SUSPEND, /* give the terminal back to the shell for a while */
};

struct desk {
	size_t selected; /* index of a slot */
	int columns;     /* of the slots, as they are laid out now: for up and down */
	enum desk_page page;
	enum desk_ask ask;
	struct request request;
	bool wants_reason; /* behind ASK_WHO comes ASK_WHY */
	char field[REQUEST_TEXT_BYTES];
	size_t field_len;

	char typed[REQUEST_TEXT_BYTES]; /* a command, or a scan so far */
	size_t typed_len;
	uint64_t typed_us;
	char last_scan[REQUEST_TEXT_BYTES];
	uint64_t last_scan_us;
	unsigned number; /* digits of a slot's number so far */
	uint64_t number_us;

	char message[REQUEST_TEXT_BYTES + 40]; /* "" none */
	bool is_refusal;
	uint64_t message_us;
};

/* All 0 is a desk at its start. */

enum desk_order desk_key(struct desk *d, const struct scene *scene, int key, uint64_t now_us);
/* Call it at desk_next_us() at the latest. */
enum desk_order desk_tick(struct desk *d, const struct scene *scene, uint64_t now_us);
/* UINT64_MAX: nothing is due. */
uint64_t desk_next_us(const struct desk *d);
/* What became of desk.request. */
void desk_answer(struct desk *d, enum status st, const char *text, uint64_t now_us);

/* "operator of the unlock of GOLDEN_DUE" and so on, for the line at the bottom. */
void desk_question(const struct desk *d, const struct scene *scene, char *text, size_t size);

#endif
