# A unit that gives no sign of life loses its power once, where the hub's port can be
# switched; its neighbour does not; and a stop in that second switches it on again. After a kill
# it stays off, and the next start says which port it is.
# labels: nothreads long
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 20K
cat >recipe.yaml <<END
recipe: hub-switch
revision: 1
target: {chip: esp32, flash_size: 4MB}
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
policy: {tries: 2, already_passed: flash}
END
cat >bench.yaml <<END
bench: hub
seed: 4
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, path: 1.1, hub_switch: true, faults: [dead]}
  - {chip: esp32, flash: 4MB, bridge: cp2104, path: 1.2, hub_switch: true}
END
ports=/sys/bus/usb/devices/1-1:1.0
# held_when_off: the program is stopped between two looks, so that the 1 s for which the port is
# off cannot pass unseen on a busy machine; when it is off, the program is left stopped.
cat >run.sh <<END
held_when_off() {
	while kill -0 \$flashline 2>/dev/null; do
		kill -STOP \$flashline
		grep -q 1 $ports/1-1-port1/disable && return 0
		kill -CONT \$flashline
		sleep 0.05
	done
	return 1
}
"$FLASHLINE" flash recipe.yaml --all --db flashline.db
status=\$?
cat $ports/1-1-port[12]/disable >switches.out
[ \$status = 1 ] || exit 9
"$FLASHLINE" flash recipe.yaml -p 1.1 --db flashline.db --batch stopped &
flashline=\$!
held_when_off && echo was off >>switches.out
kill -TERM \$flashline
kill -CONT \$flashline
wait \$flashline
status=\$?
cat $ports/1-1-port1/disable >>switches.out
[ \$status = 130 ] || exit \$status
"$FLASHLINE" flash recipe.yaml -p 1.1 --db flashline.db --batch killed &
flashline=\$!
held_when_off
kill -KILL \$flashline
wait \$flashline
"$FLASHLINE" flash recipe.yaml --all --db flashline.db --batch next 2>next.out
echo \$? >>next.out
echo 0 >$ports/1-1-port1/disable
exit 130
END
expect_status 130 "$M5SIM" run bench.yaml --state units -- sh run.sh
equal "switches" "$(paste -sd' ' switches.out)" "0 0 was off 0"
equal "cuts" "$(cat units/ttyUSB*/unit.json | grep -o '"power_cuts": [0-9]*' | tr -dc '0-9\n' | paste -sd' ')" "3 0"
# By batch and slot: which of two slots begins first is nobody's promise.
equal "results" "$(sql "select coalesce(batch, 'all') || ' ' || outcome || ' ' || code from runs order by 1, slot" | paste -sd,)" \
	"all ERROR SYNC_NO_REPLY,all PASS OK,killed ABORTED STATION_STOPPED,next PASS OK,stopped ABORTED CANCELLED"
expect_line "a hub's port is switched off.*write 0 to $ports/1-1-port1/disable" next.out
equal "the next start" "$(tail -n 1 next.out)" 0
sql "select text from unit_log join run using (run_id) where slot like '%/1.1:%'" >log.out
expect_line "the hub's port is switched off for 1000 ms: .*/1-1-port1/disable" log.out
