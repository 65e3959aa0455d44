/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "fact/scrub.h"

#include <stdio.h>
#include <string.h>

static bool same(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo && a.v6 == b.v6;
}

static void add_form(struct scrub *s, const char *text)
{
	for (size_t i = 0; i < s->nform; i++)
		if (!strcmp(s->form[i], text))
			return;
	if (s->nform < SCRUB_MAX * 4)
		snprintf(s->form[s->nform++], sizeof(*s->form), "%s", text);
}

bool scrub_add(struct scrub *s, const char *address)
{
	char t[80], canonical[PREFIX_TEXT];
	struct addr a;
	uint8_t wire[16];

	if (!address || !addr_parse(address, strlen(address), &a))
		return false;
	if (!a.v6 && (a.hi >> 56 == 127 || !a.hi))
		return false;
	if (a.v6 && !a.hi && a.lo <= 1)
		return false;
	for (size_t i = 0; i < s->n; i++)
		if (same(s->addr[i], a))
			return true;
	if (s->n == SCRUB_MAX)
		return false;
	s->addr[s->n++] = a;
	addr_to_wire(a, wire);
	add_form(s, addr_text(canonical, a));
	add_form(s, address);
	if (!a.v6) {
		/* As in in-addr.arpa, and as names of customers' lines are made. */
		snprintf(t, sizeof(t), "%u.%u.%u.%u", wire[3], wire[2], wire[1], wire[0]);
		add_form(s, t);
		snprintf(t, sizeof(t), "%u-%u-%u-%u", wire[0], wire[1], wire[2], wire[3]);
		add_form(s, t);
	} else {
		size_t n = 0;

		for (int i = 0; i < 16; i += 2)
			n += (size_t)snprintf(t + n, sizeof(t) - n, "%s%02x%02x", i ? ":" : "",
					      wire[i], wire[i + 1]);
		add_form(s, t);
		for (int i = 15, k = 0; i >= 0; i--, k += 4)
			snprintf(t + k, sizeof(t) - (size_t)k, "%x.%x%s", wire[i] & 15,
				 wire[i] >> 4, i ? "." : "");
		add_form(s, t);
	}
	return true;
}

static bool part_of_number(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
	       c == ':';
}

/* "1.2.3.4" does not stand in "11.2.3.4". */
static bool whole(const char *at, size_t n, size_t from, size_t len, bool v6)
{
	char before = from ? at[from - 1] : ' ', after = from + len < n ? at[from + len] : ' ';

	if (v6)
		return !part_of_number(before) && !part_of_number(after);
	return !(before >= '0' && before <= '9') && !(after >= '0' && after <= '9');
}

static size_t find(const struct scrub *s, const char *at, size_t n, size_t from, size_t *len)
{
	size_t best = n;

	for (size_t i = 0; i < s->nform; i++) {
		const char *form = s->form[i];
		size_t flen = strlen(form), p = from;
		bool v6 = strchr(form, ':') != NULL;

		while (p < n) {
			const char *hit = memmem(at + p, n - p, form, flen);

			if (!hit || (size_t)(hit - at) >= best)
				break;
			p = (size_t)(hit - at);
			if (whole(at, n, p, flen, v6)) {
				best = p;
				*len = flen;
				break;
			}
			p++;
		}
	}
	return best;
}

const char *scrub_bytes(struct arena *a, const struct scrub *s, const char *at, size_t n,
			size_t *len)
{
	static const char with[] = SCRUB_TEXT;
	size_t hit_len = 0, from = 0, used = 0, cap, hit = find(s, at, n, 0, &hit_len);
	char *out;

	*len = n;
	if (hit == n)
		return at;
	/* The shortest form is seven bytes, so that a text at most grows by a half. */
	cap = n + n / 2 + sizeof(with);
	out = arena_alloc(a, cap + 1);
	for (;;) {
		memcpy(out + used, at + from, hit - from);
		used += hit - from;
		if (hit == n)
			break;
		memcpy(out + used, with, sizeof(with) - 1);
		used += sizeof(with) - 1;
		from = hit + hit_len;
		hit = find(s, at, n, from, &hit_len);
	}
	out[used] = 0;
	*len = used;
	return out;
}

static const char *text(struct arena *a, const struct scrub *s, const char *t)
{
	size_t n;

	return t ? scrub_bytes(a, s, t, strlen(t), &n) : NULL;
}

static void members(struct arena *a, const struct scrub *s, const struct member **list, size_t n)
{
	struct member *out;

	if (!n)
		return;
	out = arena_copy(a, *list, n * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i].json = scrub_bytes(a, s, out[i].json, out[i].njson, &out[i].njson);
	*list = out;
}

