# What becomes of a serial number: returned when nothing was written, kept for the unit on which it
# may stand, never given to two units; also when the station is killed in between.
# labels: slow nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
cat >factory.csv <<'END'
key,type,encoding,value
factory,namespace,,
serial,data,string,{serial}
END
esp32_recipe numbers >recipe.yaml
cat >>recipe.yaml <<'END'
serial: {from: range, prefix: "N-", width: 3, first: 1, last: 9}
data: [{partition: nvs, template: factory.csv}]
policy: {tries: 1}
END
states="select serial, state, mac from serial_state s where position =
	(select max(position) from serial_state o where o.serial = s.serial) order by serial"

unit() { # LAST BYTE OF ITS MAC [FAULT]
	echo "  - {chip: esp32, flash: 4MB, bridge: cp2104, mac: '24:0a:c4:10:00:0$1', faults: [${2-}]}"
}

# ---- a unit that leaves ----

# One is unplugged while its stub is uploaded, the next one while it is written.
(echo 'bench: leaves' && echo 'units:' && unit 4 '{unplug: {byte: 3000}}') >bench.yaml
"$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db >early.out 2>early.err
equal "unplugged early" "$(sql "select outcome||' '||code||' '||ifnull(serial, 'none') from runs")" \
	"ERROR PORT_GONE none"
equal "its number" "$(sql "$states")" "N-001|RETURNED|24:0a:c4:10:00:04"
(echo 'bench: leaves' && echo 'units:' && unit 8 '{unplug: {byte: 16000}}') >bench.yaml
"$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db >late.out 2>late.err
kept=N-001
equal "the number that came back" "$(sql "$states")" "$kept|VOID|24:0a:c4:10:00:08"

# All come again: that one has its own, the others get the next.
(echo 'bench: again' && echo 'units:' && unit 0 && unit 4 && unit 8) >bench.yaml
"$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db \
	>again.out 2>again.err || fail "they did not pass"
equal "the number that may have stood on it" \
	"$(sql "select serial from runs where mac='24:0a:c4:10:00:08' and outcome='PASS'")" "$kept"
equal "numbers" "$(sql "select group_concat(serial, ' ') from (select distinct serial from serial_state order by 1)")" \
	"N-001 N-002 N-003"

# ---- used up, and declared ----

printf 'bench: many\nunits:\n' >many.yaml
for n in 0 1 2 3 4 5 6 7; do
	echo "  - {chip: esp32, flash: 4MB, bridge: cp2104, mac: '24:0a:c4:20:00:0$n'}" >>many.yaml
done
"$M5SIM" run many.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db >many.out 2>many.err
equal "units beyond the range" \
	"$(sql "select count(*) from runs where code='SERIALS_USED_UP' and outcome='ABORTED'")" 2
equal "numbers" "$(sql "select count(distinct serial) from runs where outcome='PASS'")" 9
one='bench: one
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, mac: "24:0a:c4:10:00:00"}'
echo "$one" >one.yaml
"$M5SIM" run one.yaml -- "$FLASHLINE" flash recipe.yaml --all --serial "$kept" --db flashline.db \
	>taken.out 2>taken.err
equal "a number of another unit" "$(sql "select code from runs order by run_id desc limit 1")" SERIAL_TAKEN
"$M5SIM" run one.yaml -- "$FLASHLINE" flash recipe.yaml --all --serial N-100 --db flashline.db \
	>differs.out 2>differs.err
equal "another number" "$(sql "select code from runs order by run_id desc limit 1")" SERIAL_DIFFERS
# Who says so with a reason may: the number stays the other unit's all the same.
"$M5SIM" run one.yaml -- "$FLASHLINE" flash recipe.yaml --all --serial "$kept" --db flashline.db \
	--override SERIAL_TAKEN,SERIAL_DIFFERS --operator ann --reason repair >forced.out 2>forced.err ||
	fail "the override did not pass"
equal "its declared number" "$(sql "select serial from runs order by run_id desc limit 1")" "$kept"
equal "whose it is" "$(sql "select state||' '||mac from serial_state where product='numbers' and
	serial='$kept' order by position desc limit 1")" "COMMITTED 24:0a:c4:10:00:08"
