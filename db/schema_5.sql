-- Schema version 5: what a station that stands on the line all day adds to a run: its serial
-- number's life, what its unit said after the restart, the labels, and what stopped the line.

-- The life of a serial number. position counts its moments from 1, and the last one counts,
-- whatever the time in it. RESERVED before the run that shall carry it, WRITTEN before the first
-- byte of it may reach a unit, COMMITTED together with the PASS, RETURNED when no byte of it went
-- out and it may be given to another unit, VOID when it may stand on a unit that did not pass:
-- then no other unit gets it. RETURNED of a number that its unit had before (COMMITTED or VOID)
-- leaves it to that unit. A number that was never named here is free.
CREATE TABLE serial_state (
	serial_state_id TEXT PRIMARY KEY,
	product         TEXT NOT NULL,
	serial          TEXT NOT NULL,
	position        INTEGER NOT NULL CHECK (position > 0),
	state           TEXT NOT NULL
		CHECK (state IN ('RESERVED', 'WRITTEN', 'COMMITTED', 'RETURNED', 'VOID')),
	source          TEXT NOT NULL
		CHECK (source IN ('RANGE', 'CSV', 'PLANT', 'SCAN', 'MAC', 'TYPED')),
	run_id          TEXT,
	mac             TEXT,
	operator        TEXT,
	reason          TEXT,
	utc_ms          INTEGER NOT NULL,
	UNIQUE (product, serial, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX serial_state_by_serial ON serial_state (serial);
CREATE INDEX serial_state_by_run ON serial_state (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX serial_state_by_mac ON serial_state (mac) WHERE mac IS NOT NULL;
-- The highest number that was given out of a range, and what came back since.
CREATE INDEX serial_state_reserved ON serial_state (product, source, serial)
	WHERE state = 'RESERVED';
CREATE INDEX serial_state_returned ON serial_state (product, source, serial_state_id, serial)
	WHERE state = 'RETURNED';

-- Every program is told: a number that one unit carries is never another's.
CREATE TRIGGER serial_state_is_of_one_unit BEFORE INSERT ON serial_state
WHEN NEW.state = 'COMMITTED' AND EXISTS (
	SELECT 1 FROM serial_state WHERE product = NEW.product AND serial = NEW.serial
	AND state = 'COMMITTED' AND mac IS NOT NEW.mac)
BEGIN SELECT RAISE(ABORT, 'a serial number is of one unit: it is committed to another'); END;

-- What the unit's console said in the boot check, capped as the log is. It belongs to the result.
CREATE TABLE console_log (
	console_log_id INTEGER PRIMARY KEY,
	run_id         TEXT NOT NULL UNIQUE REFERENCES run,
	text           TEXT NOT NULL
) STRICT;

-- An image that was made for this unit alone. sha256 is unknown where the template has secrets:
-- from a digest a short one could be guessed.
CREATE TABLE unit_image (
	run_id     TEXT NOT NULL REFERENCES run,
	position   INTEGER NOT NULL,
	partition  TEXT,
	addr       INTEGER NOT NULL,
	size_bytes INTEGER NOT NULL,
	sha256     TEXT,
	PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- A label on its way to a printer: its text as it was sent. copy counts from 1; a later one is a
-- reprint, which somebody asked for with a reason.
CREATE TABLE print_job (
	print_id        TEXT PRIMARY KEY,
	run_id          TEXT REFERENCES run,
	copy            INTEGER NOT NULL CHECK (copy > 0),
	mac             TEXT,
	serial          TEXT,
	printer         TEXT NOT NULL,
	template_sha256 TEXT NOT NULL,
	content         TEXT NOT NULL,
	operator        TEXT,
	reason          TEXT,
	utc_ms          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX print_job_by_run ON print_job (run_id) WHERE run_id IS NOT NULL;

-- What became of it. SCANNED: the label was read back and is the right one; MISMATCH: it was
-- another one, and detail is what was read.
CREATE TABLE print_event (
	print_event_id TEXT PRIMARY KEY,
	print_id       TEXT NOT NULL REFERENCES print_job,
	state          TEXT NOT NULL CHECK (state IN ('SENT', 'FAILED', 'SCANNED', 'MISMATCH')),
	detail         TEXT,
	operator       TEXT,
	utc_ms         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX print_event_by_print ON print_event (print_id);

-- Why the line, or one slot of it, took no more units; open until lockout_end names it.
CREATE TABLE lockout (
	lockout_id TEXT PRIMARY KEY,
	code       TEXT NOT NULL,
	slot       TEXT,
	detail     TEXT NOT NULL,
	utc_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX lockout_by_slot ON lockout (slot, utc_ms) WHERE slot IS NOT NULL;

-- CURED: what it was for is over. OVERRIDDEN: somebody let the line go on all the same.
CREATE TABLE lockout_end (
	lockout_id TEXT PRIMARY KEY REFERENCES lockout,
	how        TEXT NOT NULL CHECK (how IN ('CURED', 'OVERRIDDEN')),
	operator   TEXT,
	reason     TEXT,
	utc_ms     INTEGER NOT NULL,
	CHECK (how = 'CURED' OR (operator IS NOT NULL AND reason IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- ---- what runs gained ----

-- The number of the slot as the operator saw it; unknown where slots have none.
ALTER TABLE run ADD COLUMN nest INTEGER;
-- GOLDEN: the run judged the station, by a unit that is known to be good.
ALTER TABLE run ADD COLUMN purpose TEXT CHECK (purpose IN ('GOLDEN'));

-- The newest golden run of a recipe.
CREATE INDEX run_golden ON run (recipe_digest, run_id) WHERE purpose IS NOT NULL;

-- Counting the runs of a batch or a recipe, and their outcomes, without reading their rows.
DROP INDEX run_by_batch;
CREATE INDEX run_by_batch ON run (batch, run_id, kind) WHERE batch IS NOT NULL;
DROP INDEX run_by_recipe;
CREATE INDEX run_by_recipe ON run (recipe_digest, run_id, kind, purpose, start_utc_ms);
CREATE INDEX result_by_run_outcome ON result (run_id, outcome, mac);

DROP VIEW runs;

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
	result.custom_mac AS custom_mac,
	-- As declared before the run, or as the station gave it once the unit was known.
	coalesce(run.serial, (SELECT CASE state WHEN 'RETURNED' THEN NULL ELSE serial END
		FROM serial_state WHERE serial_state.run_id = run.run_id
		ORDER BY position DESC LIMIT 1)) AS serial,
	result.generation AS generation,
	result.duplicate_mac AS duplicate_mac,
	result.chip AS chip,
	result.revision AS revision,
	result.package AS package,
	result.features AS features,
	result.crystal_mhz AS crystal_mhz,
	result.flash_id AS flash_id,
	result.flash_bytes AS flash_bytes,
	result.embedded_flash_bytes AS embedded_flash_bytes,
	result.embedded_psram_bytes AS embedded_psram_bytes,
	result.security AS security,
	result.secure_boot AS secure_boot,
	result.secure_boot_v1 AS secure_boot_v1,
	result.flash_encryption AS flash_encryption,
	result.secure_download AS secure_download,
	result.security_flags AS security_flags,
	result.crypt_count AS crypt_count,
	result.key_purposes AS key_purposes,
	result.flash_status AS flash_status,
	result.flash_status_set AS flash_status_set,
	run.nest AS nest,
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
	recipe.process AS process,
	run.purpose AS purpose,
	run.recipe_digest AS recipe_digest,
	run.batch AS batch,
	batch.work_order AS work_order,
	batch.part_number AS part_number,
	batch.part_revision AS part_revision,
	batch.customer AS customer,
	run.operator AS operator,
	(SELECT group_concat(code, ', ') FROM override WHERE override.run_id = run.run_id) AS overridden,
	station.host AS station,
	station.program_version AS program_version,
	strftime('%Y-%m-%dT%H:%M:%S', run.start_utc_ms / 1000, 'unixepoch')
		|| format('.%03dZ', run.start_utc_ms % 1000) AS start_time,
	strftime('%Y-%m-%dT%H:%M:%S', result.end_utc_ms / 1000, 'unixepoch')
		|| format('.%03dZ', result.end_utc_ms % 1000) AS end_time,
	run.start_utc_ms AS start_utc_ms,
	result.end_utc_ms AS end_utc_ms,
	result.duration_us / 1e6 AS duration_s,
	run.start_way AS start_way,
	result.loader AS loader,
	result.rate_asked AS rate_asked,
	result.rate_actual AS rate_actual,
	result.ram_block_bytes AS ram_block_bytes,
	result.data_block_bytes AS data_block_bytes,
	result.pace_bytes AS pace_bytes,
	result.tries AS tries,
	result.rungs AS rungs,
	result.rescued AS rescued,
	result.evidence AS evidence,
	result.suspects AS suspects,
	result.advice AS advice,
	result.raw_bytes AS raw_bytes,
	result.wire_bytes AS wire_bytes,
	result.skipped_bytes AS skipped_bytes,
	result.data_us / 1e6 AS data_s,
	result.detail AS detail,
	result.device_code AS device_code
FROM run
JOIN station USING (station_id)
LEFT JOIN recipe USING (recipe_digest)
LEFT JOIN batch ON batch.batch = run.batch
LEFT JOIN result USING (run_id);
