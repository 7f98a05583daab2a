#include "tests/db/nasty.h"

#include "db/run.h"

#include <stdio.h>
#include <string.h>

/* Every text a caller can set freely; MAC and outcome stay sensible. */
static void put_run_of(struct db *db, const char *run_id, const char *text)
{
	struct record_run run = {
		.run_id = run_id,
		.kind = text,
		.slot = text,
		.node = text,
		.usb_path = text,
		.start_utc_ms = 1795350678251,
		.operator_name = text,
		.batch = text,
		.bridge = text,
		.bridge_vid_pid = text,
		.bridge_serial = text,
		.bridge_product = text,
		.bridge_release = text,
		.bridge_driver = text,
	};
	struct record_result result = {
		.run_id = run_id,
		.outcome = "FAIL",
		.code = "MD5_MISMATCH",
		.party = "UNIT",
		.proof = "NONE",
		.detail = text,
		.device_code = text,
		.end_utc_ms = 1795350678252,
		.duration_us = 1,
		.chip = text,
		.package = text,
		.revision = text,
		.features = text,
		.flash_id = text,
		.security = text,
		.loader = text,
		.rungs = text,
		.evidence = text,
		.tries = -1,
		.log = text,
	};
	struct err err;

	if (db_put_run(db, &run, &err) || db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
}

/* clang-format off */
const struct nasty nasties[NASTY_COUNT] = {
	{ "",                           "",                               NULL },
	{ "plain",                      "plain",                          NULL },
	{ "=cmd|' /C calc'!A0",         "'=cmd|' /C calc'!A0",            NULL },
	{ "+1",                         "'+1",                            NULL },
	{ "-1",                         "'-1",                            NULL },
	{ "@SUM(1,2)",                  "'@SUM(1,2)",                     NULL },
	{ "\t=1",                       "'\t=1",                          NULL },
	{ "\r=1",                       "'\r=1",                          NULL },
	{ "\n=1",                       "'\n=1",                          NULL },
	{ "1=1",                        "1=1",                            NULL },
	{ "a,b",                        "a,b",                            NULL },
	{ "say \"no\"",                 "say \"no\"",                     NULL },
	{ "\"",                         "\"",                             NULL },
	{ "two\r\nlines",               "two\r\nlines",                   NULL },
	{ " spaces ",                   " spaces ",                       NULL },
	{ "back\\slash",                "back\\slash",                    NULL },
	{ "bell\a esc\x1b del\x7f",     "bell\a esc\x1b del\x7f",         NULL },
	{ "\xe6\xb7\xb1\xe5\x9c\xb3",   "\xe6\xb7\xb1\xe5\x9c\xb3",       NULL },
	{ "\xf0\x9f\x94\xa5",           "\xf0\x9f\x94\xa5",               NULL },
	{ "latin \xe9t\xe9",            "latin \xef\xbf\xbdt\xef\xbf\xbd", "latin \xef\xbf\xbdt\xef\xbf\xbd" },
	{ "overlong \xc0\xaf",          "overlong \xef\xbf\xbd\xef\xbf\xbd", "overlong \xef\xbf\xbd\xef\xbf\xbd" },
	{ "longer \xe0\x80\xaf",         "longer \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	                                "longer \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "cut \xe6\xb7",               "cut \xef\xbf\xbd\xef\xbf\xbd",   "cut \xef\xbf\xbd\xef\xbf\xbd" },
	{ "no character \xef\xbf\xbe",  "no character \xef\xbf\xbe",     NULL },
	{ "<a href=\"x\">&lt;]]>",     "<a href=\"x\">&lt;]]>",         NULL },
	{ "surrogate \xed\xa0\x80",     "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	                                "surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};
/* clang-format on */

/* Run ids sort by i: "n00", "n01", ... */
static void nasty_id(size_t i, char id[static 8])
{
	snprintf(id, 8, "n%02u", (unsigned)i);
}

void nasty_world(const struct world *w)
{
	struct db *db = world_open(w, DB_WRITE);
	struct record_run open_run = { .run_id = "open", .kind = "VERIFY", .start_utc_ms = 1 };
	struct err err;

	world_put(db, sample_run.run_id);
	for (size_t i = 0; i < NASTY_COUNT; i++) {
		char id[8];

		nasty_id(i, id);
		put_run_of(db, id, nasties[i].text);
	}
	assert_int_equal(db_put_run(db, &open_run, &err), STATUS_OK);
	db_close(db);
}
const struct nasty *nasty_of(const char *run_id)
{
	for (size_t i = 0; i < NASTY_COUNT; i++) {
		char id[8];

		nasty_id(i, id);
		if (strcmp(id, run_id) == 0)
			return &nasties[i];
	}
	return NULL;
}
