/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "report/words.h"

#include <string.h>

#include "base/text.h"
#include "fact/country.h"

/* What a kind is called, and how one and many are counted. */
static const struct {
	const char *kind, *name, *one, *many;
} kinds[] = {
    {"route.hijack", "route hijack", "route hijack", "route hijacks"},
    {"route.invalid", "RPKI-invalid routes", "case of RPKI-invalid routes",
     "cases of RPKI-invalid routes"},
    {"route.leak", "route leak", "route leak", "route leaks"},
    {"route.bogon", "bogon routes", "case of bogon routes", "cases of bogon routes"},
    {"route.malformed", "malformed announcements", "case of malformed announcements",
     "cases of malformed announcements"},
    {"outage.country", "country outage", "country outage", "country outages"},
    {"outage.network", "network outage", "network outage", "network outages"},
    {"site.blocked", "blocked site", "blocked site", "blocked sites"},
    {"site.rerouted", "rerouted site", "rerouted site", "rerouted sites"},
    {"site.throttled", "throttled site", "throttled site", "throttled sites"},
    {"site.down", "site that is down", "site that is down", "sites that are down"},
    {"site.geofenced", "site closed to a country", "site closed to a country",
     "sites closed to a country"},
    {"tool.unreachable", "tool out of reach", "tool out of reach", "tools out of reach"},
    {"name.insecure", "insecure name", "name without secure communication",
     "names without secure communication"},
};

enum { NKINDS = sizeof(kinds) / sizeof(*kinds) };

/* The row of the table that a kind belongs to; NKINDS: none. */
static size_t kind_of(const char *kind)
{
	size_t i = 0;

	for (; i < NKINDS; i++) {
		size_t n = strlen(kinds[i].kind);

		if (!strncmp(kind, kinds[i].kind, n) && (!kind[n] || kind[n] == '.'))
			break;
	}
	return i;
}

const char *words_kind(const char *kind)
{
	size_t i = kind_of(kind);

	return i < NKINDS ? kinds[i].name : kind;
}

const char *words_sure(double c)
{
	return c >= 0.95   ? "almost certain"
	       : c >= 0.8  ? "very likely"
	       : c >= 0.6  ? "likely"
	       : c >= 0.4  ? "as likely as not"
	       : c >= 0.05 ? "unlikely"
			   : "very unlikely";
}

void words_network(struct buf *out, const struct network *n)
{
	const char *country = country_name(n->country);

	if (n->asn)
		buf_printf(out, "AS%u", n->asn);
	if (n->name && *n->name)
		buf_printf(out, "%s%s", n->asn ? " " : "", n->name);
	if (!n->asn && !(n->name && *n->name))
		buf_text(out, "an unknown network");
	if (country || n->country[0])
		buf_printf(out, " (%s)", country ? country : n->country);
}

/* "16 June 2026" and "07:08:57" of a time. */
static void day_and_clock(int64_t time, struct buf *day, char clock[9])
{
	static const char *const month[] = {"January",	 "February", "March",	 "April",
					    "May",	 "June",     "July",	 "August",
					    "September", "October",  "November", "December"};
	char t[TEXT_TIME];

	text_time(t, time);
	/* YYYY-MM-DDTHH:MM:SS; years of five digits do not happen. */
	buf_reset(day);
	buf_printf(day, "%d %s %.4s", (t[8] - '0') * 10 + t[9] - '0',
		   month[((t[5] - '0') * 10 + t[6] - '0' - 1) % 12], t);
	memcpy(clock, t + 11, 8);
	clock[8] = '\0';
}

void words_span(struct buf *out, int64_t first, int64_t last)
{
	struct buf day = {0}, day2 = {0};
	char clock[9], clock2[9];

	if (first == TIME_NONE) {
		buf_text(out, "at a time that the data does not say");
		return;
	}
	if (last == TIME_NONE)
		last = first;
	day_and_clock(first, &day, clock);
	day_and_clock(last, &day2, clock2);
	if (!strcmp(day.at, day2.at) && !strcmp(clock, clock2))
		buf_printf(out, "%s, %s UTC", day.at, clock);
	else if (!strcmp(day.at, day2.at))
		buf_printf(out, "%s, %s to %s UTC", day.at, clock, clock2);
	else
		buf_printf(out, "%s, %s, to %s, %s UTC", day.at, clock, day2.at, clock2);
	buf_free(&day);
	buf_free(&day2);
}

