# Backups one after the other while units are flashed: each is sound and has what was recorded by
# then, nobody waits for it, and what is no older backup of these records is not replaced.
# labels: slow nothreads
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 60K
esp32_recipe backup >recipe.yaml
cat >bench.yaml <<END
bench: backup
units:
  - {count: 4, chip: esp32, flash: 4MB, bridge: cp2104}
END
cat >session.sh <<'END'
"$FLASHLINE" flash recipe.yaml --all --jobs 2 --json --db flashline.db >flash.out 2>flash.err &
flash=$!
while ! grep -q '"event":"run_start"' flash.out; do sleep 0.01; done
count=0
while kill -0 $flash 2>/dev/null; do
	"$FLASHLINE" backup copy.db --db flashline.db --json >>backups.out 2>>backups.err || echo "failed" >>backups.err
	count=$((count + 1))
	sleep 0.1
done
wait $flash
END
export FLASHLINE
: >backups.err
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh
[ ! -s backups.err ] || fail "a backup failed: $(head -n 1 backups.err)"
equal "passes" "$(sql "select count(*) from runs where outcome='PASS'")" 4
[ "$(wc -l <backups.out)" -ge 3 ] || fail "only $(wc -l <backups.out) backups in that time"
expect_line '"event":"backup".*"runs":[1-4],"open_runs":[12],.*"anchor":"[0-9a-f-]+:[0-9]+:[0-9a-f]{64}"' backups.out

# Every head that was printed stands in the ledger of the station.
sed 's/.*"anchor":"\([^"]*\)".*/\1/' backups.out >anchors
expect_status 0 "$FLASHLINE" ledger verify --anchor anchors --db flashline.db

expect_status 0 "$FLASHLINE" backup copy.db --db flashline.db
expect_line '^copy.db: 4 runs, [0-9.]+ MB, read again and sound$' command.out
expect_line "^ledger head: $("$FLASHLINE" ledger head --db flashline.db)" command.out
expect_status 0 "$FLASHLINE" ledger verify --db copy.db
equal "runs in the copy" "$("$FLASHLINE" export --db copy.db)" "$("$FLASHLINE" export --db flashline.db)"

expect_status 2 "$FLASHLINE" backup flashline.db --db flashline.db
expect_line 'is the database itself' command.err
expect_status 2 "$FLASHLINE" backup recipe.yaml --db flashline.db
expect_line 'recipe.yaml: is there, and is no backup of Flashline' command.err
expect_status 3 "$FLASHLINE" backup none/copy.db --db flashline.db
expect_status 2 "$FLASHLINE" backup --db flashline.db
