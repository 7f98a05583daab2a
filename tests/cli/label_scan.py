"""Types texts into a pipe as a scanner's input device tells its keys: label_scan.py PIPE TEXT..."""
import struct
import sys

PLAIN = {c: n for row, first in (("1234567890-=", 2), ("qwertyuiop[]", 16), ("asdfghjkl;'", 30), ("zxcvbnm,./", 44))
         for n, c in enumerate(row, first)}
SHIFTED = dict(zip("!@#$%^&*()_+", range(2, 14))) | {":": 39, "?": 53}
LEFT_SHIFT, ENTER, EV_KEY = 42, 28, 1


def event(code, value):
    return struct.pack("llHHi", 0, 0, EV_KEY, code, value)


def stroke(code):
    return event(code, 1) + event(code, 0)


with open(sys.argv[1], "wb", buffering=0) as pipe:
    for text in sys.argv[2:]:
        keys = b""
        for c in text:
            if c in PLAIN:
                keys += stroke(PLAIN[c])
            elif c.lower() in PLAIN:
                keys += event(LEFT_SHIFT, 1) + stroke(PLAIN[c.lower()]) + event(LEFT_SHIFT, 0)
            else:
                keys += event(LEFT_SHIFT, 1) + stroke(SHIFTED[c]) + event(LEFT_SHIFT, 0)
        pipe.write(keys + stroke(ENTER))
