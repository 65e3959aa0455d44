#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A run in parts: whatever the split and the order of merging, what comes out is byte for byte what
# one run gives, and states that do not make one whole are refused. merge.sh MERIDIAN ROOT: the
# bundled case; merge.sh MERIDIAN ROOT shared: all routes and measurements of ../shared.
meridian=$(readlink -f "$1")
root=$(readlink -f "$2")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir one whole parts
bad=0
fail() {
	echo "FAILED: $*"
	bad=1
}

# all OUTPUT-OPTIONS…: one run over $files and the merged one of $states, compared.
all() {
	(cd one && "$meridian" observe "$@" $tables $files >out 2>../all; code=$?; grep -v "^judging: " ../all >err; exit $code)
	a=$?
	(cd whole && "$meridian" observe "$@" --merge $states >out 2>../all; code=$?; grep -v "^judging: " ../all >err; exit $code)
	b=$?
	[ $a = $b ] || fail "$*: exit status $a of one run, $b of the merged one"
	[ $a = 0 ] || [ $a = 3 ] || fail "one run ended with $a: $(tail -1 one/err)"
	diff -r one whole >diff || fail "$*, $n parts: $(head -c 600 diff)"
}

# split N: the parts of $files, merged in reverse order.
split() {
	n=$1 states=
	for i in $(seq "$n"); do
		"$meridian" observe --part "$i/$n" -q -o "parts/$n.$i" $tables $files 2>err
		s=$?
		[ $s = 0 ] || [ $s = 3 ] || fail "part $i/$n: status $s: $(cat err)"
		states="$dir/parts/$n.$i $states"
	done
}

if [ "$3" = shared ]; then
	shared=$root/../shared/data
	[ -d "$shared/mrt" ] || {
		echo "skipped: there is no ../shared/data, which has the real archives"
		exit 77
	}
	tables="--vrps $(ls "$shared"/rpki/*.json.bz2 | head -1)"
	files=$(find "$shared/mrt" "$shared/bmp" "$shared/ooni/measurements" "$shared/incidents" \
		-type f -size -30M | sort)
	split 3
	all --json -o o.json --html o.html
	grep -q 'ADD-PATH' one/o.json || fail 'no undeclared ADD-PATH in these files'
	exit $bad
fi

case=$root/data/telegram-2026
# What is garbled, cut, unknown, empty, and has ADD-PATH that nothing declares, split as well.
python3 - <<'E2' || exit 1
import struct
def mrt(t, body, sub=4): return struct.pack('>IHHI', t, 16, sub, len(body)) + body
def msg(wd, attrs, nlri):
    b = struct.pack('>H', len(wd)) + wd + struct.pack('>H', len(attrs)) + attrs + nlri
    return b'\xff' * 16 + struct.pack('>HB', 19 + len(b), 2) + b
def head(asn): return struct.pack('>IIHH', asn, 64500, 0, 1) + bytes([198, 51, 100, asn & 255]) + bytes([198, 51, 100, 2])
def attrs(*path): return b'\x40\x01\x01\x00' + b'\x40\x02' + bytes([2 + 4 * len(path), 2, len(path)]) + b''.join(struct.pack('>I', a) for a in path) + b'\x40\x03\x04\xc6\x33\x64\x01'
t0 = 1781593737
for k in range(7):
    out = b''
    for i in range(40):
        peer = 3356 + (i + k) % 3
        net = bytes([24, 149, 154, 160 + (i + k) % 4])
        if k == 5:  # the path id of RFC 7911, in a record that does not say so
            net = struct.pack('>I', 1 + i % 2) + net + struct.pack('>I', 7) + bytes([24, 149, 154, 170])
        m = msg(net, b'', b'') if i % 5 == 4 else msg(b'', attrs(peer, 1299, 18101 if i % 2 else 62041), net)
        if k == 2 and i == 11:
            m = m[:19] + b'\xff\xff' + m[21:]
        if k == 3 and i % 7 == 0:  # ORIGIN of two bytes: RFC 7606 makes a withdrawal of it
            m = msg(b'', b'\x40\x01\x02\x00\x00' + attrs(peer, 1299, 18101)[4:], net)
        out += mrt(t0 + 11 * i + k, head(peer) + m)
    if k == 4:
        out = out[:-9]
    if k == 6:  # keepalives of another day, which only move the clock
        out += b''.join(mrt(t0 + 90000 + 400 * i, head(3356) + b'\xff' * 16 + b'\x00\x13\x04') for i in range(9))
    open('made%d.mrt' % k, 'wb').write(out)
