#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `meridian validate` prints, byte for byte, and how it ends.
set -u
meridian=$1 root=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
bad=0
same() {
	cmp -s want "$1" || {
		echo "$2: expected"
		cat want
		echo "got"
		cat "$1"
		bad=1
	}
}
status() {
	[ "$1" = "$2" ] || {
		echo "$3: exit $1, not $2"
		bad=1
	}
}

cat >rpki.json <<'END'
{"metadata": {"buildtime": "2025-07-20T09:31:33Z"},
 "roas": [{"asn": 64500, "prefix": "192.0.2.0/24", "maxLength": 25, "ta": "ripe"},
          {"asn": 0, "prefix": "198.51.100.0/24", "maxLength": 24, "ta": "apnic"},
          {"asn": 64501, "prefix": "2001:db8::/32", "maxLength": 48, "ta": "arin"}],
 "aspas": [{"customer_asid": 64500, "providers": [64510]},
           {"customer_asid": 64511, "providers": [64520]}]}
END
cat >slurm.json <<'END'
{"slurmVersion": 1,
 "validationOutputFilters": {"prefixFilters": [{"asn": 0}], "bgpsecFilters": []},
 "locallyAddedAssertions": {"prefixAssertions": [{"asn": 64502, "prefix": "198.51.100.0/24"}],
                            "bgpsecAssertions": []}}
END
cat >routes <<'END'
# a comment

192.0.2.0/24 64510 64500 64500
192.0.2.0/26 64510 64500
192.0.2.0/24 64511 64530 64500
198.51.100.0/24 64510 64502
2001:db8:1::/48 AS64501
203.0.113.0/24 64510 {64500,64501}
END

tab=$(printf '\t')
cat >want <<END
# prefix${tab}path${tab}rpki (RFC 6811)${tab}aspa (draft-ietf-sidrops-aspa-verification-27, direction any: verified as down)${tab}vrps
192.0.2.0/24${tab}64510 64500 64500${tab}valid${tab}valid${tab}192.0.2.0/24-25:AS64500
192.0.2.0/26${tab}64510 64500${tab}invalid:length${tab}valid${tab}192.0.2.0/24-25:AS64500
192.0.2.0/24${tab}64511 64530 64500${tab}valid${tab}invalid:AS64500>AS64530,AS64511>AS64530${tab}192.0.2.0/24-25:AS64500
198.51.100.0/24${tab}64510 64502${tab}invalid:as0${tab}valid${tab}198.51.100.0/24-24:AS0
2001:db8:1::/48${tab}AS64501${tab}valid${tab}valid${tab}2001:db8::/32-48:AS64501
203.0.113.0/24${tab}64510 {64500,64501}${tab}not-found${tab}invalid${tab}-
END
"$meridian" validate --vrps rpki.json routes >got
status $? 0 text
same got text

"$meridian" validate --vrps rpki.json <routes >got
status $? 0 stdin
same got stdin

grep -v as0 want | sed 's/direction any: verified as down/direction up/
s/^192.0.2.0\/24\(.*\)64511 64530 64500\(.*\)invalid[^\t]*/192.0.2.0\/24\164511 64530 64500\2invalid:AS64500>AS64530/' >w2
printf '198.51.100.0/24\t64510 64502\tvalid\tunknown\t198.51.100.0/24-24:AS64502\n' >>w2
sort w2 >want
"$meridian" validate --vrps rpki.json --slurm slurm.json --direction up routes | sort >got
same got "SLURM, upstream"

cat >want <<'END'
{"prefix":"192.0.2.0/24","path":"64511 64530 64500","origin":64500,"rpki":{"state":"valid","reason":null,"vrps":[{"prefix":"192.0.2.0/24","maxLength":25,"asn":64500,"ta":"ripe"}]},"aspa":{"state":"invalid","reason":"a hop is not attested by its customer","hops":[{"customer":64500,"provider":64530},{"customer":64511,"provider":64530}],"direction":"down","draft":"draft-ietf-sidrops-aspa-verification-27"}}
END
echo 192.0.2.0/24 64511 64530 64500 | "$meridian" validate --vrps rpki.json --direction down --json >got
status $? 0 json
same got json

# Lines that are no routes are told, and the others are judged.
cat >want <<'END'
192.0.2.0/24	64500	valid	valid	192.0.2.0/24-25:AS64500
END
printf '192.0.2.1/24 64500\n192.0.2.0/24 64500\n192.0.2.0/24 x\n192.0.2.0/24 {1\n' |
	"$meridian" validate --vrps rpki.json 2>err | grep -v '^#' >got
same got "bad lines"
[ "$(grep -c 'line [134]:' err)" = 3 ] || {
	cat err
	bad=1
}
echo nonsense | "$meridian" validate --vrps rpki.json >/dev/null 2>&1
status $? 3 nonsense

# A table that is not whole stops everything before the first line.
head -c 200 rpki.json >cut.json
for file in cut.json no-such-file routes; do
	"$meridian" validate --vrps $file routes >got 2>err
	status $? 1 "$file"
	[ ! -s got ] && [ -s err ] || {
		echo "$file: something was judged, or nothing said"
		bad=1
	}
done
"$meridian" validate routes >/dev/null 2>&1
status $? 2 "no table"
"$meridian" validate --vrps rpki.json --direction sideways routes >/dev/null 2>&1
status $? 2 "direction"

# The case that the repository carries: all of Telegram's prefixes but one have a VRP.
"$meridian" validate --vrps "$root/data/telegram-2026/vrps-20250720.json" >got <<'END'
95.161.64.0/20 3333 1103 18101
2a0a:f280::/32 3333 1103 18101
END
[ "$(cut -f3 got | tail -2 | tr '\n' ' ')" = "invalid:origin not-found " ] || {
	cat got
	bad=1
}
exit $bad
