# The examples of hooks: what they send, with an environment as Flashline makes it. curl, gpioset,
# sendmail and beep are ours: they note how they were called.
# labels: nobench nothreads
. "$SOURCE/tests/cli/lib.sh"
hooks=$SOURCE/station/packaging/examples/hooks

mkdir bin
for name in curl gpioset beep aplay; do
	cat >"bin/$name" <<'END'
#!/bin/sh
{ printf '%s' "${0##*/}"; printf ' [%s]' "$@"; echo; } >>"$CALLS"
case " $* " in *" --config - "*) cat >>"$CALLS" ;; esac
END
done
printf '#!/bin/sh\ncat >"$CALLS"\n' >bin/sendmail
chmod 755 bin/*
CALLS=$work/calls
export CALLS

# event, then NAME=VALUE ...; all that Flashline sets is set, "" where nothing is known.
run_hook() {
	script=$1 event=$2
	shift 2
	rm -f "$CALLS"
	env -i PATH="$work/bin:/usr/bin:/bin" CALLS="$CALLS" FLASHLINE_EVENT="$event" \
		FLASHLINE_STATION=line-3 FLASHLINE_SLOT= FLASHLINE_SLOT_PATH= FLASHLINE_MAC= \
		FLASHLINE_SERIAL= FLASHLINE_OUTCOME= FLASHLINE_CODE= FLASHLINE_PARTY= \
		FLASHLINE_SENTENCE= FLASHLINE_RECIPE=core2 FLASHLINE_REVISION=7 FLASHLINE_BATCH=B-1 \
		FLASHLINE_RUN_ID= FLASHLINE_DURATION_S= FLASHLINE_BATCH_PASSED=500 \
		FLASHLINE_BATCH_OF=500 FLASHLINE_LOCK= FLASHLINE_DETAIL= "$@" "$hooks/$script"
}
called() { # what, expected
	equal "$1" "$(cat "$CALLS")" "$2"
}

# ---- the lamp ----
lamp() { # event, colour, NAME=VALUE ...
	event=$1 colour=$2
	shift 2
	expect_status 0 run_hook andon-light "$event" LAMP_URL='http://lamp/set?c=COLOUR&x=1' "$@"
	called "$event" "curl [--fail] [--silent] [--show-error] [--max-time] [4] [--output] [/dev/null] [http://lamp/set?c=$colour&x=1]"
}
lamp passed green FLASHLINE_OUTCOME=PASS FLASHLINE_SLOT=7
lamp failed amber FLASHLINE_OUTCOME=FAIL FLASHLINE_SLOT=7
lamp locked red FLASHLINE_LOCK=GOLDEN_DUE
lamp locked amber FLASHLINE_LOCK=SLOT_FAILS FLASHLINE_SLOT=7
lamp unlocked green FLASHLINE_LOCK=GOLDEN_DUE
expect_status 0 run_hook andon-light arrived LAMP_URL=x
[ ! -e "$CALLS" ] || fail "the lamp changed when a unit came"

expect_status 0 run_hook andon-light locked LAMP_RELAY="$work/relay"
equal "the relay's bytes" "$(od -An -tx1 relay | tr -d '\n')" " a0 01 00 a1 a0 02 00 a2 a0 03 01 a4"
expect_status 0 run_hook andon-light passed LAMP_RELAY="$work/relay"
equal "the relay's bytes" "$(od -An -tx1 relay | tr -d '\n')" " a0 01 01 a2 a0 02 00 a2 a0 03 00 a3"
expect_status 0 run_hook andon-light failed LAMP_GPIO='gpiochip0 17 27 22'
called gpioset "gpioset [gpiochip0] [17=0] [27=1] [22=0]"
expect_status 2 run_hook andon-light passed

# ---- the message ----
echo 'https://chat.example/hook/SECRET' >webhook
expect_status 0 run_hook message locked WEBHOOK_FILE="$work/webhook" FLASHLINE_LOCK=SLOT_FAILS \
	FLASHLINE_SLOT=7 FLASHLINE_SENTENCE='look at its "cable"' FLASHLINE_DETAIL='C:\bad'
grep -qF '[{"text": "line-3: slot 7: SLOT_FAILS: look at its \"cable\" (C:\\bad)"}]' "$CALLS" ||
	fail "message: $(cat "$CALLS")"
sed -n 1p "$CALLS" | grep -q SECRET && fail "the webhook's address stands on a command line"
expect_line '^url = "https://chat.example/hook/SECRET"$' "$CALLS"
expect_status 0 run_hook message batch_complete MAIL_TO=lead@example.org SENDMAIL="$work/bin/sendmail"
expect_line '^To: lead@example.org$' "$CALLS"
expect_line '^line-3: batch B-1 is complete: 500 of 500 units$' "$CALLS"
expect_status 2 run_hook message locked

# ---- the sound ----
expect_status 0 run_hook sound failed
called beep "beep [-f] [220] [-l] [400]"
mkdir sounds && : >sounds/passed.wav
expect_status 0 run_hook sound passed SOUNDS="$work/sounds"
called aplay "aplay [$work/sounds/passed.wav]"
exit 0
