#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# From a recorded case to a bundle that other people's tools verify, by the commands that its own
# VERIFY.md prints; both sides of a witness; renewal; a rotated key; every byte changed.
# evidence.sh MERIDIAN BUNDLE_FLIP RECORD_WRITER SOURCE_ROOT
set -eu
meridian=$1 flip=$2 writer=$3 root=$4
for tool in openssl ssh-keygen go python3 curl; do
	command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
[ -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ] ||
	{ echo "skipped: golang-golang-x-mod-dev is not installed"; exit 77; }
tmp=$(mktemp -d)
pids=
trap 'for p in $pids; do kill $p 2>/dev/null || :; done; rm -rf "$tmp"' EXIT
export MERIDIAN_KEYS="$tmp/keys" HOME="$tmp" GOCACHE="$tmp/go" GOFLAGS=-mod=mod
fail() { echo "FAILED: $*"; exit 1; }
waitfor() { i=0; until [ -s "$1" ]; do i=$((i + 1)); [ $i -lt 200 ] || fail "no $1"; sleep 0.1; done; }

python3 "$root/tests/tsa.py" "$tmp/tsa" & pids="$pids $!"

# A run of the sample, recorded.
case=$root/data/telegram-2026
"$meridian" observe -q --record "$tmp/rec" --vrps "$case"/vrps-*.json -o "$tmp/out.json" --json "$case/routes"
"$meridian" record check "$tmp/rec" >/dev/null
[ "$(stat -c %a "$tmp/rec/log")" = 600 ] || fail "the record can be read by others"
grep -q 'route.hijack.exact' "$tmp/out.json"
# Records shown together have each finding once.
[ "$("$meridian" report --jsonl "$tmp/rec" "$tmp/rec" "$tmp/rec" | wc -l)" = "$("$meridian" report --jsonl "$tmp/rec" | wc -l)" ] ||
	fail "the same record three times"

waitfor "$tmp/tsa/port"
tsa=http://127.0.0.1:$(cat "$tmp/tsa/port")/
"$meridian" evidence seal -q --record "$tmp/rec" --who 'A. Tester' --tsa "$tsa" --tsa-root "$tmp/tsa/root.pem" -o "$tmp/b"
"$meridian" evidence verify "$tmp/b" >"$tmp/said" || { cat "$tmp/said"; fail verify; }
grep -q 'SHA256SUMS existed at' "$tmp/said" || fail "no stamp"

# The commands of VERIFY.md, as they stand there.
sed -n '/^```sh/,/^```/p' "$tmp/b/VERIFY.md" | grep -v '^```' >"$tmp/cmds"
[ "$(grep -c . "$tmp/cmds")" -ge 8 ] || fail "VERIFY.md has too few commands"
(cd "$tmp/b" && sh -e "$tmp/cmds") >"$tmp/third" 2>&1 || { cat "$tmp/third"; fail "a command of VERIFY.md"; }
grep -q 'Signature Verified Successfully' "$tmp/third" || fail openssl
grep -q 'Good "meridian@v1" signature' "$tmp/third" || fail ssh-keygen
grep -q 'Verification: OK' "$tmp/third" || fail "openssl ts"
grep -q 'leaves proved in it' "$tmp/third" || fail go
"$meridian" evidence reproduce "$tmp/b" >"$tmp/again" || { cat "$tmp/again"; fail reproduce; }
(cd "$tmp/b" && MERIDIAN="$meridian" sh reproduce.sh >/dev/null) || fail reproduce.sh
# It has all that a court asks for.
for f in METHOD.md VERIFY.md CERTIFICATE-902.txt custody.jsonl reproduce.sh checkpoint SHA256SUMS.tsr; do
	[ -s "$tmp/b/$f" ] || fail "no $f"
