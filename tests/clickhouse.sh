#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Two real ClickHouse servers: rows are stored once each, whoever is killed and whenever.
# clickhouse.sh MERIDIAN CH_WRITER SOURCE_ROOT
set -eu
meridian=$1 writer=$2 root=$3
for tool in clickhouse-server curl; do
	command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
tmp=$(mktemp -d)
. "$root/tests/clickhouse_servers.sh"
trap 'kill -9 $ch_pid_1 $ch_pid_2 2>/dev/null || :; wait 2>/dev/null || :; rm -rf "$tmp"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
ch_start 1 && ch_start 2
echo "ClickHouse $(ch_ask 'SELECT version()')"
want() { got=$(ch_ask "$1"); [ "$got" = "$2" ] || fail "$1: $got, not $2 ($3)"; }
rows='SELECT count() FROM meridian_routes'

# A sender that is not disturbed; then the same again: nothing twice.
"$writer" "$ch_url" "$tmp/spool" 700000 plain
want "$rows" 700000 'a plain run'
want 'SELECT count() FROM meridian_findings' 1 'a finding'
a=$(ch_ask 'SELECT count() FROM meridian_routes_local')
[ "$a" -gt 0 ] && [ "$a" -lt 700000 ] || fail "one shard has all: $a"
# Blocks of 200,000 rows, less only at a month's and the input's end, each of one month, sorted.
want 'SELECT count() >= 4 AND count() <= 6, max(n) = 200000, max(m) FROM (SELECT block, count() AS n, uniqExact(toYYYYMM(time)) AS m FROM meridian_routes GROUP BY block)' '1	1	1' 'blocks'
ch_ask 'SELECT uniqExact(block) FROM meridian_blocks_local' | grep -qx '[2-9]' || fail 'the ledger of blocks'
"$writer" "$ch_url" "$tmp/spool" 700000 plain
want "$rows" 700000 'the same input again'
want 'SELECT count() FROM meridian_findings' 1 'the same finding again'
"$meridian" report --json "$ch_url" | grep -q '"kind":"route.hijack.exact"' || fail 'report reads findings'
"$meridian" report --json --kind site "$ch_url" | grep -q '"findings":\[\]' || fail 'report filters'

# Killed again and again at moments of its own, then let through: exact.
for t in 0.05 0.15 0.3 0.45 0.6 0.8 1.0; do
	"$writer" "$ch_url" "$tmp/spool2" 900000 killed 2>/dev/null & w=$!
	sleep $t
	kill -9 $w 2>/dev/null || :
	wait $w 2>/dev/null || :
done
"$writer" "$ch_url" "$tmp/spool2" 900000 killed
want "$rows" 1600000 'a sender that was killed seven times'

# Several senders share a spool, two of them with the same input, and are killed; who comes next
# sends what the others left, but not what somebody is sending.
for round in 1 2 3 4; do
	ws=
	for seed in shared1 shared2 shared3 shared1; do
		"$writer" "$ch_url" "$tmp/spool.shared" 600000 $seed 2>/dev/null & ws="$ws $!"
	done
	sleep 0.$((round * 2 + 1))
	kill -9 $ws 2>/dev/null || :
	for w in $ws; do wait $w 2>/dev/null || :; done
done
ws=
for seed in shared1 shared2 shared3 shared2; do
	"$writer" "$ch_url" "$tmp/spool.shared" 600000 $seed & ws="$ws $!"
done
for w in $ws; do wait $w || fail 'a sender that shares its spool'; done
want "$rows" 3400000 'senders that share a spool'
[ -z "$(ls "$tmp/spool.shared")" ] || fail "left in the spool: $(ls -R "$tmp/spool.shared")"

# The server is killed instead: what was not acknowledged waits on disk.
"$writer" "$ch_url" "$tmp/spool3" 900000 server >"$tmp/out" 2>&1 & w=$!
sleep 0.1
# It stands still first: however fast the machine, the sender is not done before it dies.
kill -STOP $ch_pid_2
sleep 0.3
kill -9 $ch_pid_2; wait $ch_pid_2 2>/dev/null || :
wait $w && fail 'a sender that lost its server said that all is well'
grep -q 'wait in' "$tmp/out" || fail "$(cat "$tmp/out")"
ls "$tmp"/spool3/*/*.block >/dev/null || fail 'nothing was spooled'
# A shard that is missing is said, never silent.
! "$meridian" report --json "$ch_url" >/dev/null 2>"$tmp/no" || fail 'a missing shard was silent'
grep -qi 'clickhouse at' "$tmp/no" || fail "$(cat "$tmp/no")"
ch_start 2
"$writer" "$ch_url" "$tmp/spool3" 900000 server
want "$rows" 4300000 'a server that was killed'
! ls "$tmp"/spool3/*/*.block >/dev/null 2>&1 || fail 'the spool was not emptied'

# The same with a server that is away before the sender begins, whichever it is.
for shard in 1 2; do
	eval "kill -9 \$ch_pid_$shard; wait \$ch_pid_$shard 2>/dev/null || :"
	! "$writer" "$ch_url" "$tmp/spool$shard.away" 300000 "away$shard" >"$tmp/out" 2>&1 || fail 'it began without a server and said that all is well'
	ch_start $shard
	"$writer" "$ch_url" "$tmp/spool$shard.away" 300000 "away$shard"
	"$writer" "$ch_url" "$tmp/spool$shard.away" 300000 "away$shard"
	want "$rows" $((4300000 + 300000 * shard)) "a server that was away at first ($shard)"
done

# Compressed, as for servers elsewhere (a name that is not this machine's).
host=$(echo "$ch_url" | sed 's/127\.0\.0\.1/0/g')
"$writer" "$host" "$tmp/spool4" 150000 packed
want "$rows" 5050000 'compressed'