sed -e 's/serial: {.*/serial: {from: scan, match: "^S[0-9]$"}/' -e 's/numbers/scan/' recipe.yaml >scan.yaml
"$M5SIM" run one.yaml -- "$FLASHLINE" flash scan.yaml --all --db flashline.db >none.out 2>none.err
equal "nothing scanned" "$(sql "select code from runs order by run_id desc limit 1")" SERIAL_MISSING
"$M5SIM" run one.yaml -- "$FLASHLINE" flash scan.yaml --all --serial X1 --db flashline.db >x.out 2>x.err
equal "what does not match" "$(sql "select code from runs order by run_id desc limit 1")" SERIAL_MISSING
"$M5SIM" run one.yaml -- "$FLASHLINE" flash scan.yaml --all --serial S1 --db flashline.db >s.out 2>s.err ||
	fail "S1 did not pass"
equal "the end of S1" "$(sql "select state||' '||source from serial_state where serial='S1' order by position desc limit 1")" \
	"COMMITTED TYPED"

# ---- killed ----

sed -e 's/numbers/killed/' -e 's/width: 3.*/width: 3}/' recipe.yaml >killed.yaml
cat >four.yaml <<'END'
bench: four
units:
  - {count: 4, chip: esp32, flash: 4MB, bridge: cp2104}
END
cat >session.sh <<'END'
"$FLASHLINE" flash killed.yaml --all --jobs 2 --json --db flashline.db >killed.out 2>>session.err &
echo $! >session.pid
wait $!
END
export FLASHLINE

kill_at() { # PATTERN: as soon as it has printed such a line
	rm -f session.pid
	: >killed.out
	"$M5SIM" run four.yaml -- sh session.sh >bench.out 2>&1 &
	bench=$!
	while [ ! -s session.pid ] && kill -0 $bench 2>/dev/null; do sleep 0.01; done
	read -r pid <session.pid
	while kill -0 "$pid" 2>/dev/null && ! grep -q -- "$1" killed.out; do sleep 0.01; done
	kill -KILL "$pid" 2>/dev/null
	wait $bench
}

given="from serial_state where product='killed'"
for moment in identified '"step":"stub"' '"step":"write"' '"event":"result"'; do
	kill_at "$moment"
	sql "select distinct serial, mac $given and state='WRITTEN'" | sort >written.before
	sql "select distinct serial, mac $given and state='COMMITTED'" | sort >committed.before
	"$M5SIM" run four.yaml -- "$FLASHLINE" flash killed.yaml --all --db flashline.db \
		>after.out 2>after.err || fail "after '$moment' they did not pass"
	equal "numbers of four units, killed at '$moment'" \
		"$(sql "select count(distinct serial)||' '||count(distinct mac) $given and state='COMMITTED'")" "4 4"
	# What may have stood on a unit is that unit's.
	sql "select distinct serial, mac $given and state='COMMITTED'" | sort >committed.after
	[ -z "$(comm -23 written.before committed.after)" ] || fail "a written number went elsewhere"
	[ -z "$(comm -23 committed.before committed.after)" ] || fail "a committed number was lost"
	equal "left open" "$(sql "select count(*) from serial_state s where state in ('RESERVED', 'WRITTEN')
		and position = (select max(position) from serial_state o where o.product=s.product and o.serial=s.serial)")" 0
done
# None was lost for nothing: all four fit into the first four numbers.
equal "the highest" "$(sql "select max(serial) $given")" N-004
expect_status 0 "$FLASHLINE" ledger verify --db flashline.db

# ---- asked for ----

expect_status 0 "$FLASHLINE" serials states --db flashline.db
expect_line '^killed +4 +0 +0 +0 +0$' command.out
expect_line '^numbers +9 +0 +0 +0 +0$' command.out
expect_status 0 "$FLASHLINE" serials show "$kept" --product numbers --db flashline.db
expect_line 'numbers  VOID, RANGE, 24:0a:c4:10:00:08, run ' command.out
expect_status 0 "$FLASHLINE" serials unused killed.yaml --output unused.csv --db flashline.db
equal "unused" "$(sed -n '1p;2p;$p' unused.csv | tr '\n' ' ')$(wc -l <unused.csv)" "serial N-005 N-999 996"
expect_status 2 "$FLASHLINE" serials void N-005 --product killed --db flashline.db
expect_status 0 "$FLASHLINE" serials void N-005 --product killed --operator ann --reason 'label torn' --db flashline.db
expect_status 0 "$FLASHLINE" serials show N-005 --json --db flashline.db
expect_line '"state":"VOID".*"operator":"ann","reason":"label torn"' command.out
expect_status 0 "$FLASHLINE" serials unused killed.yaml --output - --db flashline.db
equal "unused without the void one" "$(sed -n 2p command.out)" N-006
expect_status 2 "$FLASHLINE" serials unused scan.yaml --db flashline.db
expect_status 0 "$FLASHLINE" trace unit N-008 --db flashline.db
expect_line "24:0a:c4:20:00:0" command.out
