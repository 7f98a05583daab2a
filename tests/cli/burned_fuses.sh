# What fuses say of a unit is shown and recorded: a MAC of its maker, keys, flags, and that
# nobody may flash it.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 16K --flash-size 4MB || fail "make_firmware"
cat >recipe.yaml <<END
recipe: fuses
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/partitions.bin, address: 0x8000}
END
cat >bench.yaml <<END
units:
  - {chip: esp32, path: 1.1, bridge: cp2104, custom_mac: "48:63:92:15:72:16"}
  - {chip: esp32, path: 1.2, bridge: cp2104, revision: 3.0, download_disabled: true}
  - {chip: esp32c3, path: 1.3, bridge: usb-jtag, download_disabled: true}
  - {chip: esp32s3, path: 1.4, bridge: cp2104, custom_mac: "48:63:92:15:72:17", secure_boot: true, flash_encryption: true}
  - {chip: esp32, path: 1.5, bridge: cp2104, secure_boot: true}
END
cat >session.sh <<'END'
"$BUILD/flashline" identify --all >identify.out 2>&1
echo $? >identify.status
"$BUILD/flashline" flash recipe.yaml --all --db flashline.db >flash.out 2>&1
echo $? >flash.status
END
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh

expect_line '^1\.1 has a MAC of its maker: 48:63:92:15:72:16$' identify.out
expect_line '^1\.2 .* DOWNLOAD_DISABLED' identify.out
expect_line '^1\.3 .* DOWNLOAD_DISABLED' identify.out
expect_line '^1\.4 has a MAC of its maker: 48:63:92:15:72:17$' identify.out
expect_line '^1\.4 has security flags: SECURE_BOOT_EN$' identify.out
expect_line '^1\.4 has keys in its fuses: 0 XTS_AES_128_KEY, 1 SECURE_BOOT_DIGEST0$' identify.out
expect_line '^1\.5 has keys in its fuses: 2 secure_boot_v1$' identify.out
expect_line "fuses forbid download mode" identify.out

of() { # USB port, columns
	sql "select $2 from runs where slot like '%/$1:%'"
}
equal "1.1" "$(of 1.1 'code, custom_mac, key_purposes')" "OK|48:63:92:15:72:16|none"
equal "1.2" "$(of 1.2 'code, outcome, party, custom_mac')" "DOWNLOAD_DISABLED|ERROR|UNIT|"
equal "1.3" "$(of 1.3 'code')" "DOWNLOAD_DISABLED"
equal "1.4" "$(of 1.4 'code, custom_mac')" "WRONG_CHIP|48:63:92:15:72:17"
equal "1.5" "$(of 1.5 'code, secure_boot_v1, key_purposes')" "SECURITY_STATE|1|2 secure_boot_v1"
