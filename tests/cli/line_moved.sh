# A unit that is pulled out while it is written and put into another slot at once is flashed there.
# The station is killed and started again: what had passed and has not left is not written again,
# what was cut off is.
# labels: long nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 80K
{ esp32_recipe moved; echo 'link: {max_rate: 115200}'; } >recipe.yaml # time enough to pull it out
cat >station.yaml <<'EOT'
station: line-1
recipe: recipe.yaml
settle: 100ms
stagger: 0ms
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
  - {number: 3, at: "pci-0000:00:14.0/1.3:1.0"}
EOT

cat >hands.sh <<'END_OF_HANDS'
c() { "$M5SIM" control "$@" >>control.out || { cat control.out >&2; exit 1; }; }
wait_for() { # line, file
	n=0
	until grep -q -- "$1" "$2"; do
		n=$((n + 1))
		[ $n -lt 1200 ] || { echo "no '$1' in $2" >&2; kill -9 $line; exit 1; }
		sleep 0.05
	done
}
begin() { # output
	"$FLASHLINE" run station.yaml --db flashline.db --web off --json >"$1" 2>>line.err &
	line=$!
	wait_for '"state"' "$1"
}

begin first.out
c new a '{chip: esp32, bridge: cp2104}'
c new b '{chip: esp32, bridge: ch9102f}'
c plug 1.1 a
wait_for '"identified","number":1,' first.out
c unplug 1.1
c plug 1.2 a
wait_for '"result","number":1,' first.out
wait_for '"result","number":2,' first.out
c plug 1.3 b
wait_for '"identified","number":3,' first.out
kill -9 $line
wait $line 2>/dev/null
begin second.out
wait_for '"result","number":2,' second.out
wait_for '"result","number":3,' second.out
kill -TERM $line
wait $line
echo "ended $?"
END_OF_HANDS
echo 'nests: 3' >bench.yaml
export M5SIM FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh hands.sh
expect_line '^ended 0$' command.out
equal "results" "$(sql 'select group_concat(nest || " " || code, ", ") from (select nest, code from run join result using (run_id) order by nest, start_utc_ms)')" \
	"1 PORT_GONE, 2 OK, 2 ALREADY_FINISHED, 3 STATION_STOPPED, 3 OK"
equal "twins" "$(sql 'select count(*) from result where duplicate_mac')" 0
truncate -s 4M blank.bin
tr '\000' '\377' <blank.bin >before.bin
for unit in a b; do
	holds_esp32 before.bin units/$unit/flash.bin || fail "the flash of $unit"
done
