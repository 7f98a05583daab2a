/*
 * A recipe with its images read, checked, patched, compressed and digested.
 *
 * Immutable once made: every worker thread reads the same plan. Its identity is
 * the digest of the recipe's canonical form (preset merged in) and of all its
 * images; name and revision are labels.
 */
#ifndef RECIPES_PLAN_H
#define RECIPES_PLAN_H

#include "engine/base/digest.h"
#include "engine/base/err.h"
#include "engine/flasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Errors and warnings with their place: "core2.yaml:12:5: error: ...". */
struct diag {
	char *file;            /* owned by the list */
	unsigned line, column; /* from 1; 0 = the file as a whole */
	bool is_warning;
	char *text;
};

struct diag_list {
	struct diag *items;
	size_t count;
	size_t error_count;
};

void diag_list_release(struct diag_list *list);
/* "file:line:column: error: text" without a newline. */
void diag_text(const struct diag *d, char *text, size_t size);

struct plan_image {
	char *file; /* as the recipe names it */
	uint32_t addr;
	size_t size_bytes;
	char *partition;              /* NULL unless the recipe or the table names one */
	uint8_t sha256[SHA256_BYTES]; /* of the file as read */
	const char *kind; /* "boot loader", "partition table", "application", "merged", "data" */
	char *version;    /* of an application, NULL unknown */
};

struct plan_erased { /* a partition that the run erases or overwrites without an image of its own */
	char *partition;
	uint32_t addr, size_bytes;
};

#define PLAN_RATES_MAX 10

struct plan_bridge { /* a bridge that the product ships with */
	char *name;
	uint32_t rates[PLAN_RATES_MAX]; /* the only ones that work; none: the bridge's own row */
	size_t rate_count;
};

/* A bridge that the product has not shipped with: recorded anyway. The station judges
 * it, by product_bridge_is() of recipes/product_match.h. */
enum bridge_policy {
	BRIDGE_WARN,
	BRIDGE_REFUSE, /* STATUS_WRONG_BRIDGE, before anything is written */
	BRIDGE_ANY,    /* say nothing */
};

/* policy.already_passed: a unit that has passed this recipe before. */
enum passed_policy {
	PASSED_USUAL,  /* not given: refused in a batch, flashed again without */
	PASSED_FLASH,  /* flashed again */
	PASSED_REFUSE, /* STATUS_ALREADY_PASSED, before anything is written */
};

/* policy.plant: what holds when the plant's ledger cannot be reached. */
enum plant_policy {
	PLANT_LEASED,     /* go on with what is known and leased; a conflict shows later */
	PLANT_STRICT,     /* no run starts without its claim */
	PLANT_STANDALONE, /* no claims at all; the records are sent all the same */
};

/* boot_check: what the unit shall say after its restart. recipes/boot_check.h */
struct boot_check;

/* data: and serial: what each unit gets for itself. recipes/unit_data.h */
struct unit_data;

/* Where a unit's serial number comes from. */
enum serial_source {
	SERIAL_FROM_NOWHERE, /* not given: it has one only when --serial or a scan says so */
	SERIAL_FROM_RANGE,   /* prefix, width, first .. last of the recipe */
	SERIAL_FROM_CSV,     /* the row of the unit's MAC, or the next free row */
	SERIAL_FROM_PLANT,   /* the blocks that the plant's ledger leased to this station */
	SERIAL_FROM_SCAN,    /* somebody scans it before the unit is taken */
	SERIAL_FROM_MAC,     /* the MAC without colons */
};

struct unit_values; /* recipes/unit_values.h */

struct plan_serial {
	enum serial_source source;
	char *prefix; /* RANGE, MAC: "M5C2-"; NULL none */
	unsigned width;
	int64_t first, last;
	char *pattern;            /* a regular expression that every number must match; NULL any */
	char *file_name;          /* CSV: as the recipe names it */
	struct unit_values *file; /* CSV */
	bool by_mac;              /* CSV: rows have MACs, and are for those units */
};

/* label: of each unit that passes. docs/labels.md */
struct plan_label {
	char *template; /* as read; "{serial}" and so on are replaced */
	size_t template_bytes;
	char sha256[SHA256_TEXT_BYTES];
	bool is_zpl;       /* values are escaped for ZPL */
	bool is_required;  /* no unit is taken while the printer is not ready */
	bool is_scan_back; /* the unit's slot waits until its label was scanned */
};

#define PLAN_PROCESS_USUAL "FLASH"

struct plan {
	char *recipe_path;
	char *source;  /* the recipe's file as it was read, for the records */
	char *process; /* process: PLAN_PROCESS_USUAL without */
	enum passed_policy passed_policy;
	enum plant_policy plant_policy;
	char *name;          /* recipe: */
	unsigned revision;   /* revision: */
	char *product;       /* "m5stack/core2", NULL without a preset */
	char *product_title; /* "M5Stack Core2", NULL without */
	char *download_hint; /* the operator's sentence for download mode, NULL without */
	char *canonical;     /* canonical YAML text, what the digest covers */
	uint8_t digest[SHA256_BYTES];
	char digest_text[SHA256_TEXT_BYTES];
	uint32_t max_rate; /* link.max_rate, 0 = the bridge's own best */
	struct plan_image *images;
	size_t image_count;
	struct plan_erased *erased;
	size_t erased_count;
	struct plan_bridge *bridges; /* of the preset */
	size_t bridge_count;         /* 0: nothing to judge */
	enum bridge_policy bridge_policy;
	struct boot_check *boot_check; /* NULL none */
	struct plan_serial serial;
	struct unit_data *unit_data; /* NULL none */
	struct plan_label *label;    /* NULL none */
	char **packages;             /* what flash.packages points to */
	size_t package_count;
	struct flash_plan flash; /* points into this plan */
	void *storage;           /* what flash points to */
};

/*
 * Read a recipe and all it names. *out is NULL unless the recipe has no error;
 * warnings may remain in diags either way. Every error is reported, not only the first.
 * products_dir: a folder of presets that override the built-in ones, NULL none.
 * STATUS_RECIPE errors in diags, STATUS_NO_MEMORY.
 */
enum status plan_load(const char *recipe_path, const char *products_dir, struct plan **out,
		      struct diag_list *diags, struct err *err);
void plan_free(struct plan *p);

/* Presets: key "m5stack/core2", title, and its YAML. */
struct product {
	const char *key;
	const char *title;
	const char *yaml;
};
const struct product *product_rows(size_t *count);

#endif
