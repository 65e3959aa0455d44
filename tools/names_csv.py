#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""names_csv.py ASN-IPV4-NUM ASN-IPV6-NUM COUNTRY-IPV4-NUM COUNTRY-IPV6-NUM > NAMES.csv

Makes "asn,name,country" from npm's @ip-location-db/asn and asn-country. The country of a network
is the one in which most of its announced address space is registered (IPv4 addresses, or IPv6 /48s
for a network without IPv4); the package itself does not say where a network is registered."""
import bisect, collections, csv, sys

def ranges(path, width):
    with open(path) as f:
        return [(int(r[0]), int(r[1]), r[2]) for r in csv.reader(f) if len(r) >= width]

def tally(asn_file, country_file, unit):
    table = ranges(country_file, 3)
    starts = [r[0] for r in table]
    count = collections.defaultdict(collections.Counter)
    for first, last, asn in ranges(asn_file, 3):
        i = max(bisect.bisect_right(starts, first) - 1, 0)
        while i < len(table) and table[i][0] <= last:
            size = min(last, table[i][1]) - max(first, table[i][0]) + 1
            if size > 0:
                count[asn][table[i][2]] += max(1, size // unit)
            i += 1
    return count

asn4, asn6, country4, country6 = sys.argv[1:5]
names = {}
for path in asn6, asn4:
    with open(path) as f:
        for r in csv.reader(f):
            names[r[2]] = " ".join(r[3].split())
four, six = tally(asn4, country4, 1), tally(asn6, country6, 1 << 80)
out = csv.writer(sys.stdout, lineterminator="\n")
out.writerow(["asn", "name", "country"])
for asn in sorted(names, key=int):
    c = four.get(asn) or six.get(asn)
    # Of equals the first in the alphabet, so that the same input gives the same bytes.
    out.writerow([asn, names[asn], min(c, key=lambda k: (-c[k], k)) if c else ""])
