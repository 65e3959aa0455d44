#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Evidence is complete: what real routes gave is sealed, and judged again from nothing but the
# pieces and the table rows that each finding names; it is the same finding, byte for byte.
# rejudge.sh MERIDIAN SOURCE_ROOT [shared]: slices that the repository has, or whole archives.
meridian=$1 root=$2
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export MERIDIAN_KEYS="$tmp/keys" HOME="$tmp"
bad=0

# judged VRPS AT_LEAST FILE…
judged() {
	tables=$1 least=$2
	shift 2
	rm -rf "$tmp/rec" "$tmp/b"
	"$meridian" observe -q --json -o "$tmp/out.json" ${tables:+--vrps "$tables"} --record "$tmp/rec" "$@" 2>"$tmp/err"
	status=$?
	# 3: an archive that was cut, which was said.
	[ $status = 0 ] || [ $status = 3 ] || {
		echo "FAILED: status $status for $*"
		cat "$tmp/err"
		bad=1
		return
	}
	n=$("$meridian" report "$tmp/rec" --jsonl | grep -c .)
	[ "$n" -ge "$least" ] || {
		echo "FAILED: $n findings, not $least, in $*"
		bad=1
		return
	}
	"$meridian" evidence seal -q --record "$tmp/rec" -o "$tmp/b" &&
		"$meridian" evidence reproduce "$tmp/b" >"$tmp/again" &&
		[ "$(grep -c '^the same' "$tmp/again")" = "$n" ] || {
		echo "FAILED: not the same again: $*"
		grep -v '^the same' "$tmp/again" | cut -c 1-400
		bad=1
		return
	}
	echo "$n findings again from their evidence: ${1##*/}"
}

if [ "${3:-}" = shared ]; then
	shared=$root/../shared/data
	[ -d "$shared/mrt" ] || {
		echo "skipped: $shared/mrt is not here"
		exit 77
	}
	vrps=$(echo "$shared"/rpki/rpkiclient_summary_*.json.bz2)
	judged "$vrps" 4 "$shared/mrt/updates.20260222.1530.bz2"
	judged "$vrps" 1 "$shared/mrt/routeviews.route-views.jinx.updates.1427846400.bz2"
	judged "$vrps" 2 "$shared/mrt/libbgpstream.updates.example.bz2"
	judged "$vrps" 50 "$shared/mrt/updates.et-header.2015.gz"
	judged "$vrps" 25 "$shared/mrt/routeviews.route-views.jinx.ribs.1401487200.bz2" \
		"$shared/mrt/routeviews.route-views.jinx.updates.1401493500.bz2"
	judged "$vrps" 4 "$shared/mrt/rib.20140523.0600_firstMB.bz2"
	judged "$vrps" 2 "$shared"/incidents/telegram-2026/*_full.json
	# States, whose rows do not say their time.
	judged "" 2 "$shared"/incidents/telegram-2026/*_full.json \
		"$shared"/incidents/telegram-2026/bgp_state_*.json
	judged "$vrps" 4 "$shared"/incidents/telegram-2026/atlas "$shared"/incidents/telegram-2026/ooni
	judged "$vrps" 20 "$shared"/ooni/measurements
	judged "$vrps" 10 "$shared"/ooni/censoredplanet
	judged "$vrps" 7 "$shared"/ooni/websteps
else
	cd "$root/tests/data/rejudge" || exit 1
	judged vrps.json 5 updates-20260222.mrt.xz
	judged vrps.json 4 rib-20140523.mrt.xz
	judged vrps.json 9 updates-20260222.mrt.xz rib-20140523.mrt.xz
	judged "$root"/data/telegram-2026/vrps-*.json 6 "$root"/data/telegram-2026
	# Sites and tools: what a verdict was weighed against is named as well.
	grep -q '"as":"contrary"' "$tmp/out.json" && grep -q '"as":"control"' "$tmp/out.json" || {
		echo "FAILED: nothing is contrary, or no control"
		bad=1
	}
	python3 "$root/tests/rejudge_sites.py" >"$tmp/sites.jsonl"
	judged vrps.json 5 "$tmp/sites.jsonl"
	for site in one four down fence long; do
		grep -q "http://$site.example/ " "$tmp/out.json" || {
			echo "FAILED: nothing about $site.example"
			bad=1
		}
	done
	# What rests on more than a finding names says so.
	python3 "$root/tests/rejudge_sites.py" many | "$meridian" observe -q --json -o "$tmp/out.json" -
	grep -q 'rests on 4,206 measurements, of which a part is named' "$tmp/out.json" || {
		echo "FAILED: a part of the evidence is not called one"
		bad=1
	}
fi
exit $bad
