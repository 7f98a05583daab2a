# 'flashline doctor' on the simulated bench: it opens no port, changes nothing, draws the hubs, and
# says in words and in JSON what is bad and what to do.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, count: 6}
  - {chip: esp32, bridge: ft232r, path: 3.1.2}
  - {chip: esp32, bridge: ch9102f, path: 4, hub_switch: true}
  - {chip: esp32c3, bridge: usb-jtag, controller: 0000:02:00.0, bus: 3}
END
cat >session.sh <<'END'
state() { # what a look may not change: nodes, rights, timers, switches
	ls -lR /dev/ttyUSB* /dev/ttyACM*
	cat /sys/bus/usb-serial/devices/*/latency_timer /sys/bus/usb/devices/*/*-port*/disable
}
state >before
"$FLASHLINE" doctor --db "$PWD/flashline.db" >doctor.out
"$FLASHLINE" doctor --json --db "$PWD/flashline.db" >doctor.json
state >after
END
export FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh session.sh
cmp -s before after || { diff before after >&2; fail "the look changed something"; }
equal "ports that were opened" "$(grep -L '"opens": 0,' units/*/unit.json)" ""
[ -e flashline.db ] && fail "a database was made"

expect_line "^  OK    access      9 ports with a known bridge, which this user may open" doctor.out
expect_line "^  OK    holders     no program has a port open" doctor.out
expect_line "^  OK    drivers     9 ports with the usual driver" doctor.out
expect_line "^  OK    latency     1 latency timer" doctor.out
expect_line "^  pci-0000:00:14.0, xHCI, 31 endpoints" doctor.out
expect_line "^    \|- 1  .* single TT: 6 slots" doctor.out
expect_line "^    \|  \`- 1\.6 .* CP2104, ttyUSB5" doctor.out
expect_line "^    \|     \`- 3\.1\.2 .* FT232R, ttyUSB6" doctor.out
expect_line "^  pci-0000:02:00.0, xHCI, " doctor.out
expect_line "^  NOTE  translators 6 slots share this single-TT hub" doctor.out
expect_line "^  OK    switches    1 hub port can be switched off and on" doctor.out
expect_line "^  OK    database    no record yet" doctor.out

# The same in JSON: one object a line, a check each, then the summary.
equal "checks" "$(grep -c '"event":"doctor"' doctor.json)" 17
expect_line '"event":"doctor_summary"' doctor.json
expect_line '"check":"translators".*"result":"NOTE".*"do":"nothing, at 921600 baud' doctor.json
expect_line '"check":"hubs".*"controllers":\[\{"name":"pci-0000:00:14.0"' doctor.json

# Somebody has a port: that is bad, and the exit status says so.
cat >held.yaml <<END
units:
  - {chip: esp32, bridge: cp2104, faults: [held]}
END
expect_status 1 "$M5SIM" run held.yaml -- "$FLASHLINE" doctor --db flashline.db
expect_line "^  BAD   holders     ttyUSB0 is open in process [0-9]+: .*m5sim hold" command.out
expect_line "^ +do: end that program" command.out

# Records that are no records.
echo "no database" >other.db
expect_status 1 "$FLASHLINE" doctor --db other.db
expect_line "^  BAD   database    .*other.db" command.out
exit 0
