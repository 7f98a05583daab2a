# Two stations give numbers of one product to their units at once, out of the plant's ledger. One is
# killed in the middle and comes back, the plant is away for a while: no number is given twice,
# none is lost, and what stands in a unit's flash memory is what the records say.
# labels: bench slow
. "$SOURCE/tests/plant/lib.sh"
M5SIM="$BUILD/m5sim"
"$M5SIM" run --probe >/dev/null 2>&1 || {
	echo "skipped: the simulated bench cannot run here"
	exit 77
}

"$BUILD/make_firmware" firmware esp32c3 --app-size 8K --flash-size 4MB || fail "make_firmware"
cat >factory.csv <<'END'
key,type,encoding,value
factory,namespace,,
serial,data,string,{serial}
END
recipe() { # NAME SERIAL
	cat >"$1.yaml" <<END
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
recipe lamp 'from: plant'
recipe torch 'from: range, prefix: "T-", width: 4'
recipe spark 'from: range, prefix: "S-", width: 4'
bench() { # NAME LAST DIGIT OF A MAC...
	name=$1
	shift
	echo 'units:'
	for digit; do echo "  - {chip: esp32c3, bridge: usb-jtag, mac: '24:0a:c4:$name:00:0$digit'}"; done
}
bench 0a 0 1 2 3 4 >a.yaml
bench 0b 0 1 2 3 4 >b.yaml

cat >session.sh <<'END'
"$FLASHLINE" flash "$2.yaml" --all --jobs 2 --json --db "$1.db" --plant "$PLANT" >"$1.out" 2>"$1.err" &
echo $! >"$1.pid"
wait $!
END
export FLASHLINE PLANT
# A station goes to work on the five units of its bench, which keep what was written to them.
station() { # NAME RECIPE
	: >"$1.out"
	rm -f "$1.pid"
	"$M5SIM" run "$1.yaml" --state "units-$1" --keep -- sh session.sh "$1" "$2" >"bench-$1.out" 2>&1
}
lease() { # NAME UNITS
	"$FLASHLINE" serials lease --product lamp --prefix 'L-####' --units "$2" --db "$1.db" --plant "$PLANT"
}
# Until it holds, or the station has ended.
wait_for() { # BENCH'S PROCESS, NAME, COMMAND...
	process=$1 name=$2
	shift 2
	until "$@"; do
		kill -0 "$process" 2>/dev/null || fail "station $name ended before: $*"
		sleep 0.02
	done
}
passes_are() { [ "$(grep -c '"event":"result".*"outcome":"PASS"' "$1.out")" -ge "$2" ]; }
states_are() { [ "$(local_sql "$1.db" "select count(*) from serial_state where state = '$2'" 2>/dev/null || echo 0)" -ge "$3" ]; }

# ---- blocks of one product ----

# Both ask at the same time for fewer numbers than they have units.
lease a 4 >lease-a.out 2>&1 &
other=$!
lease b 4 >lease-b.out 2>&1 || fail "lease of b"
wait $other || fail "lease of a"

station a lamp & first=$!
station b lamp & second=$!
# a is killed with a number that may stand on a unit, and one that does.
wait_for $first a passes_are a 1
wait_for $first a states_are a WRITTEN 3
kill -9 "$(cat a.pid)"
wait $first
equal "left open by the kill" "$(local_sql a.db "select count(*) > 0 from run left join result using (run_id) where outcome is null")" 1
# b loses the plant, and goes on with what it has.
wait_for $second b passes_are b 1
as_server "$bin/pg_ctl" -D server/data -m immediate -s -w stop >/dev/null 2>&1
wait $second
equal "b without the plant" "$(sed -n 's/.*"event":"result".*"code":"\([A-Z_]*\)","party.*/\1/p' b.out | sort | uniq -c | awk '{ print $1, $2 }' | paste -sd,)" \
	"4 OK,1 SERIALS_USED_UP"
expect_line "every serial number of lamp is given out" b.out
expect_status 3 lease b 1
station a lamp
equal "a, back without the plant" "$(local_sql a.db "select count(distinct mac) from runs where outcome = 'PASS'") $(grep -c SERIALS_USED_UP a.out)" "4 1"

start_server
lease a 2 >lease-a.out 2>&1 || fail "second lease of a"
lease b 2 >lease-b.out 2>&1 || fail "second lease of b"
station a lamp || fail "a did not finish"
station b lamp || fail "b did not finish"
sync_all a.db
sync_all b.db
same_on_both_sides a.db
same_on_both_sides b.db

newest='select serial, state, mac from serial_state s where position =
	(select max(position) from serial_state o where o.serial = s.serial) order by serial'
for db in a b; do local_sql $db.db "$newest"; done >numbers
# Ten units, ten numbers, each its own, and the plant says the same.
grep '|COMMITTED|' numbers | sort >given
equal "numbers and units" "$(cut -d '|' -f 1 given | sort -u | wc -l) $(cut -d '|' -f 3 given | sort -u | wc -l)" "10 10"
admin "select serial || '|COMMITTED|' || mac from flashline.units where product = 'lamp'" | sort >claimed
cmp -s given claimed || { diff given claimed >diff.out; fail "the plant knows other owners"; }
# No number is anywhere twice, and none is lost: the others of the blocks are free, or were never given.
equal "numbers in two stations" "$(cut -d '|' -f 1 numbers | sort | uniq -d)" ""
equal "numbers that are neither given nor free" "$(grep -v '|COMMITTED|' numbers | grep -vc '|RETURNED|')" 0
equal "leased, and the rest of it" "$(admin 'select sum(units) from flashline.serial_blocks')" 12
equal "beyond the blocks" "$(cut -d '|' -f 1 numbers | sort | tail -n 1 | tr -d 'L-' | awk '{ print ($1 > 12) }')" 0
# Another product's numbers are its own, also with the same prefix; the same texts of this one are not.
expect_status 0 "$FLASHLINE" serials lease --product lantern --prefix 'L-####' --units 1 --db a.db --plant "$PLANT"
expect_line '^lantern +L-0001 +L-0001 ' command.out
expect_status 2 "$FLASHLINE" serials lease --product lamp --prefix 'L-0###' --units 1 --db b.db --plant "$PLANT"
expect_line 'L-0 with 3 digits makes serial numbers of the prefix L- with 4 digits, which are leased already' command.err
# What really stands in each unit.
for flash in units-a/*/flash.bin units-b/*/flash.bin; do
	grep -aoE 'L-[0-9]{4}' "$flash" | sort -u | paste -sd,
done | sort >written
cut -d '|' -f 1 given | cmp -s - written || fail "in the units' flash memory stand: $(paste -sd ' ' written)"
equal "conflicts" "$(admin 'select count(*) from flashline.conflicts')" 0

# ---- one range in the hands of two ----

bench 0a 5 6 >a.yaml
bench 0b 5 6 >b.yaml
rm -rf units-a units-b
passed_with() { # RECIPE
	for db in a b; do
		local_sql $db.db "select distinct mac || ' ' || serial from runs where outcome = 'PASS' and recipe = '$1'"
	done | sort
}

# Both count from T-0001, and the plant says whose each number is. One that the other has got is put
# aside, and the unit gets the next one when it comes again.
station a torch & first=$!
station b torch
wait $first
until station a torch && station b torch; do
	[ "$(local_sql a.db "select count(*) from runs where recipe = 'torch'")" -lt 20 ] || fail "the torches come to no end"
done
sync_all a.db
sync_all b.db
passed_with torch >torches
equal "torches, and their numbers" "$(wc -l <torches) $(cut -d ' ' -f 2 torches | sort -u | wc -l)" "4 4"
equal "torches at the plant" "$(admin "select count(distinct serial) from flashline.runs where outcome = 'PASS' and recipe = 'torch'")" 4
equal "their conflicts" "$(admin 'select count(*) from flashline.conflicts')" 0

# The same without the plant: nobody can know, and it is found as soon as both have sent.
as_server "$bin/pg_ctl" -D server/data -m immediate -s -w stop >/dev/null 2>&1
bench 0a 7 >a.yaml
bench 0b 7 >b.yaml
station a spark & first=$!
station b spark || fail "spark of b"
wait $first || fail "spark of a"
start_server
sync_all a.db
sync_all b.db
sync_all a.db
equal "sparks" "$(passed_with spark | paste -sd,)" "24:0a:c4:0a:00:07 S-0001,24:0a:c4:0b:00:07 S-0001"
equal "the conflict" "$(admin 'select kind, value, units_held from flashline.conflicts')" "SERIAL|S-0001|t"
for db in a b; do
	equal "set aside in $db" "$(local_sql $db.db "select group_concat(mac) from disposition where state = 'QUARANTINE' and mac like '%:0$db:00:07'")" \
		"24:0a:c4:0$db:00:07"
done
