#include "station/web/web_routes.h"

#include <string.h>

#define READ_ROUTE(path_, id_)                                                                     \
	{                                                                                          \
		.path = path_, .id = ROUTE_##id_, .methods = METHOD_GET, .get = ACCESS_READ        \
	}

/* clang-format off */
static const struct web_route routes[] = {
	READ_ROUTE("/events", EVENTS),
	READ_ROUTE("/api/state", STATE),
	READ_ROUTE("/api/history", HISTORY),
	READ_ROUTE("/api/run", RUN),
	READ_ROUTE("/api/unit", UNIT),
	READ_ROUTE("/api/recipe", RECIPE),
	READ_ROUTE("/api/recipes", RECIPES),
	READ_ROUTE("/report", REPORT),
	{ .path = "/api/words", .id = ROUTE_WORDS, .methods = METHOD_GET, .get = ACCESS_OPEN },
	{ .path = "/healthz", .id = ROUTE_HEALTH, .methods = METHOD_GET, .get = ACCESS_OPEN },
	{ .path = "/api/login", .id = ROUTE_LOGIN, .methods = METHOD_GET | METHOD_POST,
	  .get = ACCESS_OPEN, .post = ACCESS_ENTER },
	{ .path = "/api/logout", .id = ROUTE_LOGOUT, .methods = METHOD_POST, .post = ACCESS_ENTER },
	{ .path = "/api/request", .id = ROUTE_REQUEST, .methods = METHOD_POST,
	  .post = ACCESS_CHANGE },
};
/* clang-format on */

static const struct web_route *find(const struct web_route *rows, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].path, path) == 0)
			return &rows[i];
	}
	return NULL;
}

const struct web_route *web_route_of(const char *path)
{
	const struct web_route *route = find(routes, sizeof(routes) / sizeof(routes[0]), path);

	return route ? route : find(web_file_routes, web_file_route_count, path);
}
