#!/usr/bin/env python3
"""An operator's hands at a line: COMMAND of `m5sim run` on a bench with nests.

Starts `flashline run station.yaml --json`, sees what that shows and nothing else, plugs units in,
takes them out when they have a result, or sometimes before, and plugs some in again. What it did
and saw goes to the current folder: hands.jsonl, events.jsonl (with the time each line came),
samples.jsonl (memory and open files of flashline and of m5sim, once a second), end.json.
"""
import argparse
import json
import os
import random
import selectors
import signal
import subprocess
import sys
import time

import units
from bench import Bench

# Nobody waits longer for a result; the oracle says that it was missing.
GIVE_UP_S = 90
# The result of the unit before still stands there after so long: it is taken for this one's.
LOOK_AGAIN_S = 8
SEEN_AFTER_MS = 250
TRIES = 3
# What a chip with USB of its own runs may have none: its result may stay until another comes.
NATIVE = ("USB-Serial/JTAG", "USB-OTG")


def now_ms():
    return time.time_ns() // 1000000


class Log:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def add(self, **members):
        self.file.write(json.dumps(members) + "\n")
        self.file.flush()


class Slot:
    def __init__(self, number, nest):
        self.number, self.nest = number, nest
        self.unit = None  # that is plugged in
        self.plugged_s = 0
        self.visit = None  # which the line shows
        self.visitor = None  # the unit that this was
        self.shown = None  # its result
        self.latched = False  # a result is shown, whosever it is
        self.is_doubtful = False  # when its unit was plugged in, another's result was shown
        self.has_lost = False  # the unit left in its run: that stays until another comes
        self.due_s = None  # when hands do something here again


