# A line from its map to its end: slots are learned, units come and go, the recipe changes between
# them, a wrong one changes nothing, and SIGTERM lets it end by itself.
# labels: long
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe line >recipe.yaml

# Which slots? Nobody said, or two did.
expect_status 2 "$FLASHLINE" run recipe.yaml --web off
expect_line 'which ports are the slots' command.err
printf 'station: a\nrecipe: recipe.yaml\nslots:\n  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}\n' >own.yaml
expect_status 2 "$FLASHLINE" run own.yaml --all --web off
expect_line 'has slots of its own' command.err
expect_status 2 "$FLASHLINE" run recipe.yaml --all --web 127.0.0.1
expect_line 'expected an address and a port' command.err
printf 'station: a\nrecipe: none.yaml\n' >bad.yaml
expect_status 2 "$FLASHLINE" run bad.yaml --all
expect_line '^bad.yaml:2:9: error:' command.err

cat >hands.sh <<'END'
c() { "$M5SIM" control "$@" >>control.out || { cat control.out >&2; exit 1; }; }
wait_for() { # line, file
	n=0
	until grep -q -- "$1" "$2"; do
		n=$((n + 1))
		[ $n -lt 600 ] || { echo "no '$1' in $2" >&2; kill -9 $line; exit 1; }
		sleep 0.1
	done
}

"$FLASHLINE" slots learn station.yaml --json >learn.out 2>&1 </dev/null &
line=$!
wait_for learn_start learn.out
c new a '{chip: esp32, bridge: cp2104}'
c new b '{chip: esp32, bridge: ch9102f}'
c plug 1.2 a
wait_for '"slot_learned","number":1,"at":"pci-0000:00:14.0/1.2:1.0"' learn.out
c plug 1.1 b
wait_for '"slot_learned","number":2' learn.out
c unplug 1.2
c unplug 1.1
kill -INT $line
wait $line || exit 1

sed -i 's/recipe: recipe.yaml.*/recipe: recipe.yaml/' station.yaml
"$FLASHLINE" run station.yaml --db flashline.db --web off --operator ann --json >line.out 2>line.err &
line=$!
wait_for '"state"' line.out
# A slot is one line's, whatever database another one would write to.
"$FLASHLINE" run station.yaml --db other.db --web off 2>second.err
echo "second line $?"
"$FLASHLINE" run recipe.yaml --all --db other.db --web off 2>>second.err
echo "second line $?"
c plug 1.2 a
wait_for '"result","number":1,"visit":1,' line.out
sed -i 's/^revision: 1/revision: 2/' recipe.yaml
echo 'erase: rooms' >>recipe.yaml
kill -HUP $line
wait_for '"request".*line revision 2' line.out
c plug 1.1 b
wait_for '"result","number":2,"visit":1,' line.out
echo 'nonsense: 1' >>recipe.yaml
kill -HUP $line
wait_for '"warning".*nonsense' line.out
c unplug 1.2
wait_for '"left","number":1,"visit":1,' line.out
# With another recipe it is not finished: it is flashed again.
c plug 1.2 a
wait_for '"result","number":1,"visit":2,' line.out
kill -TERM $line
wait $line
echo "ended $?"
END
echo 'nests: 3' >bench.yaml
export M5SIM FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh hands.sh
expect_line '^ended 0$' command.out
equal "second lines" "$(grep -c '^second line 3$' command.out)" 2
expect_line '^flashline: slot 1, .*: another line .process [0-9]*. works there already' second.err
expect_line '^flashline: --all: another line .process [0-9]*. works there already' second.err
equal "results" "$(grep -c '"event":"result"' line.out)" 3
equal "passes" "$(grep '"event":"result"' line.out | grep -c '"outcome":"PASS"')" 3
equal "runs" "$(sql 'select group_concat(nest || " " || revision, ", ") from (select nest, recipe.revision as revision from run join recipe using (recipe_digest) order by start_utc_ms)')" "1 1, 2 2, 1 2"
equal "operators" "$(sql 'select distinct operator from run')" ann
expect_line '"event":"summary"' line.out
truncate -s 4M blank.bin
tr '\000' '\377' <blank.bin >before.bin
for unit in a b; do
	holds_esp32 before.bin "units/$unit/flash.bin" || fail "unit $unit"
done
