/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What an outage rests on besides the bytes of its evidence: who had a full feed, what there was
 * when all was well, and which of these peers had each prefix that was lost. Three kinds of context
 * rows, written with the finding and read by a re-judgment, which starts from them and not from a
 * table:
 *
 *	basis	AS3333 prefixes=10 addresses=2560 rest=2 rest_addresses=512 steady=1
 *	peer	4 rrc00 198.51.100.1 AS1001		a counted peer, and of which family
 *	had	193.0.40.0/24 AS3333 0,1,2		the numbers of peer rows, from 0
 *
 * rest are the prefixes of the group that nothing happened to; steady=0: counted peers came or went
 * meanwhile, and there are no other rows.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "finding/sight.h"

struct had {
	struct prefix prefix;
	uint32_t asn;
	uint32_t *peer;
	uint32_t n, cap;
};

struct basis {
	uint64_t key, addresses, rest_addresses;
	uint32_t prefixes, rest;
	bool given, steady;
	struct counted {
		uint16_t peer;
		uint8_t v6;
	} * peer;
	uint32_t npeer, cap_peer;
	struct had *had;
	uint32_t nhad, cap_had;
};

/* ---- written ---- */

/* Before the first change of it that is known, else now. */
static bool had_at_first(const struct outage *o, const struct change *c, uint32_t n,
			 uint32_t prefix, uint16_t peer)
{
	for (uint32_t i = 0; i < n; i++)
		if (c[i].peer == peer)
			return !c[i].up;
	return sight_has(o, prefix, peer);
}

static int by_who(const void *p, const void *q, void *arg)
{
	const struct counted *a = p, *b = q;
	const struct peer *x = peers_at(arg, a->peer), *y = peers_at(arg, b->peer);
	int c;

	if (a->v6 != b->v6)
		return a->v6 < b->v6 ? -1 : 1;
	if ((c = strcmp(x->collector, y->collector)))
		return c;
	if (x->addr.hi != y->addr.hi)
		return x->addr.hi < y->addr.hi ? -1 : 1;
	if (x->addr.lo != y->addr.lo)
		return x->addr.lo < y->addr.lo ? -1 : 1;
	return (x->asn > y->asn) - (x->asn < y->asn);
}

static const char *group_text(char out[16], uint64_t key)
{
	if (key >> 63)
		snprintf(out, 16, "%c%c", (char)(key >> 8 & 0xff), (char)(key & 0xff));
	else
		snprintf(out, 16, "AS%u", (uint32_t)key);
	return out;
}

/* The changes of one prefix; the log is in order of prefix, then of time (basis_log()). */
static uint32_t changes_of(const struct change *c, uint32_t n)
{
	uint32_t k = 1;

	while (k < n && c[k].prefix == c->prefix)
		k++;
	return k;
}

void basis_tell(const struct outage *o, const struct watch *w, struct findings *out,
		struct finding *f, const struct episode *e, const struct change *log, uint32_t n)
{
	struct counted *peer = NULL;
	uint32_t npeer = 0, cap = 0, seen = 0;
	uint64_t seen_addresses = 0;
	char who[16], at[PREFIX_TEXT];
	struct buf row = {0};
	bool steady;

