#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The probe in the lab (tests/lab, needs root): as many sites as a global list has, 100 ms round trip,
# 5 % of them blocked by timeout; and one blocked site with its trigger and its hop. The peer measures
# 6.7 s a site, one at a time (median over 18 public runs of OONI's probe, 2,466 sites).
set -eu
. "$(dirname "$0")/../lib.sh"
ninja -C "$root/build" meridian tests/lab/lab_wire tests/lab/lab_inject >&2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sites=1722
lab() {
	python3 "$root/tests/lab/lab.py" --meridian "$meridian" --wire "$root/build/tests/lab/lab_wire" \
		--inject "$root/build/tests/lab/lab_inject" --limit 900 "$@" >"$dir/lab.out" 2>&1 || {
		code=$?
		tail -n 5 "$dir/lab.out" >&2
		[ $code = 77 ] && exit 0
		exit $code
	}
}

# Sites at 120 addresses that answer and at 29 that are dropped; the first one in twenty of all.
{
	echo "title $sites sites, 100 ms away, one in twenty dropped"
	echo "link cli-r1 delay=50"
	awk -v n=$sites 'BEGIN {
		for (i = 0; i < n; i++)
			printf "zone s%d.sites A 192.52.193.%d\n", i, i % 20 ? 100 + i % 120 : 225 + i / 20 % 29
	}'
	echo "run srv ip route add local 192.52.193.96/27 dev lo && ip route add local 192.52.193.128/25 dev lo"
	echo "file nat"
	echo "table ip sites {"
	echo "	chain pre {"
	echo "		type nat hook prerouting priority dstnat;"
	echo "		ip daddr 192.52.193.96-192.52.193.254 tcp dport { 80, 443 } dnat to 192.52.193.10"
	echo "	}"
	echo "}"
	echo "end"
	echo "run srv nft -f nat"
	echo "run r2 iptables -A FORWARD -d 192.52.193.224/27 -p tcp -j DROP"
	echo "proof 0 true"
} >"$dir/sites.case"
awk -v n=$sites 'BEGIN { for (i = 0; i < n; i++) printf "https://s%d.sites.example/\n", i }' >"$dir/list"
cat >"$dir/measure.py" <<'PY'
import json, os, resource, subprocess, sys, time
out, more = sys.argv[1], sys.argv[2:]
began = time.monotonic()
p = subprocess.Popen([os.environ["MERIDIAN"], "probe", "-q", "--yes", "--no-whoami", "--ca", os.environ["CA"],
    "--resolver", "system", "--resolver", "192.175.48.53", "--control", "http://192.175.48.10:8080/",
    "--control", "http://192.175.48.11:8080/", "--neutral", "neutral.example", "--nobody", "192.175.48.99",
    "--as", "verdicts", "-o", out + ".verdicts"] + more)
_, status, ru = os.wait4(p.pid, 0)
took = time.monotonic() - began
states = {}
for v in map(json.loads, open(out + ".verdicts")):
    key = v["state"] + ("+trigger" if v["trigger"] else "") + ("+hop" if v["hop"] else "")
    states[key] = states.get(key, 0) + 1
with open(out, "w") as f:
    print("%.1f %.0f %.1f" % (took, ru.ru_maxrss / 1000, ru.ru_utime + ru.ru_stime), file=f)
    print(states, file=f)
sys.exit(status != 0)
PY
lab --exec "python3 $dir/measure.py $dir/many --list $dir/list" "$dir/sites.case"
read -r took memory used <"$dir/many"
echo "probe: $(tail -n 1 "$dir/many")" >&2
at_most "probe $sites sites, 100 ms, 5 % dropped" "$took s" "OONI's probe 6.7 s a site" "$took" 120
at_most "probe $sites sites, memory" "$memory MB" "-" "$memory" 200
at_most "probe $sites sites, CPU of two cores" "$used s" "-" "$(div "$used" "$took")" 1
lab --exec "python3 $dir/measure.py $dir/one https://blocked.example/" sni-drop
read -r took memory used <"$dir/one"
echo "probe: $(tail -n 1 "$dir/one")" >&2
grep -q "BLOCKED+trigger+hop" "$dir/one" || took=999
at_most "probe one blocked site, trigger and hop" "$took s" "-" "$took" 20
