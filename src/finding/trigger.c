/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What exactly triggers it, from the same thing asked in other words (source/trigger.h): the name
 * when a neutral one passes at the same address and the same one fails again; the address when a
 * neutral name fails there and the name passes elsewhere; the protocol when whatever says it
 * fails everywhere. That the cut name passes shows that somebody in between reads it. What fails
 * once and passes when it is said again is no trigger.
 */
#include <openssl/x509.h>
#include <string.h>

#include "finding/view.h"

struct tally {
	unsigned ok, bad;
};

/* What came of each way to say it. */
struct ways {
	struct tally neutral, nameless, rested, elsewhere, again, ech, records, segments;
};

static bool tagged(const struct seen *s, const char *tag)
{
	for (size_t i = 0; i < s->ntag; i++)
		if (!strcmp(s->tag[i], tag))
			return true;
	return false;
}

static void put(struct tally *t, bool ok)
{
	t->ok += ok;
	t->bad += !ok;
}

static void put_way(struct ways *w, enum hello hello, const struct seen *s, bool ok)
{
	switch (hello) {
	case HELLO_NEUTRAL_NAME:
		put(tagged(s, "after-rest") ? &w->rested : &w->neutral, ok);
		break;
	case HELLO_NO_NAME:
		put(&w->nameless, ok);
		break;
	case HELLO_NEUTRAL_ADDR:
		put(&w->elsewhere, ok);
		break;
	case HELLO_LATER:
		put(&w->again, ok);
		break;
	case HELLO_ECH:
		put(&w->ech, ok);
		break;
	case HELLO_SPLIT:
		put(tagged(s, "cut=records") ? &w->records : &w->segments, ok);
		break;
	default:
		break;
	}
}

/* A sentence of what passed and what did not. */
static const char *tell(struct arena *a, const struct ways *w, const char *what)
{
	struct buf b = {0};
	const char *text;

	buf_text(&b, what);
	if (w->neutral.ok)
		buf_text(&b, "; a neutral name to the same address passes");
	else if (w->rested.ok)
		buf_text(&b, "; a neutral name to the same address fails at first too and passes "
			     "after a rest (residual blocking)");
	else if (w->neutral.bad)
		buf_text(&b, "; a neutral name to the same address fails too");
	if (w->nameless.ok)
		buf_text(&b, "; no name passes");
	if (w->elsewhere.bad && !w->elsewhere.ok)
		buf_text(&b, "; the name fails at an unrelated address too");
	else if (w->elsewhere.ok)
		buf_text(&b, "; the name passes at an unrelated address");
	if (w->records.ok)
		buf_text(&b, "; cut into two TLS records it passes");
	if (w->segments.ok)
		buf_text(&b, "; cut into two segments it passes");
	if (w->ech.ok)
		buf_text(&b, "; with an ECH extension it passes");
	else if (w->ech.bad && w->again.ok)
		buf_text(&b, "; with an ECH extension it fails");
	text = arena_textn(a, b.at, b.len);
	buf_free(&b);
	return text;
}

/* Nothing passes: not another name to the same address, nor the name to another one. */
static const char *whatever(struct arena *a, const struct ways *w, const char *what)
{
	return arena_printf(a,
			    "%s itself triggers it: a neutral name%s to the same address fails "
			    "as well, and so does the name to an unrelated one",
			    what, w->nameless.bad ? " and no name" : "");
}

/* The conclusion; name: what the name is called here. */
static void conclude(const struct view *v, const struct ways *w, const char *name,
		     struct trigger_view *out)
{
	bool neutral_ok = w->neutral.ok || w->nameless.ok || w->rested.ok;
	bool neutral_bad = !neutral_ok && (w->neutral.bad || w->nameless.bad);
	bool nowhere = w->elsewhere.bad && !w->elsewhere.ok;

	/* Said again it passed: no trigger, or one that is gone; unless it fails elsewhere as well,
	 * since an injector does not win every race. */
	if (w->again.ok && !nowhere)
		return;
	if (neutral_ok) {
		out->id = "name";
		/* A server may dislike a name by itself; nobody else's server does, nor does it
		 * like the same name better in two pieces. */
		out->sure =
		    (w->elsewhere.bad && !w->elsewhere.ok) || w->records.ok || w->segments.ok;
		out->residual = !w->neutral.ok && w->rested.ok;
	} else if (neutral_bad && w->elsewhere.ok) {
		out->id = "address";
		out->sure = true;
	} else if (neutral_bad && nowhere && w->neutral.bad) {
		out->id = "protocol";
		out->why = whatever(v->a, w, !strcmp(name, "Host") ? "HTTP" : "TLS");
		return;
	} else {
		return;
	}
	out->why = tell(v->a, w,
			!strcmp(out->id, "name")
			    ? arena_printf(v->a, "the %s %s triggers it", name, v->host)
			    : "the address triggers it, whatever the name");
}

