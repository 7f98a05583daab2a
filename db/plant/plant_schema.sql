-- The plant's ledger, version 1: what all stations of a factory have recorded, in PostgreSQL.
-- docs/plant.md explains it; 'flashline ledger init-server' makes it. Runs as flashline_owner,
-- inside one transaction, with search_path = flashline.
--
-- A station sends the entries of its own ledger (db/ledger/ledger.h) in their order. What it has
-- sent is a fact and is kept whatever it says. Only claims can be refused: they are asked for
-- before a unit is written.

CREATE TABLE setting (
	one        boolean PRIMARY KEY DEFAULT true CHECK (one),
	version    integer NOT NULL, -- of this schema
	oldest     integer NOT NULL, -- the oldest station that it still serves
	plant_id   text NOT NULL,    -- which server this is, for those who were told something by it
	changed_at timestamptz NOT NULL DEFAULT now()
);

-- Where a station's entries come from. base_hash is the hash of the entry before first_seq.
CREATE TABLE chain (
	chain_id    text PRIMARY KEY CHECK (chain_id ~ '^[0-9a-f-]{36}$'),
	first_seq   bigint NOT NULL CHECK (first_seq > 0),
	base_hash   bytea NOT NULL CHECK (length(base_hash) = 32),
	after_chain text,
	host        text NOT NULL,
	opened_at   timestamptz NOT NULL DEFAULT now()
);

-- From which computers and logins a chain was sent.
CREATE TABLE seen (
	chain_id   text NOT NULL,
	host       text NOT NULL,
	login      text NOT NULL,
	program    text NOT NULL,
	first_seen timestamptz NOT NULL DEFAULT now(),
	last_seen  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (chain_id, host, login, program)
);

-- Branch 0 is a chain as it began. A copied or rolled-back database has another history from
-- some entry on: that is one more branch, which shares its parent's entries up to from_seq.
CREATE TABLE branch (
	chain_id  text NOT NULL REFERENCES chain,
	branch    integer NOT NULL CHECK (branch >= 0),
	parent    integer,
	from_seq  bigint NOT NULL,
	from_hash bytea NOT NULL CHECK (length(from_hash) = 32),
	head_seq  bigint NOT NULL,
	head_hash bytea NOT NULL CHECK (length(head_hash) = 32),
	why       text,
	opened_at timestamptz NOT NULL DEFAULT now(),
	moved_at  timestamptz,
	PRIMARY KEY (chain_id, branch),
	CHECK (head_seq >= from_seq)
);

-- An entry of a station's ledger. entry is its text byte by byte, which hash seals together with
-- the hash before; kind, ref and body are read from it. body is NULL where it is not JSON.
CREATE TABLE fact (
	chain_id    text NOT NULL,
	branch      integer NOT NULL,
	seq         bigint NOT NULL,
	utc_ms      bigint NOT NULL,
	kind        text NOT NULL,
	ref         text NOT NULL,
	body        jsonb,
	entry       bytea NOT NULL,
	hash        bytea NOT NULL,
	received_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (chain_id, branch, seq),
	FOREIGN KEY (chain_id, branch) REFERENCES branch
);

-- Of its beginning: an index takes no text of any length, and a fact may have one.
CREATE INDEX fact_by_ref ON fact (left(ref, 200), kind);

-- ---- read from facts ----

CREATE TABLE recipe (
	recipe_digest text PRIMARY KEY,
	name          text NOT NULL,
	revision      bigint,
	product       text NOT NULL, -- the preset, else the recipe's name: what claims are about
	process       text NOT NULL
);

CREATE TABLE run (
	run_id        text PRIMARY KEY,
	chain_id      text NOT NULL,
	branch        integer NOT NULL,
	seq           bigint NOT NULL,
	kind          text NOT NULL,
	recipe_digest text,
	batch         text,
	operator      text,
	serial        text,
	slot          text,
	start_utc_ms  bigint
);

CREATE INDEX run_by_batch ON run (left(batch, 200)) WHERE batch IS NOT NULL;
CREATE INDEX run_by_start ON run (start_utc_ms);

CREATE TABLE result (
	run_id      text PRIMARY KEY,
	chain_id    text NOT NULL,
	branch      integer NOT NULL,
	seq         bigint NOT NULL,
	outcome     text NOT NULL,
	code        text NOT NULL,
	party       text,
	proof       text,
	mac         text,
	generation  integer,
	end_utc_ms  bigint,
	duration_us bigint
);

CREATE INDEX result_by_chain ON result (chain_id, branch, seq);
CREATE INDEX result_by_mac ON result (mac) WHERE mac IS NOT NULL;

