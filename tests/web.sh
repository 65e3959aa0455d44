#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# web.sh SOURCE_ROOT REPORT_PAGE MERIDIAN: web/dist is what web/ builds to, and the page works in a browser:
# nothing on the console, nothing asked of the network, no fault that axe-core finds (light, dark,
# narrow), marks and labels where they belong, and hostile strings stay strings. Exit 77 where npm, its registry or Chromium is missing.
set -eu
root=$1 page=$(realpath "$2") meridian=$(realpath "$3")
for tool in npm node; do
	command -v $tool >/dev/null || { echo "skipped: $tool is not installed"; exit 77; }
done
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/web"
(cd "$root/web" && tar cf - --exclude=node_modules --exclude=dist .) | (cd "$tmp/web" && tar xf -)
cd "$tmp/web"
npm ci --ignore-scripts --no-audit --no-fund >"$tmp/npm.log" 2>&1 || {
	tail -n 3 "$tmp/npm.log"
	echo "skipped: npm cannot bring the packages of web/package-lock.json"
	exit 77
}
node build.mjs "$tmp/dist"
diff -r "$tmp/dist" "$root/web/dist" >/dev/null || {
	echo "web/dist is not what web/ builds to: run 'npm ci --ignore-scripts && node build.mjs' in web/"
	exit 1
}
echo "web/dist is what web/ builds to"

command -v "${CHROMIUM:-chromium}" >/dev/null || { echo "skipped: chromium is not installed"; exit 77; }
bad=0
look() {
	name=$1
	shift
	"$page" "$@" >"$tmp/$name.html"
	if node browser.mjs check "$tmp/$name.html"; then
		echo "$name: works"
	else
		echo "$name: faulty"
		bad=1
	fi
}
look plain plain
look hostile hostile
look nothing nothing
look map plain '{"type":"FeatureCollection","features":[{"type":"Feature","id":"IN","properties":{},"geometry":{"type":"Polygon","coordinates":[[[70,10],[70,30],[88,30],[88,10],[70,10]]]}}]}'

# What hostile strings became: text, with the controls shown.
node browser.mjs eval "$tmp/hostile.html" \
	"[document.querySelectorAll('main b.x, main script').length, document.body.textContent.includes('\\\\u{202e}'), /[\\u0007\\u001b\\u202e]/.test(document.querySelector('main').textContent)].join(' ')" >"$tmp/out"
[ "$(cat "$tmp/out")" = "0 true false" ] || { echo "hostile strings: $(cat "$tmp/out")"; bad=1; }
# The keyboard: the map takes the focus and zooms, the slider moves the map's moment.
node browser.mjs eval "$tmp/plain.html" "
(() => {
	const map = document.querySelector('.map'), g = () => map.querySelector('svg > g').getAttribute('transform');
	const was = g();
	map.focus();
	map.dispatchEvent(new KeyboardEvent('keydown', { key: '+', bubbles: true }));
	return new Promise((r) => setTimeout(() => r(document.activeElement === map && g() !== was), 200));
})()" >"$tmp/out"
[ "$(cat "$tmp/out")" = true ] || { echo "keyboard: $(cat "$tmp/out")"; bad=1; }

# The bundled case, as ./dev run shows it; and what its page says of how to verify it, done.
cd "$root"
"$meridian" observe -q --html "$tmp/case.html" --vrps data/telegram-2026/vrps-*.json \
	-o /dev/null data/telegram-2026/routes
cd "$tmp/web"
if node browser.mjs check "$tmp/case.html"; then
	echo "case: works"
else
	echo "case: faulty"
	bad=1
fi
node browser.mjs eval "$tmp/case.html" \
	"document.querySelectorAll('#verify pre')[1].textContent" >"$tmp/command"
node browser.mjs eval "$tmp/case.html" "document.querySelector('#verify .hash').textContent" >"$tmp/want"
(cd "$root" && sh "$tmp/command") | cut -c1-64 >"$tmp/got"
cmp -s "$tmp/want" "$tmp/got" || {
	echo "case: '$(cat "$tmp/command")' prints $(cat "$tmp/got"), the page says $(cat "$tmp/want")"
	bad=1
}
exit $bad