done
grep -q 'NOT SIGNED BY ANYBODY' "$tmp/b/CERTIFICATE-902.txt"
# HTTP exchanges as a web archive, checked by openssl and by WebCrypto as its viewers do.
"$meridian" observe -q -o /dev/null --record "$tmp/web" "$root/tests/data/evidence/blocked.json"
"$meridian" evidence seal -q --record "$tmp/web" --tsa "$tsa" --tsa-root "$tmp/tsa/root.pem" -o "$tmp/w"
"$meridian" evidence verify "$tmp/w" >"$tmp/said" || { cat "$tmp/said"; fail "verify with a web archive"; }
grep -q 'what the raw measurements of the bundle give, byte for byte' "$tmp/said" || fail "another archive"
grep -q 'none of the authority.s certificates was revoked then' "$tmp/said" || fail "no list of revoked ones"
sed -n '/^```sh/,/^```/p' "$tmp/w/VERIFY.md" | grep -v '^```' >"$tmp/cmds"
(cd "$tmp/w" && sh -e "$tmp/cmds") >"$tmp/third" 2>&1 || { cat "$tmp/third"; fail "VERIFY.md with a web archive"; }
grep -q 'Verified OK' "$tmp/third" || { cat "$tmp/third"; fail "the archive's signature by openssl"; }
[ "$(grep -c 'Verification: OK' "$tmp/third")" = 2 ] || fail "openssl ts with -crl_check_all"
"$meridian" evidence verify "$tmp/w/captures.wacz" >/dev/null || fail "the web archive alone"
if command -v node >/dev/null; then
	mkdir "$tmp/x" && python3 -m zipfile -e "$tmp/w/captures.wacz" "$tmp/x"
	node -e '
const d = JSON.parse(require("fs").readFileSync(process.argv[1])).signedData, s = crypto.webcrypto ?
  crypto.webcrypto.subtle : require("crypto").webcrypto.subtle, b = t => Buffer.from(t, "base64");
s.importKey("spki", b(d.publicKey), {name: "ECDSA", namedCurve: "P-384"}, true, ["verify"])
  .then(k => s.verify({name: "ECDSA", hash: "SHA-256"}, k, b(d.signature), Buffer.from(d.hash)))
  .then(ok => process.exit(ok ? 0 : 1))' "$tmp/x/datapackage-digest.json" || fail "the archive's signature by WebCrypto"
fi
"$meridian" evidence seal -q --record "$tmp/web" --no-wacz -o "$tmp/w2"
[ ! -e "$tmp/w2/captures.wacz" ] || fail "--no-wacz"
"$meridian" evidence verify "$tmp/w2" >/dev/null || fail "without a web archive"
"$meridian" evidence reproduce "$tmp/w" >"$tmp/again" || { cat "$tmp/again"; fail "a site is judged again"; }
# The case with its edge: one finding alone brings those that it names along, and is judged again.
"$meridian" observe -q -o /dev/null --record "$tmp/both" --vrps "$case"/vrps-*.json "$case/routes" "$case/atlas" "$case/ooni" || [ $? = 3 ]
id=$("$meridian" report --json --kind route.hijack --actor 18101 "$tmp/both" | grep -o '"id":"[0-9a-f]*"' | head -n 1 | cut -d '"' -f 4)
"$meridian" evidence seal -q --record "$tmp/both" --finding "$id" -o "$tmp/b2"
[ "$(ls "$tmp/b2/joined" | wc -l)" -ge 1 ] || fail "nothing of the edge is named"
"$meridian" evidence verify "$tmp/b2" >/dev/null || fail "a bundle with findings that are named"
"$meridian" evidence reproduce "$tmp/b2" >"$tmp/again" || { cat "$tmp/again"; fail "core and edge are judged again"; }
grep -q "^the same .*$id" "$tmp/again" || fail "$(cat "$tmp/again")"
# One finding alone.
id=$(basename "$(ls "$tmp"/b/findings/* | head -n 1)" .json)
"$meridian" evidence seal -q --record "$tmp/rec" --finding "$id" -o "$tmp/one"
[ "$(ls "$tmp/one/findings")" = "$id.json" ] || fail "--finding"
! "$meridian" evidence seal -q --record "$tmp/rec" -o "$tmp/one" 2>/dev/null || fail "written over"

