# Two stations and one server: a unit that one has made is not written by the other, unless somebody
# takes it over by name; without the server a strict recipe writes nothing, a leased one goes on.
# labels: bench threads
. "$SOURCE/tests/plant/lib.sh"
M5SIM="$BUILD/m5sim"
"$M5SIM" run --probe >/dev/null 2>&1 || {
	echo "skipped: the simulated bench cannot run here"
	exit 77
}

"$BUILD/make_firmware" firmware esp32 --app-size 8K --flash-size 4MB || fail "make_firmware"
recipe() { # name, policy
	cat >"$1.yaml" <<END
recipe: lamp
revision: 1
target: {chip: esp32, flash_size: 4MB}
policy: $2
images:
  - {file: firmware/bootloader.bin, address: 0x1000}
  - {file: firmware/app.bin, address: 0x10000}
END
}
recipe leased '{tries: 1}'
recipe strict '{tries: 1, plant: strict}'
cat >bench.yaml <<END
bench: two stations
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
END
flash() { # wanted exit status, recipe, port, database, options
	wanted=$1 recipe=$2 port=$3 db=$4
	shift 4
	expect_status "$wanted" "$M5SIM" run bench.yaml --state units --keep -- \
		"$FLASHLINE" flash "$recipe.yaml" -p "$port" --db "$db.db" --plant "$PLANT" --json "$@"
}
untouched() { cmp -s "units/$1/before.bin" "units/$1/flash.bin"; }

flash 0 leased ttyUSB0 a --serial L1
expect_line '"event":"plant".*"connected":true,"pending":0' command.out
equal "what the plant holds" "$(admin "select kind || ' ' || generation from flashline.claim order by 1" | paste -sd,)" \
	"MAC 1,SERIAL 1"
same_on_both_sides a.db

flash 1 leased ttyUSB0 b
expect_line '"code":"MAC_ELSEWHERE"' command.out
untouched ttyUSB0 || fail "another station's unit was written to"
flash 1 strict ttyUSB1 b --serial L1
expect_line '"code":"SERIAL_TAKEN"' command.out
untouched ttyUSB1 || fail "a unit with another one's serial number was written to"
flash 0 leased ttyUSB0 b --override MAC_ELSEWHERE --operator ann --reason 'moved to line b'
equal "the rework" "$(local_sql b.db "select generation || ' ' || overridden from runs where code='OK'")" \
	"2 MAC_ELSEWHERE"

# Now the server is gone.
as_server "$bin/pg_ctl" -D server/data -m immediate -s -w stop >/dev/null 2>&1
flash 1 strict ttyUSB1 b
expect_line '"code":"PLANT_UNREACHABLE"' command.out
untouched ttyUSB1 || fail "a unit without a claim was written to"
flash 0 leased ttyUSB1 b
expect_line '"event":"plant".*"connected":false,"pending":[1-9]' command.out
