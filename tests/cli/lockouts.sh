# A line that locks itself: a golden check at the start, a slot in which a unit failed, and what of it
# holds again after a restart; hooks are told of each.
# labels: long
. "$SOURCE/tests/cli/lib.sh"
esp32_firmware 8K
esp32_recipe line >recipe.yaml

cat >bench.yaml <<'END'
nests: [1.1, 1.2]
END
cat >station.yaml <<'END'
station: line-3
recipe: recipe.yaml
settle: 100ms
stagger: 0ms
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
hooks:
  arrived: sh hook.sh
  passed: sh hook.sh
  failed: sh hook.sh
  locked: sh hook.sh
lockouts:
  golden: {units: ["24:0a:c4:00:01:10"], at_start: yes}
  slot_failures: 1
END
cat >hook.sh <<'END'
echo "$FLASHLINE_EVENT ${FLASHLINE_SLOT:--} ${FLASHLINE_LOCK:-$FLASHLINE_OUTCOME $FLASHLINE_CODE}" >>hooks.log
END
cat >session.sh <<'END'
hands() { "$M5SIM" control "$@" >>hands.log || exit 9; }
# Until a line like this has come so many times; the station's own time limits end it otherwise.
wait_for() {
	while [ "$(grep -c "$1" events.jsonl)" -lt "$2" ]; do
		kill -0 $station 2>/dev/null || exit 8
		sleep 0.05
	done
}
begin() {
	: >events.jsonl
	"$FLASHLINE" run station.yaml --json --web off --db flashline.db >events.jsonl 2>station.err &
	station=$!
}
end() {
	kill $station
	wait $station
	echo "exit $?" >>exits
}
hands new golden "{chip: esp32, mac: '24:0a:c4:00:01:10', content: [{file: firmware/bootloader.bin, address: 0x1000}, {file: firmware/partitions.bin, address: 0x8000}, {file: firmware/app.bin, address: 0x10000}]}"
hands new good '{chip: esp32}'
hands new other '{chip: esp32c3}'

begin
wait_for '"locked"' 1
hands plug 1.1 good # none of the golden units: nothing is written to it
wait_for '"NOT_GOLDEN"' 1
hands plug 1.2 golden
wait_for '"unlocked"' 1
hands unplug 1.1
hands unplug 1.2
wait_for '"left"' 2
hands plug 1.1 good
wait_for '"PASS"' 2
hands plug 1.2 other # a wrong chip: its slot takes no more units
wait_for '"SLOT_FAILS"' 1
end
cp events.jsonl first.jsonl
hands unplug 1.1 # or it is checked for the golden one, should there be time

begin
wait_for '"locked"' 2
wait_for '"arrived"' 1
end
END
export M5SIM FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh session.sh

sql "SELECT code || ' ' || coalesce(slot, '-') || ' ' || coalesce(how, 'open') FROM lockout
	LEFT JOIN lockout_end USING (lockout_id) ORDER BY lockout.utc_ms" >lockouts
cat >expected <<'END'
GOLDEN_DUE - CURED
SLOT_FAILS pci-0000:00:14.0/1.2:1.0 open
GOLDEN_DUE - open
END
cmp -s expected lockouts || { diff expected lockouts >&2; fail "lockouts in the records"; }

# Each kind of event has an order of its own.
for event in arrived passed failed locked; do
	grep -E "^(un)?$event " hooks.log
done >hooks.sorted
cat >expected <<'END'
arrived 1  
arrived 2  
arrived 1  
arrived 2  
arrived 2  
passed 2 PASS 
passed 1 PASS 
failed 1 ABORTED NOT_GOLDEN
failed 2 ERROR WRONG_CHIP
locked - GOLDEN_DUE
unlocked - GOLDEN_DUE
locked 2 SLOT_FAILS
locked 2 SLOT_FAILS
locked - GOLDEN_DUE
END
sed 's/ *$//' expected >expected.hooks
sed -i 's/ *$//' hooks.sorted
# After the restart both hold from the start: whichever is told first.
for file in expected.hooks hooks.sorted; do
	{ head -n 12 $file; tail -n +13 $file | sort; } >$file.ordered
done
cmp -s expected.hooks.ordered hooks.sorted.ordered ||
	{ diff expected.hooks.ordered hooks.sorted.ordered >&2; fail "what hooks were told"; }

# The golden unit was read, not written; the other was not touched before it was its turn.
equal "golden runs" "$(sql "SELECT group_concat(kind || ' ' || outcome, ', ') FROM
	(SELECT * FROM runs WHERE purpose = 'GOLDEN' ORDER BY run_id)")" "VERIFY ABORTED, VERIFY PASS"
grep -l '"mac": "24:0a:c4:00:01:10"' units/*/unit.json >golden.file
expect_line '"bytes_programmed": 0' "$(cat golden.file)"
exit 0
