#!/usr/bin/env python3
"""Was everything true that the line said? Looks at what hands.py left in the current folder.

Knows nothing of flashline's code: it compares what was shown (events.jsonl) and recorded
(flashline.db) with what hands did (hands.jsonl) and with what the simulated units went through
(units/*/unit.json, flash.bin). Prints the figures; ends 1 after naming what does not hold.
"""
import argparse
import collections
import datetime
import glob
import json
import os
import sqlite3
import subprocess
import sys

SECTOR = 4096
FILES = [
    (0x1000, "firmware/bootloader.bin"),
    (0x8000, "firmware/partitions.bin"),
    (0x10000, "firmware/app.bin"),
]
VERDICTS = ("PASS", "FAIL")
SETTLE_MS = 500
STAGGER_MS = 150
# A unit that was there for so long after it had settled has to be in the records.
SEEN_MS = 2500
# A run waits so long for a port that has left, and then some for its verdict.
REOPEN_MS = 7000
RESTART_MS = 4000
# Shown as gone at the latest; a chip that restarts is waited for so long.
LEFT_WITHIN_MS = 30000
# Below this many samples a line through them says nothing.
SAMPLES_MIN = 60
# It keeps the pages of its database in memory that were written or read, so many at most (db/db.c
# says it to SQLite). A page of 4096 bytes takes 4368 of them, in chunks of malloc's: our allowance.
CACHE_KB = 65536
CACHE_FACTOR = 1.25

faults = []


