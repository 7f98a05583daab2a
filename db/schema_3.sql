-- Schema version 3: how a unit was talked to, why a run failed or had to be rescued, and
-- more of what its chip says. In records of version 1 and 2 these are unknown.

-- The way that the station's memory began this run with; unknown where it began with the
-- best that the bridge and the recipe allow.
ALTER TABLE run ADD COLUMN start_way TEXT;

-- What a slot and a bridge need is asked at every start: newest first.
CREATE INDEX run_by_slot ON run (slot, bridge, start_utc_ms, run_id);

ALTER TABLE result ADD COLUMN custom_mac TEXT;
ALTER TABLE result ADD COLUMN secure_boot_v1 INTEGER CHECK (secure_boot_v1 IN (0, 1));
ALTER TABLE result ADD COLUMN crypt_count INTEGER;
ALTER TABLE result ADD COLUMN key_purposes TEXT;
ALTER TABLE result ADD COLUMN rescued INTEGER CHECK (rescued IN (0, 1));
ALTER TABLE result ADD COLUMN suspects TEXT;
ALTER TABLE result ADD COLUMN advice TEXT;
-- The way of the last try; loader and rate_asked stand in columns of version 1.
ALTER TABLE result ADD COLUMN ram_block_bytes INTEGER;
ALTER TABLE result ADD COLUMN data_block_bytes INTEGER;
ALTER TABLE result ADD COLUMN pace_bytes INTEGER;
-- The status registers of the flash memory, hex.
ALTER TABLE result ADD COLUMN flash_status TEXT;
ALTER TABLE result ADD COLUMN flash_status_set TEXT;

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
LEFT JOIN result USING (run_id);
