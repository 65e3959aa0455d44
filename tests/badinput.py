#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""badinput.py MERIDIAN SOURCE_ROOT [slow]: damaged files of the shared data through the program as
a user runs it: all but the 3,255 bodies of BGP messages, of which a seeded forty are taken
(badroutes_test reads every one; SEED=N repeats a choice). It ends with 0 or 3, or with 1 and "not a
kind that I know"; within two seconds and 200 MB; each record is decoded, or counted as skipped with
its reason and offset; what was damaged or cut makes it 3. slow, for a sanitizer's build: no limits,
and neither the good files nor most of the bodies, which badroutes_test reads in one process."""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

meridian, root = sys.argv[1:3]
limits = len(sys.argv) < 4
shared = os.path.join(root, "..", "shared", "data")
folders = ["badinput/mrt", "badinput/bgp", "badinput/mutated"] + ["conformance"] * limits
if not os.path.isdir(os.path.join(shared, folders[0])):
    print(f"skipped: {shared}/{folders[0]} is not here")
    sys.exit(77)

bad = 0
count = {}
worst = [(0, ""), (0, "")]


def fail(path, why):
    global bad
    bad += 1
    if bad <= 20:
        print(f"FAILED: {os.path.relpath(path, shared)}: {why}")


def judge(path, out, err):
    global worst
    out.seek(0)
    out.truncate()
    err.seek(0)
    err.truncate()
    p = subprocess.Popen([meridian, "observe", "--json", path], stdin=subprocess.DEVNULL, stdout=out,
                         stderr=err)
    _, status, use = os.wait4(p.pid, 0)
    p.returncode = status  # it was waited for
    seconds = use.ru_utime + use.ru_stime
    worst = [max(worst[0], (seconds, path)), max(worst[1], (use.ru_maxrss, path))]
    if not os.WIFEXITED(status):
        return fail(path, f"ended by signal {os.WTERMSIG(status)}")
    code = os.WEXITSTATUS(status)
    count[code] = count.get(code, 0) + 1
    err.seek(0)
    said = err.read().decode(errors="replace")
    if code not in (0, 1, 3):
        return fail(path, f"exit status {code}: {said[-600:]}")
    if limits and seconds > 2:
        fail(path, f"{seconds:.1f} s")
    if limits and use.ru_maxrss > 200000:
        fail(path, f"{use.ru_maxrss} kB")
    if code == 1:
        if "not a kind that I know" not in said:
            fail(path, f"it does not say why: {said[:300]}")
        return None
    out.seek(0)
    run = json.load(out)
    source = run["sources"][0]
    if os.path.getsize(path) == 0 and (code != 0 or not source["empty"] or "empty" not in said):
        fail(path, "an empty file is not called empty")
    if source["records"] != source["decoded"] + source["skipped"]:
        fail(path, f"{source['records']} records, {source['decoded']} + {source['skipped']}")
    hurt = bool(source["fault"] or any(g["what"] != "skipped" for g in source["garbled"]))
    if hurt != (code == 3):
        fail(path, f"status {code} with {source['garbled']}, {source['fault']}")
    if source["skipped"] and not source["garbled"]:
        fail(path, "skipped without a word")
    for g in source["garbled"]:
        if not g["why"] or g["offset"] < 0:
            fail(path, f"a fault without reason or place: {g}")
    return None


files = []
for folder in folders:
    here = []
    for at, dirs, names in os.walk(os.path.join(shared, folder)):
        dirs.sort()
        here += [os.path.join(at, name) for name in sorted(names)]
    if folder == "badinput/bgp":
        seed = int(os.environ.get("SEED", time.strftime("%j")))
        print(f"seed {seed}")
        here = random.Random(seed).sample(here, 40 if limits else 10)
    files += here
with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
    for path in files:
        judge(path, out, err)
print(f"{len(files)} files; by exit status: {dict(sorted(count.items()))}; at most "
      f"{worst[0][0]:.2f} s of CPU time, {worst[1][0] // 1000} MB")
sys.exit(1 if bad or len(files) < 60 else 0)
