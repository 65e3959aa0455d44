/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where packets die: traces towards one address that end within some networks, while the same
 * probes reach other addresses and, at best, probes of other networks reach this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fact/country.h"
#include "fact/geo.h"
#include "fact/names.h"
#include "fact/trace.h"
#include "finding/named.h"
#include "finding/site.h"

#define FEW 3 /* networks that agree when nobody reaches the address */

static const struct rule rules[] = {
    {"trace.dies", 1,
     "Packets towards the address die for this network's probes, which reach other addresses, "
     "while probes of other networks reach it."},
    {"trace.dies.everywhere", 1,
     "Packets towards the address die for the probes of several networks, which reach other "
     "addresses; nobody in these traces reached it."},
    {NULL, 0, NULL},
};

struct row {
	char probe[24];
	uint32_t asn;	      /* 0 unknown: the probe then stands for itself */
	char country[3];      /* of the probe's address, "" unknown */
	struct addr to, last; /* last: the last router that answered, with has_last */
	int64_t time;
	uint8_t hop;   /* its number */
	char protocol; /* 'I', 'T', 'U' */
	bool reached, has_last;
	struct evidence evidence;
};

/* In which network a probe stands, as a list of probes says. */
struct standing {
	char probe[24];
	uint32_t asn;
	uint32_t source;
};

struct traces {
	const struct knowledge *k;
	struct row *row;
	size_t n, cap;
	struct standing *place;
	size_t nplace, place_cap;
	size_t named; /* pieces of evidence of the findings of this run */
};

static void *traces_new(const struct knowledge *k)
{
	struct traces *t = mem_zero(1, sizeof(*t));

	t->k = k;
	return t;
}

static void traces_free(void *state)
{
	struct traces *t = state;

	free(t->row);
	free(t->place);
	free(t);
}

/* Where it was read, and of what bytes. */
static struct evidence piece(const struct traces *t, const struct slice *s)
{
	struct evidence e = {.source = s->source, .offset = s->offset, .length = s->length};

	if (s->at) {
		sha256(s->at, s->length, e.sha256);
		if (t->k && t->k->evidence)
			t->k->evidence(t->k->evidence_arg, s, false);
	}
	return e;
}

static void traces_feed(void *state, const struct facts *f)
{
	struct traces *t = state;

	for (size_t i = 0; i < f->nfact; i++) {
		const struct trace *x;
		struct row *r;

		if (f->fact[i].kind == FACT_PROBE) {
			mem_room(&t->place, &t->place_cap, t->nplace + 1);
			t->place[t->nplace] = (struct standing){.asn = f->fact[i].probe.asn,
								.source = f->slice.source};
			snprintf(t->place[t->nplace++].probe, sizeof(t->place->probe), "%s",
				 f->fact[i].probe.id);
			continue;
		}
		if (f->fact[i].kind != FACT_TRACE)
			continue;
		x = f->fact[i].trace;
		mem_room(&t->row, &t->cap, t->n + 1);
		r = &t->row[t->n++];
		*r = (struct row){.asn = x->asn,
				  .to = x->to,
				  .time = x->time,
				  .protocol = x->protocol && *x->protocol ? *x->protocol : 'U',
				  .reached = x->reached};
		snprintf(r->probe, sizeof(r->probe), "%s", x->probe ? x->probe : "");
		memcpy(r->country, x->country, sizeof(r->country));
		if (!r->country[0] && x->has_from && t->k && t->k->geo)
			(void)geo_find(t->k->geo, x->from, r->country);
		for (size_t h = 0; h < x->nhop; h++)
			if (x->hop[h].answered) {
				r->last = x->hop[h].from;
				r->hop = x->hop[h].n;
				r->has_last = true;
			}
		r->evidence = piece(t, &f->slice);
	}
}

static int addr_cmp(struct addr a, struct addr b)
{
	if (a.v6 != b.v6)
		return a.v6 < b.v6 ? -1 : 1;
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static int by_target(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int c = addr_cmp(x->to, y->to);

	if (c)
		return c;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	c = strcmp(x->probe, y->probe);
	if (c)
		return c;
	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->evidence.source != y->evidence.source)
		return x->evidence.source < y->evidence.source ? -1 : 1;
	return (x->evidence.offset > y->evidence.offset) -
	       (x->evidence.offset < y->evidence.offset);
}

