#include "tests/bench/factory.h"

#include "engine/base/bytes.h"
#include "engine/base/status.h"

#include <stdio.h>
#include <string.h>

#define LAST_DAY_UTC_MS INT64_C(1795132800000) /* 2026-11-20 00:00 */
#define DAY_MS INT64_C(86400000)
#define SHIFT_MS INT64_C(57600000) /* 16 hours of work a day */
/* A product is made for so many orders, then the next; its revision rises with the years. */
#define ORDERS_IN_A_ROW 10

struct product {
	const char *name;
	const char *chip, *package, *revision, *features, *flash_id;
	int64_t flash_bytes;
	const char *bridge, *vid_pid, *driver, *bridge_product, *release;
	int64_t rate;
};

/* clang-format off */
static const struct product products[] = {
	{ "m5stack/core2", "ESP32", "ESP32-D0WDQ6-V3", "v3.1", "Wi-Fi, BT, Dual Core, 240MHz", "c84018", 16777216,
	  "CH9102F", "1a86:55d4", "cdc_acm", "USB Single Serial", "0443", 1500000 },
	{ "m5stack/cores3", "ESP32-S3", "QFN56", "v0.2", "Wi-Fi, BT 5 (LE), Dual Core + LP Core, 240MHz", "c84018", 16777216,
	  "USB-Serial/JTAG", "303a:1001", "cdc_acm", "USB JTAG/serial debug unit", "0101", 921600 },
	{ "m5stack/atom-lite", "ESP32", "ESP32-PICO-D4", "v1.1", "Wi-Fi, BT, Dual Core, 240MHz", "c84016", 4194304,
	  "M5Stack USB (FTDI-alike)", "0403:6001", "ftdi_sio", "M5stack", "0600", 1500000 },
	{ "m5stack/stamp-c3u", "ESP32-C3", "QFN32", "v0.4", "Wi-Fi, BT 5 (LE), Single Core, 160MHz", "204016", 4194304,
	  "USB-Serial/JTAG", "303a:1001", "cdc_acm", "USB JTAG/serial debug unit", "0101", 921600 },
	{ "m5stack/stickc-plus2", "ESP32", "ESP32-PICO-V3-02", "v3.1", "Wi-Fi, BT, Dual Core, 240MHz", "c84017", 8388608,
	  "CH9102F", "1a86:55d4", "cdc_acm", "USB Single Serial", "0443", 1500000 },
	{ "m5stack/basic", "ESP32", "ESP32-D0WDQ6", "v1.0", "Wi-Fi, BT, Dual Core, 240MHz", "1640c8", 16777216,
	  "CP2104", "10c4:ea60", "cp210x", "CP2104 USB to UART Bridge Controller", "0100", 1500000 },
};
static const struct { enum status code; unsigned weight; } failures[] = {
	{ STATUS_SYNC_NO_REPLY, 30 },       { STATUS_STUB_UPLOAD_CHECKSUM, 16 },
	{ STATUS_NO_ANSWER, 12 },           { STATUS_PORT_GONE, 10 },
	{ STATUS_RATE_FAILED, 7 },          { STATUS_MD5_MISMATCH, 6 },
	{ STATUS_WRONG_CHIP, 5 },           { STATUS_WRITE_REFUSED, 4 },
	{ STATUS_CANCELLED, 4 },            { STATUS_FLASH_ID_BAD, 3 },
	{ STATUS_RUN_TIMEOUT, 2 },          { STATUS_STATION_STOPPED, 1 },
};
static const char *const operators[] = { "li.wei", "chen.jing", "zhang.min", "M\xc3\xbcller", "o'neill" };
static const char *const step_names[] = { "connect", "identify", "stub", "rate", "compare", "erase",
					  "write", "verify", "write", "verify", "reset" };
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* splitmix64, Vigna's public domain generator. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static uint64_t below(struct factory *f, uint64_t limit)
{
	return draw(&f->random) % limit;
}

/* ---- recipes ---- */

static void digest_text(const char *text, char hex[static SHA256_TEXT_BYTES])
{
	uint8_t sha256[SHA256_BYTES];

	digest_sha256((const uint8_t *)text, strlen(text), sha256);
	hex_text(sha256, sizeof(sha256), hex);
}

static unsigned recipe_of_batch(uint64_t batch)
{
	uint64_t row = batch / ORDERS_IN_A_ROW, product = row % COUNT(products);
	uint64_t revision = row / COUNT(products) % (FACTORY_RECIPES / COUNT(products));

	return (unsigned)(product + revision * COUNT(products));
}

