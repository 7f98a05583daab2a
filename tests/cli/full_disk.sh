# A disk that fills up while units are flashed: what has begun is finished and recorded, nothing new
# begins, the reasons have their figures; with room again all goes on.
# labels: slow nothreads
# A disk of our own; the bench makes its namespaces within this one. Root needs no user namespace
# for it, and in a chroot gets none.
if [ "${1-}" != inside ]; then
	[ "$(id -u)" = 0 ] && exec unshare -m sh "$SOURCE/tests/cli/full_disk.sh" inside
	exec unshare -Urm sh "$SOURCE/tests/cli/full_disk.sh" inside
fi
. "$SOURCE/tests/cli/lib.sh"

mkdir disk && mount -t tmpfs -o size=110M none disk || fail "no tmpfs"
esp32_firmware 60K
esp32_recipe full >recipe.yaml
echo 'link: {max_rate: 460800}' >>recipe.yaml
cat >bench.yaml <<END
bench: full disk
units:
  - {count: 4, chip: esp32, flash: 4MB, bridge: cp2104}
END
records() { sqlite3 -readonly disk/records.db "$1"; }

: >command.out
# Two units at a time; the disk is full before the first has ended.
"$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --jobs 2 --json --db disk/records.db \
	>command.out 2>command.err &
bench=$!
while kill -0 $bench 2>/dev/null && [ "$(grep -c '"event":"run_start"' command.out)" -lt 2 ]; do sleep 0.05; done
[ -s disk/records.db.reserve ] || fail "no reserve beside the database"
cat /dev/zero >disk/filler 2>/dev/null
grep -q '"event":"result"' command.out && fail "the first unit was faster than the disk was full"
wait $bench
equal "exit status" $? 3
equal "outcomes" "$(sed -n 's/.*"event":"result".*"outcome":"\([A-Z]*\)","code":"\([A-Z]*\)".*/\1 \2/p' command.out |
	sort -u | tr '\n' ' ')" "ERROR DATABASE PASS OK "
expect_line 'disk/records.db: no room for a new run: its disk has [0-9.]+ MB free, and 67.1 MB have to be: make room there' \
	command.out
equal "recorded" "$(records "select group_concat(outcome) from runs")" PASS,PASS

# The next session does not begin either, and says so at once.
expect_status 3 "$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db disk/records.db
expect_line 'no room for a new run: its disk has' command.err
equal "recorded" "$(records "select count(*) from runs")" 2
expect_status 0 "$FLASHLINE" ledger verify --db disk/records.db

# A backup that does not fit is none, and takes nothing away.
cat /dev/zero >disk/more 2>/dev/null
expect_status 3 "$FLASHLINE" backup disk/copy.db --db disk/records.db
expect_line 'disk/copy.db.*no room for the backup' command.err
[ "$(echo disk/copy.db*)" = 'disk/copy.db*' ] || fail "left there: $(echo disk/copy.db*)"

rm disk/filler disk/more
expect_status 0 "$M5SIM" run bench.yaml -- "$FLASHLINE" flash recipe.yaml --all --db disk/records.db
equal "recorded" "$(records "select count(*) from runs where outcome='PASS'")" 6
[ ! -e disk/records.db.reserve ] || fail "the reserve stays behind a session"
expect_status 0 "$FLASHLINE" backup disk/copy.db --db disk/records.db
umount disk
