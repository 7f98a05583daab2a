# m5sim ends as its command ends, passes signals on once, and leaves nothing running.
# labels: nothreads
. "$SOURCE/tests/cli/lib.sh"

printf 'units:\n  - {chip: esp32}\n' >bench.yaml
expect_status 0 "$M5SIM" run bench.yaml -- true
expect_status 41 "$M5SIM" run bench.yaml -- sh -c 'exit 41'
expect_status 137 "$M5SIM" run bench.yaml -- sh -c 'kill -KILL $$'
expect_status 127 "$M5SIM" run bench.yaml -- ./no-such-program
expect_line '^m5sim: ./no-such-program: No such file or directory$' command.err
echo text >plain
expect_status 126 "$M5SIM" run bench.yaml -- ./plain
expect_status 2 "$M5SIM" run bench.yaml
expect_status 2 "$M5SIM" run bench.yaml --keep -- true
expect_status 2 "$M5SIM" run bench.yaml --colour -- true
expect_status 2 "$M5SIM" walk
expect_status 0 "$M5SIM" --help
expect_line 'm5sim check BENCH.yaml' command.out
expect_status 0 "$M5SIM" check bench.yaml
expect_line '^ttyUSB0 +pci-0000:00:14.0/1.1:1.0 +cp2104 +10c4:ea60 +esp32 +4MB +24:0a:c4:10:00:00$' command.out

# A signal to m5sim reaches the command, once, and the command's status comes back.
mkfifo ready
cat >trap.sh <<'END'
count=0
trap 'count=$((count + 1)); echo got $count' USR1
trap 'echo terminated; exit 7' TERM
echo running >ready
while :; do sleep 0.05; done
END
for signals in TERM "USR1 TERM"; do
	"$M5SIM" run bench.yaml -- sh trap.sh >command.out 2>command.err &
	m5sim=$!
	read -r line <ready
	for signal in $signals; do
		kill -s "$signal" "$m5sim"
		while [ "$signal" = USR1 ] && ! grep -q got command.out; do sleep 0.02; done
	done
	wait "$m5sim"
	equal "status after $signals" $? 7
done
equal "said" "$(tr '\n' ' ' <command.out)" "got 1 terminated "

# What the command leaves behind ends with it, also what has a session of its own.
# Its length tells a sleep of this test from everybody else's.
cat >orphans.sh <<END
sleep 601.$$ &
setsid sh -c 'sleep 602.$$ & wait' &
(trap "" TERM; echo ignored >ready; sleep 603.$$) &
read -r line <ready
exit 3
END
expect_status 3 "$M5SIM" run bench.yaml -- sh orphans.sh
pgrep -f "^sleep 60[123][.]$$" >left && fail "still running: $(cat left)"

# When m5sim is killed, its command is told to end.
"$M5SIM" run bench.yaml -- sh -c 'echo $$ >command.pid; echo running >ready; exec sleep 600' 2>/dev/null &
m5sim=$!
read -r line <ready
kill -KILL "$m5sim"
wait "$m5sim" 2>/dev/null
tries=1200
while kill -0 "$(cat command.pid)" 2>/dev/null; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || fail "the command outlived m5sim"
	sleep 0.1
done
exit 0
