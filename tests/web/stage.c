/*
 * A stage for the page: serves a made-up line, and changes it as it is told on standard input, so
 * that a browser can be shown everything. Prints its address first.
 *
 *   stage [--slots N] [--columns N] [--port N] [--token-file FILE] [--db FILE] [--run]
 *
 *   pass 7 | fail 7 CODE | work 7 PERCENT | arrive 7 | empty 7 | lock CODE [SLOT] | unlock
 *   operator NAME | hold (ticks stop) | go | quit
 *
 * Requests are answered "done: retest 7", and printed. --run: units work all the time.
 */
#include "tests/web/made_up_line.h"

#include "station/line/locks.h"
#include "station/line/requests.h"
#include "station/web/web.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stage {
	struct made_up_line line;
	struct requests *requests;
	struct web *web;
	struct view view;
	bool is_held, is_running, is_over;
	char operator_name[81];
};

static void tell(struct stage *s, enum event_kind kind, unsigned slot)
{
	const struct event e = { .kind = kind,
				 .slot = slot < s->line.snapshot.slot_count ? &s->line.slots[slot]
									    : NULL };

	if (!s->is_held)
		s->view.event(s->view.ctx, &s->line.snapshot, &e);
}

static enum status status_named(const char *code)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++) {
		if (strcmp(status_code((enum status)i), code) == 0)
			return (enum status)i;
	}
	return STATUS_INTERNAL;
}

static void obey(struct stage *s, char *order)
{
	char verb[32] = "", word[80] = "";
	unsigned slot = 0;
	int count = sscanf(order, "%31s %u %79s", verb, &slot, word);

	if (slot)
		slot--;
	if (slot >= s->line.snapshot.slot_count)
		return;
	if (strcmp(verb, "pass") == 0) {
		made_up_result(&s->line, slot, STATUS_OK, "");
		tell(s, EVENT_RESULT, slot);
	} else if (strcmp(verb, "fail") == 0 && count == 3) {
		made_up_result(&s->line, slot, status_named(word), "as the stage was told");
		tell(s, EVENT_RESULT, slot);
	} else if (strcmp(verb, "work") == 0) {
		made_up_work(&s->line, slot, STEP_WRITE, (unsigned)strtoul(word, NULL, 10));
		tell(s, EVENT_STEP, slot);
	} else if (strcmp(verb, "arrive") == 0) {
		made_up_arrive(&s->line, slot, SLOT_WAITING);
		tell(s, EVENT_ARRIVED, slot);
	} else if (strcmp(verb, "empty") == 0) {
		made_up_empty(&s->line, slot);
		tell(s, EVENT_LEFT, slot);
	} else if (sscanf(order, "lock %39s %u", word, &slot) >= 1 &&
		   lock_by_name(word) != LOCK_CODE_COUNT) {
		made_up_lock(&s->line, lock_row(lock_by_name(word))->code, (int)slot - 1,
			     "as the stage was told");
		tell(s, EVENT_WARNING, MADE_UP_SLOTS);
	} else if (strcmp(verb, "unlock") == 0) {
		s->line.snapshot.lock_count = 0;
		tell(s, EVENT_WARNING, MADE_UP_SLOTS);
	} else if (sscanf(order, "operator %80s", s->operator_name) == 1) {
		s->line.snapshot.operator_name = s->operator_name;
		tell(s, EVENT_WARNING, MADE_UP_SLOTS);
	} else if (strcmp(verb, "hold") == 0) {
		s->is_held = true;
	} else if (strcmp(verb, "go") == 0) {
		s->is_held = false;
	} else if (strcmp(verb, "quit") == 0) {
		s->is_over = true;
	}
}

static void answer_requests(struct stage *s)
{
	struct request request;
	uint64_t ticket;

	while (requests_take(s->requests, &request, &ticket)) {
		struct said said;

		printf("request %s slot %d code '%s' operator '%s' text '%s'\n",
		       request_kind_name(request.kind), request.slot, request.code,
		       request.operator_name, request.text);
		fflush(stdout);
		said_set(&said, SAID_TEXT, "done: %s", request_kind_name(request.kind));
		requests_answer(s->requests, ticket,
				strcmp(request.text, "refuse") == 0 ? STATUS_USAGE : STATUS_OK,
				&said);
	}
}

/* Every slot: works for some seconds, shows its result for two, and begins anew. */
static void run_all(struct stage *s, unsigned tick)
{
	for (unsigned i = 0; i < s->line.snapshot.slot_count; i++) {
		unsigned at = (tick + i * 5) % 240;

		if (at == 0)
			made_up_arrive(&s->line, i, SLOT_WAITING);
		else if (at < 220)
			made_up_work(&s->line, i, STEP_WRITE, at * 100 / 220);
		else if (at == 220)
			made_up_result(&s->line, i, i % 20 ? STATUS_OK : STATUS_NO_ANSWER, "");
		else
			continue;
		if (at == 0 || at == 220)
			tell(s, at ? EVENT_RESULT : EVENT_ARRIVED, i);
	}
}

static void serve(struct stage *s)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
				 { .fd = requests_fd(s->requests), .events = POLLIN } };
	char input[512];
	size_t have = 0;

	for (unsigned tick = 0; !s->is_over; tick++) {
		poll(fds, 2, 100);
		if (fds[0].revents) {
			ssize_t got = read(STDIN_FILENO, input + have, sizeof(input) - have - 1);
			char *end;

			if (got <= 0)
				return;
			have += (size_t)got;
			input[have] = '\0';
			while ((end = strchr(input, '\n'))) {
				*end = '\0';
				obey(s, input);
				have -= (size_t)(end + 1 - input);
				memmove(input, end + 1, have + 1);
			}
		}
		answer_requests(s);
		if (s->is_running)
			run_all(s, tick);
		if (!s->is_held)
			s->view.tick(s->view.ctx, &s->line.snapshot);
	}
}

int main(int argc, char **argv)
{
	static struct stage s;
	static struct station_web station = { .is_on = true, .listen = "127.0.0.1" };
	struct web_setup setup = { .station = &station };
	unsigned slots = 64, columns = 8;
	struct err err;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strcmp(argv[i], "--run") == 0) {
			s.is_running = true;
			continue;
		}
		if (strcmp(argv[i], "--slots") == 0)
			slots = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--columns") == 0)
			columns = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--port") == 0)
			station.port = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(argv[i], "--listen") == 0)
			station.listen = value;
		else if (strcmp(argv[i], "--token-file") == 0)
			station.token_file = value;
		else if (strcmp(argv[i], "--db") == 0)
			setup.db_path = value;
		i++;
	}
	if (slots < 1 || slots > MADE_UP_SLOTS)
		return 2;
	made_up_init(&s.line, slots, columns);
	if (!s.is_running)
		made_up_shift(&s.line);
	s.requests = requests_new();
	setup.requests = s.requests;
	if (!s.requests || web_new(&setup, &s.web, &err) != STATUS_OK) {
		fprintf(stderr, "stage: %s\n", s.requests ? err.text : "no memory");
		return 3;
	}
	s.view = web_view(s.web);
	printf("%s\n", web_address(s.web));
	fflush(stdout);
	tell(&s, EVENT_STATION_START, MADE_UP_SLOTS);
	serve(&s);
	tell(&s, EVENT_SUMMARY, MADE_UP_SLOTS);
	web_free(s.web);
	requests_free(s.requests);
	return 0;
}
