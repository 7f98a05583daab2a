# A station's login may call what stations call, and nothing else; versions that do not go
# together say so; nothing tells a password.
. "$SOURCE/tests/plant/lib.sh"

"$STATION" runs a.db 3 4096 || fail "runs"
sync_all a.db

as() { # login, statement
	"$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/server" -p 5499 -U "$1" -d plant -c "$2" 2>&1
}
tables=$(admin "select relname from pg_class where relnamespace = 'flashline'::regnamespace and relkind in ('r', 'v')")
[ "$(echo "$tables" | wc -l)" -ge 20 ] || fail "tables and views: $tables"
for table in $tables; do
	echo "select * from flashline.$table; delete from flashline.$table;"
	echo "insert into flashline.$table default values; truncate flashline.$table;"
done >forbidden.sql
admin "select format('update flashline.%I set %I = default;', table_name, max(column_name))
	from information_schema.columns where table_schema = 'flashline' group by table_name" >>forbidden.sql
for call in 'begin_anew()' "derive('x', 0, 1, 1)" "pass_serial(null, 'x', 'y')" 'lock_claims()' \
	"claim_value('MAC', 'x', 0, 'm', 'p', 'f', 'r', true, true)" "held_by('x')"; do
	echo "select flashline.$call;"
done >>forbidden.sql
echo 'create table flashline.own (a int);' >>forbidden.sql
sed -i 's/; /;\n/g' forbidden.sql
"$bin/psql" -X -q -A -t -h "$work/server" -p 5499 -U line1 -d plant -f forbidden.sql >forbidden.out 2>&1
grep -cE 'ERROR: +(permission denied|cannot (delete from|insert into|update) (view|column)|"[a-z_]+" is not a table)' \
	forbidden.out >refused
equal "statements that a station is refused" "$(cat refused)" "$(grep -c . forbidden.sql)"
equal "what they changed" "$(admin 'select count(*) from flashline.fact')" "$(local_sql a.db 'select max(seq) from ledger')"

# A reader sees the views and changes nothing.
equal "runs that a reader sees" "$(as quality 'select count(*) from flashline.runs')" 3
equal "stations that a reader sees" "$(as quality 'select count(*) from flashline.stations')" 1
as quality 'select * from flashline.fact' | grep -q 'permission denied' || fail "a reader sees tables"
as quality "select flashline.claims_head()" | grep -q 'permission denied' || fail "a reader claims"

# Not even the superuser changes a record by a plain statement.
for statement in "update flashline.fact set kind = 'x'" 'delete from flashline.result' \
	'truncate flashline.alarm' "update flashline.claim set value = 'x'" \
	'update flashline.branch set head_seq = 1'; do
	as admin "$statement" | grep -qE 'records are only added|only moves forward' || fail "the superuser may: $statement"
done

# Again changes nothing.
expect_status 0 "$FLASHLINE" ledger init-server --plant "$ADMIN"
expect_line 'is up to date \(version 1\)' command.out
expect_line '^stations that may send: line1$' command.out
equal "facts" "$(admin 'select count(*) from flashline.fact')" "$(local_sql a.db 'select max(seq) from ledger')"
admin 'CREATE ROLE nobody_much LOGIN'
expect_status 3 "$FLASHLINE" ledger init-server --plant "host=$work/server port=5499 user=nobody_much dbname=plant"
expect_line 'missing: .*GRANT flashline_owner TO nobody_much' command.err
expect_status 3 "$FLASHLINE" sync --db a.db --plant "host=$work/server port=5499 user=nobody_much dbname=plant"
expect_line 'GRANT flashline_station TO it' command.err

# Not somebody else's schema: whoever owns it could put a table of his own before ours.
database=postgres admin 'CREATE DATABASE prepared'
database=prepared admin 'CREATE SCHEMA flashline AUTHORIZATION nobody_much'
expect_status 3 "$FLASHLINE" ledger init-server --plant "host=$work/server port=5499 user=admin dbname=prepared"
expect_line 'missing: a schema flashline of its own: the one that is there belongs to nobody_much' command.err
# No superuser is needed, the first time and again; nor the right to make roles for a member.
database=postgres admin 'CREATE ROLE it LOGIN; GRANT CREATE ON DATABASE plant TO it; GRANT flashline_owner TO it'
expect_status 0 "$FLASHLINE" ledger init-server --plant "host=$work/server port=5499 user=it dbname=plant"

# A newer server serves us as long as it says so.
admin 'UPDATE flashline.setting SET version = 2, oldest = 1'
expect_status 0 "$FLASHLINE" sync --db a.db --plant "$PLANT"
admin 'UPDATE flashline.setting SET version = 3, oldest = 2'
expect_status 2 "$FLASHLINE" sync --db a.db --plant "$PLANT"
expect_line 'is newer than this program .*update flashline on this station' command.err
expect_status 3 "$FLASHLINE" ledger init-server --plant "$ADMIN"
expect_line 'nothing was changed, use a newer flashline' command.err

# Nothing of a connection string that may be a secret is repeated.
expect_status 3 "$FLASHLINE" sync --db a.db --plant "host=$work/nowhere port=5499 user=line1 password=geheim dbname=plant"
expect_status 2 "$FLASHLINE" sync --db a.db --plant "host=$work/server password='geheim oops"
cat command.out command.err | grep -q geheim && fail "a password was told"
expect_status 2 "$FLASHLINE" sync --db a.db --plant "postgresql://line1:geheim%zz@h/plant"
cat command.out command.err | grep -q geheim && fail "a password was told"
expect_status 2 "$FLASHLINE" sync --db a.db
expect_line 'use --plant, or set FLASHLINE_PLANT' command.err
exit 0
