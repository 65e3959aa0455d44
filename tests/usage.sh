#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage.sh MERIDIAN: what a command line that cannot be read ends with, and what is said of it; beside
# it the ones that are well said of what is not there, as the manual's EXIT STATUS has it.
set -u
meridian=$(readlink -f "$1")
. "$(dirname "$0")/says.sh"
export HOME="$dir/home" XDG_CONFIG_HOME="$dir/config" XDG_STATE_HOME="$dir/state" XDG_CACHE_HOME="$dir/cache"
export XDG_DATA_HOME="$dir/data" MERIDIAN_KEYS="$dir/keys"

echo 'https://example.org/' >list
echo '{"roas": [{"asn": 64500, "prefix": "192.0.2.0/24", "maxLength": 24}]}' >vrps
printf 'cut --country KE\n' >scenario
printf 'cut --country XX\n' >wrong
# Of a command line with --record nothing may be kept, and no measurement is made: no line gets so far.

# STATUS | what is said | the command line. XX, ZZ: no codes of ISO 3166-1; AS4200000000: in no graph.
sed '/^#/d; /^$/d' <<'END' >table
2|there is no command 'obsrve'; did you mean 'observe'|obsrve
2|--completion takes bash or zsh|--completion fish
2|there is no option --jsn; did you mean --json|observe --jsn list
2|there is no option -z|observe -z list
2|-o wants FILE after it|observe list -o
2|--color is yes or no, not 'blue'|observe --color=blue list
2|--ver could be --verdicts or --verbose|observe --ver list
2|observe wants a SOURCE|observe
2|--as takes bgpdump, routes or verdicts, not 'mrt'|observe --as mrt list
2|exclude one another|observe --json --csv list
2|--part wants I/N|observe --part 4/3 list
2|--part wants I/N|observe --part one list
2|there is no kind 'route.hijakc'; did you mean|observe --fail-on route.hijakc list
2|clickhouse://HOST:PORT/DATABASE|observe --store localhost list
1|nowhere: No such file|observe nowhere
1|nowhere: No such file|observe --vrps nowhere list

2|probe wants a URL|probe
2|--timeout takes a number, not 'soon'|probe --timeout soon example.org
2|--timeout takes a number, not 'nan'|probe --timeout nan example.org
2|--timeout takes a number, not 'inf'|probe --timeout inf example.org
2|want more than 0|probe --timeout 0 example.org
2|at most 86,400|probe --timeout 1e300 example.org
2|want more than 0|probe --parallel 0 example.org
2|--seed takes a whole number, not '-1'|probe --seed -1 example.org
2|--asn takes an AS number such as AS64500, not '4294967296'|probe --asn 4294967296 example.org
2|--country: "XX" is not a country code|probe --country XX example.org
2|--country: "Kenya" is not a country code|probe --country Kenya example.org
2|--resolver: .*this is no resolver|probe --dry-run --resolver nonsense example.org
2|--resolver: .*there is no such port|probe --dry-run --resolver https://dns.example:0/q example.org
2|--control nonsense: wanted is a URL|probe --dry-run --control nonsense example.org
2|--nobody nonsense: wanted is an address|probe --dry-run --nobody nonsense example.org
2|--tool torr: tor, telegram|probe --dry-run --tool torr
2|--servers wants a --tool|probe --dry-run --servers list example.org
2|--tool openvpn wants --servers FILE|probe --dry-run --tool openvpn
2|--validate takes|probe --dry-run --validate all example.org
2|--trust-anchor is for --validate|probe --dry-run --trust-anchor list example.org
2|none of the resolvers can be asked so|probe --dry-run --validate resolvers --resolver https://dns.example/q#192.0.2.1 example.org
2|--resolver: at most 8|probe --dry-run --resolver 192.0.2.1 --resolver 192.0.2.2 --resolver 192.0.2.3 --resolver 192.0.2.4 --resolver 192.0.2.5 --resolver 192.0.2.6 --resolver 192.0.2.7 --resolver 192.0.2.8 --resolver 192.0.2.9 example.org
2|clickhouse://HOST:PORT/DATABASE|probe --store localhost example.org
1|nowhere: No such file|probe --dry-run --list nowhere
1|nowhere: No such file|probe --dry-run --networks nowhere example.org

2|validate needs --vrps FILE|validate
2|--direction takes up or down|validate --vrps vrps --direction left
1|nowhere: No such file|validate --vrps nowhere
1|nowhere: No such file|validate --vrps vrps nowhere

2|report wants a record|report
2|--diff wants two records|report --diff nowhere
2|--actor takes an AS number such as AS64500, not 'Google'|report --actor Google nowhere
2|--victim takes an AS number|report --victim 4294967296 nowhere
2|--network takes an AS number|report --network 1.2.3.4 nowhere
2|--country: "XX" is not a country code|report --country XX nowhere
2|--kind: there is no kind 'route.hijakc'|report --kind route.hijakc nowhere
2|--from takes a time such as|report --from yesterday nowhere
2|--to takes a time such as|report --to 2026-02-30T00:00Z nowhere
2|--limit takes a whole number|report --limit many nowhere
2|--id: 'abc' is no id of a finding (32 hex digits)|report --id abc nowhere
1|nowhere|report nowhere
1|nowhere|report --country ke nowhere

2|usage: meridian record check|record
2|usage: meridian record check|record chek nowhere
2|record erase wants --finding ID or --leaf N|record erase nowhere
2|--leaf takes a number, not 'x'|record erase --leaf x nowhere
2|--finding: 'abc' is no id of a finding|record erase --finding abc nowhere
1|nowhere|record check nowhere