open('strange', 'wb').write(b'this is not a table of routes\n' * 10)
open('empty', 'wb').close()
E2
tables="--vrps $case/vrps-20250720.json"
files="$case/routes $case/atlas $case/ooni $dir/strange $dir/empty $(ls "$dir"/made*.mrt)"
for parts in 2 3 5; do
	split $parts
	all --json -o o.json --html o.html
	[ $parts = 3 ] || continue
	all --jsonl
	all
done
grep -q '"kind":"route.hijack' one/o.json || fail 'no hijack was found at all'
grep -q 'ADD-PATH' one/o.json || fail 'no undeclared ADD-PATH in these files'
grep -q '"garbled":\[{' one/o.json || fail 'nothing is garbled in these files'

# More parts than files.
tables= files="$dir/made0.mrt $dir/made1.mrt"
split 4
all --json
# A table among the sources, read by all parts and found at another place.
cp "$case/vrps-20250720.json" vrps.json
files="$dir/made0.mrt $dir/vrps.json $dir/made1.mrt $dir/made2.mrt"
split 2
all --json
(cd one && "$meridian" observe --json $files 2>/dev/null >out)
mv vrps.json moved.json
(cd whole && "$meridian" observe --json --vrps ../moved.json --merge $states 2>/dev/null >out)
diff one/out whole/out >diff || fail "a table that was moved: $(head -c 600 diff)"

# no WHAT TEXT COMMAND…: refused, and says so.
no() {
	what=$1 text=$2
	shift 2
	"$meridian" observe "$@" >out 2>err </dev/null && fail "$what was taken"
	grep -q -- "$text" err || fail "$what: $(cat err)"
	[ -s out ] && fail "$what: something was shown"
}
no 'a table that is gone' 'vrps.json' --merge $states
sed 's/2025/2024/' moved.json >vrps.json
no 'a table that was changed' 'no longer the table' --merge $states
files="$dir/made0.mrt $dir/made1.mrt $dir/made2.mrt"
split 3
no 'a missing part' 'part 2 of 3 is missing' --merge parts/3.1 parts/3.3
no 'a part too often' 'given twice' --merge parts/3.1 parts/3.2 parts/3.2 parts/3.3
no 'a source among the states' 'no state' --merge parts/3.1 parts/3.2 made2.mrt
no 'no such file' 'parts/none' --merge parts/3.1 parts/none
files="$dir/made0.mrt $dir/made1.mrt $dir/made3.mrt"
"$meridian" observe -q --part 2/3 -o parts/other $files
no 'another list' 'same list' --merge parts/3.1 parts/other parts/3.3
files="$dir/made0.mrt $dir/made1.mrt $dir/made2.mrt"
"$meridian" observe -q --part 2/3 --vrps moved.json -o parts/other $files
no 'another table' 'parts/other' --merge parts/3.1 parts/other parts/3.3
head -c 3000 parts/3.2 >parts/cut
no 'a cut state' 'parts/cut' --merge parts/3.1 parts/cut parts/3.3
python3 - <<'E2'
b = bytearray(open('parts/3.2', 'rb').read())
b[len(b) // 2] ^= 1
open('parts/flipped', 'wb').write(b)
E2
no 'a changed state' 'parts/flipped: its checksum' --merge parts/3.1 parts/flipped parts/3.3
no 'a part of standard input' 'standard input' --part 1/2 -o parts/x -
no 'a part that is shown' 'judges nothing' --part 1/2 --json -o parts/x made0.mrt
no 'part 0' 'wants I/N' --part 0/2 -o parts/x made0.mrt
no 'part 3 of 2' 'wants I/N' --part 3/2 -o parts/x made0.mrt
no 'routes of states' 'wants the sources' --as routes --merge parts/3.1
[ -e parts/x ] && fail 'a refused part was written'
# The same part twice is the same bytes.
"$meridian" observe -q --part 2/3 -o parts/again $files
cmp parts/again parts/3.2 || fail 'the same part is not the same bytes'
exit $bad
