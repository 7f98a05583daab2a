# The ledger from outside: what the sqlite3 tool changes is found and named; what only an anchor
# can tell is told by one; others come to the same hashes by docs/ledger.md alone.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 20K
esp32_recipe ledger >recipe.yaml
cat >bench.yaml <<END
bench: two units
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
  - {chip: esp32, flash: 4MB, bridge: ch9102f, content: random}
END
expect_status 0 "$FLASHLINE" batch open WO-1 --quantity 2 --recipe recipe.yaml --operator li.wei --db whole.db
expect_status 0 "$FLASHLINE" ledger head --db whole.db
cp command.out anchors.txt
expect_status 0 "$M5SIM" run bench.yaml -- \
	"$FLASHLINE" flash recipe.yaml --all --batch WO-1 --operator chen --db whole.db
expect_status 0 "$FLASHLINE" batch close WO-1 --operator li.wei --reason done --db whole.db
expect_status 0 "$FLASHLINE" ledger head --db whole.db
cat command.out >>anchors.txt
head=$(cat command.out)
expect_status 0 "$FLASHLINE" ledger verify --db whole.db
expect_line '^sound: every record is as it was written$' command.out
expect_line 'makes changes evident, it does not prevent them' command.out
expect_status 0 "$FLASHLINE" ledger verify --anchor anchors.txt --db whole.db
expect_line '^  anchors +2 that were told before$' command.out
expect_status 0 "$FLASHLINE" ledger verify --anchor "$head" --json --db whole.db
expect_line '"sound":true,"fault":null,.*"anchors":1' command.out
sqlite3 whole.db "pragma wal_checkpoint(truncate)" >/dev/null

# Past the triggers, which come back, and past the checks.
tamper() { # statements
	rm -f flashline.db*
	cp whole.db flashline.db
	sqlite3 flashline.db "select sql || ';' from sqlite_schema where type = 'trigger'" >back.sql
	{
		echo "begin;"
		sqlite3 flashline.db "select 'drop trigger ' || name || ';' from sqlite_schema where type = 'trigger'"
		echo "$1;"
		cat back.sql
		echo "commit;"
	} | sqlite3 -bail flashline.db || fail "cannot do: $1"
}

expect_fault() { # FAULT, pattern
	expect_status 1 "$FLASHLINE" ledger verify --db flashline.db
	expect_line "^NOT SOUND: $1\$" command.out
	expect_line "$2" command.out
	cp command.out people.out
	expect_status 1 "$FLASHLINE" ledger verify --json --db flashline.db
	expect_line "\"sound\":false,\"fault\":\"$1\"" command.out
}

last=$(sqlite3 whole.db "select max(seq) from ledger")
of_result=$(sqlite3 whole.db "select min(seq) from ledger where kind = 'result'")
tamper "update result set outcome = 'FAIL' where run_id = (select ref from ledger where seq = $of_result)"
expect_fault ROW_CHANGED "outcome was \"PASS\" and is \"FAIL\""
expect_line "^  first entry $of_result\$" people.out
expect_line '^  table +result$' people.out
tamper "update run set operator = 'wang'"
expect_fault ROW_CHANGED 'operator was "chen" and is "wang"'
tamper "update unit_log set text = replace(text, 'a', 'b')"
expect_fault ROW_CHANGED 'its rows of unit_log \(1\) are not what they were'
tamper "delete from run where run_id = (select min(run_id) from run)"
expect_fault ROW_MISSING '^  table +run$'
tamper "insert into unit select '24:0a:c4:ff:ff:ff', first_run_id, 1 from unit limit 1"
expect_fault ROW_ADDED '^  key +24:0a:c4:ff:ff:ff$'
tamper "delete from ledger where seq = 5"
expect_fault ENTRY_MISSING '^  first entry 5$'
tamper "update ledger set seq = -5 where seq = 5; update ledger set seq = 5 where seq = 6; update ledger set seq = 6 where seq = -5"
expect_fault CHAIN_BROKEN '^  first entry 5$'
tamper "update ledger set body = replace(body, 'PASS', 'FAIL') where seq = $of_result"
expect_fault ENTRY_CHANGED 'outcome was "FAIL" and is "PASS"'
tamper "delete from ledger where seq = $last"
expect_fault ROW_ADDED 'batch_change WO-1/1: .* the end of the ledger was cut off'
tamper "create table mine (x)"
expect_status 0 "$FLASHLINE" ledger verify --db flashline.db
sqlite3 flashline.db "drop trigger run_no_delete"
expect_fault TRIGGER_MISSING 'trigger run_no_delete is missing'

