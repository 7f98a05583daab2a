/*
 * What a browser sends, read as strictly as a recipe: the body of a request, and what stands
 * behind the ? of an address. Pure; everything in it is from outside.
 */
#ifndef STATION_WEB_WEB_QUESTION_H
#define STATION_WEB_WEB_QUESTION_H

#include "station/line/requests.h"

#define WEB_BODY_MAX 4096
#define WEB_SEARCH_BYTES 81

/*
 * {"request": "retest", "slot": 7, "text": ..., "code": ..., "operator": ...}: request is a name
 * of request_kind_name(), slot the number on the fixture, the rest texts. Unknown or repeated
 * members, other types, control characters and texts that are too long are refused: STATUS_USAGE
 * names the member. What a kind cannot do without has to be there. request->slot stays -1; *number
 * is the slot's number, 0 none.
 */
enum status web_question_request(const char *body, size_t size, struct request *request,
				 unsigned *number, struct err *err);

/* {"token": "..."}; false for anything else. */
bool web_question_login(const char *body, size_t size, char *token, size_t room);

/* 1 .. 9999, digits alone. */
bool web_question_number(const char *text, unsigned *number);
/* Something to search for: 3 to 80 visible characters. */
bool web_question_search(const char *text, char search[static WEB_SEARCH_BYTES]);

#endif
