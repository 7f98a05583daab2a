/*
 * What the server has: one row an address, and the page's files, which are compiled in. Nothing
 * else is there, so no path leads out of it.
 */
#ifndef STATION_WEB_WEB_ROUTES_H
#define STATION_WEB_WEB_ROUTES_H

#include <stddef.h>

enum web_route_id {
	ROUTE_FILE,
	ROUTE_EVENTS,
	ROUTE_STATE,
	ROUTE_REQUEST,
	ROUTE_LOGIN, /* GET: is this browser in? POST: let it in */
	ROUTE_LOGOUT,
	ROUTE_HISTORY,
	ROUTE_RUN,
	ROUTE_UNIT,
	ROUTE_RECIPE,
	ROUTE_RECIPES,
	ROUTE_WORDS,
	ROUTE_REPORT,
	ROUTE_HEALTH,
};

enum web_access {
	ACCESS_OPEN,   /* tells nothing of the line */
	ACCESS_READ,   /* on a network: with the token */
	ACCESS_ENTER,  /* a POST from our own page, or from no page at all */
	ACCESS_CHANGE, /* the same, with the token */
};

#define METHOD_GET 1u
#define METHOD_POST 2u

struct web_file { /* made of station/web/page by CMake */
	const char *type;
	const unsigned char *bytes;
	size_t size;
};

struct web_route {
	const char *path;
	enum web_route_id id;
	unsigned methods;
	enum web_access get, post;
	const struct web_file *file; /* of ROUTE_FILE */
};

#define WEB_FILE_ROUTE(path_, file_)                                                               \
	{                                                                                          \
		.path = path_, .id = ROUTE_FILE, .methods = METHOD_GET, .get = ACCESS_OPEN,        \
		.file = &(file_)                                                                   \
	}

/* Made by CMake: one for each file of station/web/page; page.html stands at "/". */
extern const struct web_route web_file_routes[];
extern const size_t web_file_route_count;

/* NULL when there is none. */
const struct web_route *web_route_of(const char *path);

#endif
