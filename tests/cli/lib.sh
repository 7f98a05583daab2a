# For the tests of the shipped programs: sourced, with BUILD and SOURCE set by ctest.
# Each test works in a folder of its own, $work, removed when it passes.
set -u
FLASHLINE="$BUILD/flashline"
M5SIM="$BUILD/m5sim"
work=$(mktemp -d "${TMPDIR:-/tmp}/flashline-test.XXXXXX")
trap 'status=$?; [ $status = 0 ] && rm -rf "$work"; exit $status' EXIT
cd "$work" || exit 3

fail() {
	echo "FAILED: $*" >&2
	for log in "$work"/*.out "$work"/*.err; do
		[ -s "$log" ] && { echo "--- ${log##*/}" >&2; tail -n 40 "$log" >&2; }
	done
	exit 1
}

# expect_status WANTED COMMAND...: output goes to command.out and command.err
expect_status() {
	wanted=$1
	shift
	"$@" >command.out 2>command.err
	got=$?
	[ "$got" = "$wanted" ] || fail "exit status $got, expected $wanted, from: $*"
}

expect_line() { # pattern, file
	grep -qE -- "$1" "$2" || fail "no line like '$1' in $2"
}

# equal WHAT GOT WANTED
equal() {
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
}

sql() { sqlite3 -readonly flashline.db "$1"; }
