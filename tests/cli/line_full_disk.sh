# A line whose disk fills up: what has begun is finished and recorded, no unit is started any more,
# everybody is told why, and with room again it goes on by itself with the unit that waited. Then
# somebody keeps the records locked: a result waits, and is lost no more than the others.
# labels: slow nothreads
# A disk of our own, as in full_disk.sh.
if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] && exec unshare -m sh "$SOURCE/tests/cli/line_full_disk.sh" inside
	exec unshare -Urm sh "$SOURCE/tests/cli/line_full_disk.sh" inside
fi
. "$SOURCE/tests/cli/lib.sh"

mkdir disk && mount -t tmpfs -o size=110M none disk || fail "no tmpfs"
esp32_firmware 60K
esp32_recipe full >recipe.yaml
echo 'link: {max_rate: 460800}' >>recipe.yaml
echo 'nests: [1.1, 1.2]' >bench.yaml
cat >station.yaml <<'END'
station: line-3
recipe: recipe.yaml
settle: 100ms
stagger: 0ms
slots:
  - {number: 1, at: "pci-0000:00:14.0/1.1:1.0"}
  - {number: 2, at: "pci-0000:00:14.0/1.2:1.0"}
END
cat >hands.sh <<'END'
hands() { "$M5SIM" control "$@" >>hands.log || exit 9; }
# Until a line like this has come so many times; the test's own time limit ends it otherwise.
wait_for() {
	until [ "$(grep -c -- "$1" events.out)" -ge "$2" ]; do
		kill -0 $station 2>/dev/null || exit 8
		sleep 0.05
	done
}
page() {
	python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1] + "api/state", timeout=60).read().decode())' "$address" >"$1"
}
: >events.out
"$FLASHLINE" run station.yaml --json --web 127.0.0.1:0 --db disk/records.db >events.out 2>station.err &
station=$!
hands new a '{chip: esp32}'
hands new b '{chip: esp32}'
until grep -q 'http:.*#token=' station.err; do
	kill -0 $station || exit 8
	sleep 0.05
done
address=$(sed -n 's/.*\(http:[^ #]*\)#token=.*/\1/p' station.err)

hands plug 1.1 a
wait_for '"run_start"' 1
cat /dev/zero >disk/filler 2>/dev/null
grep -q '"result"' events.out && { echo "the first unit was faster than the disk was full" >&2; exit 7; }
wait_for '"locked"' 1
wait_for '"result"' 1
hands plug 1.2 b
wait_for '"number":2,.*"state":"waiting"' 1
page full.json
rm disk/filler
wait_for '"unlocked"' 1
wait_for '"result"' 2
page room.json
hands unplug 1.1
hands unplug 1.2
wait_for '"left"' 2

# Somebody's transaction, longer than anybody else would wait.
hands new c '{chip: esp32}'
hands plug 1.1 c
wait_for '"run_start"' 3
mkfifo shell
sqlite3 -cmd '.timeout 60000' disk/records.db <shell &
other=$!
exec 3>shell
echo 'BEGIN IMMEDIATE;' >&3
wait_for '"warning".*results wait to be stored' 1
wait_for '"locked"' 2
cp events.out locked.out
echo 'ROLLBACK;' >&3
exec 3>&-
wait $other
wait_for '"result"' 3
wait_for '"unlocked"' 2
kill $station
wait $station
echo "ended $?"
END
export M5SIM FLASHLINE
expect_status 0 "$M5SIM" run bench.yaml --state units -- sh hands.sh
expect_line '^ended 0$' command.out

# No unit was started in vain, and each result that was shown is recorded.
results='s/.*"event":"result".*"outcome":"\([A-Z]*\)","code":"\([A-Z]*\)".*/\1 \2/p'
equal "results" "$(sed -n "$results" events.out | tr '\n' ,)" "PASS OK,PASS OK,PASS OK,"
equal "results before the lock was gone" "$(grep -c '"event":"result"' locked.out)" 2
equal "recorded" "$(sqlite3 -readonly disk/records.db "select group_concat(outcome) from runs")" PASS,PASS,PASS
equal "locks" "$(sqlite3 -readonly disk/records.db \
	"select group_concat(code || ' ' || how) from lockout left join lockout_end using (lockout_id)")" \
	"RECORDS_FAILED CURED,RECORDS_FAILED CURED"
expect_line '"event":"locked".*RECORDS_FAILED.*no room for a new run: .* make room there' events.out
expect_line '"event":"locked".*RECORDS_FAILED.*another program keeps it locked' events.out
locks='import json, sys; print([lock["code"] for lock in json.load(open(sys.argv[1]))["head"]["locks"]])'
equal "locks on the page" "$(python3 -c "$locks" full.json) $(python3 -c "$locks" room.json)" "['RECORDS_FAILED'] []"
umount disk
