# Nests with a bridge of their own: boards are seated, exchanged, lifted and put back while the USB
# devices stay, and the line sees them by their chips. With the program itself, on the real wire.
# labels: long
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe nests >recipe.yaml
cat >station.yaml <<'END'
station: nests
recipe: recipe.yaml
presence: chip
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
  - {number: 3, at: "pci-0000:00:14.0/1.3:1.0", presence: usb}
  - {number: 4, at: "pci-0000:00:14.0/1.4:1.0"}
END
cat >bench.yaml <<'END'
nests: [1.1, 1.2, 1.3, 1.4]
units:
  - {chip: esp32, bridge: cp2104, path: 1.1, faults: [dead]}
  - {chip: esp32, bridge: ch9102f, path: 1.2, faults: [dead]}
  - {chip: esp32, bridge: cp2104, path: 1.4, faults: [dead]}
END

sed 's/presence: usb/presence: often/' station.yaml >bad.yaml
expect_status 2 "$FLASHLINE" run bad.yaml --web off
expect_line '^bad.yaml:7:[0-9]*: error:.*presence.*often' command.err

cat >hands.sh <<'END'
c() { "$M5SIM" control "$@" >>control.out || { cat control.out >&2; exit 1; }; }
wait_for() { # line
	n=0
	until grep -q -- "$1" line.out; do
		n=$((n + 1))
		[ $n -lt 900 ] || { echo "no '$1'" >&2; kill -9 $line; exit 1; }
		sleep 0.1
	done
}
result() { wait_for "\"result\",\"number\":$1,\"visit\":$2,.*\"code\":\"$3\""; }

c new good1 '{chip: esp32, bridge: cp2104}'
c new good2 '{chip: esp32, bridge: ch9102f}'
c new good3 '{chip: esp32, bridge: cp2104}'
c new plain '{chip: esp32, bridge: cp2104}'
c new bad '{chip: esp32, bridge: cp2104, faults: [strap_stuck]}'
"$FLASHLINE" run station.yaml --db flashline.db --web off --json >line.out 2>line.err &
line=$!
wait_for '"state"'
# In the third one a unit with a bridge of its own; the fourth stays empty.
c seat 1.1 bad
c seat 1.2 good2
c plug 1.3 plain
result 1 1 WRONG_BOOT_MODE
result 2 1 OK
result 3 1 OK
c exchange 1.1 good1
result 1 2 OK
c lift 1.2
wait_for '"left","number":2,"visit":1,'
c seat 1.2 good2
result 2 2 ALREADY_FINISHED
c exchange 1.1 good3
result 1 3 OK
kill -TERM $line
wait $line
echo "ended $?"
END
export M5SIM FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh hands.sh
expect_line '^ended 0$' command.out
codes_of() { # nest
	sql "select group_concat(code, ' ') from (select code from run join result using (run_id)
		where nest = $1 order by start_utc_ms)"
}
equal "nest 1" "$(codes_of 1)" "WRONG_BOOT_MODE OK OK"
equal "nest 2" "$(codes_of 2)" "OK ALREADY_FINISHED"
equal "nest 3" "$(codes_of 3)" "OK"
# Nobody was there, all the time: no unit, no record, no word.
equal "nest 4" "$(sql 'select count(*) from run where nest = 4')" 0
equal "what came in nest 4" "$(grep -c '"event":"arrived","number":4' line.out)" 0
equal "warnings" "$(grep -c '"event":"warning"' line.out)" 0
truncate -s 4M blank.bin
tr '\000' '\377' <blank.bin >before.bin
for unit in good1 good2 good3 plain; do
	holds_esp32 before.bin "units/$unit/flash.bin" || fail "unit $unit"
done
cmp -s before.bin units/bad/flash.bin || fail "the bad board was written"
# The second visit left it as it was; and whoever was only looked at runs its application again.
python3 - <<'END' || fail "visits"
import json
def unit(name):
    return json.load(open('units/%s/unit.json' % name))
visits = unit('good2')['visits']
assert [v['bytes_programmed'] > 0 for v in visits] == [True, False], visits
assert visits[1]['sectors_erased'] == 0, visits
assert unit('good2')['runs_application'] and unit('good3')['runs_application']
END
