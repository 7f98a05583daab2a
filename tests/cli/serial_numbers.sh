# What becomes of a serial number: returned when nothing was written, kept for the unit on which it
# may stand, never given to two units; also when the station is killed in between.
# FLASHLINE_KILLS=20: so many kills at each moment, instead of one.
# labels: slow nothreads
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32c3 --app-size 8K --flash-size 4MB || fail "make_firmware"
cat >factory.csv <<'END'
key,type,encoding,value
factory,namespace,,
serial,data,string,{serial}
END
recipe() { # NAME SERIAL
	cat <<END
recipe: $1
revision: 1
target: {chip: esp32c3, flash_size: 4MB}
images:
  - {file: firmware/bootloader.bin, address: 0x0}
  - {file: firmware/partitions.bin, address: 0x8000}
  - {file: firmware/app.bin, partition: app0}
serial: {$2}
data: [{partition: nvs, template: factory.csv}]
policy: {tries: 1}
END
}
recipe numbers 'from: range, prefix: "N-", width: 3, first: 1, last: 3' >numbers.yaml
recipe scan 'from: scan, match: "^S[0-9]$"' >scan.yaml
recipe there 'from: range, prefix: "N-", width: 3' >there.yaml
sed -i 's/^policy.*/policy: {tries: 1, skip: unchanged}/' there.yaml
echo "boot_check: {within: 500ms, expect: [never]}" >>there.yaml
recipe killed 'from: range, prefix: "N-", width: 3' >killed.yaml
states="select serial, state, mac from serial_state s where position =
	(select max(position) from serial_state o where o.serial = s.serial) order by serial"

# Each part is a station of its own, with its records, and all work at once.
part() { # NAME
	mkdir "$work/$1" && work="$work/$1" && cd "$work" || exit 3
}

