# Ctrl-C in the middle: every started unit is recorded as ABORTED, the status is 130, and it
# ends within seconds although one port blocks in its close.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 1M --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: interrupted
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
  - {file: firmware/partitions.bin, address: 0x8000}
  - {file: firmware/app.bin, partition: app0}
link: {max_rate: 460800}
END
cat >bench.yaml <<END
bench: interrupted
units:
  - {count: 3, chip: esp32, flash: 4MB, bridge: cp2104}
  - {count: 1, chip: esp32, flash: 4MB, bridge: cp2104, faults: [{slow_close: {ms: 40000}}]}
END
"$M5SIM" run bench.yaml --state units -- "$FLASHLINE" flash recipe.yaml --all --json --db flashline.db \
	>command.out 2>command.err &
bench=$!
# Wait for an event of the run, not for a time.
while kill -0 $bench 2>/dev/null && ! grep -q '"write"' command.out; do sleep 0.1; done
kill -INT $bench
wait $bench
equal "exit status" $? 130
equal "outcomes" "$(sql "select group_concat(distinct outcome||' '||code) from runs")" "ABORTED CANCELLED"
equal "runs" "$(sql "select count(*) from runs")" 4
expect_line '"event": ?"summary"' command.out