static void make_recipe(unsigned number, struct factory_recipe *out)
{
	const struct product *product = &products[number % COUNT(products)];
	unsigned revision = 1 + number / (unsigned)COUNT(products);
	static const char *const files[] = { "bootloader.bin", "partitions.bin", "app.bin" };
	static const char *const kinds[] = { "boot loader", "partition table", "application" };

	snprintf(out->name, sizeof(out->name), "%s-factory", strchr(product->name, '/') + 1);
	snprintf(out->version, sizeof(out->version), "v2.%u", revision);
	/* The boot loader is the same for all revisions, the application is not. */
	for (size_t i = 0; i < 3; i++) {
		char seed[80];

		snprintf(seed, sizeof(seed), "%s %s %u", product->name, files[i],
			 i == 2 ? revision : 1);
		digest_text(seed, out->sha256[i]);
		out->images[i] = (struct record_image){
			.sha256 = out->sha256[i],
			.file = files[i],
			.addr = (int64_t[]){ 0x1000, 0x8000, 0x10000 }[i],
			.size_bytes = (int64_t[]){ 17392, 3072, 1200000 }[i],
			.kind = kinds[i],
			.version = i == 2 ? out->version : NULL,
			.partition = i == 2 ? "app0" : NULL,
		};
	}
	snprintf(out->canonical, sizeof(out->canonical),
		 "recipe: %s\nrevision: %u\nproduct: %s\nimages:\n  - %s\n  - %s\n  - %s\n",
		 out->name, revision, product->name, out->sha256[0], out->sha256[1],
		 out->sha256[2]);
	digest_text(out->canonical, out->digest);
	out->recipe = (struct record_recipe){
		.digest = out->digest,
		.name = out->name,
		.revision = revision,
		.product = product->name,
		.canonical = out->canonical,
		.process = "FLASH",
		.images = out->images,
		.image_count = 3,
	};
}

void factory_init(struct factory *f, const struct factory_plan *plan)
{
	*f = (struct factory){ .plan = *plan, .random = plan->seed, .is_new = true };
	for (unsigned i = 0; i < FACTORY_RECIPES; i++)
		make_recipe(i, &f->recipes[i]);
}

/* ---- one run ---- */

static void next_unit(struct factory *f)
{
	uint64_t group = f->plan.batch_size * ORDERS_IN_A_ROW;

	f->attempts = 0;
	f->is_new = false;
	f->is_rework = f->unit_count % group > 0 && below(f, 100) == 0;
	if (!f->is_rework) {
		f->unit = f->unit_count++;
		return;
	}
	/* Of the same product: of this row of orders, or of the last one with older firmware. */
	f->unit = f->unit_count - 1 - below(f, f->unit_count % group);
	if (f->unit >= group * COUNT(products) && below(f, 2))
		f->unit -= group * COUNT(products);
}

/* Every 24 bit number once before one comes again: the factor is odd. */
static void put_mac(struct factory_run *out, uint64_t unit)
{
	uint32_t low = (uint32_t)((unit * 0x9e3779b1u) & 0xFFFFFF);

	snprintf(out->mac, sizeof(out->mac), "%02x:0a:c4:%02x:%02x:%02x",
		 (unsigned)(0x24 + (unit >> 24) * 4) & 0xFF, low >> 16, low >> 8 & 0xFF,
		 low & 0xFF);
	snprintf(out->serial, sizeof(out->serial), "M5%010llu", (unsigned long long)unit);
}

static int64_t start_of(const struct factory *f)
{
	uint64_t days = f->plan.days ? f->plan.days : 1;
	uint64_t per_day = (f->plan.runs + days - 1) / days;
	int64_t day = (int64_t)(f->run_count / per_day);
	int64_t in_day = (int64_t)(f->run_count % per_day) * SHIFT_MS / (int64_t)per_day;

	return LAST_DAY_UTC_MS - ((int64_t)days - 1 - day) * DAY_MS + DAY_MS / 4 + in_day;
}

static void put_run_id(struct factory *f, struct factory_run *out, int64_t start_utc_ms)
{
	uint64_t ms = (uint64_t)start_utc_ms, random = draw(&f->random);
	uint8_t id[16];
	char hex[2 * sizeof(id) + 1];

	/* UUID version 7, as db_new_run_id() makes them. */
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(ms >> (40 - 8 * i));
	put_le16(id + 6, (uint16_t)draw(&f->random));
	put_le32(id + 8, (uint32_t)random);
	put_le32(id + 12, (uint32_t)(random >> 32));
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	hex_text(id, sizeof(id), hex);
	snprintf(out->run_id, sizeof(out->run_id), "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
		 hex + 12, hex + 16, hex + 20);
}

