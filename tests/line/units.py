"""Which units come off the belt: drawn by seed, most of them good, one in twenty with a flaw."""
import random

BRIDGES = ["cp2104", "ch9102f", "ch340", "m5-ftdi", "cp2102n", "ft232r"]

# The application of the soak's firmware is written through about so many bytes on the wire.
WIRE_BYTES = 60000


class Unit:
    def __init__(self, name, keys, flaw):
        self.name, self.keys, self.flaw = name, keys, flaw
        self.plugs = 0


def keys_of(pairs):
    return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"


def unplugged(dice):
    return f"{{unplug: {{byte: {dice.randint(3000, WIRE_BYTES)}}}}}"


def loose(dice):
    back = dice.randint(100, 1500)
    return f"{{unplug: {{byte: {dice.randint(3000, WIRE_BYTES)}, back_after: {back}}}}}"


def lossy(dice):
    return f"{{lossy_writes: {{beyond: {dice.choice([1024, 2048, 4096])}}}}}"


def bad_flash(dice):
    return f"{{bad_sector: {{address: {dice.choice([0x1000, 0x8000, 0x10000, 0x14000])}}}}}"


def brown_out(dice):
    return f"{{brown_out: {{byte: {dice.randint(2000, WIRE_BYTES)}}}}}"


def silent(_dice):
    return "dead"


def noise(dice):
    return f"{{flip_in: {{frame: {dice.randint(5, 40)}, byte: {dice.randint(1, 8)}}}}}"


FAULTS = {
    "unplugged": unplugged,
    "loose": loose,
    "lossy bridge": lossy,
    "bad flash": bad_flash,
    "brown-out": brown_out,
    "silent": silent,
    "noise": noise,
}
# Nothing is wrong with the unit, but with what hands do to it, or where it ends up.
FLAWS = list(FAULTS) + ["wrong chip", "pulled", "swapped"]


def wrong_chip(dice):
    if dice.random() < 0.5:
        return keys_of([("chip", "esp32s3"), ("bridge", "usb-jtag"), ("flash", "8MB")])
    return keys_of([("chip", "esp32c3"), ("bridge", "cp2104"), ("flash", "4MB")])


def contents(dice):
    """What a unit's flash has held before: nothing, data beside it, an older application too."""
    throw = dice.random()
    if throw < 0.5:
        return "blank"
    data = f"{{fill: random, address: {dice.randrange(0x20000, 0x40000, 256)}, size: 6000}}"
    if throw < 0.8:
        return f"[{data}]"
    return f"[{data}, {{fill: random, address: 0x9000, size: 64K}}]"


def draw(seed, count, flawed=0.05):
    dice = random.Random(seed)
    for nth in range(1, count + 1):
        flaw = dice.choice(FLAWS) if dice.random() < flawed else None
        if flaw == "wrong chip":
            keys = wrong_chip(dice)
        else:
            pairs = [("chip", "esp32"), ("flash", "16MB"), ("bridge", dice.choice(BRIDGES))]
            pairs.append(("content", contents(dice)))
            if flaw in FAULTS:
                pairs.append(("faults", f"[{FAULTS[flaw](dice)}]"))
            keys = keys_of(pairs)
        yield Unit(f"u{nth}", keys, flaw)
