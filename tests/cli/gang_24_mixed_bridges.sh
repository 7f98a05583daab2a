# 24 units behind four kinds of bridge; one slot holds an S3, one is dead, one is unplugged
# half-way. The other 21 pass, hold the recipe's files and nothing else changed.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 200K
esp32_recipe gang >recipe.yaml
echo 'link: {max_rate: 921600}' >>recipe.yaml
echo 'policy: {tries: 2}' >>recipe.yaml
cat >bench.yaml <<END
bench: gang
seed: 24
units:
  - {count: 7, chip: esp32, flash: 4MB, bridge: cp2104, content: random}
  - {count: 1, chip: esp32s3, flash: 4MB, bridge: cp2104, content: random}
  - {count: 5, chip: esp32, flash: 4MB, bridge: ch9102f, content: random}
  - {count: 1, chip: esp32, flash: 4MB, bridge: ch9102f, content: random, faults: [dead]}
  - {count: 5, chip: esp32, flash: 4MB, bridge: ch340, content: random}
  - {count: 1, chip: esp32, flash: 4MB, bridge: ch340, content: random, faults: [{unplug: {byte: 60000}}]}
  - {count: 4, chip: esp32, flash: 4MB, bridge: m5-ftdi, content: random}
END
"$M5SIM" run bench.yaml --state before -- true || fail "the bench does not run"
expect_status 1 "$M5SIM" run bench.yaml --state units -- \
	"$FLASHLINE" flash recipe.yaml --all --db flashline.db --batch B1 --operator ann

equal "runs" "$(sql 'select count(*) from runs')" 24
equal "passes" "$(sql "select count(*) from runs where outcome='PASS' and proof='CHIP_MD5'")" 21
equal "the S3" "$(sql "select outcome||' '||code||' '||party from runs where chip='ESP32-S3'")" \
	"ERROR WRONG_CHIP OPERATOR"
equal "failures" "$(sql "select group_concat(code,' ') from (select code from runs where outcome<>'PASS' order by code)")" \
	"PORT_GONE SYNC_NO_REPLY WRONG_CHIP"
equal "MACs of passes" "$(sql "select count(distinct mac) from runs where outcome='PASS'")" 21
equal "bridges" "$(sql "select count(distinct bridge_vid_pid) from runs")" 4

sql "select node from runs where outcome='PASS'" >passed
while read -r node; do
	holds_esp32 "before/${node#/dev/}/flash.bin" "units/${node#/dev/}/flash.bin" ||
		fail "$node was reported PASS"
done <passed

# The wrong chip was not touched.
node=$(sql "select node from runs where code='WRONG_CHIP'")
cmp "before/${node#/dev/}/flash.bin" "units/${node#/dev/}/flash.bin" || fail "the S3 was written to"