# Changed by somebody: not a word, a file, a file more, a file less.
cp -r "$tmp/b" "$tmp/c"
sed -i 's/AS18101/AS18102/' "$tmp/c/findings/$id.json" || :
! "$meridian" evidence verify "$tmp/c" >/dev/null || fail "a changed finding"
rm -r "$tmp/c"; cp -r "$tmp/b" "$tmp/c"; echo hello >"$tmp/c/raw/more"
! "$meridian" evidence verify "$tmp/c" >/dev/null || fail "a file more"
rm -r "$tmp/c"; cp -r "$tmp/b" "$tmp/c"; rm "$tmp/c/SHA256SUMS.tsr"
! "$meridian" evidence verify "$tmp/c" >/dev/null || fail "the stamp gone"
rm -r "$tmp/c"

# A small record for the rest.
"$meridian" observe -q --record "$tmp/small" -o /dev/null --vrps "$case"/vrps-*.json \
	"$(ls "$case"/routes/* | head -n 1)"
seal() { "$meridian" evidence seal -q --record "$tmp/small" "$@"; }
seal --tsa "$tsa" --tsa-root "$tmp/tsa/root.pem" -o "$tmp/s"

# Witness and cosign.
mkdir "$tmp/keys2"
vkey=$(cat "$tmp/s/keys/log.vkey")
port=$((20000 + $$ % 20000))
MERIDIAN_KEYS="$tmp/keys2" "$meridian" evidence witness --name witness.example/w1 --log "$vkey" \
	--listen "127.0.0.1:$port" 2>"$tmp/witness" & pids="$pids $!"
i=0; until grep -q 'w1+' "$tmp/witness"; do i=$((i + 1)); [ $i -lt 100 ] || fail witness; sleep 0.1; done
w=$(sed -n 's/.*\(witness.example\/w1+[^ ]*\).*/\1/p' "$tmp/witness")
ask() { "$meridian" evidence cosign -q --record "$1" --url "http://127.0.0.1:$port" --witness "$w" 2>"$tmp/asked"; }
i=0; until ask "$tmp/small"; do i=$((i + 1)); [ $i -lt 50 ] || fail "$(cat "$tmp/asked")"; sleep 0.1; done
grep -q 'witness.example/w1' "$tmp/small/checkpoint" || fail "no cosignature"
seal -o "$tmp/d" # the log grew by a leaf
ask "$tmp/small" || fail "a continuation: $(cat "$tmp/asked")"
# An older state of the log: what a record that was rolled back would say.
cp -r "$tmp/small" "$tmp/old"
seal -o "$tmp/d2"
ask "$tmp/small" || fail "a continuation"
! ask "$tmp/old" || fail "a log that was rolled back was cosigned"
grep -q 'older than what was witnessed' "$tmp/asked" || fail "$(cat "$tmp/asked")"
"$meridian" evidence seal -q --record "$tmp/small" -o "$tmp/e"
! "$meridian" evidence verify --witness "$w" "$tmp/e" >/dev/null || fail "a checkpoint that nobody cosigned"

# A certificate that its authority has revoked stamps nothing.
printf 'R\t390101000000Z\t200101000000Z\t02\tunknown\t/O=Meridian tests/CN=Lab TSA\n' >"$tmp/tsa/index"
! seal --tsa "$tsa" --tsa-root "$tmp/tsa/root.pem" -o "$tmp/revoked" 2>"$tmp/no" || fail "a revoked authority"
grep -q 'certificate revoked' "$tmp/no" || fail "$(cat "$tmp/no")"
! ls -d "$tmp"/revoked* >/dev/null 2>&1 || fail "a sealing that failed left its folder"
: >"$tmp/tsa/index"

