# A port can be in use by another program from the beginning, as a terminal program holds it:
# exclusively, visible in /proc, for good or for a while.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, faults: [held]}
  - {chip: esp32, bridge: ch9102f, faults: [{held: {ms: 200}}]}
  - {chip: esp32, bridge: cp2104}
END
cat >held.sh <<'END'
script=$BUILD/tests/cli/port_script
holder() { # port: what has it open; another bench's port of that name is another device
	for fd in $(find /proc/[0-9]*/fd -lname "$1" 2>/dev/null); do
		[ "$(stat -Lc %t:%T "$fd" 2>/dev/null)" = "$(stat -c %t:%T "$1")" ] || continue
		process=${fd%/fd/*}
		echo "${process#/proc/}" >holder.pid
		cat "$process/cmdline" 2>/dev/null | tr '\0' ' ' | sed 's/ $//'
	done
}
echo "holder: $(holder /dev/ttyUSB0)"
"$script" open:/dev/ttyUSB0
"$script" open:/dev/ttyUSB1 exclusive
for _ in $(seq 1200); do
	[ -z "$(holder /dev/ttyACM0)" ] && break
	sleep 0.1
done
"$script" open:/dev/ttyACM0 get
echo "holder: $(holder /dev/ttyUSB0)"
END
held() { # how an open of a held port ends, what to run m5sim by
	open=$1
	shift
	expect_status 0 "$@" "$M5SIM" run "$bench" -- sh "$script"
	[ -s command.err ] && fail "errors"
	cat >expected <<END
holder: m5sim hold /dev/ttyUSB0
open: $open
open: ok
exclusive: ok
open: ok
lines: dtr+rts
holder: m5sim hold /dev/ttyUSB0
END
	cmp -s expected command.out || { diff expected command.out >&2; fail "held ports"; }
	[ ! -e "/proc/$(cat holder.pid)" ] || fail "the holder outlived m5sim"
}
bench=bench.yaml script=held.sh
# Root may open a port that another program has for itself.
[ "$(id -u)" = 0 ] && held ok env || held EBUSY env
expect_status 127 "$M5SIM" run bench.yaml -- ./no-such-program
printf 'units:\n  - {chip: esp32s3, bridge: usb-jtag, faults: [{held: {ms: 0}}]}\n' >zero.yaml
expect_status 2 "$M5SIM" check zero.yaml
expect_status 2 "$M5SIM" hold
expect_status 3 "$M5SIM" hold ./no-such-port
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	chmod 644 bench.yaml held.sh
	mkdir other && chown 65534 other && cd other || exit 3
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	bench=../bench.yaml script=../held.sh
	# shellcheck disable=SC2086
	$as_nobody "$M5SIM" run --probe 2>/dev/null && held EBUSY $as_nobody
fi
exit 0
