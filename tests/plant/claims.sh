# One owner per MAC, whoever asks at the same time, and by facts when nobody was asked.
# labels: threads
. "$SOURCE/tests/plant/lib.sh"

# Two stations race for 200 MACs; each order is the same, so that they meet.
"$STATION" claims a.db 200 4096 "$PLANT" >a.out 2>a.err &
first=$!
"$STATION" claims b.db 200 4096 "$PLANT" >b.out 2>b.err || fail "station b"
wait $first || fail "station a"
equal "claims granted" "$(cat a.out b.out | grep -c ' GRANTED 1$')" 200
equal "claims refused" "$(cat a.out b.out | grep -c ' REFUSED station ')" 200
equal "owners" "$(grep -h ' GRANTED 1$' a.out b.out | sort -u | wc -l)" 200

# Both pass the same units without asking. Both facts stay; the units are set aside; it goes on.
"$STATION" runs c.db 3 65536 || fail "runs"
"$STATION" runs d.db 3 65536 || fail "runs"
"$STATION" runs d.db 2 70000 || fail "runs"
expect_status 0 "$FLASHLINE" sync --db c.db --plant "$PLANT"
expect_status 1 "$FLASHLINE" sync --db d.db --plant "$PLANT"
expect_line '^ALARM: conflict [0-9]+ of the plant: MAC 24:0a:00:01:00:0. has passed elsewhere too, run' command.out
same_on_both_sides d.db
expect_status 1 "$FLASHLINE" sync --db c.db --plant "$PLANT"
same_on_both_sides c.db
for db in c d; do
	equal "quarantines in $db" "$(local_sql $db.db "select count(*) from disposition where state = 'QUARANTINE'")" 3
	equal "alarms in $db" "$(local_sql $db.db "select count(*) from alarm where code = 'PLANT_CONFLICT'")" 3
	# Told once: the next sync has nothing new to say.
	expect_status 0 "$FLASHLINE" sync --db $db.db --plant "$PLANT"
done
equal "conflicts" "$(admin 'select count(*) from flashline.conflicts where units_held')" 3
equal "all facts" "$(admin "select count(*) from flashline.runs where mac like '24:0a:00:01:00:%'")" 6
equal "units" "$(admin "select count(*), min(state), max(state) from flashline.units where mac like '24:0a:00:01:%'")" "5|PASSED|QUARANTINE"

# A unit in quarantine is granted to nobody, until somebody releases it.
"$STATION" claims c.db 1 65536 "$PLANT" >held.out || fail "claim"
expect_line 'REFUSED conflict [0-9]+$' held.out
expect_status 0 "$FLASHLINE" unit release 24:0a:00:01:00:00 --operator quality --reason checked --db c.db
sync_all c.db
"$STATION" claims c.db 1 65536 "$PLANT" >held.out || fail "claim"
expect_line 'GRANTED 1$' held.out

# What a station released while the network was away was not the conflict, though the server hears of
# it later (in a batch of its own: 200 entries lie between).
unit=24:0a:00:01:5f:90
"$STATION" runs e.db 1 90000 && "$STATION" runs e.db 100 91000 && "$STATION" runs f.db 1 90000 || fail "runs"
expect_status 0 "$FLASHLINE" unit quarantine $unit --operator ann --reason scratched --db e.db
expect_status 0 "$FLASHLINE" unit release $unit --operator ann --reason polished --db e.db
sync_all f.db
expect_status 1 "$FLASHLINE" sync --db e.db --plant "$PLANT"
equal "held" "$(admin "select units_held from flashline.conflicts where value = '$unit'")" t
expect_status 0 "$FLASHLINE" unit release $unit --operator quality --reason checked --db e.db
sync_all e.db
equal "held" "$(admin "select units_held from flashline.conflicts where value = '$unit'")" f

# What others have passed is known here afterwards, without the network.
equal "claims of c, told to d" "$(local_sql d.db "select count(*) from plant_claim where kind = 'MAC' and station <> ''")" 3

# Blocks of serial numbers: one after the other, and the same twice is one.
expect_status 0 "$FLASHLINE" serials lease --product core2 --prefix 'M5-####' --units 50 --db c.db --plant "$PLANT"
expect_line '^core2 +M5-0001 +M5-0050 ' command.out
expect_status 0 "$FLASHLINE" serials lease --product core2 --prefix M5- --units 50 --db d.db --plant "$PLANT"
expect_line '^core2 +M5-0051 +M5-0100 ' command.out
expect_status 2 "$FLASHLINE" serials lease --product core2 --prefix M5- --units 9999 --db d.db --plant "$PLANT"
expect_line 'no 9999 numbers of 4 digits left' command.err
expect_status 2 "$FLASHLINE" serials lease --product core2 --prefix 'M5-0###' --units 5 --db d.db --plant "$PLANT"
expect_line 'M5-0 with 3 digits makes serial numbers of the prefix M5- with 4 digits' command.err
chain=$(local_sql c.db 'select chain_id from chain')
[ -z "$(admin "select flashline.lease_block('$chain', 0, 'endless', 'core2', 'E-', 4, null)" 2>/dev/null)" ] ||
	fail "a block without an end"
