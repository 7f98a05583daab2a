# Serial numbers and data of each unit, in one gang: what stands in every flash is what 'flashline
# nvs' makes of the same values, and what Espressif's generator made; a unit keeps its number, no
# other gets it; and secrets are nowhere but in the unit.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"
golden="$SOURCE/tests/recipes/nvs"

"$BUILD/make_firmware" firmware esp32c3 --app-size 8K --flash-size 4MB || fail "make_firmware"
macs="00 04 08 0c"
recipe() {
	esp32_recipe "$1" | sed 's/esp32,/esp32c3,/; s/0x1000/0x0/'
}
cat >bench.yaml <<END
bench: own
units:
  - count: 4
    chip: esp32c3
    bridge: usb-jtag
    app: {lines: ['joined with {nvs:factory.wifi_pass}', 'I am {nvs:factory.serial}']}
END

nvs_of() { # PORT: the partition, as it stands in the flash
	dd if="$1/flash.bin" bs=4096 skip=9 count=5 2>/dev/null
}

# ---- Espressif's template, on a bench beside ----

sed 's/^same_key,data,u16,0$/same_key,data,u16,{number}/' "$golden/namespaces.csv" >golden.csv
n=0
echo mac,number >numbers.csv
for m in $macs; do
	echo "24:0a:c4:10:00:$m,$n" >>numbers.csv
	n=$((n + 1))
done
recipe golden >golden.yaml
echo 'data: [{partition: nvs, template: golden.csv, values: numbers.csv, key: mac}]' >>golden.yaml
(
	"$M5SIM" run bench.yaml --state golden -- "$FLASHLINE" flash golden.yaml --all --db golden.db \
		>golden.out 2>golden.err
) &
golden_flashed=$!

# ---- numbers, MACs and secrets ----

cat >factory.csv <<'END'
key,type,encoding,value
factory,namespace,,
serial,data,string,{serial}
mac,data,hex2bin,{mac_hex}
wifi_pass,data,string,{wifi}
END
echo mac,wifi >units.csv
for m in $macs; do
	echo "24:0A:C4:10:00:$m,hush-planted-$m" >>units.csv
done
recipe own >own.yaml
cat >>own.yaml <<'END'
serial: {from: range, prefix: "M5C2-", width: 6, first: 41, match: "^M5C2-[0-9]{6}$"}
data:
  - {partition: nvs, template: factory.csv, values: units.csv, key: mac, secret: wifi}
boot_check: {within: 5s, expect: ['joined with (?<with>hush-.*)', 'I am (?<serial>M5C2-\d+)']}
END
cat >session.sh <<'END'
"$FLASHLINE" flash own.yaml --all --json --batch B1 --db flashline.db >first.out 2>first.err || exit 10
"$FLASHLINE" verify own.yaml --all --json --db flashline.db >verify.out 2>verify.err || exit 11
"$FLASHLINE" verify own.yaml --all --json --db other.db >other.out 2>other.err || exit 13
sed 's/hush-/rush-/' units.csv >rush.csv
sed 's/units.csv/rush.csv/' own.yaml >rush.yaml
"$FLASHLINE" verify rush.yaml --all --json --db flashline.db >rush.out 2>rush.err
[ $? = 1 ] || exit 14
END
export FLASHLINE
"$M5SIM" run bench.yaml --state own -- sh session.sh >bench.out 2>bench.err ||
	fail "the session ended with $?"

# ---- Espressif's bytes are in the units ----

wait $golden_flashed || fail "the gang did not pass"
for n in 0 1 2 3; do
	nvs_of "golden/ttyACM$n" >is.bin
	"$FLASHLINE" nvs golden.csv --size 0x5000 --set number=$n -o - >wanted.bin 2>/dev/null ||
		fail "flashline nvs"
	cmp is.bin wanted.bin || fail "unit $n holds other data"
done
nvs_of golden/ttyACM0 | cmp - "$golden/namespaces.bin" || fail "these are not Espressif's bytes"
equal "images of units" "$(sqlite3 -readonly golden.db "select count(distinct sha256) from unit_image")" 4
equal "the first one's digest" \
	"$(sqlite3 -readonly golden.db "select sha256 from unit_image join runs using (run_id) where mac like '%:00'")" \
	"$(sha256sum <"$golden/namespaces.bin" | cut -c 1-64)"

# ---- and their own ----

own="from runs where recipe='own' and kind='FLASH'"
equal "numbers" "$(sql "select min(serial)||' '||max(serial)||' '||count(distinct serial) $own")" \
	"M5C2-000041 M5C2-000044 4"
equal "their last states" "$(sql "select group_concat(distinct state) from (select state, max(position) from serial_state group by serial)")" \
	COMMITTED
sql "select node, serial, mac from runs where run_id in (select max(run_id) $own group by mac)" >units
equal "units" "$(wc -l <units)" 4
while IFS='|' read -r node serial mac; do
	hex=$(echo "$mac" | tr -d :)
	"$FLASHLINE" nvs factory.csv --size 0x5000 --set "serial=$serial" --set "mac_hex=$hex" \
		--set "wifi=hush-planted-${mac##*:}" -o - >wanted.bin 2>/dev/null || fail "flashline nvs"
	nvs_of "own/${node#/dev/}" | cmp - wanted.bin || fail "$node holds other data"
	md5sum <wanted.bin | cut -c 1-32 >>needles
	sha256sum <wanted.bin | cut -c 1-64 >>needles
done <units
# A verify run judges what is known, and says what is not.
equal "judged" "$(grep '"event":"result"' verify.out | grep -c '"detail":null\|"detail":""')" 4
equal "not judged without records" \
	"$(grep '"event":"result"' other.out | grep -c 'its serial number is not known')" 4
equal "other secrets" "$(grep '"event":"result"' rush.out | grep -c MD5_MISMATCH)" 4

# What a unit tells of it is judged, and recorded without it.
equal "what they told" "$(sql "select group_concat(distinct text) from measurement where name = 'with'")" \
	"***************"
equal "what may be read" "$(sql "select count(distinct text) from measurement where name = 'serial'")" 4

# ---- nowhere but in the unit ----

equal "digests of secret images" \
	"$(sql "select count(*) from unit_image join runs using (run_id) where recipe='own' and sha256 is not null")" 0
"$FLASHLINE" check own.yaml >check.out 2>&1
"$FLASHLINE" check own.yaml --json >check-json.out 2>&1
for format in csv jsonl junit wsjf; do
	"$FLASHLINE" export --format $format --db flashline.db --output "export.$format" >/dev/null 2>&1
done
mkdir logs
"$FLASHLINE" export --unit-logs logs --db flashline.db >export.out 2>&1
"$FLASHLINE" trace 24:0a:c4:10:00:00 --db flashline.db >trace.out 2>&1
"$FLASHLINE" audit-pack B1 --output audit.zip --db flashline.db >audit.out 2>&1
mkdir audit && (cd audit && unzip -q ../audit.zip) || fail "no audit pack"
sqlite3 -readonly flashline.db .dump >dump.out
mkdir secret && mv units.csv rush.csv own golden wanted.bin is.bin session.sh secret
printf '%s\n' hush-planted rush-planted >>needles
mv needles secret
[ "$(find . -path ./secret -prune -o -type f -print | wc -l)" -gt 40 ] || fail "little to look through"
found=$(find . -path ./secret -prune -o -type f -print0 | xargs -0 grep -laiFf secret/needles)
[ -z "$found" ] || fail "secrets stand in $found"
grep -qaiFf secret/needles secret/own/ttyACM0/flash.bin || fail "they would not be found"
