/*
 * JSON for what the program prints: docs/json-events.md describes the objects.
 *
 * Strings from devices and files are cleaned first (textbuf.h), so that every
 * object can be printed. NULL and unknown values become null.
 */
#ifndef STATION_JSON_H
#define STATION_JSON_H

#include "engine/flasher.h"
#include "engine/ident.h"
#include "station/ports.h"
#include "station/textbuf.h"

#include <stdint.h>

struct json_t; /* jansson's */

/* Of the objects below and of every event: grows when a member changes its meaning. */
#define JSON_VERSION 1

/* A new reference; null for NULL and "". */
struct json_t *json_text(const char *text);

/* "2026-11-22T12:30:05.250Z" */
#define UTC_TEXT_BYTES 32
void utc_text(int64_t utc_ms, char text[static UTC_TEXT_BYTES]);
/* "2026-11-22 12:30:05" for people, "-" for 0. Returns text. */
const char *utc_words(int64_t utc_ms, char text[static UTC_TEXT_BYTES]);

/* { "version": 1, "time": ..., "event": event } */
struct json_t *json_event(const char *event);

struct json_t *json_port(const struct port *p);
struct json_t *json_ident(const struct ident *ident);
/* In which way a try talks to the unit; null where none came so far (no data blocks). */
struct json_t *json_way(const struct flash_way *way);
/* What a run has measured, as it is recorded: a list, empty for none. */
struct json_t *json_measurements(const struct flash_report *r);

/* One line with its newline, appended to out; gives up the reference. */
void json_line(struct json_t *object, struct textbuf *out);

#endif