static void put_place(struct factory_run *out, const struct product *product, unsigned slot,
		      uint64_t unit)
{
	const char *kind = strcmp(product->driver, "cdc_acm") ? "USB" : "ACM";

	snprintf(out->slot, sizeof(out->slot), "pci-0000:00:14.0/%u.%u:1.0", 1 + slot / 8,
		 1 + slot % 8);
	snprintf(out->node, sizeof(out->node), "/dev/tty%s%u", kind, slot);
	snprintf(out->usb_path, sizeof(out->usb_path),
		 "/devices/pci0000:00/0000:00:14.0/usb1/1-%u/1-%u.%u/1-%u.%u:1.0", 1 + slot / 8,
		 1 + slot / 8, 1 + slot % 8, 1 + slot / 8, 1 + slot % 8);
	snprintf(out->bridge_serial, sizeof(out->bridge_serial), "%010llu",
		 (unsigned long long)(unit * 7919 % 10000000000));
}

static void put_run(struct factory *f, struct factory_run *out, const struct product *product)
{
	unsigned slot = (unsigned)(f->run_count % FACTORY_SLOTS);
	int64_t start = start_of(f);

	put_run_id(f, out, start);
	put_mac(out, f->unit);
	put_place(out, product, slot, f->unit);
	out->run = (struct record_run){
		.run_id = out->run_id,
		.kind = "FLASH",
		.slot = out->slot,
		.node = out->node,
		.usb_path = out->usb_path,
		.start_utc_ms = start,
		.recipe_digest = f->recipe->digest,
		.operator_name = operators[f->run_count / 4000 % COUNT(operators)],
		.batch = f->batch,
		.serial = out->serial,
		.bridge = product->bridge,
		.bridge_vid_pid = product->vid_pid,
		.bridge_serial = out->bridge_serial,
		.bridge_product = product->bridge_product,
		.bridge_release = product->release,
		.bridge_driver = product->driver,
	};
}

/* Slots 11 and 37 have a bad cable. */
static enum status draw_end(struct factory *f, bool *is_rescued)
{
	unsigned slot = (unsigned)(f->run_count % FACTORY_SLOTS);
	bool is_bad = slot == 11 || slot == 37;
	uint64_t weights = 0, at;

	*is_rescued = false;
	if (below(f, 1000) >= (is_bad ? 120 : 30)) {
		*is_rescued = below(f, 1000) < (is_bad ? 250 : 15);
		return STATUS_OK;
	}
	for (size_t i = 0; i < COUNT(failures); i++)
		weights += failures[i].weight;
	at = below(f, weights);
	for (size_t i = 0; i < COUNT(failures); i++) {
		if (at < failures[i].weight)
			return failures[i].code;
		at -= failures[i].weight;
	}
	return STATUS_NO_ANSWER;
}

static int64_t put_steps(struct factory *f, struct factory_run *out, enum status st,
			 bool is_rescued, const struct product *product)
{
	unsigned tries = st == STATUS_OK && !is_rescued ? 1 : 2;
	int64_t at_us = 3;
	size_t n = 0;

	for (unsigned try_no = 1; try_no <= tries; try_no++) {
		bool ends_well = st == STATUS_OK && try_no == tries;
		size_t steps = ends_well ? COUNT(step_names) : 1 + below(f, COUNT(step_names) - 1);

		for (size_t i = 0; i < steps; i++, n++) {
			bool ends = !ends_well && i + 1 == steps;
			int64_t took = 20000 + (int64_t)below(f, i == 6 ? 9000000 : 400000);

			snprintf(out->notes[n], sizeof(out->notes[n]),
				 "%s at %lld baud; the chip answered after %lld us", product->chip,
				 (long long)product->rate, (long long)took);
			out->steps[n] = (struct record_step){
				.try_no = try_no,
				.name = step_names[i],
				.start_us = at_us,
				.took_us = took,
				.code = ends ? status_code(st ? st : STATUS_STUB_UPLOAD_CHECKSUM)
					     : "OK",
				.note = out->notes[n],
			};
			at_us += took;
		}
	}
	out->result.steps = out->steps;
	out->result.step_count = n;
	out->result.tries = tries;
	return at_us;
}

static void put_log(const struct factory *f, struct factory_run *out)
{
	bool is_short = !strcmp(out->result.outcome, "PASS") && !out->result.is_rescued;
	size_t wanted = f->plan.log_bytes * (is_short ? 1 : 4), length = 0;

	if (!wanted)
		return;
	if (wanted > sizeof(out->log) - 200)
		wanted = sizeof(out->log) - 200;
	for (size_t line = 0; length < wanted; line++) {
		const struct record_step *step = &out->steps[line % out->result.step_count];

		length += (size_t)snprintf(out->log + length, sizeof(out->log) - length,
					   "%9.3f try %lld: %s %s, %.3f s: %s\n",
					   (double)step->start_us / 1e6, (long long)step->try_no,
					   step->name, step->code, (double)step->took_us / 1e6,
					   step->note);
	}
	out->result.log = out->log;
}

