# The afternoon at the line in small: units come and go at random, many of them with a flaw, and
# the oracle finds all of it true; and it is an oracle that finds what is not true.
# labels: long
. "$SOURCE/tests/cli/lib.sh"

sh "$SOURCE/tests/line/run" --slots 8 --units 16 --flawed 0.3 --seed 7 --build "$BUILD" --keep "$work/line" \
	>command.out 2>command.err || fail "the line"
expect_line '^all holds: [1-9][0-9]* PASSes are true' command.out

# lie WHAT EXPECTED: in a copy of the records that WHAT makes untrue, run there.
lie() {
	rm -rf lie
	cp -r line lie
	(cd lie && eval "$1") || fail "cannot tell the lie: $1"
	(cd lie && python3 "$SOURCE/tests/line/oracle.py" --flashline "$FLASHLINE") >command.out 2>command.err &&
		fail "the oracle believes: $1"
	expect_line "^FAILED: $2" command.out
}
# shellcheck disable=SC2016
passed='mac=$(sqlite3 -readonly flashline.db "select mac from result where outcome = '"'PASS'"' limit 1")
	unit=$(grep -l "\"mac\": \"$mac\"" units/*/unit.json) && unit=${unit%/unit.json}'
lie "$passed; printf x | dd of=\$unit/flash.bin bs=1 seek=70000 conv=notrunc status=none" 'true: '
lie "$passed; sed -i '/\"bytes_programmed\": [1-9]/s/[0-9][0-9]*/9999999/' \$unit/unit.json" 'once: '
lie "$passed; sed -i \"s/\$mac/24:0a:c4:00:00:01/\" events.jsonl" 'whose: '
lie "sed -i '0,/\"event\": \"result\"/s//\"event\": \"lost\"/' events.jsonl" 'one result: '
lie "sqlite3 flashline.db \"drop trigger result_no_update; update result set outcome = 'PASS' where outcome <> 'PASS'\"" 'recorded: '
