/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Where on the path: packets with a small TTL that carry the name in question and a neutral one
 * (Raman et al., CenTrace, CoNEXT 2022).
 *
 * A device on the path sees a copy: at its hop the router still says that the packet died, and a
 * forged answer comes as well. One in the path handles a packet only when it would be passed on,
 * so it answers (or is silent) one hop later; so where only the first hop that answers is known,
 * two hops are told, not one. What ends connections sooner than plain datagrams to the same
 * address get is a proxy, at that very hop. An injector that copies the trigger's TTL into what it
 * forges is heard only from about twice its distance on: that hop is not believed.
 */
#include <stdio.h>
#include <string.h>

#include "fact/geo.h"
#include "fact/names.h"
#include "finding/view.h"

#define HOPS 256

/* What the probes of one layer say, by hop. */
struct hops {
	const struct ttl_probe *name[HOPS], *neutral[HOPS], *plain[HOPS];
	bool any;
};

static bool tagged(const struct seen *s, const char *tag)
{
	for (size_t i = 0; i < s->ntag; i++)
		if (!strcmp(s->tag[i], tag))
			return true;
	return false;
}

static bool is(const struct ttl_probe *p, enum ttl_answer a)
{
	return p && p->answer == a;
}

/* Somebody answered, the server or another. */
static bool answered(const struct ttl_probe *p)
{
	return p && p->answer != TTL_SILENCE && p->answer != TTL_EXCEEDED;
}

static void read_path(const struct measurement *m, const char *layer, struct hops *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < m->nttl_probe; i++) {
		const struct ttl_probe *p = &m->ttl_probe[i];

		if (text_same(p->layer, "path")) {
			if (!out->plain[p->ttl])
				out->plain[p->ttl] = p;
		} else if (!p->layer || !layer || !strcmp(p->layer, layer)) {
			const struct ttl_probe **at =
			    p->control ? &out->neutral[p->ttl] : &out->name[p->ttl];

			if (!*at)
				*at = p;
			out->any |= !p->control;
		}
	}
}

/* The layer whose probes speak of this mechanism; of another when there are none, but where a
 * lie of lookups or the end of QUIC is made only their own tell. */
static const char *layer_of(const struct measurement *m, const struct verdict *out)
{
	const char *l = out->nmechanism ? out->mechanism[0].layer : "";

	if (!strcmp(l, "ip"))
		l = "tcp";
	for (size_t i = 0; i < m->nttl_probe; i++)
		if (text_same(m->ttl_probe[i].layer, l))
			return m->ttl_probe[i].layer;
	if (!strcmp(l, "dns") || !strcmp(l, "quic"))
		return NULL;
	for (size_t i = 0; i < m->nttl_probe; i++)
		if (!text_same(m->ttl_probe[i].layer, "path"))
			return m->ttl_probe[i].layer;
	return NULL;
}

/* The router and whose it is, as far as the tables know. */
static void name_hop(const struct view *v, struct verdict *out, const struct ttl_probe *router)
{
	const struct knowledge *k = v->k;
	struct addr a;

	if (!router || !router->has_from)
		return;
	a = router->from;
	out->hop_addr = a;
	out->has_hop_addr = true;
	out->hop_asn = addr_asn(v, a);
	if (k && k->geo && !addr_bogon(a))
		geo_find(k->geo, a, out->hop_country);
	if (out->hop_asn && k && k->names) {
		struct name n;

		if (names_find(k->names, out->hop_asn, &n)) {
			out->hop_name = arena_text(v->a, n.name);
			if (!out->hop_country[0])
				memcpy(out->hop_country, n.country, 3);
		}
	}
}

/* A network that is an exchange says so in its name ("DE-CIX", "… Internet Exchange", "… IX"): the
 * router has an address of the exchange's own net. */
static bool is_exchange(const char *name)
{
	if (strcasestr(name, "internet exchange") || strcasestr(name, "exchange point"))
		return true;
	for (const char *p = name; (p = strcasestr(p, "ix")) != NULL; p += 2) {
		const char *end = p + 2 + (p[2] == 'P' || p[2] == 'p');
		bool word = p == name || p[-1] == ' ' || p[-1] == '-' ||
			    (p - name >= 2 && !strncasecmp(p - 2, "-c", 2));

		if (word && (!*end || strchr(" -.,/", *end)))
			return true;
	}
	return false;
}

static bool of_target(const struct view *v, const struct verdict *out, uint32_t asn)
{
	for (size_t i = 0; i < out->naddr; i++)
		if (addr_asn(v, out->addr[i]) == asn)
			return true;
	return false;
}

