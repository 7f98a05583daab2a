# What leaves the database through the command line: every format of export, and an audit pack that
# a third party verifies from its README alone.
. "$SOURCE/tests/cli/lib.sh"
CHECK="$BUILD/tests/cli/audit_check"

esp32_firmware 20K
esp32_recipe exports >exports.yaml
cat >bench.yaml <<END
bench: two
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104}
  - {chip: esp32, flash: 4MB, bridge: cp2104}
END
# A name that is a formula, and a piece of XML.
worker=$(printf '=1+1 <&"\303\251')
expect_status 0 "$FLASHLINE" batch open WO-1 --quantity 2 --part-number K010_a --operator planner \
	--db flashline.db
expect_status 0 "$M5SIM" run bench.yaml -- "$FLASHLINE" flash exports.yaml --all --batch WO-1 \
	--operator "$worker" --db flashline.db
# The same units in another customer's order: refused, and recorded.
expect_status 1 "$M5SIM" run bench.yaml -- "$FLASHLINE" flash exports.yaml --all --batch WO-2 \
	--operator somebody-else --db flashline.db
echo "a picture" >photo.jpg
run=$(sql "select run_id from run where batch = 'WO-1' limit 1")
expect_status 0 "$FLASHLINE" attach "$run" photo.jpg --operator li --db flashline.db
expect_status 0 "$FLASHLINE" batch close WO-1 --operator planner --reason "done" --db flashline.db

# ---- export ----
expect_status 0 "$FLASHLINE" export --db flashline.db -f junit --batch WO-1
equal "test cases" "$(grep -c '<testcase ' command.out)" 2
equal "suites" "$(grep -c '<testsuite ' command.out)" 3
grep -q '<property name="operator" value="=1+1 &lt;&amp;&quot;' command.out || fail "no operator"
expect_status 0 "$FLASHLINE" export --db flashline.db -f wsjf -o wats --process-code 77
equal "reports" "$(find wats -name '*.json' | wc -l)" 4
equal "process" "$(cat wats/*.json | grep -c '"processCode":77,')" 4
expect_line 'flashline: 2 reports have a part, serial, revision or station with one of' command.err
expect_status 0 "$FLASHLINE" export --db flashline.db -f wsjf -o wats
equal "reports written again" "$(find wats -type f | wc -l)" 4
expect_status 2 "$FLASHLINE" export --db flashline.db -f wsjf
expect_line 'name a folder with --output' command.err
expect_status 2 "$FLASHLINE" export --db flashline.db -f csv --process-code 5
expect_status 2 "$FLASHLINE" export --db flashline.db -f wsjf -o wats --process-code 1x
expect_line "process-code 1x: expected a number" command.err
expect_status 3 "$FLASHLINE" export --db flashline.db -f wsjf -o photo.jpg
expect_line 'photo.jpg: is no folder' command.err

# ---- audit-pack ----
expect_status 2 "$FLASHLINE" audit-pack WO1 --db flashline.db
expect_line "no batch 'WO1' is recorded: did you mean 'WO-[12]'" command.err
expect_status 0 "$FLASHLINE" audit-pack WO-1 --db flashline.db
mkdir pack && (cd pack && unzip -q ../WO-1.zip && sha256sum --quiet -c SHA256SUMS) ||
	fail "the pack is not whole"
equal "files without a digest" \
	"$(cd pack && find . -type f | wc -l)" "$(($(wc -l <pack/SHA256SUMS) + 1))"
equal "runs" "$(sed 's/{"run_id":"//; s/".*//' pack/runs.jsonl | sort | tr '\n' ' ')" \
	"$(sql "select run_id from run where batch = 'WO-1' order by run_id" | tr '\n' ' ')"
equal "unit logs" "$(find pack/unit-logs -type f | wc -l)" 2
cmp -s "$(echo pack/recipes/exports-r1-*.yaml)" exports.yaml || fail "another recipe"
cmp -s "$(echo pack/attachments/*_photo.jpg)" photo.jpg || fail "another attachment"
head=$(sql "select lower(hex(hash)) from ledger order by seq desc limit 1")
grep -q ":$head\$" pack/README.txt || fail "the README tells another head"
"$CHECK" pack "$head" >counts || fail "the pack proves nothing"
equal "entries to the head" "$(awk '{print $1 + $2}' counts)" \
	"$(sql "select (select max(seq) from ledger) - (select seq from ledger where kind = 'batch') + 1")"
# The customer of the other batch: digests only.
for secret in somebody-else WO-2 $(sql "select run_id from run where batch = 'WO-2'"); do
	grep -rqF "$secret" pack && fail "the pack tells of another batch: $secret"
done
# Whoever changes a fact in the pack is found.
for change in 's/PASS/FAIL/' 's/"seq":\([0-9]*\),"entry":"./"seq":\1,"entry":"x/' '3d'; do
	cp -r pack changed
	sed -i "$change" changed/ledger/entries.jsonl
	"$CHECK" changed "$head" >/dev/null 2>&1 && fail "nobody found: $change"
	rm -r changed
done
cp -r pack changed
sed -i '/"table":"unit_log"/s/MD5/MD6/' changed/ledger/children.jsonl
cmp -s pack/ledger/children.jsonl changed/ledger/children.jsonl && fail "nothing was changed"
"$CHECK" changed "$head" >/dev/null 2>&1 && fail "nobody found the changed log"
exit 0
