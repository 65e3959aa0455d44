# SPDX-License-Identifier: BSD-2-Clause
# What tests of commands say: read by those, which set `bad` to 0 and stand in a folder of their own.

# is STATUS WHAT COMMAND…: runs it, keeps out and err.
is() {
	want=$1 what=$2
	shift 2
	"$@" >out 2>err </dev/null
	got=$?
	[ "$got" = "$want" ] && return
	echo "FAILED: $what: status $got, not $want: $*"
	sed 's/^/	/' err
	bad=1
}
says() {
	grep -q -- "$2" "$1" && return
	echo "FAILED: $1 does not say '$2':"
	sed 's/^/	/' "$1"
	bad=1
}