static void headers(struct arena *a, const struct scrub *s, const struct header **list, size_t n)
{
	struct header *out;

	if (!n)
		return;
	out = arena_copy(a, *list, n * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		out[i].value = text(a, s, out[i].value);
	*list = out;
}

static void seen(struct arena *a, const struct scrub *s, struct seen *x)
{
	x->failure = text(a, s, x->failure);
	members(a, s, &x->extra, x->nextra);
}

static bool own(const struct scrub *s, struct addr a)
{
	for (size_t i = 0; i < s->n; i++)
		if (same(s->addr[i], a))
			return true;
	return false;
}

/* The bytes of an address within a packet. */
static bool in_packet(const struct scrub *s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; p && i < s->n; i++) {
		uint8_t wire[16];

		addr_to_wire(s->addr[i], wire);
		if (memmem(p, n, wire, s->addr[i].v6 ? 16 : 4))
			return true;
	}
	return false;
}

static const struct dns_answer *answers(struct arena *a, const struct scrub *s,
					const struct dns_answer *answer, size_t n)
{
	struct dns_answer *x;

	if (!n)
		return answer;
	x = arena_copy(a, answer, n * sizeof(*x));
	for (size_t k = 0; k < n; k++) {
		x[k].name = text(a, s, x[k].name);
		if (x[k].has_addr && own(s, x[k].addr)) {
			x[k].has_addr = false;
			x[k].addr = (struct addr){0};
		}
		members(a, s, &x[k].extra, x[k].nextra);
	}
	return x;
}

static void scrub_validated(struct arena *a, const struct scrub *s, struct measurement *m)
{
	struct dns_validated *v =
	    m->nvalidated ? arena_copy(a, m->validated, m->nvalidated * sizeof(*v)) : NULL;

	for (size_t i = 0; i < m->nvalidated; i++) {
		seen(a, s, &v[i].seen);
		v[i].name = text(a, s, v[i].name);
		v[i].resolver = text(a, s, v[i].resolver);
		v[i].why = text(a, s, v[i].why);
		v[i].answer = answers(a, s, v[i].answer, v[i].nanswer);
	}
	m->validated = v;
}

static void scrub_dns(struct arena *a, const struct scrub *s, struct measurement *m)
{
	struct dns_reply *q = m->ndns ? arena_copy(a, m->dns, m->ndns * sizeof(*q)) : NULL;

	for (size_t i = 0; i < m->ndns; i++) {
		seen(a, s, &q[i].seen);
		q[i].resolver = text(a, s, q[i].resolver);
		q[i].name = text(a, s, q[i].name);
		if (in_packet(s, q[i].raw, q[i].nraw)) {
			q[i].raw = NULL;
			q[i].nraw = 0;
		}
		q[i].answer = answers(a, s, q[i].answer, q[i].nanswer);
	}
	m->dns = q;
}

static void scrub_http(struct arena *a, const struct scrub *s, struct measurement *m)
{
	struct transaction *x =
	    m->ntransaction ? arena_copy(a, m->transaction, m->ntransaction * sizeof(*x)) : NULL;

	for (size_t i = 0; i < m->ntransaction; i++) {
		seen(a, s, &x[i].seen);
		if (x[i].has_addr && own(s, x[i].addr)) {
			x[i].has_addr = false;
			x[i].addr = (struct addr){0};
		}
		x[i].url = text(a, s, x[i].url);
		headers(a, s, &x[i].ask, x[i].nask);
		headers(a, s, &x[i].header, x[i].nheader);
		if (x[i].body)
			x[i].body = (const uint8_t *)scrub_bytes(a, s, (const char *)x[i].body,
								 x[i].nbody, &x[i].nbody);
		if (x[i].ask_body)
			x[i].ask_body = (const uint8_t *)scrub_bytes(
			    a, s, (const char *)x[i].ask_body, x[i].nask_body, &x[i].nask_body);
	}
	m->transaction = x;
}

/* What a control says of one of them is left out. */
static void scrub_control(struct arena *a, const struct scrub *s, struct measurement *m)
{
	struct control *c =
	    m->ncontrol ? arena_copy(a, m->control, m->ncontrol * sizeof(*c)) : NULL;

	for (size_t i = 0; i < m->ncontrol; i++) {
		struct control_addr *at =
		    c[i].naddr ? arena_copy(a, c[i].addr, c[i].naddr * sizeof(*at)) : NULL;
		struct control_endpoint *e =
		    c[i].nendpoint ? arena_copy(a, c[i].endpoint, c[i].nendpoint * sizeof(*e))
				   : NULL;
		size_t n = 0;

		for (size_t k = 0; k < c[i].naddr; k++)
			if (!own(s, at[k].addr))
				at[n++] = at[k];
		c[i].addr = at;
		c[i].naddr = n;
		n = 0;
		for (size_t k = 0; k < c[i].nendpoint; k++)
			if (!own(s, e[k].addr))
				e[n++] = e[k];
		c[i].endpoint = e;
		c[i].nendpoint = n;
		c[i].title = text(a, s, c[i].title);
		headers(a, s, &c[i].header, c[i].nheader);
		members(a, s, &c[i].extra, c[i].nextra);
	}
	m->control = c;
}

