#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every source file, test and fuzz target is listed, and once: lists that are merged from two
# branches lose and double lines.
cd "$1" || exit 1
bad=0

# once LIST WORD WHAT: the word stands in quotes in one line of the list.
once() {
	n=$(grep -cF "'$2'" "$1")
	[ "$n" = 1 ] && return
	echo "$3 is listed $n times in $1"
	bad=1
}

for room in src/*/; do
	for f in "$room"*.c; do
		once "${room}meson.build" "${f##*/}" "$f"
	done
	# And the other way round: what is listed is there (meson says so too, but later).
	for name in $(sed -n "s/^ *'\([a-z0-9_]*\.c\)',.*/\1/p" "${room}meson.build"); do
		[ -f "$room$name" ] || {
			echo "${room}meson.build lists $name, which is not there"
			bad=1
		}
	done
done

for f in tests/*_test.c; do
	name=${f##*/}
	# By its name in the list of unit tests, or by its file where it is built in another way.
	if grep -qF "'$name'" tests/meson.build; then
		once tests/meson.build "$name" "$f"
	elif ! sed -n '/^unit_tests = \[/,/^]/p' tests/meson.build |
		grep -cxF "  '${name%_test.c}'," | grep -qx 1; then
		echo "$f is not listed once in unit_tests of tests/meson.build"
		bad=1
	fi
done

# A script is a test of its own, or another one runs it.
for f in tests/*.sh tests/*.py; do
	name=${f##*/}
	n=$(grep -cF "find_program('$name')" tests/meson.build)
	[ "$n" = 1 ] && continue
	[ "$n" = 0 ] && grep -qF "/$name" tests/*.sh tests/*.py && continue
	echo "$f is run $n times by tests/meson.build"
	bad=1
done

for f in fuzz/*_fuzz.c; do
	name=${f##*/}
	name=${name%_fuzz.c}
	once fuzz/meson.build "$name" "$f"
	[ -n "$(ls "fuzz/corpus/$name" 2>/dev/null)" ] || {
		echo "$f has no corpus in fuzz/corpus/$name"
		bad=1
	}
done
for name in fuzz/corpus/*/; do
	name=$(basename "$name")
	[ -f "fuzz/${name}_fuzz.c" ] || {
		echo "fuzz/corpus/$name has no target"
		bad=1
	}
done

# The tour names no file that is gone.
files=$(find ./src ./tests ./fuzz ./docs ./tools -type f)
for name in $(sed 's/`/\n/g' docs/tour.md | tr ' ' '\n' | grep -x '[a-z0-9_./]*\.\(c\|h\|sh\|py\|md\)'); do
	printf '%s\n' "$files" | grep -q "/$name\$" || {
		echo "docs/tour.md names $name, which is not there"
		bad=1
	}
done
exit $bad
