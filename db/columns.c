#include "db/query.h"

/* clang-format off */
static const struct column columns[] = {
	{ "run_id",          COLUMN_TEXT,    "the run; UUID version 7, so ids sort by time" },
	{ "kind",            COLUMN_TEXT,    "FLASH or VERIFY" },
	{ "outcome",         COLUMN_TEXT,    "PASS, FAIL, ERROR, TIMEOUT or ABORTED; unknown while the run is open" },
	{ "code",            COLUMN_TEXT,    "why, as a stable word: OK, SYNC_NO_REPLY, MD5_MISMATCH and so on" },
	{ "party",           COLUMN_TEXT,    "who has to act: NONE, UNIT, LINK, FIXTURE, STATION or OPERATOR" },
	{ "proof",           COLUMN_TEXT,    "CHIP_MD5: the chip's own MD5 of every region equals the recipe's; NONE" },
	{ "mac",             COLUMN_TEXT,    "the unit, by the MAC in its chip" },
	{ "custom_mac",      COLUMN_TEXT,    "a maker's own MAC, burned beside the chip's; unknown also where there is none" },
	{ "serial",          COLUMN_TEXT,    "the unit's serial number, as declared before the run" },
	{ "generation",      COLUMN_INTEGER, "1: the unit's first time in this product and process; more: rework; unknown where nobody counted" },
	{ "duplicate_mac",   COLUMN_BOOL,    "1: the same MAC was in another slot at the same time" },
	{ "chip",            COLUMN_TEXT,    "as the maker words it: ESP32-S3" },
	{ "revision",        COLUMN_TEXT,    "of the silicon: v3.1" },
	{ "package",         COLUMN_TEXT,    "ESP32-D0WDQ6 and so on" },
	{ "features",        COLUMN_TEXT,    "what the chip says it has, separated by commas" },
	{ "crystal_mhz",     COLUMN_INTEGER, "crystal frequency, MHz" },
	{ "flash_id",        COLUMN_TEXT,    "JEDEC id of the flash memory, hex" },
	{ "flash_bytes",     COLUMN_INTEGER, "size of the flash memory" },
	{ "embedded_flash_bytes", COLUMN_INTEGER, "flash memory in the chip's package; unknown also where there is none" },
	{ "embedded_psram_bytes", COLUMN_INTEGER, "PSRAM in the chip's package, 0 without; unknown where the chip does not tell" },
	{ "security",        COLUMN_TEXT,    "secure boot, flash encryption, secure download; none" },
	{ "secure_boot",     COLUMN_BOOL,    "1: the chip runs signed boot loaders only" },
	{ "secure_boot_v1",  COLUMN_BOOL,    "1: the first kind of it (ESP32), which binds the boot loader to this one unit" },
	{ "flash_encryption", COLUMN_BOOL,   "1: the chip takes its flash for encrypted" },
	{ "secure_download", COLUMN_BOOL,    "1: the loader refuses most commands, the MD5 among them" },
	{ "security_flags",  COLUMN_TEXT,    "what the loader's security command says, hex; unknown where it has none" },
	{ "crypt_count",     COLUMN_INTEGER, "fuses that switch flash encryption, as a number: on when an odd number of its bits is set" },
	{ "key_purposes",    COLUMN_TEXT,    "what the key blocks in use are for: 0 XTS_AES_128_KEY; none; unknown where the chip does not tell" },
	{ "flash_status",    COLUMN_TEXT,    "status registers of the flash memory as found, hex; unknown where nobody had to look" },
	{ "flash_status_set", COLUMN_TEXT,   "the same as left, where block protection was cleared" },
	{ "slot",            COLUMN_TEXT,    "place on the fixture: USB controller, hub ports, interface" },
	{ "node",            COLUMN_TEXT,    "device file at that time; says nothing later" },
	{ "usb_path",        COLUMN_TEXT,    "the interface in /sys" },
	{ "bridge",          COLUMN_TEXT,    "type of USB-serial bridge: CP2104, CH9102F" },
	{ "bridge_vid_pid",  COLUMN_TEXT,    "its USB vendor and product number: 10c4:ea60" },
	{ "bridge_serial",   COLUMN_TEXT,    "its serial number" },
	{ "bridge_product",  COLUMN_TEXT,    "what it calls itself" },
	{ "bridge_release",  COLUMN_TEXT,    "its bcdDevice" },
	{ "bridge_driver",   COLUMN_TEXT,    "kernel driver: cp210x, cdc_acm" },
	{ "recipe",          COLUMN_TEXT,    "name in the recipe; a label" },
	{ "recipe_revision", COLUMN_INTEGER, "revision in the recipe; a label" },
	{ "product",         COLUMN_TEXT,    "product preset of the recipe" },
	{ "process",         COLUMN_TEXT,    "stage of production that the recipe is: FLASH" },
	{ "recipe_digest",   COLUMN_TEXT,    "the recipe itself: SHA-256 of its canonical form and images" },
	{ "batch",           COLUMN_TEXT,    "as given with --batch" },
	{ "work_order",      COLUMN_TEXT,    "of the batch, where it was opened" },
	{ "part_number",     COLUMN_TEXT,    "of the batch" },
	{ "part_revision",   COLUMN_TEXT,    "of the batch" },
	{ "customer",        COLUMN_TEXT,    "of the batch" },
	{ "operator",        COLUMN_TEXT,    "as given with --operator" },
	{ "overridden",      COLUMN_TEXT,    "guards that were overridden for this run, by their codes" },
	{ "station",         COLUMN_TEXT,    "host name of the station" },
	{ "program_version", COLUMN_TEXT,    "of flashline on it" },
	{ "start_time",      COLUMN_TEXT,    "start, UTC, ISO 8601 with milliseconds" },
	{ "end_time",        COLUMN_TEXT,    "when the verdict was given, UTC" },
	{ "start_utc_ms",    COLUMN_INTEGER, "start, milliseconds since 1970 UTC" },
	{ "end_utc_ms",      COLUMN_INTEGER, "end, milliseconds since 1970 UTC" },
	{ "duration_s",      COLUMN_REAL,    "start to verdict in seconds, by a clock that nobody sets" },
	{ "start_way",       COLUMN_TEXT,    "what this slot was remembered to need, and the run began with; unknown: the best that bridge and recipe allow" },
	{ "loader",          COLUMN_TEXT,    "stub or rom: which program on the chip wrote" },
	{ "rate_asked",      COLUMN_INTEGER, "baud rate of the data phase as chosen" },
	{ "rate_actual",     COLUMN_INTEGER, "baud rate as the port reported it back" },
	{ "ram_block_bytes", COLUMN_INTEGER, "block size of the stub's upload in the last try" },
	{ "data_block_bytes", COLUMN_INTEGER, "block size of flash data in the last try" },
	{ "pace_bytes",      COLUMN_INTEGER, "so many bytes at once at most in the last try, each waited out; 0 no limit" },
	{ "tries",           COLUMN_INTEGER, "passes through the steps" },
	{ "rungs",           COLUMN_TEXT,    "remedies that were tried, in order; empty when the first way worked" },
	{ "rescued",         COLUMN_BOOL,    "1: PASS, but not in the way that the run began with" },
	{ "evidence",        COLUMN_TEXT,    "what was observed of the link and the boot text" },
	{ "suspects",        COLUMN_TEXT,    "of a run that failed or was rescued: what to look at, the likeliest first" },
	{ "advice",          COLUMN_TEXT,    "the same as one sentence for the operator" },
	{ "raw_bytes",       COLUMN_INTEGER, "bytes of the images that were written" },
	{ "wire_bytes",      COLUMN_INTEGER, "bytes that were sent for them, framing included" },
	{ "skipped_bytes",   COLUMN_INTEGER, "bytes proven to be there already" },
	{ "data_s",          COLUMN_REAL,    "seconds from the first data block to the last answer; unknown without data" },
	{ "detail",          COLUMN_TEXT,    "what happened, in a sentence with its values" },
	{ "device_code",     COLUMN_TEXT,    "bytes that the chip sent with its refusal, hex" },
};
/* clang-format on */

const struct column *column_rows(size_t *count)
{
	*count = sizeof(columns) / sizeof(columns[0]);
	return columns;
}

const char *column_type_name(enum column_type type)
{
	switch (type) {
	case COLUMN_TEXT:
		return "text";
	case COLUMN_INTEGER:
		return "integer";
	case COLUMN_REAL:
		return "real";
	case COLUMN_BOOL:
		return "0 or 1";
	}
	return "";
}
