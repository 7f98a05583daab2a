# For the tests of the shipped programs: sourced, with BUILD and SOURCE set by ctest.
# Each test works in a folder of its own, $work, removed when it passes.
set -u
FLASHLINE="$BUILD/flashline"
M5SIM="$BUILD/m5sim"
work=$(mktemp -d "${TMPDIR:-/tmp}/flashline-test.XXXXXX")
trap 'status=$?; [ $status = 0 ] && rm -rf "$work"; exit $status' EXIT
cd "$work" || exit 3

fail() {
	echo "FAILED: $*" >&2
	for log in "$work"/*.out "$work"/*.err; do
		[ -s "$log" ] && { echo "--- ${log##*/}" >&2; tail -n 40 "$log" >&2; }
	done
	exit 1
}

# expect_status WANTED COMMAND...: output goes to command.out and command.err
expect_status() {
	wanted=$1
	shift
	"$@" >command.out 2>command.err
	got=$?
	[ "$got" = "$wanted" ] || fail "exit status $got, expected $wanted, from: $*"
}

expect_line() { # pattern, file
	grep -qE -- "$1" "$2" || fail "no line like '$1' in $2"
}

# equal WHAT GOT WANTED
equal() {
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

sql() { sqlite3 -readonly flashline.db "$1"; }

# Firmware of an ESP32 with 4 MB of flash in the folder firmware, its application so large.
esp32_firmware() { # 60K
	"$BUILD/make_firmware" firmware esp32 --app-size "$1" --flash-size 4MB || fail "make_firmware"
}

# The recipe for it, without the keys behind its images.
esp32_recipe() { # name
	cat <<END
recipe: $1
revision: 1
target: {chip: esp32, flash_size: 4MB}
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
  - {file: firmware/partitions.bin, address: 0x8000}
  - {file: firmware/app.bin, partition: app0}
END
}

# Does a flash hold that firmware, and these other images, and has nothing else changed?
holds_esp32() { # flash before, flash now, ADDRESS:FILE...
	"$BUILD/tests/cli/flash_equals" "$@" 0x1000:firmware/bootloader.bin \
		0x8000:firmware/partitions.bin 0x10000:firmware/app.bin
}
