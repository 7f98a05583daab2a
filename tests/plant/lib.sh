# For the tests against a real PostgreSQL: sourced, with BUILD and SOURCE set by ctest.
#
# The server is the test's own: in the test's folder, on a Unix socket (and a TCP port of
# 127.0.0.1 only where a test asks), with fsync on, as an ordinary user because PostgreSQL refuses
# root. It ends with the test, however that ends: a watcher stops it when this shell is gone.
set -u
FLASHLINE="$BUILD/flashline"
STATION="$BUILD/tests/plant/plant_station"
unset FLASHLINE_PLANT PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS

bin=
for folder in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
	[ -x "$folder/postgres" ] && bin=$folder
done
if [ -z "$bin" ]; then
	echo "skipped: PostgreSQL's server is not installed (package postgresql)"
	exit 77
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/flashline-plant.XXXXXX") || exit 3
chmod 755 "$work"
cd "$work" || exit 3
mkdir server
: >pgpass
chmod 600 pgpass
export PGPASSFILE="$work/pgpass" # nobody's own

# as_server COMMAND...: as whom PostgreSQL may run.
server_user=
if [ "$(id -u)" = 0 ]; then
	server_user=nobody
	id postgres >/dev/null 2>&1 && server_user=postgres
	chown "$server_user" server
fi
as_server() {
	if [ -n "$server_user" ]; then
		setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --clear-groups "$@"
	else
		"$@"
	fi
}

server_pid() { [ -f server/data/postmaster.pid ] && sed -n 1p server/data/postmaster.pid; }

stop_everything() {
	for pid in $(cat pids 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
	pid=$(server_pid) && [ -n "$pid" ] && {
		kill -CONT "$pid" $(pgrep -P "$pid") 2>/dev/null
		as_server "$bin/pg_ctl" -D server/data -m immediate -s -w stop >/dev/null 2>&1
	}
	[ -n "${watcher:-}" ] && kill "$watcher" 2>/dev/null
}
trap 'status=$?; stop_everything; [ $status = 0 ] && cd / && rm -rf "$work"; exit $status' EXIT
trap 'exit 130' INT TERM HUP

fail() {
	echo "FAILED: $*" >&2
	for log in "$work"/*.out "$work"/*.err; do
		[ -s "$log" ] && { echo "--- ${log##*/}" >&2; tail -n 30 "$log" >&2; }
	done
	tail -n 15 server/log >&2
	exit 1
}

start_server() {
	as_server "$bin/pg_ctl" -D server/data -s -w -t 60 -l server/log \
		-o "-k $work/server -p 5499 -c listen_addresses='' -c max_connections=30 -c shared_buffers=32MB" \
		start >/dev/null 2>&1 || fail "PostgreSQL does not start"
}

# Stop it as a power cut would, and start it again.
crash_server() {
	as_server "$bin/pg_ctl" -D server/data -m immediate -s -w stop >/dev/null 2>&1
	start_server
}

admin() { # statement: as the superuser, in the plant's database
	"$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/server" -p 5499 -U admin -d "${database:-plant}" -c "$1"
}

as_server "$bin/initdb" -D server/data -A trust -U admin -E UTF8 --locale=C --no-sync \
	>initdb.out 2>&1 || fail "initdb"
start_server
# When this shell is killed, nobody else stops the server.
(
	trap - EXIT INT TERM HUP
	while kill -0 $$ 2>/dev/null; do sleep 2; done
	watcher=
	stop_everything
	cd / && rm -rf "$work"
) >/dev/null 2>&1 &
watcher=$!

ADMIN="host=$work/server port=5499 user=admin dbname=plant"
PLANT="host=$work/server port=5499 user=line1 dbname=plant"
database=postgres admin 'CREATE DATABASE plant' || fail "no database"
"$FLASHLINE" ledger init-server --plant "$ADMIN" >init.out 2>&1 || fail "init-server"
admin 'CREATE ROLE line1 LOGIN IN ROLE flashline_station; CREATE ROLE quality LOGIN IN ROLE flashline_reader' ||
	fail "no roles"

# ---- what tests say ----

expect_status() { # wanted, command...: output goes to command.out and command.err
	wanted=$1
	shift
	"$@" >command.out 2>command.err
	got=$?
	[ "$got" = "$wanted" ] || fail "exit status $got, expected $wanted, from: $*"
}

expect_line() { # pattern, file
	grep -qE -- "$1" "$2" || fail "no line like '$1' in $2"
}

equal() { # what, got, wanted
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

local_sql() { sqlite3 -readonly "$1" "$2"; }

sync_all() { # database: until the server has everything; its exit status does not count
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$FLASHLINE" sync --db "$1" --plant "$PLANT" >sync.out 2>sync.err
		case $? in 0 | 1) return 0 ;; esac
	done
	fail "sync of $1"
}

# Every entry of a database is on the server, as it is here, and nothing else under its chain.
same_on_both_sides() { # database, branch of its chain
	local_sql "$1" "select seq || ' ' || kind || ' ' || ref || ' ' || lower(hex(hash)) from ledger order by seq" >here.txt
	chain=$(local_sql "$1" "select chain_id from chain order by first_seq desc limit 1")
	first=$(local_sql "$1" "select first_seq from chain order by first_seq desc limit 1")
	admin "select f.seq || ' ' || f.kind || ' ' || f.ref || ' ' || encode(f.hash, 'hex')
		from flashline.fact f join flashline.branch b on b.chain_id = f.chain_id and b.branch = ${2:-0}
		where f.chain_id = '$chain' and (f.branch = b.branch or (f.branch = b.parent and f.seq <= b.from_seq))
		order by f.seq" >there.txt
	sed -i "$first,\$!d" here.txt
	cmp -s here.txt there.txt || {
		diff here.txt there.txt | head -n 20 >diff.out
		fail "$1 and the server differ ($(wc -l <here.txt) and $(wc -l <there.txt) entries)"
	}
}
