#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# splice.sh PROGRAM IN OUT: puts what PROGRAM says of its commands where IN has @COMMANDS@.
set -e
"$1" --man-commands >"$3.part"
sed -e "/^@COMMANDS@\$/{r $3.part" -e 'd;}' "$2" >"$3"
rm -f "$3.part"
