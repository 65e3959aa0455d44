#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""vrps_slice.py VRPS.json PREFIX… > SLICE.json

Cuts out of an rpki-client JSON the rows that say something about these prefixes: every VRP that
covers one of them or lies in one, and all ASPAs. Lines are kept as they are; the metadata stays,
with what was done under "slice"."""
import ipaddress, json, re, sys

path, wanted = sys.argv[1], [ipaddress.ip_network(p) for p in sys.argv[2:]]
row = re.compile(r'\s*\{ "asn": \d+, "prefix": "([^"]+)"')
out, kept, seen, inside = [], 0, 0, False
for line in open(path):
    if '"roas": [' in line:
        inside = True
        out.append(line)
    elif inside and line.strip().startswith("]"):
        inside = False
        out[-1] = out[-1].rstrip(",\n") + "\n"
        out.append(line)
    elif inside:
        m = row.match(line)
        if not m:
            continue
        seen += 1
        p = ipaddress.ip_network(m.group(1))
        if any(p.version == w.version and (p.subnet_of(w) or w.subnet_of(p)) for w in wanted):
            out.append(line.rstrip(",\n") + ",\n")
            kept += 1
    else:
        out.append(line)
text = "".join(out).replace('"metadata": {', '"metadata": {\n\t\t"slice": "%d of %d VRPs: those that '
    'cover or lie in %d prefixes; all ASPAs",' % (kept, seen, len(wanted)), 1)
json.loads(text)
sys.stdout.write(text)
print("%d of %d VRPs" % (kept, seen), file=sys.stderr)
for w in wanted:
    if not re.search(r'"prefix": "', text) or not any(
            p.version == w.version and w.subnet_of(p) for p in
            (ipaddress.ip_network(x) for x in re.findall(r'"prefix": "([^"]+)"', text))):
        print("no VRP covers", w, file=sys.stderr)
