#include "tests/db/history.h"

#include "db/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT 8
#define IMAGES_MAX 8

const char *history_digest(const char *digits)
{
	static char kept[KEPT][65];
	static unsigned next;
	char *text = kept[next++ % KEPT];

	memset(text, '0', 64);
	memcpy(text, digits, strnlen(digits, 64));
	return text;
}

static void read_image(const char *word, struct record_image *image, char room[static 4][80])
{
	char digits[65];
	unsigned addr, size;

	room[2][0] = '\0';
	if (sscanf(word, "%64[^@]@%x+%x/%79s", digits, &addr, &size, room[2]) < 3)
		fail_msg("%s: no image", word);
	snprintf(room[0], 80, "%s", history_digest(digits));
	snprintf(room[1], 80, "%.70s.bin", digits);
	*image = (struct record_image){
		.sha256 = room[0],
		.file = room[1],
		.addr = addr,
		.size_bytes = size,
		.kind = addr == 0x1000   ? "boot loader"
			: addr == 0x8000 ? "partition table"
					 : "application",
		.partition = room[2][0] ? room[2] : NULL,
	};
}

void history_recipe(struct db *db, const char *digits, const char *name, int revision,
		    const char *erase, const char *images)
{
	struct record_image list[IMAGES_MAX];
	char room[IMAGES_MAX][4][80], words[400], canonical[100], made_up[80];
	size_t count = 0;
	struct err err;

	snprintf(words, sizeof(words), "%s", images);
	for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest)) != NULL; count++)
		read_image(word, &list[count], room[count]);
	snprintf(canonical, sizeof(canonical), "# canonical form 1\n%s%s%simages:\n",
		 strcmp(erase, "sectors") ? "erase: " : "", strcmp(erase, "sectors") ? erase : "",
		 strcmp(erase, "sectors") ? "\n" : "");
	snprintf(made_up, sizeof(made_up), "recipe-%s", digits);
	const struct record_recipe recipe = {
		.digest = history_digest(digits),
		.name = name ? name : made_up,
		.revision = revision,
		.canonical = canonical,
		.process = "FLASH",
		.images = list,
		.image_count = count,
	};
	if (db_put_recipe(db, &recipe, &err))
		fail_msg("%s", err.text);
}

static size_t read_steps(const char *names, char words[static 200], struct record_step steps[16])
{
	size_t count = 0;

	snprintf(words, 200, "%s", names ? names : "");
	for (char *rest = words, *word; (word = strtok_r(rest, " ", &rest)) != NULL; count++)
		steps[count] = (struct record_step){ .try_no = 1, .name = word, .code = "OK" };
	return count;
}

static void put_result(struct db *db, const struct history_run *r, const char *id, int64_t start)
{
	bool is_pass = strcmp(r->outcome, "PASS") == 0;
	struct record_step steps[16];
	char words[200];
	struct err err;
	const struct record_result result = {
		.run_id = id,
		.outcome = r->outcome,
		.code = r->code   ? r->code
			: is_pass ? "OK"
				  : "WRITE_REFUSED",
		.party = is_pass ? "NONE" : "UNIT",
		.proof = is_pass && !r->is_unproven ? "CHIP_MD5" : "NONE",
		.detail = r->detail,
		.mac = r->mac,
		.custom_mac = r->custom_mac,
		.chip = r->mac ? "ESP32" : NULL,
		.revision = r->mac ? "v3.1" : NULL,
		.end_utc_ms = start + 20000,
		.duration_us = 20000000,
		.is_duplicate_mac = r->is_duplicate_mac,
		.is_rescued = r->is_rescued,
		.console = r->console,
		.steps = steps,
		.step_count = read_steps(r->steps, words, steps),
	};

	if (db_put_result(db, &result, &err))
		fail_msg("%s", err.text);
}

const char *history_run(struct db *db, const struct history_run *r)
{
	static char kept[KEPT][RUN_ID_BYTES];
	static unsigned number;
	static int64_t clock = 1795350000000; /* 2026-11-22T12:20:00Z */
	char *id = kept[++number % KEPT];
	struct err err;

	clock = r->start_utc_ms ? r->start_utc_ms : clock + 60000;
	snprintf(id, RUN_ID_BYTES, "01931f2e-4c00-7000-8000-%012u", number);
	const struct record_run run = {
		.run_id = id,
		.kind = r->kind ? r->kind : "FLASH",
		.slot = r->slot,
		.start_utc_ms = clock,
		.recipe_digest = r->recipe ? history_digest(r->recipe) : NULL,
		.operator_name = "li.wei",
		.batch = r->batch,
		.serial = r->serial,
		.bridge = r->bridge,
		.bridge_vid_pid = r->bridge_vid_pid,
		.bridge_serial = r->bridge_serial,
		.purpose = r->purpose,
	};
	if (db_put_run(db, &run, &err))
		fail_msg("%s", err.text);
	if (r->outcome)
		put_result(db, r, id, clock);
	return id;
}
