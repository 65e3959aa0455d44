#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a user of `meridian country`, `network` and `whatif` sees on the bundled graph: answers on the
# terminal, in JSON and as a page, figures from routes and VRPs, and errors that name what is wrong.
meridian=$(readlink -f "$1") root=$(readlink -f "$2")
. "$(dirname "$0")/says.sh"
case=$root/data/telegram-2026

# holds WHAT PYTHON: the JSON in out, as d, makes it true.
holds() {
	python3 -c '
import json, sys
d = json.load(open("out"))
def ranged(f): return f["low"] <= f["value"] <= f["high"]
def part(n): return next(p for p in d["parts"] if p["name"] == n)
def manrs(n): return next(p for p in d["manrs"] if p["metric"] == n)
sys.exit(not eval(sys.argv[1]))' "$2" && return
	echo "FAILED: $1: not so: $2"
	bad=1
}
# page WHAT MAPS: page.html is whole, asks nobody for anything and has so many maps.
page() {
	python3 - "$2" <<'P' && return
import re, sys
t = open('page.html', encoding='utf-8').read()
assert "default-src 'none'" in t, 'no policy'
assert '<script' not in t, 'a script'
# A link that a reader may follow asks nobody.
t = re.sub(r'<a href="https://[^"]*">', '', t)
assert not re.search(r'(?:src|href|action)\s*=\s*["\']?(?:https?:)?//', t), 'asks a server'
assert not re.search(r'@import|url\(', t), 'a style asks for something'
assert t.count('<svg') == int(sys.argv[1]), '%d maps' % t.count('<svg')
assert 'June 2018' in t, 'the graph is not dated'
P
	echo "FAILED: the page of $1"
	bad=1
}

is 0 'a cut, as a person reads it' "$meridian" whatif cut --country KE
says out 'June 2018'
is 0 'a cut' "$meridian" whatif cut --country KE --json --html page.html
holds 'a cut' 'd["links_lost"] > 0 and d["border_links_left"] == 0'
holds 'its figures have ranges' 'all(ranged(d["reach"][p][f]) for p in ("inside", "inward", "outward")
 for f in ("share_before", "share_after", "by_addresses_after", "length_before"))'
holds 'nobody gets in' 'd["reach"]["inward"]["share_after"]["high"] == 0'
holds 'caveats' 'len(d["caveats"]) > 0 and "2018" in json.dumps(d["graph"])'
page 'a cut' 2

is 0 'a gateway' "$meridian" whatif gateway --country RU --through 12389 --json --brief --html page.html
holds 'a gateway' '0 < d["border_links_left"] < d["links_lost"]'
holds 'a gateway is no cut' '0.5 < d["reach"]["inward"]["share_after"]["value"] < d["reach"]["inward"]["share_before"]["value"]'
holds 'the brief' 'len(d["impact"]) > 0'
page 'a gateway' 2

is 0 'a hijack' "$meridian" whatif hijack --attacker 18101 --victim 62041 --kind exact --rov 30 --json --html page.html
holds 'a hijack' 'd["hijack"]["low"] <= d["hijack"]["believe"] <= d["hijack"]["high"] and d["hijack"]["trials"] > 1'
holds 'its error is told' 'd["hijack"]["standard_error"] > 0 and "without_uncertain_peer_links" in d["hijack"]'
page 'a hijack' 2
mv out first
is 0 'a hijack again' "$meridian" whatif hijack --attacker 18101 --victim 62041 --kind exact --rov 30 --json
cmp -s first out || {
	echo 'FAILED: the same seed gives another answer'
	bad=1
}