	if (!w->k->peers)
		return;
	for (int v = 0; v < 2; v++)
		for (uint32_t p = 1; p < o->width * 8 && p < peers_count(w->k->peers); p++)
			if (o->feed[v][p].state == PEER_COUNTED) {
				mem_room(&peer, &cap, npeer + 1);
				peer[npeer++] = (struct counted){(uint16_t)p, (uint8_t)v};
			}
	if (npeer)
		qsort_r(peer, npeer, sizeof(*peer), by_who, (void *)w->k->peers);
	for (uint32_t i = 0; i < n; i += changes_of(log + i, n - i)) {
		uint32_t p = log[i].prefix, k = changes_of(log + i, n - i), have = 0;
		struct prefix x = watch_prefix(w, p);

		for (uint32_t j = 0; j < npeer; j++) {
			bool had = had_at_first(o, log + i, k, p, peer[j].peer), last = had;

			if (peer[j].v6 != x.v6)
				continue;
			for (uint32_t c = i; c < i + k; c++)
				if (log[c].peer == peer[j].peer &&
				    (!e->g.ended || log[c].time < e->g.ended))
					last = log[c].up;
			have += last;
		}
		if (have * 2u >= o->nfull[x.v6]) {
			seen++;
			seen_addresses += sight_addresses(x);
		}
	}
	steady = w->k->basis ? w->k->basis->steady
			     : o->moved == TIME_NONE || o->moved < e->g.began - BIN;
	event_context(out, f, "basis", NONE,
		      "%s prefixes=%u addresses=%llu rest=%u rest_addresses=%llu steady=%d",
		      group_text(who, e->g.key), e->g.base, (unsigned long long)e->g.base_addr,
		      steady ? e->g.now - seen : 0,
		      (unsigned long long)(steady ? e->g.now_addr - seen_addresses : 0), steady);
	/* Who had what before is not known of a peer that has gone since. */
	if (!steady) {
		free(peer);
		return;
	}
	for (uint32_t j = 0; j < npeer; j++) {
		const struct peer *x = peers_at(w->k->peers, peer[j].peer);

		event_context(out, f, "peer", NONE, "%d %s %s AS%u", peer[j].v6 ? 6 : 4,
			      *x->collector ? x->collector : "-", addr_text(at, x->addr), x->asn);
	}
	for (uint32_t i = 0; i < n; i += changes_of(log + i, n - i)) {
		uint32_t p = log[i].prefix, k = changes_of(log + i, n - i);
		const struct pair *owner = sight_owner(w, p);
		const char *comma = " ";

		buf_reset(&row);
		buf_printf(&row, "%s AS%u", prefix_text(at, watch_prefix(w, p)),
			   owner ? owner->origin : 0);
		for (uint32_t j = 0; j < npeer; j++)
			if (peer[j].v6 == watch_prefix(w, p).v6 &&
			    had_at_first(o, log + i, k, p, peer[j].peer)) {
				buf_printf(&row, "%s%u", comma, j);
				comma = ",";
			}
		/* Each prefix comes once: no need to look for it among the rows that are there. */
		event_row(out, f, "had", row.at);
	}
	free(peer);
	buf_free(&row);
}

/* ---- read ---- */

static bool number(const char **at, const char *name, uint64_t *out)
{
	size_t n = strlen(name), len;

	if (strncmp(*at, name, n))
		return false;
	*at += n;
	len = strcspn(*at, " ,");
	if (!text_to_u64(*at, len, UINT64_MAX, out))
		return false;
	*at += len;
	return true;
}

static bool read_basis(struct basis *b, const char *text)
{
	uint64_t n[6];

	if (text[0] == 'A' && text[1] == 'S' && text[2] >= '0' && text[2] <= '9') {
		if (!number(&text, "AS", &n[5]) || n[5] > UINT32_MAX)
			return false;
		b->key = n[5];
	} else {
		if (!text[0] || !text[1] || text[2] != ' ')
			return false;
		b->key = UINT64_C(1) << 63 | (uint64_t)(uint8_t)text[0] << 8 | (uint8_t)text[1];
		text += 2;
	}
	if (!number(&text, " prefixes=", &n[0]) || !number(&text, " addresses=", &n[1]) ||
	    !number(&text, " rest=", &n[2]) || !number(&text, " rest_addresses=", &n[3]) ||
	    !number(&text, " steady=", &n[4]) || *text || n[0] > UINT32_MAX || n[2] > n[0])
		return false;
	b->prefixes = (uint32_t)n[0];
	b->addresses = n[1];
	b->rest = (uint32_t)n[2];
	b->rest_addresses = n[3];
	b->steady = n[4] != 0;
	b->given = true;
	return true;
}

static bool read_peer(struct basis *b, struct peers *peers, const char *text)
{
	struct peer p = {0};
	char collector[64];
	size_t n;
	uint64_t asn;
	bool v6 = *text == '6';

	if ((*text != '4' && *text != '6') || text[1] != ' ')
		return false;
	text += 2;
	n = strcspn(text, " ");
	if (!n || n >= sizeof(collector) || text[n] != ' ')
		return false;
	memcpy(collector, text, n);
	collector[n] = '\0';
	p.collector = strcmp(collector, "-") ? collector : "";
	text += n + 1;
	n = strcspn(text, " ");
	if (!addr_parse(text, n, &p.addr) || text[n] != ' ')
		return false;
	text += n + 1;
	if (!number(&text, "AS", &asn) || *text || asn > UINT32_MAX)
		return false;
	p.asn = (uint32_t)asn;
	mem_room(&b->peer, &b->cap_peer, b->npeer + 1);
	b->peer[b->npeer++] = (struct counted){peers_intern(peers, &p), v6};
	return true;
}

