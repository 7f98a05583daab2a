# The values file of a running line: rows that are added come with the request to read the recipe
# again, a file with errors changes nothing, and units keep the verdicts that they have.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
cat >factory.csv <<'END'
key,type,encoding,value
factory,namespace,,
serial,data,string,{serial}
colour,data,string,{colour}
END
printf 'mac,colour\n24:0a:c4:10:00:00,red\n' >units.csv
esp32_recipe own >own.yaml
cat >>own.yaml <<'END'
serial: {from: range, prefix: "N-", width: 3}
data: [{partition: nvs, template: factory.csv, values: units.csv, key: mac}]
END
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

at=pci-0000:00:14.0
"$FLASHLINE" run own.yaml --ports "$at/1.1:1.0,$at/1.2:1.0" --web off --json --db flashline.db >line.out 2>line.err &
line=$!
wait_for '"state"' line.out
c new a '{chip: esp32, bridge: cp2104, mac: "24:0a:c4:10:00:00"}'
c new b '{chip: esp32, bridge: cp2104, mac: "24:0a:c4:10:00:04"}'
c plug 1.1 a
c plug 1.2 b
wait_for '"result","number":1,"visit":1,.*"code":"OK"' line.out
wait_for '"result","number":2,"visit":1,.*"code":"UNIT_DATA_MISSING"' line.out
printf '24:0a:c4:10:00:04\n' >>units.csv
kill -HUP $line
wait_for '"warning".*stays as it is: units.csv:3:1' line.out
sed -i 's/:04$/:04,blue/' units.csv
kill -HUP $line
wait_for '"request".*values read again' line.out
c unplug 1.1
c unplug 1.2
wait_for '"left","number":1,"visit":1,' line.out
wait_for '"left","number":2,"visit":1,' line.out
c plug 1.1 a
c plug 1.2 b
wait_for '"result","number":1,"visit":2,.*"code":"ALREADY_FINISHED"' line.out
wait_for '"result","number":2,"visit":2,.*"code":"OK"' line.out
kill -TERM $line
wait $line || exit 1
END
export FLASHLINE M5SIM
echo 'nests: 2' >bench.yaml
expect_status 0 "$M5SIM" run bench.yaml -- sh hands.sh
equal "the numbers" "$(sql "select group_concat(mac || '=' || serial) from (select mac, serial from runs
	where outcome = 'PASS' order by run_id)")" "24:0a:c4:10:00:00=N-001,24:0a:c4:10:00:04=N-002"
