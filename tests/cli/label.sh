# Labels of a line: printed after the PASS, in order, by ZPL over TCP; the printer without paper
# locks the line; the label is scanned back by a scanner of its own; everything is recorded.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 60K
cat >label.zpl <<'END'
^XA
^FO20,20^A0N,30^FH^FD{serial} {mac_tail}^FS
^FO20,60^BQN,2,5^FH^FDQA,{qr}^FS
^FO20,200^FH^FD{part} {batch} r{revision} {slot}^FS
^XZ
END
esp32_recipe labels >recipe.yaml
cat >>recipe.yaml <<'END'
serial: {from: range, prefix: "T_^", width: 4}
label: {template: label.zpl, required: yes, scan_back: yes}
END

echo "-- what is wrong with a template is said with its place"
sed 's/\^FH^FD{serial}/^FD{serial}/; s/{part}/{parts}/; s/\^XZ//' label.zpl >bad.zpl
sed 's/label.zpl/bad.zpl/' recipe.yaml >bad.yaml
expect_status 2 "$FLASHLINE" check bad.yaml
expect_line 'bad.zpl:2:19: error: .serial. has to stand in a field with \^FH' command.err
expect_line 'bad.zpl:4:16: error: .parts.: no such value: did you mean .part.\?' command.err
expect_line 'bad.zpl: error: a ZPL label begins with \^XA and ends with \^XZ' command.err
expect_status 0 "$FLASHLINE" check recipe.yaml

python3 "$SOURCE/tests/cli/label_printer.py" 2>printer.err &
printer=$!
trap 'status=$?; kill $printer; [ $status = 0 ] && rm -rf "$work"; exit $status' EXIT
for _ in $(seq 600); do [ -s printer.port ] && break; sleep 0.05; done
mkfifo scanner
cat >station.yaml <<END
station: line-1
recipe: recipe.yaml
batch: B7
web: {use: no}
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
printer: {zpl: "127.0.0.1:$(cat printer.port)"}
scanner: {device: $PWD/scanner}
END
expect_status 0 "$FLASHLINE" slots labels station.yaml
expect_line '\^FDQA,SLOT:02\^FS' command.out
equal "labels of nests" "$(grep -c '\^XA\^CI28' command.out)" 2
expect_status 0 "$FLASHLINE" slots labels station.yaml --json
expect_line '"number":1,"code":"SLOT:01","at":"pci-0000:00:14.0/1.1:1.0"' command.out
cat >bench.yaml <<END
nests: [1.1, 1.2]
END
cat >line.sh <<'END'
hand() { "$BUILD/m5sim" control "$@"; }
# seen PATTERN: the line tells it; two minutes at most
seen() {
	for _ in $(seq 1200); do grep -qE "$1" events.jsonl && return; sleep 0.1; done
	echo "never: $1"
	kill -KILL $line
	exit 1
}
scan() { python3 "$SOURCE/tests/cli/label_scan.py" scanner "$@"; }
touch paper_out
"$BUILD/flashline" run station.yaml --db flashline.db --json >events.jsonl 2>run.err &
line=$!
exec 4>scanner # the scanner stays plugged in
hand new a '{chip: esp32, bridge: cp2104}'
hand new b '{chip: esp32, bridge: cp2104}'
hand plug 1.1 a 0
echo "-- no paper: the label waits, and the line takes no units"
seen '"event":"label","number":1.*"state":"printing","text":"printer .*put paper in"'
seen '"event":"locked".*"code":"PRINTER"'
rm paper_out
seen '"event":"unlocked".*"code":"PRINTER"'
seen '"state":"to_scan".*"serial":"T_\^0001"'
hand plug 1.2 b 0
seen '"state":"to_scan".*"serial":"T_\^0002"'
echo "-- the other unit's label on this one"
scan SLOT:01 T_^0002
seen '"event":"locked".*"number":1.*"code":"LABEL_MISMATCH"'
scan T_^0001
seen '"event":"unlocked".*"number":1.*"code":"LABEL_MISMATCH"'
scan T_^0002
seen '"state":"scanned".*"serial":"T_\^0002"'
hand unplug 1.1
seen '"event":"left".*"number":1'
kill -INT $line
wait $line
END
expect_status 0 "$M5SIM" run bench.yaml -- sh line.sh
grep -q never command.out && fail "$(cat command.out)"
label() { # number, slot
	printf '^XA^CI28\n^FO20,20^A0N,30^FH^FDT_5F_5E000%s %s^FS\n^FO20,60^BQN,2,5^FH^FDQA,T_5F_5E000%s^FS\n^FO20,200^FH^FD B7 r1 %s^FS\n^XZ\n' \
		"$1" "$(sql "SELECT upper(replace(substr(mac, 10), ':', '')) FROM print_job WHERE serial = 'T_^000$1'")" "$1" "$2"
}
{ label 1 1; label 2 2; } >wanted.txt
cmp labels.txt wanted.txt || fail "the labels are others"
equal "what was recorded" "$(sql "SELECT serial, copy, state, coalesce(e.detail, '') FROM print_job JOIN print_event e USING (print_id) ORDER BY serial, e.utc_ms, print_event_id")" \
"T_^0001|1|SENT|
T_^0001|1|MISMATCH|T_^0002
T_^0001|1|SCANNED|
T_^0002|1|SENT|
T_^0002|1|SCANNED|"
equal "locks" "$(sql "SELECT code, how FROM lockout JOIN lockout_end USING (lockout_id) ORDER BY lockout.utc_ms")" \
"PRINTER|CURED
LABEL_MISMATCH|CURED"
