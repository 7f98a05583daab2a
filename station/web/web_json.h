/*
 * The page's model as JSON: docs/web.md describes the objects. Times are UTC in ms. Codes are those
 * of engine/base/status.h and station/line/locks.h; the page has the words for them.
 */
#ifndef STATION_WEB_WEB_JSON_H
#define STATION_WEB_WEB_JSON_H

#include "station/line/said.h"
#include "station/web/web_model.h"

struct json_t; /* jansson's */

/* New references. */
struct json_t *web_json_head(const struct web_head *head);
struct json_t *web_json_live(unsigned number, const struct web_live *live);
struct json_t *web_json_tile(const struct web_tile *tile);
/* Adds "code" and "values" of what the line says; nothing where it is a text of its own. */
void web_json_said(const struct said *said, struct json_t *o);
/* What the page shows when a tile is opened: how the slot's units ended, evidence of this one. */
struct json_t *web_json_history(const struct web_slot *slot);
/* Every status with its outcome and the operator's sentence in English, and the names of
 * states, steps and labels: what the words of every language are proven against. */
struct json_t *web_json_words(void);

#endif
