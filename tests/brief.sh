#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# brief.sh MERIDIAN: the impact brief is one page, and each of its numbers can be traced.
set -u
meridian=$(readlink -f "$1")
. "$(dirname "$0")/says.sh"

law='gateway --country RU --through 12389'
# shellcheck disable=SC2086
is 0 'a gateway law' "$meridian" whatif $law --brief --html page.html
mv out text
# shellcheck disable=SC2086
is 0 'the same in JSON' "$meridian" whatif $law --json
python3 - <<'P' || bad=1
import html, json, re, sys
bad = 0
def must(ok, what):
    global bad
    if not ok:
        print('FAILED:', what)
        bad = 1
text, page, d = open('text').read(), open('page.html').read(), json.load(open('out'))
brief, rest = text.split('-' * 80 + '\n', 1)
lines = brief.split('\n')
must(len(lines) <= 66, '%d lines are more than a page' % len(lines))
# The title is as long as the question.
must(max(map(len, lines[1:])) <= 80 + 24, 'a line is too long')
must(len(brief.split()) < 750, '%d words' % len(brief.split()))
for lead in ('In short.', 'Context.', 'Who loses most.', 'Assumptions.', 'critical property', 'enabler'):
    must('\n' + lead in brief or '\n  ' + lead in brief, 'no ' + lead)
must(len(d['impact']) == 15 and sum('property' in x for x in d['impact']) == 5, 'lines of the impact')
flat = lambda s: ' '.join(s.split())
for x in d['impact']:
    name = x.get('property') or x.get('enabler')
    must(flat(name + ' ' + x['effect'] + ' ' + x['statement']) in flat(brief), name + ' is not on the page as in the answer')
# Every reference has a note behind the page, in all three forms.
used = set(map(int, re.findall(r'\[(\d+)\]', brief)))
notes = {n['number']: n['text'] for n in d['notes']}
must(used == set(notes) == set(range(1, len(notes) + 1)), 'references %s, notes %s' % (used, set(notes)))
for n, t in notes.items():
    must(flat('[%d] %s' % (n, t)) in flat(rest), 'note %d on the terminal' % n)
    must('id="note%d"' % n in page and 'href="#note%d"' % n in page, 'note %d on the page' % n)
    # A note names where the answer holds the number.
    for field in re.search(r'JSON: (.*)\.$', t).group(1).replace(' and ', ', ').split(', '):
        at = d
        for part in field.split('.'):
            if isinstance(at, dict) and part in at:
                at = at[part]
            else:
                must(part in ('by_addresses_after', 'length_after'), 'no member %s' % field)
                break
# A sentence with a figure has a reference.
for x in d['impact']:
    if re.search(r'\d', x['statement']):
        must('[' in x['statement'], x['statement'] + ' refers to nothing')
# The figures of the page are those of the answer.
pct = lambda v: '%.1f %%' % (100 * v)
for v in (d['lost']['inward'], d['lost']['inside'], d['lost']['border_links'], d['longer']['inward'],
          d['fragmentation_after']['value']):
    must(pct(v) in flat(brief), pct(v) + ' is not on the page')
v = d['lost']
must(v['inward_low'] <= v['inward'] <= v['inward_high'] and v['doors_after'] == 1, 'ranges')
r = d['reach']['inward']
must(abs(v['inward'] - (1 - r['share_after']['value'] / r['share_before']['value'])) < 2e-6, 'the loss follows from the shares')
# The page alone, for the printer.
m = re.match(r'(?s)(.*?<section class="page">.*?</section>)', page)
must(m, 'no page')
open('one.html', 'w').write(m.group(1) + '</body></html>')
sys.exit(bad)
P
# A law with more gateways has a longer title and context, and is one page still.
is 0 'five gateways' "$meridian" whatif gateway --country RU --through 12389,20485,3216,31133,8359 \
	-q --html five.html
python3 -c 'import re
open("two.html", "w").write(re.match(r"(?s)(.*?</section>)", open("five.html").read()).group(1) + "</body></html>")'
browser=${CHROMIUM:-chromium}
if command -v "$browser" >/dev/null; then
	for f in one two; do
		timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-pdf-header-footer \
			--user-data-dir="$dir/profile" --print-to-pdf=$f.pdf $f.html >browser.log 2>&1 || {
			echo "skipped: the browser does not print here: $(tail -n 1 browser.log)"
			continue
		}
		[ -s $f.pdf ] || {
			echo 'skipped: the browser printed nothing'
			continue
		}
		pages=$(python3 -c 'import re, sys
print(len(re.findall(rb"/Type\s*/Page\b", open(sys.argv[1], "rb").read())))' $f.pdf)
		[ "$pages" = 1 ] || {
			echo "FAILED: the brief $f.html is $pages printed pages"
			bad=1
		}
	done
else
	echo 'chromium is not installed: only lines and words were counted'
fi
exit $bad
