#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --record [DIR]: what a run keeps, where it goes when no folder is named, what the run itself says
# of its options and its vantage. keep.sh MERIDIAN ROOT
meridian=$(readlink -f "$1")
root=$(readlink -f "$2")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
bad=0
fail() {
	echo "FAILED: $*"
	bad=1
}
case=$root/data/telegram-2026
vrps=$case/vrps-20250720.json
routes=$case/routes
one=$(find "$routes" -type f | sort | tail -1)
export XDG_STATE_HOME="$dir/state" XDG_CONFIG_HOME="$dir/config" MERIDIAN_KEYS="$dir/keys"
mkdir -p config/meridian
echo 'slurm = none.json' >config/meridian/config

# kept WHAT DIR FINDINGS MISSING: the record is whole and has so many.
kept() {
	"$meridian" record check --json "$2" >check 2>err || fail "$1: $(cat err)"
	grep -q '"whole":true' check || fail "$1: $(cat check)"
	grep -q "\"findings\":$3," check || fail "$1: not $3 findings: $(cat check)"
	grep -q "\"missing\":$4," check || fail "$1: not $4 missing: $(cat check)"
}

rm config/meridian/config
"$meridian" observe -q --vrps "$vrps" "$routes" --record >out 2>err || fail "the usual place: $(cat err)"
kept 'the usual place' state/meridian/record 2 0
[ "$(stat -c %a state/meridian/record)" = 700 ] || fail 'the usual place is not private'
"$meridian" record check >out 2>err || fail "check without a folder: $(cat err)"
"$meridian" observe -q --vrps "$vrps" --record here "$routes" >out || fail 'a folder'
kept 'a folder' here 2 0
"$meridian" observe -q --vrps "$vrps" "$routes" --record=there >out || fail 'a folder after ='
kept 'a folder after =' there 2 0
"$meridian" observe -q --record -q --vrps "$vrps" "$routes" >out || fail 'before an option'
kept 'twice in the usual place' state/meridian/record 4 0
printf '[observe]\nrecord = configured\n' >config/meridian/config
"$meridian" observe -q --vrps "$vrps" "$routes" >out || fail 'configured'
kept 'configured' configured 2 0
rm config/meridian/config

# What can be read only once is kept while it is at hand.
"$meridian" observe -q --json --record piped --vrps "$vrps" - <"$one" >out || fail 'standard input'
grep -q '"kind":"route' out || fail 'nothing was found on standard input'
kept 'standard input' piped "$(grep -c '^{"id"' out)" 0

# The run leaf says what was set and whose eyes it had.
"$meridian" evidence seal -q --record here -o bundle >/dev/null 2>err || fail "seal: $(cat err)"
python3 - "$vrps" <<'E2' || bad=1
import glob, json, sys
runs = [json.load(open(f)) for f in glob.glob('bundle/runs/*.json') if not f.endswith('end.json')]
assert runs, 'no run in the bundle'
for run in runs:
    said = {o['name']: o for o in run['config']['options']}
    assert said['vrps']['value'] == sys.argv[1] and said['vrps']['file'] is None, said
    assert said['record']['value'] == 'here', said
    names = {c['name'] for c in run['vantage']['collectors']}
    assert 'rrc00' in names and sum(c['peers'] for c in run['vantage']['collectors']) > 100, names
E2

# Answers of the graph are kept as what came of a run.
for c in 'country IN' 'network AS3320' 'whatif cut --country IN'; do
	"$meridian" $c -q --json --record answers >answer 2>err || fail "$c: $(cat err)"
done
kept answers answers 0 0
grep -q '"runs":3,' check || fail "not three runs: $(cat check)"
"$meridian" whatif routes --record answers >out 2>err && fail 'a table was recorded'
grep -q 'nothing to --record' err || fail "a table: $(cat err)"
"$meridian" observe --as routes --record x "$one" >out 2>err && fail 'lines were recorded'
[ -e x ] && fail 'a record was made of nothing'
env -u XDG_STATE_HOME -u HOME "$meridian" observe --record -q "$one" >out 2>err && fail 'no home'
grep -q 'wants a folder' err || fail "no home: $(cat err)"
# What was kept is read by the views of a country and a network, with where from and when.
"$meridian" country IN -q --json --findings here >view 2>err || fail "country: $(cat err)"
"$meridian" network 62041 -q --json --findings here --findings piped >view2 2>err || fail "network: $(cat err)"
"$meridian" network 18101 -q --json --findings here --vrps "$vrps" "$routes" >view3 2>err || fail "both: $(cat err)"
"$meridian" country DE -q --json --findings here >view4 2>err || fail "a country without: $(cat err)"
python3 - <<'E3' || fail 'what was kept in a view'
import json
v, two, both, none = (json.load(open(f)) for f in ('view', 'view2', 'view3', 'view4'))
[i] = v['incidents']
assert (i['kind'], i['role'], i['kept_in']) == ('route.hijack.exact', 'actor', 'here'), i
[p] = v['incidents_from']
assert p == {'record': 'here', 'findings': 1, 'first': '2026-06-16T07:08:57Z', 'last': '2026-06-16T21:13:11Z'}, p
assert {i['role'] for i in two['incidents'] if i['kind'].startswith('route.hijack')} == {'victim'}, two['incidents']
assert len({i['id'] for i in two['incidents']}) == len(two['incidents']) and len(two['incidents_from']) == 2
# What the routes have as well is told once, from them.
assert [i['kept_in'] for i in both['incidents'] if i['id'] == v['incidents'][0]['id']] == [None], both['incidents']
assert none['incidents'] == [] and none['incidents_from'][0]['findings'] == 0, none['incidents']
E3
"$meridian" country IN -q --findings here | grep -q 'Incidents kept in here: 1, between' || fail 'the text does not say where from'
"$meridian" country --all -q --findings here >out 2>err && fail 'all countries from a record'
grep -q 'one country' err || fail "all: $(cat err)"
"$meridian" network 18101 -q --findings nowhere >out 2>err && fail 'a record that is not there'
grep -q 'nowhere: there is no record here' err || fail "not there: $(cat err)"
# Filters: networks as people write them, and what is none.
for actor in 18101 AS18101; do
	[ "$("$meridian" report here --jsonl --actor $actor | grep -c '^{"id"')" = 1 ] || fail "--actor $actor"
done
[ "$("$meridian" report here --jsonl --victim as62041 | grep -c '^{"id"')" -ge 1 ] || fail '--victim'
# What is left out is not said to be nothing.
"$meridian" report here --country AQ >out 2>err
grep -q '^Nothing that was kept fits --country AQ\.$' out || fail "--country AQ: $(cat out err)"
"$meridian" report here --actor 18101 >out 2>err
grep -q 'Only what fits --actor 18101 is shown' out || fail "--actor: $(cat out err)"
for filter in '--actor Reliance' '--network 4294967296' '--country india' '--kind route.hijak'; do
	"$meridian" report here $filter >out 2>err
	[ $? = 2 ] || fail "$filter: not refused"
	[ -s err ] && [ ! -s out ] || fail "$filter: $(cat err)"
done
for c in 'report nowhere' 'record check nowhere' "report $one"; do
	"$meridian" $c >out 2>err && fail "$c: a record that is not there"
	grep -q 'there is no record here' err || fail "$c: $(cat err)"
done
exit $bad
