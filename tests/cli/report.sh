# report: text, JSON and a page from one database, whole or not at all; nothing to tell is no error.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

"$BUILD/tests/bench/make_records" flashline.db --runs 1500 --batch-size 100 --days 1 --log 100 >make.out 2>make.err ||
	fail "make_records"
batch=$(sql "SELECT min(batch) FROM run")

expect_status 0 "$FLASHLINE" report --db flashline.db --batch "$batch" --json
cp command.out batch.json
judged="kind = 'FLASH' AND outcome NOT NULL AND outcome <> 'ABORTED' AND batch = '$batch' AND party NOT IN ('STATION', 'OPERATOR')"
member() { sqlite3 :memory: "SELECT json_extract(readfile('batch.json'), '$1')"; }
equal "judged runs" "$(member '$.runs.judged')" "$(sql "SELECT count(*) FROM runs WHERE $judged")"
equal "passes" "$(member '$.runs.pass')" "$(sql "SELECT count(*) FROM runs WHERE $judged AND outcome = 'PASS'")"
equal "units" "$(member '$.yields[0].final.n')" "$(sql "SELECT count(DISTINCT mac) FROM runs WHERE $judged")"
equal "event" "$(member '$.event')" report

# The head on the report is the head of the ledger.
equal "anchor" "$(member '$.anchor')" "$(sql "SELECT chain_id || ':' || (SELECT max(seq) FROM ledger) || ':' ||
	(SELECT lower(hex(hash)) FROM ledger ORDER BY seq DESC LIMIT 1) FROM chain ORDER BY first_seq DESC LIMIT 1")"

# The page appears whole, says where on stderr, and leaves standard output to JSON.
expect_status 0 "$FLASHLINE" report --db flashline.db --html page.html --json
expect_line '^flashline: the report was written to page.html$' command.err
equal "lines on standard output" "$(wc -l <command.out)" 1
expect_line '^</html>$' page.html
expect_status 0 "$FLASHLINE" report --db flashline.db --html -
expect_line '^</html>$' command.out
expect_status 2 "$FLASHLINE" report --db flashline.db --html - --json
expect_line 'name a file for the page' command.err
expect_status 3 "$FLASHLINE" report --db flashline.db --html no/such/folder/page.html
[ -e no ] && fail "a folder appeared"
cp page.html before.html
expect_status 3 "$FLASHLINE" report --db flashline.db --html /dev/full
cmp -s page.html before.html || fail "the page was touched"
[ "$(ls | grep -c 'page.html')" = 1 ] || fail "something was left beside the page"

# Nothing to tell is told.
expect_status 0 "$FLASHLINE" report --db flashline.db --to 2001-01-01
expect_line '^No run is recorded in what was chosen.$' command.out

# A name that nobody used, a period that ends before it begins.
expect_status 2 "$FLASHLINE" report --db flashline.db --batch no-such-batch
expect_line "batch 'no-such-batch': neither an order nor a run has that name" command.err
expect_status 2 "$FLASHLINE" report --db flashline.db --recipe no-such-recipe
expect_line "recipe 'no-such-recipe': no recorded recipe" command.err
expect_status 2 "$FLASHLINE" report --db flashline.db --from 2026-11-22 --to 2026-11-21
expect_line '--to has to be later than --from' command.err
exit 0
