# FTDI's latency timer is 1 ms while a unit is flashed and as it was afterwards: at the end of
# a run, after Ctrl-C, after SIGTERM, and after a unit was unplugged and plugged in again.
# labels: slow long
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 1M --flash-size 4MB || fail "make_firmware"
"$BUILD/make_firmware" medium esp32 --app-size 100K --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: latency
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/app.bin, address: 0x10000}
link: {max_rate: 460800}
END
sed 's/app.bin/partitions.bin/; s/0x10000/0x8000/' recipe.yaml >small.yaml
sed 's/firmware/medium/' recipe.yaml >medium.yaml
cat >bench.yaml <<END
units:
  - {chip: esp32, flash: 4MB, bridge: ft232r}
  - {chip: esp32, flash: 4MB, bridge: ft232r, faults: [{unplug: {byte: 60000, back_after: 500}}]}
END
cat >session.sh <<'END'
timer() { cat "/sys/bus/usb-serial/devices/$1/latency_timer" 2>/dev/null; }
becomes() { # a port's timer is this in the end, two minutes at most
	for _ in $(seq 1200); do
		[ "$(timer "$1")" = "$2" ] && return
		sleep 0.1
	done
	echo "$3: the timer of $1 is '$(timer "$1")', not $2"
	exit 1
}
interrupted() { # signal
	"$FLASHLINE" flash recipe.yaml --ports ttyUSB0 --json --db flashline.db >run.out 2>run.err &
	flasher=$!
	while kill -0 $flasher 2>/dev/null && ! grep -q '"write"' run.out; do sleep 0.05; done
	becomes ttyUSB0 1 "while it runs"
	kill "-$1" $flasher
	wait $flasher
	echo "$1: exit status $?"
	becomes ttyUSB0 16 "after SIG$1"
}
becomes ttyUSB0 16 "before"
"$FLASHLINE" flash small.yaml --ports ttyUSB0 --db flashline.db >run.out 2>run.err
echo "exit status $?"
becomes ttyUSB0 16 "after a run"
interrupted INT
interrupted TERM
echo 5 >/sys/bus/usb-serial/devices/ttyUSB0/latency_timer
becomes ttyUSB0 5 "as somebody wants it"
"$FLASHLINE" flash small.yaml --ports ttyUSB0 --db flashline.db >run.out 2>run.err
echo "exit status $?"
becomes ttyUSB0 5 "after a run"
# It may come back under another name, and the run may go on there.
"$FLASHLINE" flash medium.yaml --ports ttyUSB1 --db unplugged.db >run.out 2>run.err
for _ in $(seq 1200); do
	name=$(ls /sys/bus/usb-serial/devices | grep -v ttyUSB0)
	[ -n "$name" ] && break
	sleep 0.1
done
becomes "$name" 16 "after it came back"
END
export FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh
cat >expected <<END
exit status 0
INT: exit status 130
TERM: exit status 130
exit status 0
END
cmp -s expected command.out || { diff expected command.out >&2; fail "the session went otherwise"; }
equal "outcomes" "$(sql "select group_concat(code,' ') from (select coalesce(code,outcome) code from runs order by start_utc_ms)")" \
	"OK CANCELLED CANCELLED OK"
