#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A seeded hundred of the damaged files under valgrind, 25 a run: nothing may be reported.
# SEED=N repeats a choice.
meridian=$(readlink -f "$1")
shared=$2/../shared/data
command -v valgrind >/dev/null 2>&1 || {
	echo "skipped: valgrind is not installed"
	exit 77
}
[ -d "$shared/badinput" ] || {
	echo "skipped: $shared/badinput is not here"
	exit 77
}
seed=${SEED:-$(date +%j)}
echo "seed $seed"
list=$(mktemp) || exit 1
trap 'rm -f "$list" "$list".*' EXIT
find "$shared/badinput/mrt" "$shared/badinput/bgp" "$shared/badinput/mutated" "$shared/conformance" -type f \
	-size -400k | LC_ALL=C sort | python3 -c '
import random, sys
files = sys.stdin.read().splitlines()
random.Random(int(sys.argv[1])).shuffle(files)
print("\n".join(files[:100]))' "$seed" >"$list"
split -l 25 "$list" "$list."
for part in "$list".*; do
	# Names have no spaces or quotes.
	# shellcheck disable=SC2046
	valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
		"$meridian" observe --json $(cat "$part") >/dev/null 2>"$list.err"
	status=$?
	case $status in
	0 | 1 | 3) ;;
	*)
		echo "FAILED: status $status with:"
		cat "$part"
		grep '^==' "$list.err" | head -40
		exit 1
		;;
	esac
	grep -q '^==' "$list.err" && {
		echo "FAILED: valgrind says:"
		grep '^==' "$list.err" | head -40
		exit 1
	}
done
echo "$(wc -l <"$list") files, nothing reported"
