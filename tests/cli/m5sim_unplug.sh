# A unit that is unplugged takes its port with it: open descriptors see a hang-up, node and
# sysfs entries are gone, and the other ports stay.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, faults: [{unplug: {byte: 10}}]}
  - {chip: esp32, bridge: ch9102f}
END
cat >unplug.sh <<END
"$BUILD/tests/cli/port_script" open:/dev/ttyUSB0 write:0123456789 until-gone:/dev/ttyUSB0 read:1 write:x get close open:/dev/ttyUSB0
"$BUILD/tests/cli/port_script" open:/dev/ttyACM0 get
ls /dev/ttyUSB0 /sys/class/tty/ttyUSB0 2>/dev/null
ls /sys/class/tty /dev/serial/by-path
ls /sys/class/tty/.devices/pci0000:00/0000:00:14.0/usb1/1-1 | grep 1-1
ls /dev/bus/usb/001
END
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh unplug.sh
cat >expected <<END
open: ok
write: ok
read: end of file
write: EIO
get: EIO
close: ok
open: ENOENT
open: ok
lines: dtr+rts
/dev/serial/by-path:
pci-0000:00:14.0-usb-0:1.2:1.0

/sys/class/tty:
ttyACM0
1-1.2
1-1:1.0
001
002
004
END
grep -v '^tenths' command.out | cmp -s expected - || { diff expected command.out >&2; fail "after unplugging"; }
expect_line '"unplugged": true' units/ttyUSB0/unit.json
expect_line '"unplugged": false' units/ttyACM0/unit.json
expect_line '"bytes_in": 10,' units/ttyUSB0/unit.json
