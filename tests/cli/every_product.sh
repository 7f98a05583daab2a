# One of every M5 product on one bench, each flashed by a recipe for its product: chip, package,
# flash, bridge and MAC are recorded right, the flash holds the recipe's files and nothing else
# changed. Then units that are wrong in one way each: refused, with their flash as it was.
# labels: slow nothreads long
. "$SOURCE/tests/cli/lib.sh"

bench=$SOURCE/fixtures/demo/every_product.yaml
firmware() { # kind as make_firmware knows it
	[ -d "firmware-$1" ] || "$BUILD/make_firmware" "firmware-$1" "$1" --app-size 16K --flash-size 2MB >&2 ||
		fail "make_firmware $1"
}
boot_at() {
	case $1 in
	esp32 | esp32s2) echo 0x1000 ;;
	esp32c5 | esp32p4) echo 0x2000 ;;
	*) echo 0x0 ;;
	esac
}
recipe() { # file, product, chip, firmware, more lines
	cat >"$1" <<END
recipe: $(basename "$1" .yaml)
revision: 1
product: m5stack/$2
images:
  - {file: firmware-$4/bootloader.bin, address: $(boot_at "$3")}
  - {file: firmware-$4/partitions.bin, address: 0x8000}
  - {file: firmware-$4/app.bin, partition: app0}
${5:-}
END
}
# Several stations at one bench, each with a unit, a recipe and a database of its own.
cat >one.sh <<'END'
"$BUILD/flashline" flash "$2.yaml" --ports "$1" --db "$2.db" >"$2.log" 2>&1
echo $? >"$2.status"
END
flash_all() { # bench file, state folder, list of slot and recipe
	expect_status 0 "$M5SIM" run "$1" --state "$2" --trim -- xargs -n 2 -P 28 sh one.sh <"$3"
}
about() { # recipe, SQL expression
	sqlite3 -readonly "$1.db" "select $2 from runs"
}

expect_status 0 "$M5SIM" check "$bench"
awk '{ print $NF, $1, $2, $5, $6, $7, $4 }' command.out >units
expect_status 0 "$FLASHLINE" products --json
tr '{' '\n' <command.out | sed -n 's#.*"key":"m5stack/\([^"]*\)".*#\1#p' | sort >products
cut -d ' ' -f 1 units | sort | cmp -s - products ||
	fail "the bench lacks or invents products: $(cut -d ' ' -f 1 units | sort | comm -3 - products | tr '\n' ' ')"
while read -r name node slot chip flash mac usb; do
	kind=$chip
	case $name in tab5 | poe-p4) kind=esp32p4-rev1 ;; esac
	firmware "$kind"
	recipe "$name.yaml" "$name" "$chip" "$kind"
	echo "$slot $name"
done <units >work
flash_all "$bench" states work
while read -r name node slot chip flash mac usb; do
	kind=$chip
	case $name in tab5 | poe-p4) kind=esp32p4-rev1 ;; esac
	[ "$(cat "$name.status")" = 0 ] || { tail -n 5 "$name.log" >&2; echo "$name: not flashed" >>bad; continue; }
	got=$(about "$name" "outcome||' '||proof||' '||lower(replace(chip,'-',''))||' '||(flash_bytes>>20)||'MB '||lower(mac)||' '||slot")
	[ "$got" = "PASS CHIP_MD5 $chip $flash $mac $slot" ] || echo "$name: recorded '$got'" >>bad
	"$BUILD/tests/cli/flash_equals" "states/$node/before.bin" "states/$node/flash.bin" \
		"$(boot_at "$chip"):firmware-$kind/bootloader.bin" "0x8000:firmware-$kind/partitions.bin" \
		"0x10000:firmware-$kind/app.bin" >>bad || echo "$name: flash" >>bad
done <units
[ ! -s bad ] || { cat bad >&2; fail "$(wc -l <bad) products"; }

