#!/usr/bin/env python3
# Checks the ledger of a Flashline database without Flashline: docs/ledger.md says what this does.
import hashlib, sqlite3, sys

CHILDREN = {"recipe": [("recipe_image", "recipe_digest", "position")],
            "result": [("step", "run_id", "position"), ("measurement", "run_id", "position"),
                       ("unit_log", "run_id", "unit_log_id"), ("unit_image", "run_id", "position"),
                       ("console_log", "run_id", "console_log_id")]}
KEYS = {"chain": "chain_id", "station": "station_id", "operator": "name", "slot": "slot",
        "image": "sha256", "recipe": "recipe_digest", "attachment": "sha256", "batch": "batch",
        "batch_change": "batch||'/'||position", "approval": "approval_id", "rule": "rule_id",
        "serial_block": "block_id", "run": "run_id", "override": "run_id||'/'||code",
        "unit": "mac", "result": "run_id", "disposition": "disposition_id",
        "attachment_use": "use_id", "alarm": "alarm_id", "serial_state": "serial_state_id",
        "print_job": "print_id", "print_event": "print_event_id", "lockout": "lockout_id",
        "lockout_end": "lockout_id"}

def sha256(data):
    return hashlib.sha256(data).hexdigest().encode()

def json(value):
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, float):
        return (b"%.17g" % value).replace(b"inf", b"9e999")
    if isinstance(value, memoryview):
        return b'"sha256:' + sha256(value) + b'"'
    return b'"' + b"".join(b"\\u%04x" % c if c < 0x20 else b"\\" + bytes([c]) if c in b'"\\'
                           else bytes([c]) for c in value) + b'"'

def members(row, types):
    return {name.encode(): json(memoryview(row[name]) if types[name] == b"BLOB" else row[name])
            for name in row.keys() if row[name] is not None}

def text(found):
    return b"{" + b",".join(b'"%s":%s' % (n, found[n]) for n in sorted(found)) + b"}"

db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
db.text_factory = bytes
db.row_factory = sqlite3.Row
db.execute("begin")
types = {}
def types_of(table):
    if table not in types:
        types[table] = {r[1].decode(): r[2] for r in db.execute("pragma table_info(%s)" % table)}
    return types[table]

def body(kind, ref):
    row = db.execute("select * from %s where %s = cast(? as text)" % (kind, KEYS[kind]),
                     (ref,)).fetchone()
    if row is None:
        return None
    found = members(row, types_of(kind))
    for table, key, order in CHILDREN.get(kind, []):
        rows = [text(members(r, types_of(table))) + b"\n" for r in db.execute(
            "select * from %s where %s = cast(? as text) order by %s" % (table, key, order),
            (row[key],))]
        seen[table] = seen.get(table, 0) + len(rows)
        if rows:
            found[table.encode()] = b'{"rows":%d,"sha256":"%s"}' % (len(rows), sha256(b"".join(rows)))
    return text(found)

seq, prev, seen = 0, bytes(32), {}
for e in db.execute("select seq, utc_ms, kind, ref, body, prev, hash from ledger order by seq"):
    seq += 1
    entry = b"%d\n%d\n%s\n%s\n%s" % (e["seq"], e["utc_ms"], e["kind"], e["ref"], e["body"])
    digest = hashlib.sha256(prev + hashlib.sha256(entry).digest()).digest()
    if e["seq"] != seq or e["prev"] != prev or e["hash"] != digest:
        sys.exit("entry %d is not what follows entry %d" % (e["seq"], seq - 1))
    kind = e["kind"].decode()
    if body(kind, e["ref"]) != e["body"]:
        sys.exit("entry %d: the record %s %s differs" % (seq, kind, e["ref"].decode()))
    seen[kind] = seen.get(kind, 0) + 1
    prev = digest
for table in list(KEYS) + [child[0] for children in CHILDREN.values() for child in children]:
    if db.execute("select count(*) from %s" % table).fetchone()[0] != seen.get(table, 0):
        sys.exit("%s: a record without an entry" % table)
print(seq, prev.hex())