/* By whose router it is, and else by how near. */
static void who_acts(const struct view *v, struct verdict *out)
{
	if (out->hop_asn && v->m->asn)
		verdict_who(out,
			    out->hop_asn == v->m->asn			  ? WHO_ACCESS
			    : out->hop_name && is_exchange(out->hop_name) ? WHO_EXCHANGE
			    : of_target(v, out, out->hop_asn)		  ? WHO_HOST
									  : WHO_TRANSIT,
			    0.9);
	else if (out->has_hop_addr && addr_bogon(out->hop_addr) && out->hop_last <= 4)
		verdict_who(out, WHO_ACCESS, 0.8);
	else
		verdict_who(out, out->hop_last <= 3 ? WHO_ACCESS : WHO_TRANSIT,
			    out->hop_last <= 3 ? 0.8 : 0.6);
}

static void write_hop(const struct view *v, struct verdict *out, const char *how)
{
	struct buf b = {0};
	char t[PREFIX_TEXT];

	buf_text(&b, how);
	if (out->hop_first != out->hop_last)
		buf_printf(&b, " at hop %u or %u", out->hop_first, out->hop_last);
	else
		buf_printf(&b, " at hop %u", out->hop_first);
	if (out->has_hop_addr)
		buf_printf(&b, ", %s", addr_text(t, out->hop_addr));
	if (out->hop_asn)
		buf_printf(&b, ", AS%u%s%s", out->hop_asn, out->hop_name ? " " : "",
			   out->hop_name ? out->hop_name : "");
	if (out->hop_country[0])
		buf_printf(&b, ", %s", out->hop_country);
	out->hop = arena_textn(v->a, b.at, b.len);
	buf_free(&b);
	who_acts(v, out);
}

static void set_hops(struct verdict *out, unsigned first, unsigned last)
{
	out->hop_first = (uint8_t)(first ? first : 1);
	out->hop_last = (uint8_t)(last ? last : 1);
}

/*
 * What is forged with the TTL that its trigger had loses as many hops on its way back as the
 * trigger did on its way there: sent with k, it comes with k - 2 (c - 1) from hop c. Hosts and
 * injectors that choose a TTL choose 64 or more, and no path is so long that it comes with less
 * than what a copier's does. 0: none copies.
 */
static unsigned copier(const struct hops *h)
{
	for (unsigned k = 1; k < HOPS; k++) {
		const struct ttl_probe *p = h->name[k];

		if ((is(p, TTL_RESET) || is(p, TTL_FORGED)) && p->ip_ttl >= 0 && p->ip_ttl < 30 &&
		    (unsigned)p->ip_ttl <= k)
			return (k - (unsigned)p->ip_ttl) / 2 + 1;
	}
	return 0;
}