/* Packets that cannot have reached the server were answered, and a neutral name's were not. */
static void answered_early(const struct view *v, const char *layer, struct trigger_view *out)
{
	const struct measurement *m = v->m;
	unsigned reached = 256, first = 256;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < m->nttl_probe; i++) {
			const struct ttl_probe *p = &m->ttl_probe[i];

			if (!text_same(p->layer, layer) || p->control != !pass ||
			    p->answer == TTL_SILENCE || p->answer == TTL_EXCEEDED ||
			    p->answer == TTL_OTHER)
				continue;
			if (p->control && p->ttl < reached)
				reached = p->ttl;
			else if (!p->control && p->ttl < reached && p->ttl < first)
				first = p->ttl;
		}
	if (reached == 256 || first == 256 || first + 1 >= reached)
		return;
	out->id = "name";
	out->sure = true;
	out->why = arena_printf(v->a,
				"what names %s is answered from hop %u on, and a neutral name only "
				"by the server at hop %u",
				v->host, first, reached);
}

/* Who signed the leaf; false: there is none. */
static X509_NAME *issuer_of(const struct handshake *h, X509 **cert)
{
	const unsigned char *p = h->ncert ? h->cert[0].at : NULL;

	*cert = p ? d2i_X509(NULL, &p, (long)h->cert[0].n) : NULL;
	return *cert ? X509_get_issuer_name(*cert) : NULL;
}

/* Another certificate authority for a neutral name at the same address: only this name's
 * connections are opened. */
static void certificates(const struct view *v, const struct handshake *bad,
			 struct trigger_view *out)
{
	X509 *mine, *other;
	X509_NAME *a = issuer_of(bad, &mine);

	for (size_t i = 0; a && i < v->m->nhandshake && !out->id; i++) {
		const struct handshake *h = &v->m->handshake[i];
		X509_NAME *b;

		if (h->hello != HELLO_NEUTRAL_NAME || h->quic || !addr_same(h->addr, bad->addr))
			continue;
		b = issuer_of(h, &other);
		if (b && X509_NAME_cmp(a, b)) {
			out->id = "name";
			out->sure = true;
			out->why = "a neutral name to the same address gets a certificate of "
				   "another authority";
		} else if (b) {
			out->id = "address";
			out->why = "a neutral name to the same address gets a certificate of the "
				   "same authority";
		}
		X509_free(other);
	}
	X509_free(mine);
}

/* Neither a neutral name nor a packet that names nothing is answered, where TLS is. */
static void all_of_quic(const struct view *v, const struct ways *w, struct trigger_view *out)
{
	const struct measurement *m = v->m;
	bool versions = false, over_tcp = false;

	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (h->quic && tagged(&h->seen, "version-negotiation") && h->seen.failure)
			versions = true;
		for (size_t k = 0; k < m->nhandshake && !h->quic && !h->seen.failure; k++)
			over_tcp |=
			    m->handshake[k].quic && addr_same(m->handshake[k].addr, h->addr);
	}
	if (w->neutral.ok || !w->neutral.bad || !versions || !over_tcp)
		return;
	out->id = "protocol";
	out->why = "QUIC itself triggers it: a neutral name and a packet that names nothing get no "
		   "answer from the same address either, and TLS over TCP does";
}

void trigger_tls(const struct view *v, bool quic, struct trigger_view *out)
{
	const struct measurement *m = v->m;
	struct ways w = {0};

	*out = (struct trigger_view){0};
	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *bad = &m->handshake[i];

		if (!bad->seen.failure || bad->hello != HELLO_NORMAL || bad->quic != quic ||
		    bad->seen.group || !host_of_handshake(v, bad))
			continue;
		if (!quic && failure_is_certificate(bad->seen.failure)) {
			certificates(v, bad, out);
			continue;
		}
		for (size_t k = 0; k < m->nhandshake; k++) {
			const struct handshake *h = &m->handshake[k];

			if (h->seen.group || h->quic != quic || h->hello == HELLO_NORMAL ||
			    tagged(&h->seen, "version-negotiation") ||
			    (h->hello != HELLO_NEUTRAL_ADDR && !addr_same(h->addr, bad->addr)))
				continue;
			/* A neutral name gets a certificate that is not for it, or a refusal: an
			 * answer all the same. */
			put_way(&w, h->hello, &h->seen,
				!h->seen.failure || failure_is_certificate(h->seen.failure) ||
				    tagged(&h->seen, "answered"));
		}
		if (w.neutral.ok + w.neutral.bad + w.nameless.ok + w.nameless.bad)
			break;
	}
	if (!out->id)
		conclude(v, &w, "server name", out);
	if (!out->id && !quic)
		answered_early(v, "tls", out);
	if (!out->id && quic)
		all_of_quic(v, &w, out);
}

