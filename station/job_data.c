/* What a unit gets for itself, in a job: its serial number, and the images made of it. */
#include "station/job_inside.h"

#include "engine/base/digest.h"
#include "engine/base/secret.h"
#include "engine/loader.h"
#include "recipes/unit_data.h"
#include "station/serial_numbers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job_data {
	size_t count;
	struct flash_region regions[UNIT_PARTS_MAX];
	uint8_t *bytes[UNIT_PARTS_MAX];
	struct record_unit_image records[UNIT_PARTS_MAX];
	char digests[UNIT_PARTS_MAX][SHA256_TEXT_BYTES];
	char not_judged[200]; /* why not, of a VERIFY run; "" */
};

/* ---- the number ---- */

static bool was_overridden(const struct job *job, enum status code)
{
	for (size_t i = 0; i < job->guard.overridden_count; i++)
		if (job->guard.overridden[i].code == code)
			return true;
	return false;
}

enum status job_give_serial(void *ctx, const char *mac, struct err *err)
{
	struct job *job = ctx;
	enum status st = serial_numbers_give(job->order->numbers, &job->number, mac, err);

	/* Somebody has said that the unit shall carry another one's number: that is declared, and
	 * not given. */
	if (st == STATUS_SERIAL_TAKEN && job->number.declared &&
	    was_overridden(job, STATUS_SERIAL_TAKEN)) {
		job_say(job, "serial number %s stays the other unit's: %s", job->number.declared,
			err->text);
		return STATUS_OK;
	}
	TRY(st);
	unit_serial_text(&job->number, job->number_text);
	if (!job->number_text[0])
		return STATUS_OK;
	job->guard.serial = job->number_text;
	job_say(job, "serial number %s", job->number_text);
	return STATUS_OK;
}

enum status job_may_write(void *ctx, struct err *err)
{
	struct job *job = ctx;

	TRY(serial_numbers_write(job->order->numbers, &job->number, err));
	pthread_mutex_lock(&job->lock);
	job->has_written = true;
	pthread_mutex_unlock(&job->lock);
	return STATUS_OK;
}

/* ---- the images ---- */

static enum status make_part(struct job *job, const struct unit_part *p, const struct unit_id *unit,
			     struct err *err)
{
	struct job_data *d = job->data;
	size_t i = d->count;
	uint8_t sha256[SHA256_BYTES];

	d->bytes[i] = malloc(p->size_bytes);
	if (!d->bytes[i])
		return err_set(err, STATUS_NO_MEMORY, "no memory for partition '%s'", p->partition);
	d->regions[i] = (struct flash_region){
		.label = p->partition,
		.addr = p->addr,
		.data = d->bytes[i],
		.size_bytes = p->size_bytes,
		.is_secret = p->is_secret,
	};
	d->records[i] = (struct record_unit_image){
		.partition = p->partition,
		.addr = p->addr,
		.size_bytes = p->size_bytes,
	};
	d->count++;
	TRY(unit_part_image(p, unit, d->bytes[i], err));
	if (p->is_secret)
		return STATUS_OK;
	digest_sha256(d->bytes[i], p->size_bytes, sha256);
	hex_text(sha256, SHA256_BYTES, d->digests[i]);
	d->records[i].sha256 = d->digests[i];
	return STATUS_OK;
}

static void wipe(struct job_data *d)
{
	for (size_t i = 0; i < d->count; i++) {
		secret_wipe(d->bytes[i], d->regions[i].size_bytes);
		free(d->bytes[i]);
	}
	d->count = 0;
}

/* All parts, or none. */
static enum status make_parts(struct job *job, const struct unit_id *unit, struct err *err)
{
	const struct unit_data *data = job->order->plan->unit_data;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < data->count && !st; i++)
		st = make_part(job, &data->parts[i], unit, err);
	if (st)
		wipe(job->data);
	return st;
}

static const char *first_lack(const struct unit_data *data, const struct unit_id *unit)
{
	for (size_t i = 0; i < data->count; i++) {
		const char *lack = unit_part_lacks(&data->parts[i], unit);

		if (lack)
			return lack;
	}
	return NULL;
}

/* A verify run judges what the unit should hold, if that is known. */
static enum status make_known_parts(struct job *job, struct unit_id *unit, struct err *err)
{
	struct job_data *d = job->data;
	const char *lack;
	enum status st;

