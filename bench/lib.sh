# SPDX-License-Identifier: BSD-2-Clause
# What the rows share; each sources this and prints lines "row | ours | peer | ratio | reach | met".
root=$(cd "$(dirname "$0")/../.." && pwd)
meridian=$root/build/meridian
shared=${MERIDIAN_SHARED:-$root/../shared}
work=${MERIDIAN_BENCH:-${TMPDIR:-/tmp}/meridian-bench}
runs=${MERIDIAN_BENCH_RUNS:-3}
mkdir -p "$work"

# cpu COMMAND…: median CPU seconds (user + system, children too) of $runs runs, output thrown away.
cpu() { timed cpu "$@"; }
# wall COMMAND…: the same for elapsed seconds.
wall() { timed wall "$@"; }
# rss COMMAND…: the largest peak of memory, in MB.
rss() { timed rss "$@"; }

timed() {
	python3 - "$runs" "$@" <<'PY'
import os, resource, statistics, subprocess, sys, time
runs, what, cmd = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
values = []
for _ in range(runs):
    before = time.monotonic()
    p = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, ru = os.wait4(p.pid, 0)
    p.returncode = 0
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 3):
        sys.exit("bench: %s ended with %d" % (cmd[0], code))
    values.append({"cpu": ru.ru_utime + ru.ru_stime, "wall": time.monotonic() - before,
                   "rss": ru.ru_maxrss * 1024 / 1e6}[what])
print("%.3f" % (max(values) if what == "rss" else statistics.median(values)))
PY
}

# at_least NAME OURS PEER RATIO TARGET: prints a row; met when RATIO >= TARGET.
at_least() {
	awk -v n="$1" -v o="$2" -v p="$3" -v r="$4" -v t="$5" \
		'BEGIN { printf "%s | %s | %s | %.2f | >= %s | %s\n", n, o, p, r, t, (r >= t ? "yes" : "NO") }'
}

# at_most NAME OURS PEER RATIO TARGET: met when RATIO <= TARGET.
at_most() {
	awk -v n="$1" -v o="$2" -v p="$3" -v r="$4" -v t="$5" \
		'BEGIN { printf "%s | %s | %s | %.2f | <= %s | %s\n", n, o, p, r, t, (r <= t ? "yes" : "NO") }'
}

# div A B: A / B.
div() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f", a / b }'; }

# The inputs of the table: made once, kept in $work.
need_shared() {
	[ -d "$shared/data" ] || {
		echo "bench: no $shared: set MERIDIAN_SHARED to the folder with data/ and tools/" >&2
		exit 0
	}
}

# need_tool NAME: the peer of a row.
need_tool() {
	command -v "$1" >/dev/null 2>&1 || {
		echo "bench: $1 is not installed" >&2
		exit 0
	}
}

# R: the Route Views RIB of 2014-05-23, its first whole records 40 times. U: updates of 2015, 20 times.
make_rib() {
	[ -s "$work/R" ] && return
	bzip2 -dc "$shared"/data/mrt/rib.20140523*.bz2 >"$work/R.one" 2>/dev/null
	python3 "$shared/tools/trim_mrt.py" "$work/R.one" "$work/R.tmp" 40 >&2
	rm -f "$work/R.one"
	mv "$work/R.tmp" "$work/R"
}
make_updates() {
	[ -s "$work/U" ] && return
	gzip -dc "$shared/data/mrt/updates.et-header.2015.gz" >"$work/U.one"
	python3 "$shared/tools/trim_mrt.py" "$work/U.one" "$work/U.tmp" 20 >&2
	rm -f "$work/U.one"
	mv "$work/U.tmp" "$work/U"
}
# What is held against bgpdump: both of them.
routes_and_bgpdump() {
	need_shared
	need_tool bgpdump
	make_rib
	make_updates
}
make_vrps() {
	[ -s "$work/vrps.json" ] && return
	bzip2 -dc "$shared"/data/rpki/rpkiclient_summary_*.json.bz2 >"$work/vrps.tmp"
	mv "$work/vrps.tmp" "$work/vrps.json"
}
# S: a generated whole-Internet RIB; its tables come from npm.
make_whole() {
	[ -s "$work/S" ] && return
	if [ ! -d "$work/node_modules/@ip-location-db/asn" ]; then
		(cd "$work" && npm install --silent --no-audit --no-fund @ip-location-db/asn) >&2
	fi
	python3 "$shared/tools/gen_rib.py" "$work/S.tmp" "${1:-6}" \
		"$work/node_modules/@ip-location-db/asn/asn-ipv4.csv" \
		"$work/node_modules/@ip-location-db/asn/asn-ipv6.csv" >&2
	mv "$work/S.tmp" "$work/S"
}