class Sampler:
    def __init__(self, pids):
        self.pids, self.log, self.next_s = pids, Log("samples.jsonl"), 0

    @staticmethod
    def look(pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            status = dict(line.split(":", 1) for line in f)
        return {
            "rss_kb": int(status["VmRSS"].split()[0]),
            "threads": int(status["Threads"]),
            "fds": len(os.listdir(f"/proc/{pid}/fd")),
        }

    def tick(self, now_s):
        if now_s < self.next_s:
            return
        self.next_s = now_s + 1
        try:
            looks = {name: self.look(pid) for name, pid in self.pids.items()}
        except (FileNotFoundError, ProcessLookupError, KeyError):
            return
        names = ("flashline.db", "flashline.db-wal")
        size = sum(os.path.getsize(name) for name in names if os.path.exists(name))
        self.log.add(t=now_ms(), db_kb=size // 1024, **looks)


class Line:
    """Flashline, as an operator sees it."""

    def __init__(self, command):
        self.errors = open("flashline.err", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors)
        self.log = open("events.jsonl", "w", encoding="utf-8")
        self.selector = selectors.DefaultSelector()
        os.set_blocking(self.process.stdout.fileno(), False)
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.rest = b""
        self.is_over = False

    def events(self, wait_s):
        if self.is_over or not self.selector.select(max(0, wait_s)):
            return
        got = os.read(self.process.stdout.fileno(), 1 << 20)
        came_ms = now_ms()
        if not got:
            self.is_over = True
            return
        lines = (self.rest + got).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            event = json.loads(line)
            if event["event"] not in ("state", "progress", "step"):
                event["came_ms"] = came_ms
                self.log.write(json.dumps(event) + "\n")
            yield event

    def end(self):
        self.process.send_signal(signal.SIGINT)
        end_s = time.monotonic() + 120
        while not self.is_over and time.monotonic() < end_s:
            for _ in self.events(0.5):
                pass
        status = None
        try:
            status = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        return status


class Hands:
    def __init__(self, options, line):
        self.options, self.line, self.bench = options, line, Bench()
        self.dice = random.Random(options.seed + 1)
        self.belt = units.draw(options.seed, options.units, options.flawed)
        self.log = Log("hands.jsonl")
        with open("nests.txt", encoding="utf-8") as f:
            self.slots = [Slot(i + 1, nest) for i, nest in enumerate(f.read().split())]
        self.by_number = {slot.number: slot for slot in self.slots}
        self.again = []  # units without a verdict, to be tried again
        self.finished = []  # units with one, some of which come back
        self.new_units = 0
        self.is_ready = False
        self.end_s = time.monotonic() + options.minutes * 60 if options.minutes else None

    # ---- units ----

    def next_unit(self):
        if self.again and self.dice.random() < 0.5:
            return self.again.pop(0)
        if len(self.finished) > 3 and self.dice.random() < 0.05:
            return self.finished.pop(self.dice.randrange(len(self.finished)))
        over = self.end_s and time.monotonic() >= self.end_s
        unit = None if over else next(self.belt, None)
        if unit:
            self.new_units += 1
            self.bench.new(unit.name, unit.keys)
            self.log.add(t=now_ms(), do="new", unit=unit.name, keys=unit.keys, flaw=unit.flaw)
            return unit
        return self.again.pop(0) if self.again else None

    def put_aside(self, unit, shown):
        outcome = shown["outcome"] if shown else None
        if outcome in ("PASS", "FAIL") and self.dice.random() < 0.08 and len(self.finished) < 10:
            self.finished.append(unit)
        elif outcome not in ("PASS", "FAIL") and unit.plugs < TRIES and (
            not shown or shown["code"] != "ALREADY_FINISHED"
        ):
            self.again.append(unit)
        else:
            self.bench.forget(unit.name)
            self.log.add(t=now_ms(), do="forget", unit=unit.name)

    # ---- plugs ----

    def begin(self, slot, unit, now_s):
        unit.plugs += 1
        slot.unit, slot.shown, slot.plugged_s = unit, None, now_s
        slot.is_doubtful = slot.latched
        slot.due_s = now_s + (LOOK_AGAIN_S if slot.is_doubtful else GIVE_UP_S)
        if unit.flaw == "pulled" and unit.plugs == 1:
            slot.due_s = now_s + self.dice.uniform(0.2, 5)

    def plug(self, slot, now_s):
        unit = self.next_unit()
        if not unit:
            slot.due_s = None if not self.may_come_back() else now_s + 0.2
            return
        self.bench.plug(slot.nest, unit.name, SEEN_AFTER_MS)
        self.log.add(t=now_ms(), do="plug", slot=slot.number, unit=unit.name, ms=SEEN_AFTER_MS)
        self.begin(slot, unit, now_s)

    def may_come_back(self):
        return any(slot.unit for slot in self.slots)

    def take_out(self, slot, now_s):
        unit, shown = slot.unit, slot.shown
        self.log.add(t=now_ms(), do="unplug", slot=slot.number, unit=unit.name,
                     shown=shown and shown["run_id"])
        self.bench.unplug(slot.nest)
        slot.unit, slot.shown = None, None
        slot.due_s = now_s + self.dice.uniform(0.1, 2)
        self.put_aside(unit, shown)

    def swap(self, slot, other, now_s):
        unit, shown, after_ms = slot.unit, slot.shown, self.dice.choice([50, 120, 300, 800, 2000])
        self.log.add(t=now_ms(), do="swap", slot=slot.number, unit=unit.name, by=other.name,
                     ms=after_ms, shown=shown and shown["run_id"])
        if self.bench.unplug(slot.nest):
            self.bench.plug(slot.nest, other.name, after_ms)
        else:
            self.bench.plug(slot.nest, other.name, SEEN_AFTER_MS)
        self.begin(slot, other, now_s)
        self.put_aside(unit, shown)

    def act(self, slot, now_s):
        if not slot.unit:
            self.plug(slot, now_s)
            return
        wants_swap = self.dice.random() < 0.15 if slot.shown else slot.unit.flaw == "swapped"
        other = self.next_unit() if wants_swap else None
        if other:
            self.swap(slot, other, now_s)
        else:
            self.take_out(slot, now_s)

    # ---- eyes ----

    def see(self, event, now_s):
        kind = event["event"]
        if kind == "station_start":
            self.is_ready = True
            for slot in self.slots:
                slot.due_s = now_s + self.dice.uniform(0, 3)
        slot = self.by_number.get(event.get("number"))
        if slot and kind == "arrived":
            self.see_arrived(slot, event, now_s)
        elif slot and event["visit"] == slot.visit:
            self.see_visit(slot, event, now_s)

    @staticmethod
    def see_arrived(slot, event, now_s):
        # What was shown until now was the result of the unit before, not of this one.
        if slot.unit and (slot.shown or slot.is_doubtful):
            slot.due_s = now_s + GIVE_UP_S
        slot.is_doubtful = False
        slot.visit, slot.visitor = event["visit"], slot.unit
        slot.shown, slot.latched, slot.has_lost = None, False, False

    def see_visit(self, slot, event, now_s):
        kind, unit = event["event"], slot.unit
        if kind == "left":
            slot.visit, slot.latched = None, False
        elif kind == "run_start" and unit and unit.flaw == "swapped" and unit.plugs == 1:
            slot.due_s = now_s + self.dice.uniform(0.1, 3)
        elif kind == "result":
            slot.latched = True
            slot.has_lost = event["code"] == "PORT_GONE" or event["bridge"] in NATIVE
            # One that left in its run is told of when another is plugged in already.
            if unit and unit is slot.visitor:
                slot.shown = event
                slot.due_s = now_s + self.dice.uniform(0.05, 1.5)

    def is_done(self):
        return self.is_ready and all(not s.unit and s.due_s is None for s in self.slots)

    def run(self, sampler):
        while not self.is_done() and not self.line.is_over:
            now_s = time.monotonic()
            if self.is_ready:
                sampler.tick(now_s)
            for slot in self.slots:
                if slot.due_s is not None and slot.due_s <= now_s:
                    self.act(slot, now_s)
            due = [s.due_s for s in self.slots if s.due_s is not None]
            wait_s = min([now_s + 1] + due) - time.monotonic()
            for event in self.line.events(wait_s):
                self.see(event, time.monotonic())

    def settle(self, sampler):
        """Until the line shows that all units have left, for the oracle to compare; 15 s at most."""
        end_s = time.monotonic() + 15
        while not self.line.is_over and time.monotonic() < end_s:
            sampler.tick(time.monotonic())
            for event in self.line.events(0.2):
                self.see(event, time.monotonic())
            if all(slot.visit is None or slot.has_lost for slot in self.slots):
                break


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--flashline", required=True)
    p.add_argument("--units", type=int, required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--flawed", type=float, default=0.05)
    p.add_argument("--minutes", type=float, default=0)
    options = p.parse_args()
    begin_s = time.monotonic()
    line = Line([options.flashline, "run", "station.yaml", "--json", "--db", "flashline.db",
                 "--web", "off"])
    sampler = Sampler({"flashline": line.process.pid, "m5sim": os.getppid()})
    hands = Hands(options, line)
    hands.run(sampler)
    worked_s = time.monotonic() - begin_s
    hands.settle(sampler)
    died = line.is_over
    status = line.end()
    with open("end.json", "w", encoding="utf-8") as f:
        json.dump({"worked_s": worked_s, "units": hands.new_units, "status": status,
                   "died": died, "cpu": os.times().children_user + os.times().children_system}, f)
    return 0


if __name__ == "__main__":
    sys.exit(main())
