/*
 * Histories for the tests of the trace: recipes of a few images, and runs told in one line each.
 */
#ifndef TESTS_DB_HISTORY_H
#define TESTS_DB_HISTORY_H

#include "tests/db/world.h"

/* 64 hex digits that begin so; lent until eight more were asked for. */
const char *history_digest(const char *digits);

/*
 * A recipe under history_digest(digits), called "recipe-DIGITS" unless name says otherwise. images
 * is "SHA@ADDR+SIZE[/PARTITION]", separated by spaces, numbers in hex: "b1@1000+4000
 * a1@10000+20000/app0". Files are called after their SHA: "a1.bin". What stands at 1000 is the boot
 * loader, at 8000 the partition table. erase: "sectors", "rooms", "all".
 */
void history_recipe(struct db *db, const char *digits, const char *name, int revision,
		    const char *erase, const char *images);

/* A run; texts that are NULL are unknown, but for kind (FLASH) and outcome (see below). */
struct history_run {
	const char *mac, *serial;
	const char *recipe;  /* digits of its digest */
	const char *outcome; /* NULL: it is still open */
	const char *code;    /* NULL: OK of a PASS, else WRITE_REFUSED */
	const char *steps;   /* by spaces: "connect identify write" */
	const char *kind;
	const char *detail;
	const char *batch, *slot, *bridge, *bridge_vid_pid, *bridge_serial, *custom_mac;
	const char *purpose, *console;
	int64_t start_utc_ms; /* 0: a minute after the one before */
	bool is_unproven, is_duplicate_mac, is_rescued;
};

/* Its id, which counts up: lent until eight more were told. */
const char *history_run(struct db *db, const struct history_run *run);

#endif
