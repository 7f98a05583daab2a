#!/bin/sh
# The page of a running line: a real 'flashline run', asked as a browser asks it. The page itself
# is looked at by tests/web.
. "$SOURCE/tests/cli/lib.sh"

cat >bench.yaml <<END
bench: bench
units:
  - {count: 2, chip: esp32, flash: 4MB, bridge: ch9102f}
END
esp32_firmware 8K
esp32_recipe web-test >recipe.yaml
# Waits for conditions; whatever is not so is told, and ends 1.
cat >ask.py <<'END'
import json, re, subprocess, sys, time, urllib.error, urllib.request

program = sys.argv[1]
line = subprocess.Popen([program, "run", "recipe.yaml", "--all", "--db", "flashline.db", "--batch", "B-7",
                         "--web", "127.0.0.1:0"], stdout=open("line.out", "w"), stderr=open("line.err", "w"))

def until(what, check):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        if line.poll() is not None:
            sys.exit("the line has ended before " + what)
        time.sleep(0.1)
    sys.exit("never: " + what)

found = until("an address", lambda: re.search(r"(http://127\.0\.0\.1:\d+/)#token=(\w+)", open("line.err").read()))
address, token = found[1], found[2]

def ask(path, body=None, **headers):
    request = urllib.request.Request(address + path, headers=headers,
                                     data=None if body is None else json.dumps(body).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode()

def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, expected {wanted!r}")

def passed():
    tiles = json.loads(ask("api/state")[1])["tiles"]
    return tiles if len(tiles) == 2 and all(t.get("code") == "OK" for t in tiles) else None

tiles = until("two units passed", passed)
expect("a PASS is stored before it is shown", [t["stored"] for t in tiles], [True, True])
mac = tiles[0]["mac"]
units = json.loads(ask("api/unit?q=" + mac)[1])
expect("the unit by its MAC", (units["slots"], units["units"][0][0]["state"]), ([1], "PASSED"))
expect("the unit by the end of its MAC", json.loads(ask("api/unit?q=" + mac[-8:])[1])["units"][0][0]["mac"], mac)
expect("no such unit", json.loads(ask("api/unit?q=M5C2-000418")[1])["units"], [])
history = json.loads(ask("api/history?slot=1")[1])
expect("the log of the run", "proven by the chip's MD5" in ask("api/run?id=" + history["run_id"])[1], True)
status, report = ask("report")
expect("the report of the batch", (status, "B-7" in report, "<script" in report), (200, True, False))
expect("no report of another batch", ask("report?batch=B-8")[0], 404)
digest = json.loads(ask("api/state")[1])["head"]["digest"]
expect("nobody approved it", json.loads(ask("api/recipe?id=" + digest)[1]), {"approved": False, "retired": False})

retest = {"request": "retest", "slot": 1}
plain = {"Content-Type": "application/json"}
expect("no token", ask("api/request", retest, **plain)[0], 403)
status, answer = ask("api/request", retest, Authorization="Bearer " + token, **plain)
expect("a retest", status, 200)
until("the retest is shown", lambda: json.loads(ask("api/history?slot=1")[1]).get("retest")
      or len(json.loads(ask("api/history?slot=1")[1])["past"]) > 1)
line.send_signal(2)
until_end = line.wait(60)
END
expect_status 0 "$M5SIM" run bench.yaml -- python3 ask.py "$FLASHLINE"
