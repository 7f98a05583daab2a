# A port on the bench has modem lines, exclusive use and rates, as a serial port has.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
units:
  - {chip: esp32, bridge: cp2104}
  - {chip: esp32, bridge: cp2104, faults: [{slow_close: {ms: 300}}, {refuse_open: {open: 2}}]}
  - {chip: esp32, bridge: cp2104, faults: [{slow_open: {ms: 600, open: 2}}]}
END
on_port() { # what to do; the lines it says go to 'got'
	expect_status 0 "$M5SIM" run bench.yaml --state units -- "$BUILD/tests/cli/port_script" "$@"
	grep -vE '^(set|raise|drop|hupcl|close|fork): ok$' command.out | tr '\n' ' ' >got
	sed -i 's/ $//' got
}
said() { equal "$1" "$(cat got)" "$2"; }

on_port open:/dev/ttyUSB0 get set:rts get raise:dtr get drop:rts get drop:dtr get set:dtr+rts get
said "lines" "open: ok lines: dtr+rts lines: rts lines: dtr+rts lines: dtr lines: none lines: dtr+rts"

# An open raises both lines, the last close drops them, and no other.
on_port open:/dev/ttyUSB0 set:none open-again:/dev/ttyUSB0 fork get close open:/dev/ttyUSB0 get
said "opening twice" "open: ok open-again: ok lines: none open: ok lines: dtr+rts"

# The driver's rate is read back; numbers that have no B constant work; a constant stays.
on_port open:/dev/ttyUSB0 rate:921600 rate:500000 rate:74880 constant:921600 close open:/dev/ttyUSB0 rate:115200
said "rates" "open: ok rate: 923076 rate: 500000 rate: 74766 rate: 923076 constant: stayed open: ok rate: 115384"

# Exclusive use ends with the last close. Root may open all the same, as on a real port.
on_port open:/dev/ttyUSB0 exclusive open-again:/dev/ttyUSB0 close open:/dev/ttyUSB0
[ "$(id -u)" = 0 ] && second=ok || second=EBUSY
said "exclusive" "open: ok exclusive: ok open-again: $second open: ok"
if [ "$(id -u)" = 0 ] && chmod 711 "$work"; then
	# The same as somebody else, who has no capability.
	chmod 644 bench.yaml
	as_nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	if $as_nobody "$M5SIM" run --probe 2>/dev/null; then
		expect_status 0 $as_nobody "$M5SIM" run bench.yaml -- "$BUILD/tests/cli/port_script" \
			open:/dev/ttyUSB0 exclusive open-again:/dev/ttyUSB0 close open:/dev/ttyUSB0
		expect_line '^open-again: EBUSY$' command.out
		equal "opens" "$(grep -c '^open: ok$' command.out)" 2
	fi
fi

# A close can block, an open can be refused or block, and no signal ends that.
on_port alarms open:/dev/ttyUSB1 close took:300 open:/dev/ttyUSB1 open:/dev/ttyUSB1
said "wedged" "alarms: ok open: ok took: no less than 300 ms open: EIO open: ok"
on_port alarms open:/dev/ttyUSB2 close open:/dev/ttyUSB2 took:600 get
said "slow" "alarms: ok open: ok open: ok took: no less than 600 ms lines: dtr+rts"

# DTR alone holds IO0 low, RTS alone EN: the chip answers with its loader, at the loader's rate.
on_port open:/dev/ttyUSB0 rate:115200 set:none set:rts wait:20 set:dtr wait:60 set:none read-until:DOWNLOAD_BOOT read-until:"waiting for download"
said "into the loader" "open: ok rate: 115384 read-until: DOWNLOAD_BOOT read-until: waiting for download"
on_port open:/dev/ttyUSB0 rate:115200 set:none set:rts wait:20 set:none read-until:SPI_FAST_FLASH_BOOT
said "from flash" "open: ok rate: 115384 read-until: SPI_FAST_FLASH_BOOT"

# What nobody has read is gone after the last close. The loader says its text once.
on_port open:/dev/ttyUSB0 rate:115200 set:none set:rts wait:20 set:dtr wait:60 set:none \
	until-unread:50 wait:200 close open:/dev/ttyUSB0 read:1
said "what was left" "open: ok rate: 115384 open: ok read: nothing"
