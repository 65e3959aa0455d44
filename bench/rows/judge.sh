#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The whole judgment (VRPs, ASPA, hijacks, leaks, bogons; JSON of findings) as a multiple of
# bgpdump -m; the memory of a streamed RIB with VRPs, and that of following updates with full tables.
set -eu
. "$(dirname "$0")/../lib.sh"
routes_and_bgpdump
make_vrps
for input in R U; do
	peer=$(cpu bgpdump -m "$work/$input")
	ours=$(cpu "$meridian" observe -q --json --vrps "$work/vrps.json" "$work/$input")
	at_least "judgment $input" "$ours s" "bgpdump -m $peer s" "$(div "$peer" "$ours")" 10
done
telegram=$(cpu "$meridian" observe -q --json --vrps "$work/vrps.json" \
	"$shared"/data/incidents/telegram-2026/*_full.json)
at_most "the Telegram case with the full VRPs" "$telegram s" "the limit" "$telegram" 4
python3 "$shared/tools/trim_mrt.py" "$work/R" "$work/R2" 2 >&2
once=$(rss "$meridian" observe -q --json --vrps "$work/vrps.json" "$work/R")
twice=$(rss "$meridian" observe -q --json --vrps "$work/vrps.json" "$work/R2")
rm -f "$work/R2"
at_most "memory of a RIB with VRPs, MB" "$once MB" "the limit" "$once" 150
at_most "memory of a RIB twice as long" "$twice MB" "$once MB" "$(div "$twice" "$once")" 1.05
# Full tables: a RIB of the whole Internet from 14 peers, ten million routes, and updates after it.
if make_whole 6 && [ -s "$work/S" ]; then
	whole=$(rss "$meridian" observe -q --json --vrps "$work/vrps.json" "$work/S")
	at_most "memory of the whole Internet's RIB with VRPs, MB" "$whole MB" "the limit" "$whole" 150
	if [ ! -s "$work/S14" ]; then
		python3 "$shared/tools/gen_rib.py" "$work/S14.tmp" 14 \
			"$work/node_modules/@ip-location-db/asn/asn-ipv4.csv" \
			"$work/node_modules/@ip-location-db/asn/asn-ipv6.csv" >&2
		mv "$work/S14.tmp" "$work/S14"
	fi
	updates=$shared/data/mrt/updates.20260222.1530.bz2
	alone=$(rss "$meridian" observe -q --json "$updates")
	full=$(rss "$meridian" observe -q --json "$work/S14" "$updates")
	routes=$("$meridian" observe -q --json "$work/S14" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["run"]["routes"])')
	each=$(awk -v f="$full" -v a="$alone" -v n="$routes" 'BEGIN { printf "%.1f", (f - a) * 1e6 / n }')
	at_most "memory a route, full tables of $routes routes, bytes" "$each" "the limit" "$each" 48
fi
