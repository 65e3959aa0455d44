#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""AS hegemony and country transit influence of a table of 2014 against the published ones.

usage: hegemony_shared.py MERIDIAN SOURCE_ROOT [CC,…]. The dates are years apart and the table has one
full-feed session, so this is about ranks, and loosely; docs/resilience.md has the figures.
"""
import csv
import gzip
import os
import subprocess
import sys
import tempfile

meridian, root = sys.argv[1:3]
data = os.path.join(root, '..', 'shared', 'data')
table = os.path.join(data, 'mrt', 'routeviews.route-views.jinx.ribs.1401487200.bz2')
published = os.path.join(data, 'topology', 'ihr', 'AS_hegemony.csv.gz')
influence = os.path.join(data, 'topology', 'cti', 'PAM2022', 'CTI')
graph = os.path.join(data, 'as', '20160101.as-rel.txt.gz')
for path in (table, published, influence, graph):
    if not os.path.exists(path):
        print('skipped:', path, 'is not here')
        sys.exit(77)


def ranks(v):
    order = sorted(range(len(v)), key=lambda i: v[i])
    r, i = [0.0] * len(v), 0
    while i < len(order):
        j = i
        while j < len(order) and v[order[j]] == v[order[i]]:
            j += 1
        for k in range(i, j):
            r[order[k]] = (i + j - 1) / 2
        i = j
    return r


def spearman(pairs):
    x, y = ranks([p[0] for p in pairs]), ranks([p[1] for p in pairs])
    m = (len(pairs) - 1) / 2
    above = sum((a - m) * (b - m) for a, b in zip(x, y))
    return above / (sum((a - m) ** 2 for a in x) * sum((b - m) ** 2 for b in y)) ** 0.5


def ours(lines, *more):
    out = subprocess.run([meridian, 'whatif', 'hegemony', lines, *more], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return {int(a): float(b) for a, b in (line.split('\t')[:2] for line in out.splitlines())}


with tempfile.TemporaryDirectory() as folder:
    lines = os.path.join(folder, 'lines')
    with open(lines, 'wb') as f:
        subprocess.run([meridian, 'observe', '-q', '--as', 'bgpdump', table], check=False, stdout=f)
    h = ours(lines)
    with gzip.open(published, 'rt') as f:
        theirs = {int(r['asn']): float(r['hege']) for r in csv.DictReader(f)}
    both = [a for a in h if a in theirs]
    all_of_them = spearman([(h[a], theirs[a]) for a in both])
    top = [a for a in sorted(theirs, key=lambda a: -theirs[a])[:100] if a in h]
    first = spearman([(h[a], theirs[a]) for a in top])
    print('hegemony: %.3f over %d networks; %.3f over %d of the published first 100'
          % (all_of_them, len(both), first, len(top)))
    cti = []
    for cc in sys.argv[3].split(',') if len(sys.argv) > 3 else ('BD', 'IN', 'KR', 'TH', 'TR'):
        path = os.path.join(influence, 'top.%s.cti.csv' % cc)
        if not os.path.exists(path):
            continue
        c = ours(lines, '--country', cc, '--graph', graph)
        with open(path, encoding='utf-8') as f:
            rows = [r for r in csv.reader(f)][1:]
        pairs = [(c[int(r[0].split('-')[0])], float(r[-1])) for r in rows
                 if r[0].split('-')[0].isdigit() and int(r[0].split('-')[0]) in c]
        if len(pairs) > 9:
            cti.append(spearman(pairs))
            print('CTI %s: %.3f over %d networks' % (cc, cti[-1], len(pairs)))
sys.exit(not (all_of_them > .75 and first > .6 and cti and sum(cti) / len(cti) > .5))
