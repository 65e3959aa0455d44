#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who may know whom (docs/tour.md): fails when a folder includes one that it may not.
cd "$1/src" || exit 1
bad=0
may() {
	room=$1
	shift
	for f in "$room"/*.[ch]; do
		[ -e "$f" ] || continue
		for inc in $(sed -n 's/^#[ \t]*include "\([a-z]*\)\/.*/\1/p' "$f" | sort -u); do
			case " $* " in
			*" $inc "*) ;;
			*)
				echo "src/$f includes $inc/, which $room/ may not know"
				bad=1
				;;
			esac
		done
	done
}
may base base
may fact fact base
may source source fact base
may finding finding fact base
may record record finding fact base
may report report record finding fact base
may cmd cmd report record finding source fact base
exit $bad
