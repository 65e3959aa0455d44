#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The conformance tables and the real VRPs of ../shared: whoever has them.
set -u
meridian=$1 root=$2
shared=$root/../shared/data
[ -d "$shared/rpki" ] || {
	echo "there is no ../shared/data, which has the real VRPs and the conformance tables"
	exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# Our own copy of the facts is the same as the table that they come from.
grep -v '^#' "$root/tests/vectors/aspa-openbgpd.csv" >"$dir/ours"
grep -v '^#' "$shared/conformance/aspa/bgpd-regress.csv" | diff "$dir/ours" - || bad=1

# BIRD's origin validation: VRPs, then routes with their states; "r4" and "r6" name the table.
python3 - "$shared/conformance/rov/bird-rov.csv" "$dir" <<'END' || bad=1
import ipaddress, json, sys
rows = [l.strip().split(",") for l in open(sys.argv[1]) if l.strip() and l[0] != "#"]
net = lambda s: ipaddress.ip_network(s, strict=False)
for table, version in (("r4", 4), ("r6", 6)):
    with open(f"{sys.argv[2]}/{table}.json", "w") as f:
        json.dump({"metadata": {}, "roas": [{"asn": int(r[3]), "prefix": str(net(r[1])), "maxLength": int(r[2])}
                   for r in rows if r[0] == "vrp" and net(r[1]).version == version]}, f)
    with open(f"{sys.argv[2]}/{table}.routes", "w") as f, open(f"{sys.argv[2]}/{table}.want", "w") as w:
        for r in rows:
            if r[0] == "check" and r[1] == table:
                print(net(r[2]), r[3], file=f)
                print(net(r[2]), r[3], {"unknown": "not-found"}.get(r[4], r[4]), file=w)
END
for t in r4 r6; do
	[ -s "$dir/$t.want" ] || bad=1
	"$meridian" validate --vrps "$dir/$t.json" "$dir/$t.routes" |
		awk -F'\t' '!/^#/ { sub(/:.*/, "", $3); print $1, $2, $3 }' | diff "$dir/$t.want" - || bad=1
done

# Every real table is read to its end.
for f in "$shared"/rpki/rpkiclient_summary_*.bz2 "$shared"/rpki/ties.rpki_client_csv.csv.xz \
	"$shared"/rpki/ties.routinator_csv.csv.xz "$shared"/conformance/stayrtr/test.rpki.json \
	"$shared"/conformance/stayrtr/smalltest.rpki.json; do
	echo '1.0.0.0/24 13335' | "$meridian" validate --vrps "$f" | grep -q "valid.*1.0.0.0/24-24:AS13335" || {
		echo "$f: 1.0.0.0/24 from AS13335 is not valid"
		bad=1
	}
done
for f in "$shared"/rpki/slurm.full.json "$shared"/rpki/slurm.full_v2.json \
	"$shared"/conformance/stayrtr/test.slurm.json; do
	echo '1.0.0.0/24 13335' | "$meridian" validate --slurm "$f" \
		--vrps "$shared/conformance/stayrtr/test.rpki.json" >/dev/null || {
		echo "$f: not read"
		bad=1
	}
done
exit $bad
