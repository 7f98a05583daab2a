# A CH9102F that loses bytes of long writes, beside a healthy neighbour. Both pass, and the
# record of the first names the block size that was refused and the one that was accepted.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 100K
esp32_recipe founding-fault >recipe.yaml
echo 'link: {max_rate: 921600}' >>recipe.yaml
cat >bench.yaml <<END
bench: founding fault
seed: 4
units:
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random, faults: [{lossy_writes: {beyond: 576}}]}
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random}
END
"$M5SIM" run bench.yaml --state before -- true || fail "the bench does not run"
expect_status 0 "$M5SIM" run bench.yaml --state units -- \
	"$FLASHLINE" flash recipe.yaml --all --db flashline.db

equal "passes" "$(sql "select count(*) from runs where outcome='PASS' and proof='CHIP_MD5'")" 2
for node in ttyACM0 ttyACM1; do
	holds_esp32 "before/$node/flash.bin" "units/$node/flash.bin" ||
		fail "$node was reported PASS"
done

sql "select evidence from runs where node='/dev/ttyACM0'" >lossy.out
expect_line 'RAM block of 6144 bytes refused with 07, 256 accepted' lossy.out
sql "select rungs from runs where node='/dev/ttyACM0'" >rungs.out
expect_line 'blocks of 256' rungs.out
equal "bytes that the bridge lost" \
	"$(grep -cE '"faults_fired": [1-9]' units/ttyACM0/unit.json)" 1

# The neighbour needed nothing.
equal "rungs of the neighbour" "$(sql "select rungs from runs where node='/dev/ttyACM1'")" ""
equal "refusals at the neighbour" \
	"$(sql "select count(*) from runs where node='/dev/ttyACM1' and evidence like '%refused%'")" 0
