#include "tests/station/line_world.h"

#include <stdio.h>
#include <string.h>

static void fill(struct line_world *w, size_t i, enum slot_state state)
{
	static const uint8_t mac[MAC_BYTES] = { 0x24, 0x0A, 0xC4, 0x00, 0x01, 0x00 };
	struct slot_view *slot = &w->slots[i];

	slot->state = state;
	slot->visit = 2;
	slot->elapsed_us = 8200000;
	w->idents[i].chip = chip_by_key("esp32");
	w->idents[i].has_mac = true;
	memcpy(w->idents[i].mac, mac, MAC_BYTES);
	w->idents[i].mac[5] = (uint8_t)(i + 0x10);
}

static void finish(struct line_world *w, size_t i, enum status status)
{
	struct flash_report *r = &w->reports[i];

	fill(w, i, SLOT_DONE);
	w->slots[i].status = status;
	w->slots[i].report = r;
	r->status = status;
	r->tries = 1;
	r->rate_actual = 921600;
}

static void write_half(struct line_world *w, size_t i)
{
	struct slot_view *slot = &w->slots[i];

	fill(w, i, SLOT_RUNNING);
	slot->has_progress = true;
	slot->progress = (struct flash_progress){ .step = STEP_WRITE,
						  .try_no = 1,
						  .done_bytes = 500,
						  .total_bytes = 1000,
						  .rate_baud = 921600 };
	slot->left_s = 4;
}

static void set_condition(struct line_world *w, size_t i)
{
	struct slot_view *slot = &w->slots[i];

	switch ((enum line_condition)(i % LINE_CONDITIONS)) {
	case LINE_PASSED:
		finish(w, i, STATUS_OK);
		snprintf(slot->serial, sizeof(slot->serial), "M5C2-%06zu", i + 1);
		break;
	case LINE_WRITES:
		write_half(w, i);
		break;
	case LINE_FAILED:
		finish(w, i, STATUS_MD5_MISMATCH);
		break;
	case LINE_STANDS_EMPTY:
		slot->state = SLOT_EMPTY;
		break;
	case LINE_NO_REPLY:
		finish(w, i, STATUS_SYNC_NO_REPLY);
		slot->detail = "no answer to 5 SYNCs";
		w->idents[i] = (struct ident){ 0 };
		break;
	case LINE_CONNECTS:
		fill(w, i, SLOT_RUNNING);
		slot->has_progress = true;
		slot->progress.step = STEP_CONNECT;
		w->idents[i] = (struct ident){ 0 };
		break;
	case LINE_WANTS_SCAN:
		finish(w, i, STATUS_OK);
		slot->label = LABEL_TO_SCAN;
		snprintf(slot->label_text, sizeof(slot->label_text), "scan the label of this unit");
		break;
	case LINE_WAS_FINISHED:
		finish(w, i, STATUS_ALREADY_FINISHED);
		slot->before = STATUS_OK;
		break;
	case LINE_IS_OFF:
		slot->is_disabled = true;
		break;
	case LINE_SETTLES:
		fill(w, i, SLOT_SETTLING);
		w->idents[i] = (struct ident){ 0 };
		break;
	}
}

static void add_slot(struct line_world *w, size_t i)
{
	struct slot_view *slot = &w->slots[i];
	struct port *port = &w->ports[i];

	snprintf(port->slot, sizeof(port->slot), "pci-0000:00:14.0/1.%zu.%zu:1.0", i / 8 + 1,
		 i % 8 + 1);
	snprintf(port->name, sizeof(port->name), "ttyUSB%zu", i);
	*slot = (struct slot_view){
		.number = (unsigned)i + 1,
		.port = port,
		.bridge = "CP2104",
		.ident = &w->idents[i],
		.left_s = -1,
		.detail = "",
		.start_way = "",
		.units = 5,
		.passed = 4,
		.past_count = 2,
	};
	for (unsigned k = 0; k < 2; k++) {
		slot->past[k] = (struct slot_past){
			.visit = 2 - k,
			.end_utc_ms = INT64_C(1795350000000) - k * 60000,
			.status = k ? STATUS_OK : STATUS_PORT_GONE,
			.took_us = 7100000,
		};
		snprintf(slot->past[k].mac, sizeof(slot->past[k].mac), "24:0a:c4:00:02:%02x", k);
	}
	set_condition(w, i);
}

void line_world_make(struct line_world *w, size_t slots, unsigned columns)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < slots; i++)
		add_slot(w, i);
	snapshot_name_slots(w->slots, slots);
	w->plan = (struct plan){ .name = (char *)"core2-factory-test", .revision = 7 };
	w->plan.flash.chip = chip_by_key("esp32");
	w->locks[0] = (struct lock_view){ .code = "GOLDEN_DUE",
					  .sentence = "run the golden unit in any slot",
					  .slot = -1,
					  .detail = "at the start" };
	w->locks[1] = (struct lock_view){ .code = "SLOT_FAILS",
					  .sentence = "look at the slot's contacts",
					  .slot = LINE_STANDS_EMPTY,
					  .detail = "3 in a row" };
	w->notice = (struct notice){ .utc_ms = INT64_C(1795350000000), .slot = 0, .text = "hello" };
	w->snapshot = (struct snapshot){
		.kind = FLASH_RUN_FLASH,
		.plan = &w->plan,
		.slots = w->slots,
		.slot_count = slots,
		.jobs = (unsigned)slots,
		.is_line = true,
		.station = "line-3",
		.operator_name = "Kim",
		.batch = "B-2026-11",
		.has_batch_count = true,
		.batch_passed = 37,
		.batch_of = 500,
		.columns = columns,
		.begun_utc_ms = INT64_C(1795350600000), /* 2026-11-22 12:30:00 */
		.elapsed_us = 9000000,
		.counts = { .units = 40,
			    .passed = 37,
			    .failed = 2,
			    .errors = 1,
			    .first_units = 40,
			    .first_passed = 36 },
		.notices = &w->notice,
		.notice_count = 1,
		.locks = w->locks,
	};
}