bench() { # LAST DIGIT OF A MAC [FAULT]...
	echo 'units:'
	while [ $# -gt 0 ]; do
		echo "  - {chip: esp32c3, bridge: usb-jtag, mac: '24:0a:c4:10:00:0$1', faults: [${2-}]}"
		shift
		[ $# = 0 ] || shift
	done
}

flash() { # NAME RECIPE ARGUMENT...: the units of bench.yaml
	name=$1 recipe=$2
	shift 2
	"$M5SIM" run bench.yaml -- "$FLASHLINE" flash "../$recipe.yaml" --all --db flashline.db "$@" \
		>"$name.out" 2>"$name.err"
}

newest() { # COLUMN
	sql "select $1 from runs order by run_id desc limit 1"
}

# ---- units that leave, and a range that is used up ----

leaves() {
	part leaves
	# One is unplugged while its stub is uploaded, the next one while it is written.
	bench 4 '{unplug: {byte: 3000}}' >bench.yaml
	flash early numbers
	equal "unplugged early" "$(newest "outcome||' '||code||' '||ifnull(serial, 'none')")" \
		"ERROR PORT_GONE none"
	equal "its number" "$(sql "$states")" "N-001|RETURNED|24:0a:c4:10:00:04"
	bench 8 '{unplug: {byte: 16000}}' >bench.yaml
	flash late numbers
	equal "the number that came back" "$(sql "$states")" "N-001|VOID|24:0a:c4:10:00:08"

	# All come again: that one has its own, the others get the next, and one is too many.
	bench 0 '' 4 '' 8 '' 6 >bench.yaml
	flash again numbers
	equal "the number that may have stood on it" \
		"$(sql "select serial from runs where mac='24:0a:c4:10:00:08' and outcome='PASS'")" N-001
	equal "numbers" "$(sql "select group_concat(serial, ' ') from (select distinct serial from serial_state
		where state='COMMITTED' order by 1)")" "N-001 N-002 N-003"
	equal "beyond the range" "$(sql "select group_concat(outcome) from runs where code='SERIALS_USED_UP'")" ABORTED
	expect_status 0 "$FLASHLINE" serials states --db flashline.db
	expect_line '^numbers +3 +0 +0 +0 +0$' command.out
	expect_status 0 "$FLASHLINE" serials show N-001 --product numbers --db flashline.db
	expect_line 'numbers  VOID, RANGE, 24:0a:c4:10:00:08, run ' command.out
	expect_status 0 "$FLASHLINE" trace unit N-001 --db flashline.db
	expect_line "24:0a:c4:10:00:08" command.out
}

# ---- declared ----

declared() {
	part declared
	bench 1 >bench.yaml
	flash one numbers || fail "the first did not pass"
	bench 2 >bench.yaml
	flash taken numbers --serial N-001
	equal "a number of another unit" "$(newest code)" SERIAL_TAKEN
	# Who says so with a reason may: the number stays the other unit's all the same.
	flash forced numbers --serial N-001 --override SERIAL_TAKEN --operator ann --reason repair ||
		fail "the override did not pass"
	equal "its declared number" "$(newest serial)" N-001
	equal "whose it is" "$(sql "$states")" "N-001|COMMITTED|24:0a:c4:10:00:01"
	bench 1 >bench.yaml
	flash differs numbers --serial N-100
	equal "another number" "$(newest code)" SERIAL_DIFFERS
}

# A unit that has all of it already, from records that are lost, and fails: the number stands on it.
found() {
	part found
	bench 7 >bench.yaml
	cat >there.sh <<'END'
"$FLASHLINE" flash ../there.yaml --all --db lost.db >lost.out 2>lost.err
"$FLASHLINE" flash ../there.yaml --all --db flashline.db >there.out 2>there.err
END
	"$M5SIM" run bench.yaml -- sh there.sh >bench.out 2>bench.err
	equal "its failure" "$(newest "code||' '||skipped_bytes")" "BOOT_TEXT_MISSING 57344"
	equal "its number" "$(sql "$states")" "N-001|VOID|24:0a:c4:10:00:07"
}

scanned() {
	part scanned
	bench 0 >bench.yaml
	flash none scan
	equal "nothing scanned" "$(newest code)" SERIAL_MISSING
	flash x scan --serial X1
	equal "what does not match" "$(newest code)" SERIAL_MISSING
	flash s scan --serial S1 || fail "S1 did not pass"
	equal "the end of S1" "$(sql "select state||' '||source from serial_state order by position desc limit 1")" \
		"COMMITTED TYPED"
	expect_status 2 "$FLASHLINE" serials unused ../scan.yaml --db flashline.db
}

# ---- killed ----

cat >session.sh <<'END'
"$FLASHLINE" flash ../killed.yaml --all --jobs 2 --json --db flashline.db >killed.out 2>>session.err &
echo $! >session.pid
wait $!
END
export FLASHLINE

kill_at() { # PATTERN: as soon as it has printed such a line
	rm -f session.pid
	: >killed.out
	"$M5SIM" run bench.yaml -- sh ../session.sh >bench.out 2>&1 &
	bench=$!
	while [ ! -s session.pid ] && kill -0 $bench 2>/dev/null; do sleep 0.01; done
	read -r pid <session.pid
	while kill -0 "$pid" 2>/dev/null && ! grep -q -- "$1" killed.out; do sleep 0.01; done
	kill -KILL "$pid" 2>/dev/null
	wait $bench
}

kill_and_go_on() { # PATTERN
	kill_at "$1"
	sql "select distinct serial, mac from serial_state where state='WRITTEN'" | sort >written.before
	sql "select distinct serial, mac from serial_state where state='COMMITTED'" | sort >committed.before
	flash after killed || fail "after '$1' they did not pass"
	sql "select distinct serial, mac from serial_state where state='COMMITTED'" | sort >committed.after
	equal "numbers of three units, killed at '$1'" \
		"$(cut -d '|' -f 1 committed.after | uniq | wc -l) $(cut -d '|' -f 2 committed.after | sort -u | wc -l)" "3 3"
	# What may have stood on a unit is that unit's.
	[ -z "$(comm -23 written.before committed.after)" ] || fail "a written number went elsewhere"
	[ -z "$(comm -23 committed.before committed.after)" ] || fail "a committed number was lost"
	equal "left open" "$(sql "$states" | grep -c 'RESERVED\|WRITTEN')" 0
	# None was lost for nothing: all fit into the first three numbers.
	equal "the highest" "$(sql "select max(serial) from serial_state")" N-003
}

killed() { # PART PATTERN
	part "$1"
	bench 0 '' 4 '' 8 >bench.yaml
	left=${FLASHLINE_KILLS:-1}
	while [ "$left" -gt 0 ]; do
		left=$((left - 1))
		kill_and_go_on "$2"
	done
	expect_status 0 "$FLASHLINE" ledger verify --db flashline.db
}

# ---- asked for ----

asked() {
	expect_status 0 "$FLASHLINE" serials states --db flashline.db
	expect_line '^killed +3 +0 +0 +0 +0$' command.out
	expect_status 0 "$FLASHLINE" serials unused ../killed.yaml --output unused.csv --db flashline.db
	equal "unused" "$(sed -n '1p;2p;$p' unused.csv | tr '\n' ' ')$(wc -l <unused.csv)" "serial N-004 N-999 997"
	expect_status 2 "$FLASHLINE" serials void N-004 --product killed --db flashline.db
	expect_status 0 "$FLASHLINE" serials void N-004 --product killed --operator ann --reason 'label torn' --db flashline.db
	expect_status 0 "$FLASHLINE" serials show N-004 --json --db flashline.db
	expect_line '"state":"VOID".*"operator":"ann","reason":"label torn"' command.out
	expect_status 0 "$FLASHLINE" serials unused ../killed.yaml --output - --db flashline.db
	equal "unused without the void one" "$(sed -n 2p command.out)" N-005
}

# A subshell each, which ends with 1 where it has failed.
(leaves) & parts=$!
(declared) & parts="$parts $!"
(found) & parts="$parts $!"
(scanned) & parts="$parts $!"
(killed known identified) & parts="$parts $!"
(killed loaded '"step":"stub"') & parts="$parts $!"
(killed written '"step":"write"') & parts="$parts $!"
(killed passed '"event":"result"' && asked) & parts="$parts $!"
has_failed=
for part in $parts; do
	wait "$part" || has_failed=yes
done
[ -z "$has_failed" ] || exit 1
