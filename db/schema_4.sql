-- Schema version 4: the ledger, and the records around a run: orders, approvals, people,
-- measurements, what was overridden, what became of units, and what a plant shares.

-- Every fact is appended to the ledger, in the transaction that stores it. body is the
-- row of table kind with the key ref, as canonical JSON: what is NULL is left out, so that
-- columns which later versions add do not change it. hash is SHA-256 of prev and of the
-- SHA-256 of the entry's text; db/ledger/ledger.h says it byte by byte.
CREATE TABLE ledger (
	seq    INTEGER PRIMARY KEY,
	utc_ms INTEGER NOT NULL,
	kind   TEXT NOT NULL,
	ref    TEXT NOT NULL,
	body   TEXT NOT NULL,
	prev   BLOB NOT NULL CHECK (length(prev) = 32),
	hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX ledger_by_ref ON ledger (ref, kind);

CREATE TRIGGER ledger_is_gapless BEFORE INSERT ON ledger
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'the ledger has no gaps: the next entry has another number'); END;

-- Where a chain of entries begins: with the database, and again when somebody goes on with
-- a copy of it. first_seq is the entry of this row itself; machine tells computers apart
-- (SHA-256 of /etc/machine-id). adopted facts were there before the ledger was.
CREATE TABLE chain (
	chain_id     TEXT PRIMARY KEY,
	first_seq    INTEGER NOT NULL UNIQUE,
	begun_utc_ms INTEGER NOT NULL,
	host         TEXT NOT NULL,
	machine      TEXT,
	after_chain  TEXT,
	operator     TEXT,
	reason       TEXT,
	adopted      INTEGER NOT NULL CHECK (adopted >= 0)
) STRICT, WITHOUT ROWID;