def fault(check, text):
    faults.append(f"{check}: {text}")


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def ms_of(event):
    time = datetime.datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    return int(time.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


# ---- the simulated units ----


class Unit:
    def __init__(self, folder, flaw):
        with open(f"{folder}/unit.json", encoding="utf-8") as f:
            self.json = json.load(f)
        self.folder, self.flaw = folder, flaw
        self.name, self.mac = self.json["name"], self.json["mac"]
        self.visits = self.json["visits"] if "visits" in self.json else []
        for visit in self.visits:
            visit["unit"] = self
            visit["line"] = None

    def flash(self, name):
        path = f"{self.folder}/{name}"
        if not os.path.exists(path):
            return b""
        with open(path, "rb") as f:
            return f.read()


def wanted_flash(before, images):
    """What the recipe makes of a flash: its files, FF beside them in their sectors."""
    size = max([len(before)] + [addr + len(data) for addr, data in images])
    size = (size + SECTOR - 1) // SECTOR * SECTOR
    flash = bytearray(before.ljust(size, b"\xff"))
    for addr, data in images:
        first = addr // SECTOR * SECTOR
        last = (addr + len(data) + SECTOR - 1) // SECTOR * SECTOR
        flash[first:last] = b"\xff" * (last - first)
    for addr, data in images:
        flash[addr : addr + len(data)] = data
    return bytes(flash).rstrip(b"\xff")


# ---- what was shown ----


class LineVisit:
    def __init__(self, number, visit):
        self.number, self.visit = number, visit
        self.events = collections.defaultdict(list)
        self.hands = None  # the unit's visit that this was

    def one(self, kind):
        return self.events[kind][0] if self.events[kind] else None

    def __str__(self):
        return f"slot {self.number}, visit {self.visit}"


def line_visits(events):
    visits = {}
    for event in events:
        if event.get("number") and event.get("visit"):
            key = (event["number"], event["visit"])
            visits.setdefault(key, LineVisit(*key)).events[event["event"]].append(event)
    return list(visits.values())


def match(visits, units, nests):
    """Which unit it was that the line saw: the one that stood there while it settled."""
    by_nest = collections.defaultdict(list)
    for unit in units:
        for visit in unit.visits:
            by_nest[visit["nest"]].append(visit)
    for line in visits:
        first = line.one("arrived") or line.one("run_start") or line.one("result")
        if not first:
            continue
        stood_ms = ms_of(first) - SETTLE_MS // 2
        for visit in by_nest[nests[line.number - 1]]:
            if visit["from_ms"] <= stood_ms and (not visit["to_ms"] or stood_ms <= visit["to_ms"]):
                if visit["line"] and visit["unit"].flaw != "loose":
                    fault("one visit", f"{line} and {visit['line']} are one visit of "
                          f"{visit['unit'].name}")
                line.hands, visit["line"] = visit, visit["line"] or line
        if not line.hands:
            fault("nobody there", f"{line}: {first['event']} at {first['time']}, but no unit was")


# ---- checks ----


def check_runs(visits, events, runs):
    shown = collections.Counter(e["run_id"] for e in events if e["event"] == "result" and e["run_id"])
    started = {e["run_id"] for e in events if e["event"] == "run_start"}
    for run_id, count in shown.items():
        if count != 1:
            fault("one result", f"run {run_id} has {count} results")
    for run_id in started - set(shown):
        fault("one result", f"run {run_id} was started and has no result")
    recorded = {run["run_id"] for run in runs}
    for run_id in set(shown) - recorded:
        fault("recorded", f"run {run_id} was shown and is not in the database")
    for run_id in recorded - set(shown):
        fault("recorded", f"run {run_id} is in the database and was never shown")
    by_id = {run["run_id"]: run for run in runs}
    for event in events:
        run = by_id.get(event.get("run_id")) if event["event"] == "result" else None
        if run and (run["outcome"], run["code"]) != (event["outcome"], event["code"]):
            fault("recorded", f"run {run['run_id']} is {run['outcome']} {run['code']}, shown as "
                  f"{event['outcome']} {event['code']}")
        if event["event"] == "result" and event["outcome"] == "PASS" and not event["stored"]:
            fault("recorded", f"a PASS of slot {event['number']} was shown before it was stored")
    for run in runs:
        if not run["outcome"]:
            fault("one result", f"run {run['run_id']} is open")
    for line in visits:
        for kind in ("run_start", "result", "left", "arrived"):
            if len(line.events[kind]) > 1:
                fault("one of each", f"{line} has {len(line.events[kind])} {kind} events")


def is_restart(visit):
    """A chip's own USB goes away when it restarts: a moment without it is no other visit."""
    if visit["unit"].json["bridge"] not in ("usb-jtag", "usb-otg"):
        return False
    return any(other["nest"] == visit["nest"] and other["to_ms"]
               and 0 <= visit["from_ms"] - other["to_ms"] < RESTART_MS
               for other in visit["unit"].visits)


def stays_shown(line):
    """Until another unit comes: what left in its run, and what may run on without USB."""
    result, hands = line.one("result"), line.hands
    if not result or result["code"] == "PORT_GONE":
        return bool(result)
    return (hands and hands["unit"].json["bridge"] in ("usb-jtag", "usb-otg")
            and hands["to_ms"] < ms_of(result) + RESTART_MS)


def check_latched(visits):
    last = collections.Counter()
    for line in visits:
        last[line.number] = max(last[line.number], line.visit)
    for line in visits:
        result, left = line.one("result"), line.one("left")
        if result and left:
            if (left["run_id"], left["code"]) != (result["run_id"], result["code"]):
                fault("latched", f"{line} got {result['code']} and left with {left['code']}")
        if not left:
            if not stays_shown(line) or line.visit != last[line.number]:
                fault("left", f"{line} was never seen to leave")
            continue
        hands = line.hands
        if not hands or not hands["to_ms"] or hands["unit"].flaw in ("unplugged", "loose"):
            continue
        if any(is_restart(v) and v["from_ms"] >= hands["to_ms"] for v in hands["unit"].visits):
            continue
        if ms_of(left) < hands["to_ms"]:
            fault("latched", f"{line}: left {hands['to_ms'] - ms_of(left)} ms before it was taken out")
        is_late = ms_of(left) > hands["to_ms"] + LEFT_WITHIN_MS
        if is_late and not stays_shown(line):
            fault("left", f"{line}: only seen {ms_of(left) - hands['to_ms']} ms after it was taken out")


def check_whose(visits):
    for line in visits:
        for kind in ("identified", "result", "left"):
            event = line.one(kind)
            if event and event["mac"] and line.hands and event["mac"] != line.hands["unit"].mac:
                fault("whose", f"{line}: {kind} tells of {event['mac']}, but "
                      f"{line.hands['unit'].name} ({line.hands['unit'].mac}) was there")


def check_bridges(units, runs):
    """The bridge in a run's record is that of the unit whose MAC stands there."""
    by_mac = {unit.mac: unit for unit in units}
    for run in runs:
        unit = by_mac.get(run["mac"])
        if unit and (run["bridge_serial"] or "") != unit.json["serial"]:
            fault("whose", f"run {run['run_id']} of {unit.name} names the bridge "
                  f"{run['bridge_serial']}, which is {unit.json['serial']}")


def check_flash(units, runs, images):
    """Every PASS is true of the unit that has that MAC, to the last byte of its flash."""
    by_mac = {unit.mac: unit for unit in units}
    checked = 0
    for run in runs:
        if run["outcome"] != "PASS":
            continue
        unit = by_mac.get(run["mac"])
        if not unit:
            fault("true", f"run {run['run_id']} is a PASS of {run['mac']}, which there never was")
            continue
        if run["proof"] != "CHIP_MD5":
            fault("true", f"run {run['run_id']} is a PASS without proof")
        wanted = wanted_flash(unit.flash("before.bin"), images)
        if unit.flash("flash.bin").rstrip(b"\xff") != wanted:
            fault("true", f"{unit.name} has a PASS (run {run['run_id']}) and not the recipe's flash")
        checked += 1
    return checked


def check_once(units, runs, images):
    """Nothing is written to a unit after its verdict, and not twice before it."""
    sectors = sum((a + len(d) + SECTOR - 1) // SECTOR - a // SECTOR for a, d in images)
    by_mac = collections.defaultdict(list)
    for run in runs:
        if run["mac"]:
            by_mac[run["mac"]].append(run)
    for unit in units:
        mine = by_mac[unit.mac]
        ends = [run["end_utc_ms"] for run in mine if run["outcome"] in VERDICTS]
        if len(ends) > 1:
            fault("once", f"{unit.name} has {len(ends)} verdicts")
        tries = sum(run["tries"] or 1 for run in mine)
        written = sum(visit["bytes_programmed"] for visit in unit.visits)
        # What a run before has left is made unusable first, a sector of each image.
        if written > tries * (sectors + len(images)) * SECTOR:
            fault("once", f"{unit.name}: {written} bytes written in {tries} tries")
        for visit in unit.visits:
            is_after = ends and visit["from_ms"] > ends[0]
            if is_after and (visit["bytes_programmed"] or visit["sectors_erased"]):
                fault("once", f"{unit.name} was written to in nest {visit['nest']} after its verdict")
            line = visit["line"]
            code = line.one("result")["code"] if line and line.one("result") else None
            if is_after and code not in (None, "ALREADY_FINISHED", "PORT_GONE"):
                fault("once", f"{unit.name} had its verdict, and then got {code}")
            if not is_after and code == "ALREADY_FINISHED":
                fault("once", f"{unit.name} is refused as finished, and has no verdict")


def line_was_busy_ms(visit, by_number, nests):
    """How long of this visit the line still worked for what left in its run, this unit or another."""
    number = nests.index(visit["nest"]) + 1
    ends = [ms_of(line.one("result")) for line in by_number[number]
            if line.one("result") and line.one("run_start")
            and ms_of(line.one("run_start")) <= visit["from_ms"]]
    return max([0] + [end - visit["from_ms"] for end in ends])


def check_nothing_lost(units, visits, nests):
    by_number = collections.defaultdict(list)
    for line in visits:
        by_number[line.number].append(line)
    for unit in units:
        for visit in unit.visits:
            stayed_ms = (visit["to_ms"] or visit["from_ms"]) - visit["from_ms"]
            line = visit["line"]
            if line and not line.one("run_start") and not line.one("result"):
                stayed_ms -= len(nests) * STAGGER_MS  # it waited for its turn
            stayed_ms -= line_was_busy_ms(visit, by_number, nests)
            if unit.flaw in ("unplugged", "loose") or stayed_ms < SETTLE_MS + SEEN_MS:
                continue
            if is_restart(visit) and not line:
                continue
            if not line:
                fault("lost", f"{unit.name} stood in nest {visit['nest']} for {stayed_ms} ms, unseen")
            elif not line.one("result"):
                fault("lost", f"{unit.name} in nest {visit['nest']} got no result in {stayed_ms} ms")


def check_good_units(units, runs):
    """A unit with nothing wrong with it that was let alone passes; only bad flash fails."""
    passed = {run["mac"] for run in runs if run["outcome"] == "PASS"}
    for unit in units:
        if not unit.flaw and unit.mac not in passed:
            fault("good units", f"{unit.name} never passed")
        for visit in unit.visits:
            result = visit["line"].one("result") if visit["line"] else None
            if not result or result["code"] == "ALREADY_FINISHED":
                continue
            was_alone = not visit["to_ms"] or ms_of(result) <= visit["to_ms"]
            if not unit.flaw and was_alone and result["outcome"] != "PASS":
                fault("good units", f"{unit.name} ({unit.json['bridge']}) got {result['code']}: "
                      f"{result['detail']}")
            if result["outcome"] == "FAIL" and unit.flaw != "bad flash":
                fault("good units", f"{unit.name} ({unit.flaw}) got FAIL {result['code']}")


def check_duplicates(units):
    """No two units have one MAC; only the run that a unit was pulled out of may still claim it."""
    for unit in units:
        for visit in unit.visits:
            result = visit["line"].one("result") if visit["line"] else None
            if result and result["code"] == "DUPLICATE_MAC":
                gaps = [other["from_ms"] - visit["to_ms"] for other in unit.visits]
                gaps += [visit["from_ms"] - other["to_ms"] for other in unit.visits]
                if not any(0 <= gap < REOPEN_MS for gap in gaps):
                    fault("good units", f"{unit.name} is taken for two: {result['detail']}")


def check_records(flashline, db):
    if db.execute("pragma integrity_check").fetchone()[0] != "ok":
        fault("records", "the database is damaged")
    verify = subprocess.run([flashline, "ledger", "verify", "--db", "flashline.db"],
                            capture_output=True, text=True, check=False)
    if verify.returncode:
        fault("records", f"flashline ledger verify: {verify.stdout}{verify.stderr}")


def check_end(events, end):
    if end["died"]:
        fault("end", "flashline ended by itself")
    if end["status"] is None:
        fault("end", "flashline did not end after Ctrl-C")
    if os.path.getsize("flashline.err"):
        with open("flashline.err", encoding="utf-8") as f:
            fault("end", f"on standard error: {f.read(500)}")
    if not events or events[-1]["event"] != "summary":
        fault("end", "no summary")


# ---- flat ----


def fit(points):
    """The line's rise from the first to the last of (x, y), by least squares."""
    n = len(points)
    mean_x = sum(x for x, _ in points) / n
    mean_y = sum(y for _, y in points) / n
    up = sum((x - mean_x) * (y - mean_y) for x, y in points)
    across = sum((x - mean_x) ** 2 for x, _ in points)
    return up / across * (points[-1][0] - points[0][0]) if across else 0


def check_flat(samples, last_new_ms):
    """In the second half of the time during which there were units to plug in."""
    busy = [s for s in samples if s["t"] <= last_new_ms]
    half = busy[len(busy) // 2 :]
    for who in ("flashline", "m5sim"):
        rss = [s[who]["rss_kb"] for s in samples]
        fds = [s[who]["fds"] for s in samples]
        text = f"{who}: memory {rss[0] / 1024:.1f} .. {max(rss) / 1024:.1f} MB"
        text += f", open files {fds[0]} idle, {max(fds)} at most, {fds[-1]} at the end"
        if len(half) >= SAMPLES_MIN:
            rise_kb = fit([(s["t"], s[who]["rss_kb"]) for s in half])
            if who == "flashline":
                rise_db_kb = min(CACHE_KB, fit([(s["t"], s["db_kb"]) for s in half]))
                text += f"; its database grew by {rise_db_kb:.0f} kB"
                rise_kb -= rise_db_kb * CACHE_FACTOR
            rise_fds = fit([(s["t"], s[who]["fds"]) for s in half])
            text += f"; second half ({(half[-1]['t'] - half[0]['t']) / 1000:.0f} s): "
            text += f"{rise_kb:+.0f} kB besides, {rise_fds:+.1f} files"
            if rise_kb > 1024 + 0.02 * max(rss):
                fault("flat", f"the memory of {who} grows: {rise_kb:.0f} kB in the second half")
            if rise_fds > 0.1 * max(fds):
                fault("flat", f"the open files of {who} grow: {rise_fds:.1f} in the second half")
        # What a unit has opened is closed when all have left; a database's own files may stay.
        if fds[-1] > fds[0] + 4:
            fault("flat", f"{who} had {fds[0]} files open before and {fds[-1]} after all")
        print(f"  {text}")


# ---- figures ----


def spread(values, unit="ms"):
    values = sorted(values)
    if not values:
        return "none"
    return (f"{values[len(values) // 2]} {unit} half of them, {values[int(len(values) * 0.99)]} {unit} "
            f"99 %, {values[-1]} {unit} at most ({len(values)})")


def print_figures(units, visits, runs, hands, end):
    outcomes = collections.Counter(run["outcome"] for run in runs)
    verdicts = outcomes["PASS"] + outcomes["FAIL"]
    done = collections.Counter(action["do"] for action in hands)
    print(f"{end['units']} units, {done['plug'] + done['swap']} times plugged in, {done['swap']} of them "
          f"by a quick swap, in {end['worked_s']:.0f} s: {verdicts / end['worked_s'] * 3600:.0f} verdicts "
          "an hour")
    print("  runs: " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common()))
    for flaw in sorted({unit.flaw or "" for unit in units}):
        codes = collections.Counter(
            visit["line"].one("result")["code"]
            for unit in units if (unit.flaw or "") == flaw
            for visit in unit.visits if visit["line"] and visit["line"].one("result"))
        count = sum((unit.flaw or "") == flaw for unit in units)
        print(f"  {flaw or 'nothing wrong'} ({count}): " +
              ", ".join(f"{n} {code}" for code, n in codes.most_common()))
    starts = [ms_of(v.one("run_start")) - v.hands["from_ms"] for v in visits
              if v.hands and v.one("run_start")]
    print(f"  plugged in until its run starts: {spread(starts)}")
    ends = {run["run_id"]: run["end_utc_ms"] for run in runs}
    shown = [v.one("result")["came_ms"] - ends[v.one("result")["run_id"]] for v in visits
             if v.one("result") and v.one("result")["run_id"] in ends]
    print(f"  verdict until it is stored and shown: {spread(shown)}")
    lefts = [ms_of(v.one("left")) - v.hands["to_ms"] for v in visits
             if v.hands and v.hands["to_ms"] and v.one("left")]
    print(f"  taken out until that is seen: {spread(lefts)}")
    print(f"  processor time of flashline: {end['cpu'] / max(1, len(runs)) * 1000:.0f} ms a run")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--flashline", required=True)
    options = p.parse_args()
    hands, events, samples = (read_lines(f"{n}.jsonl") for n in ("hands", "events", "samples"))
    with open("end.json", encoding="utf-8") as f:
        end = json.load(f)
    with open("nests.txt", encoding="utf-8") as f:
        nests = f.read().split()
    flaws = {action["unit"]: action["flaw"] for action in hands if action["do"] == "new"}
    units = [Unit(folder, flaws[os.path.basename(folder)]) for folder in glob.glob("units/u*")]
    if len(units) != end["units"] or len({unit.mac for unit in units}) != len(units):
        fault("units", f"{len(units)} units with a MAC each, {end['units']} were plugged in")
    images = []
    for addr, path in FILES:
        with open(path, "rb") as f:
            images.append((addr, f.read()))
    db = sqlite3.connect("file:flashline.db?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    runs = db.execute("select run.run_id, bridge_serial, outcome, code, mac, proof, tries, end_utc_ms "
                      "from run left join result using (run_id)").fetchall()
    visits = line_visits(events)
    match(visits, units, nests)
    check_runs(visits, events, runs)
    check_latched(visits)
    check_whose(visits)
    check_bridges(units, runs)
    checked = check_flash(units, runs, images)
    check_once(units, runs, images)
    check_nothing_lost(units, visits, nests)
    check_duplicates(units)
    check_good_units(units, runs)
    check_records(options.flashline, db)
    check_end(events, end)
    print_figures(units, visits, runs, hands, end)
    check_flat(samples, max((a["t"] for a in hands if a["do"] == "new"), default=0))
    for text in faults[:60]:
        print(f"FAILED: {text}")
    if faults:
        print(f"{len(faults)} things do not hold")
        return 1
    print(f"all holds: {checked} PASSes are true to the last byte, nothing lost, nothing written twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
