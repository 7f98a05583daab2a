# Which port is used: the only one, the named ones, all of them; never a guess.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 16K --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: small
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/app.bin, address: 0x10000}
END
none='{bench: none, units: []}'
printf '%s\n' "$none" >none.yaml
printf 'bench: one\nunits:\n  - {chip: esp32, flash: 4MB, bridge: cp2104}\n' >one.yaml
printf 'bench: two\nunits:\n  - {count: 2, chip: esp32, flash: 4MB, bridge: cp2104}\n' >two.yaml

expect_status 2 "$M5SIM" run none.yaml -- "$FLASHLINE" flash recipe.yaml --db flashline.db
expect_status 2 "$M5SIM" run none.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db
expect_status 0 "$M5SIM" run one.yaml -- "$FLASHLINE" flash recipe.yaml --db flashline.db
expect_status 2 "$M5SIM" run two.yaml -- "$FLASHLINE" flash recipe.yaml --db flashline.db
expect_line 'ttyUSB1' command.err
expect_status 2 "$M5SIM" run two.yaml -- "$FLASHLINE" flash recipe.yaml --ports /dev/ttyUSB7 --db flashline.db
expect_line 'ttyUSB7' command.err
expect_status 0 "$M5SIM" run two.yaml -- "$FLASHLINE" flash recipe.yaml --ports /dev/ttyUSB1 --db flashline.db
equal "the named port" "$(sql "select group_concat(node) from (select node from runs order by start_utc_ms)")" \
	"/dev/ttyUSB0,/dev/ttyUSB1"
expect_status 0 "$M5SIM" run two.yaml -- "$FLASHLINE" flash recipe.yaml --all --db flashline.db
equal "runs" "$(sql 'select count(*) from runs')" 4

expect_status 0 "$M5SIM" run two.yaml -- "$FLASHLINE" ports --json
expect_line '10c4:ea60' command.out
expect_status 0 "$M5SIM" run two.yaml -- "$FLASHLINE" identify --all --json
equal "identified" "$(grep -c '"mac"' command.out)" 2