/* The same at the start of a sentence: "On 16 June 2026, from 07:08:57 to 21:13:11 UTC". */
static void opening(struct buf *out, int64_t first, int64_t last)
{
	struct buf day = {0}, day2 = {0};
	char clock[9], clock2[9];

	day_and_clock(first, &day, clock);
	day_and_clock(last == TIME_NONE ? first : last, &day2, clock2);
	if (strcmp(day.at, day2.at) != 0)
		buf_printf(out, "From %s, %s, to %s, %s UTC", day.at, clock, day2.at, clock2);
	else if (strcmp(clock, clock2) != 0)
		buf_printf(out, "On %s, from %s to %s UTC", day.at, clock, clock2);
	else
		buf_printf(out, "On %s, at %s UTC", day.at, clock);
	buf_free(&day);
	buf_free(&day2);
}

static void count_of(struct buf *out, uint64_t n, const char *one, const char *many)
{
	char t[32];

	buf_printf(out, "%s %s", text_count(t, n), n == 1 ? one : many);
}

/* The victims as one would say them: the name that most share, or how many networks. */
static void victims(struct buf *out, const struct finding *f)
{
	bool same = true;

	if (!f->nvictim) {
		buf_text(out, "others");
		return;
	}
	if (f->nvictim == 1) {
		words_network(out, &f->victim[0]);
		return;
	}
	for (size_t i = 1; i < f->nvictim && same; i++)
		same = f->victim[0].name && f->victim[i].name &&
		       !strcmp(f->victim[0].name, f->victim[i].name);
	if (same)
		buf_printf(out, "%s (%s networks)", f->victim[0].name, text_number(f->nvictim));
	else {
		words_network(out, &f->victim[0]);
		buf_printf(out, " and %s other network%s", text_number(f->nvictim - 1),
			   f->nvictim == 2 ? "" : "s");
	}
}

/* What happened, in one sentence without its stop. */
static void sentence(struct buf *out, const struct finding *f)
{
	bool hijack = !strncmp(f->kind, "route.hijack", 12) && f->nprefix;

	if (f->first != TIME_NONE) {
		opening(out, f->first, f->last);
		buf_text(out, hijack ? ", " : ": ");
	}
	if (hijack) {
		words_network(out, &f->actor.net);
		buf_text(out, " announced ");
		count_of(out, f->nprefix, "prefix", "prefixes");
		buf_text(out, " of ");
		victims(out, f);
		if (f->peers) {
			char t[32];

			buf_printf(out, "; %s", text_count(t, f->peers));
			if (f->of_peers)
				buf_printf(out, " of %s", text_count(t, f->of_peers));
			buf_text(out, f->peers == 1 && !f->of_peers
					  ? " vantage point believed it"
					  : " vantage points believed it");
		}
	} else {
		buf_text(out, f->title ? f->title : words_kind(f->kind));
	}
}

static void others(struct buf *out, const struct findings *all)
{
	size_t count[NKINDS + 1] = {0}, n = 0, said = 0;

	for (size_t i = 1; i < all->n; i++)
		count[kind_of(all->at[i]->kind)]++;
	for (size_t k = 0; k <= NKINDS; k++)
		n += !!count[k];
	if (!n)
		return;
	buf_text(out, " Found besides: ");
	for (size_t k = 0; k <= NKINDS; k++) {
		if (!count[k])
			continue;
		if (said)
			buf_text(out, said + 1 == n ? " and " : ", ");
		count_of(out, count[k], k < NKINDS ? kinds[k].one : "finding of another kind",
			 k < NKINDS ? kinds[k].many : "findings of other kinds");
		said++;
	}
	buf_char(out, '.');
}

void words_verdict(struct buf *out, const struct run_report *run, const struct findings *all)
{
	if (run->partial)
		buf_text(out, "The run was interrupted, this is what was found until then. ");
	if (all->n) {
		sentence(out, all->at[0]);
		buf_char(out, '.');
		return;
	}
	if (run->filter) {
		buf_printf(out, "Nothing that was kept fits %s.", run->filter);
		return;
	}
	if (!run->routes && !run->records) {
		buf_text(out, "Nothing was judged: ");
		buf_text(out, run->nsource ? "no source has a record that can be judged."
					   : "there is no source.");
		return;
	}
	buf_text(out, "Nothing was found: no rule fired on ");
	if (run->routes)
		count_of(out, run->routes, "route", "routes");
	else
		count_of(out, run->records, "record", "records");
	if (run->first != TIME_NONE) {
		buf_text(out, " (");
		words_span(out, run->first, run->last);
		buf_char(out, ')');
	}
	buf_char(out, '.');
}