CREATE TABLE disposition (
	disposition_id text PRIMARY KEY,
	chain_id       text NOT NULL,
	branch         integer NOT NULL,
	seq            bigint NOT NULL,
	mac            text NOT NULL,
	state          text NOT NULL,
	operator       text,
	reason         text,
	utc_ms         bigint,
	received_at    timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX disposition_by_mac ON disposition (mac, received_at);

-- ---- what stations have asked for, or taken by facts ----

-- Who has a MAC (for a product, a process and a generation) or a serial number (of a product).
-- Asked for before a run writes; passed_run is set once a run with it has passed. A claim whose
-- run did not pass is given back (released_at). told_no: the order in which stations
-- are told of those that passed.
CREATE TABLE claim (
	claim_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind        text NOT NULL CHECK (kind IN ('MAC', 'SERIAL')),
	value       text NOT NULL,
	product     text NOT NULL,
	process     text NOT NULL,
	generation  integer NOT NULL CHECK (generation > 0),
	chain_id    text NOT NULL,
	branch      integer NOT NULL,
	station     text NOT NULL,
	run_id      text NOT NULL,
	mac         text, -- of a serial number: the unit that has it
	passed_run  text,
	passed_seq  bigint,
	told_no     bigint UNIQUE,
	is_fact     boolean NOT NULL DEFAULT false, -- taken by a run that did not ask before
	claimed_at  timestamptz NOT NULL DEFAULT now(),
	released_at timestamptz,
	FOREIGN KEY (chain_id, branch) REFERENCES branch
);

CREATE UNIQUE INDEX claim_one_owner_of_a_mac ON claim (value, product, process, generation)
	WHERE kind = 'MAC' AND released_at IS NULL;
CREATE UNIQUE INDEX claim_one_owner_of_a_serial ON claim (value, product)
	WHERE kind = 'SERIAL' AND released_at IS NULL;
-- Its generations, given back ones too: asked for by every claim, while all others wait.
CREATE INDEX claim_by_value ON claim (value, product, process);
CREATE INDEX claim_by_run ON claim (run_id);
CREATE INDEX claim_by_mac ON claim (mac) WHERE kind = 'SERIAL';

-- Blocks of serial numbers, so that stations can work without the network. No two overlap.
CREATE TABLE lease (
	block_id  text PRIMARY KEY,
	chain_id  text NOT NULL,
	branch    integer NOT NULL,
	product   text NOT NULL,
	prefix    text NOT NULL,
	width     integer NOT NULL CHECK (width BETWEEN 1 AND 18),
	numbers   int8range NOT NULL CHECK (NOT isempty(numbers)),
	leased_at timestamptz NOT NULL DEFAULT now(),
	FOREIGN KEY (chain_id, branch) REFERENCES branch,
	CONSTRAINT lease_blocks_do_not_overlap
		EXCLUDE USING gist (product WITH =, prefix WITH =, numbers WITH &&)
);

-- ---- what a person has to look at ----

-- Two facts that cannot both be right. Both stay; the units are set aside.
CREATE TABLE conflict (
	conflict_no  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind         text NOT NULL CHECK (kind IN ('MAC', 'SERIAL', 'RUN')),
	value        text NOT NULL,
	product      text,
	process      text,
	generation   integer,
	first_chain  text NOT NULL,
	first_branch integer NOT NULL,
	first_run    text NOT NULL,
	first_mac    text,
	second_chain  text NOT NULL,
	second_branch integer NOT NULL,
	second_run    text NOT NULL,
	second_mac    text,
	found_at     timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX conflict_once ON conflict
	(kind, value, first_run, second_run, second_chain, second_branch);
CREATE INDEX conflict_by_first ON conflict (first_chain, conflict_no);
CREATE INDEX conflict_by_second ON conflict (second_chain, conflict_no);

-- A unit in quarantine because of a conflict; a RELEASED disposition that arrives later ends it.
CREATE TABLE quarantine (
	conflict_no bigint NOT NULL REFERENCES conflict,
	mac         text NOT NULL,
	since       timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (conflict_no, mac)
);

CREATE INDEX quarantine_by_mac ON quarantine (mac);

CREATE TABLE alarm (
	alarm_no  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code      text NOT NULL,
	chain_id  text NOT NULL,
	branch    integer NOT NULL,
	seq       bigint NOT NULL,
	detail    text NOT NULL,
	mac       text,
	run_id    text,
	raised_at timestamptz NOT NULL DEFAULT now()
);

-- A station that tries the same again raises no second alarm.
CREATE UNIQUE INDEX alarm_once ON alarm (md5(code || detail), chain_id, branch, seq);

-- ---- append-only: for everybody, its owner included ----

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'records are only added: flashline.% may not be changed', TG_TABLE_NAME
		USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION refuse_other_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	allowed text[] := TG_ARGV;
BEGIN
	IF to_jsonb(OLD) - allowed IS DISTINCT FROM to_jsonb(NEW) - allowed THEN
		RAISE EXCEPTION 'records are only added: only % of flashline.% may move',
			array_to_string(allowed, ', '), TG_TABLE_NAME
			USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;

CREATE FUNCTION refuse_going_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.head_seq <= OLD.head_seq THEN
		RAISE EXCEPTION 'the head of a chain only moves forward'
			USING ERRCODE = 'restrict_violation';
	END IF;
	RETURN NEW;
END $$;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['chain', 'fact', 'recipe', 'run', 'result', 'disposition',
				    'lease', 'conflict', 'quarantine', 'alarm'] LOOP
		EXECUTE format('CREATE TRIGGER no_change BEFORE UPDATE OR DELETE ON %I '
			       'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
	END LOOP;
	FOREACH name IN ARRAY ARRAY['branch', 'claim'] LOOP
		EXECUTE format('CREATE TRIGGER no_delete BEFORE DELETE ON %I '
			       'FOR EACH ROW EXECUTE FUNCTION refuse_change()', name);
	END LOOP;
	FOREACH name IN ARRAY ARRAY['chain', 'branch', 'fact', 'recipe', 'run', 'result', 'disposition',
				    'claim', 'lease', 'conflict', 'quarantine', 'alarm'] LOOP
		EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I '
			       'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
	END LOOP;
END $$;

CREATE TRIGGER only_head BEFORE UPDATE ON branch FOR EACH ROW
	EXECUTE FUNCTION refuse_other_changes('head_seq', 'head_hash', 'moved_at');
CREATE TRIGGER only_forward BEFORE UPDATE ON branch FOR EACH ROW
	EXECUTE FUNCTION refuse_going_back();
CREATE TRIGGER only_what_became_of_it BEFORE UPDATE ON claim FOR EACH ROW
	EXECUTE FUNCTION refuse_other_changes('run_id', 'mac', 'passed_run', 'passed_seq',
					      'told_no', 'released_at');
