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
# recorded name | how it was told | in the log, of the unit on 1.n
cat >told <<END
CH9102F|vendor query|told by vendor query, part 08
CH9102X|vendor query|told by vendor query, part 09
CH343GP|vendor query|told by vendor query, part 00
CH343G|vendor query|told by vendor query, part 18
CP2104|vendor query|told by vendor query, part 04
CP2102N|vendor query|told by vendor query, part 20
CP2102|vendor query|told by vendor query, part 02; it answers as a copy of a CP2102 does
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
n=0
while IFS='|' read -r name _ line; do
	n=$((n + 1))
	slot="pci-0000:00:14.0/1.$n:1.0"
	equal "the bridge in $slot" "$(sql "select bridge from runs where slot = '$slot'")" "$name"
	run=$(sql "select run_id from runs where slot = '$slot'")
	grep -qF "$name: $line" "$(grep -lF "$run" logs/*)" || fail "the log of $slot does not say: $line"
done <told
grep -qF "CP210x: told by id only; this user may not ask the bridge for its part" logs/* ||
	fail "nobody was told that the question is not permitted"
