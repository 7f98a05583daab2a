# Ctrl-C in the middle: every started unit is recorded as ABORTED, the status is 130, and it
# ends within seconds although one port blocks in its close.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 1M
esp32_recipe interrupted >recipe.yaml
echo 'link: {max_rate: 460800}' >>recipe.yaml
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
