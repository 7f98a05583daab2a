#include "tests/web/made_up_line.h"

#include <stdio.h>
#include <string.h>

#define NOW_UTC_MS INT64_C(1795350660000) /* 2026-11-22 12:31:00 */

void made_up_init(struct made_up_line *line, unsigned slots, unsigned columns)
{
	memset(line, 0, sizeof(*line));
	for (unsigned i = 0; i < slots; i++) {
		struct port *port = &line->ports[i];

		snprintf(port->slot, sizeof(port->slot), "pci-0000:00:14.0/1.%u.%u:1.0", i / 8 + 1,
			 i % 8 + 1);
		snprintf(port->node, sizeof(port->node), "/dev/ttyUSB%u", i);
		line->slots[i] = (struct slot_view){
			.number = i + 1,
			.port = port,
			.bridge = "CP2104",
			.ident = &line->idents[i],
			.left_s = -1,
			.detail = "",
			.start_way = "",
		};
	}
	snapshot_name_slots(line->slots, slots);
	line->plan = (struct plan){ .name = (char *)"core2-factory-test",
				    .revision = 7,
				    .product_title = (char *)"M5Stack Core2" };
	snprintf(line->plan.digest_text, sizeof(line->plan.digest_text), "%064d", 7);
	line->snapshot = (struct snapshot){
		.kind = FLASH_RUN_FLASH,
		.plan = &line->plan,
		.operator_name = "Kim",
		.batch = "B-2026-11",
		.slots = line->slots,
		.slot_count = slots,
		.jobs = slots,
		.is_line = true,
		.station = "line-3",
		.columns = columns,
		.begun_utc_ms = NOW_UTC_MS,
		.locks = line->locks,
		.notices = line->notices,
	};
}

void made_up_empty(struct made_up_line *line, unsigned slot)
{
	struct slot_view *view = &line->slots[slot];
	struct slot_view fresh = {
		.number = view->number,
		.port = view->port,
		.bridge = view->bridge,
		.ident = view->ident,
		.left_s = -1,
		.detail = "",
		.start_way = "",
		.visit = view->visit,
		.past_count = view->past_count,
		.units = view->units,
		.passed = view->passed,
		.is_disabled = view->is_disabled,
	};

	memcpy(fresh.short_name, view->short_name, sizeof(fresh.short_name));
	memcpy(fresh.past, view->past, sizeof(fresh.past));
	*view = fresh;
	line->idents[slot] = (struct ident){ 0 };
	line->reports[slot] = (struct flash_report){ 0 };
}

void made_up_arrive(struct made_up_line *line, unsigned slot, enum slot_state state)
{
	made_up_empty(line, slot);
	line->slots[slot].state = state;
	line->slots[slot].visit++;
}

static void identify(struct made_up_line *line, unsigned slot)
{
	const uint8_t mac[MAC_BYTES] = { 0x24,
					 0x0A,
					 0xC4,
					 (uint8_t)(0x10 + line->slots[slot].visit),
					 (uint8_t)(slot * 7 + 3),
					 (uint8_t)(0x10 + slot) };

	line->idents[slot].chip = chip_by_key("esp32");
	line->idents[slot].has_mac = true;
	memcpy(line->idents[slot].mac, mac, MAC_BYTES);
}

void made_up_work(struct made_up_line *line, unsigned slot, enum flash_step step, unsigned percent)
{
	struct slot_view *view = &line->slots[slot];

	if (view->state != SLOT_RUNNING)
		made_up_arrive(line, slot, SLOT_RUNNING);
	if (step > STEP_CONNECT)
		identify(line, slot);
	view->has_progress = true;
	view->progress = (struct flash_progress){ .step = step,
						  .try_no = 1,
						  .done_bytes = percent * 20000,
						  .total_bytes = 2000000,
						  .rate_baud = 921600 };
	view->elapsed_us = 3000000 + percent * 200000;
	view->left_s = (100 - percent) * 0.22;
	view->limit_us = 120000000;
}

void made_up_result(struct made_up_line *line, unsigned slot, enum status status,
		    const char *detail)
{
	struct slot_view *view = &line->slots[slot];
	struct flash_report *report = &line->reports[slot];
	bool has_answered = status != STATUS_SYNC_NO_REPLY && status != STATUS_PORT_GONE &&
			    status != STATUS_PORT_BUSY;

	if (view->state != SLOT_RUNNING)
		made_up_arrive(line, slot, SLOT_RUNNING);
	view->state = SLOT_DONE;
	view->status = status;
	view->detail = detail;
	view->is_stored = true;
	view->elapsed_us = 24300000;
	view->left_s = -1;
	if (has_answered)
		identify(line, slot);
	snprintf(view->run_id, sizeof(view->run_id), "01935f3a-7c11-7d52-9a40-%012u", slot + 1);
	report->status = status;
	report->tries = 1;
	if (status)
		snprintf(report->evidence, sizeof(report->evidence), "%s", detail);
	view->report = report;
	memmove(&view->past[1], &view->past[0], sizeof(view->past[0]) * (SLOT_PAST_MAX - 1));
	view->past[0] = (struct slot_past){ .visit = view->visit,
					    .end_utc_ms = NOW_UTC_MS,
					    .status = status,
					    .took_us = view->elapsed_us };
	if (has_answered)
		mac_text(view->ident->mac, view->past[0].mac);
	memcpy(view->past[0].run_id, view->run_id, sizeof(view->run_id));
	if (view->past_count < SLOT_PAST_MAX)
		view->past_count++;
	view->units++;
	view->passed += status == STATUS_OK;
}