static int by_probe(const void *a, const void *b)
{
	return strcmp(((const struct standing *)a)->probe, ((const struct standing *)b)->probe);
}

/* Which one of two that contradict each other is found does not depend on who came first. */
static int by_standing(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;
	int c = by_probe(a, b);

	if (c)
		return c;
	if (x->asn != y->asn)
		return x->asn < y->asn ? -1 : 1;
	return (x->source > y->source) - (x->source < y->source);
}

static const struct standing *standing_of(const struct traces *t, const struct row *r)
{
	struct standing key;

	memcpy(key.probe, r->probe, sizeof(key.probe));
	return t->nplace ? bsearch(&key, t->place, t->nplace, sizeof(key), by_probe) : NULL;
}

/* Did this probe reach anything else? The first such trace, or NULL. */
static const struct row *works(const struct traces *t, const struct row *r)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->row[i].reached && addr_cmp(t->row[i].to, r->to) &&
		    !strcmp(t->row[i].probe, r->probe))
			return &t->row[i];
	return NULL;
}

/*
 * The evidence of a finding: the traces that died (the first one is part of the finding's name),
 * all others towards the address, for each trace that died one of the same probe that arrived
 * elsewhere; and as context where the list of probes says that they stand. 0, or how many pieces
 * that is if they are too many, and only a part is named.
 */
static size_t name_evidence(struct traces *t, struct arena *a, struct finding *f,
			    const struct row *row, size_t n, const bool *dead,
			    const struct row *const *alive)
{
	struct named named;
	size_t need = 0;
	bool fits;

	for (size_t i = 0; i < n; i++)
		need += 1 + (alive[i] != NULL);
	fits = named_fits(need, t->named);
	named_begin(&named, a, f, fits ? need : NAMED_FEW);
	for (size_t i = 0; i < n; i++)
		if (dead[i])
			named_add(&named, &row[i].evidence, EVIDENCE_SHOWS);
	for (size_t i = 0; i < n && fits; i++)
		named_add(&named, &row[i].evidence,
			  row[i].reached ? EVIDENCE_CONTROL : EVIDENCE_CONTRARY);
	for (size_t i = 0; i < n && fits; i++)
		if (alive[i])
			named_add(&named, &alive[i]->evidence, EVIDENCE_CONTROL);
	named_end(&named);
	f->context = arena_zero(a, fits ? n : 1, sizeof(*f->context));
	for (size_t i = 0; i < n && fits; i++) {
		const struct standing *p = standing_of(t, &row[i]);

		/* The rows of a probe stand together. */
		if (p && (!i || strcmp(row[i].probe, row[i - 1].probe) != 0))
			f->context[f->ncontext++] =
			    (struct context){.kind = "probe",
					     .text = arena_printf(a, "%s %u", p->probe, p->asn),
					     .source = p->source};
	}
	t->named += f->nevidence;
	return fits ? 0 : need;
}

static struct network network_of(const struct traces *t, struct arena *a, const struct row *r)
{
	struct network n = {.asn = r->asn};
	struct name name;
	uint32_t asn = r->asn;

	memcpy(n.country, r->country, sizeof(n.country));
	if (asn && t->k && t->k->names && names_find(t->k->names, asn, &name)) {
		n.name = arena_text(a, name.name);
		memcpy(n.country, name.country, 3);
	}
	return n;
}

/* Is there a network, or a probe whose network nobody knows, that both belong to? */
static bool together(const struct row *x, const struct row *y)
{
	return x->asn == y->asn && (x->asn || !strcmp(x->probe, y->probe));
}

static bool has_network(const struct finding *f, const struct network *n)
{
	for (size_t i = 0; i < f->nwhere; i++)
		if (f->where[i].asn == n->asn && !memcmp(f->where[i].country, n->country, 3))
			return true;
	return false;
}

static bool has_country(const struct finding *f, const char *country)
{
	for (size_t i = 0; i < f->ncountry; i++)
		if (!strcmp(f->country[i], country))
			return true;
	return false;
}

