# Per-unit data, by the firmware's own word: what the simulated application finds in its NVS
# partition is what the image holds, and a unit without it fails.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 16K
cat >unit.csv <<'END'
key,type,encoding,value
wifi,namespace,,
ssid,data,string,Line 4
unit,namespace,,
serial,data,string,{serial}
number,data,u32,4000000007
offset,data,i16,-21
END
expect_status 0 "$FLASHLINE" nvs unit.csv --size 0x5000 -o nvs.bin --set serial=M5C2-000123
for with in data none; do
	esp32_recipe $with >$with.yaml
	[ $with = none ] || echo '  - {file: nvs.bin, partition: nvs}' >>$with.yaml
	cat >>$with.yaml <<'END'
boot_check:
  within: 2s
  expect: ['serial (?<serial>\S+) of (?<ssid>.+), number (?<number>\S+), offset (?<offset>\S+)$']
  values: [{name: serial, equal: M5C2-000123}, {name: offset, low: -21, high: -21}]
END
done
cat >bench.yaml <<'END'
units:
  - {chip: esp32, path: 1.1, app: {lines: ['serial {nvs:unit.serial} of {nvs:wifi.ssid}, number {nvs:unit.number}, offset {nvs:unit.offset}']}}
END
cat >session.sh <<'END'
"$BUILD/flashline" flash none.yaml --all --db none.db >none.out 2>&1
"$BUILD/flashline" flash data.yaml --all --db flashline.db >data.out 2>&1
END
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh
equal "with data" "$(sql "select code from runs")" OK
equal "values" "$(sql "select group_concat(name || '=' || coalesce(text, value), ' ') from
	(select * from measurement where step = 'boot' and name <> 'boot_time' order by position)")" \
	"serial=M5C2-000123 ssid=Line 4 number=4000000007.0 offset=-21.0"
equal "without data" "$(sqlite3 -readonly none.db "select code, detail from runs")" \
	"VALUE_OUT_OF_LIMITS|serial is none, expected 'M5C2-000123': \"serial none of none, number none, offset none\""
