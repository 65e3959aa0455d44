#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# numbers.sh MERIDIAN ROOT: what people read has 1,280, on the terminal and on the page; JSON has 1280.
set -u
meridian=$(readlink -f "$1") root=$(readlink -f "$2")
. "$(dirname "$0")/says.sh"

cat >plain.py <<'P'
# Numbers of four digits and more that are written without commas: all but the names of networks, years and seeds.
import html, re, sys
text = open(sys.argv[1], encoding='utf-8').read()
if sys.argv[1].endswith('.html'):
    text = re.sub(r'<(style|script|svg)\b.*?</\1>', '', text, flags=re.S)
    text = html.unescape(re.sub(r'<[^>]*>', ' ', text))
text = re.sub(r'\bAS ?\d+|\b(?:RFC|seed|digest|ISO) [\da-f]+|\b(?:19|20)\d\d(?:-\d\d)*\b', '', text)
text = re.sub(r'[\w-]*\d{4,}[\w-]*\.(?:txt|csv|zst|json|mrt)\S*', '', text)
left = re.findall(r'[^\n]{0,40}(?<![\w.,:/-])\d{4,}(?![\w:/-]|\.\d)[^\n]{0,40}', text)
for line in left:
    print('FAILED: %s: %s' % (sys.argv[2], line.strip()))
sys.exit(bool(left))
P
# plain NAME COMMAND…: the text and the page of one answer.
plain() {
	name=$1
	shift
	is 0 "$name" "$meridian" "$@" --html page.html
	python3 plain.py out "$name" || bad=1
	python3 plain.py page.html "$name, page" || bad=1
	grep -qE '[0-9],[0-9]{3}' out || {
		echo "FAILED: $name: no number is large enough to say anything"
		bad=1
	}
}
# Networks with many customers, and peers; a country with thousands of networks.
plain network network 3356
says out '[0-9],[0-9][0-9][0-9] networks are in its'
says out '^ *- [0-9],[0-9][0-9][0-9] customers: '
is 0 'the same in JSON' "$meridian" network 3356 --json
says out '"customer_cone_recursive": [0-9]\{4,\}'
plain country country US --origins 40
grep -nE " +$" out && {
	echo "FAILED: lines of a table end in spaces"
	bad=1
}
plain countries country --all --origins 1
plain cut whatif cut --country US --trials 2
plain mandate whatif mandate rov --in US --trials 2
plain hijack whatif hijack --attacker 3356 --victim 174 --trials 2

# Titles of findings.
python3 - <<'P'
import json
with open('routes.jsonl', 'w') as f:
    for i in range(1200):
        f.write(json.dumps({"type": "ris_message", "data": {"timestamp": 1700000000 + i / 100, "peer": "192.0.2.1",
            "peer_asn": "64500", "id": "x%d" % i, "host": "rrc00.ripe.net", "type": "UPDATE", "path": [64500, 64501],
            "announcements": [{"next_hop": "192.0.2.1",
                               "prefixes": ["11.%d.%d.0/24" % (i // 256, i % 256)]}]}}) + '\n')
P
printf 'ASN,IP Prefix,Max Length,Trust Anchor\nAS64502,11.0.0.0/8,24,x\n' >vrps.csv
is 0 'invalid routes' "$meridian" observe --vrps vrps.csv routes.jsonl
says out '1,200'
python3 plain.py out 'invalid routes' || bad=1
exit $bad