# The log served as tiles: Go's own client fetches and proves every entry, and that an older
# checkpoint is of its beginning. More entries than one tile has.
"$meridian" observe -q --record "$tmp/rec" -o /dev/null --vrps "$case"/vrps-*.json "$case/routes"
cp "$tmp/rec/checkpoint" "$tmp/old-checkpoint"
"$meridian" evidence seal -q --record "$tmp/rec" -o "$tmp/later"
port=$((port + 1))
"$meridian" evidence serve --record "$tmp/rec" --listen "127.0.0.1:$port" 2>"$tmp/served" & pids="$pids $!"
i=0; until curl -s -o "$tmp/cp" "http://127.0.0.1:$port/checkpoint" && [ -s "$tmp/cp" ]; do
	i=$((i + 1)); [ $i -lt 100 ] || fail "serve: $(cat "$tmp/served")"; sleep 0.1
done
cmp -s "$tmp/cp" "$tmp/later/checkpoint" || fail "another checkpoint is served"
(cd "$tmp" && GO111MODULE=off GOPATH=/usr/share/gocode go run "$root/tests/tlog_client.go" "http://127.0.0.1:$port" \
	"$(cat "$tmp/later/keys/log.vkey")" "$tmp/old-checkpoint") >"$tmp/tiles" 2>&1 || { cat "$tmp/tiles"; fail "Go's client"; }
grep -q 'entries fetched and proved' "$tmp/tiles" || fail "$(cat "$tmp/tiles")"
[ "$(cut -d ' ' -f 1 "$tmp/tiles")" -gt 256 ] || fail "too few entries: $(cat "$tmp/tiles")"
for path in /log /index.db /tile/../log /tile/0/../../log /tile/entries/000.p/5/../../../../log /%2e%2e/rec/log /tile/0/1; do
	[ "$(curl -s --path-as-is -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port$path")" = 404 ] || fail "served $path"
done

# Renewal: a second stamp over the first.
cp -r "$tmp/s" "$tmp/r"
"$meridian" evidence renew --tsa "$tsa" --tsa-root "$tmp/tsa/root.pem" "$tmp/r"
"$meridian" evidence verify "$tmp/r" | grep -q 'RENEWAL-1 existed at' || fail renew
sed -n '/^```sh/,/^```/p' "$tmp/r/VERIFY.md" | grep -v '^```' >"$tmp/cmds"
(cd "$tmp/r" && sh -e "$tmp/cmds") >"$tmp/third" 2>&1 || { cat "$tmp/third"; fail "VERIFY.md after renewal"; }
[ "$(grep -c 'Verification: OK' "$tmp/third")" = 3 ] || fail "the second stamp by openssl"

# A rotated key is trusted by who trusts the old one.
pub=$("$meridian" evidence key show | head -n 1)
"$meridian" evidence key rotate >/dev/null
[ "$pub" != "$("$meridian" evidence key show | head -n 1)" ] || fail rotate
seal -o "$tmp/f"
"$meridian" evidence verify --trust "$pub" "$tmp/f" | grep -q 'by its signed rotations' || fail "the chain of keys"
! "$meridian" evidence verify --trust "$(printf '%064d' 0)" "$tmp/f" >/dev/null || fail "another key"

# Every byte of the smallest bundle, its time stamp too.
"$writer" "$tmp/least" 1 >/dev/null
id=$("$meridian" report --json "$tmp/least" | grep -o '"id":"[0-9a-f]\{32\}"' | head -n 1 | cut -d '"' -f 4)
"$meridian" evidence seal -q --record "$tmp/least" --finding "$id" --tsa "$tsa" \
	--tsa-root "$tmp/tsa/root.pem" -o "$tmp/s1"
"$flip" "$tmp/s1" "$tmp/tsa/root.pem" "${FLIP_STEP:-1}"
echo "all held"
