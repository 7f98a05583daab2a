#include "db/query.h"

/* clang-format off */
static const struct column columns[] = {
	{ "run_id",               COLUMN_TEXT,    SOURCE_JUDGED,   "the run; UUID version 7, so ids sort by time" },
	{ "kind",                 COLUMN_TEXT,    SOURCE_INTENDED, "FLASH or VERIFY" },
	{ "outcome",              COLUMN_TEXT,    SOURCE_JUDGED,   "PASS, FAIL, ERROR, TIMEOUT or ABORTED; unknown while the run is open" },
	{ "code",                 COLUMN_TEXT,    SOURCE_JUDGED,   "why, as a stable word: OK, SYNC_NO_REPLY, MD5_MISMATCH and so on" },
	{ "party",                COLUMN_TEXT,    SOURCE_JUDGED,   "who has to act: NONE, UNIT, LINK, FIXTURE, STATION or OPERATOR" },
	{ "proof",                COLUMN_TEXT,    SOURCE_JUDGED,   "CHIP_MD5: the chip's own MD5 of every region equals the recipe's; NONE" },
	{ "mac",                  COLUMN_TEXT,    SOURCE_OBSERVED, "the unit, by the MAC in its chip" },
	{ "custom_mac",           COLUMN_TEXT,    SOURCE_OBSERVED, "a maker's own MAC, burned beside the chip's; unknown also where there is none" },
	{ "serial",               COLUMN_TEXT,    SOURCE_DECLARED, "the unit's serial number: declared before the run, or given by the station" },
	{ "generation",           COLUMN_INTEGER, SOURCE_JUDGED,   "1: the unit's first time in this product and process; more: rework; unknown where nobody counted" },
	{ "duplicate_mac",        COLUMN_BOOL,    SOURCE_OBSERVED, "1: the same MAC was in another slot at the same time" },
	{ "chip",                 COLUMN_TEXT,    SOURCE_OBSERVED, "as the maker words it: ESP32-S3" },
	{ "revision",             COLUMN_TEXT,    SOURCE_OBSERVED, "of the silicon: v3.1" },
	{ "package",              COLUMN_TEXT,    SOURCE_OBSERVED, "ESP32-D0WDQ6 and so on" },
	{ "features",             COLUMN_TEXT,    SOURCE_OBSERVED, "what the chip says it has, separated by commas" },
	{ "crystal_mhz",          COLUMN_INTEGER, SOURCE_OBSERVED, "crystal frequency, MHz" },
	{ "flash_id",             COLUMN_TEXT,    SOURCE_OBSERVED, "JEDEC id of the flash memory, hex" },
	{ "flash_bytes",          COLUMN_INTEGER, SOURCE_OBSERVED, "size of the flash memory" },
	{ "embedded_flash_bytes", COLUMN_INTEGER, SOURCE_OBSERVED, "flash memory in the chip's package; unknown also where there is none" },
	{ "embedded_psram_bytes", COLUMN_INTEGER, SOURCE_OBSERVED, "PSRAM in the chip's package, 0 without; unknown where the chip does not tell" },
	{ "security",             COLUMN_TEXT,    SOURCE_OBSERVED, "secure boot, flash encryption, secure download; none" },
	{ "secure_boot",          COLUMN_BOOL,    SOURCE_OBSERVED, "1: the chip runs signed boot loaders only" },
	{ "secure_boot_v1",       COLUMN_BOOL,    SOURCE_OBSERVED, "1: the first kind of it (ESP32), which binds the boot loader to this one unit" },
	{ "flash_encryption",     COLUMN_BOOL,    SOURCE_OBSERVED, "1: the chip takes its flash for encrypted" },
	{ "secure_download",      COLUMN_BOOL,    SOURCE_OBSERVED, "1: the loader refuses most commands, the MD5 among them" },
	{ "security_flags",       COLUMN_TEXT,    SOURCE_OBSERVED, "what the loader's security command says, hex; unknown where it has none" },
	{ "crypt_count",          COLUMN_INTEGER, SOURCE_OBSERVED, "fuses that switch flash encryption, as a number: on when an odd number of its bits is set" },
	{ "key_purposes",         COLUMN_TEXT,    SOURCE_OBSERVED, "what the key blocks in use are for: 0 XTS_AES_128_KEY; none; unknown where the chip does not tell" },
	{ "flash_status",         COLUMN_TEXT,    SOURCE_OBSERVED, "status registers of the flash memory as found, hex; unknown where nobody had to look" },
	{ "flash_status_set",     COLUMN_TEXT,    SOURCE_OBSERVED, "the same as left, where block protection was cleared" },
	{ "nest",                 COLUMN_INTEGER, SOURCE_DECLARED, "number of the slot as the operator sees it; unknown where slots have none" },
	{ "slot",                 COLUMN_TEXT,    SOURCE_OBSERVED, "place on the fixture: USB controller, hub ports, interface" },
	{ "node",                 COLUMN_TEXT,    SOURCE_OBSERVED, "device file at that time; says nothing later" },
	{ "usb_path",             COLUMN_TEXT,    SOURCE_OBSERVED, "the interface in /sys" },
	{ "bridge",               COLUMN_TEXT,    SOURCE_OBSERVED, "type of USB-serial bridge: CP2104, CH9102F" },
	{ "bridge_vid_pid",       COLUMN_TEXT,    SOURCE_OBSERVED, "its USB vendor and product number: 10c4:ea60" },
	{ "bridge_serial",        COLUMN_TEXT,    SOURCE_OBSERVED, "its serial number" },
	{ "bridge_product",       COLUMN_TEXT,    SOURCE_OBSERVED, "what it calls itself" },
	{ "bridge_release",       COLUMN_TEXT,    SOURCE_OBSERVED, "its bcdDevice" },
	{ "bridge_driver",        COLUMN_TEXT,    SOURCE_OBSERVED, "kernel driver: cp210x, cdc_acm" },
	{ "recipe",               COLUMN_TEXT,    SOURCE_INTENDED, "name in the recipe; a label" },
	{ "recipe_revision",      COLUMN_INTEGER, SOURCE_INTENDED, "revision in the recipe; a label" },
	{ "product",              COLUMN_TEXT,    SOURCE_INTENDED, "product preset of the recipe" },
	{ "process",              COLUMN_TEXT,    SOURCE_INTENDED, "stage of production that the recipe is: FLASH" },
	{ "purpose",              COLUMN_TEXT,    SOURCE_INTENDED, "GOLDEN: the run judged the station, by a unit that is known to be good; unknown: an ordinary run" },
	{ "recipe_digest",        COLUMN_TEXT,    SOURCE_INTENDED, "the recipe itself: SHA-256 of its canonical form and images" },
	{ "batch",                COLUMN_TEXT,    SOURCE_DECLARED, "as given with --batch" },
	{ "work_order",           COLUMN_TEXT,    SOURCE_DECLARED, "of the batch, where it was opened" },
	{ "part_number",          COLUMN_TEXT,    SOURCE_DECLARED, "of the batch" },
	{ "part_revision",        COLUMN_TEXT,    SOURCE_DECLARED, "of the batch" },
	{ "customer",             COLUMN_TEXT,    SOURCE_DECLARED, "of the batch" },
	{ "operator",             COLUMN_TEXT,    SOURCE_DECLARED, "as given with --operator" },
	{ "overridden",           COLUMN_TEXT,    SOURCE_DECLARED, "guards that were overridden for this run, by their codes" },
	{ "station",              COLUMN_TEXT,    SOURCE_OBSERVED, "host name of the station" },
	{ "program_version",      COLUMN_TEXT,    SOURCE_OBSERVED, "of flashline on it" },
	{ "start_time",           COLUMN_TEXT,    SOURCE_OBSERVED, "start, UTC, ISO 8601 with milliseconds" },
	{ "end_time",             COLUMN_TEXT,    SOURCE_OBSERVED, "when the verdict was given, UTC" },
	{ "start_utc_ms",         COLUMN_INTEGER, SOURCE_OBSERVED, "start, milliseconds since 1970 UTC" },
	{ "end_utc_ms",           COLUMN_INTEGER, SOURCE_OBSERVED, "end, milliseconds since 1970 UTC" },
	{ "duration_s",           COLUMN_REAL,    SOURCE_OBSERVED, "start to verdict in seconds, by a clock that nobody sets" },
	{ "start_way",            COLUMN_TEXT,    SOURCE_JUDGED,   "what this slot was remembered to need, and the run began with; unknown: the best that bridge and recipe allow" },
	{ "loader",               COLUMN_TEXT,    SOURCE_JUDGED,   "stub or rom: which program on the chip wrote" },
	{ "rate_asked",           COLUMN_INTEGER, SOURCE_JUDGED,   "baud rate of the data phase as chosen" },
	{ "rate_actual",          COLUMN_INTEGER, SOURCE_OBSERVED, "baud rate as the port reported it back" },
	{ "ram_block_bytes",      COLUMN_INTEGER, SOURCE_JUDGED,   "block size of the stub's upload in the last try" },
	{ "data_block_bytes",     COLUMN_INTEGER, SOURCE_JUDGED,   "block size of flash data in the last try" },
	{ "pace_bytes",           COLUMN_INTEGER, SOURCE_JUDGED,   "so many bytes at once at most in the last try, each waited out; 0 no limit" },
	{ "tries",                COLUMN_INTEGER, SOURCE_JUDGED,   "passes through the steps" },
	{ "rungs",                COLUMN_TEXT,    SOURCE_JUDGED,   "remedies that were tried, in order; empty when the first way worked" },
	{ "rescued",              COLUMN_BOOL,    SOURCE_JUDGED,   "1: PASS, but not in the way that the run began with" },
	{ "evidence",             COLUMN_TEXT,    SOURCE_OBSERVED, "what was observed of the link and the boot text" },
	{ "suspects",             COLUMN_TEXT,    SOURCE_JUDGED,   "of a run that failed or was rescued: what to look at, the likeliest first" },
	{ "advice",               COLUMN_TEXT,    SOURCE_JUDGED,   "the same as one sentence for the operator" },
	{ "raw_bytes",            COLUMN_INTEGER, SOURCE_OBSERVED, "bytes of the images that were written" },
	{ "wire_bytes",           COLUMN_INTEGER, SOURCE_OBSERVED, "bytes that were sent for them, framing included" },
	{ "skipped_bytes",        COLUMN_INTEGER, SOURCE_OBSERVED, "bytes proven to be there already" },
	{ "data_s",               COLUMN_REAL,    SOURCE_OBSERVED, "seconds from the first data block to the last answer; unknown without data" },
	{ "detail",               COLUMN_TEXT,    SOURCE_OBSERVED, "what happened, in a sentence with its values" },
	{ "device_code",          COLUMN_TEXT,    SOURCE_OBSERVED, "bytes that the chip sent with its refusal, hex" },
};
/* clang-format on */

const struct column *column_rows(size_t *count)
{
	*count = sizeof(columns) / sizeof(columns[0]);
	return columns;
}

const char *column_source_name(enum column_source source)
{
	static const char *const names[] = {
		[SOURCE_OBSERVED] = "observed",
		[SOURCE_DECLARED] = "declared",
		[SOURCE_INTENDED] = "intended",
		[SOURCE_JUDGED] = "judged",
	};

	return names[source];
}
