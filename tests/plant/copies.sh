# A copied and a brought back database are found, kept apart, and told about; what was changed by
# hand is refused; a server that lost something gets it again.
. "$SOURCE/tests/plant/lib.sh"

"$STATION" runs a.db 5 4096 || fail "runs"
expect_status 0 "$FLASHLINE" serials lease --product core2 --prefix A- --units 10 --db a.db --plant "$PLANT"
sync_all a.db
cp a.db copy.db
cp a.db old.db
cp a.db third.db

# The copy goes on beside the original.
"$STATION" runs a.db 3 5000 || fail "runs"
"$STATION" runs copy.db 4 6000 || fail "runs"
expect_status 0 "$FLASHLINE" sync --db a.db --plant "$PLANT"
expect_status 1 "$FLASHLINE" sync --db copy.db --plant "$PLANT"
expect_line '^ALARM: forked: .*branch 1 of chain' command.out
same_on_both_sides a.db
same_on_both_sides copy.db 1
equal "alarm of the server" "$(admin "select count(*) from flashline.alarms where code = 'FORKED'")" 1
equal "alarm of the copy" "$(local_sql copy.db "select count(*) from alarm where code = 'PLANT_FORKED'")" 1
equal "alarms of the original" "$(local_sql a.db 'select count(*) from alarm')" 0

# Its blocks are void, those of the original are not.
expect_status 0 "$FLASHLINE" serials list --db copy.db
expect_line 'A-000001 .* void$' command.out
expect_status 0 "$FLASHLINE" serials list --db a.db
expect_line 'A-000001 .* ours$' command.out

# Both go on, each in its own history, and the alarm stays until the copy has a chain of its own.
"$STATION" runs copy.db 2 6100 || fail "runs"
expect_status 1 "$FLASHLINE" sync --db copy.db --plant "$PLANT"
same_on_both_sides copy.db 1
equal "alarms of the copy" "$(local_sql copy.db "select count(*) from alarm where code = 'PLANT_FORKED'")" 1
expect_status 0 "$FLASHLINE" ledger new-chain --operator li --reason 'a copy' --db copy.db
"$STATION" runs copy.db 1 6200 || fail "runs"
expect_status 0 "$FLASHLINE" sync --db copy.db --plant "$PLANT"
same_on_both_sides copy.db
"$STATION" runs a.db 2 5100 || fail "runs"
expect_status 0 "$FLASHLINE" sync --db a.db --plant "$PLANT"
same_on_both_sides a.db

# A copy that was given a chain of its own at once is nothing to be alarmed about.
expect_status 0 "$FLASHLINE" ledger new-chain --operator li --reason 'a copy' --db third.db
expect_status 0 "$FLASHLINE" sync --db third.db --plant "$PLANT"
same_on_both_sides third.db

# An older state was brought back: it ends before what the server has.
cp old.db a.db
rm -f a.db-wal a.db-shm
expect_status 1 "$FLASHLINE" sync --db a.db --plant "$PLANT"
expect_line '^ALARM: rolled back: .*branch 2 of chain' command.out
equal "alarm of the server" "$(admin "select count(*) from flashline.alarms where code = 'ROLLED_BACK'")" 1
same_on_both_sides a.db 2
"$STATION" runs a.db 2 5200 || fail "runs"
expect_status 1 "$FLASHLINE" sync --db a.db --plant "$PLANT"
same_on_both_sides a.db 2

# The server itself was brought back: it gets again what it had acknowledged.
"$STATION" runs e.db 3 7000 || fail "runs"
sync_all e.db
database=postgres admin 'CREATE DATABASE earlier TEMPLATE plant'
"$STATION" runs e.db 3 7100 || fail "runs"
sync_all e.db
expect_status 1 "$FLASHLINE" sync --db e.db --plant "host=$work/server port=5499 user=line1 dbname=earlier"
expect_line '^ALARM: the plant has only' command.out
equal "entries there" "$(database=earlier admin "select head_seq from flashline.branch where chain_id =
	'$(local_sql e.db 'select chain_id from chain')'")" "$(local_sql e.db 'select max(seq) from ledger')"

# An entry that was changed by hand: the server's own check finds it, and says so on both sides.
"$STATION" runs f.db 5 9000 || fail "runs"
sqlite3 f.db "drop trigger ledger_no_update; update ledger set body = replace(body, 'PASS', 'FAIL')
	where kind = 'result' and seq > 8 and seq < 12" || fail "tampering"
expect_status 1 "$FLASHLINE" sync --db f.db --plant "$PLANT"
expect_line '^ALARM: the plant refuses the rest of the ledger: entry [0-9]+ of chain' command.out
equal "alarm of the server" "$(admin "select count(*) from flashline.alarms where code = 'TAMPERED'")" 1
equal "alarm here" "$(local_sql f.db "select count(*) from alarm where code = 'PLANT_REFUSED'")" 1
expect_status 1 "$FLASHLINE" sync --db f.db --plant "$PLANT"
equal "alarms of the server" "$(admin "select count(*) from flashline.alarms where code = 'TAMPERED'")" 1

# With a chain of its own again, what comes later is sent; what was refused stays refused.
expect_status 0 "$FLASHLINE" ledger new-chain --operator li --reason 'tampered with' --db f.db
"$STATION" runs f.db 2 9100 || fail "runs"
expect_status 1 "$FLASHLINE" sync --db f.db --plant "$PLANT"
same_on_both_sides f.db
equal "runs of the new chain" "$(admin "select count(*) from flashline.runs where mac in ('24:0a:00:00:23:8c', '24:0a:00:00:23:8d')")" 2
