#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The AS graph against the plain breadth-first program of the same run (bench/plain.c), on the
# graph of 2018-01. Times are CPU seconds as measured; "two cores" is half of them.
set -eu
. "$(dirname "$0")/../lib.sh"
need_shared
ninja -C "$root/build" bench/graph_bench >&2
graph=$shared/data/as/20180101.as-rel.txt.gz
"$root/build/bench/graph_bench" "$graph" hegemony >"$work/graph.out"
get() { awk -v n="$1" '$1 == n { print $2 }' "$work/graph.out"; }
cpus() { sed -n "s/^pairs_$1 .* wall, \([0-9.]*\) cpu.*/\1/p" "$work/graph.out"; }
networks=$(sed -n 's/.*(\([0-9]*\) networks.*/\1/p' "$work/graph.out")
one_plain=$(get one_plain)
one=$(get one_ours)
at_least "one origin, all fields" "$one ms" "plain $one_plain ms" "$(div "$one_plain" "$one")" 2.5
plain=$(awk -v a="$one_plain" -v n="$networks" 'BEGIN { printf "%.1f", a * n / 1000 }')
for simd in avx512 avx2 portable; do
	ours=$(cpus $simd)
	[ -n "$ours" ] || continue
	target=16
	[ $simd = avx512 ] || target=8
	at_least "all pairs, $simd" "$ours cpu s" "plain $plain cpu s" "$(div "$plain" "$ours")" $target
done
at_most "all pairs, memory" "$(get memory) kB" "" "$(div "$(get memory)" 1000000)" 1
hops=$(get next_hops)
at_most "all pairs with next hops, two cores" "$hops cpu s" "" "$(div "$hops" 2)" 15
at_most "hijack trial, exact, 30 % ROV" "$(get trial) ms" "" "$(get trial)" 1
at_most "hegemony of every origin, 10 million routes" "$(get hegemony) cpu s" "" "$(get hegemony)" 30
cut=$(cpu "$meridian" whatif cut --country US --graph "$graph")
at_most "cut of US, before and after, all its pairs, two graphs, two cores" "$cut cpu s" "" "$(div "$cut" 2)" 3
law=$(cpu "$meridian" whatif gateway --country US --through 7018 --graph "$graph")
at_most "gateway of US, the same" "$law cpu s" "" "$(div "$law" 2)" 3
paths=$shared/data/topology/asrel-inference/p2010.paths.txt.gz
relate=$(cpu "$meridian" whatif relate -q "$paths")
at_most "relationships from 99,122 paths" "$relate s" "published Perl 8.6 s on 68,000" "$relate" 0.5