# Profiles: without routes what needs them is missing, and the coverage says so.
is 0 'a country' "$meridian" country IN --json --html page.html
holds 'a country' '0 < d["score"] <= 100 and abs(d["coverage"] - .7) < 1e-9'
holds 'each part says all of itself' 'all(p["input"] and p["source"] and p["weight"] > 0 and p["raise_by_five"] and (p["value"] is None or p["at_most_points"] >= 0) for p in d["parts"]) and part("doors")["needs"] is None and part("doors")["at_most_points"] < 5'
holds 'and the date of what is there' 'all(p["date"] for p in d["parts"] if p["value"] is not None)'
mv out profile.json
is 0 'a country, as a person reads it' "$meridian" country IN
python3 - <<'P' || bad=1
import html, json, re, sys
d, text = json.load(open('profile.json')), open('out').read()
page = html.unescape(re.sub('<[^>]*>', ' ', open('page.html').read()))
flat = lambda s: ' '.join(s.replace('\u00a0', ' ').split())
bad = 0
for p in d['parts']:
    want = [p['name'] + ': ' + p['input'], p['raise_by_five'], '%.0f' % p['weight']]
    if p['value'] is not None:
        want += ['%.2f' % p['value'], p['source'] + ', ' + p['date'],
                 'value +%.2f' % p['needs'] if p['needs'] is not None else 'at most %.1f more' % p['at_most_points']]
    for w in want:
        for form, s in (('text', text), ('page', page)):
            if w not in flat(s):
                print('FAILED: the part', p['name'], 'does not say', w, 'in the', form)
                bad = 1
sys.exit(bad)
P
mv profile.json out
holds 'no routes' 'd["announced"] is None and d["incidents"] is None and part("route origins signed")["value"] is None'
holds 'MANRS says what it needs' 'all(m["score"] is None and m["needs"] for m in d["manrs"]) and d["manrs_coverage"] == 0'
page 'a country' 1
is 0 'a network' "$meridian" network 62041 --json --html page.html
holds 'a network' 'd["asn"] == 62041 and len(d["providers"]) == 5 and d["must_fail_before_dark"] == 4 and d["prefixes"] is None'
page 'a network' 0
is 0 'VRPs only' "$meridian" network 62041 --vrps "$case"/vrps-*.json --json
holds 'VRPs only' 'd["vrps_v4"] == 11 and d["vrps_v6"] == 1 and manrs("M7RPKI")["score"] is None'

# The incident that the repository carries, seen from both of its ends.
is 0 'its victim' "$meridian" network 62041 --vrps "$case"/vrps-*.json "$case"/routes --json
holds 'prefixes' 'len(d["prefixes"]) == 26 and sum(p["rpki"] == "invalid" for p in d["prefixes"]) == 14'
holds 'why' 'all(p["why"] == "length" for p in d["prefixes"] if p["rpki"] == "invalid")'
holds 'its incident' 'any(i["role"] == "victim" and i["kind"].startswith("route.hijack") for i in d["incidents"])'
holds 'M2, M7' 'manrs("M2")["score"] == 100 and manrs("M7RPKI")["score"] == 100 and abs(manrs("M7RPKIN")["value"] - 14 / 26) < 1e-5'
holds 'M5 is missing' '0 < d["manrs_coverage"] < 1 and manrs("M2C")["score"] is None and manrs("M5")["score"] is None and "Spoofer" in manrs("M5")["needs"]'
holds 'nothing of others' 'd["carried"]["says"] == "no-routes" and d["carried"]["prefixes"] == 0'
is 0 'a carrier' "$meridian" network 3356 --vrps "$case"/vrps-*.json "$case"/routes --json
holds 'it carries invalid ones' 'd["carried"]["says"] == "carries-invalid" and len(d["carried"]["invalids"]) == d["carried"]["invalid"] > 0 and manrs("M2")["score"] == 100'
is 0 'one that no route has' "$meridian" network 15169 --vrps "$case"/vrps-*.json "$case"/routes --json
holds 'is not called ready' 'all(manrs(m)["score"] is None and "seen" in manrs(m)["needs"] for m in ("M1", "M2", "M3", "M4")) and d["carried"]["says"] == "no-routes"'
is 0 'its country' "$meridian" country IN --vrps "$case"/vrps-*.json --routes "$case"/routes --json
holds 'invalids' 'd["announced"]["invalid"] >= 33 and any(x["origin"] == 18101 for x in d["announced"]["invalids"])'
holds 'too few networks for the score' 'd["announced"]["counted_in_score"] is False and abs(d["coverage"] - .7) < 1e-9'
holds 'the actor' 'any(i["role"] == "actor" and i["kind"].startswith("route.hijack") for i in d["incidents"])'
holds 'M2' 'manrs("M2")["value"] >= .5 and manrs("M2")["score"] < 100'