/* Does the page that came for other words look like the one that came for these? */
static bool alike(const struct view *v, const struct transaction *a, const struct transaction *b)
{
	struct page page = page_of(v, b);

	if (page.kind == PAGE_BLOCK || page.kind == PAGE_WORDS)
		return true;
	return a->code == b->code &&
	       (a->nbody == b->nbody ||
		(a->nbody && b->nbody &&
		 !memcmp(a->body, b->body, a->nbody < b->nbody ? a->nbody : b->nbody)));
}

void trigger_http(const struct view *v, struct trigger_view *out)
{
	static const char *const words[] = {
	    "hello=normal",  "hello=neutral-name", "hello=neutral-address",
	    "hello=no-name", "hello=later",	   "hello=ech",
	    "hello=split"};
	const struct measurement *m = v->m;
	const struct transaction *bad = NULL;
	struct ways w = {0};

	*out = (struct trigger_view){0};
	for (size_t i = 0; i < m->ntransaction && !bad; i++) {
		const struct transaction *x = &m->transaction[i];

		if (!x->seen.group && !x->seen.depth && !x->tor && x->url &&
		    !strncmp(x->url, "http:", 5) && host_of_transaction(v, x))
			bad = x;
	}
	for (size_t i = 0; bad && i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (!text_same(x->seen.group, "trigger"))
			continue;
		for (int k = 1; k < 7; k++)
			if (tagged(&x->seen, words[k]))
				put_way(&w, (enum hello)k, &x->seen,
					!x->seen.failure &&
					    (bad->seen.failure || !alike(v, bad, x)));
	}
	conclude(v, &w, "Host", out);
	if (!out->id)
		answered_early(v, "http", out);
}

/* A lookup of a neutral name at the same resolver (followups.c asks it beside). */
static void trigger_dns(const struct view *v, const struct verdict *out, struct trigger_view *t)
{
	const struct measurement *m = v->m;

	for (size_t i = 0; i < m->ndns && !t->id; i++) {
		const struct dns_reply *q = &m->dns[i];
		bool any = false, same = false;

		if (!text_same(q->seen.group, "trigger") || host_of_dns(v, q))
			continue;
		for (size_t k = 0; k < q->nanswer; k++)
			for (size_t n = 0; n <= out->naddr && q->answer[k].has_addr; n++) {
				any = true;
				same |=
				    n < out->naddr && addr_same(out->addr[n], q->answer[k].addr);
			}
		if (q->nobody && q->seen.failure) {
			t->id = "name";
			t->why = arena_printf(v->a,
					      "the name %s triggers it: where nobody listens a "
					      "neutral name gets no answer, as it should be",
					      v->host);
		} else if (!q->seen.failure && any && !same) {
			t->id = "name";
			t->why =
			    arena_printf(v->a,
					 "the name %s triggers it: a neutral name gets another "
					 "answer in the same place",
					 v->host);
		}
	}
}

void judge_trigger(const struct view *v, struct verdict *out)
{
	const struct measurement *m = v->m;
	const char *layer = out->nmechanism ? out->mechanism[0].layer : "";
	struct trigger_view t = {0};

	if (!strncmp(out->nmechanism ? out->mechanism[0].id : "", "throttle", 8)) {
		for (size_t i = 0; i < m->nseries && !t.id; i++)
			if (m->series[i].control && m->series[i].nsample >= 2 && out->proven) {
				t.id = "name";
				t.why = "a neutral name from the same address comes at full speed";
			}
	} else if (!strcmp(layer, "dns")) {
		trigger_dns(v, out, &t);
	} else if (!strcmp(layer, "tls")) {
		trigger_tls(v, false, &t);
	} else if (!strcmp(layer, "quic")) {
		trigger_tls(v, true, &t);
	} else if (!strcmp(layer, "http")) {
		trigger_http(v, &t);
	} else if (!strcmp(layer, "tcp") || !strcmp(layer, "ip")) {
		if (!strcmp(out->mechanism[0].id, "tcp.reset"))
			trigger_tls(v, false, &t);
		for (size_t i = 0; i < m->nttl_probe && !t.id; i++)
			if (text_same(m->ttl_probe[i].layer, "tcp") && m->ttl_probe[i].control &&
			    m->ttl_probe[i].answer == TTL_DATA) {
				t.id = "address";
				t.why = "connecting fails to this address and works to another one";
			}
	}
	out->trigger = t.id;
	out->trigger_why = t.why;
}
