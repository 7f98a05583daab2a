#include "station/label/label_job.h"

#include "db/decided.h"
#include "engine/base/bytes.h"
#include "engine/base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COPY(to, from) copy_text((to), sizeof(to), (from))

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void take_unit(struct label_job *job, const struct slot_view *slot)
{
	char *to = job->mac_hex;

	COPY(job->serial, slot->serial);
	if (slot->ident->has_mac)
		mac_text(slot->ident->mac, job->mac);
	for (const char *c = job->mac; *c; c++) {
		if (*c != ':')
			*to++ = (char)toupper((unsigned char)*c);
	}
	COPY(job->code, job->serial[0] ? job->serial : job->mac_hex);
	if (slot->ident->chip)
		COPY(job->chip, slot->ident->chip->name);
	for (size_t i = 0; slot->report && i < slot->report->reading_count; i++) {
		const struct flash_reading *from = &slot->report->readings[i];
		struct label_reading *reading = &job->readings[job->reading_count++];

		COPY(reading->name, from->name);
		COPY(reading->text, from->text);
	}
}

static void take_plan(struct label_job *job, const struct plan *plan)
{
	COPY(job->recipe, plan->name);
	COPY(job->product, plan->product);
	snprintf(job->revision, sizeof(job->revision), "%u", plan->revision);
	for (size_t i = 0; i < plan->image_count && !job->firmware[0]; i++)
		COPY(job->firmware, plan->images[i].version);
}

static void take_time(struct label_job *job)
{
	time_t now = (time_t)(clock_utc_ms() / 1000);
	struct tm local;

	if (!localtime_r(&now, &local))
		return;
	strftime(job->date, sizeof(job->date), "%Y-%m-%d", &local);
	strftime(job->time, sizeof(job->time), "%H:%M:%S", &local);
}

struct label_job *label_job_new(const struct snapshot *s, const struct slot_view *slot)
{
	struct label_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	job->label = label_copy(s->plan->label);
	if (!job->label) {
		free(job);
		return NULL;
	}
	job->copy = 1;
	COPY(job->run_id, slot->run_id);
	COPY(job->station, s->station);
	COPY(job->batch, s->batch);
	COPY(job->operator_name, s->operator_name);
	snprintf(job->slot_number, sizeof(job->slot_number), "%u", slot->number);
	take_unit(job, slot);
	take_plan(job, s->plan);
	take_time(job);
	return job;
}

struct label_job *label_job_copy(const struct label_job *job)
{
	struct label_job *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *job;
	copy->next = NULL;
	copy->label = label_copy(job->label);
	if (!copy->label) {
		free(copy);
		return NULL;
	}
	return copy;
}

void label_job_free(struct label_job *job)
{
	if (!job)
		return;
	label_free(job->label);
	free(job);
}

void label_job_ask_order(struct label_job *job, const char *db_path)
{
	struct batch_state order;
	struct db *db;
	struct err err;

	if (!job->batch[0] || db_open(db_path, DB_READ, &db, &err))
		return;
	if (decided_order(db, job->batch, &order, &err) == STATUS_OK && order.is_known) {
		COPY(job->part, order.part_number);
		COPY(job->part_rev, order.part_revision);
		COPY(job->work_order, order.work_order);
	}
	db_close(db);
}

enum status label_job_fill(const struct label_job *job, struct page *out, struct err *err)
{
	struct label_value values[FLASH_READINGS_MAX];
	struct label_values all = {
		.of = {
			[LABEL_SERIAL] = job->serial,
			[LABEL_MAC] = job->mac,
			[LABEL_MAC_HEX] = job->mac_hex,
			[LABEL_MAC_TAIL] = job->mac_hex[0] ? job->mac_hex + 6 : "",
			[LABEL_QR] = job->code,
			[LABEL_PART] = job->part,
			[LABEL_REV] = job->part_rev,
			[LABEL_WORK_ORDER] = job->work_order,
			[LABEL_BATCH] = job->batch,
			[LABEL_DATE] = job->date,
			[LABEL_TIME] = job->time,
			[LABEL_SLOT] = job->slot_number,
			[LABEL_STATION] = job->station,
			[LABEL_RECIPE] = job->recipe,
			[LABEL_REVISION] = job->revision,
			[LABEL_FIRMWARE] = job->firmware,
			[LABEL_PRODUCT] = job->product,
			[LABEL_CHIP] = job->chip,
			[LABEL_OPERATOR] = job->operator_name,
		},
		.values = values,
		.value_count = job->reading_count,
	};

	for (size_t i = 0; i < job->reading_count; i++)
		values[i] = (struct label_value){ job->readings[i].name, job->readings[i].text };
	return label_fill(job->label, &all, out, err);
}
