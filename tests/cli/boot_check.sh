# What units say after their restart decides whether they pass: one unit for each verdict, all
# of them written and proven; values and console in the records.
. "$SOURCE/tests/cli/lib.sh"

esp32_firmware 8K
esp32_recipe boot >recipe.yaml
cat >>recipe.yaml <<'END'
boot_check:
  within: 2500ms
  expect:
    - 'main: firmware (?<fw>\S+)'
    - 'SELFTEST vbat=(?<vbat>[0-9.]+) temp=(?<temp>-?\d+)'
    - 'app ready'
  reject: ['^E \(\d+\) sensor']
  values:
    - {name: fw, equal: 1.4.2}
    - {name: vbat, low: 3.3, high: 4.3, unit: V}
    - {name: temp, low: -10, high: 60, unit: C}
    - {name: wifi, match: 'rssi (-?\d+) dBm', low: -80, unit: dBm}
END
cat >bench.yaml <<'END'
units:
  - chip: esp32
    path: 1.1
    app:
      lines:
        - '\e[0;32mI ({ms}) main: firmware 1.4.2\e[0m'
        - {text: 'I ({ms}) main: SELFTEST vbat={3.60..4.10} temp=24', after: 150}
        - 'I ({ms}) wifi: rssi -51 dBm'
        - 'I ({ms}) main: app ready'
        - 'I ({ms}) main: idle'
      every: 1000
  - {chip: esp32, path: 1.2, app: {lines: [firmware, 'main: firmware 1.4.2', 'SELFTEST vbat=3.12 temp=24', 'rssi -51 dBm', app ready]}}
  - {chip: esp32, path: 1.3, app: {lines: ['main: firmware 1.4.2', 'SELFTEST vbat=3.9 temp=24', 'rssi -51 dBm', '> ']}}
  - {chip: esp32, path: 1.4, app: {lines: ['main: firmware 1.4.2', 'E (400) sensor: no answer from 0x68', app ready]}}
  - {chip: esp32, path: 1.5, app: {lines: ['main: firmware 1.4.2'], ends: panic}}
  - {chip: esp32, path: 1.6, app: {lines: ['main: firmware 1.4.2'], ends: brown_out}}
  - {chip: esp32, path: 1.7, app: {lines: ['main: firmware 1.4.2'], ends: restart}}
  - {chip: esp32, path: 1.8, app: {lines: [], quiet_boot: true}}
  - {chip: esp32, path: 1.9, app: {lines: ['main: firmware 1.4.2', 'SELFTEST vbat=3.9 temp=24', app ready]}}
  - chip: esp32
    path: 1.10
    app: {rate: 460800, quiet_boot: true, lines: ['main: firmware 1.4.2', 'SELFTEST vbat=3.9 temp=24', 'rssi -51 dBm', app ready]}
END
cat >session.sh <<'END'
"$BUILD/flashline" flash recipe.yaml --all --json --db flashline.db >flash.out 2>flash.err
echo $? >flash.status
END
expect_status 0 "$M5SIM" run bench.yaml -- sh session.sh

of() { # USB port, columns
	sql "select $2 from runs where slot like '%/$1:%'"
}
is() { # USB port, CODE
	got=$(of "$1" 'code || " " || outcome || " " || proof')
	[ "$got" = "$2 CHIP_MD5" ] || fail "unit $1: $got, expected $2: $(of "$1" detail)"
}
says() { # USB port, words
	of "$1" detail | grep -qF -- "$2" || fail "unit $1 does not say '$2': $(of "$1" detail)"
}
is 1.1 "OK PASS"
is 1.2 "VALUE_OUT_OF_LIMITS FAIL" && says 1.2 'vbat is 3.12 V, expected 3.3 to 4.3 V: "SELFTEST vbat=3.12'
is 1.3 "BOOT_TEXT_MISSING FAIL" && says 1.3 "'app ready' was not heard within 2.5 s, 2 of 3 were; the last line was \"> \""
is 1.4 "BOOT_TEXT_REJECTED FAIL" && says 1.4 'E (400) sensor: no answer from 0x68'
is 1.5 "BOOT_PANIC FAIL" && says 1.5 "panic'ed (LoadProhibited)"
is 1.6 "BOOT_BROWN_OUT FAIL" && says 1.6 'Brownout detector was triggered'
is 1.7 "BOOT_LOOP FAIL" && says 1.7 'restart 1, where 0 are normal'
is 1.8 "BOOT_SILENT FAIL" && says 1.8 'after two restarts'
is 1.9 "VALUE_MISSING FAIL" && says 1.9 "'wifi'"
is 1.10 "BOOT_NOT_SEEN ERROR" && says 1.10 "is that the rate of the firmware's console?"

# Values of the good unit, as recorded, as told, and with the limits they were judged by.
equal "values" "$(sql "select group_concat(name || ' ' || coalesce(text, value) || ' ' ||
	coalesce(unit, '-') || ' ' || coalesce(low, '-') || ' ' || coalesce(high, '-') || ' ' || outcome, '; ')
	from (select * from measurement join runs using (run_id) where slot like '%/1.1:%' and
	measurement.step = 'boot' and name not in ('boot_time', 'vbat') order by position)")" \
	"fw 1.4.2 - - - PASS; temp 24.0 C -10.0 60.0 PASS; wifi -51.0 dBm -80.0 - PASS"
equal "vbat" "$(sql "select count(*) from measurement join runs using (run_id) where name = 'vbat'
	and slot like '%/1.1:%' and value between 3.6 and 4.1 and measurement.outcome = 'PASS'")" 1
expect_line '"event": ?"result".*"name": ?"fw", ?"value": ?null, ?"text": ?"1.4.2"' flash.out

# The console belongs to the run, without its colours.
sql "select text from console_log join runs using (run_id) where slot like '%/1.1:%'" >console.out
expect_line '^ *0\.[0-9]+ I \([0-9]+\) main: firmware 1\.4\.2$' console.out
expect_line 'rst:0x1 \(POWERON_RESET\)' console.out
sql "select text from console_log join runs using (run_id) where slot like '%/1.5:%'" >panic.out
expect_line 'register dump' panic.out

# A recipe that is wrong says where; check shows what is expected, and its digest covers it.
sed 's/app ready/app (ready/' recipe.yaml >wrong.yaml
expect_status 2 "$FLASHLINE" check wrong.yaml
expect_line "^wrong\.yaml:13:7: error: 'expect': 'app \(ready' .* at character 11: missing closing parenthesis" command.err
expect_status 0 "$FLASHLINE" check recipe.yaml
expect_line '^boot     the console is read for 2\.5 s after the restart$' command.out
expect_line '^value    vbat from 3\.3 to 4\.3 V, required$' command.out
digest=$(sed -n 's/^digest *//p' command.out)
sed 's/high: 60/high: 61/' recipe.yaml >other.yaml
expect_status 0 "$FLASHLINE" check other.yaml
[ "$digest" != "$(sed -n 's/^digest *//p' command.out)" ] || fail "another limit, the same digest"
