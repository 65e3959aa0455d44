#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Recorded measurements judged on one core, every fingerprint of the public list looked for: MB of
# JSON a CPU second. Peers: 7.5 MB/s, what OONI's fastpath did with such a mix on one core, as the
# issue tells; and the same facts with each fingerprint searched for by itself, in the same run.
set -eu
. "$(dirname "$0")/../lib.sh"
need_shared
ninja -C "$root/build" bench/edge_bench >&2
bench=$root/build/bench/edge_bench
list=$shared/data/ooni/fingerprints/fingerprints_http.csv
mix=$work/edge.jsonl
python3 - "$shared/data/ooni/measurements" >"$mix" <<'PY'
import glob, json, sys
for folder in ("explorer", "fastpath", "probe-cli-manual", "spec-examples"):
    for path in sorted(glob.glob(sys.argv[1] + "/" + folder + "/*.json")):
        m = json.load(open(path))
        if m.get("test_name") == "web_connectivity":
            print(json.dumps(m))
PY
# middle MODE: the median of $runs.
middle() {
	i=0
	while [ $i -lt "$runs" ]; do
		"$bench" "$1" "$list" "$mix" 2>/dev/null
		i=$((i + 1))
	done | sort -n | sed -n "$(((runs + 1) / 2))p"
}
read=$(middle read)
judge=$(middle judge)
naive=$(middle naive)
at_least "judge measurements, MB/s of JSON" "$judge MB/s" "fastpath 7.5 MB/s" "$judge" 300
at_least "judge measurements, times fastpath" "$judge MB/s" "fastpath 7.5 MB/s" "$(div "$judge" 7.5)" 40
at_least "fingerprints in one pass, times one by one" "$judge MB/s" "one by one $naive MB/s" "$(div "$judge" "$naive")" 10
at_least "facts of measurements only, times ooni/data" "$read MB/s" "ooni/data 87 MB/s" "$(div "$read" 87)" 3
