# The boot check over a chip's own USB: ports that stay, that leave with the restart and come back,
# that are the application's, and firmware that has no console there.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

recipe() { # chip, address of its boot loader
	"$BUILD/make_firmware" "$1" "$1" --app-size 16K --flash-size 4MB || fail "make_firmware"
	cat >"$1.yaml" <<END
recipe: $1
target: {chip: $1, flash_size: 4MB}
images:
  - {file: $1/bootloader.bin, address: $2}
  - {file: $1/partitions.bin, address: 0x8000}
  - {file: $1/app.bin, partition: app0}
boot_check: {within: 2s, expect: ['ready (?<run>\d+)']}
END
}
recipe esp32s3 0x0
recipe esp32s2 0x1000
cat >bench.yaml <<'END'
units:
  - {chip: esp32s3, path: 1.1, bridge: usb-jtag, app: {lines: [start, ready 1], every: 300}}
  # It holds firmware already: a blank one restarts, and its port with it, every second.
  - chip: esp32s3
    path: 1.2
    bridge: usb-jtag
    reenumerates: true
    app: {lines: [start, ready 1], every: 300}
    content:
      - {file: esp32s3/bootloader.bin, address: 0x0}
      - {file: esp32s3/partitions.bin, address: 0x8000}
      - {file: esp32s3/app.bin, address: 0x10000}
  - {chip: esp32s3, path: 1.3, bridge: usb-jtag, app: {lines: [], quiet_boot: true}}
  - {chip: esp32s2, path: 1.4, bridge: usb-otg, app_usb: true, hand_download: true, app: {lines: [start, ready 1], every: 300}}
  - {chip: esp32s2, path: 1.5, bridge: usb-otg, app: {lines: [start, ready 1], every: 300}}
END
cat >session.sh <<'END'
until [ -e /dev/ttyACM0 ] && [ -e /dev/ttyACM1 ] && [ -e /dev/ttyACM2 ]; do sleep 0.05; done
P=pci-0000:00:14.0
"$BUILD/flashline" flash esp32s3.yaml --ports $P/1.1:1.0,$P/1.2:1.0,$P/1.3:1.0 --db s3.db >s3.out 2>&1 &
"$BUILD/flashline" flash esp32s2.yaml --ports $P/1.4:1.0,$P/1.5:1.0 --db s2.db >s2.out 2>&1
wait
END
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh

is() { # session, USB port, code
	equal "unit $2" "$(sqlite3 -readonly "$1.db" "select code, proof from runs where slot like '%/$2:%'")" "$3|CHIP_MD5"
}
is s3 1.1 OK
is s3 1.2 OK
is s3 1.3 BOOT_NOT_SEEN
is s2 1.4 OK
is s2 1.5 BOOT_NOT_SEEN
expect_line 'does the firmware have its console there' s3.out
expect_line 'own USB port did not come back after the restart' s2.out
for session in s2 s3; do
	equal "values of $session" "$(sqlite3 -readonly $session.db "select distinct name, value from measurement
		where step = 'boot' and name = 'run'")" "run|1.0"
done