2|usage: meridian evidence|evidence
2|usage: meridian evidence|evidence verfy nowhere
2|usage: meridian evidence seal|evidence seal
2|--finding: 'abc' is no id of a finding|evidence seal --record nowhere --finding abc -o bundle
2|--witness: |evidence verify --witness nonsense nowhere
2|evidence renew wants --tsa URL|evidence renew nowhere
2|usage: meridian evidence cosign|evidence cosign
2|--witness: |evidence cosign --record nowhere --url http://127.0.0.1:1/ --witness nonsense
2|evidence witness wants --log VKEY|evidence witness
2|--log: |evidence witness --log nonsense
2|usage: meridian evidence serve|evidence serve
2|usage: meridian evidence key show|evidence key shw
1|no file of a key|evidence verify --trust nonsense nowhere
1|nowhere|evidence verify nowhere
1|nowhere|evidence reproduce nowhere

2|'x' is not expected|control x
2|--listen nonsense: write ADDRESS:PORT|control --listen nonsense
2|--listen 127.0.0.1:99999: write ADDRESS:PORT|control --listen 127.0.0.1:99999
2|--resolver: nonsense: this is no resolver|control --resolver nonsense
2|a limit of 0|control --rate 0
2|--rate takes a whole number|control --rate fast
2|--time is a day|control --time 99999999999999
1|nowhere|control --ca nowhere

2|I cannot fetch 'rotues'|fetch rotues
2|I cannot fetch 'rotues'|fetch vrps rotues
2|is no collector that I know|fetch routes --collector nonsense
2|--collector takes a name|fetch routes --collector ../x
2|--at takes a time such as|fetch routes --at yesterday
2|--until wants an --at before it|fetch routes --until 2026-06-16T07:00Z

2|"XX" is not a country code|country XX
2|"zz" is not a country code|country zz
2|"Kenya" is not a country code|country Kenya
2|"KE.*" is not a country code|country KE,UG
2|--origins is a number from 1|country KE --origins 0
2|--origins takes a whole number|country KE --origins some
2|--irr wants one country or network|country --all --irr list
2|--findings wants one country|country --all --findings list
2|clickhouse://HOST:PORT/DATABASE|country KE --store localhost
1|nowhere: No such file|country KE --graph nowhere
1|no network of the graph is in Bouvet Island|country BV

2|network wants an AS number|network
2|"3356x" is not an AS number|network 3356x
2|"AS4294967296" is not an AS number|network AS4294967296
1|AS4200000000 is not in the graph|network AS4200000000

2|whatif wants a scenario|whatif
2|"cutt" is neither a scenario nor a file; did you mean cut|whatif cutt
2|cut wants --country CC|whatif cut
2|"XX" is not a country code|whatif cut --country XX
2|"3356x" is not an AS number|whatif cut --country KE --except 3356x
2|gateway wants --through|whatif gateway --country KE
2|depeer wants --between A,B|whatif depeer --between US
2|"XX" is not a country code|whatif depeer --between US,XX
2|both sides are the same|whatif depeer --between US,us
2|both sides are the same|whatif depeer --between 3356,AS3356
2|remove wants one of --as, --ixp, --link|whatif remove
2|remove --ixp wants --ixps FILE|whatif remove --ixp 26
2|--link wants two networks|whatif remove --link 3356,174,1299
2|mandate wants rov, aspa or otc|whatif mandate rpki --in US
2|--adoption is a percentage|whatif mandate rov --in US --adoption 101
2|"top:x" is not top:N|whatif mandate rov --in top:x
2|"XX" is not a country code|whatif mandate rov --in XX
2|hijack wants --attacker AS and --victim AS|whatif hijack --attacker 3356
2|cannot attack itself|whatif hijack --attacker 3356 --victim AS3356
2|--kind takes exact, sub, forged or leak|whatif hijack --attacker 3356 --victim 174 --kind super
2|--rov and --aspa are percentages|whatif cut --country KE --rov 101
2|--rov takes a number, not 'nan'|whatif cut --country KE --rov nan
2|--trials is a number from 1 to 100,000|whatif cut --country KE --trials 0
2|--trials is a number from 1 to 100,000|whatif cut --country KE --trials 100001
2|--brief is for what changes reach|whatif mandate rov --in KE --brief
2|"more" is one word too many|whatif cut more --country KE
2|"more" is one word too many|whatif scenario more
2|whatif routes wants --origin|whatif routes
2|"x" is not an AS number|whatif routes --origin x
2|"x" is not an AS number or "all"|whatif hegemony --origin x list
2|"XX" is not a country code|whatif hegemony --country XX list
2|whatif case wants one FILE|whatif case
2|whatif compile wants -o FILE|whatif compile
1|AS4200000000 is not in the graph|whatif routes --origin 4200000000
1|AS4200000000 is not in the graph|whatif cut --country KE --except 4200000000
1|AS3356 .* is not in Kenya|whatif cut --country KE --except 3356
1|no network of the graph is in Bouvet Island|whatif cut --country BV
# What a file says is not the command line.
1|wrong: line 1: "XX" is not a country code|whatif wrong
END

while IFS='|' read -r want text line; do
	# Nobody of these may wait for anything.
	# shellcheck disable=SC2086
	is "$want" "$text" timeout 60 "$meridian" $line
	says err "^meridian: .*$text"
	[ "$(wc -l <err)" = 1 ] || {
		echo "FAILED: '$line' says more than one line"
		sed 's/^/	/' err
		bad=1
	}
	[ -s out ] && {
		echo "FAILED: '$line' printed something"
		bad=1
	}
done <table

# Nothing was made on the way.
for made in state cache data keys bundle; do
	[ -e $made ] && {
		echo "FAILED: $made was made"
		find $made
		bad=1
	}
done
exit $bad
