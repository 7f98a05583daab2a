# ESP32, ESP32-S3 and ESP32-C3, a recipe each, through the stub and through the ROM alone,
# compressed and not; then verified, and the log exported.
# labels: slow long
. "$SOURCE/tests/cli/lib.sh"

run_chip() { # chip, boot address, bridge, stub, compress
	"$BUILD/make_firmware" "firmware-$1" "$1" --app-size 48K --flash-size 4MB || fail "make_firmware $1"
	cat >"$1.yaml" <<END
recipe: three-chips-$1
revision: 3
target: {chip: $1}
images:
  - {file: firmware-$1/bootloader.bin, address: $2}
  - {file: firmware-$1/partitions.bin, address: 0x8000}
  - {file: firmware-$1/app.bin, partition: app0}
link: {max_rate: 921600, stub: $4, compress: $5}
END
	cat >bench.yaml <<END
bench: one
units:
  - {chip: $1, flash: 4MB, bridge: $3, content: random}
END
	"$M5SIM" run bench.yaml --state "before-$1" -- true || fail "the bench does not run"
	expect_status 0 "$M5SIM" run bench.yaml --state "units-$1" -- \
		"$FLASHLINE" flash "$1.yaml" --db flashline.db
	node=$(sql "select node from runs order by start_utc_ms desc, run_id desc limit 1")
	"$BUILD/tests/cli/flash_equals" "before-$1/${node#/dev/}/flash.bin" "units-$1/${node#/dev/}/flash.bin" \
		"$2:firmware-$1/bootloader.bin" "0x8000:firmware-$1/partitions.bin" "0x10000:firmware-$1/app.bin" ||
		fail "$1 by $4 was reported PASS"
	equal "loader" "$(sql "select loader from runs order by start_utc_ms desc, run_id desc limit 1")" \
		"$([ "$4" = never ] && echo rom || echo stub)"
	# The same units again: what was flashed is still there, and verify finds it.
	expect_status 0 "$M5SIM" run bench.yaml --state "units-$1" --keep -- \
		"$FLASHLINE" verify "$1.yaml" --db flashline.db
	equal "kind" "$(sql "select kind||outcome from runs order by start_utc_ms desc, run_id desc limit 1")" VERIFYPASS
}
for chip in "esp32 0x1000 cp2104" "esp32s3 0x0 usb-jtag" "esp32c3 0x0 ch9102f"; do
	# shellcheck disable=SC2086
	set -- $chip
	run_chip "$1" "$2" "$3" always yes
	run_chip "$1" "$2" "$3" never yes
	run_chip "$1" "$2" "$3" never no
done
equal "runs" "$(sql 'select count(*) from runs')" 18
expect_status 0 "$FLASHLINE" export --db flashline.db --format csv -o log.csv
equal "lines of the log" "$(grep -c . log.csv)" 19
expect_status 0 "$FLASHLINE" export --db flashline.db --format jsonl -o log.jsonl
equal "lines of the JSON log" "$(grep -c '^{.*}$' log.jsonl)" 18
expect_status 0 "$FLASHLINE" export --db flashline.db --unit-logs logs
equal "log files" "$(find logs -type f | wc -l)" 18
