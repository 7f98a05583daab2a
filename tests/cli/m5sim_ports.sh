# A command on the bench sees the bench's ports as Linux shows USB serial ports, its own files
# and its own ids.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104}
  - {chip: esp32, bridge: ch9102f}
  - {chip: esp32, bridge: ch340}
  - {chip: esp32, bridge: m5-ftdi, path: 4.2.1, controller: "0000:05:00.0", bus: 3}
  - {chip: esp32c3, bridge: usb-jtag, mac: "34:85:18:00:00:01"}
END
cat >look.sh <<'END'
echo "ids $(id -u) $(id -g)"
echo "file $(cat own-file)"
cd /sys/class/tty || exit 1
for tty in tty*; do
	interface=$(cd -P "$tty/device" && pwd)
	driver=$(basename "$(readlink -f "$tty/device/driver")")
	subsystem=$(basename "$(readlink -f "$tty/device/subsystem")")
	[ "$subsystem" = usb ] || interface=${interface%/*}
	usb=${interface%/*}
	text() { [ -e "$usb/$1" ] && cat "$usb/$1" || echo -; }
	echo "$tty $subsystem $driver $(basename "$(readlink -f "$interface/driver")")" \
		"${interface#*.devices/} $(cat "$interface/bInterfaceNumber")" \
		"$(text idVendor):$(text idProduct) $(text bcdDevice) busnum $(text busnum)" \
		"'$(text manufacturer)' '$(text product)' '$(text serial)'"
	[ "$(cat "$tty/dev")" = "$(stat -c %Hr:%Lr "/dev/$tty")" ] || echo "$tty: dev differs"
	[ -w "/dev/$tty" ] || echo "$tty: cannot be written to"
done
cd /dev && ls | tr '\n' ' '
echo
for link in /dev/serial/by-path/*; do echo "$link $(readlink -f "$link")"; done
echo a >/dev/null && head -c 3 /dev/zero | tr '\0' z && head -c 1 /dev/urandom | wc -c
(echo full >/dev/full) 2>/dev/null && echo "/dev/full is not full"
if [ -w /dev/pts/ptmx ]; then
	python3 -c 'import os; os.close(os.openpty()[0])' || echo "no terminal can be made"
fi
cat /dev/stdin
END
echo mine >own-file
echo piped | expect_status 0 "$M5SIM" run bench.yaml -- sh look.sh
cat >expected <<END
ids $(id -u) $(id -g)
file mine
ttyACM0 usb cdc_acm cdc_acm pci0000:00/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0 00 1a86:55d4 0443 busnum 1 '-' 'USB Single Serial' '1013904226'
ttyACM1 usb cdc_acm cdc_acm pci0000:00/0000:00:14.0/usb1/1-1/1-1.4/1-1.4:1.0 00 303a:1001 0101 busnum 1 'Espressif' 'USB JTAG/serial debug unit' '34:85:18:00:00:01'
ttyUSB0 usb-serial cp210x cp210x pci0000:00/0000:00:14.0/usb1/1-1/1-1.1/1-1.1:1.0 00 10c4:ea60 0100 busnum 1 'Silicon Labs' 'CP2104 USB to UART Bridge Controller' '9E3779B1'
ttyUSB1 usb-serial ch341-uart ch341 pci0000:00/0000:00:14.0/usb1/1-1/1-1.3/1-1.3:1.0 00 1a86:7523 0264 busnum 1 '-' 'USB Serial' '-'
ttyUSB2 usb-serial ftdi_sio ftdi_sio pci0000:05/0000:05:00.0/usb3/3-4/3-4.2/3-4.2.1/3-4.2.1:1.0 00 0403:6001 0500 busnum 3 'Hades2001' 'M5stack' '7178DDE6C4'
END
head -n 7 command.out >got
cmp -s expected got || { diff expected got >&2; fail "the ports do not look as they should"; }
expect_line '^bus fd full( log)?( mqueue)? null ptmx pts random serial shm stderr stdin stdout tty( |USB|ACM)' command.out
expect_line 'ttyACM0 ttyACM1 ttyUSB0 ttyUSB1 ttyUSB2 urandom zero' command.out
expect_line '^/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.1:1.0-port0 /dev/ttyUSB0$' command.out
expect_line '^/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.2:1.0 /dev/ttyACM0$' command.out
expect_line '^/dev/serial/by-path/pci-0000:05:00.0-usb-0:4.2.1:1.0-port0 /dev/ttyUSB2$' command.out
expect_line '^zzz1$' command.out
expect_line '^piped$' command.out
[ -s command.err ] && fail "errors on the bench"
[ -e /dev/ttyUSB0 ] || [ -e /sys/class/tty/.devices ] && fail "the bench can be seen from outside"
exit 0
