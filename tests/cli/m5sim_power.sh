# A hub's port can be switched off and on through its file `disable`, as Linux 6.0 offers it:
# the unit leaves the bus and loses its power, and comes back as a new device from cold.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, hub_switch: true, hand_download: true, content: random}
  - {chip: esp32, bridge: ch9102f, path: 4, hub_switch: data, hand_download: true}
  - {chip: esp32, bridge: ch340, path: 1.3}
  - {chip: esp32, bridge: cp2105, path: 3.1, hub_switch: true}
  - {chip: esp32, bridge: cp2105, path: 3.1, interface: 1}
  - {chip: esp32s2, bridge: usb-otg, hand_download: true, path: 5, hub_switch: true}
  - {chip: esp32, bridge: cp2104, path: 6, hub_switch: true, faults: [{wedged: {byte: 5}}]}
END
cat >power.sh <<'END'
script=$BUILD/tests/cli/port_script
usb=/sys/bus/usb/devices
becomes() { # what the command prints in the end, two minutes at most
	wanted=$1
	shift
	for _ in $(seq 1200); do
		[ "$("$@" 2>/dev/null)" = "$wanted" ] && return
		sleep 0.1
	done
	echo "$* never printed '$wanted'"
}
there() { [ -e "$1" ] && echo yes || echo no; }
into_loader="rate:115200 set:none set:rts wait:20 set:dtr wait:60 set:none"
ports() { LC_ALL=C ls /dev | grep 'tty[AU]' | tr '\n' ' '; }
attributes() { LC_ALL=C ls $usb/1-1:1.0/1-1-port1 | tr '\n' ' '; }
echo "-- the way there"
for unit in 1-1.1 1-4 1-1.3 1-1; do
	echo "$unit $(readlink $usb/$unit/port) $(readlink $usb/$unit/port/device)" \
		"$(cat $usb/$unit/port/disable 2>/dev/null || echo fixed)"
	[ "$(cd -P $usb/$unit/port/device && pwd)" = "$(cd -P $usb/$unit && pwd)" ] || echo "another device"
done
ls -l $usb/1-1.1/port/disable | cut -c1-10
echo "-- off"
first=$(cat $usb/1-1.1/devnum)
"$script" open:/dev/ttyUSB0 until-gone:/dev/ttyUSB0 get read:1 >held.out &
becomes yes there held.out
while ! grep -q open held.out; do sleep 0.05; done
echo 1 >$usb/1-1:1.0/1-1-port1/disable
wait $!
cat held.out
there $usb/1-1.1
cat $usb/1-1:1.0/1-1-port1/disable
becomes "ttyACM0 ttyACM1 ttyUSB1 ttyUSB2 ttyUSB3 ttyUSB4 " ports
becomes "connect_type disable over_current_count uevent " attributes
becomes no there /dev/bus/usb/001/$(printf %03d "$first")
echo "-- what Linux refuses"
(echo 2 >$usb/1-1:1.0/1-1-port1/disable) 2>/dev/null || echo refused
cat $usb/1-1:1.0/1-1-port1/disable
echo "-- on"
printf off >$usb/1-1:1.0/1-1-port1/disable
cat $usb/1-1:1.0/1-1-port1/disable
becomes yes there /sys/class/tty/ttyUSB0
readlink $usb/1-1:1.0/1-1-port1/device
[ "$(cat $usb/1-1.1/devnum)" -gt "$first" ] && echo "another device number"
"$script" open:/dev/ttyUSB0 $into_loader read-until:DOWNLOAD_BOOT
echo "-- data alone"
echo y >$usb/1-0:1.0/usb1-port4/disable
there /dev/ttyACM0
cat $usb/1-0:1.0/usb1-port4/disable
echo n >$usb/1-0:1.0/usb1-port4/disable
becomes yes there /sys/class/tty/ttyACM0
echo "-- both ports of a bridge"
echo 1 >$usb/1-3.1/port/disable
becomes no there $usb/1-3.1
becomes "ttyACM0 ttyACM1 ttyUSB0 ttyUSB1 ttyUSB4 " ports
echo 0 >$usb/1-3:1.0/1-3-port1/disable
becomes yes there /sys/class/tty/ttyUSB2
becomes yes there /sys/class/tty/ttyUSB3
echo "-- nobody holds the key"
echo 1 >$usb/1-5/port/disable
becomes no there $usb/1-5
echo 0 >$usb/1-0:1.0/usb1-port5/disable
echo "-- a bridge that is stuck"
node=/dev/bus/usb/001/$(printf %03d "$(cat $usb/1-6/devnum)")
"$script" open:/dev/ttyUSB4 write:01234 | grep -v ok
"$script" open:/dev/ttyUSB4 $into_loader read:1 "open:$node" control:c0,ff,370b,1 | grep -v ok
echo 1 >$usb/1-6/port/disable
echo 0 >$usb/1-0:1.0/usb1-port6/disable
becomes yes there /sys/class/tty/ttyUSB4
"$script" open:/dev/ttyUSB4 $into_loader read-until:DOWNLOAD_BOOT \
	"open:/dev/bus/usb/001/$(printf %03d "$(cat $usb/1-6/devnum)")" control:c0,ff,370b,1 | grep -v ok
