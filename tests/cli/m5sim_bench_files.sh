# A bench file that makes no sense is refused with the place of the mistake.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

refused() { # what m5sim says, without the file's name; the file on standard input
	# At the end of a pipe an exit would be that of a subshell only.
	(
		cat >bench.yaml
		expect_status 2 "$M5SIM" check bench.yaml
		equal "lines" "$(wc -l <command.err)" 1
		grep -qF "m5sim: bench.yaml:$1" command.err || fail "expected bench.yaml:$1"
	) || touch bad
}
unit() { printf 'units:\n  - {chip: esp32, %s}\n' "$1"; }

printf '' | refused "1:1: the file is empty"
printf -- '- a\n' | refused "1:1: expected keys and values"
printf 'units:\n  - {chip: esp32}\nunits: []\n' | refused "3:1: 'units' was given in line 1 already"
printf 'bench: &a x\nunits: *a\n' | refused "1:8: anchors and tags are not allowed here"
printf 'units: !!seq []\n' | refused "1:8: anchors and tags are not allowed here"
printf 'units: []\n---\nunits: []\n' | refused "2:1: a second document"
printf 'units: [\n' | refused "2:1: "
printf 'unit: []\n' | refused "1:1: expected bench, seed, nests or units"
printf 'units:\n  - {bridge: ch340}\n' | refused "2:5: expected the key 'chip'"
printf 'units: %s\n' "$(printf '[%.0s' 1 2 3 4 5 6 7 8 9 0)$(printf ']%.0s' 1 2 3 4 5 6 7 8 9 0)" |
	refused "1:16: nested too deeply"
unit 'color: red' | refused "2:19: unknown key 'color'"
unit 'bridge: cp9999' | refused "2:27: expected a bridge, one of cp2104, cp2101, cp2102,"
unit 'bridge: usb-jtag' | refused "2:5: unit 1: the chip has no such USB of its own"
unit 'flash: 3MB' | refused "2:5: unit 1: flash is a power of two, 1 MB to 16 MB"
unit 'flash: lots' | refused "2:26: expected a size"
unit 'mac: 24-0a-c4-00-00-01' | refused "2:24: expected a MAC"
unit 'revision: three' | refused "2:29: expected a revision such as 3.1"
unit 'crystal: 27MHz' | refused "2:28: expected 40MHz, 26MHz, 48MHz or 32MHz"
unit 'path: 1..4' | refused "2:25: expected USB ports"
unit 'bridge: cp2105, interface: 2' | refused "2:5: cp2105 has no port on interface 2"
unit 'bridge: usb-otg' | refused "2:5: unit 1: the chip has no such USB of its own"
unit 'faults: [{unplug: {byte: 3, back_after: 0}}]' | refused "2:59: expected a number from 1"
unit 'name: a b' | refused "2:25: expected up to 31 characters"
unit 'path: 1.4, count: 2' | refused "2:5: 2 units cannot share one path"
unit 'count: 129' | refused "2:26: expected a number from 1 to 128"
unit 'secure_boot: yes' | refused "2:32: expected true or false"
unit 'faults: [slow]' | refused "2:28: expected a fault, one of dead, unplug,"
unit 'faults: [unplug]' | refused "2:28: expected {unplug: {byte: ...}}"
unit 'faults: [wedged]' | refused "2:28: expected {wedged: {byte: ...}}"
unit 'faults: [{slow_open: {open: 2}}]' | refused "2:40: expected the key 'ms'"
unit 'faults: [{held: {for: 5}}]' | refused "2:35: an unknown key among those of 'held'"
unit 'hub_switch: maybe' | refused "2:31: expected true, false or data"
unit 'usb_access: none' | refused "2:31: expected true or false"
unit 'faults: [{stall: {byte: 0, ms: 3}}]' | refused "2:43: expected a number from 1"
unit 'faults: [{brown_out: {every: 3}}]' | refused "2:40: expected the key 'byte'"
unit 'faults: [{snap_rate: {rate: 9600}}]' | refused "2:40: expected the key 'to'"
unit 'faults: [{no_flash_id: 3}]' | refused "2:42: expected the keys of 'no_flash_id'"
unit 'faults: [{chatter: {ms: 3}}]' | refused "2:38: 'chatter' stands alone"
unit 'faults: [{block_protect: {bits: 256}}]' | refused "2:51: expected a number from 4 to 252"
unit 'faults: [{bad_sector: {address: 17M}}]' | refused "2:51: expected a size such as"
unit 'faults: [{bad_sector: {address: 4M}}]' | refused "2:5: unit 1: the bad sector lies behind"
unit 'faults: [lossy_writes]' | refused "2:28: expected {lossy_writes: {beyond: ...}}"
unit 'faults: [{flip_in: {frame: 3}}]' | refused "2:38: expected the key 'byte'"
unit 'faults: [{unplug: {byte: 3, frame: 3}}]' | refused "2:37: an unknown key among those of 'unplug'"
unit 'content: full' | refused "2:28: expected blank, random or a list of contents"
unit 'content: [{address: 0}]' | refused "2:29: expected {file: NAME"
printf 'units:\n  - {chip: esp32, path: 1.4}\n  - {chip: esp32, path: 1.4.2}\n' |
	refused "3:5: USB port 1.4.2 of bus 1 is taken"
