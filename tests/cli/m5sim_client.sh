# An independent flasher, Espressif's esptool-js under Node, flashes the simulated chips over
# the bench's ordinary ports: reset lines, stub, identity, rate, compressed writes, MD5 and
# reading back are all its own code. Afterwards each unit's flash is compared with the files.
# NPM_CLIENT is the folder in which tests/client/package-lock.json was installed.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

modules=${NPM_CLIENT:-$BUILD/../npm-client}/node_modules
[ -d "$modules/esptool-js" ] ||
	fail "no esptool-js in $modules: copy tests/client/package*.json there and run npm ci --ignore-scripts"
for chip in esp32 esp32s3 esp32c3; do
	"$BUILD/make_firmware" "firmware-$chip" "$chip" --app-size 48K --flash-size 4MB || fail "make_firmware"
done
cat >bench.yaml <<END
bench: every chip and every kind of bridge
units:
  - {chip: esp32, package: D0WDQ6, revision: 3.1, flash: 16MB, bridge: cp2104, mac: "24:0a:c4:00:00:01"}
  - {chip: esp32, package: D0WDQ6, revision: 3.1, flash: 4MB, bridge: ch9102f, mac: "24:0a:c4:00:00:02", content: random}
  - {chip: esp32, package: D0WDQ6, revision: 3.1, flash: 4MB, bridge: m5-ftdi, mac: "24:0a:c4:00:00:03"}
  - {chip: esp32s3, flash: 8MB, bridge: ch340, mac: "34:85:18:00:00:04"}
  - {chip: esp32s3, flash: 8MB, bridge: usb-jtag, mac: "34:85:18:00:00:05", content: random}
  - {chip: esp32c3, flash: 4MB, bridge: ch9102f, mac: "60:55:f9:00:00:06"}
  - {chip: esp32c3, flash: 4MB, bridge: usb-jtag, mac: "60:55:f9:00:00:07"}
END
# port, USB id, rate, chip, boot loader's address, more options
cat >units.txt <<END
ttyUSB0 10c4:ea60 921600 esp32 0x1000
ttyACM0 1a86:55d4 1500000 esp32 0x1000
ttyUSB1 0403:6001 750000 esp32 0x1000
ttyUSB2 1a86:7523 460800 esp32s3 0x0 --reopen
ttyACM1 303a:1001 921600 esp32s3 0x0
ttyACM2 1a86:55d4 921600 esp32c3 0x0
ttyACM3 303a:1001 115200 esp32c3 0x0
END
cat >clients.sh <<'END'
while read -r port usb rate chip boot more; do
	# shellcheck disable=SC2086
	(node "$SOURCE/tests/client/client.mjs" --modules "$1" --port "/dev/$port" --usb "$usb" \
		--rate "$rate" $more "$boot:firmware-$chip/bootloader.bin" \
		"0x8000:firmware-$chip/partitions.bin" "0x10000:firmware-$chip/app.bin" \
		>"$port.out" 2>"$port.err"; echo $? >"$port.status") &
done <units.txt
wait
END
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh clients.sh "$modules"

seen() { # port, name, JSON that its client must have seen
	expect_line "\"name\":\"$2\"" "$1.out"
	expect_line "\"stub\":true" "$1.out"
	grep -qF "$3" "$1.out" || fail "$1: its client has not seen $3"
}
while read -r port usb rate chip boot more; do
	equal "status of the client on $port" "$(cat "$port.status")" 0
	expect_line "\"rate\":$rate,\"md5\":\\[\"[0-9a-f]{32}\",\"[0-9a-f]{32}\",\"[0-9a-f]{32}\"\\]" "$port.out"
	before=units/$port/before.bin
	[ -e "$before" ] || before=-
	"$BUILD/tests/cli/flash_equals" "$before" "units/$port/flash.bin" "$boot:firmware-$chip/bootloader.bin" \
		"0x8000:firmware-$chip/partitions.bin" "0x10000:firmware-$chip/app.bin" || fail "flash of $port"
	expect_line '"stub_starts": 1,' "units/$port/unit.json"
	expect_line '"crashes": 0,' "units/$port/unit.json"
	expect_line '"runs_application": true' "units/$port/unit.json"
done <units.txt
seen ttyUSB0 ESP32 '"chip":"ESP32-D0WDQ6-V3 (revision 3)","name":"ESP32","mac":"24:0a:c4:00:00:01"'
seen ttyUSB0 ESP32 '"Wi-Fi"," BT"," Dual Core"," 240MHz"," Coding Scheme None"],"crystal":40,"flash_id":"1840ef"'
seen ttyACM0 ESP32 '"mac":"24:0a:c4:00:00:02"'
seen ttyUSB1 ESP32 '"mac":"24:0a:c4:00:00:03"'
seen ttyUSB2 ESP32-S3 '"mac":"34:85:18:00:00:04","features":["Wi-Fi","BLE"'
seen ttyACM1 ESP32-S3 '"mac":"34:85:18:00:00:05"'
seen ttyACM2 ESP32-C3 '"mac":"60:55:f9:00:00:06","features":["Wi-Fi","BLE"'
seen ttyACM3 ESP32-C3 '"mac":"60:55:f9:00:00:07"'
