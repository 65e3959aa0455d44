#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sources that are URLs, from a server on loopback: whole, chunked, moved, cut, missing, broken.
# http.sh MERIDIAN SOURCE_ROOT
meridian=$1 root=$2
dir=$(mktemp -d) || exit 1
mkfifo "$dir/stay"
# Longer than any one read.
i=0
while [ $i -lt 200 ]; do
	cat "$root/tests/data/routes/updates.20260222.mrt"
	i=$((i + 1))
done >"$dir/file"
python3 "$root/tests/http_server.py" "$dir/file" "$dir/port" <"$dir/stay" &
server=$!
exec 3>"$dir/stay"
trap 'exec 3>&-; kill $server 2>/dev/null; rm -rf "$dir"' EXIT
waitfor() {
	i=0
	until [ -s "$1" ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || exit 1
		sleep 0.1
	done
}
waitfor "$dir/port"
url=http://127.0.0.1:$(cat "$dir/port")
bad=0

# get STATUS PATH TEXT: what observe says of it.
get() {
	"$meridian" observe --as bgpdump "$url$2" >"$dir/out" 2>"$dir/err" </dev/null
	got=$?
	[ $got = "$1" ] || {
		echo "FAILED: $2: status $got, not $1"
		cat "$dir/err"
		bad=1
	}
	[ -z "$3" ] || grep -q -- "$3" "$dir/err" || {
		echo "FAILED: $2: it does not say '$3':"
		cat "$dir/err"
		bad=1
	}
}
same() {
	cmp -s "$dir/out" "$dir/want" || {
		echo "FAILED: $1 gave other lines than the file"
		bad=1
	}
}

"$meridian" observe --as bgpdump "$dir/file" >"$dir/want" 2>/dev/null
get 0 /good ''
same /good
get 0 /chunked ''
same /chunked
get 0 /moved ''
same /moved
get 1 /loop 'redirect'
get 1 /elsewhere "$url/elsewhere: "
get 3 /cut '/cut: '
lines=$(grep -c . <"$dir/out")
[ "$lines" -gt 0 ] && [ "$lines" -lt "$(grep -c . <"$dir/want")" ] || {
	echo "FAILED: half of the file gave $lines lines"
	bad=1
}
head -n "$lines" "$dir/want" | cmp -s - "$dir/out" || {
	echo 'FAILED: half of the file gave other lines than its beginning'
	bad=1
}
get 3 /cut-chunked '/cut-chunked: '
get 0 /empty 'empty'
get 1 /nothing "$url/nothing: "
get 1 /missing '404'
get 1 /broken '500'
# https: by an authority that is trusted here, and by a certificate that nobody vouches for.
python3 - "$root" "$dir" <<'E2' || exit 1
import sys
sys.path.insert(0, sys.argv[1] + "/tests")
import hostile
hostile.certificates(sys.argv[2])
E2
was=$url
# over NAME: a server with the certificate NAME.pem, its address in $url.
over() {
	rm -f "$dir/port.$1"
	mkfifo "$dir/stay.$1"
	python3 "$root/tests/http_server.py" "$dir/file" "$dir/port.$1" "$dir/$1.pem" <"$dir/stay.$1" &
	tls=$!
	exec 4>"$dir/stay.$1"
	waitfor "$dir/port.$1"
	url=https://127.0.0.1:$(cat "$dir/port.$1")
}
away() {
	exec 4>&-
	wait $tls
	url=$was
}
refused() {
	get 1 /good 'certificate'
	[ ! -s "$dir/out" ] || {
		echo "FAILED: $1: it printed routes of a server that nobody vouches for"
		bad=1
	}
}
over good
refused 'an authority that is not trusted'
export SSL_CERT_FILE="$dir/ca.pem"
get 0 /good ''
same 'https /good'
get 0 /chunked ''
same 'https /chunked'
get 0 /moved ''
same 'https /moved'
get 3 /cut '/cut: '
get 1 /elsewhere "$url/elsewhere: "
unset SSL_CERT_FILE
away
export SSL_CERT_FILE="$dir/ca.pem"
for name in host expired self; do
	over $name
	refused $name
	away
done
unset SSL_CERT_FILE
# A URL among files.
"$meridian" observe --json "$url/good" "$dir/file" >"$dir/out" 2>"$dir/err"
grep -q "\"path\":\"$url/good\"" "$dir/out" || {
	echo 'FAILED: the URL is not among the sources'
	bad=1
}
[ "$(grep -o '"sha256":"[0-9a-f]*"' "$dir/out" | head -n 2 | sort -u | grep -c .)" = 1 ] || {
	echo 'FAILED: the digest of the URL is not that of the file'
	bad=1
}
exit $bad