void scrub_measurement(struct arena *a, const struct scrub *s, struct measurement *m)
{
	struct connect *c;
	struct handshake *h;
	struct net_event *e;
	struct ttl_probe *p;
	struct series *x;
	struct tool_target *tool;
	size_t n = 0;

	if (!s->n)
		return;
	m->ip = m->ip ? "127.0.0.1" : NULL;
	m->id = text(a, s, m->id);
	m->input = text(a, s, m->input);
	m->notes.given = text(a, s, m->notes.given);
	m->resolver_ip = text(a, s, m->resolver_ip);
	scrub_dns(a, s, m);
	scrub_validated(a, s, m);
	scrub_http(a, s, m);
	/* A name may lead back here: that connection tells the address, and nothing of a site. */
	c = m->nconnect ? arena_copy(a, m->connect, m->nconnect * sizeof(*c)) : NULL;
	for (size_t i = 0; i < m->nconnect; i++) {
		if (own(s, c[i].addr))
			continue;
		c[n] = c[i];
		seen(a, s, &c[n++].seen);
	}
	m->connect = c;
	m->nconnect = n;
	n = 0;
	h = m->nhandshake ? arena_copy(a, m->handshake, m->nhandshake * sizeof(*h)) : NULL;
	for (size_t i = 0; i < m->nhandshake; i++) {
		if (own(s, h[i].addr))
			continue;
		h[n] = h[i];
		seen(a, s, &h[n++].seen);
	}
	m->handshake = h;
	m->nhandshake = n;
	n = 0;
	x = m->nseries ? arena_copy(a, m->series, m->nseries * sizeof(*x)) : NULL;
	for (size_t i = 0; i < m->nseries; i++)
		if (!own(s, x[i].addr))
			x[n++] = x[i];
	m->series = x;
	m->nseries = n;
	scrub_control(a, s, m);
	e = m->nevent ? arena_copy(a, m->event, m->nevent * sizeof(*e)) : NULL;
	for (size_t i = 0; i < m->nevent; i++) {
		seen(a, s, &e[i].seen);
		e[i].address = text(a, s, e[i].address);
	}
	m->event = e;
	tool = m->ntarget ? arena_copy(a, m->target, m->ntarget * sizeof(*tool)) : NULL;
	for (size_t i = 0; i < m->ntarget; i++) {
		tool[i].id = text(a, s, tool[i].id);
		tool[i].name = text(a, s, tool[i].name);
		tool[i].address = text(a, s, tool[i].address);
		tool[i].failure = text(a, s, tool[i].failure);
	}
	m->target = tool;
	p = m->nttl_probe ? arena_copy(a, m->ttl_probe, m->nttl_probe * sizeof(*p)) : NULL;
	for (size_t i = 0; i < m->nttl_probe; i++) {
		seen(a, s, &p[i].seen);
		/* The first hop is the line's own router. */
		if (p[i].has_from && (p[i].ttl <= 1 || own(s, p[i].from))) {
			p[i].has_from = false;
			p[i].from = (struct addr){0};
			p[i].asn = 0;
			p[i].country[0] = 0;
		}
	}
	m->ttl_probe = p;
	members(a, s, &m->key, m->nkey);
	members(a, s, &m->extra, m->nextra);
}

/* The text of a member that is a JSON string without escapes. */
static void add_member(struct scrub *s, const struct member *m)
{
	char t[80];

	if (m && m->njson > 2 && m->njson < sizeof(t) && m->json[0] == '"') {
		memcpy(t, m->json + 1, m->njson - 2);
		t[m->njson - 2] = 0;
		scrub_add(s, t);
	}
}

size_t scrub_own(struct scrub *s, const struct measurement *m)
{
	static const char *const whoami[] = {"whoami.v4.powerdns.org",	"whoami.v6.powerdns.org",
					     "whoami.akamai.net",	"whoami.ds.akahelp.net",
					     "o-o.myaddr.l.google.com", "myip.opendns.com"};

	if (!m->ip || !scrub_add(s, m->ip))
		return s->n;
	scrub_add(s, m->resolver_ip);
	add_member(s, measurement_key(m, "client_resolver"));
	for (size_t i = 0; i < m->ndns; i++)
		for (size_t w = 0; w < sizeof(whoami) / sizeof(*whoami); w++) {
			if (!m->dns[i].name || strcmp(m->dns[i].name, whoami[w]))
				continue;
			for (size_t k = 0; k < m->dns[i].nanswer; k++) {
				char t[PREFIX_TEXT];

				if (m->dns[i].answer[k].has_addr)
					scrub_add(s, addr_text(t, m->dns[i].answer[k].addr));
			}
		}
	return s->n;
}
