# kill -9 of a station in the middle of its runs: every PASS that was shown is in the records, the
# ledger is sound, the next start closes what was open, and nothing is shown as PASS twice.
# It is killed when it has shown its first result and the next units have begun; with
# FLASHLINE_SWEEP=full also after every line of its events.
# labels: slow nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe killed >recipe.yaml
cat >bench.yaml <<END
bench: killed
units:
  - {count: 4, chip: esp32, flash: 4MB, bridge: cp2104}
END
cat >session.sh <<'END'
"$FLASHLINE" flash recipe.yaml --all --jobs 2 --json --db flashline.db >"$1" 2>>session.err &
echo $! >session.pid
wait $!
END
export FLASHLINE

# session NAME [LINES [PATTERN]]: kill it as soon as it has printed so many (like that)
session() {
	rm -f session.pid
	: >"$1"
	"$M5SIM" run bench.yaml -- sh session.sh "$1" >>bench.out 2>&1 &
	bench=$!
	if [ -n "${2-}" ]; then
		while [ ! -s session.pid ] && kill -0 $bench 2>/dev/null; do sleep 0.01; done
		read -r pid <session.pid
		while kill -0 "$pid" 2>/dev/null && [ "$(grep -cE -- "${3-}" "$1")" -lt "$2" ]; do
			sleep 0.01
		done
		kill -KILL "$pid" 2>/dev/null
	fi
	wait $bench
}

# Result events of a session that say PASS; a line that was cut by the kill was not shown.
passes() {
	sed -n '/"event":"result".*"outcome":"PASS".*}$/s/.*"run_id":"\([^"]*\)".*/\1/p' "$1"
}

check_records() { # session
	for run in $(passes "$1"); do
		equal "run $run, shown as PASS" "$(sql "select outcome from runs where run_id='$run'")" PASS
	done
	expect_status 0 "$FLASHLINE" ledger verify --db flashline.db
}

# kill_after LINES [PATTERN]: kill a session, then start the next one as if nothing had been
kill_after() {
	session "killed-$1" "$@"
	check_records "killed-$1"
	open=$(sql "select count(*) from runs where outcome is null")
	stopped=$(sql "select count(*) from runs where code='STATION_STOPPED'")
	session "after-$1"
	check_records "after-$1"
	equal "closed at the next start" "$(sql "select count(*) from runs where code='STATION_STOPPED'")" \
		$((stopped + open))
	equal "left open" "$(sql "select count(*) from runs where outcome is null")" 0
	equal "passes after the kill" "$(passes "after-$1" | wc -l)" 4
}

kill_after 1 '"event":"result"'
[ "$(passes killed-1 | wc -l)" -gt 0 ] || fail "it was killed before it had shown a result"
if [ "${FLASHLINE_SWEEP-}" = full ]; then
	for lines in $(seq 2 "$(wc -l <after-1)"); do
		kill_after "$lines"
	done
fi
equal "shown as PASS twice" "$(cat killed-* after-* >all; passes all | sort | uniq -d | wc -l)" 0
