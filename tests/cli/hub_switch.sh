# A unit that gives no sign of life loses its power once, where the hub's port can be
# switched; its neighbour does not; and a stop in that second switches it on again. After a kill
# it stays off, and the next start says which port it is.
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
cat >run.sh <<END
"$FLASHLINE" flash recipe.yaml --all --db flashline.db
status=\$?
cat $ports/1-1-port[12]/disable >switches.out
[ \$status = 1 ] || exit 9
"$FLASHLINE" flash recipe.yaml -p 1.1 --db flashline.db --batch stopped &
flashline=\$!
# Wait for the switch, not for a time.
while kill -0 \$flashline 2>/dev/null && ! grep -q 1 $ports/1-1-port1/disable; do sleep 0.05; done
grep -q 1 $ports/1-1-port1/disable && echo was off >>switches.out
kill -TERM \$flashline
wait \$flashline
status=\$?
cat $ports/1-1-port1/disable >>switches.out
[ \$status = 130 ] || exit \$status
"$FLASHLINE" flash recipe.yaml -p 1.1 --db flashline.db --batch killed &
flashline=\$!
while kill -0 \$flashline 2>/dev/null && ! grep -q 1 $ports/1-1-port1/disable; do sleep 0.05; done
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
equal "results" "$(sql "select group_concat(outcome||' '||code) from (select * from runs order by start_utc_ms, slot)")" \
	"ERROR SYNC_NO_REPLY,PASS OK,ABORTED CANCELLED,ABORTED STATION_STOPPED,PASS OK"
expect_line "a hub's port is switched off.*write 0 to $ports/1-1-port1/disable" next.out
equal "the next start" "$(tail -n 1 next.out)" 0
sql "select text from unit_log join run using (run_id) where slot like '%/1.1:%'" >log.out
expect_line "the hub's port is switched off for 1000 ms: .*/1-1-port1/disable" log.out
