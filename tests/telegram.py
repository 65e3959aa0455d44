#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""telegram.py MERIDIAN SOURCE_ROOT [shared]: the block of Telegram in India of 16 June 2026,
judged from the routes that the repository carries with its slice of VRPs, or (shared) from
RIPEstat's unaltered answers with all 723,521 VRPs. Few findings, each true; the event with its
start, end, waves, prefixes and carriers."""
import glob
import json
import os
import resource
import subprocess
import sys

meridian, root = sys.argv[1:3]
if len(sys.argv) > 3:
    shared = os.path.join(root, "..", "shared", "data")
    routes = sorted(glob.glob(shared + "/incidents/telegram-2026/*_full.json"))
    vrps = glob.glob(shared + "/rpki/rpkiclient_summary_*.json.bz2")
    if not routes or not vrps:
        print(f"skipped: {shared}/incidents/telegram-2026 is not here")
        sys.exit(77)
else:
    routes = [os.path.join(root, "data", "telegram-2026", "routes")]
    vrps = glob.glob(os.path.join(root, "data", "telegram-2026", "vrps-*.json"))

run = json.loads(subprocess.run([meridian, "observe", "-q", "--json", "--vrps", vrps[0], *routes],
                                check=True, stdout=subprocess.PIPE).stdout)
use = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = use.ru_utime + use.ru_stime
bad = 0


def same(what, is_, want):
    global bad
    if is_ != want:
        print(f"FAILED: {what} is {is_}, not {want}")
        bad += 1


findings = {f["kind"]: f for f in run["findings"]}
same("findings", [f["kind"] for f in run["findings"]], ["route.hijack.exact", "route.invalid"])
hijack = findings.get("route.hijack.exact") or sys.exit(1)
prefixes = hijack["subject"]["prefixes"]
same("actor", (hijack["actor"]["asn"], hijack["actor"]["country"]), (18101, "IN"))
same("victims", [v["asn"] for v in hijack["victims"]], [44907, 59930, 62014, 62041, 211157])
same("first", hijack["first"], "2026-06-16T07:08:57Z")
same("last", hijack["last"], "2026-06-16T21:13:11Z")
same("state", hijack["state"], "ended")
same("prefixes", len(prefixes), 34)
same("RPKI-invalid prefixes", sum(p["rpki"] == "invalid" for p in prefixes), 33)
same("the first prefix", min(prefixes, key=lambda p: p["first"])["prefix"], "95.161.64.0/20")
same("waves", len(hijack["waves"]), 2)
# The second wave is the one of more specifics from about 16:14.
same("the second wave", hijack["waves"][1]["first"][:15], "2026-06-16T16:1")
same("stale peers", sum(b["stale"] for b in hijack["believers"]), 1)
same("the first carrier", hijack["carriers"][0]["asn"], 15412)
if any(not e["sha256"].strip("0") for e in hijack["evidence"]):
    same("evidence", "without a digest", "with one")
# More specific than its ROAs allow: the holder's own answer to the hijack.
own = findings.get("route.invalid") or sys.exit(1)
same("who answers", own["actor"]["asn"], 62041)
same("its rule", own["rule"]["id"], "invalid.length")
same("its prefixes", len(own["subject"]["prefixes"]), 14)
print(f"{len(run['findings'])} findings of {sum(s['routes'] for s in run['sources'])} routes in "
      f"{seconds:.2f} s of CPU time")
sys.exit(bad != 0)
