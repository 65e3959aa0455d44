#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# RFC 6811 of every route of the generated whole-Internet RIB, in the RIB's order, against the
# full VRPs, by librtr's pfx_table_validate and by Meridian; and the loading of the VRPs.
. "$(dirname "$0")/../lib.sh"
need_shared
make_vrps
make_whole
ninja -C "$root/build" bench/rov_bench >/dev/null || exit 1
rov=$root/build/bench/rov_bench
if [ ! -s "$work/S.routes" ]; then
	bgpdump -m "$work/S" 2>/dev/null | awk -F'|' '{ n = split($7, p, " "); print $6, p[n] }' >"$work/S.routes.tmp"
	mv "$work/S.routes.tmp" "$work/S.routes"
fi
# median of the n-th figure of $runs runs; the counts of both must agree
figures() {
	i=0
	while [ $i -lt "$runs" ]; do
		"$rov" "$@" || exit 1
		i=$((i + 1))
	done
}
column() { sort -n -k"$1,$1" "$2" | awk -v c="$1" '{ v[NR] = $c } END { printf "%.3f", v[int((NR + 1) / 2)] }'; }
row() {
	name=$1
	shift
	figures ours "$work/vrps.json" "$work/S.routes" "$@" >"$work/rov.ours"
	figures librtr "$work/vrps.json" "$work/S.routes" "$@" >"$work/rov.librtr"
	[ "$(cut -d' ' -f3-6 "$work/rov.ours" | sort -u)" = "$(cut -d' ' -f3-6 "$work/rov.librtr" | sort -u)" ] || {
		echo "$name | the two disagree | $(tail -n 1 "$work/rov.ours") | $(tail -n 1 "$work/rov.librtr") | | NO"
		exit 1
	}
	ours=$(column 1 "$work/rov.ours") peer=$(column 1 "$work/rov.librtr")
	at_least "$name" "$ours s" "$peer s (librtr)" "$(div "$peer" "$ours")" 10
}
row "RFC 6811, every route of the generated RIB"
row "the same in random order" random
at_most "723,521 VRPs from plain JSON, CPU s" "$(column 2 "$work/rov.ours") s" "-" "$(column 2 "$work/rov.ours")" 0.5
at_most "memory of the VRP table, MB" "$(awk '{ print $8 / 1e6; exit }' "$work/rov.ours")" "-" \
	"$(awk '{ print $8 / 1e6; exit }' "$work/rov.ours")" 60
