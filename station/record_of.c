#include "station/record_of.h"

#include "engine/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *known(const char *text)
{
	return text && text[0] ? text : NULL;
}

static void add_security(const struct security *s, struct record_storage *storage,
			 struct record_result *out)
{
	if (s->has_flags) {
		snprintf(storage->security_flags, sizeof(storage->security_flags), "%08x",
			 (unsigned)s->flags);
		out->security_flags = storage->security_flags;
	}
	if (!s->is_known)
		return;
	security_text(s, storage->security, sizeof(storage->security));
	out->security = storage->security;
	out->has_security = true;
	out->secure_boot = s->secure_boot;
	out->secure_boot_v1 = s->secure_boot_v1;
	out->flash_encryption = s->flash_encryption;
	out->secure_download = s->secure_download;
	out->has_crypt_count = true;
	out->crypt_count = s->crypt_count;
}

static void add_ident(const struct ident *ident, struct record_storage *storage,
		      struct record_result *out)
{
	if (ident->has_mac) {
		mac_text(ident->mac, storage->mac);
		out->mac = storage->mac;
	}
	if (ident->has_custom_mac) {
		mac_text(ident->custom_mac, storage->custom_mac);
		out->custom_mac = storage->custom_mac;
	}
	out->chip = ident->chip ? ident->chip->name : NULL;
	out->package = known(ident->package);
	out->features = known(ident->features);
	if (ident->has_revision) {
		chip_revision_text(ident->revision, storage->revision, sizeof(storage->revision));
		out->revision = storage->revision;
	}
	out->has_crystal = ident->crystal_mhz != 0;
	out->crystal_mhz = ident->crystal_mhz;
	if (ident->has_flash_id) {
		snprintf(storage->flash_id, sizeof(storage->flash_id), "%06x",
			 (unsigned)(ident->flash_id & 0xFFFFFF));
		out->flash_id = storage->flash_id;
	}
	out->has_flash_bytes = ident->flash_bytes != 0;
	out->flash_bytes = ident->flash_bytes;
	out->embedded_flash_bytes = ident->embedded_flash_bytes;
	out->has_embedded_psram = ident->tells_psram || ident->embedded_psram_bytes;
	out->embedded_psram_bytes = ident->embedded_psram_bytes;
	security_key_text(ident, storage->key_purposes, sizeof(storage->key_purposes));
	out->key_purposes = known(storage->key_purposes);
	add_security(&ident->security, storage, out);
}

static void add_way(const struct flash_way *way, struct record_result *out)
{
	out->ram_block_bytes = way->with_stub ? way->ram_block_bytes : 0;
	out->data_block_bytes = way->data_block_bytes;
	/* All zero: no try came as far as the stub. */
	out->has_pace = way->data_block_bytes != 0;
	out->pace_bytes = way->pace_bytes;
}

static void status_text(const uint8_t registers[static 3], char text[static 9])
{
	snprintf(text, 9, "%02x %02x %02x", registers[0], registers[1], registers[2]);
}

static void add_flash_status(const struct flash_report *r, struct record_storage *storage,
			     struct record_result *out)
{
	if (r->has_status_before) {
		status_text(r->status_before, storage->flash_status);
		out->flash_status = storage->flash_status;
	}
	if (r->has_status_after) {
		status_text(r->status_after, storage->flash_status_set);
		out->flash_status_set = storage->flash_status_set;
	}
}

static struct record_measurement measured(enum flash_step step, const char *name, double value,
					  const char *unit)
{
	return (struct record_measurement){ .step = flash_step_name(step),
					    .name = name,
					    .has_value = true,
					    .value = value,
					    .unit = unit };
}

static struct record_measurement measured_by_unit(const struct flash_reading *r)
{
	return (struct record_measurement){
		.step = flash_step_name(STEP_BOOT),
		.name = r->name,
		.has_value = r->is_number,
		.value = r->number,
		.text = r->is_number ? NULL : r->text,
		.unit = r->unit,
		.has_low = r->has_low,
		.has_high = r->has_high,
		.low = r->low,
		.high = r->high,
		.outcome = !r->is_judged ? NULL
			   : r->is_good  ? "PASS"
					 : "FAIL",
	};
}

/* The last time that the step succeeded, in seconds; below 0: it never did. */
static double step_seconds(const struct flash_report *r, enum flash_step step)
{
	double took_s = -1;

	for (size_t i = 0; i < r->step_count; i++) {
		if (r->steps[i].step == step && !r->steps[i].status)
			took_s = (double)r->steps[i].took_us / 1e6;
	}
	return took_s;
}