/* "in 9 networks of RIPE Atlas probes", "for 20 RIPE Atlas probes in India", or both. */
static const char *whose(struct arena *a, const struct finding *f, unsigned known, unsigned alone)
{
	const char *cc = f->ncountry == 1 ? f->country[0] : NULL;
	const char *name = cc ? country_name(cc) : NULL;
	const char *in =
	    cc ? arena_printf(a, " in %s%s", name ? country_article(cc) : "", name ? name : cc)
	       : "";

	if (!alone)
		return arena_printf(a, "in %s network%s of RIPE Atlas probes", text_number(known),
				    known == 1 ? "" : "s");
	if (!known)
		return arena_printf(a, "for %s RIPE Atlas probe%s%s", text_number(alone),
				    alone == 1 ? "" : "s", in);
	return arena_printf(a,
			    "in %s network%s of RIPE Atlas probes and for %s probe%s of networks "
			    "that are not known",
			    text_number(known), known == 1 ? "" : "s", text_number(alone),
			    alone == 1 ? "" : "s");
}

/* All traces towards one address. */
static void judge_target(struct traces *t, struct findings *out, const struct row *row, size_t n)
{
	unsigned alive = 0, networks = 0, known = 0, alone = 0;
	const struct row *before = NULL, **worked = mem_zero(n, sizeof(*worked));
	size_t too_many;
	bool *dead = mem_zero(n, sizeof(*dead)), alive_by[256] = {false}, any = false;
	struct arena *a = &out->arena;
	struct finding *f;
	char text[PREFIX_TEXT], hop[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++)
		alive_by[(unsigned char)row[i].protocol] |= row[i].reached;
	for (size_t i = 0; i < n;) {
		bool reached = false, probes_work = false;
		size_t k = i;

		for (; k < n && together(&row[k], &row[i]); k++) {
			reached |= row[k].reached;
			any |= row[k].reached;
		}
		for (size_t x = i; x < k && !reached; x++)
			probes_work |= (worked[x] = works(t, &row[x])) != NULL;
		alive += reached;
		if (!reached && probes_work) {
			networks++;
			for (size_t x = i; x < k; x++)
				/* Where one protocol gets through somewhere, the others say
				 * nothing: many hosts answer no ping. */
				dead[x] = !any || alive_by[(unsigned char)row[x].protocol];
		}
		i = k;
	}
	/* Which networks reached it is known only now. */
	for (size_t i = 0; i < n; i++)
		dead[i] = dead[i] && (!alive || alive_by[(unsigned char)row[i].protocol]);
	if (!networks || (!alive && networks < FEW)) {
		free(dead);
		free(worked);
		return;
	}
	f = findings_add(out);
	f->kind = "site.blocked";
	f->state = STATE_SITE;
	f->site_state = "BLOCKED";
	f->rule = alive ? &rules[0] : &rules[1];
	f->layer = "ip";
	f->mechanism = "ip.drop";
	f->confidence = alive ? 0.85 : 0.5;
	if (networks >= FEW)
		f->confidence = verdict_more(f->confidence, 0.3);
	f->first = f->last = TIME_NONE;
	addr_text(text, row[0].to);
	f->url = arena_zero(a, 1, sizeof(*f->url));
	f->url[0] = arena_text(a, text);
	f->nurl = 1;
	f->prefix = arena_zero(a, 1, sizeof(*f->prefix));
	f->prefix[0] = (struct finding_prefix){
	    .prefix = {row[0].to.hi, row[0].to.lo, row[0].to.v6 ? 128 : 32, row[0].to.v6},
	    .kind = "address",
	    .withdrawn = TIME_NONE};
	f->nprefix = 1;
	f->where = arena_zero(a, n, sizeof(*f->where));
	f->tag = arena_zero(a, n + 1, sizeof(*f->tag));
	f->country = arena_zero(a, n, sizeof(*f->country));
	for (size_t i = 0; i < n; i++) {
		const struct row *r = &row[i];
		struct network net;

		if (!dead[i])
			continue;
		if (f->first == TIME_NONE || r->time < f->first)
			f->first = r->time;
		if (f->last == TIME_NONE || r->time > f->last)
			f->last = r->time;
		net = network_of(t, a, r);
		if (!has_network(f, &net))
			f->where[f->nwhere++] = net;
		if (net.country[0] && !has_country(f, net.country))
			f->country[f->ncountry++] = arena_text(a, net.country);
		if (!before || !together(before, r)) {
			const char *who =
			    r->asn ? arena_printf(a, "AS%u%s%s", r->asn, net.name ? " " : "",
						  net.name ? net.name : "")
				   : arena_printf(a, "probe %s%s%s", r->probe,
						  net.country[0] ? ", " : "", net.country);

			known += r->asn != 0;
			alone += r->asn == 0;
			f->tag[f->ntag++] = (struct tag){
			    .id = "last-hop",
			    .text = r->has_last
					? arena_printf(a, "%s: nothing answers after hop %u, %s",
						       who, r->hop, addr_text(hop, r->last))
					: arena_printf(a, "%s: nothing answers at all", who)};
		}
		before = r;
		if (!f->hop && r->has_last)
			f->hop =
			    arena_printf(a, "after hop %u, %s", r->hop, addr_text(hop, r->last));
	}
	too_many = name_evidence(t, a, f, row, n, dead, worked);
	free(dead);
	free(worked);
	f->prefix[0].first = f->first;
	f->prefix[0].last = f->last;
	f->actor.net = f->nwhere == 1 ? f->where[0] : (struct network){0};
	f->actor.role = "access network";
	f->actor.confidence = alive ? 0.7 : 0.4;
	f->actor.why = "packets die near the probes, before they reach any other network";
	f->title = arena_printf(a, "Packets to %s die %s%s", text, whose(a, f, known, alone),
				alive ? ", while others reach it" : "");
	f->caveat = arena_zero(a, 4, sizeof(*f->caveat));
	if (!alive)
		f->caveat[f->ncaveat++] =
		    "No probe reached the address, so it may simply not answer such packets.";
	if (alone)
		f->caveat[f->ncaveat++] =
		    "In which networks the probes are is not known without a list of "
		    "probes; each stands for itself.";
	f->caveat[f->ncaveat++] = "A router that answers no probe hides the true place; it is "
				  "after the last one that did.";
	if (too_many)
		f->caveat[f->ncaveat++] = named_caveat(a, too_many);
	if (f->nevidence)
		finding_identify(f);
}