static void put_measurements(struct factory_run *out)
{
	struct record_result *r = &out->result;

	if (!r->data_us)
		return;
	out->measurements[0] = (struct record_measurement){
		.step = "write",
		.name = "data_rate",
		.has_value = true,
		.value = (double)r->wire_bytes / ((double)r->data_us / 1e3),
		.unit = "KB/s",
	};
	out->measurements[1] = (struct record_measurement){
		.name = "duration",
		.has_value = true,
		.value = (double)r->duration_us / 1e6,
		.unit = "s",
		.has_high = true,
		.high = 687,
		.outcome = "PASS",
	};
	out->measurements[2] = (struct record_measurement){
		.step = "identify",
		.name = "flash_id",
		.text = r->flash_id,
	};
	r->measurements = out->measurements;
	r->measurement_count = FACTORY_MEASUREMENTS;
}

/* What the unit said of itself. */
static void put_ident(struct factory_run *out, const struct product *product)
{
	struct record_result *r = &out->result;

	r->mac = out->mac;
	r->chip = product->chip;
	r->package = product->package;
	r->revision = product->revision;
	r->features = product->features;
	r->has_crystal = true;
	r->crystal_mhz = 40;
	r->flash_id = product->flash_id;
	r->has_flash_bytes = true;
	r->flash_bytes = product->flash_bytes;
	r->security = "none";
	r->has_security = true;
	r->has_crypt_count = true;
}

static void put_data(struct factory *f, struct factory_run *out, const struct product *product)
{
	struct record_result *r = &out->result;

	r->loader = "stub";
	r->has_rate = true;
	r->rate_asked = r->rate_actual = product->rate;
	r->ram_block_bytes = r->is_rescued ? 1024 : 6144;
	r->data_block_bytes = 16384;
	r->has_pace = true;
	r->raw_bytes = 1220464;
	r->wire_bytes = 700000 + (int64_t)below(f, 2000);
	r->data_us = 8000000 + (int64_t)below(f, 900000);
}

/* Not every failure comes so far that the unit says who it is. */
static bool tells_mac(enum status st)
{
	return st != STATUS_SYNC_NO_REPLY && st != STATUS_PORT_GONE && st != STATUS_STATION_STOPPED;
}

static void put_result(struct factory *f, struct factory_run *out, const struct product *product)
{
	bool is_rescued;
	enum status st = draw_end(f, &is_rescued);
	const struct status_row *row = status_row(st);
	struct record_result *r = &out->result;

	*r = (struct record_result){
		.run_id = out->run_id,
		.outcome = outcome_name(row->outcome),
		.code = row->code,
		.party = party_name(row->party),
		.proof = st ? "NONE" : "CHIP_MD5",
		.is_rescued = is_rescued,
		.has_generation = true,
		.generation = f->is_rework ? 2 : 1,
	};
	r->duration_us = put_steps(f, out, st, is_rescued, product);
	r->end_utc_ms = out->run.start_utc_ms + r->duration_us / 1000;
	if (tells_mac(st))
		put_ident(out, product);
	if (!st)
		put_data(f, out, product);
	if (st) {
		snprintf(out->detail, sizeof(out->detail), "try 2, %s: %s",
			 out->steps[r->step_count - 1].name, row->sentence);
		r->detail = out->detail;
	}
	if (is_rescued || (st && row->party == PARTY_LINK)) {
		r->rungs = "stub 1500000; stub 1500000, RAM blocks of 1024";
		r->evidence = "RAM block of 6144 bytes refused with 07, 1024 accepted; sync echoes "
			      "clean";
		r->suspects = "driver, bridge, cable";
		r->advice = "try another cable, then another hub";
	}
	put_measurements(out);
	put_log(f, out);
	if (st == STATUS_OK || ++f->attempts == 3)
		f->is_new = true;
}

void factory_next(struct factory *f, struct factory_run *out)
{
	uint64_t batches = f->unit_count ? (f->unit_count - 1) / f->plan.batch_size + 1 : 0;

	if (f->is_new)
		next_unit(f);
	uint64_t batch = (f->unit_count - 1) / f->plan.batch_size;
	unsigned number = recipe_of_batch(batch);
	const struct product *product = &products[number % COUNT(products)];
	f->starts_batch = batch == batches;
	snprintf(f->batch, sizeof(f->batch), "WO-%05llu", (unsigned long long)batch + 1);
	f->recipe = &f->recipes[number].recipe;
	put_run(f, out, product);
	put_result(f, out, product);
	f->run_count++;
}
