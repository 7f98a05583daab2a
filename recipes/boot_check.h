/*
 * What a unit shall say after its restart: `boot_check:` of a recipe. The one door to PCRE2.
 *
 * A struct boot_check is made once and const from then on: all threads share it. A struct
 * boot_check_run is one unit's state. docs/boot-check.md tells people about both.
 */
#ifndef RECIPES_BOOT_CHECK_H
#define RECIPES_BOOT_CHECK_H

#include "engine/flasher.h"
#include "recipes/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page;
struct recipe;

/* ---- regular expressions ---- */

#define PATTERN_BYTES_MAX 500

struct pattern;

enum pattern_answer {
	PATTERN_NO,
	PATTERN_YES,
	PATTERN_GAVE_UP, /* too many steps for this text: nothing is known */
};

/*
 * STATUS_RECIPE: err says what PCRE2 says and at which character; STATUS_NO_MEMORY.
 * UTF-8 is understood; \C is refused. A pattern is const and may be shared by threads.
 */
enum status pattern_new(const char *text, struct pattern **out, struct err *err);
void pattern_free(struct pattern *p);
/* As it was written. */
const char *pattern_text(const struct pattern *p);
/* Is it somewhere in text? Bytes that are no UTF-8 match nothing. Never blocks for long. */
enum pattern_answer pattern_matches(const struct pattern *p, const char *text, size_t len);

/* ---- the check ---- */

#define BOOT_PATTERNS_MAX 32 /* of expect, and of reject */
#define BOOT_VALUES_MAX FLASH_READINGS_MAX
#define BOOT_NAME_BYTES 33

/* What is wanted of a value that the unit tells. */
struct boot_value {
	char name[BOOT_NAME_BYTES];
	bool has_low, has_high;
	double low, high;
	char *unit;  /* NULL none */
	char *equal; /* the text itself; NULL any */
	bool is_required;
	struct pattern *own; /* where it is looked for; NULL: in expect[expect_at] */
	size_t expect_at;
	unsigned group; /* of that pattern */
};

struct boot_check {
	uint32_t within_ms;
	uint32_t rate_baud; /* 0: the chip's usual one */
	unsigned resets;    /* loops: */
	bool in_order;
	struct pattern *expect[BOOT_PATTERNS_MAX], *reject[BOOT_PATTERNS_MAX];
	size_t expect_count, reject_count;
	struct boot_value values[BOOT_VALUES_MAX];
	size_t value_count;
};

/*
 * What the recipe says, compiled; *out NULL where it has no boot_check, or one with errors,
 * which go to diags with line and column. STATUS_NO_MEMORY.
 */
enum status boot_check_take(const struct recipe *r, struct boot_check **out,
			    struct diag_list *diags, struct err *err);
void boot_check_free(struct boot_check *c);
/* For flash_plan.boot; all 0 for NULL. */
struct flash_console boot_check_console(const struct boot_check *c);
/* The lines of the recipe's canonical form, of `check`, and of its JSON; nothing for NULL. */
void boot_check_canonical(const struct boot_check *c, struct page *t);
void boot_check_describe(const struct boot_check *c, struct page *t);
void boot_check_json(const struct boot_check *c, struct page *t);

/* ---- one unit ---- */

struct boot_check_run;

/*
 * line, if not NULL, gets every line for the run's record, at_us since the restart. NULL
 * without memory.
 */
struct boot_check_run *boot_check_run_new(const struct boot_check *c, void *ctx,
					  void (*line)(void *ctx, uint64_t at_us,
						       const char *text));
/*
 * hide may put other characters, as many, for parts of a line that nobody shall read: what goes on
 * to line, to messages and to readings is without them. The line itself is judged. ctx as above.
 */
void boot_check_run_hide(struct boot_check_run *run, void (*hide)(void *ctx, char *text));
void boot_check_run_free(struct boot_check_run *run);
/* For flash_job.boot; lent. */
const struct flash_boot *boot_check_run_boot(const struct boot_check_run *run);

#endif
