# What rescued a unit is what the next one in its slot begins with, and nobody else; a recipe's
# limits and --no-memory win. 'flashline slots' shows it, and names what is bad.
# labels: slow long
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 20K
esp32_recipe memory >recipe.yaml
echo 'link: {max_rate: 921600}' >>recipe.yaml
echo 'policy: {already_passed: flash}' >>recipe.yaml
sed 's/max_rate: 921600/max_rate: 230400, stub: never/' recipe.yaml >rom.yaml
cat >bench.yaml <<END
bench: one lossy bridge
seed: 4
units:
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random, faults: [{lossy_writes: {beyond: 576}}]}
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random}
END
expect_status 3 "$FLASHLINE" slots --db flashline.db
cat >runs.sh <<END
"$FLASHLINE" flash recipe.yaml --all --db flashline.db --json >first.out &&
"$FLASHLINE" flash recipe.yaml --all --db flashline.db --json >second.out &&
"$FLASHLINE" flash rom.yaml --all --db flashline.db >rom.out &&
"$FLASHLINE" flash recipe.yaml --all --db flashline.db --no-memory --batch forgetful >best.out &&
"$FLASHLINE" verify recipe.yaml --all --db flashline.db --batch verify >verify.out
END
expect_status 0 "$M5SIM" run bench.yaml -- sh runs.sh

lossy="slot like '%/1.1:1.0'"
equal "first" "$(sql "select rescued, start_way is null from runs where $lossy order by start_utc_ms limit 1")" "1|1"
way=$(sql "select ram_block_bytes||' '||data_block_bytes||' '||pace_bytes from runs where $lossy order by start_utc_ms limit 1")
equal "second" \
	"$(sql "select rescued, ram_block_bytes||' '||data_block_bytes||' '||pace_bytes from runs where $lossy order by start_utc_ms limit 1 offset 1")" \
	"0|$way"
expect_line '"event":"run_start".*/1.1:1.0.*"limit_s":[0-9.]+,"start_way":"stub 921600, RAM blocks of' second.out
expect_line '"event":"run_start".*/1.2:1.0.*"start_way":null' second.out
expect_line '"event":"result".*/1.1:1.0.*"suspects":"[a-z, ]+","advice":"[^"]+".*"rescued":true' first.out
expect_line '"event":"result".*/1.1:1.0.*"suspects":null,"advice":null.*"rescued":false' second.out
equal "the recipe's own limits" \
	"$(sql "select loader, rate_asked, outcome, rescued from runs where recipe_digest <> (select recipe_digest from runs order by start_utc_ms limit 1) and $lossy")" \
	"rom|230400|PASS|0"
expect_line 'ttyACM0: started, CH9102F, at most [0-9]+ s' best.out
equal "without memory" "$(sql "select rescued, start_way is null from runs where batch='forgetful' and $lossy")" "1|1"
equal "the neighbour" "$(sql "select sum(rescued), count(start_way) from runs where slot like '%/1.2:1.0'")" "0|0"

equal "verify runs" "$(sql "select count(*), count(start_way) from runs where batch='verify'")" "2|0"

expect_status 0 "$FLASHLINE" slots --db flashline.db
expect_line '/1.1:1.0 +CH9102F +5 +5 +2 +40 % .* 0  too few runs  stub .*RAM blocks of' command.out
expect_line '/1.2:1.0 +CH9102F +5 +5 +0 +0 % +0 +0  too few runs  stub [0-9]+$' command.out
expect_status 0 "$FLASHLINE" slots --db flashline.db --since 2100-01-01
[ ! -s command.out ] || fail "slots of the future"
expect_status 2 "$FLASHLINE" slots --db flashline.db --since yesterday

# Months later: more runs of the same kind, and a second hub on which all is well.
sqlite3 flashline.db "
	insert into run (run_id, kind, station_id, slot, start_utc_ms, bridge, start_way)
	select s.value || run_id, kind, station_id, slot, start_utc_ms - s.value, bridge, start_way
		from run, generate_series(1, 5) s;
	insert into result (run_id, outcome, code, party, proof, end_utc_ms, rescued)
	select s.value || run_id, outcome, code, party, proof, end_utc_ms, rescued
		from result, generate_series(1, 5) s;
	insert into run (run_id, kind, station_id, slot, start_utc_ms, bridge)
	select 'x' || run_id, kind, station_id, replace(slot, '/1.', '/2.'), start_utc_ms, bridge
		from run where slot like '%/1.2:1.0';
	insert into result (run_id, outcome, code, party, proof, end_utc_ms, rescued)
	select 'x' || run_id, outcome, code, party, proof, end_utc_ms, rescued
		from result join run using (run_id) where slot like '%/1.2:1.0';" || fail "sqlite3"
expect_status 1 "$FLASHLINE" slots --db flashline.db
expect_line '^bad slot pci-0000:00:14.0/1.1:1.0: 12 of 18 runs with CH9102F needed help \(12 more passed lowered\), against 0 of [0-9]+' command.out
equal "bad slots" "$(grep -c '^bad slot' command.out)" 1
equal "bad hubs" "$(grep -c '^bad hub' command.out)" 0
expect_status 1 "$FLASHLINE" slots --db flashline.db --json
expect_line '"event":"slots".*"slot":"pci-0000:00:14.0/1.1:1.0","hub":"pci-0000:00:14.0/1".*"bad":true' command.out