# name of the recipe, product, expected code, firmware; what lies in the slot instead
cat >wrong <<END
chip-esp32 core2 WRONG_CHIP esp32 {chip: esp32s3, flash: 16MB, bridge: cp2104
chip-s2 stamp-s3 WRONG_CHIP esp32s3 {chip: esp32s2, flash: 8MB, bridge: cp2104
chip-s3 atoms3 WRONG_CHIP esp32s3 {chip: esp32c3, flash: 8MB, bridge: usb-jtag
chip-c2 stamp-c3 WRONG_CHIP esp32c3 {chip: esp32c2, flash: 4MB, bridge: ch9102f
chip-c3 stamp-c3u WRONG_CHIP esp32c3 {chip: esp32c6, flash: 4MB, bridge: usb-jtag
chip-c6 nanoc6 WRONG_CHIP esp32c6 {chip: esp32h2, flash: 4MB, bridge: usb-jtag
chip-h2 nanoh2 WRONG_CHIP esp32h2 {chip: esp32c6, flash: 4MB, bridge: usb-jtag
chip-c5 stamp-c5 WRONG_CHIP esp32c5 {chip: esp32c61, flash: 4MB, bridge: usb-jtag
chip-c61 cardkb2 WRONG_CHIP esp32c61 {chip: esp32c5, revision: 1.0, flash: 4MB, bridge: usb-jtag
chip-p4 stamp-p4 WRONG_CHIP esp32p4 {chip: esp32s3, flash: 16MB, bridge: usb-jtag
package stickc-plus2 WRONG_PACKAGE esp32 {chip: esp32, package: PICO-D4, revision: 1.1, flash: 8MB, bridge: ch9102f
package-s3 atoms3r WRONG_PACKAGE esp32s3 {chip: esp32s3, package: FN8, flash: 8MB, bridge: usb-jtag
psram papercolor WRONG_PSRAM esp32s3 {chip: esp32s3, package: QFN56, flash: 16MB, bridge: usb-jtag
revision-old stamp-p4 WRONG_REVISION esp32p4 {chip: esp32p4, revision: 1.3, flash: 16MB, bridge: usb-jtag
revision-new tab5 WRONG_REVISION esp32p4-rev1 {chip: esp32p4, revision: 3.1, flash: 16MB, bridge: usb-jtag
flash core2 WRONG_FLASH_SIZE esp32 {chip: esp32, package: D0WDQ6-V3, revision: 3.0, flash: 4MB, bridge: ch9102f
secure-boot atoms3 SECURITY_STATE esp32s3 {chip: esp32s3, package: FN8, flash: 8MB, bridge: usb-jtag, secure_boot: true
encryption core2 SECURITY_STATE esp32 {chip: esp32, package: D0WDQ6-V3, revision: 3.0, flash: 16MB, bridge: ch9102f, flash_encryption: true
secure-mode nanoc6 SECURITY_STATE esp32c6 {chip: esp32c6, package: FH4, flash: 4MB, bridge: usb-jtag, secure_download: true
bridge stickc WRONG_BRIDGE esp32 {chip: esp32, package: PICO-D4, revision: 1.1, flash: 4MB, bridge: ch340
no-download core2 DOWNLOAD_DISABLED esp32 {chip: esp32, package: D0WDQ6-V3, revision: 3.0, flash: 16MB, bridge: ch9102f, download_disabled: true
application cores3 NEEDS_HAND esp32s3 {chip: esp32s3, package: R8, flash: 16MB, bridge: usb-jtag, app_usb: true
END
# With an application that takes the USB pins a unit has one that runs; the others hold noise.
echo "units:" >wrong.yaml
while read -r name product code kind unit; do
	content="{fill: random, address: 0, size: 128K}"
	[ "$code" = NEEDS_HAND ] && content="{file: firmware-$kind/merged.bin, address: 0}"
	echo "  - $unit, name: $name, content: [$content]}" >>wrong.yaml
	more=
	[ "$code" = WRONG_BRIDGE ] && more="link: {bridge: refuse}"
	recipe "$name.yaml" "$product" "${kind%-rev1}" "$kind" "$more"
done <wrong
# Right units whose port comes back under another number when they are reset into the loader.
for product in atoms3:esp32s3:FN8:0.2:8MB:0x0 nanoc6:esp32c6:FH4:0.0:4MB:0x0 tab5:esp32p4:NRW32:1.3:16MB:0x2000; do
	IFS=: read -r name chip package revision flash address <<END
$product
END
	kind=$chip
	[ "$name" = tab5 ] && kind=esp32p4-rev1
	recipe "again-$name.yaml" "$name" "$chip" "$kind"
	echo "  - {name: again-$name, chip: $chip, package: $package, revision: $revision, flash: $flash, bridge: usb-jtag, reenumerates: true, content: [{file: firmware-$kind/merged.bin, address: $address}]}" >>wrong.yaml
	echo "again-$name $name PASS" >>wrong
done
expect_status 0 "$M5SIM" check wrong.yaml
awk '{ print $NF, $1, $2 }' command.out >slots
awk '{ print $3, $1 }' slots >work
flash_all wrong.yaml wrong-states work
while read -r name product code rest; do
	node=$(awk -v name="$name" '$1 == name { print $2 }' slots)
	got=$(about "$name" "replace(code,'OK',outcome)")
	[ "$got" = "$code" ] || { tail -n 5 "$name.log" >&2; echo "$name: recorded '$got', expected $code" >>bad; }
	if [ "$code" = PASS ]; then
		grep -q '"ports_seen": [2-9]' "wrong-states/$node/unit.json" || echo "$name: its port stayed" >>bad
		continue
	fi
	cmp -s "wrong-states/$node/before.bin" "wrong-states/$node/flash.bin" || echo "$name: its flash has changed" >>bad
	grep -q '"sectors_erased": 0,' "wrong-states/$node/unit.json" || echo "$name: was erased" >>bad
done <wrong
[ ! -s bad ] || { cat bad >&2; fail "$(wc -l <bad) wrong units"; }