-- A name that was given with --operator. Declared: nobody checked who typed it.
CREATE TABLE operator (
	name              TEXT PRIMARY KEY,
	first_seen_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A place on the fixture, when it was first used.
CREATE TABLE slot (
	slot              TEXT PRIMARY KEY,
	first_seen_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An order, opened before its first unit. quantity is what is planned; no more than quota
-- units may pass in it. recipe_digest, where set, is the only recipe that may be used in it.
CREATE TABLE batch (
	batch         TEXT PRIMARY KEY,
	work_order    TEXT,
	part_number   TEXT,
	part_revision TEXT,
	customer      TEXT,
	quantity      INTEGER CHECK (quantity > 0),
	quota         INTEGER CHECK (quota > 0),
	recipe_digest TEXT REFERENCES recipe,
	operator      TEXT,
	opened_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What changed about it later; position counts from 1. QUOTA: quota is the new one.
CREATE TABLE batch_change (
	batch    TEXT NOT NULL REFERENCES batch,
	position INTEGER NOT NULL,
	change   TEXT NOT NULL CHECK (change IN ('QUOTA', 'CLOSED', 'REOPENED')),
	quota    INTEGER CHECK (quota > 0),
	operator TEXT NOT NULL,
	reason   TEXT NOT NULL,
	utc_ms   INTEGER NOT NULL,
	PRIMARY KEY (batch, position)
) STRICT, WITHOUT ROWID;

-- What somebody said of a recipe. Of this table, rule and disposition the newest in the ledger
-- counts, whatever the time in it.
CREATE TABLE approval (
	approval_id   TEXT PRIMARY KEY,
	recipe_digest TEXT NOT NULL REFERENCES recipe,
	state         TEXT NOT NULL CHECK (state IN ('APPROVED', 'RETIRED')),
	operator      TEXT NOT NULL,
	reason        TEXT,
	utc_ms        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX approval_by_recipe ON approval (recipe_digest, approval_id);

-- A rule of this station, such as approval = required; of one name the newest counts.
CREATE TABLE rule (
	rule_id  TEXT PRIMARY KEY,
	name     TEXT NOT NULL,
	word     TEXT NOT NULL,
	operator TEXT NOT NULL,
	reason   TEXT NOT NULL,
	utc_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rule_by_name ON rule (name, rule_id);

-- A guard that would have refused a run, and was overridden for it, before anything was
-- written. code is the guard's.
CREATE TABLE override (
	run_id   TEXT NOT NULL REFERENCES run,
	code     TEXT NOT NULL,
	detail   TEXT,
	operator TEXT NOT NULL,
	reason   TEXT NOT NULL,
	utc_ms   INTEGER NOT NULL,
	PRIMARY KEY (run_id, code)
) STRICT, WITHOUT ROWID;

-- What became of a unit outside of runs; the newest counts. RELEASED undoes the others.
CREATE TABLE disposition (
	disposition_id TEXT PRIMARY KEY,
	mac            TEXT NOT NULL,
	state          TEXT NOT NULL CHECK (state IN ('QUARANTINE', 'REWORK', 'SCRAP', 'RMA', 'RELEASED')),
	operator       TEXT,
	reason         TEXT NOT NULL,
	run_id         TEXT REFERENCES run,
	utc_ms         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX disposition_by_mac ON disposition (mac, disposition_id);

-- A value that was measured in a run. low and high are limits where there are any;
-- outcome is then PASS or FAIL, else unknown.
CREATE TABLE measurement (
	run_id   TEXT NOT NULL REFERENCES run,
	position INTEGER NOT NULL,
	step     TEXT,
	name     TEXT NOT NULL,
	value    REAL,
	text     TEXT,
	unit     TEXT,
	low      REAL,
	high     REAL,
	outcome  TEXT CHECK (outcome IN ('PASS', 'FAIL')),
	PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

-- The bytes of a file that belongs to a run, a recipe (as the factory wrote it) or a batch.
CREATE TABLE attachment (
	attachment_id INTEGER PRIMARY KEY,
	sha256        TEXT NOT NULL UNIQUE,
	media_type    TEXT NOT NULL,
	size_bytes    INTEGER NOT NULL,
	content       BLOB NOT NULL
) STRICT;

CREATE TABLE attachment_use (
	use_id   TEXT PRIMARY KEY,
	owner    TEXT NOT NULL CHECK (owner IN ('run', 'recipe', 'batch')),
	ref      TEXT NOT NULL,
	name     TEXT NOT NULL,
	sha256   TEXT NOT NULL REFERENCES attachment (sha256),
	operator TEXT,
	utc_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX attachment_use_by_ref ON attachment_use (ref);

-- Something that a person has to look at, whatever the runs say.
CREATE TABLE alarm (
	alarm_id TEXT PRIMARY KEY,
	code     TEXT NOT NULL,
	detail   TEXT NOT NULL,
	mac      TEXT,
	run_id   TEXT REFERENCES run,
	utc_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Serial numbers first to last (of one prefix, width digits) that the plant's ledger gave to
-- this chain alone, so that it can work without the network.
CREATE TABLE serial_block (
	block_id      TEXT PRIMARY KEY,
	chain_id      TEXT NOT NULL,
	product       TEXT NOT NULL,
	prefix        TEXT NOT NULL,
	width         INTEGER NOT NULL,
	first         INTEGER NOT NULL,
	last          INTEGER NOT NULL CHECK (last >= first),
	leased_utc_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- not in the ledger: what is known about the plant's ledger, not what happened here ----

-- Up to which entry of the ledger a server has everything; the newest counts.
CREATE TABLE outbox (
	server       TEXT NOT NULL,
	chain_id     TEXT NOT NULL,
	up_to_seq    INTEGER NOT NULL,
	acked_utc_ms INTEGER NOT NULL,
	PRIMARY KEY (server, chain_id, up_to_seq)
) STRICT, WITHOUT ROWID;

-- Claims of other stations, as the server told them, so that they hold without the
-- network. plant_seq is the server's number of the claim, in its order.
CREATE TABLE plant_claim (
	server        TEXT NOT NULL,
	plant_seq     INTEGER NOT NULL,
	kind          TEXT NOT NULL CHECK (kind IN ('MAC', 'SERIAL')),
	value         TEXT NOT NULL,
	product       TEXT NOT NULL,
	process       TEXT NOT NULL,
	generation    INTEGER NOT NULL,
	chain_id      TEXT NOT NULL,
	station       TEXT NOT NULL,
	claimed_utc_ms INTEGER NOT NULL,
	PRIMARY KEY (server, plant_seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX plant_claim_by_value ON plant_claim (value);

-- ---- what runs and recipes gained ----

-- The stage of production that a recipe is: yields of two stages are not mixed.
ALTER TABLE recipe ADD COLUMN process TEXT;
-- The unit's serial number as declared before the run.
ALTER TABLE run ADD COLUMN serial TEXT;
CREATE INDEX run_by_serial ON run (serial) WHERE serial IS NOT NULL;
-- How often this MAC was taken through this product and process on purpose: 1 is the
-- first time, more is rework. Unknown in records of earlier versions and where nobody counted.
ALTER TABLE result ADD COLUMN generation INTEGER;

-- The newest runs of a slot, whatever the bridge: 'flashline slots', a slot's trace.
CREATE INDEX run_by_slot_start ON run (slot, start_utc_ms, run_id);
CREATE INDEX run_by_bridge ON run (bridge, start_utc_ms, run_id);
CREATE INDEX run_by_bridge_vid_pid ON run (bridge_vid_pid, start_utc_ms, run_id);
CREATE INDEX run_by_bridge_serial ON run (bridge_serial, start_utc_ms, run_id)
	WHERE bridge_serial IS NOT NULL;
CREATE INDEX result_by_custom_mac ON result (custom_mac) WHERE custom_mac IS NOT NULL;
CREATE INDEX alarm_by_mac ON alarm (mac) WHERE mac IS NOT NULL;
CREATE INDEX alarm_by_run ON alarm (run_id) WHERE run_id IS NOT NULL;

-- Who and where, from the runs that are there already.
INSERT INTO operator SELECT operator, min(start_utc_ms) FROM run
	WHERE operator IS NOT NULL GROUP BY operator;
INSERT INTO slot SELECT slot, min(start_utc_ms) FROM run WHERE slot IS NOT NULL GROUP BY slot;

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
	run.serial AS serial,
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
