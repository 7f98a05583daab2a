# Hands plug units into the nests of a bench and take them out while a program runs: node,
# sysfs entries and device number go and come as with real hotplug, who has the port open
# sees a hang-up, a name stays taken as long as somebody holds it, and what became of each
# unit's flash is known at the end. The same for root and for somebody else.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
nests: [1.1, 1.2, 2-3.1]
units:
  - {chip: esp32, bridge: ch340, path: 1.1}
  - {chip: esp32, bridge: ch340, path: 1.3, name: fixed}
END
cat >hands.sh <<'END'
hand() { "$BUILD/m5sim" control "$@"; }
wait_for() { # test(1)'s condition, two minutes at most
	for _ in $(seq 2400); do [ "$@" ] && return; sleep 0.05; done
	echo "never: $*"
}
number() { cat "/sys/bus/usb/devices/$1/devnum"; }
echo "-- a nest's hub is there before anything is plugged in"
ls /sys/bus/usb/devices/2-3/2-3:1.0 | grep port1
hand new u1 '{chip: esp32, flash: 16MB, bridge: ch340, content: [{fill: random, address: 15M, size: 5K}]}'
hand new u2 '{chip: esp32s3, bridge: usb-jtag, mac: "34:85:18:00:00:02"}'
hand new u3 '{chip: esp32, bridge: ch340}'
[ -e /dev/ttyUSB2 ] && echo "a port of a unit in the hand"
echo "-- plugged in"
hand plug 1.2 u1 0
wait_for -e /sys/class/tty/ttyUSB2
readlink /dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-port0
before=$(number 1-1.2)
echo "-- swapped for another while somebody has the port open"
exec 3<>/dev/ttyUSB2
hand swap 1.2 u3 50
wait_for -e /sys/class/tty/ttyUSB3
[ -e /dev/ttyUSB2 ] && echo "the old node is there"
readlink /dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-port0
[ "$(number 1-1.2)" -gt "$before" ] && echo "another device number"
exec 3>&-
hand unplug 1.2
ls /sys/bus/usb/devices | grep 1-1.2
echo "-- of another kind, elsewhere; then the first again, under the lowest free name"
hand plug 2-3.1 u2 0
wait_for -e /sys/class/tty/ttyACM0
cat /sys/bus/usb/devices/2-3.1/serial
hand unplug 1.1
hand plug 1.1 u1 0
wait_for -e /sys/class/tty/ttyUSB0
hand plug 1.2 ttyUSB0 0
wait_for -e /sys/class/tty/ttyUSB2
hand list
echo "-- a board on the bridge of what is plugged in"
hand new b1 '{chip: esp32, bridge: ch340}'
hand new b2 '{chip: esp32, bridge: cp2104}'
hand new b3 '{chip: esp32, bridge: ch340, faults: [{unplug: {byte: 1}}]}'
before=$(number 1-1.1)
hand lift 1.1
hand exchange 1.1 b1
hand seat 1.1 b2
hand seat 1.1 b3
hand seat 1.1 b1
hand seat 1.1 u3
hand plug 1.2 b1
hand forget b1
hand list
hand exchange 1.1 u3
hand lift 1.1
[ "$(number 1-1.1)" = "$before" ] && [ -e /dev/ttyUSB0 ] && echo "the same device"
hand seat 1.1 b1
hand unplug 1.1
hand plug 1.1 u1 0
wait_for -e /sys/class/tty/ttyUSB0
echo "-- forgotten"
hand forget u3
hand list
echo "-- refused"
hand new u1 '{chip: esp32}'
hand new u3 '{chip: esp32}'
hand new 'u/4' '{chip: esp32}'
hand new u4 '{chip: esp33}'
hand new u4 '{chip: esp32, path: 1.1}'
hand new u4 '{chip: esp32, faults: [held]}'
hand new u4 '{chip: esp32'
hand new u4 '{chip: esp32, content: [{file: missing}]}'
hand plug 1.2 u1
hand new u4 '{chip: esp32, bridge: ch340}'
hand plug 1.2 u4
hand plug 1.3 u4
hand swap 1.2 u5
hand swap 1.2 u1
hand forget u1
hand unplug 2.1
hand unplug
hand plug 1.2 u4 soon
hand unplug 1.2 u4
hand fly
hand plug 1.2 "$(printf '%4090s' u4)"
printf 'plug 1.2 %4090s\n' u4 | hand
printf 'forget u4\nlist again' | hand
echo "ends $?"
END
cat >expected <<'END'
-- a nest's hub is there before anything is plugged in
2-3-port1
ok
ok
ok
-- plugged in
ok
../../ttyUSB2
-- swapped for another while somebody has the port open
ok
../../ttyUSB3
another device number
ok
-- of another kind, elsewhere; then the first again, under the lowest free name
ok
34:85:18:00:00:02
ok
ok
ok
ok {"nests":[{"nest":"1.1","unit":"u1","node":"ttyUSB0"},{"nest":"1.2","unit":"ttyUSB0","node":"ttyUSB2"},{"nest":"2-3.1","unit":"u2","node":"ttyACM0"}],"hand":["u3"]}
-- a board on the bridge of what is plugged in
ok
ok
ok
error: 1.1 has no board in it
error: 1.1 has no board in it
error: b2 is made for a cp2104, and 1.1 has a ch340
error: b3 cannot be seated: it has its own USB, or the fault 'unplug'
ok
error: 1.1 has the board b1 in it
error: b1 is seated in a nest already
error: b1 is seated in a nest
ok {"nests":[{"nest":"1.1","unit":"u1","node":"ttyUSB0","board":"b1"},{"nest":"1.2","unit":"ttyUSB0","node":"ttyUSB2"},{"nest":"2-3.1","unit":"u2","node":"ttyACM0"}],"hand":["u3","b2","b3"]}
ok
ok
the same device
ok
ok
ok
-- forgotten
ok
ok {"nests":[{"nest":"1.1","unit":"u1","node":"ttyUSB0"},{"nest":"1.2","unit":"ttyUSB0","node":"ttyUSB2"},{"nest":"2-3.1","unit":"u2","node":"ttyACM0"}],"hand":["b1","b2","b3"]}
-- refused
error: u1 is the name of a unit already
error: u3 was the name of a unit that is forgotten
error: u/4 is no name for a unit: up to 31 letters, digits, '-' and '_'
error: u4:1:1: u4: no such chip
error: u4:1:15: 'path' is for units of the bench file alone
error: u4:1:1: 'held' is for units of the bench file alone
error: u4:2:1: did not find expected ',' or '}'
error: missing: No such file or directory
error: u1 is plugged in already
ok
error: 1.2 is taken by ttyUSB0
error: 1.3 is none of the bench file's nests
error: u5 is no unit that is there
error: u1 is plugged in already
error: u1 is plugged in
error: 2.1 is none of the bench file's nests
error: expected unplug NEST
error: expected plug NEST UNIT [MS]
error: expected unplug NEST
error: expected new, plug, unplug, swap, seat, lift, exchange, forget or list
error: a line is too long
ok
error: expected list
ends 3
END
handle() { # what to run m5sim by
	expect_status 0 "$@" "$M5SIM" run bench.yaml -- sh hands.sh
	equal errors "$(cat command.err)" "m5sim: more words than a line holds"
	cmp -s expected command.out || { diff expected command.out >&2; fail "hands, $*"; }
}
handle env
expect_status 0 "$M5SIM" run bench.yaml --state units --trim -- sh hands.sh
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	chmod 644 bench.yaml hands.sh
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086
	$as_nobody "$M5SIM" run --probe 2>/dev/null && handle $as_nobody
