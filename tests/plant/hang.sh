# A server that hangs (stopped, not gone) holds up no run: claims get no answer in their time, runs
# go on, and when it goes on, it gets everything.
# labels: threads
. "$SOURCE/tests/plant/lib.sh"

mkfifo orders
"$STATION" hang a.db 20 4096 "$PLANT" <orders >station.out 2>station.err &
station=$!
echo $station >>pids
exec 9>orders
until grep -q connected station.out; do
	kill -0 $station 2>/dev/null || fail "the station ended"
done

postmaster=$(server_pid)
kill -STOP "$postmaster" $(pgrep -P "$postmaster")
echo go >&9
until grep -q answered station.out; do
	kill -0 $station 2>/dev/null || fail "the station ended"
done
expect_line '^answered 0 of 20$' station.out
equal "runs that passed meanwhile" \
	"$(local_sql a.db "select count(*) from result where outcome = 'PASS'")" 20

kill -CONT "$postmaster" $(pgrep -P "$postmaster")
echo end >&9
wait $station || fail "the station failed"
sync_all a.db
same_on_both_sides a.db
equal "runs on the server" "$(admin 'select count(*) from flashline.runs')" 20

# One that is stopped before it is asked for the first time.
kill -STOP "$postmaster" $(pgrep -P "$postmaster")
"$STATION" runs b.db 3 8192 "host=$work/server port=5499 user=line1 dbname=plant" >b.out 2>&1 &
station=$!
until [ "$(local_sql b.db "select count(*) from result" 2>/dev/null)" = 3 ]; do
	kill -0 $station 2>/dev/null || break
done
kill -CONT "$postmaster" $(pgrep -P "$postmaster")
wait $station || fail "the station failed"
sync_all b.db
same_on_both_sides b.db
