# A bridge whose port leaves in mid-write and comes back is followed by its place; one that
# stays away is told and named; neither, nor an open that fails at first or a close that hangs,
# disturbs anybody else.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 60K
esp32_recipe leaving >recipe.yaml
echo 'link: {max_rate: 921600}' >>recipe.yaml
cat >bench.yaml <<END
bench: leaving
seed: 4
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, faults: [{unplug: {byte: 30000, back_after: 300}}]}
  - {chip: esp32, flash: 4MB, bridge: cp2104}
  - {chip: esp32, flash: 4MB, bridge: cp2104, faults: [{unplug: {byte: 30000}}]}
  - {chip: esp32, flash: 4MB, bridge: ch9102f, faults: [{slow_close: {ms: 20000}}, {refuse_open: {open: 1}}]}
END
"$M5SIM" run bench.yaml --state before -- true || fail "the bench does not run"
expect_status 1 "$M5SIM" run bench.yaml --state units -- \
	"$FLASHLINE" flash recipe.yaml --all --db flashline.db --json
equal "results" \
	"$(sql "select group_concat(code||' '||rescued) from (select * from runs order by slot)")" \
	"OK 1,OK 0,PORT_GONE 0,OK 0"
for node in ttyUSB0 ttyUSB1 ttyACM0; do
	holds_esp32 "before/$node/flash.bin" "units/$node/flash.bin" ||
		fail "$node was reported PASS"
done
expect_line '"event":"port_left".*/1.3:1.0' command.out
expect_line '"event":"warning".*closing the port hangs' command.out
sql "select text from unit_log join run using (run_id) where slot like '%/1.1:%'" >log.out
expect_line 'the port came back as /dev/ttyUSB[0-9]+, 10c4:ea60 CP2104' log.out
# No result comes later than the limit that was printed at its start.
equal "late results" \
	"$(grep -o '"seconds":[0-9.]*,"limit_s":[0-9.]*' command.out | tr ':' ',' | awk -F, '$2 > $4' | grep -c .)" 0
equal "limits" "$(grep -c '"event":"run_start".*"limit_s":[1-9]' command.out)" 4
