#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# 1,722 sites behind 100 ms of round trip, every twentieth blocked by silence, measured by `meridian
# probe` with two resolvers and a helper; in namespaces of its own. Peer: 6.7 s a site one at a time,
# what OONI's probe took over 2,466 sites (median of 18 public runs).
set -eu
. "$(dirname "$0")/../lib.sh"
unshare -m -n -p --fork true 2>/dev/null || {
	echo "bench: probe is skipped: it makes namespaces, which this user may not" >&2
	exit 0
}
for tool in nginx nft openssl ip; do
	PATH=$PATH:/usr/sbin:/sbin command -v $tool >/dev/null || {
		echo "bench: probe is skipped: it needs $tool" >&2
		exit 0
	}
done
ninja -C "$root/build" meridian tests/lab/lab_wire >&2
python3 "$root/bench/probe_net.py" "$meridian" "$root/build/tests/lab/lab_wire" 1722 >"$work/probe.json"
value() { python3 -c "import json; r = json.load(open('$work/probe.json')); print($1)"; }
seconds=$(value "r['seconds']")
at_most "1,722 sites, 5 % blocked, s" "$seconds s" "OONI probe 11537 s" "$seconds" 120
at_most "1,722 sites, memory, MB" "$(value "r['megabytes']") MB" "-" "$(value "r['megabytes']")" 200
at_most "1,722 sites, share of two cores" "$(value "r['cpu']") CPU s" "-" \
	"$(value "r['cpu'] / r['seconds'] / 2")" 0.5
right=$(value "r['states'].get('OPEN', 0) == 1635 and r['states'].get('BLOCKED ip.drop', 0) == 87 and 1 or 0")
at_least "1,722 sites, each state right" "$right" "-" "$right" 1