printf 'units:\n  - {chip: esp32, count: 100}\n  - {chip: esp32, count: 29}\n' | refused "3:5: more than 128 units"
printf 'nests: 0\n' | refused "1:8: expected a number from 1 to 128"
printf 'nests: 129\n' | refused "1:8: expected a number from 1 to 128"
printf 'nests: {a: b}\n' | refused "1:8: expected how many, or a list of USB ports"
printf 'nests: [1.4, 0-1.5]\n' | refused "1:14: expected USB ports from the root hub on"
printf 'nests: [1.4, 1.5, 1-1.4]\n' | refused "1:19: this nest is in the list already"
printf 'nests: [1.4, 1.4.2]\n' | refused "1:1: the nests 1.4 and 1.4.2 are in each other's way"
printf 'nests: [1.4]\nunits: [{chip: esp32, path: 1.4.2}]\n' |
	refused "1:1: nest 1.4 and the USB port 1.4.2 of unit 1 are in each other's way"
[ ! -e bad ] || fail "what a bench file is refused with"
expect_status 2 "$M5SIM" check no-such-file
expect_line '^m5sim: no-such-file: No such file or directory$' command.err

# What is left open is filled in, each unit differently; a port that was asked for is kept free.
cat >bench.yaml <<END
bench: good
seed: 3
units:
  - {chip: esp32, count: 2}
  - {chip: esp32s3, bridge: usb-jtag, path: 1.2, flash: 8MB}
  - {chip: esp32c3, bridge: ch9102f, mac: "60:55:f9:00:00:01", faults: [dead]}
END
expect_status 0 "$M5SIM" check bench.yaml
sed 's/  */ /g' command.out >got
cat >expected <<END
ttyUSB0 pci-0000:00:14.0/1.1:1.0 cp2104 10c4:ea60 esp32 4MB 24:0a:c4:10:00:00
ttyUSB1 pci-0000:00:14.0/1.3:1.0 cp2104 10c4:ea60 esp32 4MB 24:0a:c4:10:00:04
ttyACM0 pci-0000:00:14.0/1.2:1.0 usb-jtag 303a:1001 esp32s3 8MB 24:0a:c4:10:00:08
ttyACM1 pci-0000:00:14.0/1.4:1.0 ch9102f 1a86:55d4 esp32c3 4MB 60:55:f9:00:00:01 faulty
END
cmp -s expected got || { diff expected got >&2; fail "the units of a good bench file"; }

# A unit of no stated revision runs what ESP-IDF builds for its chip; a stated 0.0 is one.
cat >revisions.yaml <<END
units:
  - {chip: esp32}
  - {chip: esp32c2}
  - {chip: esp32c3}
  - {chip: esp32c5}
  - {chip: esp32p4}
  - {chip: esp32c5, revision: 0.0}
END
expect_status 0 "$M5SIM" run revisions.yaml --state revisions -- true
equal "revisions" "$(for nth in 0 1 2 3 4 5; do
	sed -n 's/.*"revision": "\([0-9.]*\)".*/\1/p' "revisions/ttyUSB$nth/unit.json"
done | tr '\n' ' ')" "0.0 1.0 0.3 1.0 1.3 0.0 "
