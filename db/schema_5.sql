-- Schema version 5: what a station that stands on the line all day adds to a run: its serial
-- number's life, what its unit said after the restart, the labels, and what stopped the line.

-- The life of a serial number; of one product and number the newest counts (the ids sort by
-- time). RESERVED before the run that shall carry it, WRITTEN before the first byte of it may
-- reach a unit, COMMITTED together with the PASS, RETURNED when no byte of it went out and it may
-- be given to another unit, VOID when it may stand on a unit that did not pass: then it is never
-- given out again. A number that was never named here is free.
CREATE TABLE serial_state (
	serial_state_id TEXT PRIMARY KEY,
	product         TEXT NOT NULL,
	serial          TEXT NOT NULL,
	state           TEXT NOT NULL
		CHECK (state IN ('RESERVED', 'WRITTEN', 'COMMITTED', 'RETURNED', 'VOID')),
	source          TEXT NOT NULL
		CHECK (source IN ('RANGE', 'CSV', 'PLANT', 'SCAN', 'MAC', 'TYPED')),
	run_id          TEXT,
	mac             TEXT,
	operator        TEXT,
	reason          TEXT,
	utc_ms          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX serial_state_by_serial ON serial_state (product, serial, serial_state_id);
CREATE INDEX serial_state_by_run ON serial_state (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX serial_state_by_mac ON serial_state (mac) WHERE mac IS NOT NULL;
CREATE UNIQUE INDEX serial_is_committed_once ON serial_state (product, serial)
	WHERE state = 'COMMITTED';

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

-- Counting the outcomes of all runs without reading their rows.
CREATE INDEX result_by_run_outcome ON result (run_id, outcome, mac);