equal "the answer was lost: the same block" "$(admin "select first, last from flashline.lease_block('$chain', 0,
	(select block_id from flashline.lease where chain_id = '$chain'), 'core2', 'M5-', 0, 50)")" "1|50"
expect_status 1 sh -c "'$bin/psql' -X -h '$work/server' -p 5499 -U admin -d plant -c \"insert into flashline.lease
	select 'x', chain_id, branch, product, prefix, width, int8range(50, 51) from flashline.lease limit 1\""
expect_line lease_blocks_do_not_overlap command.err
# One that the server gave, and this station never heard of: the next sync brings it.
admin "select flashline.lease_block('$chain', 0, '01931f2e-4c00-7000-8000-000000000009', 'core2', 'M5-', 0, 10)" >/dev/null
sync_all c.db
expect_status 0 "$FLASHLINE" serials list --db c.db
expect_line '^core2 +M5-0101 +M5-0110 ' command.out

# A fact is never refused for what it says: no JSON, no UTF-8, a zero character, a key beyond any
# index. What cannot be understood is an alarm; the entries around it count.
cat >odd.sql <<'END'
create function pg_temp.add(c text, kind text, ref text, body bytea) returns text language plpgsql as $$
declare h record; e bytea;
begin
	select * into h from flashline.heads(c) where branch = 0;
	e := convert_to((h.head_seq + 1) || E'\n1\n' || kind || E'\n' || ref || E'\n', 'UTF8') || body;
	return (flashline.ingest(c, 0, h.head_seq + 1, array[e], array[sha256(h.head_hash || sha256(e))])).answer;
end $$;
select flashline.open_chain('00000000-0000-7000-8000-000000000001', 1, decode(repeat('00', 32), 'hex'), null, 'odd');
create function pg_temp.odd(kind text, ref text, body bytea) returns text language sql as
	$$ select pg_temp.add('00000000-0000-7000-8000-000000000001', kind, ref, body) $$;
select pg_temp.odd('run', (select string_agg(md5(i::text), '') from generate_series(1, 300) i), '{"kind":"FLASH"}');
select pg_temp.odd('run', E'two\nlines', '{"kind":"FLASH"}');
select pg_temp.odd('operator', 'x', '\xff7b7d'::bytea);
select pg_temp.odd('run', 'odd-1', convert_to('{"batch":"', 'UTF8') || '\xc3'::bytea || '","kind":"FLASH"}');
select pg_temp.odd('run', 'odd-2', '{"batch":"a\\u0000b","kind":"FLASH","start_utc_ms":1e400}');
select pg_temp.odd('result', 'odd-2', 'no json');
select pg_temp.odd('result', 'odd-1', '{"outcome":"PASS","end_utc_ms":999999999999999999}');
select pg_temp.odd('attachment', 'x', convert_to('"' || repeat('long ', 1000000) || '"', 'UTF8'));
select pg_temp.odd('of_tomorrow', 'x', '{}');
select pg_temp.odd('run', 'odd-3', '{"kind":"FLASH","batch":"' || convert_to((select string_agg(md5(i::text), '') from generate_series(1, 900) i), 'UTF8') || '"}');
END
"$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/server" -p 5499 -U admin -d plant -f odd.sql >odd.out 2>&1 || fail "an odd fact"
equal "answers" "$(grep -c '^OK$' odd.out)" 10
equal "odd facts" "$(admin "select count(*) from flashline.entries where chain_id like '00000000%'")" 10
equal "odd runs" "$(admin "select count(*) from flashline.runs where station = 'odd'")" 4
equal "odd alarms" "$(admin "select count(*) from flashline.alarms where code = 'NOT_UNDERSTOOD'")" 3
# One that says an impossible time keeps nobody from reading the others.
equal "ends of odd runs" "$(admin "select count(end_time), count(*) from flashline.runs where station = 'odd'")" "0|4"

# However many there are: nothing that a station calls reads one of the large tables from end to end.
admin 'alter database plant set enable_seqscan = off'
scans() { # counted once a session has ended
	until [ "$(admin "select count(*) from pg_stat_activity where backend_type = 'client backend'")" = 1 ]; do :; done
	admin "select string_agg(relname || ' ' || seq_scan, ', ' order by relname) from pg_stat_all_tables
		where schemaname = 'flashline' and relname in ('claim', 'fact', 'run', 'result', 'disposition')"
}
before=$(scans)
"$STATION" runs g.db 3 99000 "$PLANT" || fail "runs"
"$STATION" claims g.db 3 99002 "$PLANT" >g.out || fail "claims"
expect_status 0 "$FLASHLINE" sync --db g.db --plant "$PLANT"
equal "scans" "$(scans)" "$before"
