# Another program has the port. One lets go of it a moment later, as ModemManager does with each
# port that comes: the unit is flashed. The other keeps it, and is named.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 60K
esp32_recipe port-held >recipe.yaml
cat >bench.yaml <<END
units:
  - {chip: esp32, flash: 4MB, bridge: ch9102f, faults: [{held: {ms: 1500}}]}
  - {chip: esp32, flash: 4MB, bridge: ch9102f, faults: [held]}
END
expect_status 1 "$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db
equal "the port that was let go of" \
	"$(sql "select outcome, code from runs where node='/dev/ttyACM0'")" "PASS|OK"
equal "the port that was not" \
	"$(sql "select outcome, code, party from runs where node='/dev/ttyACM1'")" \
	"ERROR|PORT_BUSY|STATION"
sql "select detail from runs where node='/dev/ttyACM1'" >detail.out
expect_line 'm5sim' detail.out
