#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The record: findings a second, its cost in a run, queries by each index, bundles against
# sha256sum, rows into two ClickHouse shards. MERIDIAN_BENCH_FINDINGS (1,000,000; the table's
# 10,000,000 take 11 GB and some minutes) and MERIDIAN_BENCH_RAW_MB (1000) say how large it is; the
# rows say how large it was.
. "$(dirname "$0")/../lib.sh"
findings=${MERIDIAN_BENCH_FINDINGS:-1000000}
raw_mb=${MERIDIAN_BENCH_RAW_MB:-1000}
ninja -C "$root/build" bench/record_bench tests/ch_writer >/dev/null || exit 1
bench=$root/build/bench/record_bench
tmp=$(mktemp -d "$work/record.XXXXXX")
ch_pid_1= ch_pid_2=
trap 'kill -9 $ch_pid_1 $ch_pid_2 2>/dev/null || :; rm -rf "$tmp"' EXIT
export MERIDIAN_KEYS="$tmp/keys"

# 1. Durable findings a second (wall, and per CPU second).
for i in 1 2 3; do
	"$bench" write "$tmp/w$i" 200000
	rm -rf "$tmp/w$i"
done | sort -n | sed -n 2p >"$tmp/rate"
read -r wall_rate cpu_rate <"$tmp/rate"
at_least "findings into the durable record, a second (per CPU second: $cpu_rate)" "$wall_rate" 50000 "$(div "$wall_rate" 50000)" 1

# 2. A run with fewer than 1,000 findings, with and without --record.
case=$root/data/telegram-2026
plain=$(cpu "$meridian" observe -q -o "$tmp/o" --vrps "$case"/vrps-*.json "$case/routes")
kept=$(cpu "$meridian" observe -q -o "$tmp/o" --record "$tmp/run" --vrps "$case"/vrps-*.json "$case/routes")
at_most "the Telegram run with --record, CPU s" "$kept" "$plain" "$(div "$kept" "$plain")" 1.1

# 3. The first 100 rows by any index.
"$bench" write "$tmp/many" "$findings" >/dev/null
ms=$("$bench" query "$tmp/many" 2>/dev/null)
at_most "first 100 rows of the slowest index, $findings findings, ms" "$ms" 50 "$(div "$ms" 50)" 1
rm -rf "$tmp/many"

# 4. Seal and verify against sha256sum over the same bytes (1,000 findings).
"$bench" raw "$tmp/raw" 1000 $((raw_mb * 1000)) >/dev/null
runs=1
seal=$(cpu "$meridian" evidence seal -q --record "$tmp/raw" -o "$tmp/bundle")
runs=3
verify=$(cpu "$meridian" evidence verify "$tmp/bundle")
sum=$(cpu sh -c "cat $tmp/bundle/raw/* | sha256sum")
at_most "seal 1,000 findings with $raw_mb MB, CPU s (sha256sum beside)" "$seal" "$sum" "$(div "$seal" "$sum")" 1.3
at_most "verify the same" "$verify" "$sum" "$(div "$verify" "$sum")" 1.3
rm -rf "$tmp/raw" "$tmp/bundle"

# 5. Rows into two ClickHouse shards on the same cores, acknowledged, exact.
command -v clickhouse-server >/dev/null || { echo "rows into ClickHouse | no clickhouse-server here | | | |"; exit 0; }
. "$root/tests/clickhouse_servers.sh"
ch_start 1 >/dev/null && ch_start 2 >/dev/null || exit 1
spent() { cat /proc/$ch_pid_1/stat /proc/$ch_pid_2/stat | awk '{ n += ($14 + $15) / 100 } END { print n }'; }
for i in 1 2 3; do
	before=$(spent)
	t=$(runs=1 wall "$root/build/tests/ch_writer" "$ch_url" "$tmp/spool" 5000000 "bench $i")
	echo "$t $(spent) $before" | awk '{ print $1, $2 - $3 }'
done | sort -n | sed -n 2p >"$tmp/ch"
read -r t servers <"$tmp/ch"
got=$(ch_ask 'SELECT count() FROM meridian_routes')
[ "$got" = 15000000 ] || echo "rows into ClickHouse | $got rows, not 15000000 | | | | NO"
size=$(ch_ask "SELECT round(sum(bytes_on_disk) / sum(rows), 1) FROM remote('127.0.0.1:$ch_tcp_1,127.0.0.1:$ch_tcp_2', system.parts) WHERE active AND table = 'meridian_routes_local'" 2>/dev/null || :)
rate=$(awk -v t="$t" 'BEGIN { printf "%.0f", 5000000 / t }')
at_least "rows into ClickHouse, two shards, a second, exact ($size bytes a row on disk; CPU s of both servers: $servers of $t)" "$rate" 900000 "$(div "$rate" 900000)" 1