END
cat >expected <<'END'
-- the way there
1-1.1 ../1-1:1.0/1-1-port1 ../../1-1.1 0
1-4 ../1-0:1.0/usb1-port4 ../../1-4 0
1-1.3 ../1-1:1.0/1-1-port3 ../../1-1.3 fixed
1-1 ../1-0:1.0/usb1-port1 ../../1-1 fixed
-rw-r--r--
-- off
open: ok
get: EIO
read: end of file
no
1
-- what Linux refuses
refused
1
-- on
0
../../1-1.1
another device number
open: ok
rate: 115384
set: ok
set: ok
set: ok
set: ok
read-until: DOWNLOAD_BOOT
-- data alone
no
1
-- both ports of a bridge
-- nobody holds the key
-- a bridge that is stuck
rate: 115200
read: nothing
control: ETIMEDOUT
rate: 115384
read-until: DOWNLOAD_BOOT
control: 04
END
switched() { # what to run m5sim by
	expect_status 0 "$@" "$M5SIM" run bench.yaml --state "units" -- sh power.sh
	[ -s command.err ] && fail "errors"
	cmp -s expected command.out || { diff expected command.out >&2; fail "switched ports, $*"; }
}
switched env
events() { sed 's/^ *[0-9.]* //' "units/$1/journal.txt" | head -n "$2" | tr '\n' ','; }
equal "journal of the unit without power" "$(events ttyUSB0 4)" \
	"reset: into the loader,unplugged,plugged in: port 2,reset: from flash,"
equal "journal of the unit without bus" "$(events ttyACM0 4)" "reset: into the loader,"
expect_line '"power_cuts": 1,' units/ttyUSB0/unit.json
expect_line '"power_cuts": 0,' units/ttyACM0/unit.json
expect_line '"power_cuts": 1,' units/ttyUSB2/unit.json
expect_line '"power_cuts": 1,' units/ttyUSB3/unit.json
expect_line '"ports_seen": 1,' units/ttyACM1/unit.json
expect_line '"unplugged": false' units/ttyUSB0/unit.json
cmp units/ttyUSB0/before.bin units/ttyUSB0/flash.bin || fail "the flash of a unit without power"
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	chmod 644 bench.yaml power.sh
	mkdir other && chown 65534 other && cd other || exit 3
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086
	if $as_nobody "$M5SIM" run --probe 2>/dev/null; then
		expect_status 0 $as_nobody "$M5SIM" run ../bench.yaml -- sh ../power.sh
		cmp -s ../expected command.out || { diff ../expected command.out >&2; fail "switched ports as somebody else"; }
	fi
fi
exit 0