void words_verdict_rest(struct buf *out, const struct findings *all)
{
	if (!all->n)
		return;
	if (all->at[0]->state == STATE_ONGOING)
		buf_text(out, " It goes on.");
	else if (all->at[0]->state == STATE_OPEN_AT_END)
		buf_text(out, " It had not ended when the data ended.");
	others(out, all);
}

/* Attributions that terms of use ask for, by the kind or the coding of a source. */
static const struct {
	const char *kind, *path, *text;
} owed[] = {
    {"ripestat", NULL,
     "RIPEstat data: RIPE NCC, https://stat.ripe.net. RIPEstat is the RIPE NCC's interface to what "
     "it knows of Internet number resources; its routes come from the Routing Information "
     "Service."},
    {"rislive", NULL,
     "RIS data: RIPE NCC, https://ris.ripe.net. The Routing Information Service collects BGP "
     "routes "
     "from peers all over the world."},
    {"mrt", "rrc",
     "RIS data: RIPE NCC, https://ris.ripe.net. The Routing Information Service collects BGP "
     "routes "
     "from peers all over the world."},
    {"mrt", "route-views",
     "Route Views data: University of Oregon Route Views Project, https://www.routeviews.org, "
     "CC BY 4.0."},
    {"atlas", NULL,
     "RIPE Atlas data: RIPE NCC, https://atlas.ripe.net. RIPE Atlas measures the Internet from "
     "thousands of probes that volunteers host."},
    {"censored-planet", NULL,
     "Measurements: Censored Planet, University of Michigan, https://censoredplanet.org."},
    {"ooni", NULL,
     "Measurements: Open Observatory of Network Interference (OONI), https://ooni.org, CC BY 4.0 "
     "(before 2024: CC BY-NC-SA 4.0)."},
};

enum { NOWED = sizeof(owed) / sizeof(*owed) };

static bool owes(const struct run_report *run, size_t row)
{
	for (size_t i = 0; i < run->nsource; i++) {
		const struct source_report *s = &run->source[i];

		if (s->kind && !strncmp(s->kind, owed[row].kind, strlen(owed[row].kind)) &&
		    (!owed[row].path || (s->path && strstr(s->path, owed[row].path))))
			return true;
	}
	return false;
}

bool words_thanks(const struct run_report *run, size_t i, const char **text)
{
	for (size_t row = 0; row < NOWED; row++) {
		bool again = false;

		for (size_t j = 0; j < row; j++)
			again |= !strcmp(owed[j].text, owed[row].text) && owes(run, j);
		if (again || !owes(run, row))
			continue;
		if (!i--) {
			*text = owed[row].text;
			return true;
		}
	}
	if (i < run->nthanks) {
		*text = run->thanks[i];
		return true;
	}
	return false;
}

/* One code point of UTF-8 from *s; -1 and one byte further when it is none. */
int32_t words_code_point(const char **s)
{
	const uint8_t *u = (const uint8_t *)*s;
	int n = u[0] < 0x80		      ? 0
		: u[0] >= 0xc2 && u[0] < 0xe0 ? 1
		: (u[0] & 0xf0) == 0xe0	      ? 2
		: u[0] >= 0xf0 && u[0] < 0xf5 ? 3
					      : -1;
	int32_t c = n < 0 ? -1 : n ? u[0] & (0x3f >> n) : u[0];

	++*s;
	for (int i = 1; i <= n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (n > 0 && (c < (int32_t[]){0, 0x80, 0x800, 0x10000}[n] || c > 0x10ffff ||
		      (c >= 0xd800 && c < 0xe000)))
		return -1;
	if (n > 0)
		*s += n;
	return c;
}

/* Controls, direction marks and overrides, invisible and separating characters: what could move
 * a cursor, turn a line around or hide a letter. */
static bool unsafe(int32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

void words_safe(struct buf *out, const char *s)
{
	while (*s) {
		const char *from = s;
		int32_t c = words_code_point(&s);

		if (c < 0)
			buf_printf(out, "\\x{%02x}", (unsigned)(uint8_t)*from);
		else if (unsafe(c))
			buf_printf(out, "\\u{%x}", (unsigned)c);
		else
			buf_add(out, from, (size_t)(s - from));
	}
}
