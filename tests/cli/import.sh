# A build of another tool becomes a recipe, and the recipe flashes the same bytes.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 60K
expect_status 0 "$FLASHLINE" import firmware/merged.bin -o split.yaml
expect_line "^split.yaml: [3-9] images for ESP32, from a merged image" command.out
expect_status 3 "$FLASHLINE" import firmware/merged.bin -o split.yaml
expect_line "split.yaml: is there already" command.err

cat >firmware/flasher_args.json <<'END'
{ "flash_settings": { "flash_mode": "keep", "flash_size": "keep", "flash_freq": "keep" },
  "flash_files": { "0x1000": "bootloader.bin", "0x8000": "partitions.bin", "0x10000": "app.bin" },
  "app": { "offset": "0x10000", "file": "app.bin", "encrypted": "false" },
  "extra_esptool_args": { "chip": "esp32" } }
END
expect_status 0 "$FLASHLINE" import firmware/flasher_args.json --product m5stack/core2
expect_line '"firmware/app.bin"' app.yaml
expect_line '^product: "m5stack/core2"' app.yaml
mkdir elsewhere
expect_status 0 "$FLASHLINE" import firmware/flasher_args.json -o elsewhere/app.yaml
expect_line "\"$work/firmware/app.bin\"" elsewhere/app.yaml
expect_status 3 "$FLASHLINE" import firmware/flasher_args.json -o nowhere/app.yaml
expect_line "nowhere/: there is no such folder" command.err
rm firmware/app.bin
expect_status 2 "$FLASHLINE" import firmware/flasher_args.json -o firmware/again.yaml
expect_line "again.yaml:.*app.bin: No such file" command.err
expect_status 2 "$FLASHLINE" import split.yaml
expect_line "split.yaml: no JSON, and no merged image" command.err
