#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a user of `meridian observe` sees: exit statuses, messages, outputs that are whole.
meridian=$(readlink -f "$1")
. "$(dirname "$0")/says.sh"

# Three BGP4MP_AS4 updates: 192.0.2.0/24 by AS64511 through AS64496, announced, again, withdrawn.
python3 - <<'E2' || exit 1
import gzip, struct
def mrt(t, body): return struct.pack('>IHHI', t, 16, 4, len(body)) + body
def msg(wd, attrs, nlri):
    b = struct.pack('>H', len(wd)) + wd + struct.pack('>H', len(attrs)) + attrs + nlri
    return b'\xff' * 16 + struct.pack('>HB', 19 + len(b), 2) + b
head = struct.pack('>IIHH', 64496, 64500, 0, 1) + bytes([198, 51, 100, 1]) + bytes([198, 51, 100, 2])
path = b'\x40\x02\x0a\x02\x02' + struct.pack('>II', 64496, 64511)
attrs = b'\x40\x01\x01\x00' + path + b'\x40\x03\x04\xc6\x33\x64\x01'
net = bytes([24, 192, 0, 2])
recs = [mrt(1781593737 + i, head + m) for i, m in enumerate((msg(b'', attrs, net), msg(b'', attrs, net), msg(net, b'', b'')))]
open('good.mrt', 'wb').write(b''.join(recs))
open('cut.mrt', 'wb').write(b''.join(recs)[:-5])
z = gzip.compress(b''.join(recs) * 500)
open('good.mrt.gz', 'wb').write(z)
open('cut.gz', 'wb').write(z[:-20])
open('strange', 'wb').write(b'this is not a table of routes\n' * 10)
open('empty', 'wb').close()
open('vrps.json', 'w').write('{"metadata":{"buildtime":"2026-06-16T00:00:00Z"},"roas":[{"asn":64510,"prefix":"192.0.2.0/24","maxLength":24,"ta":"test"}]}')
open('broken.json', 'w').write('{"metadata":{"buildtime":"2026-06-16T00:00:00Z"},"roas":[{"asn":64510,"prefix":"192.0.2.0/24","maxLength":24,"ta":"te')
E2

is 2 'no command' "$meridian"
is 2 'a wrong command' "$meridian" obsevre
says err "did you mean 'observe'"
is 2 'a command that is like none' "$meridian" weather
says err "'meridian --help' lists them"
is 2 'a wrong option' "$meridian" observe --vrp x --jsno
says err 'did you mean --json'
is 2 'no source' "$meridian" observe
is 0 'help' "$meridian" observe --help
says out 'usage: meridian observe'
is 0 'version' "$meridian" --version
is 0 'bash completion' "$meridian" --completion bash
says out 'complete -o default -F _meridian meridian'

is 0 'a good file' "$meridian" observe good.mrt
says out '3 records'
is 0 'lines' "$meridian" observe --as bgpdump good.mrt
says out '^BGP4MP|1781593737|A|198.51.100.1|64496|192.0.2.0/24|64496 64511|IGP|198.51.100.1|0|0||NAG||$'
says out '^BGP4MP|1781593739|W|198.51.100.1|64496|192.0.2.0/24$'
is 0 'an empty file' "$meridian" observe empty
says err 'empty'
is 1 'an unknown kind' "$meridian" observe strange
says err 'strange: not a kind that I know'
is 3 'an unknown kind among others' "$meridian" observe strange good.mrt
is 1 'a file that is not there' "$meridian" observe nowhere
says err 'nowhere: No such file or directory'
# What lies in a folder and is no file would be waited for, or have no end.
python3 - <<'E2' || exit 1
import os, socket
os.makedirs('odd/deep')
os.link('good.mrt', 'odd/good.mrt')
os.mkfifo('odd/deep/pipe')
os.symlink('pipe', 'odd/deep/to-a-pipe')
os.symlink('/dev/zero', 'odd/zero')
os.symlink('nowhere', 'odd/broken')
os.symlink('..', 'odd/deep/up')
s = socket.socket(socket.AF_UNIX)
s.bind('odd/socket')
os.makedirs('pipes')
os.mkfifo('pipes/pipe')
E2
is 3 'a folder with what is no file' timeout 20 "$meridian" observe odd
says out '3 records'
says out 'odd/deep/pipe: a named pipe in a folder$'
says err 'odd/deep/pipe: not read: a named pipe in a folder'
says err 'odd/deep/to-a-pipe: not read: a named pipe in a folder'
says err 'odd/deep/up: not read: a link to a folder that it is in'
says err 'odd/zero: not read: a device in a folder'
says err 'odd/broken: not read: No such file or directory'
says err 'odd/socket: not read: a socket'
is 1 'a folder of pipes alone' timeout 20 "$meridian" observe pipes
is 1 'a table in such a folder' timeout 20 "$meridian" observe --vrps pipes good.mrt
says err 'pipes/pipe: not read: a named pipe in a folder; judging by part of a table would be wrong'
is 3 'lines of such a folder' timeout 20 "$meridian" observe --as bgpdump odd
[ "$(wc -l <out)" = 3 ] || {
	echo 'FAILED: the file beside them is not read'
	bad=1
}
# Named, a pipe is what a shell's <(command) is.
cat good.mrt >pipes/pipe &
is 0 'a pipe that is named' timeout 20 "$meridian" observe pipes/pipe
says out '3 records'
wait
is 1 'a socket that is named' timeout 20 "$meridian" observe odd/socket
says err 'odd/socket: '
is 3 'a cut file' "$meridian" observe --json cut.mrt
says out '"records":3'
says err 'byte'
is 3 'a cut member' "$meridian" observe --as bgpdump cut.gz
[ "$(wc -l <out)" -ge 900 ] || { echo "FAILED: a cut gzip file gave $(wc -l <out) lines"; bad=1; }
is 1 'a table with a hole' "$meridian" observe --vrps broken.json good.mrt
says err 'broken.json: '
[ -s out ] && { echo 'FAILED: it judged by half a table'; bad=1; }
is 1 'a table of another kind' "$meridian" observe --vrps good.mrt good.mrt
# Judging as if a table had not been given would be wrong, whatever was given in its place.
mkdir nothing tables routes
cp good.mrt routes
printf '1|2|-1\n' >tables/relationships
cp vrps.json tables
for table in nothing routes tables strange; do
	is 1 "VRPs that are none: $table" "$meridian" observe --vrps $table good.mrt
	says err 'a table of VRPs'
	[ -s out ] && { echo "FAILED: $table: it judged without VRPs"; bad=1; }
	is 1 "SLURM that is none: $table" "$meridian" observe --slurm $table good.mrt
	is 1 "relationships that are none: $table" "$meridian" observe --relationships $table good.mrt
