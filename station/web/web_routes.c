#include "station/web/web_routes.h"

#include <string.h>

#define FILE_ROUTE(path_, file_)                                                                   \
	{                                                                                          \
		.path = path_, .id = ROUTE_FILE, .methods = METHOD_GET, .get = ACCESS_OPEN,        \
		.file = &file_                                                                     \
	}
#define READ_ROUTE(path_, id_)                                                                     \
	{                                                                                          \
		.path = path_, .id = ROUTE_##id_, .methods = METHOD_GET, .get = ACCESS_READ        \
	}

/* clang-format off */
static const struct web_route routes[] = {
	FILE_ROUTE("/", web_page_html),
	FILE_ROUTE("/style.css", web_style_css),
	FILE_ROUTE("/page.js", web_page_js),
	FILE_ROUTE("/words.js", web_words_js),
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

const struct web_route *web_route_of(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	}
	return NULL;
}
