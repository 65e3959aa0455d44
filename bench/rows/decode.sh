#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every record and every attribute decoded, and the lines of bgpdump -m: elements a CPU second as
# a multiple of bgpdump's. Both print or count the same elements, so that the ratio of the times
# is the ratio of the rates.
set -eu
. "$(dirname "$0")/../lib.sh"
routes_and_bgpdump
ninja -C "$root/build" bench/decode_bench >&2
decode=$root/build/bench/decode_bench
for input in R U; do
	peer=$(cpu bgpdump -m "$work/$input")
	ours=$(cpu "$decode" "$work/$input")
	lines=$(cpu "$meridian" observe --as bgpdump "$work/$input")
	at_least "decode $input" "$ours s" "bgpdump -m $peer s" "$(div "$peer" "$ours")" 25
	at_least "bgpdump lines $input" "$lines s" "bgpdump -m $peer s" "$(div "$peer" "$lines")" 5
done