static void traces_end(void *state, struct findings *out)
{
	struct traces *t = state;

	if (t->nplace)
		qsort(t->place, t->nplace, sizeof(*t->place), by_standing);
	for (size_t i = 0; i < t->n; i++) {
		const struct standing *p = standing_of(t, &t->row[i]);

		if (p && !t->row[i].asn)
			t->row[i].asn = p->asn;
	}
	if (t->n)
		qsort(t->row, t->n, sizeof(*t->row), by_target);
	for (size_t i = 0; i < t->n;) {
		size_t k = i;

		while (k < t->n && !addr_cmp(t->row[k].to, t->row[i].to))
			k++;
		judge_target(t, out, t->row + i, k - i);
		i = k;
	}
	t->n = t->named = 0;
}

static void traces_advance(void *state, int64_t now, struct findings *out)
{
	(void)state;
	(void)now;
	(void)out;
}

static bool traces_merge(void *into, void *from, struct err *err)
{
	struct traces *a = into, *b = from;

	(void)err;
	for (size_t i = 0; i < b->n; i++) {
		mem_room(&a->row, &a->cap, a->n + 1);
		a->row[a->n++] = b->row[i];
	}
	for (size_t i = 0; i < b->nplace; i++) {
		mem_room(&a->place, &a->place_cap, a->nplace + 1);
		a->place[a->nplace++] = b->place[i];
	}
	b->n = b->nplace = 0;
	return true;
}

#define SAVED 3

static void put_addr(struct buf *out, struct addr a)
{
	buf_u8(out, a.v6);
	buf_u64(out, a.hi);
	buf_u64(out, a.lo);
}