is 0 'a mandate that nobody obeys' "$meridian" whatif mandate rov --in SE --adoption 0 --trials 4 --json
holds 'changes nothing' 'd["scenario"].startswith("What if 0 % of") and all(a["before"]["believe"] == a["after"]["believe"] for a in d["attacks"])'

# A registry's dump: the prefix itself, below one, none; an object that cannot be read is told.
printf 'route: 91.108.4.0/22\norigin: AS62041\n\nroute: 149.154.160.0/22 # four\norigin:\n+ AS62041\n\nroute6: 2001:67c:4e8::/48\norigin: AS1\n\naut-num: AS62041\nimport: from AS1 accept ANY\n' | gzip >irr.gz
is 0 'a registry' "$meridian" network 62041 --irr irr.gz "$case"/routes --json
holds 'what it has' 'd["irr"]["routes"] == 2 and d["irr"]["routes6"] == 1 and d["irr"]["of_its_own"] == 2 and manrs("M6")["score"] == 100'
holds 'prefix by prefix' '{p["prefix"]: p["route_object"] for p in d["prefixes"] if p["prefix"] in ("91.108.4.0/22", "91.108.4.0/23", "95.161.64.0/20")} == {"91.108.4.0/22": "exact", "91.108.4.0/23": "covered", "95.161.64.0/20": "none"}'
holds 'M7IRR' 'abs(manrs("M7IRR")["value"] - sum(p["route_object"] == "none" for p in d["prefixes"]) / 26) < 1e-5'
printf 'route: 10.0.0.0/33\norigin: AS1\n\naut-num: AS62041\n' >bad.txt
is 3 'a registry with an object that cannot be read' "$meridian" network 62041 --irr bad.txt --json
says err 'bad.txt: passed over 1 object .* in line 1'
holds 'no policy' 'manrs("M6")["score"] == 0 and manrs("M7IRR")["score"] is None'
is 1 'no registry at all' "$meridian" network 62041 --irr "$root/tests/profiles.sh"
says err 'no route, route6 or aut-num object'
is 2 'of all countries' "$meridian" country --all --irr irr.gz
says err 'one country or network'

