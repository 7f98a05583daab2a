# What two connections do at the same moment: the order is made by holding the lock that both need.
. "$SOURCE/tests/plant/lib.sh"

# A session that stays open, for the lock of the claims.
mkfifo orders
"$bin/psql" -X -q -A -t -h "$work/server" -p 5499 -U admin -d plant <orders >hold.out 2>&1 &
keeper=$!
echo $keeper >>pids
exec 9>orders
hold() {
	echo 'begin; select flashline.lock_claims();' >&9
	until_waiting 0
}
release() { echo 'commit;' >&9; }
until_waiting() { # how many wait for the lock, while somebody has it
	tries=0
	until [ "$(admin "select count(*) || case when count(*) filter (where granted) > 0 then ' held' else '' end
		from pg_locks where locktype = 'advisory'")" = "$(($1 + 1)) held" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 2000 ] || fail "nobody waits for the lock"
	done
}
ask() { # output, statement
	"$bin/psql" -X -q -A -t -h "$work/server" -p 5499 -U line1 -d plant -c "$2" >"$1" 2>&1 &
}
entry() { # number, kind, ref, body: as an SQL expression
	echo "convert_to(E'$1\\n1\\n$2\\n$3\\n$4', 'UTF8')"
}
zero="decode(repeat('00', 32), 'hex')"
chain() { echo "00000000-0000-7000-8000-00000000000$1"; }
ingest() { # chain, kind, ref, body: its first entry
	e=$(entry 1 "$2" "$3" "$4")
	echo "select (flashline.ingest('$(chain "$1")', 0, 1, array[$e], array[sha256($zero || sha256($e))])).answer"
}
for n in 1 2 3; do
	admin "select flashline.open_chain('$(chain $n)', 1, $zero, null, 'station-$n')" >/dev/null
done

# A claim comes while entries of the same station are being taken ('flashline sync' beside a station
# that works): each waits its turn, none for ever.
hold
ask claim.out "select (flashline.claim_mac('$(chain 1)', 0, '24:0a:c4:00:00:01', 'p', 'FLASH', 'r', false, false)).answer"
claim=$!
until_waiting 1
ask ingest.out "$(ingest 1 run r '{"kind":"FLASH"}')"
ingest=$!
until_waiting 2
release
wait $claim
wait $ingest
equal "the claim" "$(cat claim.out)" GRANTED
equal "the entry" "$(cat ingest.out)" OK

# Two copies of an old database send one run with different facts. The one that began first comes
# last, so it has to see the other's.
echo "begin; select 1;" >&9
admin "$(ingest 2 run same '{"kind":"FLASH","slot":"a"}')" >/dev/null || fail "the second"
echo "$(ingest 3 run same '{"kind":"FLASH","slot":"b"}'); commit;" >&9
exec 9>&-
wait $keeper
equal "what came last" "$(tail -n 1 hold.out)" OK
equal "conflicts" "$(admin "select kind || ' ' || value from flashline.conflicts")" "RUN same"
exit 0
