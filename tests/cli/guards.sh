# Units that a rule of the factory forbids are refused before a byte of their flash changes, with
# the rule's code; an override lets them through, and is recorded.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe guarded >recipe.yaml
{ esp32_recipe strict; echo 'policy: {plant: strict}'; } >strict.yaml
cat >bench.yaml <<END
bench: guards
units:
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
  - {chip: esp32, flash: 4MB, bridge: cp2104, content: random}
END
on_bench() { # state folder, script
	expect_status 0 "$M5SIM" run bench.yaml --state "$1" --keep -- sh "$2"
}
untouched() { cmp -s "$1/before.bin" "$1/flash.bin"; }
codes() { # batch
	sql "select group_concat(code, ' ') from (select code from runs where batch='$1' order by code)"
}

# Wrong command lines start nothing.
refused() { # what is said, options
	says=$1
	shift
	expect_status 2 "$FLASHLINE" flash recipe.yaml --all --db none.db "$@"
	expect_line "$says" command.err
	[ ! -e none.db ] || fail "a database was made"
}
refused 'Give --operator and --reason' --override ALREADY_PASSED --operator ann
refused 'Give --operator and --reason' --override ALREADY_PASSED --reason why
refused "'PASS' is no guard: expected some of ALREADY_PASSED, .*PLANT_UNREACHABLE" \
	--override BATCH_FULL,PASS --operator ann --reason why
refused 'control character' --serial "$(printf 'a\tb')"
refused '--serial: .*not UTF-8' --serial "$(printf 'a\377b')"
refused '--batch: .*control character' --batch "$(printf 'a\nb')"
refused '--operator: .*control character' --operator "$(printf 'a\342\200\256b')"
refused '--reason: has 251 bytes' --reason "$(printf '%251s' x)"

# Three units, and two may pass; before that, nobody has approved the recipe.
cat >quota.sh <<END
"$FLASHLINE" guard set approval required --db flashline.db --operator eve --reason audit >rules.out &&
"$FLASHLINE" flash recipe.yaml -p ttyUSB0 --db flashline.db --batch early >early.out
[ \$? = 1 ] || exit 10
"$FLASHLINE" recipe approve recipe.yaml --db flashline.db --operator eve --reason tested >>rules.out &&
"$FLASHLINE" batch open B1 --quantity 2 --db flashline.db --operator eve >>rules.out || exit 11
"$FLASHLINE" flash recipe.yaml --all --db flashline.db --batch B1 --json >quota.out
[ \$? = 1 ] || exit 12
"$FLASHLINE" flash recipe.yaml --all --serial L1 --db flashline.db
[ \$? = 2 ] || exit 13
"$FLASHLINE" flash strict.yaml -p ttyUSB0 --db flashline.db --batch strict --override RECIPE_NOT_APPROVED \
	--operator ann --reason 'try it' >strict.out
[ \$? = 1 ] || exit 14
END
on_bench units quota.sh
equal "not approved" "$(sql "select outcome || ' ' || code || ' ' || party || ' ' || (mac is null) ||
	' ' || (detail like 'nobody has approved guarded revision 1%') from runs where batch='early'")" \
	"ABORTED RECIPE_NOT_APPROVED OPERATOR 1 1"
equal "quota of two" "$(codes B1)" "BATCH_FULL OK OK"
expect_line '"event":"station_start".*"batch_passed":0,"batch_units":2' quota.out
expect_line '"event":"result".*"code":"BATCH_FULL".*"generation":null' quota.out
expect_line '"event":"result".*"code":"OK".*"generation":1' quota.out
expect_line '"event":"summary".*"pass":2.*"aborted":1.*"batch_passed":2,"batch_units":2' quota.out
passed_port=$(sql "select substr(min(node), 6) from runs where code='OK'")
full_port=$(sql "select substr(node, 6) from runs where code='BATCH_FULL'")
untouched units/"$full_port" || fail "the unit that was refused was written to"
holds_esp32 units/"$passed_port"/before.bin units/"$passed_port"/flash.bin || fail "it was reported PASS"
equal "strict without a server" "$(sql "select code || ' ' || (mac is null) from runs where batch='strict'")" \
	"PLANT_UNREACHABLE 1"

# A unit that passed is refused in a batch. Its flash stays as it is.
cat >refused.sh <<END
"$FLASHLINE" flash recipe.yaml -p $passed_port --db flashline.db --batch C >refused.out
[ \$? = 1 ]
END
on_bench units refused.sh
expect_line 'ABORTED ALREADY_PASSED after .*: 24:0a:c4:[0-9a-f:]* passed this recipe at .* UTC, run ' refused.out
expect_line ': this unit has passed this recipe before: take it out$' refused.out
untouched units/"$passed_port" || fail "a unit that had passed was written to"

# An override lets it through, and is stored before the unit is written; verify refuses nothing. From
# then on its serial number is nobody else's.
cat >override.sh <<END
"$FLASHLINE" flash recipe.yaml -p $passed_port --db flashline.db --batch C --serial L1 --json \
	--override ALREADY_PASSED,BATCH_CLOSED --operator ann --reason 'order 4711' >override.out || exit 10
"$FLASHLINE" verify recipe.yaml -p $passed_port --db flashline.db --batch C >verify.out || exit 11
"$FLASHLINE" flash recipe.yaml -p $full_port --db flashline.db --serial L1 >taken.out
[ \$? = 1 ]
END
on_bench units override.sh
holds_esp32 units/"$passed_port"/before.bin units/"$passed_port"/flash.bin || fail "it was reported PASS"
expect_line '"event":"override".*"code":"ALREADY_PASSED","detail":"24:.*","operator":"ann","reason":"order 4711"' override.out
expect_line 'ABORTED SERIAL_TAKEN after ' taken.out
untouched units/"$full_port" || fail "a unit with another one's serial number was written to"
equal "the override" "$(sql "select override.code || ' ' || override.operator || ' ' || reason || ' ' ||
	(utc_ms < end_utc_ms) from override join result using (run_id)")" "ALREADY_PASSED ann order 4711 1"
equal "its entry in the ledger" "$(sql "select count(*) from ledger where kind='override'")" 1
equal "what became of the batch" "$(sql "select group_concat(kind || ' ' || code || ' ' || coalesce(generation, '-') ||
	' ' || coalesce(overridden, '-') || ' ' || coalesce(serial, '-'), ', ') from
	(select * from runs where batch='C' order by run_id)")" \
	"FLASH ALREADY_PASSED - - -, FLASH OK 2 ALREADY_PASSED L1, VERIFY OK - - -"
equal "measured" "$(sql "select count(*) from measurement join runs using (run_id)
	where name='data_rate' and unit='KB/s' and value > 1 and kind='FLASH' and code='OK'")" 3
# A unit that was refused first and passed then counts in the pack as in a report: passed at once.
if command -v unzip >/dev/null; then
	expect_status 0 "$FLASHLINE" audit-pack C --db flashline.db -o C.zip
	unzip -p C.zip summary.txt >summary.out
	expect_line '^  passed_at_first_judged_run_in_batch +1$' summary.out
fi