	if (!unit->serial && unit->mac) {
		TRY(serial_numbers_known(job->order->numbers, unit->mac, job->number_text, err));
		unit->serial = job->number_text[0] ? job->number_text : NULL;
	}
	lack = first_lack(job->order->plan->unit_data, unit);
	if (lack) {
		snprintf(d->not_judged, sizeof(d->not_judged),
			 "the unit's own data was not judged: %s is not known", lack);
		return STATUS_OK;
	}
	st = make_parts(job, unit, err);
	if (st != STATUS_UNIT_DATA_MISSING)
		return st;
	snprintf(d->not_judged, sizeof(d->not_judged), "the unit's own data was not judged: %.140s",
		 err->text);
	err_clear(err);
	return STATUS_OK;
}

enum status job_own_regions(void *ctx, const struct ident *ident,
			    const struct flash_region **regions, size_t *count, struct err *err)
{
	struct job *job = ctx;
	char mac[MAC_TEXT_BYTES];
	struct unit_id unit = { .batch = job->order->batch };
	enum status st;

	if (ident->has_mac) {
		mac_text(ident->mac, mac);
		unit.mac = mac;
	}
	if (!job->number_text[0])
		unit_serial_text(&job->number, job->number_text);
	unit.serial = job->number_text[0] ? job->number_text : NULL;
	job->data = calloc(1, sizeof(*job->data));
	if (!job->data)
		return err_set(err, STATUS_NO_MEMORY, "no memory for the unit's data");
	st = job->kind == FLASH_RUN_VERIFY ? make_known_parts(job, &unit, err)
					   : make_parts(job, &unit, err);
	if (st)
		return st;
	if (job->data->not_judged[0])
		job_say(job, "%s", job->data->not_judged);
	*regions = job->data->regions;
	*count = job->data->count;
	return STATUS_OK;
}

void job_free_data(struct job *job)
{
	if (job->data)
		wipe(job->data);
	free(job->data);
	unit_serial_release(&job->number);
}

/* ---- what the unit itself tells ---- */

/*
 * What a unit prints on its own may be the secrets of another day: of its words those of the ROM
 * are left ("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)").
 */
static void hide_printed(char *text)
{
	char *words = strstr(text, UNIT_PRINTED);
	char *end = strrchr(text, '"');
	char *rom;

	if (!words)
		return;
	words += strlen(UNIT_PRINTED);
	rom = strstr(words, "boot:0x");
	rom = rom ? strchr(rom, ')') : NULL;
	words = rom ? rom + 1 : words;
	end = end < words ? words + strlen(words) : end;
	for (; words < end; words++)
		*words = *words == ' ' ? ' ' : '*';
}

void job_hide(struct job *job, char *text)
{
	const struct plan *plan = job->order->plan;
	char serial[SERIAL_TEXT_BYTES], mac[MAC_TEXT_BYTES] = "";
	struct unit_id unit = { .mac = NULL };

	if (!plan || !unit_data_is_secret(plan->unit_data))
		return;
	pthread_mutex_lock(&job->lock);
	if (job->ident.has_mac) {
		mac_text(job->ident.mac, mac);
		unit.mac = mac;
	}
	pthread_mutex_unlock(&job->lock);
	unit_serial_text(&job->number, serial);
	unit.serial = serial[0] ? serial : NULL;
	unit_data_hide(plan->unit_data, &unit, text);
	hide_printed(text);
}

void job_hide_report(struct job *job)
{
	struct flash_report *report = &job->report;

	job_hide(job, report->err.text);
	job_hide(job, report->evidence);
	job_hide(job, report->advice);
	for (size_t i = 0; i < report->step_count; i++)
		job_hide(job, report->steps[i].note);
}

/* ---- the owner's side ---- */

void job_serial(struct job *job, char serial[static SLOT_SERIAL_BYTES])
{
	char text[SERIAL_TEXT_BYTES];

	unit_serial_text(&job->number, text);
	snprintf(serial, SLOT_SERIAL_BYTES, "%.*s", SLOT_SERIAL_BYTES - 1, text);
}

const char *job_not_judged(const struct job *job)
{
	return job->data ? job->data->not_judged : "";
}

void job_end_data(struct job *job, enum status status, bool has_report,
		  struct record_result *result)
{
	result->serial_end = serial_numbers_end(job->order->numbers, &job->number, status);
	/* A worker that is stuck may still be at it. */
	if (!has_report || !job->data || job->kind != FLASH_RUN_FLASH)
		return;
	result->unit_images = job->data->records;
	result->unit_image_count = job->data->count;
}