# A country whose routes are all there: 64601 signs, 64602 does not, 64603 announces another's.
printf '64500|64501|0\n64500|64601|-1\n64500|64602|-1\n64501|64603|-1\n64501|64602|-1\n' >graph.txt
printf '64500,SE\n64501,SE\n64601,KE\n64602,KE\n64603,KE\n' >countries.csv
printf '64500,1\n64501,1\n64601,256,1\n64602,256\n64603,256\n' >addresses.csv
cat >vrps.csv <<'V'
ASN,IP Prefix,Max Length,Trust Anchor
AS64601,192.0.2.0/24,24,ripe
AS64601,2001:db8::/32,32,ripe
V
python3 - <<'P' || exit 1
import struct
def mrt(t, b): return struct.pack('>IHHI', t, 16, 4, len(b)) + b
def net(p, n): return bytes([n]) + bytes(p[:(n + 7) // 8])
def update(path, v4=b'', v6=b''):
    a = b'\x40\x01\x01\x00\x40\x02' + bytes([2 + 4 * len(path), 2, len(path)])
    a += b''.join(struct.pack('>I', x) for x in path) + b'\x40\x03\x04\xc6\x33\x64\x01'
    if v6:
        m = b'\x00\x02\x01\x10' + bytes([0x20, 1, 0xd, 0xb8]) + bytes(12) + b'\x00' + v6
        a += b'\x80\x0e' + bytes([len(m)]) + m
    b = b'\x00\x00' + struct.pack('>H', len(a)) + a + v4
    return b'\xff' * 16 + struct.pack('>HB', 19 + len(b), 2) + b
head = struct.pack('>IIHH', 64500, 64499, 0, 1) + bytes([198, 51, 100, 1, 198, 51, 100, 2])
m = [update([64500, 64601], net([192, 0, 2], 24)),
     update([64500, 64601], net([192, 0, 2], 24)),
     update([64500, 64601], v6=net([0x20, 1, 0xd, 0xb8], 32)),
     update([64500, 64602], net([203, 0, 113], 24)),
     update([64500, 64501, 64603], net([192, 0, 2], 24))]
open('routes.mrt', 'wb').write(b''.join(mrt(1781593737 + i, head + x) for i, x in enumerate(m)))
P
own='--graph graph.txt --countries countries.csv --addresses addresses.csv'
is 0 'routes of all its networks' "$meridian" country KE $own --vrps vrps.csv routes.mrt --json
holds 'counted' 'd["announced"]["counted_in_score"] and d["announced"]["networks"] == 3 and d["announced"]["networks_v6"] == 1'
holds 'states' '(d["announced"]["valid"], d["announced"]["invalid"], d["announced"]["not_found"]) == (2, 1, 1)'
holds 'signed' 'abs(part("route origins signed")["value"] - .5) < 1e-9 and abs(d["coverage"] - .8) < 1e-9'
holds 'IPv6' 'abs(part("IPv6")["value"] - 1 / 3) < 1e-5'
is 0 'without VRPs' "$meridian" country KE $own routes.mrt --json
holds 'still missing' 'part("route origins signed")["value"] is None and abs(d["coverage"] - .7) < 1e-9 and manrs("M7RPKI")["score"] is None'
# Exchanges and filters: 64601 and 64602 are members, half of what is carried is by 64500, which filters.
printf 'ix_id,peer_asn,ix_cc\n7,64601,KE\n7,64602,KE\n9,64500,SE\n9,65000,SE\n' >ix.csv
cat >ix.json <<'J'
{"meta": {}, "data": [{"id": 7, "name": "Kenya IX", "country": "KE", "media": "Ethernet"}]}
J
cat >ixf.json <<'J'
{"version": "1.0", "timestamp": "2026-06-01T00:00:00Z", "ixp_list": [{"ixp_id": 1, "shortname": "KIXP", "name": "KIXP Nairobi", "country": "KE"}],
 "member_list": [{"asnum": 64601, "connection_list": [{"ixp_id": 1, "state": "active"}]}, {"asnum": 64602, "connection_list": [{"ixp_id": 1}]}]}
J
cat >netixlan.json <<'J'
{"data": [{"id": 1, "ix_id": 7, "name": "Kenya IX: LAN", "asn": 64601}, {"id": 2, "ix_id": 7, "name": "x", "asn": 64602}]}
J
printf 'name,asn,status\nA,64500,safe\nB,64501,unsafe\nC,,safe\n' >filters.csv
is 0 'exchanges and filters' "$meridian" country KE $own --vrps vrps.csv --ixps ix.csv --ixps ix.json --filters filters.csv routes.mrt --json
holds 'all is known' 'abs(d["coverage"] - 1) < 1e-9'
holds 'members' 'd["exchanges"]["member_networks"] == 2 and d["exchanges"]["in_the_country"] == 1 and abs(part("exchanges")["value"] - 514 / 771) < 1e-5'
holds 'filters' '0 < part("transit that validates")["value"] < 1'
holds 'every part has its source' 'all(p["source"] for p in d["parts"]) and part("route origins signed")["date"] == "2026-06-16"'
for file in ixf.json netixlan.json; do
	is 0 "exchanges from $file" "$meridian" country KE $own --ixps $file --json
	holds "$file" 'd["exchanges"]["member_networks"] == 2 and abs(part("exchanges")["value"] - 514 / 771) < 1e-5'
done
is 0 'a dated export' "$meridian" country KE $own --ixps ixf.json --json
holds 'its date' 'part("exchanges")["date"] == "2026-06-01" and d["exchanges"]["in_the_country"] == 1'
printf '64601|64602|0\n' | cat graph.txt - >peered.txt
is 0 'an exchange by its name' "$meridian" whatif remove --ixp 'kixp nairobi' --ixps ixf.json --graph peered.txt --json
holds 'its peering goes' 'd["links_lost"] == 1'
is 1 'no such exchange' "$meridian" whatif remove --ixp nowhere --ixps ixf.json --graph peered.txt
says err 'no exchange has the number or name "nowhere"'
is 0 'a ranked table' "$meridian" country --all $own --vrps vrps.csv routes.mrt --json --html page.html
holds 'ranks' '[c["rank"] for c in d["countries"]] == [1, 2] and {c["country"] for c in d["countries"]} == {"KE", "SE"}'
holds 'with routes' 'all(part_of["value"] is not None for c in d["countries"] if c["country"] == "KE" for part_of in c["parts"] if part_of["name"] == "route origins signed")'
grep -q '<svg' page.html || { echo 'FAILED: the ranked page has no map'; bad=1; }
is 0 'the ranked table as text' "$meridian" country --all $own
says out 'Kenya'

# The report of a run has the countries that its findings touch, the one that acts first.
is 0 'a report' "$meridian" observe -q --vrps "$case"/vrps-*.json --html page.html -o out "$case"/routes
says page.html '<section id="profiles"'
grep -q '<summary><h3>India</h3></summary>' page.html || { echo 'FAILED: India is not in the report'; bad=1; }

# A record shown again has the same ones.
is 0 'a record' "$meridian" observe -q --vrps "$case"/vrps-*.json --record kept -o out "$case"/routes
is 0 'its page' "$meridian" report -q --html again.html -o out kept
for page in page again; do sed -n '/<section id="profiles"/,/<\/section>/p' $page.html >$page.part; done
cmp page.part again.part || { echo 'FAILED: the page of a record has other profiles'; bad=1; }

printf 'garbage' >>routes.mrt
is 3 'damaged routes' "$meridian" country KE $own --vrps vrps.csv routes.mrt --json
holds 'and yet all before the damage' 'd["announced"]["valid"] == 2'

# A cut counts for the attacks of the same scenario: nobody outside finds the victim any more.
printf '1|2|-1\n1|3|-1\n2|4|-1\n1|5|-1\n' >graph.txt
printf '1,SE\n2,KE\n3,SE\n4,KE\n5,SE\n' >countries.csv
printf '1,1\n2,1\n3,1\n4,1\n5,1\n' >addresses.csv
echo 'hijack --attacker 3 --victim 2 --kind exact' >scenario
is 0 'a hijack from a file' "$meridian" whatif scenario $own --json
holds 'nobody believes it' 'd["hijack"]["believe"] == 0'
printf 'cut --country KE\nhijack --attacker 3 --victim 2 --kind exact\n' >scenario
is 0 'a hijack after a cut' "$meridian" whatif scenario $own --json
holds 'who is outside believes it' 'abs(d["hijack"]["believe"] - 2 / 3) < 1e-5 and d["links_lost"] == 1'
holds 'both have their caveats' 'd["caveats"] and d["attack_caveats"]'

# Routes that a sanction refuses are refused in attacks too: 5 has the victim's route from 1, and only
# the attacker's is left.
printf '1|2|-1\n1|3|-1\n1|5|-1\n4|3|-1\n4|5|-1\n' >graph.txt
printf '1,SE\n2,KE\n3,SE\n4,SE\n5,RU\n' >countries.csv
printf 'depeer --between KE,RU\nhijack --attacker 3 --victim 2 --kind exact\n' >scenario
is 0 'a sanction on links' "$meridian" whatif scenario $own --json
holds 'one believes it' 'abs(d["hijack"]["believe"] - 1 / 3) < 1e-5'
printf 'depeer --between KE,RU --transit\nhijack --attacker 3 --victim 2 --kind exact\n' >scenario
is 0 'a sanction on routes' "$meridian" whatif scenario $own --json
holds 'two believe it' 'abs(d["hijack"]["believe"] - 2 / 3) < 1e-5'
printf 'depeer --between RU,KE --transit\nmandate rov --in top:2\n' >scenario
is 0 'a mandate beside it' "$meridian" whatif scenario $own --json --trials 5

# What is wrong is named, and nothing is computed.
wrong() {
	want=$1 text=$2
	shift 2
	is "$want" "$text" "$meridian" "$@"
	says err "$text"
	[ -s out ] && {
		echo "FAILED: $* printed something"
		bad=1
	}
}
wrong 2 'cut wants --country' whatif cut
wrong 2 'did you mean cut' whatif cutt --country KE
wrong 2 'between is not for remove' whatif remove --as 3356 --between US,RU
wrong 2 'brief is for what changes reach' whatif mandate rov --in US --brief
wrong 2 'percentage' whatif mandate rov --in US --adoption 101
wrong 1 'AS3356.* is not in Kenya' whatif gateway --country KE --through 3356
wrong 2 '"XX" is not a country code' whatif cut --country XX
wrong 1 'AS4200000000 is not in the graph' whatif cut --country KE --except 4200000000
wrong 2 'cannot attack itself' whatif hijack --attacker 3356 --victim 3356
wrong 2 'both sides are the same' whatif depeer --between 3356,3356
wrong 2 '"ZZ" is not a country code' country ZZ
wrong 1 'AS4200000000 is not in the graph' network 4200000000
wrong 2 '"3356x" is not an AS number' network 3356x
wrong 2 'network wants an AS number' network
wrong 1 'nowhere.mrt' country KE nowhere.mrt
printf 'no table\n' >text
wrong 1 'not a table of VRPs' network 3356 --vrps text
printf '1|2|-1\n1|x|-1\n' >graph.txt
wrong 1 'graph.txt: line 2: "x"' country KE --graph graph.txt
printf '1|2|-1\n2|1|-1\n' >graph.txt
wrong 1 'line 2: "2|1|-1" contradicts line 1' whatif cut --country KE --graph graph.txt
printf 'ix_id,peer_asn\n1,x\n' >ix.csv
wrong 1 'ix.csv: line 2: "x" is no AS number' country KE --ixps ix.csv
printf '{"data": [{"ix_id": 1, "asn": 3356}' >ix.json
wrong 1 'ix.json: byte' country KE --ixps ix.json
printf 'asn,status\n3356,sure\n' >filters.csv
wrong 1 'filters.csv: line 2: "sure" is no status' country KE --filters filters.csv
printf 'asn,ratio\n3356,101\n' >filters.csv
wrong 1 'filters.csv: line 2: "101" is no percentage' country KE --filters filters.csv
printf 'cut --country KE\nsever --country KE\n' >scenario
wrong 1 'line 2' whatif scenario
printf 'cut --country KE\ncut --country KE --except 36914\n' >scenario
wrong 1 'line 2' whatif scenario
printf 'remove --as 3356\n\nhijack --attacker 3356 --victim 174\n' >scenario
wrong 1 'scenario: line 3: AS3356.*is removed' whatif scenario
printf '# first\nremove --as 36914\ncut --country KE --except 36914\n' >scenario
wrong 1 'scenario: line 3: AS36914.*gateway' whatif scenario
printf 'hijack --attacker 18101 --victim 62041 --kind exactly\n' >scenario
wrong 1 'scenario: line 1: .*exactly' whatif scenario
printf 'mandate rov --in top:none\n' >scenario
wrong 1 'scenario: line 1: "top:none"' whatif scenario
exit $bad
