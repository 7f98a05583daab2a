# A unit that takes another's place within a moment can get its port's name and its USB device
# number as well: it is another unit all the same, and what is shown is not the other's PASS.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 20K --flash-size 16MB || fail "make_firmware"
esp32_recipe same | sed 's/flash_size: 4MB/flash_size: 16MB/' >recipe.yaml
cat >station.yaml <<END
station: line-1
recipe: recipe.yaml
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
END
printf 'nests: 2\n' >bench.yaml
export PYTHONDONTWRITEBYTECODE=1
expect_status 0 "$M5SIM" run bench.yaml --state units --trim -- \
	python3 "$SOURCE/tests/line/same_number.py" "$FLASHLINE"
cat >expected <<END
device number the same
first PASS, second PASS, two units
END
cmp -s expected command.out || { diff expected command.out >&2; fail "a unit swapped"; }
holds_esp32 - units/first/flash.bin || fail "the first unit's flash"
holds_esp32 - units/second/flash.bin || fail "the second unit's flash"
