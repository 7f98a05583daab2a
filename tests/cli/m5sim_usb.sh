# Bridges have their nodes below /dev/bus/usb: reading gives the descriptors, and a control
# transfer the answer by which parts with one id can be told apart.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, path: 1}
  - {chip: esp32, bridge: cp2102n, path: 2}
  - {chip: esp32, bridge: cp2102, path: 3}
  - {chip: esp32, bridge: cp2102-copy, path: 4}
  - {chip: esp32, bridge: ch9102f, path: 5}
  - {chip: esp32, bridge: ch9102x, path: 6}
  - {chip: esp32, bridge: ch343g, path: 7}
  - {chip: esp32, bridge: ch340, path: 8, usb_access: false}
  - {chip: esp32, bridge: m5-ftdi, path: 9, hub_switch: true}
  - {chip: esp32c3, bridge: usb-jtag, path: 10}
  - {chip: esp32, bridge: cp2105, path: 11}
  - {chip: esp32, bridge: cp2105, path: 11, interface: 1}
END
cat >usb.sh <<'END'
script=$BUILD/tests/cli/port_script
usb=/sys/bus/usb/devices
node() { printf '/dev/bus/usb/%03u/%03u' "$(cat $usb/$1/busnum)" "$(cat $usb/$1/devnum)"; }
part=control:c0,ff,370b,2 kind=control:c0,5f,0,8
ask() { # USB path, what
	at=$1
	shift
	echo "$at $("$script" "open:$(node "$at")" "$@" | grep -v '^open: ok' | paste -sd ' ')"
}
for at in 1-1 1-2 1-3 1-4 1-11; do ask $at $part; done
for at in 1-5 1-6 1-7; do ask $at $kind; done
echo "-- less than there is, and what stalls"
ask 1-1 control:c0,ff,370b,1 $kind control:c0,ff,370c,1 control:40,ff,370b,1
ask 1-5 control:c0,5f,0,3 $part
ask 1-9 $part $kind
ask 1-10 $part
ask usb1 $part
echo "-- without access"
ask 1-8 $kind
head -c 18 "$(node 1-8)" | wc -c
echo "-- descriptors"
for at in 1-1 1-5 1-9 1-10; do
	od -An -tx2 -j8 -N4 --endian=little "$(node $at)"
	cmp "$(node $at)" $usb/$at/descriptors
	set -- $(od -An -tu1 -j18 -N4 "$(node $at)")
	[ $((18 + $3 + 256 * $4)) = "$(stat -c %s "$(node $at)")" ] || echo "wrong size"
	[ "$(stat -c %a "$(node $at)")" = 664 ] || echo "wrong mode"
done
echo "-- a device that goes"
gone=$(node 1-9)
"$script" "open:$gone" "until-gone:$gone" $part >held.out &
until [ -s held.out ]; do sleep 0.05; done
echo 1 >$usb/1-0:1.0/usb1-port9/disable
wait
cat held.out
END
cat >expected <<'END'
1-1 control: 04 00
1-2 control: 20 00
1-3 control: 02 00
1-4 control: 02
1-11 control: 05 00
1-5 control: 50 08 00 00 00 00 00 00
1-6 control: 50 09 00 00 00 00 00 00
1-7 control: 50 18 00 00 00 00 00 00
-- less than there is, and what stalls
1-1 control: 04 control: EPIPE control: EPIPE control: EPIPE
1-5 control: 50 08 00 control: EPIPE
1-9 control: EPIPE control: EPIPE
1-10 control: EPIPE
usb1 control: EPIPE
-- without access
1-8 open: EACCES control: EBADF
18
-- descriptors
 10c4 ea60
 1a86 55d4
 0403 6001
 303a 1001
-- a device that goes
open: ok
control: ENODEV
END
on_bus() { # what to run m5sim by
	expect_status 0 "$@" "$M5SIM" run "$bench" -- sh "$usb"
	[ -s command.err ] && fail "errors"
}
bench=bench.yaml usb=usb.sh
on_bus env
cmp -s expected command.out || { diff expected command.out >&2; fail "what bridges tell"; }
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	chmod 644 bench.yaml usb.sh
	mkdir other && chown 65534 other && cd other || exit 3
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	bench=../bench.yaml usb=../usb.sh
	# shellcheck disable=SC2086
	if $as_nobody "$M5SIM" run --probe 2>/dev/null; then
		on_bus $as_nobody
		cmp -s ../expected command.out || { diff ../expected command.out >&2; fail "what bridges tell somebody else"; }
	fi
fi
exit 0
