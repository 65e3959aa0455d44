#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""formats.py SOURCE_ROOT MERIDIAN FILE…: JSON results have the fields and types of docs/formats.md, no more and no less:
those of the files, and what MERIDIAN prints of the bundled case."""
import glob
import json
import re
import subprocess
import sys


def tables(path):
    """Name of an object -> {field: (type, may be absent)}."""
    out, name = {}, None
    for line in open(path, encoding="utf-8"):
        if line.startswith("#"):
            m = re.fullmatch(r"### ([A-Z]+)\n", line)
            name = m and m[1]
        m = re.match(r"\| `(\w+)` \| (\S+) \|(.*)\|$", line)
        if m and name:
            out.setdefault(name, {})[m[1]] = (m[2], "*(may be absent)*" in m[3])
    return out


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
SIMPLE = {
    "text": lambda v: isinstance(v, str),
    "count": lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0,
    "real": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "time": lambda v: isinstance(v, str) and TIME.fullmatch(v),
    "hex": lambda v: isinstance(v, str) and re.fullmatch(r"([0-9a-f]{2})+", v),
    "code": lambda v: isinstance(v, str) and re.fullmatch(r"[A-Z]{2}", v),
    "any": lambda v: True,
    "LEVEL": lambda v: isinstance(v, list) and len(v) == 2 and TIME.fullmatch(v[0]) and isinstance(v[1], int),
}


def check(where, value, kind, known, bad):
    if kind.endswith("?"):
        if value is None:
            return
        kind = kind[:-1]
    if kind.startswith("["):
        if not isinstance(value, list):
            bad.append(f"{where}: a list is due")
            return
        for i, v in enumerate(value):
            check(f"{where}[{i}]", v, kind[1:-1], known, bad)
    elif kind in SIMPLE:
        if not SIMPLE[kind](value):
            bad.append(f"{where}: {json.dumps(value)[:60]} is no {kind}")
    elif not isinstance(value, dict):
        bad.append(f"{where}: an object is due")
    else:
        for name in value.keys() - known[kind].keys():
            bad.append(f"{where}.{name}: not in docs/formats.md under {kind}")
        for name, (sub, absent) in known[kind].items():
            if name in value:
                check(f"{where}.{name}", value[name], sub, known, bad)
            elif not absent:
                bad.append(f"{where}.{name}: missing")


root, meridian = sys.argv[1:3]
known, bad = tables(root + "/docs/formats.md"), []
texts = [open(path, encoding="utf-8").read() for path in sys.argv[3:]]
case = root + "/data/telegram-2026"
vrps = [a for v in sorted(glob.glob(case + "/vrps-*.json*")) for a in ("--vrps", v)]
run = subprocess.run([meridian, "observe", "-q", "--json", *vrps, case + "/routes", case + "/ooni"],
                     stdout=subprocess.PIPE, check=False)
if run.returncode not in (0, 3):
    bad.append(f"observe ended with {run.returncode}")
texts.append(run.stdout.decode("utf-8"))
for text in texts:
    if text.startswith('{"meridian"'):
        result = json.loads(text)
        check("", result, "RESULT", known, bad)
        for f in result.get("findings", []):
            for e in f["evidence"] + [c for c in f["context"] if c["source"] is not None]:
                if e["source"] >= len(result["sources"]):
                    bad.append(f"{f['id']}: evidence of source {e['source']}, which is not there")
    else:
        for line in text.splitlines():
            check("", json.loads(line), "FINDING", known, bad)
for line in bad[:20]:
    print(line)
sys.exit(1 if bad else 0)