# observe --store, and its findings by report.
case=$root/data/telegram-2026
"$meridian" observe -q -o /dev/null --store "$ch_url" --spool "$tmp/spool5" --store-routes --vrps "$case"/vrps-*.json "$case/routes"
want "$rows" 5073288 'routes of a run'
"$meridian" report --kind route.hijack --actor 18101 --victim 62041 --country AE --json "$ch_url" | grep -q 'AS18101' || fail 'the finding of the run'
want 'SELECT count() FROM meridian_runs' 10 'runs'
# The store is read as a record is: runs with their sources, findings that name them.
"$meridian" observe -q -o /dev/null --record "$tmp/rec" --vrps "$case"/vrps-*.json "$case/routes"
"$meridian" report --json "$ch_url" | grep -q '"kind":"ripestat' || fail 'sources are not told from a store'
"$meridian" report --diff "$tmp/rec" "$ch_url" >"$tmp/diff" || fail diff
[ "$(grep -c 'not the same\|only in the first' "$tmp/diff")" = 1 ] || { cat "$tmp/diff"; fail 'a record and the store of the same run differ'; }
# Measurements of the edge, as OONI writes them; again: nothing twice.
for again in 1 2; do
	"$meridian" observe -q -o /dev/null --store "$ch_url" --spool "$tmp/spool6" "$root/tests/data/evidence/blocked.json"
done
want 'SELECT count(), any(test), any(asn), any(country) FROM meridian_measurements' '1	web_connectivity	64500	IN' 'measurements'
ch_ask 'SELECT json FROM meridian_measurements' | grep -q 'blocked.example' || fail 'a measurement in full'
"$meridian" report --country IN --kind site "$ch_url" | grep -q 'blocked.example' || fail 'a finding of the edge by its country'
# What a probe measured and found, and its run. When the store is away it waits, and is shown all the same.
measure() {
	"$meridian" probe -q --loopback --no-whoami --neutral none --nobody none --no-follow --yes --timeout 2 --rest 0.001 \
		--country IN --spool "$tmp/spool7" "$@" http://127.0.0.1:9/
}
n=$(ch_ask 'SELECT count() FROM meridian_runs')
measure --json --store "$ch_url" >"$tmp/probed" || fail 'a probe'
want 'SELECT count() FROM meridian_measurements' 2 'a measurement of a probe'
want "SELECT count() FROM meridian_measurements WHERE input = 'http://127.0.0.1:9/' AND country = 'IN'" 1 'whose'
want 'SELECT count() FROM meridian_runs' $((n + 1)) 'the run of a probe'
# The measurements that --resume keeps are the same run when they are sent again.
for again in 1 2; do
	measure --resume "$tmp/kept" --store "$ch_url" >/dev/null || fail 'a probe with a file'
done
want 'SELECT count() FROM meridian_measurements' 3 'the same measurements again'
! measure --json --spool "$tmp/spool9" --store clickhouse://127.0.0.1:9/default >"$tmp/shown" 2>"$tmp/no" || fail 'a store that is away was silent'
grep -q 'wait in' "$tmp/no" || fail "$(cat "$tmp/no")"
grep -q '"sources"' "$tmp/shown" || fail 'a probe whose store is away shows nothing'
measure --dry-run --store "$ch_url" | grep -q 'is sent to clickhouse' || fail '--dry-run does not name the store'
! measure --as ooni --store "$ch_url" >/dev/null 2>&1 || fail 'lines were stored'

# Answers of the graph: what came of a run; again: nothing twice.
n=$(ch_ask 'SELECT count() FROM meridian_runs')
for again in 1 2; do
	for c in 'country IN' 'network 3320' 'whatif cut --country IN'; do
		"$meridian" $c -q --json -o "$tmp/answer" --store "$ch_url" --spool "$tmp/spool8" || fail "$c"
	done
done
want 'SELECT count() FROM meridian_runs' $((n + 3)) 'answers'
want "SELECT count() FROM meridian_runs WHERE position(json, '\"answer\"') > 0 AND position(json, '\"command\"') > 0" 3 'an answer and its command'
! "$meridian" whatif routes --store "$ch_url" >/dev/null 2>"$tmp/no" || fail 'a table was stored'
grep -q 'nothing to --store' "$tmp/no" || fail "$(cat "$tmp/no")"

# The views of a country and a network read what was found, from the store as from a record.
"$meridian" observe -q -o /dev/null --record "$tmp/rec" "$root/tests/data/evidence/blocked.json"
view() {
	"$meridian" $1 -q --json --findings "$2" >"$tmp/view" || fail "$1 from $2"
	python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert all(i['kept_in'] == sys.argv[2] for i in d['incidents']), d['incidents']
assert d['incidents_from'][0]['record'] == sys.argv[2] and d['incidents_from'][0]['first'], d
for i in sorted(d['incidents'], key=lambda i: i['id']):
	if 'announced 34 prefixes' in i['title'] or 'blocked.example' in i['title']: print(i['id'], i['kind'], i['role'])
" "$tmp/view" "$2" || fail "$1 from $2: who, where, when"
}
for c in 'country IN' 'country AG' 'network 18101' 'network 62041'; do
	view "$c" "$tmp/rec" >"$tmp/a"
	view "$c" "$ch_url" >"$tmp/b"
	grep -q 'route.hijack.exact' "$tmp/a" || fail "$c has no incident"
	cmp "$tmp/a" "$tmp/b" || { cat "$tmp/a" "$tmp/b"; fail "$c: a record and the store differ"; }
done
view 'country IN' "$ch_url" | grep -q 'site.blocked place' || fail 'a site that is blocked there'
echo 'all exact'