# The end, and the records with it: nobody sees it who was not told before.
tamper "delete from ledger where seq = $last; delete from batch_change"
expect_status 0 "$FLASHLINE" ledger verify --db flashline.db
expect_status 1 "$FLASHLINE" ledger verify --anchor anchors.txt --db flashline.db
expect_line '^NOT SOUND: TAIL_CUT$' command.out
expect_line "^  first entry $last\$" command.out

# The newest entry and its record written anew, with openssl.
tamper "update batch_change set reason = 'stolen';
	update ledger set body = replace(body, 'done', 'stolen') where seq = $last"
sqlite3 flashline.db "select writefile('text', seq||x'0a'||utc_ms||x'0a'||kind||x'0a'||ref||x'0a'||body),
	writefile('prev', prev) from ledger where seq = $last" >/dev/null
hash=$({ cat prev; openssl dgst -sha256 -binary text; } | openssl dgst -sha256 -r | cut -d' ' -f1)
cp flashline.db forged.db
sqlite3 forged.db "select sql || ';' from sqlite_schema where name = 'ledger_no_update'" >back.sql
sqlite3 forged.db "drop trigger ledger_no_update; update ledger set hash = x'$hash' where seq = $last"
sqlite3 forged.db <back.sql
expect_status 0 "$FLASHLINE" ledger verify --db forged.db
expect_status 1 "$FLASHLINE" ledger verify --anchor anchors.txt --db forged.db
expect_line '^NOT SOUND: ANCHOR_DIFFERS$' command.out

# The manual's own ways to check it, run as they are printed there.
block() { # name
	sed -n "/^<!-- $1 -->\$/,/^\`\`\`\$/p" "$SOURCE/docs/ledger.md" | grep -v -e '^<!--' -e '^```'
}
block check.sh >check.sh
expect_status 0 sh check.sh whole.db
equal "the head by openssl" "$(cat command.out)" "${head##*:}"
tamper "update ledger set utc_ms = utc_ms + 1 where seq = 3"
expect_status 1 sh check.sh flashline.db
expect_line '^entry 3 is not sound$' command.out
block check.py >check.py
expect_status 0 python3 check.py whole.db
equal "the head by Python" "$(cat command.out)" "${head##*:}"
expect_status 1 python3 check.py flashline.db
expect_status 0 python3 "$SOURCE/docs/ledger_check.py" whole.db
equal "head and records by Python" "$(cat command.out)" "$last ${head##*:}"
tamper "update step set took_us = took_us + 1 where position = 0"
expect_status 1 python3 "$SOURCE/docs/ledger_check.py" flashline.db
tamper "insert into step select 'no run', 0, try_no, name, start_us, took_us, code, note from step limit 1"
expect_fault ROW_ADDED 'there is no such result'
expect_status 1 python3 "$SOURCE/docs/ledger_check.py" flashline.db
expect_line '^step: a record without an entry$' command.err

# Times that no calendar has: whoever reads them says something, and ends.
tamper "update run set start_utc_ms = 9223372036854775807; update result set end_utc_ms = -9223372036854775807;
	update step set start_us = 9223372036854775807; update ledger set utc_ms = 9223372036854775807"
for command in log slots report 'report --html report.html' 'export --format wsjf --output reports' \
	'export --format junit' 'trace batch WO-1' 'batch show WO-1' 'ledger show 1' 'backup backup.db'; do
	expect_status 0 "$FLASHLINE" $command --db flashline.db
done
expect_fault ENTRY_CHANGED '^  first entry 1$'

