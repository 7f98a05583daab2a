# The udev rules: their form; and, where udev is installed and this is root, what udev itself makes of
# them for the bridges and hubs of a simulated bench. Nothing of that reaches the machine: udev's
# folders are private ones.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"
UDEVADM=${UDEVADM:-$(command -v udevadm)}

# udev reads a rule as KEY op "value" by commas, and leaves out what it does not understand, with
# a line in its log. A GOTO has its LABEL.
rules="$SOURCE/station/packaging/99-flashline.rules"
key='[A-Z]+(\{[A-Za-z_/]+\})?(==|!=|\+=|=)"[^"]*"'
odd=$(grep -vE '^(#|$)' "$rules" | grep -vE "^$key(, $key)*\$")
[ -z "$odd" ] || fail "no udev rule: $odd"
for label in $(grep -o 'GOTO="[^"]*"' "$rules" | sed 's/GOTO=//' | sort -u); do
	grep -q "^LABEL=$label\$" "$rules" || fail "nothing is called $label"
done
[ -x "$UDEVADM" ] && [ "$(id -u)" = 0 ] && [ -z "${SANITIZE:-}" ] || exit 0

mkdir rules
cp "$rules" rules/
# What brltty's rules do, in our words: the device is marked, and a service is asked for.
cat >rules/85-brltty.rules <<'END'
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{PRODUCT}=="10c4/ea60/*", ENV{BRLTTY_BRAILLE_DRIVER}="sk", ENV{SYSTEMD_WANTS}+="brltty-udev.service"
END
cat >bench.yaml <<'END'
units:
  - {chip: esp32, bridge: cp2104, path: 1.1, hub_switch: true}
  - {chip: esp32, bridge: ft232r, path: 1.2}
  - {chip: esp32c3, bridge: usb-jtag, path: 1.3}
END
cat >session.sh <<'END'
ask() { # name, sysfs path: what udev decides; then what it would run is run
	"$UDEVADM" test -a add "$2" >"$1.log" 2>&1
	sed -n "s/^run: '\(.*\)'\$/\1/p" "$1.log" >"$1.run"
	sh "$1.run"
}
ask tty /sys/class/tty/ttyUSB0
ask jtag /sys/class/tty/ttyACM0
ask device /sys/bus/usb/devices/1-1.1
ask hub /sys/bus/usb/devices/1-1
ask ports /sys/bus/usb/devices/1-1:1.0
ask serial /sys/bus/usb-serial/devices/ttyUSB1
stat -c '%G %a' /dev/ttyUSB0 /dev/ttyACM0 /sys/bus/usb/devices/1-1:1.0/1-1-port1/disable \
	/sys/bus/usb-serial/devices/ttyUSB1/latency_timer >rights
END
cat >private.sh <<'END'
mount -t tmpfs none /run && mkdir -p /run/udev/rules.d && mount --bind rules /run/udev/rules.d &&
	exec "$M5SIM" run bench.yaml -- sh session.sh
END
# udev refuses a tree that is not the kernel's own unless it is told not to.
export SYSTEMD_DEVICE_VERIFY_SYSFS=0 UDEVADM M5SIM
unshare -m true 2>/dev/null || exit 0
expect_status 0 unshare -m sh private.sh

grep -h "99-flashline.rules:[0-9]* .*\(Invalid\|Unknown\|ignoring\)" ./*.log | grep -v power/control &&
	fail "udev does not understand a rule"
for name in tty jtag device serial; do
	expect_line '^ID_MM_DEVICE_IGNORE=1$' $name.log
	expect_line '^ID_MM_PORT_IGNORE=1$' $name.log
done
grep -q '^ID_MM' hub.log && fail "a hub is marked as well"
expect_line "99-flashline.rules:.*power/control' writing 'on'" device.log
expect_line '85-brltty.rules' device.log
grep -q '^SYSTEMD_WANTS=.' device.log && fail "brltty's service is still asked for"
cat >expected <<'END'
dialout 660
dialout 660
dialout 664
dialout 664
END
cmp -s expected rights || { diff expected rights >&2; fail "rights"; }
exit 0
