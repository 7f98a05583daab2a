#!/usr/bin/env python3
"""A unit that was swapped within a moment and got the USB device number of the one before.

COMMAND of `m5sim run`, on a bench with the nests 1.1 and 1.2, of which flashline's line has the
first. Device numbers begin anew behind 127: units come and go in the other nest until the next
number is the one that the first nest's unit will leave. Ends 0 when the line sees both units.
"""
import os
import sys
import time

from bench import Bench
from hands import Line

PATIENCE_S = 120
NUMBER_MAX = 127
KEYS = "{chip: esp32, flash: 16MB, bridge: ch340}"


def number_at(nest):
    try:
        with open(f"/sys/bus/usb/devices/1-{nest}/devnum", encoding="utf-8") as f:
            return int(f.read())
    except (FileNotFoundError, ValueError):
        return None


def wait(what, until):
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        got = until()
        if got:
            return got
        time.sleep(0.001)
    sys.exit(f"never came: {what}")


def next_result(line):
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s and not line.is_over:
        for event in line.events(1):
            if event["event"] == "result":
                return event
    sys.exit("no result")


def main():
    bench = Bench()
    for unit in ("first", "second", "other"):
        bench.new(unit, KEYS)
    line = Line([sys.argv[1], "run", "station.yaml", "--json", "--db", "flashline.db", "--web", "off"])
    bench.plug("1.1", "first", 0)
    before = next_result(line)
    number = number_at("1.1")
    # The first unit has the lowest number behind the hubs'.
    for _ in range(NUMBER_MAX):
        bench.plug("1.2", "other", 0)
        other = wait("the other unit", lambda: number_at("1.2"))
        bench.unplug("1.2")
        if other == NUMBER_MAX:
            break
    bench.swap("1.1", "second", 0)
    wait("the second unit", lambda: number_at("1.1"))
    print(f"device number {'the same' if number_at('1.1') == number else 'another'}")
    after = next_result(line)
    print(f"first {before['outcome']}, second {after['outcome']}, "
          f"{'two units' if before['mac'] != after['mac'] else 'one unit'}")
    line.end()


if __name__ == "__main__":
    main()