fi

# What was forgotten is there with the others: flash, journal, where it was plugged in.
equal "units" "$(ls units | tr '\n' ' ')" "b1 b2 b3 bench.json ttyUSB0 ttyUSB1 u1 u2 u3 u4 "
cmp units/u1/before.bin units/u1/flash.bin || fail "the flash of a unit that was only plugged in"
equal "bytes of a flash with contents up to there" "$(wc -c <units/u1/flash.bin)" $((15 * 1024 * 1024 + 5 * 1024))
equal "visits of u1" "$(grep -c '"from_ms"' units/u1/unit.json)" 3
equal "visits of b1" "$(grep -c '"nest": "1.1"' units/b1/unit.json)" 2
equal "visits of u2" "$(grep -c '"to_ms": 0,' units/u2/unit.json)" 1
expect_line '"nest": "2-3.1"' units/u2/unit.json
expect_line 'unplugged$' units/u3/journal.txt

# What is written to a unit counts for the visit. Without nests there are no hands.
esp32_firmware 60K
esp32_recipe hands >recipe.yaml
printf 'nests: 2\n' >bench.yaml
cat >write.sh <<'END'
hand() { "$BUILD/m5sim" control "$@" >>control.out || exit 9; }
hand new u1 '{chip: esp32, bridge: cp2104}'
hand new u2 '{chip: esp32, bridge: cp2104}'
hand plug 1.1 u1 0
until [ -e /sys/class/tty/ttyUSB0 ]; do sleep 0.05; done
"$BUILD/flashline" flash recipe.yaml --ports ttyUSB0 || exit
hand swap 1.1 u2 0
hand plug 1.2 u1 0
END
expect_status 0 "$M5SIM" run bench.yaml --state written --trim -- sh write.sh
holds_esp32 - written/u1/flash.bin || fail "what was written before the unit was taken out"
equal "the flash of the other unit" "$(wc -c <written/u2/flash.bin)" 0
grep '"bytes_programmed"' written/u1/unit.json | tr -d ' \n' >programmed
expect_line '^"bytes_programmed":([1-9][0-9]*),"bytes_programmed":\1,"bytes_programmed":0,$' programmed
printf 'units: [{chip: esp32}]\n' >bench.yaml
expect_status 3 "$M5SIM" run bench.yaml -- "$M5SIM" control list
expect_line 'no M5SIM_CONTROL here' command.err
