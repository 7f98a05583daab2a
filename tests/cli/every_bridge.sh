# One unit behind every bridge: each is called by its name, flashed at the best rate of its row,
# and recorded with the rate that its driver reads back. docs/bridges.md, Table and Ladder.
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/make_firmware" firmware esp32 --app-size 16K --flash-size 4MB || fail "make_firmware"
for limit in 4000000 921600; do
	cat >$limit.yaml <<END
recipe: every bridge
revision: 1
target: {chip: esp32}
images:
  - {file: firmware/partitions.bin, address: 0x8000}
link: {max_rate: $limit}
END
done

# bench's name | recorded as | best rate, as read back | the same up to 921600
cat >table <<END
cp2101|CP2101|921600|921600|921600|921600
cp2102|CP2102|921600|921600|921600|921600
cp2102-copy|CP2102|921600|921600|921600|921600
cp2103|CP2103|921600|921600|921600|921600
cp2104|CP2104|1500000|1500000|921600|923076
cp2102n|CP2102N|1500000|1500000|921600|923076
cp2105|CP2105 ECI|1500000|1500000|921600|923076
cp2105/1|CP2105 SCI|921600|921600|921600|921600
cp2108|CP2108|921600|921600|921600|921600
ch340|CH340|1000000|1000000|460800|460800
ch340k|CH340K|1000000|1000000|460800|460800
ch341|CH341|1000000|1000000|460800|460800
ch9102f|CH9102|1500000|1500000|921600|921600
ch9102x|CH9102|1500000|1500000|921600|921600
ch343|CH343|1500000|1500000|921600|921600
ch343g|CH343|1500000|1500000|921600|921600
ch343j|CH343|1500000|1500000|921600|921600
ch343k|CH343|1500000|1500000|921600|921600
ch342|CH342|460800|460800|460800|460800
ch344|CH344|921600|921600|921600|921600
ch9143|CH9143|921600|921600|921600|921600
ch9103|CH9103|921600|921600|921600|921600
ch9101|CH9101|921600|921600|921600|921600
ch347|CH347|921600|921600|921600|921600
ch9104|CH9104|921600|921600|921600|921600
ch339w|CH339W|921600|921600|921600|921600
ch9114|CH9114|921600|921600|921600|921600
ch9111|CH9111|921600|921600|921600|921600
ch346|CH346|921600|921600|921600|921600
m5-ftdi|M5Stack USB (FTDI-alike)|1500000|1500000|750000|750000
ft232r|FT232R|1500000|1500000|921600|921600
ft231x|FT230X|1500000|1500000|921600|921600
ft232h|FT232H|1500000|1500000|921600|921600
ft2232h|FT2232|1500000|1500000|921600|921600
ft4232h|FT4232H|1500000|1500000|921600|921600
pl2303|PL2303|921600|921600|921600|921600
esp-usb-bridge|esp-usb-bridge|921600|921600|921600|921600
END
# By its USB port each line finds its unit again: the nth line is on 1.n. No bridge may be
# asked for its part, so that the general rows are used.
{
	echo "units:"
	n=0
	while IFS='|' read -r bridge _; do
		n=$((n + 1))
		interface=${bridge#*/}
		[ "$interface" = "$bridge" ] && interface=0
		echo "  - {chip: esp32, flash: 4MB, bridge: ${bridge%/*}, interface: $interface, path: $((n / 7 + 1)).$((n % 7 + 1)), usb_access: false}"
	done <table
} >bench.yaml
# Every bridge that m5sim has is in it, but those of a chip's own USB, which have no rate.
sed 's/|.*//; s/\/.*//' table | sort -u >ours
printf 'units: [{chip: esp32, bridge: nonsense}]\n' >nonsense.yaml
"$M5SIM" check nonsense.yaml 2>&1 | sed 's/.* one of //' | tr -s ', ' '\n' |
	grep -v '^usb-' | sort -u >theirs
cmp -s ours theirs || { diff ours theirs >&2; fail "not every bridge is tried"; }

# On a busy machine a unit may need another try, at a lower rate: it is asked once more, with the
# others away and nothing remembered. What it is called never depends on that.
for limit in 4000000 921600; do
	n=0
	while IFS='|' read -r bridge name best best_actual lower lower_actual; do
		n=$((n + 1))
		interface=${bridge#*/}
		[ "$interface" = "$bridge" ] && interface=0
		[ $limit = 921600 ] && best=$lower best_actual=$lower_actual
		echo "pci-0000:00:14.0/$((n / 7 + 1)).$((n % 7 + 1)):1.$interface|$name|$best|$best_actual"
	done <table | sort >expected
	: >got
	ports=--all
	for round in 1 2 3 4 5 6; do
		rm -f flashline.db*
		"$M5SIM" run bench.yaml -- "$FLASHLINE" flash $limit.yaml $ports --db flashline.db >command.out 2>command.err
		[ $? -le 1 ] || fail "the bench does not run"
		sql "select slot||'|'||bridge||'|'||rate_asked||'|'||rate_actual from runs where proof = 'CHIP_MD5'" |
			sort -u - got >all
		mv all got
		missing=$(comm -23 expected got | cut -d '|' -f 1 | paste -s -d ,)
		[ -z "$missing" ] && break
		ports="--ports $missing --jobs 4"
	done
	[ -z "$missing" ] || { diff expected got >&2; fail "up to $limit"; }
	cut -d '|' -f 1,2 expected >names
	cut -d '|' -f 1,2 got | uniq | cmp -s - names || { diff expected got >&2; fail "names"; }
done

# A chip's own USB has no rate; which loader it is, is told by its number.
cat >own.yaml <<END
units:
  - {chip: esp32s2, bridge: usb-otg, hand_download: true, path: 1.1}
  - {chip: esp32s3, bridge: usb-otg, hand_download: true, path: 1.2}
  - {chip: esp32p4, bridge: usb-otg, hand_download: true, path: 1.3}
  - {chip: esp32c3, bridge: usb-jtag, path: 1.4}
END
expect_status 0 "$M5SIM" run own.yaml -- "$FLASHLINE" identify --all --json
grep '"event":"result"' command.out |
	sed 's/.*"slot":"[^"]*\/\([^:]*\).*"bridge":"\([^"]*\)","chip":"\([^"]*\)".*"rate_asked":\([^,]*\).*/\1|\2|\3|\4/' | sort >got
cat >expected <<END
1.1|USB-OTG (ESP32-S2 ROM)|ESP32-S2|null
1.2|USB-OTG (ESP32-S3 ROM)|ESP32-S3|null
1.3|USB-OTG (ESP32-P4 ROM)|ESP32-P4|null
1.4|USB-Serial/JTAG|ESP32-C3|null
END
cmp -s expected got || { diff expected got >&2; fail "a chip's own USB"; }
