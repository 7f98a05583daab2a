-- The functions and views of the plant's ledger: all that a station may do, and all that a reader
-- may see. Replaced as a whole by every 'flashline ledger init-server'. Runs as flashline_owner
-- with search_path = flashline.
--
-- Stations have no right on any table. Every function that they may call has a fixed
-- search_path and runs as flashline_owner (SECURITY DEFINER). Parameters are p_, variables v_.

-- What a version before had goes first, so that a function may change what it returns. Triggers
-- keep theirs, and views those that they call.
DO $$
DECLARE
	v record;
BEGIN
	FOR v IN SELECT p.oid::regprocedure AS name FROM pg_proc p
		WHERE p.pronamespace = 'flashline'::regnamespace
			AND p.prorettype <> 'trigger'::regtype
			AND p.proname NOT IN ('host_of', 'held_by')
			AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid
				AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e')
	LOOP
		EXECUTE 'DROP FUNCTION ' || v.name;
	END LOOP;
END $$;

-- ---- reading an entry ----

-- A station keeps texts byte by byte, also such that are not UTF-8. NULL: there is a zero byte.
CREATE OR REPLACE FUNCTION readable(p_bytes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
BEGIN
	RETURN convert_from(p_bytes, 'UTF8');
EXCEPTION WHEN others THEN
	BEGIN
		RETURN convert_from(p_bytes, 'LATIN1');
	EXCEPTION WHEN others THEN
		RETURN NULL;
	END;
END $$;

-- What an entry consists of: number, time, kind, ref, body. A ref may have lines, a body is one.
-- NULL: it is no entry. Not a regular expression, because a body may have megabytes.
CREATE OR REPLACE FUNCTION parts_of(p_entry bytea) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
DECLARE
	v text[] := string_to_array(readable(p_entry), E'\n');
	v_last integer := cardinality(v);
BEGIN
	IF v_last >= 5 AND v[1] ~ '^[0-9]{1,18}$' AND v[2] ~ '^-?[0-9]{1,18}$'
			AND v[3] ~ '^[a-z_]{1,100}$' THEN
		RETURN ARRAY[v[1], v[2], v[3], array_to_string(v[4:v_last - 1], E'\n'), v[v_last]];
	END IF;
	RETURN NULL;
END $$;

-- jsonb knows no \u0000; the entry itself keeps it.
CREATE OR REPLACE FUNCTION json_or_null(p_text text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
BEGIN
	RETURN p_text::jsonb;
EXCEPTION WHEN others THEN
	BEGIN
		RETURN replace(p_text, '\u0000', '?')::jsonb;
	EXCEPTION WHEN others THEN
		RETURN NULL;
	END;
END $$;

-- A number of a body; NULL where there is none, or something else than a whole number.
CREATE OR REPLACE FUNCTION whole(p_body jsonb, p_name text) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT CASE WHEN p_body ->> p_name ~ '^-?[0-9]{1,18}$' THEN (p_body ->> p_name)::bigint END
$$;

-- ---- chains and branches ----

-- Is (chain, branch) there? Else the caller has to open it first.
CREATE OR REPLACE FUNCTION need_branch(p_chain text, p_branch integer) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM branch WHERE chain_id = p_chain AND branch = p_branch) THEN
		RAISE EXCEPTION 'chain % has no branch %: open it first', p_chain, p_branch
			USING ERRCODE = 'foreign_key_violation';
	END IF;
END $$;

CREATE OR REPLACE FUNCTION host_of(p_chain text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT host FROM chain WHERE chain_id = p_chain
$$;

-- Does the history of branch p_mine contain entry p_seq of branch p_other?
CREATE OR REPLACE FUNCTION shares(p_chain text, p_mine integer, p_other integer, p_seq bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
DECLARE
	v_at integer := p_mine;
	v_branch branch%ROWTYPE;
BEGIN
	WHILE v_at IS NOT NULL LOOP
		IF v_at = p_other THEN
			RETURN true;
		END IF;
		SELECT * INTO v_branch FROM branch WHERE chain_id = p_chain AND branch = v_at;
		IF NOT FOUND OR p_seq IS NULL OR v_branch.from_seq < p_seq THEN
			RETURN false;
		END IF;
		v_at := v_branch.parent;
	END LOOP;
	RETURN false;
END $$;

-- Who is there, and do we speak the same version?
CREATE OR REPLACE FUNCTION hello(p_version integer, p_chain text, p_host text, p_program text,
	OUT version integer, OUT oldest integer, OUT plant_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
BEGIN
	SELECT s.version, s.oldest, s.plant_id INTO version, oldest, plant_id FROM setting s;
	IF p_version >= oldest AND p_chain IS NOT NULL THEN
		INSERT INTO seen (chain_id, host, login, program)
			VALUES (p_chain, p_host, session_user, p_program)
			ON CONFLICT (chain_id, host, login, program) DO UPDATE SET last_seen = now();
	END IF;
END $$;

-- The same again changes nothing.
CREATE OR REPLACE FUNCTION open_chain(p_chain text, p_first_seq bigint, p_base_hash bytea,
	p_after text, p_host text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO chain (chain_id, first_seq, base_hash, after_chain, host)
		VALUES (p_chain, p_first_seq, p_base_hash, p_after, p_host)
		ON CONFLICT DO NOTHING;
	INSERT INTO branch (chain_id, branch, from_seq, from_hash, head_seq, head_hash)
		VALUES (p_chain, 0, p_first_seq - 1, p_base_hash, p_first_seq - 1, p_base_hash)
		ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION heads(p_chain text)
RETURNS TABLE (branch integer, parent integer, from_seq bigint, head_seq bigint, head_hash bytea,
	why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT branch, parent, from_seq, head_seq, head_hash, why FROM branch
		WHERE chain_id = p_chain ORDER BY branch
$$;

-- The hash of an entry in the history of a branch; NULL when it is not in it.
CREATE OR REPLACE FUNCTION hash_at(p_chain text, p_branch integer, p_seq bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
DECLARE
	v_at integer := p_branch;
	v_branch branch%ROWTYPE;
BEGIN
	LOOP
		SELECT * INTO v_branch FROM branch WHERE chain_id = p_chain AND branch = v_at;
		IF NOT FOUND OR p_seq > v_branch.head_seq THEN
			RETURN NULL;
		END IF;
		IF p_seq = v_branch.from_seq THEN
			RETURN v_branch.from_hash;
		END IF;
		IF p_seq > v_branch.from_seq THEN
			RETURN (SELECT hash FROM fact
				WHERE chain_id = p_chain AND branch = v_at AND seq = p_seq);
		END IF;
		IF v_branch.parent IS NULL THEN
			RETURN NULL;
		END IF;
		v_at := v_branch.parent;
	END LOOP;
END $$;

-- A history that leaves p_parent's after p_seq: kept beside it, with an alarm. p_why is FORKED or
-- ROLLED_BACK. Asked again before an entry came, it is the same branch.
CREATE OR REPLACE FUNCTION open_branch(p_chain text, p_parent integer, p_seq bigint, p_hash bytea,
	p_why text, p_detail text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_branch integer;
BEGIN
	PERFORM 1 FROM chain WHERE chain_id = p_chain FOR NO KEY UPDATE;
	IF hash_at(p_chain, p_parent, p_seq) IS DISTINCT FROM p_hash THEN
		RAISE EXCEPTION 'entry % is not in branch % of chain %', p_seq, p_parent, p_chain
			USING ERRCODE = 'foreign_key_violation';
	END IF;
	IF p_why NOT IN ('FORKED', 'ROLLED_BACK') THEN
		RAISE EXCEPTION 'a branch is FORKED or ROLLED_BACK'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT branch INTO v_branch FROM branch
		WHERE chain_id = p_chain AND branch > 0 AND head_seq = from_seq
			AND from_seq = p_seq AND from_hash = p_hash;
	IF FOUND THEN
		RETURN v_branch;
	END IF;
	SELECT max(branch) + 1 INTO v_branch FROM branch WHERE chain_id = p_chain;
	INSERT INTO branch (chain_id, branch, parent, from_seq, from_hash, head_seq, head_hash, why)
		VALUES (p_chain, v_branch, p_parent, p_seq, p_hash, p_seq, p_hash, p_why);
	INSERT INTO alarm (code, chain_id, branch, seq, detail)
		VALUES (p_why, p_chain, v_branch, p_seq, p_detail) ON CONFLICT DO NOTHING;
	RETURN v_branch;
END $$;

-- ---- claims ----

-- One at a time in the whole plant: the numbers in which claims are told have no gap that fills
-- later, and two stations never both find nothing.
CREATE OR REPLACE FUNCTION lock_claims() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT pg_advisory_xact_lock(4711, hashtext('flashline.claim'))
$$;

CREATE OR REPLACE FUNCTION next_told_no() RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT coalesce(max(told_no), 0) + 1 FROM claim
$$;

CREATE OR REPLACE FUNCTION utc_words(p_at timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')
$$;

-- The conflict that keeps a unit in quarantine; NULL when none does. A release ends it that arrived
-- later; of a station with a part in the conflict, one that it recorded after it had been told of
-- it, because what it released while the network was away was something else.
CREATE OR REPLACE FUNCTION held_by(p_mac text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT max(q.conflict_no) FROM quarantine q
		JOIN conflict c USING (conflict_no)
		WHERE q.mac = p_mac AND NOT EXISTS (SELECT 1 FROM disposition d
			WHERE d.mac = q.mac AND d.state = 'RELEASED' AND d.received_at > q.since
				AND (d.chain_id NOT IN (c.first_chain, c.second_chain)
				     OR EXISTS (SELECT 1 FROM alarm a WHERE a.chain_id = d.chain_id
					AND a.seq < d.seq
					AND a.code = 'PLANT_CONFLICT' AND starts_with(a.detail,
						format('conflict %s of the plant:', c.conflict_no)))))
$$;

-- The other station's block that a serial number is out of; NULL when it is in none.
CREATE OR REPLACE FUNCTION block_barrier(p_chain text, p_branch integer, p_value text,
	p_product text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_lease lease%ROWTYPE;
BEGIN
	SELECT l.* INTO v_lease FROM lease l
		WHERE l.product = p_product AND starts_with(p_value, l.prefix)
			AND substr(p_value, length(l.prefix) + 1) ~ '^[0-9]{1,18}$'
			AND length(p_value) = length(l.prefix) + l.width
			AND l.numbers @> CASE WHEN substr(p_value, length(l.prefix) + 1) ~ '^[0-9]{1,18}$'
				THEN substr(p_value, length(l.prefix) + 1)::bigint END
			AND NOT (l.chain_id = p_chain AND l.branch = p_branch)
		LIMIT 1;
	IF FOUND THEN
		RETURN format('station %s, %s, block %s', host_of(v_lease.chain_id),
			utc_words(v_lease.leased_at), v_lease.block_id);
	END IF;
	RETURN NULL;
END $$;

-- GRANTED; REFUSED, by its owner; HELD, a MAC in quarantine, whoever asks for whatever reason
-- (p_is_released: a person has decided about that on the spot, by name).
CREATE OR REPLACE FUNCTION claim_value(p_kind text, p_chain text, p_branch integer, p_value text,
	p_product text, p_process text, p_run text, p_rework boolean, p_is_released boolean,
	OUT answer text, OUT generation integer, OUT owner text)
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_claim claim%ROWTYPE;
	v_found boolean;
	v_is_mine boolean;
	v_next integer;
BEGIN
	PERFORM need_branch(p_chain, p_branch);
	PERFORM lock_claims();
	SELECT * INTO v_claim FROM claim
		WHERE kind = p_kind AND value = p_value AND product = p_product AND process = p_process
			AND released_at IS NULL
		ORDER BY generation DESC LIMIT 1;
	v_found := FOUND;
	v_is_mine := v_found AND v_claim.chain_id = p_chain
		AND shares(p_chain, p_branch, v_claim.branch,
			   CASE WHEN v_claim.branch = p_branch THEN NULL ELSE v_claim.passed_seq END);
	IF v_is_mine AND v_claim.run_id = p_run THEN
		answer := 'GRANTED';
		generation := v_claim.generation;
		RETURN;
	END IF;
	IF p_kind = 'MAC' AND NOT p_is_released THEN
		owner := 'conflict ' || held_by(p_value);
		IF owner IS NOT NULL THEN
			answer := 'HELD';
			RETURN;
		END IF;
	END IF;
	IF NOT p_rework THEN
		IF p_kind = 'SERIAL' THEN
			owner := block_barrier(p_chain, p_branch, p_value, p_product);
		END IF;
		IF owner IS NULL AND v_found AND NOT v_is_mine THEN
			owner := format('station %s, %s, run %s', v_claim.station,
					utc_words(v_claim.claimed_at), v_claim.run_id);
		END IF;
		IF owner IS NOT NULL THEN
			answer := 'REFUSED';
			RETURN;
		END IF;
	END IF;
	answer := 'GRANTED';
	IF v_is_mine AND (NOT p_rework OR v_claim.passed_run IS NULL) THEN
		UPDATE claim SET run_id = p_run WHERE claim_no = v_claim.claim_no;
		generation := v_claim.generation;
		RETURN;
	END IF;
	SELECT coalesce(max(c.generation) FILTER (WHERE c.passed_run IS NOT NULL
			OR c.released_at IS NULL), 0) + 1 INTO v_next
		FROM claim c WHERE c.kind = p_kind AND c.value = p_value
			AND c.product = p_product AND c.process = p_process;
	-- A serial number stays the unit's through its rework: it changes hands.
	IF p_kind = 'SERIAL' AND v_found THEN
		UPDATE claim SET released_at = now() WHERE claim_no = v_claim.claim_no;
	END IF;
	INSERT INTO claim (kind, value, product, process, generation, chain_id, branch, station,
			   run_id, mac)
		VALUES (p_kind, p_value, p_product, p_process, v_next, p_chain, p_branch,
			host_of(p_chain), p_run, v_claim.mac);
	generation := v_next;
END $$;

CREATE OR REPLACE FUNCTION claim_mac(p_chain text, p_branch integer, p_mac text, p_product text,
	p_process text, p_run text, p_rework boolean, p_is_released boolean,
	OUT answer text, OUT generation integer, OUT owner text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT * FROM claim_value('MAC', p_chain, p_branch, p_mac, p_product, p_process, p_run, p_rework,
		p_is_released)
$$;

-- Of a product, whatever the process.
CREATE OR REPLACE FUNCTION claim_serial(p_chain text, p_branch integer, p_serial text,
	p_product text, p_run text, p_rework boolean,
	OUT answer text, OUT generation integer, OUT owner text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT * FROM claim_value('SERIAL', p_chain, p_branch, p_serial, p_product, '', p_run, p_rework,
		false)
$$;

CREATE OR REPLACE FUNCTION claims_head() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT coalesce(max(told_no), 0) FROM claim
$$;

-- What other stations have passed, in the order of told_no, after p_after up to p_to.
CREATE OR REPLACE FUNCTION claims_since(p_chain text, p_branch integer, p_after bigint, p_to bigint,
	p_limit integer)
RETURNS TABLE (told_no bigint, kind text, value text, product text, process text,
	generation integer, chain_id text, station text, claimed_utc_ms bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT c.told_no, c.kind, c.value, c.product, c.process, c.generation, c.chain_id, c.station,
		(extract(epoch FROM c.claimed_at) * 1000)::bigint
	FROM claim c
	WHERE c.told_no > p_after AND c.told_no <= p_to
		AND NOT (c.chain_id = p_chain AND c.branch = p_branch)
	ORDER BY c.told_no LIMIT least(p_limit, 10000)
$$;

-- ---- serial numbers in blocks ----

-- The next free block. The same p_block again is the same block, so a lost answer loses nothing.
-- p_width 0: as the last block of this prefix, else 6 digits.
CREATE OR REPLACE FUNCTION lease_block(p_chain text, p_branch integer, p_block text, p_product text,
	p_prefix text, p_width integer, p_units bigint,
	OUT answer text, OUT width integer, OUT first bigint, OUT last bigint, OUT leased_utc_ms bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_known integer;
	v_used bigint;
	v_other lease%ROWTYPE;
BEGIN
	PERFORM need_branch(p_chain, p_branch);
	IF (p_units BETWEEN 1 AND 100000000 AND p_width BETWEEN 0 AND 18) IS NOT TRUE THEN
		RAISE EXCEPTION 'a block has 1 to 100000000 numbers of 1 to 18 digits'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM lock_claims();
	IF NOT EXISTS (SELECT 1 FROM lease WHERE block_id = p_block) THEN
		SELECT l.width INTO v_known FROM lease l
			WHERE l.product = p_product AND l.prefix = p_prefix LIMIT 1;
		width := coalesce(v_known, nullif(p_width, 0), 6);
		IF p_width NOT IN (0, width) THEN
			answer := format('the serial numbers of %s with the prefix %s have %s digits',
					 p_product, p_prefix, width);
			RETURN;
		END IF;
		-- 'A-0' with 5 digits and 'A-' with 6 are the same texts.
		SELECT l.* INTO v_other FROM lease l
			WHERE l.product = p_product AND l.prefix <> p_prefix
				AND length(l.prefix) + l.width = length(p_prefix) + lease_block.width
				AND (substr(l.prefix, length(p_prefix) + 1) ~ '^[0-9]+$'
					AND starts_with(l.prefix, p_prefix)
				     OR substr(p_prefix, length(l.prefix) + 1) ~ '^[0-9]+$'
					AND starts_with(p_prefix, l.prefix))
			LIMIT 1;
		IF FOUND THEN
			answer := format('%s with %s digits makes serial numbers of the prefix %s with %s '
					 'digits, which are leased already: take that one, or another',
					 p_prefix, width, v_other.prefix, v_other.width);
			RETURN;
		END IF;
		-- Behind all blocks, and behind all numbers that were taken without one.
		SELECT coalesce(max(upper(l.numbers)), 1) INTO first FROM lease l
			WHERE l.product = p_product AND l.prefix = p_prefix;
		SELECT max(substr(c.value, length(p_prefix) + 1)::bigint) INTO v_used FROM claim c
			WHERE c.kind = 'SERIAL' AND c.product = p_product
				AND length(c.value) = length(p_prefix) + width
				AND starts_with(c.value, p_prefix)
				AND CASE WHEN length(c.value) = length(p_prefix) + width
					THEN substr(c.value, length(p_prefix) + 1) ~ '^[0-9]{1,18}$' END;
		first := greatest(first, v_used + 1);
		last := first + p_units - 1;
		IF length(last::text) > width THEN
			answer := format('%s has no %s numbers of %s digits left for %s: take another prefix',
					 p_prefix, p_units, width, p_product);
			RETURN;
		END IF;
		INSERT INTO lease (block_id, chain_id, branch, product, prefix, width, numbers)
			VALUES (p_block, p_chain, p_branch, p_product, p_prefix, width,
				int8range(first, last, '[]'));
	END IF;
	SELECT 'LEASED', l.width, lower(l.numbers), upper(l.numbers) - 1,
		(extract(epoch FROM l.leased_at) * 1000)::bigint
		INTO answer, width, first, last, leased_utc_ms FROM lease l
		WHERE l.block_id = p_block AND l.chain_id = p_chain AND l.branch = p_branch;
	IF NOT FOUND THEN
		answer := 'this block belongs to another station';
	END IF;
END $$;

CREATE OR REPLACE FUNCTION leases_of(p_chain text, p_branch integer)
RETURNS TABLE (block_id text, product text, prefix text, width integer, first bigint, last bigint,
	leased_utc_ms bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT block_id, product, prefix, width, lower(numbers), upper(numbers) - 1,
		(extract(epoch FROM leased_at) * 1000)::bigint
	FROM lease WHERE chain_id = p_chain AND branch = p_branch ORDER BY leased_at, block_id
$$;

-- ---- facts ----

CREATE OR REPLACE FUNCTION note_conflict(p_kind text, p_value text, p_product text, p_process text,
	p_generation integer, p_first_chain text, p_first_branch integer, p_first_run text,
	p_first_mac text, p_second_chain text, p_second_branch integer, p_second_run text,
	p_second_mac text, p_seq bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_no bigint;
BEGIN
	INSERT INTO conflict (kind, value, product, process, generation, first_chain, first_branch,
			      first_run, first_mac, second_chain, second_branch, second_run, second_mac)
		VALUES (p_kind, p_value, p_product, p_process, p_generation, p_first_chain,
			p_first_branch, p_first_run, p_first_mac, p_second_chain, p_second_branch,
			p_second_run, p_second_mac)
		ON CONFLICT DO NOTHING RETURNING conflict_no INTO v_no;
	IF v_no IS NULL THEN
		RETURN;
	END IF;
	INSERT INTO quarantine (conflict_no, mac)
		SELECT DISTINCT v_no, m FROM unnest(ARRAY[p_first_mac, p_second_mac]) m
		WHERE m IS NOT NULL;
	INSERT INTO alarm (code, chain_id, branch, seq, mac, run_id, detail)
		VALUES ('CONFLICT_' || p_kind, p_second_chain, p_second_branch, p_seq, p_second_mac,
			p_second_run,
			format('conflict %s: %s %s %s: run %s of station %s, and run %s of station %s',
			       v_no, p_kind, p_value,
			       CASE p_kind WHEN 'RUN' THEN 'was sent twice with different facts'
					   WHEN 'MAC' THEN 'passed twice'
					   ELSE 'is on two units' END,
			       p_first_run, host_of(p_first_chain), p_second_run,
			       host_of(p_second_chain)))
		ON CONFLICT DO NOTHING;
END $$;

-- A run passed with this MAC: its claim is kept for good, or somebody else has it.
CREATE OR REPLACE FUNCTION pass_mac(p_result result, p_product text, p_process text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_claim claim%ROWTYPE;
	v_found boolean;
BEGIN
	-- Without a generation (nobody asked): the newest that is ours, else the newest.
	SELECT c.* INTO v_claim FROM claim c
		WHERE c.kind = 'MAC' AND c.value = p_result.mac AND c.product = p_product
			AND c.process = p_process AND c.released_at IS NULL
			AND (p_result.generation IS NULL OR c.generation = p_result.generation)
		ORDER BY (c.chain_id = p_result.chain_id AND c.branch = p_result.branch) DESC,
			c.generation DESC LIMIT 1;
	v_found := FOUND;
	IF v_found AND v_claim.chain_id = p_result.chain_id
			AND shares(p_result.chain_id, p_result.branch, v_claim.branch,
				   CASE WHEN v_claim.branch = p_result.branch THEN NULL
				   ELSE v_claim.passed_seq END) THEN
		IF v_claim.passed_run IS NULL THEN
			UPDATE claim SET passed_run = p_result.run_id, passed_seq = p_result.seq,
				run_id = p_result.run_id, told_no = next_told_no()
				WHERE claim_no = v_claim.claim_no;
		END IF;
		RETURN;
	END IF;
	IF v_found AND v_claim.passed_run IS NOT NULL THEN
		PERFORM note_conflict('MAC', p_result.mac, p_product, p_process, v_claim.generation,
			v_claim.chain_id, v_claim.branch, v_claim.passed_run, p_result.mac,
			p_result.chain_id, p_result.branch, p_result.run_id, p_result.mac, p_result.seq);
		RETURN;
	END IF;
	-- Asked for by another station, which has not passed it: the fact counts.
	IF v_found THEN
		UPDATE claim SET released_at = now() WHERE claim_no = v_claim.claim_no;
	END IF;
	INSERT INTO claim (kind, value, product, process, generation, chain_id, branch, station,
			   run_id, mac, passed_run, passed_seq, told_no, is_fact)
		VALUES ('MAC', p_result.mac, p_product, p_process,
			coalesce(p_result.generation, v_claim.generation, 1), p_result.chain_id,
			p_result.branch, host_of(p_result.chain_id), p_result.run_id, p_result.mac,
			p_result.run_id, p_result.seq, next_told_no(), true);
END $$;

-- The same for its serial number: one unit, whatever the process.
CREATE OR REPLACE FUNCTION pass_serial(p_result result, p_serial text, p_product text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_claim claim%ROWTYPE;
BEGIN
	SELECT c.* INTO v_claim FROM claim c
		WHERE c.kind = 'SERIAL' AND c.value = p_serial AND c.product = p_product
			AND c.released_at IS NULL;
	IF FOUND AND v_claim.mac <> p_result.mac THEN
		PERFORM note_conflict('SERIAL', p_serial, p_product, NULL, v_claim.generation,
			v_claim.chain_id, v_claim.branch, v_claim.run_id, v_claim.mac,
			p_result.chain_id, p_result.branch, p_result.run_id, p_result.mac, p_result.seq);
		RETURN;
	END IF;
	IF v_claim.passed_run IS NOT NULL THEN
		RETURN; -- the same unit again
	END IF;
	IF v_claim.claim_no IS NOT NULL AND v_claim.chain_id = p_result.chain_id
			AND v_claim.branch = p_result.branch THEN
		UPDATE claim SET passed_run = p_result.run_id, passed_seq = p_result.seq,
			run_id = p_result.run_id, mac = p_result.mac, told_no = next_told_no()
			WHERE claim_no = v_claim.claim_no;
		RETURN;
	END IF;
	UPDATE claim SET released_at = now() WHERE claim_no = v_claim.claim_no;
	INSERT INTO claim (kind, value, product, process, generation, chain_id, branch, station,
			   run_id, mac, passed_run, passed_seq, told_no, is_fact)
		VALUES ('SERIAL', p_serial, p_product, '', coalesce(v_claim.generation, 1),
			p_result.chain_id, p_result.branch, host_of(p_result.chain_id), p_result.run_id,
			p_result.mac, p_result.run_id, p_result.seq, next_told_no(), true);
END $$;

-- A serial number goes into a unit, and may stand on it from now on, whatever becomes of the run: the
-- claim is that unit's, and made now where the station could not ask.
CREATE OR REPLACE FUNCTION write_serial(p_chain text, p_branch integer, p_serial text, p_product text,
	p_run text, p_mac text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_claim claim%ROWTYPE;
BEGIN
	IF p_serial IS NULL OR p_product IS NULL OR p_run IS NULL OR p_mac IS NULL THEN
		RETURN;
	END IF;
	SELECT c.* INTO v_claim FROM claim c
		WHERE c.kind = 'SERIAL' AND c.value = p_serial AND c.product = p_product
			AND c.released_at IS NULL;
	IF NOT FOUND THEN
		INSERT INTO claim (kind, value, product, process, generation, chain_id, branch, station,
				   run_id, mac, is_fact)
			VALUES ('SERIAL', p_serial, p_product, '', 1, p_chain, p_branch,
				host_of(p_chain), p_run, p_mac, true);
	ELSIF v_claim.chain_id = p_chain AND v_claim.branch = p_branch AND v_claim.mac IS NULL THEN
		UPDATE claim SET mac = p_mac WHERE claim_no = v_claim.claim_no;
	END IF;
END $$;

-- What the entries p_from .. p_to mean.
CREATE OR REPLACE FUNCTION derive(p_chain text, p_branch integer, p_from bigint, p_to bigint)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v record;
	v_result result%ROWTYPE;
BEGIN
	INSERT INTO alarm (code, chain_id, branch, seq, detail)
		SELECT 'NOT_UNDERSTOOD', p_chain, p_branch, seq, 'its body is not JSON'
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND body IS NULL
		ON CONFLICT DO NOTHING;
	INSERT INTO alarm (code, chain_id, branch, seq, detail, mac, run_id)
		SELECT coalesce(body ->> 'code', ''), p_chain, p_branch, seq,
			coalesce(body ->> 'detail', ''), body ->> 'mac', body ->> 'run_id'
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'alarm'
		ON CONFLICT DO NOTHING;
	IF NOT EXISTS (SELECT 1 FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to
			AND kind IN ('recipe', 'run', 'result', 'disposition', 'serial_state')) THEN
		RETURN;
	END IF;

	-- From here on rows are written that other chains may write, too: a copy sends the same runs,
	-- every station the same recipes. One at a time, so nobody waits in a circle.
	PERFORM lock_claims();
	INSERT INTO recipe (recipe_digest, name, revision, product, process)
		SELECT ref, coalesce(body ->> 'name', ''), whole(body, 'revision'),
			coalesce(body ->> 'product', body ->> 'name', ''),
			coalesce(body ->> 'process', 'FLASH')
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'recipe'
		ON CONFLICT DO NOTHING;
	INSERT INTO run (run_id, chain_id, branch, seq, kind, recipe_digest, batch, operator, serial,
			 slot, start_utc_ms)
		SELECT ref, p_chain, p_branch, seq, coalesce(body ->> 'kind', ''),
			body ->> 'recipe_digest', body ->> 'batch', body ->> 'operator',
			body ->> 'serial', body ->> 'slot', whole(body, 'start_utc_ms')
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'run'
		ON CONFLICT DO NOTHING;
	INSERT INTO disposition (disposition_id, chain_id, branch, seq, mac, state, operator, reason,
				 utc_ms)
		SELECT ref, p_chain, p_branch, seq, coalesce(body ->> 'mac', ''), coalesce(body ->> 'state', ''),
			body ->> 'operator', body ->> 'reason', utc_ms
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'disposition'
		ON CONFLICT DO NOTHING;
	INSERT INTO result (run_id, chain_id, branch, seq, outcome, code, party, proof, mac,
			    generation, end_utc_ms, duration_us)
		SELECT ref, p_chain, p_branch, seq, coalesce(body ->> 'outcome', ''),
			coalesce(body ->> 'code', ''), body ->> 'party', body ->> 'proof',
			body ->> 'mac',
			CASE WHEN whole(body, 'generation') BETWEEN 1 AND 1000000
				THEN whole(body, 'generation')::integer END,
			whole(body, 'end_utc_ms'), whole(body, 'duration_us')
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'result'
		ON CONFLICT DO NOTHING;
	-- A run id that somebody else has sent before: the same facts (two copies of an old
	-- database) are no conflict. All that is seen here was sent before, whatever its
	-- received_at says, which is when its transaction began.
	FOR v IN
		SELECT f.ref, f.seq, f.kind, o.chain_id AS other_chain, o.branch AS other_branch
		FROM fact f
		JOIN fact o ON left(o.ref, 200) = left(f.ref, 200) AND o.ref = f.ref AND o.kind = f.kind
			AND (o.chain_id, o.branch, o.seq) <> (f.chain_id, f.branch, f.seq)
		WHERE f.chain_id = p_chain AND f.branch = p_branch AND f.seq BETWEEN p_from AND p_to
			AND f.kind IN ('run', 'result')
			AND o.body - 'station_id' IS DISTINCT FROM f.body - 'station_id'
	LOOP
		PERFORM note_conflict('RUN', v.ref, NULL, NULL, NULL, v.other_chain, v.other_branch,
			v.ref, NULL, p_chain, p_branch, v.ref, NULL, v.seq);
	END LOOP;

	FOR v IN
		SELECT body ->> 'serial' AS serial, body ->> 'product' AS product,
			body ->> 'run_id' AS run_id, body ->> 'mac' AS mac
		FROM fact WHERE chain_id = p_chain AND branch = p_branch
			AND seq BETWEEN p_from AND p_to AND kind = 'serial_state'
			AND body ->> 'state' = 'WRITTEN'
		ORDER BY seq
	LOOP
		PERFORM write_serial(p_chain, p_branch, v.serial, v.product, v.run_id, v.mac);
	END LOOP;
	-- A serial number that may stand on a unit is not given back.
	UPDATE claim c SET released_at = now()
		FROM result r
		WHERE r.chain_id = p_chain AND r.branch = p_branch AND r.seq BETWEEN p_from AND p_to
			AND r.outcome <> 'PASS' AND c.run_id = r.run_id AND c.chain_id = p_chain
			AND c.passed_run IS NULL AND c.released_at IS NULL
			AND (c.kind = 'MAC' OR c.mac IS NULL);
	FOR v IN
		SELECT r AS result, run.serial, coalesce(recipe.product, '') AS product,
			coalesce(recipe.process, 'FLASH') AS process
		FROM result r JOIN run USING (run_id) LEFT JOIN recipe USING (recipe_digest)
		WHERE r.chain_id = p_chain AND r.branch = p_branch AND r.seq BETWEEN p_from AND p_to
			AND r.outcome = 'PASS' AND r.mac IS NOT NULL AND run.kind = 'FLASH'
		ORDER BY r.seq
	LOOP
		v_result := v.result;
		PERFORM pass_mac(v_result, v.product, v.process);
		IF v.serial IS NOT NULL THEN
			PERFORM pass_serial(v_result, v.serial, v.product);
		END IF;
	END LOOP;
	-- Numbers that the station gave when it knew the unit: its run was recorded before.
	FOR v IN
		SELECT r AS result, f.body ->> 'serial' AS serial, f.body ->> 'product' AS product
		FROM fact f JOIN result r ON r.run_id = f.body ->> 'run_id' JOIN run USING (run_id)
		WHERE f.chain_id = p_chain AND f.branch = p_branch AND f.seq BETWEEN p_from AND p_to
			AND f.kind = 'serial_state' AND f.body ->> 'state' = 'COMMITTED'
			AND r.chain_id = p_chain AND r.branch = p_branch
			AND r.outcome = 'PASS' AND r.mac IS NOT NULL AND run.kind = 'FLASH'
			AND run.serial IS DISTINCT FROM f.body ->> 'serial'
		ORDER BY f.seq
	LOOP
		v_result := v.result;
		PERFORM pass_serial(v_result, v.serial, v.product);
	END LOOP;
END $$;

-- The same, whatever they say: what cannot be understood stays a fact, with an alarm.
CREATE OR REPLACE FUNCTION derive_all(p_chain text, p_branch integer, p_from bigint, p_to bigint)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, flashline, pg_temp AS $$
BEGIN
	PERFORM derive(p_chain, p_branch, p_from, p_to);
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
	FOR v_seq IN p_from .. p_to LOOP
		BEGIN
			PERFORM derive(p_chain, p_branch, v_seq, v_seq);
		EXCEPTION WHEN data_exception OR integrity_constraint_violation
				OR program_limit_exceeded THEN
			INSERT INTO alarm (code, chain_id, branch, seq, detail)
				VALUES ('NOT_UNDERSTOOD', p_chain, p_branch, v_seq, SQLERRM)
				ON CONFLICT DO NOTHING;
		END;
	END LOOP;
END $$;

-- Entries p_from and on, in their order. Once and for all: what is there already is compared
-- and left out; what does not fit says why and changes nothing.
--   OK        all of it is there; head_seq is the last number
--   GAP       entries before p_from are missing: go on at head_seq + 1
--   FORKED    another history is there: look for the common one
--   TAMPERED  an entry is not what its hash says; those before it were not stored either
CREATE OR REPLACE FUNCTION ingest(p_chain text, p_branch integer, p_from bigint, p_entries bytea[],
	p_hashes bytea[], OUT answer text, OUT head_seq bigint, OUT detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
#variable_conflict use_column
DECLARE
	v_branch branch%ROWTYPE;
	v_count integer := coalesce(array_length(p_entries, 1), 0);
	v_known integer;
	v_bad bigint;
BEGIN
	PERFORM need_branch(p_chain, p_branch);
	IF cardinality(p_hashes) IS DISTINCT FROM v_count OR cardinality(p_entries) IS DISTINCT FROM v_count
			OR array_lower(p_entries, 1) <> 1 OR array_lower(p_hashes, 1) <> 1
			OR p_from IS NULL THEN
		RAISE EXCEPTION 'as many hashes as entries, each in a plain array'
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
	-- Not FOR UPDATE: claims of the same chain, which refer to its branch, would wait for us, and
	-- we for them.
	SELECT * INTO v_branch FROM branch WHERE chain_id = p_chain AND branch = p_branch
		FOR NO KEY UPDATE;
	head_seq := v_branch.head_seq;
	IF p_from > v_branch.head_seq + 1 OR p_from <= v_branch.from_seq THEN
		answer := 'GAP';
		RETURN;
	END IF;
	v_known := least(v_branch.head_seq - p_from + 1, v_count);
	IF v_known > 0 AND p_hashes[v_known] IS DISTINCT FROM
			hash_at(p_chain, p_branch, p_from + v_known - 1) THEN
		answer := 'FORKED';
		RETURN;
	END IF;
	IF v_known = v_count THEN
		answer := 'OK';
		RETURN;
	END IF;

	SELECT min(e.ord) INTO v_bad FROM (
		SELECT ord, entry, hash,
			coalesce(lag(hash) OVER (ORDER BY ord), v_branch.head_hash) AS prev
		FROM unnest(p_entries, p_hashes) WITH ORDINALITY u(entry, hash, ord)
		WHERE ord > v_known) e
	WHERE e.hash IS DISTINCT FROM sha256(e.prev || sha256(e.entry))
		OR (parts_of(e.entry))[1] IS DISTINCT FROM (p_from + e.ord - 1)::text;
	IF v_bad IS NOT NULL THEN
		answer := 'TAMPERED';
		detail := format('entry %s of chain %s is not what its hash says, or does not follow '
				 'the entry before', p_from + v_bad - 1, p_chain);
		INSERT INTO alarm (code, chain_id, branch, seq, detail)
			VALUES ('TAMPERED', p_chain, p_branch, p_from + v_bad - 1, detail)
			ON CONFLICT DO NOTHING;
		RETURN;
	END IF;

	INSERT INTO fact (chain_id, branch, seq, utc_ms, kind, ref, body, entry, hash)
		SELECT p_chain, p_branch, p_from + u.ord - 1, m.parts[2]::bigint, m.parts[3], m.parts[4],
			json_or_null(m.parts[5]), u.entry, u.hash
		FROM unnest(p_entries, p_hashes) WITH ORDINALITY u(entry, hash, ord),
			LATERAL (SELECT parts_of(u.entry) AS parts OFFSET 0) m
		WHERE u.ord > v_known ORDER BY u.ord;
	head_seq := p_from + v_count - 1;
	UPDATE branch SET head_seq = p_from + v_count - 1, head_hash = p_hashes[v_count],
		moved_at = now() WHERE chain_id = p_chain AND branch = p_branch;
	PERFORM derive_all(p_chain, p_branch, p_from + v_known, p_from + v_count - 1);
	answer := 'OK';
END $$;

-- Conflicts in which this station has a part, after number p_after.
CREATE OR REPLACE FUNCTION conflicts_of(p_chain text, p_branch integer, p_after bigint)
RETURNS TABLE (conflict_no bigint, mac text, run_id text, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, flashline, pg_temp AS $$
	SELECT c.conflict_no, x.mac, x.run_id,
		format('conflict %s of the plant: %s %s %s, run %s of station %s',
		       c.conflict_no, c.kind, c.value,
		       CASE c.kind WHEN 'RUN' THEN 'is known with other facts'
				   WHEN 'MAC' THEN 'has passed elsewhere too'
				   ELSE 'is on another unit too' END,
		       x.other_run, host_of(x.other_chain))
	FROM conflict c, LATERAL (VALUES
		(c.first_chain, c.first_branch, c.first_mac, c.first_run, c.second_chain, c.second_run),
		(c.second_chain, c.second_branch, c.second_mac, c.second_run, c.first_chain, c.first_run)
		) x(chain_id, branch, mac, run_id, other_chain, other_run)
	WHERE x.chain_id = p_chain AND x.branch = p_branch AND c.conflict_no > p_after
		AND (c.first_chain = p_chain OR c.second_chain = p_chain)
	ORDER BY c.conflict_no LIMIT 1000
$$;

-- ---- for its owner ----

-- After the server's database was brought back from a backup: claims get their numbers anew, so
-- stations have to take it for another server.
CREATE OR REPLACE FUNCTION begin_anew() RETURNS text
LANGUAGE sql SET search_path = pg_catalog, flashline, pg_temp AS $$
	UPDATE setting SET plant_id = gen_random_uuid()::text, changed_at = now() RETURNING plant_id
$$;

-- ---- views for readers ----

-- A time that no calendar has (a clock may say anything) is NULL, or nobody could read the rest. What
-- became of a number that the station gave is the entry behind the result.
CREATE OR REPLACE VIEW runs AS
SELECT run.run_id, host_of(run.chain_id) AS station, run.kind, result.outcome, result.code,
	result.party, result.proof, result.mac,
	coalesce(run.serial, (SELECT f.body ->> 'serial' FROM fact f
		WHERE f.chain_id = result.chain_id AND f.branch = result.branch
			AND f.seq = result.seq + 1 AND f.kind = 'serial_state'
			AND f.body ->> 'run_id' = run.run_id
			AND f.body ->> 'state' <> 'RETURNED')) AS serial,
	result.generation, recipe.product,
	recipe.process, recipe.name AS recipe, recipe.revision AS recipe_revision,
	run.recipe_digest, run.batch, run.operator, run.slot,
	CASE WHEN run.start_utc_ms BETWEEN 0 AND 253402300799999
		THEN to_timestamp(run.start_utc_ms / 1000.0) END AS start_time,
	CASE WHEN result.end_utc_ms BETWEEN 0 AND 253402300799999
		THEN to_timestamp(result.end_utc_ms / 1000.0) END AS end_time,
	result.duration_us / 1e6 AS duration_s,
	run.chain_id, run.branch, run.seq AS run_seq, result.seq AS result_seq
FROM run
LEFT JOIN result ON result.run_id = run.run_id
LEFT JOIN recipe ON recipe.recipe_digest = run.recipe_digest;

CREATE OR REPLACE VIEW units AS
SELECT c.value AS mac, c.product, c.process, c.generation, c.station, c.passed_run AS run_id,
	(SELECT max(s.value) FROM claim s WHERE s.kind = 'SERIAL' AND s.mac = c.value
		AND s.product = c.product AND s.passed_run IS NOT NULL
		AND s.released_at IS NULL) AS serial,
	result.end_utc_ms,
	CASE WHEN result.end_utc_ms BETWEEN 0 AND 253402300799999
		THEN to_timestamp(result.end_utc_ms / 1000.0) END AS passed_time,
	CASE WHEN held_by(c.value) IS NOT NULL THEN 'QUARANTINE' ELSE coalesce(
		(SELECT nullif(d.state, 'RELEASED') FROM disposition d WHERE d.mac = c.value
			ORDER BY d.received_at DESC, d.disposition_id DESC LIMIT 1), 'PASSED') END AS state,
	c.chain_id, c.branch
FROM claim c JOIN result ON result.run_id = c.passed_run
WHERE c.kind = 'MAC' AND c.released_at IS NULL;

CREATE OR REPLACE VIEW stations AS
SELECT c.host AS station, c.chain_id, b.branch, c.after_chain, b.why, b.from_seq, b.head_seq,
	encode(b.head_hash, 'hex') AS head_hash, c.opened_at, b.moved_at AS last_received,
	(SELECT max(s.last_seen) FROM seen s WHERE s.chain_id = c.chain_id) AS last_seen,
	(SELECT string_agg(DISTINCT s.host, ', ') FROM seen s WHERE s.chain_id = c.chain_id) AS hosts,
	(SELECT count(*) FROM alarm a WHERE a.chain_id = c.chain_id AND a.branch = b.branch) AS alarms
FROM chain c JOIN branch b ON b.chain_id = c.chain_id;

CREATE OR REPLACE VIEW claims AS
SELECT claim_no, kind, value, product, process, generation, station, run_id, mac, passed_run,
	is_fact, claimed_at, released_at, chain_id, branch FROM claim;

CREATE OR REPLACE VIEW serial_blocks AS
SELECT block_id, host_of(chain_id) AS station, product,
	prefix || lpad(lower(numbers)::text, width, '0') AS first_serial,
	prefix || lpad((upper(numbers) - 1)::text, width, '0') AS last_serial,
	upper(numbers) - lower(numbers) AS units, leased_at, chain_id, branch FROM lease;

CREATE OR REPLACE VIEW conflicts AS
SELECT conflict_no, kind, value, product, process, generation,
	host_of(first_chain) AS first_station, first_run, first_mac,
	host_of(second_chain) AS second_station, second_run, second_mac, found_at,
	coalesce((SELECT bool_or(held_by(q.mac) IS NOT NULL) FROM quarantine q
		WHERE q.conflict_no = conflict.conflict_no), false) AS units_held
FROM conflict;

CREATE OR REPLACE VIEW alarms AS
SELECT alarm_no, code, host_of(chain_id) AS station, detail, mac, run_id, raised_at, chain_id,
	branch, seq FROM alarm;

-- The entries themselves, for auditors: entry is what hash seals.
CREATE OR REPLACE VIEW entries AS
SELECT chain_id, branch, seq, utc_ms, kind, ref, body, entry, hash, received_at FROM fact;

-- ---- rights: whatever is not granted here, nobody but the owner has ----

REVOKE ALL ON ALL TABLES IN SCHEMA flashline FROM PUBLIC, flashline_station, flashline_reader;
DO $$ -- those of the extension belong to somebody else
DECLARE
	v record;
BEGIN
	FOR v IN SELECT p.oid::regprocedure AS name FROM pg_proc p
		WHERE p.pronamespace = 'flashline'::regnamespace
			AND p.proowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
	LOOP
		EXECUTE 'REVOKE ALL ON FUNCTION ' || v.name
			|| ' FROM PUBLIC, flashline_station, flashline_reader';
	END LOOP;
END $$;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE ALL ON SCHEMA flashline FROM PUBLIC;
GRANT USAGE ON SCHEMA flashline TO flashline_station, flashline_reader;
GRANT EXECUTE ON FUNCTION
	hello(integer, text, text, text),
	open_chain(text, bigint, bytea, text, text),
	heads(text),
	hash_at(text, integer, bigint),
	open_branch(text, integer, bigint, bytea, text, text),
	ingest(text, integer, bigint, bytea[], bytea[]),
	claim_mac(text, integer, text, text, text, text, boolean, boolean),
	claim_serial(text, integer, text, text, text, boolean),
	claims_head(),
	claims_since(text, integer, bigint, bigint, integer),
	lease_block(text, integer, text, text, text, integer, bigint),
	leases_of(text, integer),
	conflicts_of(text, integer, bigint)
	TO flashline_station;
GRANT SELECT ON runs, units, stations, claims, serial_blocks, conflicts, alarms, entries
	TO flashline_reader;
-- What the views call.
GRANT EXECUTE ON FUNCTION host_of(text), held_by(text) TO flashline_reader;
