/* What browsers send: bodies of requests, what stands behind an address, headers of who may. */
#define _GNU_SOURCE
#include "station/web/web_guard.h"
#include "station/web/web_question.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const origins[] = { "https://line3.example" };
	struct web_guard g = { .token = "q1W2e3R4t5Y6u7I8o9P0aZ",
			       .port = 8320,
			       .origins = origins,
			       .origin_count = 1 };
	char *text = malloc(size + 1), token[40], search[WEB_SEARCH_BYTES];
	struct request request;
	unsigned number;
	struct err err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (web_question_request(text, size, &request, &number, &err) == STATUS_OK) {
		assert(number <= 9999 && request.slot == -1);
		assert(strlen(request.text) < sizeof(request.text));
		assert(strlen(request.code) < sizeof(request.code));
		assert(strlen(request.operator_name) < sizeof(request.operator_name));
	}
	if (web_question_login(text, size, token, sizeof(token)))
		assert(strlen(token) < sizeof(token));
	if (web_question_number(text, &number))
		assert(number >= 1 && number <= 9999);
	if (web_question_search(text, search))
		assert(strlen(search) >= 3);
	/* Nobody gets in with what he does not know. */
	assert(!web_guard_bearer(&g, text) || strstr(text, g.token));
	assert(!web_session_is_good(&g, text, 1000));
	assert(!web_guard_origin(&g, text, "127.0.0.1:8320") ||
	       strcasestr(text, "127.0.0.1:8320") || strcasestr(text, "line3.example"));
	(void)web_guard_host(&g, text);
	free(text);
	return 0;
}
