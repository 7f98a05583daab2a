# Units are set aside and released by MAC or serial number; files are kept with runs and batches.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"

flashline() { "$FLASHLINE" "$@" --db flashline.db; }
json() { sqlite3 :memory: "select json_extract(readfile('command.out'), '$1')"; } # path
decide() { flashline "$@" --operator ann --reason "bent pin"; }

# Runs with serial numbers, as a station would have put them in: S1 and S3 belong to one unit each,
# S2 was given to two. One serial number looks like a MAC.
expect_status 0 flashline batch open B-1 --quantity 10 --operator ann
put() { # run, serial number, mac
	sqlite3 flashline.db "
		insert into station select 1, 'line-1', 'test', 1 where not exists (select 1 from station);
		insert into run (run_id, kind, station_id, start_utc_ms, serial)
			values ('$1', 'FLASH', 1, 1, '$2');
		insert into unit select '$3', '$1', 2 where not exists (select 1 from unit where mac='$3');
		insert into result (run_id, outcome, code, party, proof, end_utc_ms, mac)
			values ('$1', 'PASS', 'OK', 'NONE', 'CHIP_MD5', 2, '$3')" || fail "put $1"
}
put 01931f2e-4c00-7000-8000-000000000001 S1 24:0a:c4:00:00:01
put 01931f2e-4c00-7000-8000-000000000002 S2 24:0a:c4:00:00:02
put 01931f2e-4c00-7000-8000-000000000003 S2 24:0a:c4:00:00:03
put 01941f2e-4c00-7000-8000-000000000004 202611220004 24:0a:c4:00:00:04
put 01941f2e-4c00-7000-8000-000000000005 240ac4000002 24:0a:c4:00:00:05

state() { sql "select state from disposition where mac = '$1' order by disposition_id desc limit 1"; }
expect_status 0 decide unit quarantine 24-0A-C4-00-00-01
equal "by its MAC" "$(state 24:0a:c4:00:00:01)" QUARANTINE
expect_status 0 decide unit release S1
equal "by its serial number" "$(state 24:0a:c4:00:00:01)" RELEASED
expect_status 2 decide unit release S1
expect_line 'is not set aside: there is nothing to release' command.err
expect_status 2 decide unit scrap S2
expect_line 'several units were given it: 24:0a:c4:00:00:02, 24:0a:c4:00:00:03: name one' command.err
expect_status 0 decide unit rma 202611220004
equal "a serial number that looks like a MAC" "$(state 24:0a:c4:00:00:04)" RMA
expect_status 2 decide unit scrap 240ac4000002
expect_line 'is the MAC of one unit and the serial number of another \(24:0a:c4:00:00:05\)' command.err
expect_status 0 decide unit scrap 24:0a:c4:00:00:02
expect_status 0 decide unit rework 24:0a:c4:99:99:99 --json
equal "a unit that no run has seen" "$(json '$.mac') $(json '$.state') $(json '$.known')" \
	"24:0a:c4:99:99:99 REWORK 0"
expect_status 2 decide unit quarantine S9
expect_line "'S9': is neither a MAC .* nor the serial number" command.err
expect_status 2 decide unit quarantene S1
expect_line "did you mean 'quarantine'\? Expected quarantine, rework, scrap, rma or release" command.err
expect_status 2 flashline unit scrap S1 --operator ann
expect_line 'unit scrap: --reason TEXT is missing' command.err
equal "dispositions" "$(sql "select count(*) from disposition")" 5

# Attachments.
attach() { flashline attach "$@" --operator ann; }
printf 'ok\n' >report.txt
expect_status 0 attach B-1 report.txt
cp report.txt photo.PNG
expect_status 0 attach 01931f2e-4c00-7000-8000-000000000001 photo.PNG
equal "with whom" "$(sql "select owner || ' ' || ref || ' ' || name from attachment_use order by owner")" \
	"batch B-1 report.txt
run 01931f2e-4c00-7000-8000-000000000001 photo.PNG"
equal "the same bytes are kept once" "$(sql "select count(*) || ' ' || hex(content) from attachment")" \
	"1 6F6B0A"
expect_status 2 attach 01931f2e report.txt
expect_line 'several runs have an id that begins so' command.err
expect_status 2 attach 0195ffff report.txt
expect_line 'no run in the records has an id that begins so.*nor is it a batch' command.err
expect_status 2 attach B-2 report.txt
expect_line 'nor is it a batch in these records' command.err
mkfifo pipe
for bad in . pipe none.txt; do
	expect_status 2 attach B-1 "$bad"
	expect_line "^flashline: $bad: (is a folder|is not a regular file|No such file)" command.err
done
: >empty.txt
expect_status 2 attach B-1 empty.txt
expect_line 'is empty' command.err
head -c 8388608 /dev/zero >large.bin
expect_status 0 attach B-1 large.bin
printf x >>large.bin
expect_status 2 attach B-1 large.bin
expect_line 'has 8388609 bytes: expected 8388608 at most: compress it' command.err
expect_status 2 flashline attach B-1 report.txt
expect_line '^flashline: attach: --operator NAME is missing' command.err
expect_status 0 flashline batch show B-1 --json
equal "the batch's files" \
	"$(json '$.attachments[0].name') $(json '$.attachments[0].media_type') $(json '$.attachments[1].name')" \
	"report.txt text/plain large.bin"
