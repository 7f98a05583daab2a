# A unit traced backward, a firmware and a place forward: from runs on a simulated bench to what
# the terminal and a program get to read.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 20K
esp32_recipe core2 >core2.yaml
cp firmware/app.bin first.bin
"$BUILD/make_firmware" second esp32 --app-size 24K --flash-size 4MB || fail "make_firmware"
cat >fix.yaml <<END
recipe: core2-fix
revision: 3
target: {chip: esp32, flash_size: 4MB}
images:
  - {file: second/app.bin, address: 0x10000}
END
cat >bench.yaml <<END
bench: two units
units:
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random}
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
END
# A run with a serial number that its station did not live to end. What a device said of itself
# must not reach a terminal as it is.
cat >open.sql <<END
insert into run (run_id, kind, station_id, start_utc_ms, serial, recipe_digest, slot)
select 'ffff' || substr(run_id, 5), kind, station_id, start_utc_ms + 60000, serial, recipe_digest,
	char(27) || '[2J' || x'ff' || 'nest 9' from run where serial = 'S-0001';
END
cat >runs.sh <<END
"$FLASHLINE" flash core2.yaml --all --db flashline.db --batch WO-1 --operator li.wei >first.out &&
"$FLASHLINE" flash fix.yaml --ports /dev/ttyUSB0 --db flashline.db --serial S-0001 >second.out &&
"$FLASHLINE" trace unit S-0001 --db flashline.db >passed.out &&
"$FLASHLINE" trace unit S-0001 --json --last 1 --db flashline.db >passed.json &&
sqlite3 flashline.db <open.sql &&
"$FLASHLINE" trace unit S-0001 --db flashline.db >running.out &&
rm flashline.db.lock && # its note says up to where no run is open
"$FLASHLINE" verify core2.yaml --ports /dev/ttyACM0 --db flashline.db >third.out
END
expect_status 0 "$M5SIM" run bench.yaml -- sh runs.sh
one=$(sql "select mac from runs where slot like '%/1.1:1.0' limit 1")
two=$(sql "select mac from runs where serial = 'S-0001'")
sha=$(sha256sum first.bin | cut -c 1-64)
trace() { "$FLASHLINE" trace "$@" --db flashline.db; }
json() { # line, path
	sed -n "$1p" command.out >line.json
	sqlite3 :memory: "select json_extract(readfile('line.json'), '$2')"
}

# Backward.
expect_line "^unit $two: PASSED\$" passed.out
expect_line '^  FLASH core2-fix r3 on [-0-9]+ [:0-9]+ passed in slot .*/1.2:1.0$' passed.out
expect_line '^  serial number +S-0001$' passed.out
expect_line '^  0x1000 +firmware/bootloader.bin .* core2 r1 +proven$' passed.out
expect_line '^  0x10000 +second/app.bin .* core2-fix r3 +proven$' passed.out
expect_line "^  0x10000 +firmware/app.bin .* core2-fix r3 +replaced\$" passed.out
expect_line '^  [-0-9]+ [:0-9]+  FLASH  PASS +core2 r1 .* CP2104 10c4:ea60  WO-1   li.wei$' passed.out
cp passed.json command.out
equal "lines" "$(wc -l <command.out)" 2
equal "head" "$(json 1 '$.trace') $(json 1 '$.mac') $(json 1 '$.state') $(json 1 '$.left_out')" "unit $two PASSED 1"
equal "run" "$(json 2 '$.event') $(json 2 '$.recipe') $(json 2 '$.serial')" "run core2-fix S-0001"
expect_line "^unit $two: RUNNING\$" running.out
expect_line '^  WARNING: run ffff[-0-9a-f]+ is not in the ledger: another program has put it into the file' running.out