static bool read_had(struct basis *b, const char *text)
{
	struct had h = {0};
	size_t n = strcspn(text, " ");
	uint64_t x;

	if (!prefix_parse(text, n, &h.prefix) || !(text += n, number(&text, " AS", &x)) ||
	    x > UINT32_MAX)
		return false;
	h.asn = (uint32_t)x;
	for (const char *sep = " "; *text; sep = ",") {
		if (!number(&text, sep, &x) || x > UINT16_MAX * 2) {
			free(h.peer);
			return false;
		}
		mem_room(&h.peer, &h.cap, h.n + 1);
		h.peer[h.n++] = (uint32_t)x;
	}
	mem_room(&b->had, &b->cap_had, b->nhad + 1);
	b->had[b->nhad++] = h;
	return true;
}

bool knowledge_basis(struct knowledge *k, struct peers *peers, const char *kind, const char *text)
{
	if (!k->basis)
		k->basis = mem_zero(1, sizeof(*k->basis));
	if (!strcmp(kind, "basis"))
		return read_basis(k->basis, text);
	if (!strcmp(kind, "peer"))
		return read_peer(k->basis, peers, text);
	return !strcmp(kind, "had") && read_had(k->basis, text);
}

void knowledge_basis_free(struct knowledge *k)
{
	if (!k->basis)
		return;
	for (uint32_t i = 0; i < k->basis->nhad; i++)
		free(k->basis->had[i].peer);
	free(k->basis->had);
	free(k->basis->peer);
	free(k->basis);
	k->basis = NULL;
}

/* ---- started from ---- */

void basis_start(struct outage *o, struct watch *w, int64_t now)
{
	const struct basis *b = w->k->basis;
	struct group *g;
	uint32_t index;

	for (uint32_t i = 0; i < b->npeer; i++) {
		struct feed *f = &o->feed[b->peer[i].v6][b->peer[i].peer];

		if (b->peer[i].peer && f->state != PEER_COUNTED) {
			f->state = PEER_COUNTED;
			o->nfull[b->peer[i].v6]++;
		}
	}
	memset(o->bits, 0, (size_t)o->rows * o->width * sizeof(*o->bits));
	index = sight_group(o, b->key);
	g = &o->group[index];
	g->base = b->prefixes;
	g->base_addr = b->addresses;
	g->now = b->rest;
	g->now_addr = b->rest_addresses;
	for (uint32_t i = 0; i < b->nhad; i++) {
		const struct had *h = &b->had[i];
		uint32_t p = watch_intern(w, h->prefix);

		for (uint32_t j = 0; j < h->n; j++)
			if (h->peer[j] < b->npeer && b->peer[h->peer[j]].peer) {
				uint16_t peer = b->peer[h->peer[j]].peer;

				*sight_bits(o, p, peer) |= (uint8_t)(1u << (peer % 8));
			}
	}
	sight_recount(o, w);
	for (uint32_t i = 0; i < b->nhad; i++) {
		uint32_t p = watch_find(w, b->had[i].prefix);

		if (o->as_of[p] == index || o->cc_of[p] == index)
			continue;
		/* Of a country's prefixes the networks are known too, and not judged: they have
		 * nothing to lose. */
		if (b->key >> 63)
			o->cc_of[p] = index;
		o->as_of[p] = b->key >> 63 ? sight_group(o, b->had[i].asn) : index;
		g = &o->group[index];
		o->gone[p] = 0;
		if (o->count[p] * 2u >= o->nfull[b->had[i].prefix.v6]) {
			g->now++;
			g->now_addr += sight_addresses(b->had[i].prefix);
		}
	}
	o->started = true;
	o->bin = now - now % BIN + BIN;
	o->based = TIME_NONE;
}