# Texts taken out past the schema's rules: no reader falls over them.
taken_out() { # table, column
	rm -f flashline.db*
	cp whole.db flashline.db
	python3 - "$1" "$2" <<'END' || fail "cannot take out $1 $2"
import sqlite3, sys
table, column = sys.argv[1:]
def rewrite(texts):
    db = sqlite3.connect("flashline.db", isolation_level=None)
    db.execute("pragma writable_schema = on")
    for name, sql in texts:
        db.execute("update sqlite_schema set sql = ? where name = ?", (sql, name))
    db.execute("pragma schema_version = %d" % (db.execute("pragma schema_version").fetchone()[0] + 1))
    db.close()
db = sqlite3.connect("flashline.db", isolation_level=None)
texts = db.execute("select name, sql from sqlite_schema where name in (?, ?)",
                   (table, table + "_no_update")).fetchall()
db.close()
rewrite([(n, s.replace("BEFORE UPDATE", "BEFORE DELETE").replace("NOT NULL", "")) for n, s in texts])
db = sqlite3.connect("flashline.db", isolation_level=None)
db.execute("update %s set %s = null" % (table, column))
db.close()
rewrite(texts)
END
	expect_fault ROW_CHANGED "$2 was .* and is unknown"
}
digest=$(sqlite3 whole.db 'select recipe_digest from recipe')
for column in 'recipe name' 'recipe canonical' 'run kind' 'result code' 'result proof'; do
	taken_out $column
	for command in "trace unit $(sqlite3 whole.db 'select min(mac) from unit')" 'trace batch WO-1' "recipe show $digest" \
		'export --format junit' 'export --format wsjf --output reports' 'export --unit-logs logs'; do
		expect_status 0 "$FLASHLINE" $command --db flashline.db
	done
done

# A size that its bytes do not have.
for size in 3 999999; do
	tamper "update attachment set size_bytes = $size"
	expect_status 0 "$FLASHLINE" recipe show "$(sqlite3 flashline.db 'select recipe_digest from recipe')" --json --db flashline.db
	expect_line '"yaml":"recipe: ledger.*app0[^"]*"' command.out
done

# One entry, a new chain, and what is no command.
expect_status 0 "$FLASHLINE" ledger show "$of_result" --db whole.db
expect_line '^  kind +result$' command.out
expect_line 'which is that of the entry$' command.out
expect_status 0 "$FLASHLINE" ledger show 1 --json --db whole.db
expect_line '"event":"ledger_entry".*"kind":"chain".*"hash_fits":true' command.out
expect_status 2 "$FLASHLINE" ledger show 9999 --db whole.db
expect_line "there is none: the last is $last" command.err
expect_status 2 "$FLASHLINE" ledger show one --db whole.db
expect_status 2 "$FLASHLINE" ledger verify --anchor recipe.yaml --db whole.db
expect_line 'has no anchor in it' command.err
expect_status 2 "$FLASHLINE" ledger new-chain --operator li.wei --db whole.db
expect_line '--reason' command.err
expect_status 0 "$FLASHLINE" ledger new-chain --operator li.wei --reason restored --db whole.db
expect_line ":$((last + 1)):" command.out
expect_status 0 "$FLASHLINE" ledger verify --anchor anchors.txt --db whole.db
expect_status 3 "$FLASHLINE" ledger verify --db none.db
sqlite3 flashline.db "pragma user_version = 3"
expect_status 3 "$FLASHLINE" ledger verify --db flashline.db
expect_line 'was set to schema 3 by hand' command.err

# A copy on another computer is told that it is one; nothing is begun silently.
if [ -r /etc/machine-id ] && [ "$(wc -c </etc/machine-id)" = 33 ]; then
	tamper "update chain set machine = 'x', host = 'bench-7'"
	expect_status 1 "$M5SIM" run bench.yaml -- \
		"$FLASHLINE" verify recipe.yaml --all --db flashline.db
	expect_line 'was begun on another computer \(bench-7\)' command.err
	equal "chains" "$(sql 'select count(*) from chain')" 2 # the second is new-chain's, above
fi
