# An update writes the sectors that differ, and a flash that is write-protected is named, or
# opened where the recipe allows it.
# labels: nothreads long
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 40K
seq 1 12000 >data.bin
recipe() { # name, policy
	esp32_recipe "$1" >"$1.yaml"
	cat >>"$1.yaml" <<END
  - {file: data.bin, address: 0x290000}
policy: $2
END
}
run() { # bench, state folder, recipe
	"$M5SIM" run "$1.yaml" --state "$2" --keep -- \
		"$FLASHLINE" flash "$3.yaml" --db flashline.db
}

# One byte of one image is another one in the next version.
cat >bench.yaml <<END
bench: update
units: [{chip: esp32, revision: 3.0, flash: 4MB, bridge: cp2104, content: random}]
END
recipe first '{tries: 2}'
recipe update '{skip: unchanged}'
expect_status 0 run bench units first
printf 'X' | dd of=data.bin bs=1 seek=40000 conv=notrunc 2>/dev/null || fail "dd"
expect_status 0 run bench units update
holds_esp32 units/ttyUSB0/before.bin units/ttyUSB0/flash.bin 0x290000:data.bin ||
	fail "the update was reported PASS"
# That sector, and the boot loader's first, which goes last.
equal "bytes of the update" \
	"$(sql "select raw_bytes from runs where recipe='update'")" 8192
equal "everything else" "$(sql "select (select raw_bytes from runs where recipe='first') =
	raw_bytes + skipped_bytes from runs where recipe='update'")" 1

cat >protected.yaml <<END
bench: protected
units:
  - {chip: esp32, revision: 3.0, flash: 4MB, bridge: cp2104, content: random,
     faults: [{block_protect: {bits: 0x1c}}]}
END
recipe refused '{tries: 2}'
recipe cleared '{clear_protection: yes}'
expect_status 1 run protected shut refused
equal "the verdict" "$(sql "select outcome || ' ' || code || ' ' || flash_status
	from runs where recipe='refused'")" "FAIL FLASH_PROTECTED 1c 00 00"
expect_line 'clear_protection: yes' command.out
cmp -s shut/ttyUSB0/before.bin shut/ttyUSB0/flash.bin || fail "a refused unit was written to"

expect_status 0 run protected opened cleared
equal "what was done" "$(sql "select outcome || ' ' || flash_status || ', ' || flash_status_set
	from runs where recipe='cleared'")" "PASS 1c 00 00, 00 00 00"
holds_esp32 opened/ttyUSB0/before.bin opened/ttyUSB0/flash.bin 0x290000:data.bin ||
	fail "the opened unit was reported PASS"
