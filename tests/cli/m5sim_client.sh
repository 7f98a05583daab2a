# An independent flasher, Espressif's esptool-js under Node, flashes the simulated chips over
# the bench's ordinary ports: reset lines, stub, identity, rate, compressed writes, MD5 and
# reading back are all its own code. Afterwards each unit's flash is compared with the files.
# NPM_CLIENT is the folder in which tests/client/package-lock.json was installed.
# labels: nothreads alone long slow
. "$SOURCE/tests/cli/lib.sh"

modules=${NPM_CLIENT:-$BUILD/../npm-client}/node_modules
[ -d "$modules/esptool-js" ] ||
	fail "no esptool-js in $modules: copy tests/client/package*.json there and run npm ci --ignore-scripts"
for chip in esp32 esp32s2 esp32s3 esp32c2 esp32c3 esp32c5 esp32c6 esp32c61 esp32h2 esp32p4 esp32p4-rev1; do
	"$BUILD/make_firmware" "firmware-$chip" "$chip" --app-size 24K --flash-size 4MB || fail "make_firmware"
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
  - {chip: esp32s2, package: FH4, revision: 1.0, flash: 4MB, bridge: cp2102n, mac: "7c:df:a1:00:00:08"}
  - {chip: esp32c2, package: ESP8684H4, revision: 1.2, flash: 4MB, bridge: ft232r, mac: "08:3a:8d:00:00:09", content: random}
  - {chip: esp32c5, revision: 1.0, flash: 4MB, bridge: usb-jtag, mac: "d0:cf:13:00:00:0a"}
  - {chip: esp32c6, package: FH4, revision: 0.1, flash: 4MB, bridge: usb-jtag, mac: "40:4c:ca:00:00:0b", content: random}
  - {chip: esp32c61, revision: 1.0, flash: 4MB, bridge: ch343, mac: "d8:3b:da:00:00:0c"}
  - {chip: esp32h2, package: FH4S, revision: 0.1, flash: 4MB, bridge: usb-jtag, mac: "74:4d:bd:00:00:0d"}
  - {chip: esp32p4, revision: 3.1, flash: 16MB, bridge: usb-jtag, mac: "30:ed:a0:00:00:0e"}
  - {chip: esp32p4, revision: 1.3, flash: 16MB, bridge: cp2104, mac: "30:ed:a0:00:00:0f"}
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
ttyUSB3 10c4:ea60 921600 esp32s2 0x1000
ttyUSB4 0403:6001 460800 esp32c2 0x0
ttyACM4 303a:1001 921600 esp32c5 0x2000
ttyACM5 303a:1001 921600 esp32c6 0x0
ttyACM6 1a86:55d3 921600 esp32c61 0x0
ttyACM7 303a:1001 921600 esp32h2 0x0
ttyACM8 303a:1001 921600 esp32p4 0x2000
ttyUSB5 10c4:ea60 460800 esp32p4-rev1 0x2000
END
cat >client.sh <<'END'
modules=$1 port=$2 usb=$3 rate=$4 chip=$5 boot=$6
shift 6
# The package gives a loader 200 ms for some answers, which a busy machine needs by itself: only
# for what it says then the client starts afresh, twice at most.
for start in 1 2 3; do
	node "$SOURCE/tests/client/client.mjs" --modules "$modules" --port "/dev/$port" --usb "$usb" \
		--rate "$rate" "$@" "$boot:firmware-$chip/bootloader.bin" \
		"0x8000:firmware-$chip/partitions.bin" "0x10000:firmware-$chip/app.bin" >"$port.out" 2>"$port.err"
	echo $? >"$port.status"
	echo "$start" >"$port.starts"
	grep -qE 'Continuing at 115200|Serial data stream stopped|Cannot lock port|stopped responding' \
		"$port.out" "$port.err" || break
done
END
expect_status 0 "$M5SIM" run bench.yaml --state units --trim -- xargs -L 1 -P 3 sh client.sh "$modules" <units.txt

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
	expect_line '"stub_starts": [1-3],' "units/$port/unit.json"
	[ "$(cat "$port.starts")" = 1 ] || echo "$port: its client started $(cat "$port.starts") times"
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
seen ttyUSB3 ESP32-S2 '"chip":"ESP32-S2FH4 (revision v1.0)","name":"ESP32-S2","mac":"7c:df:a1:00:00:08"'
seen ttyUSB4 ESP32-C2 '"chip":"ESP32-C2 (revision 1)","name":"ESP32-C2","mac":"08:3a:8d:00:00:09"'
seen ttyACM4 ESP32-C5 '"chip":"ESP32-C5 (revision v1.0)","name":"ESP32-C5","mac":"d0:cf:13:00:00:0a"'
seen ttyACM4 ESP32-C5 '"crystal":48'
seen ttyACM5 ESP32-C6 '"chip":"ESP32-C6 (revision 1)","name":"ESP32-C6","mac":"40:4c:ca:00:00:0b"'
seen ttyACM6 ESP32-C61 '"chip":"ESP32-C61 (revision v1.0)","name":"ESP32-C61","mac":"d8:3b:da:00:00:0c"'
seen ttyACM7 ESP32-H2 '"chip":"ESP32-H2 (revision v0.1)","name":"ESP32-H2","mac":"74:4d:bd:00:00:0d"'
seen ttyACM7 ESP32-H2 '"crystal":32'
seen ttyACM8 ESP32-P4 '"chip":"ESP32-P4 (revision v3.1)","name":"ESP32-P4","mac":"30:ed:a0:00:00:0e"'
seen ttyUSB5 ESP32-P4 '"chip":"ESP32-P4 (revision v1.3)","name":"ESP32-P4","mac":"30:ed:a0:00:00:0f"'
