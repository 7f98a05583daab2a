-- The records of a flashing station, schema version 1. docs/records.md explains them.
--
-- Facts are only added. For every table here the program also makes triggers that
-- refuse UPDATE, DELETE and the insertion over an existing key (INSERT OR REPLACE);
-- see db/migrate.c. A table without an integer key is WITHOUT ROWID, so that it has no
-- hidden key over which a row could be replaced.
--
-- NULL means unknown. _utc_ms is milliseconds since 1970 in UTC; _us is
-- microseconds of the monotonic clock. flags are 0 or 1.

CREATE TABLE schema_version (
	version         INTEGER PRIMARY KEY,
	applied_utc_ms  INTEGER NOT NULL,
	program_version TEXT NOT NULL
) STRICT;

-- A machine with a version of the program on it.
CREATE TABLE station (
	station_id        INTEGER PRIMARY KEY,
	host              TEXT NOT NULL,
	program_version   TEXT NOT NULL,
	first_seen_utc_ms INTEGER NOT NULL,
	UNIQUE (host, program_version)
) STRICT;

-- digest covers the canonical text and all images; name and revision are labels.
CREATE TABLE recipe (
	recipe_digest     TEXT PRIMARY KEY,
	name              TEXT NOT NULL,
	revision          INTEGER NOT NULL,
	product           TEXT,
	canonical         TEXT NOT NULL,
	first_seen_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The bytes of a file, whatever it is called.
CREATE TABLE image (
	sha256     TEXT PRIMARY KEY,
	size_bytes INTEGER NOT NULL,
	version    TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE recipe_image (
	recipe_digest TEXT NOT NULL REFERENCES recipe,
	position      INTEGER NOT NULL,
	sha256        TEXT NOT NULL REFERENCES image,
	file          TEXT NOT NULL,
	addr          INTEGER NOT NULL,
	kind          TEXT,
	partition     TEXT,
	PRIMARY KEY (recipe_digest, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX recipe_image_by_sha256 ON recipe_image (sha256);

-- Inserted before the first byte goes out to the unit.
CREATE TABLE run (
	run_id         TEXT PRIMARY KEY,
	kind           TEXT NOT NULL,
	station_id     INTEGER NOT NULL REFERENCES station,
	slot           TEXT,
	node           TEXT,
	usb_path       TEXT,
	start_utc_ms   INTEGER NOT NULL,
	recipe_digest  TEXT REFERENCES recipe,
	operator       TEXT,
	batch          TEXT,
	bridge         TEXT,
	bridge_vid_pid TEXT,
	bridge_serial  TEXT,
	bridge_product TEXT,
	bridge_release TEXT,
	bridge_driver  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX run_by_start ON run (start_utc_ms, run_id);
CREATE INDEX run_by_batch ON run (batch) WHERE batch IS NOT NULL;
CREATE INDEX run_by_recipe ON run (recipe_digest);

-- One physical unit, known by the MAC that its chip reported.
CREATE TABLE unit (
	mac               TEXT PRIMARY KEY,
	first_run_id      TEXT NOT NULL REFERENCES run (run_id),
	first_seen_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Inserted exactly once, at the end of a run.
CREATE TABLE result (
	run_id        TEXT PRIMARY KEY REFERENCES run,
	outcome       TEXT NOT NULL CHECK (outcome IN ('PASS', 'FAIL', 'ERROR', 'TIMEOUT', 'ABORTED')),
	code          TEXT NOT NULL,
	party         TEXT NOT NULL,
	proof         TEXT NOT NULL,
	detail        TEXT,
	device_code   TEXT,
	end_utc_ms    INTEGER NOT NULL,
	duration_us   INTEGER,
	mac           TEXT REFERENCES unit,
	duplicate_mac INTEGER NOT NULL DEFAULT 0 CHECK (duplicate_mac IN (0, 1)),
	chip          TEXT,
	package       TEXT,
	revision      TEXT,
	features      TEXT,
	crystal_mhz   INTEGER,
	flash_id      TEXT,
	flash_bytes   INTEGER,
	security      TEXT,
	loader        TEXT,
	rate_asked    INTEGER,
	rate_actual   INTEGER,
	tries         INTEGER,
	rungs         TEXT,
	evidence      TEXT,
	raw_bytes     INTEGER,
	wire_bytes    INTEGER,
	skipped_bytes INTEGER,
	data_us       INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX result_by_mac ON result (mac) WHERE mac IS NOT NULL;

CREATE TABLE step (
	run_id   TEXT NOT NULL REFERENCES run,
	position INTEGER NOT NULL,
	try_no   INTEGER NOT NULL,
	name     TEXT NOT NULL,
	start_us INTEGER NOT NULL,
	took_us  INTEGER NOT NULL,
	code     TEXT,
	note     TEXT,
	PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- What the unit and the flasher said, line by line, capped; the text says where.
-- A rowid table, because SQLite packs texts of this length far more tightly there.
CREATE TABLE unit_log (
	unit_log_id INTEGER PRIMARY KEY,
	run_id      TEXT NOT NULL UNIQUE REFERENCES run,
	text        TEXT NOT NULL
) STRICT;

-- One row per run, everything that people ask for. outcome is NULL while it runs.
CREATE VIEW runs AS
SELECT
	run.run_id AS run_id,
	run.kind AS kind,
	result.outcome AS outcome,
	result.code AS code,
	result.party AS party,
	result.proof AS proof,
	result.mac AS mac,
	result.duplicate_mac AS duplicate_mac,
	result.chip AS chip,
	result.revision AS revision,
	result.package AS package,
	result.features AS features,
	result.crystal_mhz AS crystal_mhz,
	result.flash_id AS flash_id,
	result.flash_bytes AS flash_bytes,
	result.security AS security,
	run.slot AS slot,
	run.node AS node,
	run.usb_path AS usb_path,
	run.bridge AS bridge,
	run.bridge_vid_pid AS bridge_vid_pid,
	run.bridge_serial AS bridge_serial,
	run.bridge_product AS bridge_product,
	run.bridge_release AS bridge_release,
	run.bridge_driver AS bridge_driver,
	recipe.name AS recipe,
	recipe.revision AS recipe_revision,
	recipe.product AS product,
	run.recipe_digest AS recipe_digest,
	run.batch AS batch,
	run.operator AS operator,
	station.host AS station,
	station.program_version AS program_version,
	strftime('%Y-%m-%dT%H:%M:%S', run.start_utc_ms / 1000, 'unixepoch')
		|| format('.%03dZ', run.start_utc_ms % 1000) AS start_time,
	strftime('%Y-%m-%dT%H:%M:%S', result.end_utc_ms / 1000, 'unixepoch')
		|| format('.%03dZ', result.end_utc_ms % 1000) AS end_time,
	run.start_utc_ms AS start_utc_ms,
	result.end_utc_ms AS end_utc_ms,
	result.duration_us / 1e6 AS duration_s,
	result.loader AS loader,
	result.rate_asked AS rate_asked,
	result.rate_actual AS rate_actual,
	result.tries AS tries,
	result.rungs AS rungs,
	result.evidence AS evidence,
	result.raw_bytes AS raw_bytes,
	result.wire_bytes AS wire_bytes,
	result.skipped_bytes AS skipped_bytes,
	result.data_us / 1e6 AS data_s,
	result.detail AS detail,
	result.device_code AS device_code
FROM run
JOIN station USING (station_id)
LEFT JOIN recipe USING (recipe_digest)
LEFT JOIN result USING (run_id);
