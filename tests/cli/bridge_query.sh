# Bridges that share id and strings are told apart by their own answer, where this user may
# ask; who may not, and ports that a program has open or that nobody chose, are left alone.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 16K --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: bridges
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/partitions.bin, address: 0x8000}
END
# of the unit on this USB port: recorded name | in the log
cat >told <<END
1.1|CH9102F|told by vendor query, part 08
1.2|CH9102X|told by vendor query, part 09
1.3|CH343GP|told by vendor query, part 00
1.4|CH343G|told by vendor query, part 18
1.5|CP2104|told by vendor query, part 04
1.6|CP2102N|told by vendor query, part 20
1.7|CP2102|told by vendor query, part 02; it answers as a copy of a CP2102 does
2.1|CP2104|told by product string
2.2|CP210x|told by id only; this user may not ask the bridge for its part
2.3|CH9102|told by id only; this user may not ask the bridge for its part
2.4|CH343J|told by vendor query, part 02
2.5|CH343K|told by vendor query, part 01
2.6|CP2101|told by vendor query, part 01
2.7|CP2103|told by vendor query, part 03
3.1|CP2102|told by vendor query, part 02
END
cat >bench.yaml <<END
units:
  - {chip: esp32, flash: 4MB, path: 1.1, bridge: ch9102f}
  - {chip: esp32, flash: 4MB, path: 1.2, bridge: ch9102x}
  - {chip: esp32, flash: 4MB, path: 1.3, bridge: ch343}
  - {chip: esp32, flash: 4MB, path: 1.4, bridge: ch343g}
  - {chip: esp32, flash: 4MB, path: 1.5, bridge: cp2104, product: Factory jig}
  - {chip: esp32, flash: 4MB, path: 1.6, bridge: cp2102n, product: Factory jig}
  - {chip: esp32, flash: 4MB, path: 1.7, bridge: cp2102-copy, product: Factory jig}
  - {chip: esp32, flash: 4MB, path: 2.1, bridge: cp2104}
  - {chip: esp32, flash: 4MB, path: 2.2, bridge: cp2104, product: Factory jig, usb_access: false}
  - {chip: esp32, flash: 4MB, path: 2.3, bridge: ch9102x, usb_access: false}
  - {chip: esp32, flash: 4MB, path: 2.4, bridge: ch343j}
  - {chip: esp32, flash: 4MB, path: 2.5, bridge: ch343k}
  - {chip: esp32, flash: 4MB, path: 2.6, bridge: cp2101, product: Factory jig}
  - {chip: esp32, flash: 4MB, path: 2.7, bridge: cp2103, product: Factory jig}
  - {chip: esp32, flash: 4MB, path: 3.1, bridge: cp2102, product: Factory jig}
END
# A port that a program has open is busy, and its bridge is not asked.
cat >session.sh <<'END'
"$BUILD/tests/cli/port_script" open:/dev/ttyACM1 until-gone:/dev/ttyACM1 >/dev/null &
until "$FLASHLINE" ports --json | grep -q '"holder_pid":[1-9]'; do sleep 0.1; done
"$FLASHLINE" ports --json >ports.out
"$FLASHLINE" identify --ports 1.2 --json >busy.out
kill $!
wait $!
"$FLASHLINE" identify --all --json >identify.out
"$FLASHLINE" flash recipe.yaml --all --db flashline.db
END
export FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh

# What the chosen ports are told by; "-" where nothing was to be asked.
field() { # name, file: of every port, in the order of the slots
	tr '{' '\n' <"$2" | grep '"slot":"pci' | sed "s/.*\"$1\":\"\{0,1\}\([^\",]*\).*/\1/"
}
cat >expected <<END
CH9102F|vendor query|answered
CH9102X|vendor query|answered
CH343GP|vendor query|answered
CH343G|vendor query|answered
CP2104|vendor query|answered
CP2102N|vendor query|answered
CP2102|vendor query|answered
CP2104|product string|null
CP210x|id only|not permitted
CH9102|id only|not permitted
CH343J|vendor query|answered
CH343K|vendor query|answered
CP2101|vendor query|answered
CP2103|vendor query|answered
CP2102|vendor query|answered
END
grep '"event":"station_start"' identify.out >chosen.out || fail "no list of ports"
for name in bridge bridge_told_by bridge_query; do field $name chosen.out >$name; done
paste -d '|' bridge bridge_told_by bridge_query >got
cmp -s expected got || { diff expected got >&2; fail "identify"; }

sed 's/.*|//; s/.*/null/' expected >unasked
field bridge_query ports.out >got
cmp -s unasked got || { diff unasked got >&2; fail "ports asked a bridge"; }
expect_line '"bridge_query":"in use"' busy.out

"$FLASHLINE" export --db flashline.db --unit-logs logs >/dev/null || fail "export"
while IFS='|' read -r path name line; do
	slot="pci-0000:00:14.0/$path:1.0"
	equal "the bridge in $slot" "$(sql "select bridge from runs where slot = '$slot'")" "$name"
	run=$(sql "select run_id from runs where slot = '$slot'")
	grep -qE "$name: $line$" "$(grep -lF "$run" logs/*)" || fail "the log of $slot does not say: $line"
done <told