done
is 0 'a folder with nothing else' "$meridian" observe --relationships tables/relationships good.mrt
is 0 'an empty folder' "$meridian" observe nothing
says err 'nothing: a folder without files'
is 1 'a URL of another kind' "$meridian" observe ftp://127.0.0.1/x
says err 'only http and https'
is 0 'standard input' sh -c "'$meridian' observe --as bgpdump - <good.mrt"
says out 'BGP4MP'

# The same under two names: counted twice, and said.
cp good.mrt again.mrt
is 0 'the same bytes twice' "$meridian" observe --json good.mrt again.mrt
says out 'good.mrt and again.mrt are the same bytes: what they say is counted twice'
is 0 'other bytes' "$meridian" observe --json good.mrt good.mrt.gz
grep -q 'the same bytes' out && { echo 'FAILED: they are not the same bytes'; bad=1; }

mkdir many
cp good.mrt many/a
cp good.mrt.gz many/b
is 0 'a folder' "$meridian" observe --json -o all.json many
says all.json '"records":1500'
"$meridian" observe --json many >one 2>/dev/null
"$meridian" observe --json many >two 2>/dev/null
cmp -s one two || { echo 'FAILED: two runs give different bytes'; bad=1; }

is 1 'an output that cannot be made' "$meridian" observe --json -o nowhere/out.json good.mrt
is 1 'an output that is a folder' "$meridian" observe --json -o many good.mrt
says err 'many: Is a directory'
# What cannot be written or read is told before anything is judged.
is 1 'a page that cannot be made' "$meridian" observe --html nowhere/page.html good.mrt
says err 'nowhere/page.html: No such file or directory'
[ -s out ] && { echo 'FAILED: it judged before it said so'; bad=1; }
is 1 'a map that is not there' "$meridian" observe --html page.html --map nowhere.json good.mrt
says err 'nowhere.json: No such file or directory'
[ -s out ] && { echo 'FAILED: it judged before it said so'; bad=1; }
# A disk that is full, at each way out.
for way in --json --jsonl --csv '--as bgpdump' '--as routes' --verbose; do
	is 1 "a full disk, $way" sh -c "'$meridian' observe $way good.mrt >/dev/full"
	says err 'standard output: No space left on device'
done
is 1 'a full disk, -o' "$meridian" observe --json -o /dev/full good.mrt
says err '/dev/full: No space left on device'
is 1 'a full disk, --help' sh -c "'$meridian' observe --help >/dev/full"
is 1 'no standard output' sh -c "'$meridian' observe --json good.mrt >&-"
says err 'standard output: Bad file descriptor'

# Ctrl-C while it reads: what came until then is shown, and it says that this is not all.
mkfifo slow
(cat good.mrt; sleep 30) >slow &
feeder=$!
"$meridian" observe --json slow >out 2>err &
run=$!
sleep 1
kill -INT $run
kill $feeder
wait $run
got=$?
[ $got = 3 ] || { echo "FAILED: interrupted: status $got, not 3"; cat err; bad=1; }
says out '"partial":true'
says err 'interrupted'

# A kind that is spelled wrong must not pass as one that was not found.
is 2 'a kind that is none' "$meridian" observe --fail-on route.hijak good.mrt
says err "did you mean 'route.hijack'"
is 2 'a kind that is like none' "$meridian" observe --fail-on nonsense good.mrt
is 0 'a kind that was not found' "$meridian" observe --fail-on route.hijack good.mrt
is 10 'a kind that was found' "$meridian" observe --fail-on route.invalid --vrps vrps.json good.mrt
is 10 'what kinds begin with' "$meridian" observe --fail-on route --vrps vrps.json good.mrt
is 10 'any kind' "$meridian" observe --fail-on any --vrps vrps.json good.mrt
is 0 'the page' "$meridian" observe --html page.html --vrps vrps.json good.mrt
says page.html 'Content-Security-Policy'
[ -z "$(find . -name '*.tmp')" ] || { echo 'FAILED: a temporary file was left'; bad=1; }

# Many files that overlap in time, with a low soft limit.
mkdir hundreds
i=0
while [ $i -lt 200 ]; do
	cp good.mrt hundreds/$i
	i=$((i + 1))
done
is 0 'many files' sh -c "ulimit -Sn 64; '$meridian' observe --json hundreds"
says out '"records":600'
exit $bad