void judge_where(const struct view *v, struct verdict *out)
{
	const struct measurement *m = v->m;
	const char *layer = layer_of(m, out);
	unsigned first = 0, reached = 0, last_heard = 0, true_at = 0, beyond = 0, copied;
	const struct ttl_probe *router = NULL;
	bool tcp = text_same(layer, "tcp"), silent = false, whatever = false;
	struct hops *path;

	if (out->nmechanism && !strncmp(out->mechanism[0].id, "throttle", 8)) {
		where_slowed(v, out);
		return;
	}
	if (!m->nttl_probe || !layer)
		return;
	path = arena_alloc(v->a, sizeof(*path));
	read_path(m, layer, path);
	if (!path->any)
		return;
	/* "tcp" has its neutral probes on the way to another address. */
	for (unsigned i = 1; i < HOPS && !reached && !tcp; i++)
		if (answered(path->neutral[i]))
			reached = i;
	for (unsigned i = 1; i < HOPS; i++) {
		const struct ttl_probe *p = path->name[i];

		if (is(p, TTL_EXCEEDED))
			last_heard = i;
		if (is(p, TTL_DATA) && reached && i >= reached && !true_at)
			true_at = i;
		/* What the server says at its own place is no interference. */
		if (!first && answered(p) && !(is(p, TTL_DATA) && reached && i >= reached) &&
		    !(tcp && is(p, TTL_DATA)))
			first = i;
		if (is(path->plain[i], TTL_EXCEEDED))
			beyond = i;
	}
	/* Resets for whatever name, nearer than plain datagrams die, are not the server's either.
	 */
	if (reached && beyond >= reached && is(path->neutral[reached], TTL_RESET) &&
	    is(path->name[reached], TTL_RESET)) {
		whatever = reached > 1 && is(path->name[reached - 1], TTL_EXCEEDED) &&
			   path->name[reached - 1]->has_from &&
			   !tagged(&path->name[reached - 1]->seen, "router=udp");
		reached = 0;
	}
	if (first && is(path->name[first], TTL_OTHER) && path->name[first]->has_from) {
		/* A router says that it does not let it through: which one is known. */
		unsigned at = first > 1 ? first - 1 : 1;

		for (unsigned i = 1; i <= first; i++)
			for (int k = 0; k < 2; k++) {
				const struct ttl_probe *p = k ? path->plain[i] : path->name[i];

				if (is(p, TTL_EXCEEDED) && p->has_from &&
				    addr_same(p->from, path->name[first]->from))
					at = i;
			}
		set_hops(out, at, at);
		out->side = SIDE_IN_PATH;
		name_hop(v, out, path->name[first]);
		write_hop(v, out, "refused by the router");
		return;
	}
	/* Ended sooner than plain datagrams: a proxy, for whatever name. Its own answer may be all
	 * that is wrong with what comes. */
	if (reached && beyond >= reached && (!first || first >= reached) && !tcp) {
		set_hops(out, reached, reached);
		out->side = SIDE_IN_PATH;
		router = path->plain[reached];
		name_hop(v, out, is(router, TTL_EXCEEDED) ? router : NULL);
		write_hop(v, out, "a proxy in the path");
		return;
	}
	copied = copier(path);
	if (copied) {
		out->ttl_copied = true;
		out->side = SIDE_ON_PATH;
		set_hops(out, copied, copied);
		name_hop(v, out, path->neutral[copied]);
		write_hop(v, out, "an injector on the path that copies the TTL,");
		return;
	}
	if (first && reached && first > reached && true_at && true_at < first) {
		/* The server answered, and from farther on something else does too. */
		out->ttl_copied = true;
		out->side = SIDE_ON_PATH;
		out->hop =
		    arena_printf(v->a,
				 "an injector on the path that copies the TTL: heard from hop %u "
				 "on, past the server at %u; it is about half as far, at hop %u "
				 "or %u",
				 first, reached, first / 2, (first + 1) / 2);
		verdict_who(out, first <= 6 ? WHO_ACCESS : WHO_TRANSIT, 0.5);
		return;
	}
	if (!first && true_at && true_at == reached && !strcmp(layer, "dns")) {
		/* Both names are answered from where plain datagrams end as well. */
		set_hops(out, reached, reached);
		out->hop = arena_printf(v->a, "the resolver itself, at hop %u", reached);
		if (out->who == WHO_RESOLVER)
			verdict_who(out, WHO_RESOLVER, 0.9);
		return;
	}
	if (!first) {
		/* Silence past some hop, where the neutral name (or plain datagrams) still hears.
		 */
		for (unsigned i = last_heard + 1; i < HOPS; i++)
			silent |= is(path->name[i], TTL_SILENCE) &&
				  ((path->neutral[i] && !is(path->neutral[i], TTL_SILENCE)) ||
				   (path->plain[i] && !is(path->plain[i], TTL_SILENCE)));
		if (!silent || !last_heard)
			return;
		set_hops(out, last_heard, last_heard + 1);
		if (path->name[last_heard]->has_from)
			router = path->name[last_heard];
		out->side = SIDE_IN_PATH;
		/* A router says that a packet died before it looks at what is in it. */
		name_hop(v, out, router);
		write_hop(v, out, "in the path");
		return;
	}
	if (reached && first >= reached) {
		/* The last router may do it for the server. */
		set_hops(out, first > 1 ? first - 1 : 1, first);
		name_hop(v, out, path->name[out->hop_first]);
		out->has_hop_addr &= !is(path->name[first], TTL_DATA);
		out->side = SIDE_IN_PATH;
		if (path->neutral[out->hop_first] &&
		    path->neutral[out->hop_first]->answer == TTL_EXCEEDED &&
		    is(path->name[first], TTL_RESET) && first == reached) {
			out->hop = arena_printf(
			    v->a, "at the server (hop %u) or at the router before it", first);
			verdict_who(out, WHO_HOST, 0.4);
		} else {
			write_hop(v, out, "near the server");
		}
		return;
	}
	if (path->name[first]->both) {
		set_hops(out, first, first);
		out->side = SIDE_ON_PATH;
		name_hop(v, out, path->name[first]);
		write_hop(v, out, "on the path");
		return;
	}
	if (is(path->name[first], TTL_DATA) && first == 1) {
		set_hops(out, 1, 1);
		out->side = SIDE_IN_PATH;
		name_hop(v, out, is(path->plain[1], TTL_EXCEEDED) ? path->plain[1] : NULL);
		write_hop(v, out, "in the path");
		return;
	}
	/* Routers were heard (not only found by other datagrams) and none said that it died there:
	 * it was taken out of the path. */
	if (whatever || (is(path->neutral[first], TTL_EXCEEDED) && path->neutral[first]->has_from &&
			 !tagged(&path->neutral[first]->seen, "router=udp"))) {
		set_hops(out, first > 1 ? first - 1 : 1, first > 1 ? first - 1 : 1);
		out->side = SIDE_IN_PATH;
		name_hop(v, out, path->name[out->hop_first]);
		write_hop(v, out, "in the path");
		return;
	}
	set_hops(out, first > 1 ? first - 1 : 1, first);
	name_hop(v, out, path->name[out->hop_first]);
	write_hop(v, out, "on the path or in it");
}