void record_of_measurements(const struct flash_report *r, struct record_measurements *to)
{
	const double connect_s = step_seconds(r, STEP_CONNECT);
	const double verify_s = step_seconds(r, STEP_VERIFY);
	const double data_s = (double)r->data_us / 1e6;

	to->count = 0;
	if (connect_s >= 0)
		to->items[to->count++] = measured(STEP_CONNECT, "connect_time", connect_s, "s");
	if (r->data_us) {
		to->items[to->count++] = measured(STEP_WRITE, "data_rate",
						  (double)r->raw_bytes / 1024 / data_s, "KB/s");
		to->items[to->count++] = measured(STEP_WRITE, "wire_rate",
						  (double)r->wire_bytes / 1024 / data_s, "KB/s");
	}
	if (verify_s >= 0)
		to->items[to->count++] = measured(STEP_VERIFY, "verify_time", verify_s, "s");
	if (r->has_boot_ms)
		to->items[to->count++] =
			measured(STEP_BOOT, "boot_time", (double)r->boot_ms / 1e3, "s");
	for (size_t i = 0; i < r->reading_count; i++)
		to->items[to->count++] = measured_by_unit(&r->readings[i]);
}

static void add_report(const struct flash_report *r, struct record_storage *storage,
		       struct record_result *out)
{
	if (r->proof == FLASH_PROOF_CHIP_MD5)
		out->proof = "CHIP_MD5";
	if (r->err.device_len) {
		hex_text(r->err.device, r->err.device_len, storage->device_code);
		out->device_code = storage->device_code;
	}
	if (r->tries)
		out->loader = r->used_stub ? "stub" : "rom";
	out->has_rate = r->rate_asked != 0;
	out->rate_asked = r->rate_asked;
	out->rate_actual = r->rate_actual;
	out->tries = r->tries;
	out->rungs = known(r->rungs);
	out->is_rescued = r->is_rescued;
	add_way(&r->way, out);
	add_flash_status(r, storage, out);
	out->raw_bytes = (int64_t)r->raw_bytes;
	out->wire_bytes = (int64_t)r->wire_bytes;
	out->skipped_bytes = (int64_t)r->skipped_bytes;
	out->data_us = (int64_t)r->data_us;
	for (size_t i = 0; i < r->step_count; i++) {
		const struct flash_step_report *step = &r->steps[i];

		storage->steps[i] = (struct record_step){
			.try_no = step->try_no,
			.name = flash_step_name(step->step),
			.start_us = (int64_t)step->start_us,
			.took_us = (int64_t)step->took_us,
			.code = status_code(step->status),
			.note = known(step->note),
		};
	}
	out->steps = storage->steps;
	out->step_count = r->step_count;
	record_of_measurements(r, &storage->measurements);
	out->measurements = storage->measurements.items;
	out->measurement_count = storage->measurements.count;
}

void record_of_result(const char *run_id, const struct verdict *v,
		      const struct flash_report *report, const struct ident *ident,
		      struct record_storage *storage, struct record_result *out)
{
	const struct status_row *row = status_row(v->status);

	*out = (struct record_result){
		.run_id = run_id,
		.outcome = outcome_name(row->outcome),
		.code = row->code,
		.party = party_name(row->party),
		.proof = "NONE",
		.detail = known(v->detail),
		.end_utc_ms = v->end_utc_ms,
		.duration_us = (int64_t)v->duration_us,
		.is_duplicate_mac = v->is_duplicate_mac,
		.has_generation = v->generation != 0,
		.generation = v->generation,
		.log = known(v->log),
		.console = known(v->console),
	};
	add_ident(ident, storage, out);
	judgement_of(v->status, report, v->detail, &storage->judgement);
	out->evidence = known(storage->judgement.evidence);
	out->suspects = known(storage->judgement.suspects);
	out->advice = known(storage->judgement.advice);
	if (report)
		add_report(report, storage, out);
}

/* Without its folders, which mean nothing elsewhere. */
static const char *file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

enum status record_of_recipe(const struct plan *plan, struct recipe_record *out, struct err *err)
{
	*out = (struct recipe_record){
		.images = calloc(plan->image_count + 1, sizeof(*out->images)),
		.digests = calloc(plan->image_count + 1, sizeof(*out->digests)),
	};
	if (!out->images || !out->digests) {
		record_of_recipe_release(out);
		return err_set(err, STATUS_NO_MEMORY, "no memory for the record of %zu images",
			       plan->image_count);
	}
	for (size_t i = 0; i < plan->image_count; i++) {
		const struct plan_image *image = &plan->images[i];

		hex_text(image->sha256, SHA256_BYTES, out->digests[i]);
		out->images[i] = (struct record_image){
			.sha256 = out->digests[i],
			.file = image->file,
			.addr = image->addr,
			.size_bytes = (int64_t)image->size_bytes,
			.kind = image->kind,
			.version = image->version,
			.partition = image->partition,
		};
	}
	out->recipe = (struct record_recipe){
		.digest = plan->digest_text,
		.name = plan->name,
		.revision = plan->revision,
		.product = plan->product,
		.canonical = plan->canonical,
		.process = plan->process,
		.source = plan->source,
		.source_name = file_name(plan->recipe_path),
		.images = out->images,
		.image_count = plan->image_count,
	};
	return STATUS_OK;
}

void record_of_recipe_release(struct recipe_record *r)
{
	free(r->images);
	free(r->digests);
	*r = (struct recipe_record){ 0 };
}
