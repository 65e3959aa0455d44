#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The same as merge.sh over all routes and measurements of ../shared.
exec sh "$(dirname "$0")/merge.sh" "$1" "$2" shared
