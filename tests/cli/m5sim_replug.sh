# Units on their chip's own USB come and go: another node and device number, the same USB path.
# A name stays taken while a program holds the old port. What was unplugged can be plugged in
# again. The same for root and for somebody else, who gets it through a user namespace.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32s3, bridge: usb-jtag, reenumerates: true, hand_download: true, mac: "34:85:18:00:00:01"}
  - {chip: esp32s3, bridge: usb-jtag, mac: "34:85:18:00:00:02"}
  - {chip: esp32s2, bridge: usb-otg, hand_download: true}
  - {chip: esp32, bridge: ch340, faults: [{unplug: {byte: 5, back_after: 200}}], content: random}
  - {chip: esp32, bridge: ch340}
END
cat >replug.sh <<'END'
script=$BUILD/tests/cli/port_script
where() { # node: USB path, ids, serial
	usb=$(cd -P "/sys/class/tty/$1/device/.." && pwd)
	[ -e "$usb/idVendor" ] || usb=${usb%/*}
	echo "$1 ${usb##*/} $(cat "$usb/idVendor"):$(cat "$usb/idProduct") $(cat "$usb/serial" 2>/dev/null)"
}
where ttyACM0
where ttyACM2
first=$(cat /sys/bus/usb/devices/1-1.1/devnum)
echo "-- reset while the port is held"
"$script" open:/dev/ttyACM0 set:none set:rts until:/sys/class/tty/ttyACM3 get write:x open-again:/dev/ttyACM3 close
where ttyACM3
ls /dev | grep ttyACM | tr '\n' ' '
ls /sys/class/tty | grep ttyACM | tr '\n' ' '
echo
[ "$(cat /sys/bus/usb/devices/1-1.1/devnum)" -gt "$first" ] && echo "another device number"
readlink /dev/serial/by-path/pci-0000:00:14.0-usb-0:1.1:1.0
echo "-- reset by a program that is gone before the port is back"
"$script" open:/dev/ttyACM3 set:none set:rts
"$script" until:/sys/class/tty/ttyACM0
where ttyACM0
echo "-- unplugged for 200 ms"
"$script" open:/dev/ttyUSB0 write:012345 get until:/sys/class/tty/ttyUSB2 get close
where ttyUSB2
"$script" open:/dev/ttyUSB2 rate:115200 set:none set:rts wait:20 set:dtr wait:60 set:none read-until:DOWNLOAD_BOOT | tail -n 1
END
cat >expected <<END
ttyACM0 1-1.1 303a:1001 34:85:18:00:00:01
ttyACM2 1-1.3 303a:0002 0
-- reset while the port is held
open: ok
set: ok
set: ok
get: EIO
write: EIO
open-again: ok
close: ok
ttyACM3 1-1.1 303a:1001 34:85:18:00:00:01
ttyACM1 ttyACM2 ttyACM3 ttyACM1 ttyACM2 ttyACM3 
another device number
../../ttyACM3
-- reset by a program that is gone before the port is back
open: ok
set: ok
set: ok
ttyACM0 1-1.1 303a:1001 34:85:18:00:00:01
-- unplugged for 200 ms
open: ok
write: ok
get: EIO
get: EIO
close: ok
ttyUSB2 1-1.4 1a86:7523 
read-until: DOWNLOAD_BOOT
END
replug() { # what to run m5sim by
	expect_status 0 "$@" "$M5SIM" run bench.yaml -- sh replug.sh
	[ -s command.err ] && fail "errors"
	cmp -s expected command.out || { diff expected command.out >&2; fail "ports that come and go, $*"; }
}
replug env
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh replug.sh
expect_line '"ports_seen": 3,' units/ttyACM0/unit.json
expect_line '"last_node": "ttyACM0"' units/ttyACM0/unit.json
expect_line '"last_node": "ttyUSB2"' units/ttyUSB0/unit.json
cmp units/ttyUSB0/before.bin units/ttyUSB0/flash.bin || fail "the flash of a unit that was unplugged"
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	chmod 644 bench.yaml replug.sh
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086
	$as_nobody "$M5SIM" run --probe 2>/dev/null && replug $as_nobody
fi

# The FTDI driver's latency timer, by file and by flag; two ports of one bridge.
cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: ft232r}
  - {chip: esp32, bridge: cp2105, path: 3.1}
  - {chip: esp32, bridge: cp2105, path: 3.1, interface: 1}
  - {chip: esp32c3, bridge: ch342, path: 3.2, interface: 2}
END
cat >bridges.sh <<'END'
script=$BUILD/tests/cli/port_script
timer=/sys/bus/usb-serial/devices/ttyUSB0/latency_timer
becomes() { # the driver's answer to a write, seen a moment later, two minutes at most
	for _ in $(seq 1200); do [ "$(cat $timer)" = "$1" ] && break; sleep 0.1; done
	cat $timer
}
cat $timer
(echo 999 >$timer) 2>/dev/null || echo refused
cat $timer
echo 2 >$timer
cat $timer
echo 4 >$timer
becomes 4
"$script" open:/dev/ttyUSB0 low-latency:on
becomes 1
"$script" open:/dev/ttyUSB0 low-latency:off
becomes 4
"$script" open:/dev/ttyUSB1 low-latency:on
for tty in ttyUSB1 ttyUSB2 ttyACM0; do
	readlink /sys/class/tty/$tty | sed 's/.*usb1.//'
done
ls /dev/serial/by-path | tail -n 3
"$script" open:/dev/ttyUSB1 rate:1500000
"$script" open:/dev/ttyUSB2 rate:1500000
END
expect_status 0 "$M5SIM" run bench.yaml -- sh bridges.sh
cat >expected <<END
16
refused
16
2
4
open: ok
low-latency: on
1
open: ok
low-latency: off
4
open: ok
low-latency: off
1-3/1-3.1/1-3.1:1.0/ttyUSB1/tty/ttyUSB1
1-3/1-3.1/1-3.1:1.1/ttyUSB2/tty/ttyUSB2
1-3/1-3.2/1-3.2:1.2/tty/ttyACM0
pci-0000:00:14.0-usb-0:3.1:1.0-port0
pci-0000:00:14.0-usb-0:3.1:1.1-port0
pci-0000:00:14.0-usb-0:3.2:1.2
open: ok
rate: 1500000
open: ok
rate: 921600
END
cmp -s expected command.out || { diff expected command.out >&2; fail "bridges"; }