static void put_evidence(struct buf *out, const struct evidence *e)
{
	buf_u32(out, e->source);
	buf_u64(out, e->offset);
	buf_u32(out, e->length);
	buf_add(out, e->sha256, SHA256_SIZE);
}

/* The number that a source has in this run. */
static uint32_t get_source(const struct traces *t, struct bytes *in)
{
	uint32_t source = bytes_u32(in);

	if (!t->k || !t->k->source_map)
		return source;
	if (source < t->k->nsource_map)
		return t->k->source_map[source];
	in->bad = true;
	return 0;
}

static struct evidence get_evidence(const struct traces *t, struct bytes *in)
{
	struct evidence e = {0};

	e.source = get_source(t, in);
	e.offset = bytes_u64(in);
	e.length = bytes_u32(in);
	bytes_copy(in, e.sha256, SHA256_SIZE);
	return e;
}

static struct addr get_addr(struct bytes *in)
{
	struct addr a = {0};

	a.v6 = bytes_u8(in) & 1;
	a.hi = bytes_u64(in);
	a.lo = bytes_u64(in);
	return a;
}

static void traces_save(const void *state, struct buf *out)
{
	const struct traces *t = state;

	buf_u32(out, SAVED);
	buf_u64(out, t->n);
	for (size_t i = 0; i < t->n; i++) {
		const struct row *r = &t->row[i];

		buf_add(out, r->probe, sizeof(r->probe));
		buf_u32(out, r->asn);
		buf_add(out, r->country, sizeof(r->country));
		put_addr(out, r->to);
		put_addr(out, r->last);
		buf_u64(out, (uint64_t)r->time);
		buf_u8(out, r->hop);
		buf_u8(out, (uint8_t)r->protocol);
		buf_u8(out, (uint8_t)(r->reached | r->has_last << 1));
		put_evidence(out, &r->evidence);
	}
	buf_u64(out, t->nplace);
	for (size_t i = 0; i < t->nplace; i++) {
		buf_add(out, t->place[i].probe, sizeof(t->place[i].probe));
		buf_u32(out, t->place[i].asn);
		buf_u32(out, t->place[i].source);
	}
}

static bool traces_load(void *state, struct bytes *in, struct err *err)
{
	struct traces *t = state;
	uint64_t n;

	if (bytes_u32(in) != SAVED)
		return err_set(err, "traces were saved in a form that I do not know");
	n = bytes_u64(in);
	for (uint64_t i = 0; i < n && !in->bad; i++) {
		struct row r = {0};
		uint8_t flags;

		bytes_copy(in, r.probe, sizeof(r.probe));
		r.probe[sizeof(r.probe) - 1] = 0;
		r.asn = bytes_u32(in);
		bytes_copy(in, r.country, sizeof(r.country));
		r.country[2] = 0;
		r.to = get_addr(in);
		r.last = get_addr(in);
		r.time = (int64_t)bytes_u64(in);
		r.hop = bytes_u8(in);
		r.protocol = (char)bytes_u8(in);
		flags = bytes_u8(in);
		r.reached = flags & 1;
		r.has_last = flags & 2;
		r.evidence = get_evidence(t, in);
		if (in->bad)
			break;
		mem_room(&t->row, &t->cap, t->n + 1);
		t->row[t->n++] = r;
	}
	n = bytes_u64(in);
	for (uint64_t i = 0; i < n && !in->bad; i++) {
		struct standing p;

		bytes_copy(in, p.probe, sizeof(p.probe));
		p.probe[sizeof(p.probe) - 1] = 0;
		p.asn = bytes_u32(in);
		p.source = get_source(t, in);
		if (in->bad)
			break;
		mem_room(&t->place, &t->place_cap, t->nplace + 1);
		t->place[t->nplace++] = p;
	}
	return !in->bad || err_set(err, "saved traces are damaged");
}

const struct detector detector_traces = {
    .name = "traces",
    .about = "addresses towards which packets die, and where",
    .rules = rules,
    .new = traces_new,
    .feed = traces_feed,
    .advance = traces_advance,
    .end = traces_end,
    .merge = traces_merge,
    .save = traces_save,
    .load = traces_load,
    .free = traces_free,
};