# Forward.
expect_status 0 trace firmware first.bin
expect_line '^  units +1 carry it now$' command.out
expect_line '^ +1 had it once$' command.out
expect_line "^  $one .* WO-1 .* proven\$" command.out
expect_line "^  $two  S-0001  0x10000 .* replaced \\(core2-fix r3 on " command.out
expect_status 0 trace firmware "$(echo "$sha" | cut -c 1-6)" --json
equal "counts" "$(json 1 '$.digest') $(json 1 '$.now') $(json 1 '$.uncertain') $(json 1 '$.gone')" "$sha 1 0 1"
equal "carriers" "$(json 2 '$.mac') $(json 2 '$.carry') $(json 3 '$.mac') $(json 3 '$.cause')" \
	"$one PROVEN $two REPLACED"
for place in "slot 1.2" "bridge cp2104" "bridge 10C4:EA60"; do
	expect_status 0 trace $place --json
	equal "$place" "$(json 1 '$.units') $(json 1 '$.runs') $(wc -l <command.out)" "1 2 3"
done
expect_status 0 trace batch WO-1
expect_line '^  units +2, of them 2 passed here$' command.out
expect_line "^  [-0-9]+ [:0-9]+  FLASH  PASS    $two " command.out
expect_status 0 trace recipe core2.yaml --json
equal "recipe" "$(json 1 '$.runs') $(json 1 '$.recipes[0].images[2].sha256')" "3 $sha"
expect_status 0 trace recipe core2 --from 2100-01-01 --json
equal "in the future" "$(json 1 '$.runs')" 0

# The next station has ended that run; the unit is set aside.
expect_status 0 "$FLASHLINE" unit quarantine "$two" --operator chen --reason scratched --db flashline.db
expect_status 0 trace unit "$two"
expect_line "^unit $two: QUARANTINE\$" command.out
expect_line 'by chen: scratched; by its runs it is NEEDS RE-RUN: .* was cut short, because its station stopped' command.out
expect_line '^  WARNING: what parts of its flash hold is not known, because of one run [(]FLASH ' command.out
expect_line 'ABORTED STATION_STOPPED .* \?\[2J\?nest 9.* told no MAC, known by its serial number;' command.out
[ "$(tr -d '\n' <command.out | tr -dc '\000-\037\177' | wc -c)" = 0 ] || fail "a control character"
expect_status 0 trace firmware second/app.bin
expect_line '^ +1 may carry it$' command.out
expect_line "^  $two .* uncertain: a later run over it did not pass \\(core2-fix r3 on .*, STATION_STOPPED\\)\$" command.out

# What is not there.
expect_status 1 trace unit S-0002
expect_line "^flashline: no unit 'S-0002' is recorded: there is S-0001\$" command.err
[ ! -s command.out ] || fail "a unit that nobody knows"
expect_status 1 trace batch WO-2 --json
expect_line "no batch 'WO-2' is recorded: there is WO-1" command.err
expect_status 1 trace firmware bench.yaml
expect_line "no run with this file is recorded: bench.yaml, sha256 $(sha256sum bench.yaml | cut -c 1-64)" command.err
cp bench.yaml app.bin
expect_status 1 trace firmware app.bin
expect_line "^  $sha image firmware/app.bin, version" command.err
expect_status 2 trace slot 1.0
expect_line 'trace slot 1.0: may mean 2: ' command.err
expect_status 2 trace firmware 123
expect_line 'no such file, and no digest: expected at least 6 hex digits' command.err
expect_status 2 trace untit x
expect_line "did you mean 'unit'\?" command.err
expect_status 2 trace unit x --from yesterday

# Every member that a program gets is in docs/trace.md.
for what in "unit $two" "firmware first.bin" "slot 1.2" "batch WO-1" "recipe core2"; do
	expect_status 0 trace $what --json
	while read -r line; do
		printf '%s' "$line" >line.json
		sqlite3 :memory: "select distinct key from json_tree(readfile('line.json')) where typeof(key) = 'text'"
	done <command.out >>keys
done
for key in $(sort -u keys); do
	grep -q "\`$key\`" "$SOURCE/docs/trace.md" || fail "$key is not in docs/trace.md"
done
[ "$(sort -u keys | wc -l)" -gt 90 ] || fail "only $(sort -u keys | wc -l) members were seen"
