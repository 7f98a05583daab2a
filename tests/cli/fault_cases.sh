# Every line of tests/faults/cases is a fault that m5sim knows, and belongs to a case with all
# its columns.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

{
	printf 'bench: cases\nunits:\n'
	sed -n 's/^  \(.*\)/  - {chip: esp32, flash: 4MB, bridge: cp2104, faults: [\1]}/p' "$SOURCE/tests/faults/cases"
} >bench.yaml
expect_status 0 "$M5SIM" check bench.yaml
awk -F ' *[|] *' '/^[^ #]/ && (NF != 4 || $2 !~ /^(yes|no)$/ || $4 == "") { print; bad = 1 } END { exit bad }' \
	"$SOURCE/tests/faults/cases" >wrong.out || fail "a case without its columns"
