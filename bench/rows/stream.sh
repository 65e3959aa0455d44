#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compressed archives: decompression alone against the fastest tools, and the whole judgment
# (VRPs, ASPA, hijack, leak, bogon) of the compressed RIB.
set -eu
. "$(dirname "$0")/../lib.sh"
need_shared
for tool in lbzip2 igzip gzip; do
	need_tool $tool
done
make_rib
make_vrps
[ -s "$work/R.bz2" ] || { lbzip2 -c "$work/R" >"$work/R.bz2.tmp" && mv "$work/R.bz2.tmp" "$work/R.bz2"; }
[ -s "$work/R.gz" ] || { gzip -6 -c "$work/R" >"$work/R.gz.tmp" && mv "$work/R.gz.tmp" "$work/R.gz"; }
ninja -C "$root/build" meridian bench/stream_bench >&2
stream=$root/build/bench/stream_bench
judge() { echo "$meridian observe --json -q --vrps $work/vrps.json $1"; }

peer=$(cpu lbzip2 -dc "$work/R.bz2")
ours=$(cpu "$stream" "$work/R.bz2")
at_most "bzip2 alone, CPU" "$ours s" "lbzip2 -dc $peer s" "$(div "$ours" "$peer")" 1.0
peer=$(wall lbzip2 -dc "$work/R.bz2")
# shellcheck disable=SC2046
ours=$(wall $(judge "$work/R.bz2"))
at_most "bzip2 RIB, whole judgment, wall" "$ours s" "lbzip2 -dc $peer s" "$(div "$ours" "$peer")" 1.3

peer=$(cpu igzip -dc "$work/R.gz")
ours=$(cpu "$stream" "$work/R.gz")
at_most "gzip alone, CPU" "$ours s" "igzip -dc $peer s" "$(div "$ours" "$peer")" 1.3
# shellcheck disable=SC2046
plain=$(cpu $(judge "$work/R"))
# shellcheck disable=SC2046
ours=$(cpu $(judge "$work/R.gz"))
sum=$(awk -v a="$peer" -v b="$plain" 'BEGIN { printf "%.3f", a + 1.2 * b }')
at_most "gzip RIB, whole judgment, CPU" "$ours s" "igzip + 1.2 x plain $sum s" "$(div "$ours" "$sum")" 1.0
# shellcheck disable=SC2046
ours=$(rss $(judge "$work/R.bz2"))
at_most "memory, bzip2 RIB with 723,521 VRPs, MB" "$ours" "-" "$ours" 150