void made_up_lock(struct made_up_line *line, const char *code, int slot, const char *detail)
{
	struct lock_view *lock = &line->locks[line->snapshot.lock_count++];

	*lock = (struct lock_view){
		.code = code,
		.sentence = "see the page's own words",
		.slot = slot,
		.since_utc_ms = NOW_UTC_MS,
	};
	snprintf(lock->detail, sizeof(lock->detail), "%s", detail);
}

static const enum flash_step steps[] = { STEP_CONNECT, STEP_IDENTIFY, STEP_WRITE, STEP_WRITE,
					 STEP_VERIFY,  STEP_BOOT,     STEP_WRITE, STEP_WRITE };

/* What did not pass, and where. */
static const struct trouble {
	unsigned slot;
	enum status status;
	const char *detail;
} troubles[] = {
	{ 5, STATUS_WRONG_CHIP, "recipe says ESP32, unit is ESP32-S3" },
	{ 11, STATUS_SYNC_NO_REPLY, "no answer to 7 SYNCs" },
	{ 18, STATUS_MD5_MISMATCH, "app.bin at 0x10000: chip says 5d41402a, recipe 7c211433" },
	{ 26, STATUS_PORT_GONE, "the port was gone at 43 %" },
	{ 33, STATUS_BOOT_PANIC, "Guru Meditation Error: Core 0 panic'ed (LoadProhibited)" },
	{ 37, STATUS_RUN_TIMEOUT, "the run took 120 s" },
	{ 44, STATUS_ALREADY_FINISHED, "" },
	{ 50, STATUS_VALUE_OUT_OF_LIMITS, "battery_mv 3420, from 3600 to 4300" },
	{ 55, STATUS_CANCELLED, "" },
	{ 60, STATUS_STUB_UPLOAD_CHECKSUM, "RAM block of 6144 bytes refused with 07" },
};

void made_up_shift(struct made_up_line *line)
{
	unsigned count = (unsigned)line->snapshot.slot_count;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < count; i++)
			made_up_result(line, i, (i + round) % 29 ? STATUS_OK : STATUS_NO_ANSWER,
				       "");
	}
	for (unsigned i = 0; i < count; i++) {
		if (i % 3 == 0)
			made_up_work(line, i, steps[i / 3 % 8], (i * 13) % 96);
		else if (i % 8 == 7)
			made_up_empty(line, i);
		else
			made_up_result(line, i, STATUS_OK, "");
	}
	for (size_t i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++) {
		if (troubles[i].slot < count)
			made_up_result(line, troubles[i].slot, troubles[i].status,
				       troubles[i].detail);
	}
	if (count >= 64) {
		line->slots[44].before = STATUS_OK;
		made_up_arrive(line, 20, SLOT_SETTLING);
		made_up_arrive(line, 22, SLOT_WAITING);
		made_up_empty(line, 41);
		line->slots[41].is_disabled = true;
		line->slots[9].is_golden = true;
		line->slots[1].label = LABEL_TO_SCAN;
		line->slots[2].label = LABEL_PRINTING;
		line->slots[4].label = LABEL_SCANNED;
		snprintf(line->slots[1].serial, SLOT_SERIAL_BYTES, "M5C2-000418");
		snprintf(line->slots[2].serial, SLOT_SERIAL_BYTES, "M5C2-000419");
		snprintf(line->slots[4].serial, SLOT_SERIAL_BYTES, "M5C2-000421");
		line->slots[16].is_gone = true;
		made_up_lock(line, "SLOT_FAILS", 47, "3 in a row did not pass");
	}
	line->snapshot.counts = (struct line_counts){ .units = 318,
						      .passed = 306,
						      .failed = 7,
						      .errors = 5,
						      .first_passed = 303,
						      .first_units = 315 };
	line->snapshot.has_batch_count = true;
	line->snapshot.batch_passed = 306;
	line->snapshot.batch_of = 500;
	line->snapshot.has_plant = true;
	line->snapshot.plant.is_connected = true;
	line->snapshot.elapsed_us = UINT64_C(3600000000);
}
