# A CH9102F that loses bytes of long writes, beside a healthy neighbour. Both pass, and the
# record of the first names the block size that was refused and the one that was accepted.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 100K --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: founding-fault
revision: 1
target: {chip: esp32, flash_size: 4MB}
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
  - {file: firmware/partitions.bin, address: 0x8000}
  - {file: firmware/app.bin, partition: app0}
link: {max_rate: 921600}
END
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
	"$BUILD/tests/cli/flash_equals" "before/$node/flash.bin" "units/$node/flash.bin" \
		0x1000:firmware/bootloader.bin 0x8000:firmware/partitions.bin 0x10000:firmware/app.bin ||
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
