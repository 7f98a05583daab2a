-- Schema version 2: what a unit carries in its package, and its security state fact by
-- fact. In records of version 1 these are unknown.

ALTER TABLE result ADD COLUMN embedded_flash_bytes INTEGER;
ALTER TABLE result ADD COLUMN embedded_psram_bytes INTEGER;
ALTER TABLE result ADD COLUMN secure_boot INTEGER CHECK (secure_boot IN (0, 1));
ALTER TABLE result ADD COLUMN flash_encryption INTEGER CHECK (flash_encryption IN (0, 1));
ALTER TABLE result ADD COLUMN secure_download INTEGER CHECK (secure_download IN (0, 1));
-- The word of GET_SECURITY_INFO, hex, where the loader has that command.
ALTER TABLE result ADD COLUMN security_flags TEXT;

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
	result.flash_encryption AS flash_encryption,
	result.secure_download AS secure_download,
	result.security_flags AS security_flags,
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
