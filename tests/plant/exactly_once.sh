# Whatever is cut, killed or restarted: every entry is on the server once, as it is here.
. "$SOURCE/tests/plant/lib.sh"

# The line is cut after so many bytes, up and down: every answer is lost once, that of the
# COMMIT too.
cut() { # direction, step
	"$STATION" runs "$1.db" 60 "$3" || fail "runs"
	"$BUILD/tests/plant/plant_proxy" "$work/server/.s.PGSQL.5499" "$1" "$2" >"$1.port" &
	echo $! >>pids
	until [ -s "$1.port" ]; do :; done
	tries=0
	until "$FLASHLINE" sync --db "$1.db" --plant \
		"host=127.0.0.1 port=$(cat "$1.port") user=line1 dbname=plant sslmode=disable gssencmode=disable" \
		>cut.out 2>cut.err; do
		[ $? = 3 ] || fail "sync through a line that is cut"
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || fail "the line never held"
	done
	[ "$tries" -gt 3 ] || fail "the line was cut $tries times only: nothing was tested"
	same_on_both_sides "$1.db"
}
cut down 150 12288
cut up 4000 16384

# A different point each time, without a sleep that hopes: the time a whole sync takes, in parts.
pause() { sleep "0.0$1"; }

"$STATION" runs a.db 200 4096 || fail "runs"
entries=$(local_sql a.db "select max(seq) from ledger")

# The client is killed in mid-drain, wherever it happens to be.
for n in 1 2 3 4 5 6 7; do
	"$FLASHLINE" sync --db a.db --plant "$PLANT" >/dev/null 2>&1 &
	client=$!
	pause "$n"
	kill -9 "$client" 2>/dev/null
	wait "$client" 2>/dev/null
done
sync_all a.db
same_on_both_sides a.db
equal "runs on the server" "$(admin 'select count(*), count(distinct mac) from flashline.runs')" "320|320"

# The server loses its power in mid-drain.
"$STATION" runs b.db 200 8192 || fail "runs"
"$FLASHLINE" sync --db b.db --plant "$PLANT" >crash.out 2>crash.err &
client=$!
pause 3
crash_server
wait "$client"
sync_all b.db
same_on_both_sides b.db
same_on_both_sides a.db

# Two send the same: a station that works, and whoever types sync beside it.
"$STATION" runs g.db 200 20480 "$PLANT" >g.out 2>g.err &
station=$!
until [ "$(local_sql g.db 'select count(*) from run' 2>/dev/null || echo 0)" -gt 20 ]; do :; done

while kill -0 $station 2>/dev/null; do
	"$FLASHLINE" sync --db g.db --plant "$PLANT" >beside.out 2>beside.err
	case $? in 0 | 1) ;; *) fail "sync beside a station" ;; esac
done
wait $station || fail "the station"
sync_all g.db
same_on_both_sides g.db

equal "run ids on the server" \
	"$(admin 'select count(*), count(distinct run_id) from flashline.runs')" "720|720"
equal "alarms" "$(admin 'select count(*) from flashline.alarms')" 0
expect_status 0 "$FLASHLINE" sync --db a.db --plant "$PLANT"
expect_line "^sent 0 entries" command.out
equal "entries" "$(local_sql a.db 'select max(up_to_seq) from outbox')" "$entries"
