#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""addresses_csv.py ASN-IPV4-NUM ASN-IPV6-NUM > ADDRESSES.csv

Makes "asn,addresses,v6" from npm's @ip-location-db/asn: how many IPv4 addresses, and how many IPv6
/48s, the routes of each network cover. What a scenario weighs networks by."""
import collections, csv, sys

four, six = collections.Counter(), collections.Counter()
for table, path, unit in (four, sys.argv[1], 1), (six, sys.argv[2], 1 << 80):
    with open(path) as f:
        for r in csv.reader(f):
            if len(r) >= 3:
                table[int(r[2])] += max(1, (int(r[1]) - int(r[0]) + 1) // unit)
print("asn,addresses,v6")
for asn in sorted(set(four) | set(six)):
    print(f"{asn},{four[asn]},{six[asn]}")
