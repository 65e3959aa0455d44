#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `meridian fetch` against a server on loopback with the layout of the public ones and their faults.
set -u
meridian=$1 root=$2
command -v python3 >/dev/null || {
	echo "python3 is not installed, so there is no server to fetch from"
	exit 77
}
dir=$(mktemp -d)
cd "$dir" || exit 1
server=
trap 'kill $server 2>/dev/null; rm -rf "$dir"' EXIT
bad=0
complain() {
	echo "$*"
	bad=1
}

# What the servers have.
mkdir -p www/ftp.ripe.net/ripe/asnames www/console.rpki-client.org \
	www/ftp.afrinic.net/pub/stats/afrinic www/ftp.apnic.net/stats/apnic \
	www/ftp.arin.net/pub/stats/arin www/ftp.lacnic.net/pub/stats/lacnic \
	www/ftp.ripe.net/pub/stats/ripencc \
	www/publicdata.caida.org/datasets/as-relationships/serial-2 \
	www/www.iana.org/assignments/as-numbers
i=1
while [ $i -le 400 ]; do
	echo "$i NETWORK-$i - The network number $i, NZ"
	i=$((i + 1))
done >www/ftp.ripe.net/ripe/asnames/asn.txt
cp "$root/data/telegram-2026/vrps-20250720.json" www/console.rpki-client.org/rpki.json
for tal in afrinic apnic arin lacnic ripencc; do
	mkdir -p www/ftp.ripe.net/rpki/$tal.tal/2026/06/16
	printf 'URI,ASN,IP Prefix,Max Length,Not Before,Not After\nr,AS64500,192.0.2.0/24,24,,\n' |
		xz -c >www/ftp.ripe.net/rpki/$tal.tal/2026/06/16/roas.csv.xz
done
for f in ftp.afrinic.net/pub/stats/afrinic ftp.apnic.net/stats/apnic ftp.arin.net/pub/stats/arin \
	ftp.lacnic.net/pub/stats/lacnic ftp.ripe.net/pub/stats/ripencc; do
	rir=${f##*/}
	name=delegated-$rir-extended-latest
	printf '2|%s|20260616|1|19850701|20260615|+0000\n%s|NZ|ipv4|203.0.112.0|256|20110811|assigned|A\n' \
		"$rir" "$rir" >www/$f/$name
	(cd www/$f && md5sum $name | sed 's/ .*//; s/^/MD5 (x) = /' >$name.md5)
done
printf '1|2|-1|bgp\n2|3|0|mlp\n' >www/publicdata.caida.org/datasets/as-relationships/serial-2/x
bzip2 -c www/publicdata.caida.org/datasets/as-relationships/serial-2/x \
	>www/publicdata.caida.org/datasets/as-relationships/serial-2/20260601.as-rel2.txt.bz2

# serve PORTFILE [PEM]: a server in the background.
serve() {
	python3 "$root/tests/fetch_server.py" www "$@" &
	server="$server $!"
	n=0
	until [ -s "$1" ]; do
		n=$((n + 1))
		[ $n -lt 100 ] || {
			echo "the server does not start"
			exit 1
		}
		sleep 0.1
	done
}
serve port
base=http://127.0.0.1:$(cat port)
unset http_proxy https_proxy all_proxy
export no_proxy=127.0.0.1

# run MODE EXPECTED-STATUS WHAT…
run() {
	mode=$1 want=$2
	shift 2
	: >port.log
	"$meridian" fetch --cache cache --mirror "$base/$mode" "$@" >out 2>err
	got=$?
	[ $got = "$want" ] || {
		complain "$mode $*: exit $got, not $want"
		cat err
	}
}
names=cache/names/asn.txt
origin=www/ftp.ripe.net/ripe/asnames/asn.txt
whole() {
	cmp -s "$names" "$origin" || complain "$1: the file is not what the server has"
	[ -s "$names.from.json" ] || complain "$1: no note of where it came from"
	[ ! -e "$names.part" ] && [ ! -e "$names.part.from" ] || complain "$1: a part is left"
}
nothing() {
	[ ! -e "$names" ] && [ ! -e "$names.from.json" ] || complain "$1: a file appeared"
	[ -s err ] || complain "$1: nothing was said"
}
said() {
	grep -q "$1" err || {
		complain "expected \"$1\" in"
		cat err
	}
}

run ok 0 names
whole ok
[ "$(cat out)" = "$names" ] || complain "the path is not printed: $(cat out)"
said "rows: 400"
grep -q "\"sha256\": \"$(sha256sum <$origin | cut -c1-64)\"" $names.from.json ||
	complain "the digest in the note is wrong"
grep -q '"modified": "2026-06-16T07:00:00Z"' $names.from.json || complain "no Last-Modified"

# What is fresh is not asked for again; --force asks; an unchanged file is told by its ETag.
run ok 0 names
[ ! -s port.log ] || complain "a fresh copy was asked for again"
said "a copy that is still good"
run ok 0 names --force
grep -q ' 200$' port.log || complain "--force did not fetch"
sed -i 's/"fetched": "20/"fetched": "19/' $names.from.json
run ok 0 names
grep -q ' 304$' port.log || complain "an old copy was not asked for by its ETag"
whole "not modified"

# A copy whose note or size is wrong is no copy.
rm -f $names.from.json
run ok 0 names
whole "without a note"
echo more >>$names
run ok 0 names
whole "of another size"

# Transfers that are cut go on where they stopped.
rm -rf cache
run cut 1 names
nothing "cut too often"
[ -s $names.part ] || complain "cut: what had come was thrown away"
had=$(wc -c <$names.part)
run ok 0 names
whole "resumed"
grep -q "bytes=$had- 206" port.log || {
	complain "resumed: not from byte $had"
	cat port.log
}
said "earlier, cut transfer"

rm -rf cache
run stuck 1 names
nothing stuck
said "kept and the next run goes on"
run redirect 0 names
whole "redirected and resumed"
grep -q "\"from\": \"$base/ok/" $names.from.json || complain "where it came from in the end is not noted"

rm -rf cache
run whole 0 names
whole "no Range"
rm -rf cache
run changed 0 names
whole "changed in between"
grep -c ' 200$' port.log | grep -q 2 || complain "changed: parts of two versions were joined"

# What is not there, not right or not safe leaves nothing.
rm -rf cache
for mode in none page loop foreign short huge; do
	run $mode 1 names
	nothing $mode
done
run none 1 names
said "no such file (404)"
run page 1 names
said "a web page?"
run late 0 names
whole late
cp $names before
run page 1 names --force
cmp -s before $names || complain "a failure touched the copy that was there"

run ok 0 names --at 2020-01-01
said "keeps no earlier ones"

# A digest that the server publishes is compared.
run ok 0 countries
[ "$(wc -l <out)" = 5 ] || complain "countries: $(wc -l <out) files"
said "of 2026-06-16T00:00:00Z"
rm -rf cache
echo 'MD5 (x) = 00000000000000000000000000000000' \
	>www/ftp.apnic.net/stats/apnic/delegated-apnic-extended-latest.md5
run ok 3 countries
said "its MD5 is"
[ ! -e cache/countries/delegated-apnic-extended-latest ] || complain "a wrong digest was accepted"

# VRPs of now, of a day, one that is cut on the server's side.
run ok 0 vrps
said "rows: 122; of 2025-07-20\|rows: 122, of 2025-07-20"
run ok 0 vrps --at 2026-06-16T12:00 --json
[ "$(grep -c '"kind": "vrps-csv"' out)" = 5 ] || complain "an archive's day has five files"
rm -rf cache
head -c 3000 "$root/data/telegram-2026/vrps-20250720.json" >www/console.rpki-client.org/rpki.json
run ok 1 vrps
said "not whole"
[ ! -e cache/vrps/rpki.json ] || complain "half a table was accepted"

run ok 0 relationships --at 2026-06-20
[ -s cache/relationships/20260601.as-rel2.txt.bz2 ] || complain "no relationships"
# Routes: the file that holds a time, a span of them, both kinds of collectors.
for f in data.ris.ripe.net/rrc19/2026.06/updates.20260616.0705.gz \
	data.ris.ripe.net/rrc19/2026.06/updates.20260616.0710.gz \
	archive.routeviews.org/bgpdata/2026.06/UPDATES/updates.20260616.0700.bz2 \
	archive.routeviews.org/route-views.jinx/bgpdata/2026.06/RIBS/rib.20260616.0600.bz2; do
	mkdir -p "www/${f%/*}"
	python3 -c 'import struct, sys
body = struct.pack(">IIHH4s4s", 64500, 12654, 0, 1, b"\xc0\0\2\1", b"\xc0\0\2\2")
body += b"\xff" * 16 + struct.pack(">HB", 19, 4)
sys.stdout.buffer.write(3 * (struct.pack(">IHHI", 1781593500, 16, 4, len(body)) + body))' >mrt
	case $f in
	*.gz) gzip -c mrt >"www/$f" ;;
	*) bzip2 -c mrt >"www/$f" ;;
	esac
