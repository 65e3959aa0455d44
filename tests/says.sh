# SPDX-License-Identifier: BSD-2-Clause
# What tests of commands say, and the folder of its own that each stands in: read by those that have
# made their arguments absolute. `bad` is 1 when something was not as it should be.
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
bad=0

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
