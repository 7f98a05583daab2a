/*
 * What the flasher reports, as the database keeps it: one place for the mapping.
 */
#ifndef STATION_RECORD_OF_H
#define STATION_RECORD_OF_H

#include "db/record.h"
#include "engine/flasher.h"
#include "recipes/plan.h"
#include "station/judgement.h"

#define RECORD_MEASUREMENTS_MAX (5 + FLASH_READINGS_MAX)

struct record_measurements {
	struct record_measurement items[RECORD_MEASUREMENTS_MAX];
	size_t count;
};

/* Texts that a struct record_result points into. */
struct record_storage {
	char device_code[2 * ERR_DEVICE_BYTES + 1];
	char mac[MAC_TEXT_BYTES], custom_mac[MAC_TEXT_BYTES];
	char revision[16];
	char flash_id[8];
	char security[100];
	char security_flags[9];
	char key_purposes[200];
	char flash_status[9], flash_status_set[9];
	struct judgement judgement;
	struct record_step steps[FLASH_STEPS_MAX];
	struct record_measurements measurements;
};

/* How a run ended, as the station judges it: the report's own verdict unless
 * the station knows better (given up on, duplicate MAC). */
struct verdict {
	enum status status;
	const char *detail; /* "" nothing to add */
	uint64_t duration_us;
	int64_t end_utc_ms;
	bool is_duplicate_mac;
	int64_t generation;  /* 0 unknown */
	const char *log;     /* NULL: none */
	const char *console; /* what the unit said in its boot check; NULL: nothing */
};

/*
 * Everything borrowed from the arguments; whatever is unknown is NULL. report NULL: the
 * flasher never gave one, and only ident (of which chip may be NULL) is known.
 */
void record_of_result(const char *run_id, const struct verdict *v,
		      const struct flash_report *report, const struct ident *ident,
		      struct record_storage *storage, struct record_result *out);

/* What was measured on the way, and only that, then what the unit told in its boot check. 1 KB is
 * 1024 bytes. Texts are borrowed from r. */
void record_of_measurements(const struct flash_report *r, struct record_measurements *to);

/* images: room for plan->image_count; digests: as many strings. NULL without memory; free both
 * with record_of_recipe_release. */
struct recipe_record {
	struct record_recipe recipe;
	struct record_image *images;
	char (*digests)[SHA256_TEXT_BYTES];
};
enum status record_of_recipe(const struct plan *plan, struct recipe_record *out, struct err *err);
void record_of_recipe_release(struct recipe_record *r);

#endif
