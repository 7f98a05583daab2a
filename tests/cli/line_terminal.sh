# The line on a terminal: a unit passes in sight, a question is asked before the end, and the
# terminal is given back with the table of what was done.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe terminal >recipe.yaml
cat >station.yaml <<'END'
station: line-7
recipe: recipe.yaml
web: {use: no}
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
END
cat >bench.yaml <<'END'
units:
  - {chip: esp32, bridge: cp2104, path: 1.1}
END
cat >script <<'END'
see line-7  terminal revision 1
see PASS
type n
see no slot needs anybody
type q
see y/n
type y
see 1 PASS, 0 FAIL
END
python3 "$SOURCE/tests/cli/terminal.py" "$M5SIM" run bench.yaml -- \
	"$FLASHLINE" run station.yaml --db flashline.db <script >command.out 2>command.err ||
	fail "at the terminal"
equal "runs" "$(sql 'SELECT outcome FROM result')" PASS

# Into a pipe it is told in lines.
cat >line.sh <<'END'
"$BUILD/flashline" run station.yaml --db flashline.db >lines.txt &
line=$!
for _ in $(seq 1200); do grep -q 'slot 1: ' lines.txt && break; sleep 0.1; done
kill -INT $line
wait $line
END
expect_status 0 "$M5SIM" run bench.yaml -- sh line.sh
expect_line ' line line-7: flash terminal revision 1 \([0-9a-f]{12}\), 2 slots' lines.txt
expect_line ' slot 1: a unit on ttyUSB0, CP2104$' lines.txt