done
run ok 0 routes --collector rrc19 --at 2026-06-16T07:08:57Z --until 2026-06-16T07:12:00Z
[ "$(tr '\n' ' ' <out)" = "cache/routes/rrc19/updates.20260616.0705.gz \
cache/routes/rrc19/updates.20260616.0710.gz " ] || complain "a span of updates: $(cat out)"
run ok 0 routes --collector route-views2 --at 2026-06-16T07:08:57Z
[ -s cache/routes/route-views2/updates.20260616.0700.bz2 ] || complain "the first Route Views"
run ok 0 tables --collector route-views.jinx --at 2026-06-16T07:08:57Z
[ -s cache/tables/route-views.jinx/rib.20260616.0600.bz2 ] || complain "another Route Views"
run ok 1 tables --collector rrc19 --at 2026-06-16T07:08:57Z
said "no such file (404)"
head -c 40 mrt | gzip -c | head -c 30 >www/data.ris.ripe.net/rrc19/2026.06/updates.20260616.0705.gz
run ok 1 routes --collector rrc19 --at 2026-06-16T07:05 --force
said "gzip"

printf 'Number,Description\n0,Reserved\n' >www/www.iana.org/assignments/as-numbers/as-numbers-1.csv
run ok 3 registries
[ -s cache/registries/as-numbers-1.csv ] || complain "no registry"

run ok 2 nonsense
run ok 2 routes --collector elsewhere
run ok 2 routes --collector ../../etc
# Over TLS, by an authority that is trusted here and by none that is.
python3 - "$root" <<'E2' || exit 1
import sys
sys.path.insert(0, sys.argv[1] + "/tests")
import hostile
hostile.certificates(".")
E2
serve port.tls good.pem
base=https://127.0.0.1:$(cat port.tls)
rm -rf cache
run ok 1 names
nothing "a certificate that nobody vouches for"
said certificate
export SSL_CERT_FILE="$dir/ca.pem"
run ok 0 names
whole https
run redirect 0 names --force
whole "https, redirected"
unset SSL_CERT_FILE
base=http://127.0.0.1:$(cat port)

"$meridian" fetch --cache cache 2>/dev/null | grep -q "^names .*asn.txt" || complain "no list"
exit $bad
