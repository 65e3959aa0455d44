/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Names that lead elsewhere: what the lookups of one host say, held against the controls', the
 * encrypted lookups' and what lives at the addresses. Different answers are normal (geo-DNS,
 * CDNs); a lie is an answer that cannot be right, or whose address is not the site.
 */
#include <string.h>

#include "finding/view.h"

static bool plain(const struct dns_reply *q)
{
	return q->via == DNS_SYSTEM || q->via == DNS_UDP || q->via == DNS_TCP;
}

static void bad_addr(struct dns_view *out, struct addr a)
{
	for (size_t i = 0; i < out->naddr; i++)
		if (addr_same(out->addr[i], a))
			return;
	if (out->naddr < VERDICT_ADDRS)
		out->addr[out->naddr++] = a;
}

/* A known poison or block page address; those marked as false positives do not count. */
static const struct fingerprint *known_lie(const struct view *v, struct addr a)
{
	const struct fingerprint *hit[8];
	size_t n = fingerprints_dns(v->fps, a, hit, 8);

	for (size_t i = 0; i < n; i++)
		if (hit[i]->scope != SCOPE_FALSE && (hit[i]->scope == SCOPE_PRODUCT ||
						     fingerprint_of_country(hit[i], v->m->country)))
			return hit[i];
	return NULL;
}

/* What happened at an address: does it prove that it is not the site? */
enum there { THERE_UNKNOWN, THERE_WRONG, THERE_DEAD, THERE_RIGHT };

static enum there lives_there(const struct view *v, struct addr a)
{
	const struct measurement *m = v->m;
	bool dead = false, right = false;

	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (addr_same(h->addr, a) && host_of_handshake(v, h) &&
		    failure_is_certificate(h->seen.failure) && control_tls(v, a, h->port) != 1)
			return THERE_WRONG;
	}
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (!x->has_addr || !addr_same(x->addr, a) || !host_of_transaction(v, x) ||
		    !x->code)
			continue;
		if (page_of(v, x).kind == PAGE_BLOCK || page_of(v, x).kind == PAGE_WORDS)
			return THERE_WRONG;
		if (x->url && !strncmp(x->url, "https:", 6) && !x->seen.failure)
			right = true;
		else if (page_matches(v, x) == 1)
			right = true;
	}
	for (size_t i = 0; i < m->nconnect; i++) {
		const struct connect *c = &m->connect[i];

		if (addr_same(c->addr, a) && c->seen.failure &&
		    !failure_is_local(c->seen.failure) && host_of_connect(v, c) &&
		    control_tcp(v, a, c->port) != 0)
			dead = true;
	}
	return right ? THERE_RIGHT : dead ? THERE_DEAD : THERE_UNKNOWN;
}

struct tally {
	unsigned good, bogus, strange, denied, timeouts, detour;
	const char *failure;
	unsigned dead, wrong, right;
};

static void count_reply(const struct view *v, const struct dns_reply *q, struct tally *t,
			struct dns_view *out)
{
	bool any_good = false, any_bad = false, any_addr = false;

	if (q->seen.failure) {
		if (failure_is_local(q->seen.failure))
			return;
		/* No IPv6 address is no news. */
		if (text_same(q->type, "AAAA"))
			return;
		if (strstr(q->seen.failure, "timeout"))
			t->timeouts++;
		t->denied++;
		t->failure = q->seen.failure;
		return;
	}
	for (size_t i = 0; i < q->nanswer; i++) {
		const struct dns_answer *a = &q->answer[i];
		const struct fingerprint *lie;

		if (!a->has_addr)
			continue;
		any_addr = true;
		lie = known_lie(v, a->addr);
		if (lie && !control_answered(v, a->addr)) {
			out->proven = true;
			out->fingerprint = lie->name;
			any_bad = true;
			bad_addr(out, a->addr);
			continue;
		}
		if (addr_bogon(a->addr) && !control_answered(v, a->addr) &&
		    !signed_gave(v, a->addr)) {
			if (!control_has_public(v))
				continue;
			any_bad = true;
			bad_addr(out, a->addr);
			continue;
		}
		if (view_vouch(v, a->addr) != VOUCH_NOTHING)
			any_good = true;
	}
	if (any_bad)
		t->bogus++;
	else if (any_good)
		t->good++;
	else if (any_addr)
		t->strange++;
	if (any_bad || any_good || !any_addr)
		return;
	for (size_t i = 0; i < q->nanswer; i++) {
		if (!q->answer[i].has_addr)
			continue;
		bad_addr(out, q->answer[i].addr);
		switch (lives_there(v, q->answer[i].addr)) {
		case THERE_WRONG:
			t->wrong++;
			break;
		case THERE_DEAD:
			t->dead++;
			break;
		case THERE_RIGHT:
			t->right++;
			break;
		default:
			break;
		}
	}
}

/* Nothing vouches for one of its addresses. */
static bool unvouched(const struct view *v, const struct dns_reply *q)
{
	for (size_t i = 0; i < q->nanswer; i++)
		if (q->answer[i].has_addr && view_vouch(v, q->answer[i].addr) == VOUCH_NOTHING)
			return true;
	return false;
}

/* Two answers to one query that share no address: somebody was faster than the resolver. Or an
 * answer from where nobody listens; but a network that answers all queries by itself, and
 * truly, takes nothing from anybody. */
static bool injected(const struct view *v)
{
	const struct measurement *m = v->m;

	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *late = &m->dns[i];

		if (late->nobody && !late->seen.failure && host_of_dns(v, late) &&
		    (unvouched(v, late) || !control_has_addrs(v)))
			return true;
		/* Nobody there says that there is no such name, and there is. */
		if (late->nobody && text_same(late->seen.failure, "dns_nxdomain_error") &&
		    host_of_dns(v, late) && control_has_addrs(v))
			return true;
		if (!late->again || !host_of_dns(v, late))
			continue;
		for (size_t k = 0; k < m->ndns; k++) {
			const struct dns_reply *first = &m->dns[k];
			bool shared = false;

			if (first->again || first == late || !host_of_dns(v, first) ||
			    !text_same(first->resolver, late->resolver) ||
			    (first->type && late->type && strcmp(first->type, late->type)))
				continue;
			for (size_t x = 0; x < first->nanswer; x++)
				for (size_t y = 0; y < late->nanswer; y++)
					shared |=
					    first->answer[x].has_addr && late->answer[y].has_addr &&
					    addr_same(first->answer[x].addr, late->answer[y].addr);
			if (!shared && (unvouched(v, first) || first->seen.failure))
				return true;
		}
	}
	return false;
}

/* Every plain lookup leads into the access network itself, and every encrypted one and the
 * control lead elsewhere, to other networks: the way is bent, even when the page is true. */
static bool detour(const struct view *v, struct dns_view *out)
{
	const struct measurement *m = v->m;
	unsigned plains = 0, over_udp = 0, secret = 0;

	if (!m->asn || !control_has_public(v))
		return false;
	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (!host_of_dns(v, q) || q->seen.failure || !q->nanswer)
			continue;
		for (size_t k = 0; k < q->nanswer; k++) {
			bool inside;

			if (!q->answer[k].has_addr)
				continue;
			inside = addr_asn(v, q->answer[k].addr) == m->asn &&
				 !control_answered(v, q->answer[k].addr);
			if (plain(q) ? !inside : inside)
				return false;
			if (plain(q)) {
				plains++;
				over_udp += q->via == DNS_UDP;
				bad_addr(out, q->answer[k].addr);
			} else {
				secret++;
			}
		}
	}
	for (size_t c = 0; c < v->ncontrol; c++)
		for (size_t i = 0; i < v->control[c]->naddr; i++)
			if (v->control[c]->addr[i].answered &&
			    addr_asn(v, v->control[c]->addr[i].addr) == m->asn)
				return false;
	/* A resolver elsewhere that is asked over UDP has no reason to send us into our own
	 * network when the same kind of resolver, asked in secret, does not. */
	return plains && over_udp && secret;
}

static bool encrypted_no_name(const struct view *v)
{
	for (size_t i = 0; i < v->m->ndns; i++) {
		const struct dns_reply *q = &v->m->dns[i];

		if (!plain(q) && host_of_dns(v, q) && q->seen.failure &&
		    strstr(q->seen.failure, "nxdomain"))
			return true;
	}
	return false;
}

static unsigned all(const struct tally *t)
{
	return t->good + t->bogus + t->strange + t->denied;
}

/* The name is signed, and the answer is not what was signed. */
static bool forged(const struct view *v, struct dns_view *out)
{
	struct signed_view s;

	judge_signed(v, &s);
	if (!s.bogus)
		return false;
	out->state = s.addressed ? DNS_BOGUS : DNS_DENIED;
	out->mechanism = !s.addressed	       ? mechanism_of("dns", s.denied)
			 : s.system || !s.open ? "dns.lie"
					       : "dns.injection";
	out->rule = "site.dns.bogus";
	out->confidence = s.confidence;
	out->proven = s.proven;
	out->system = s.system;
	out->open = s.open;
	out->why = s.why;
	memcpy(out->addr, s.addr, sizeof(out->addr));
	out->naddr = s.naddr;
	return true;
}

void judge_dns(const struct view *v, struct dns_view *out)
{
	const struct measurement *m = v->m;
	struct tally sys = {0}, udp = {0};
	struct addr literal;
	bool control_failed = false;

	*out = (struct dns_view){.state = DNS_UNKNOWN};
	if (addr_parse(v->host, strlen(v->host), &literal)) {
		out->state = DNS_FINE;
		return;
	}
	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (!plain(q) || !host_of_dns(v, q) || q->again || q->nobody)
			continue;
		count_reply(v, q, q->via == DNS_SYSTEM ? &sys : &udp, out);
	}
	for (size_t c = 0; c < v->ncontrol; c++)
		control_failed |= v->control[c]->dns && v->control[c]->dns_failure;
	if (!all(&sys) && !all(&udp))
		return;
	out->system = sys.bogus || sys.wrong || sys.dead || (sys.denied && !sys.good);
	out->open = udp.bogus || udp.wrong || udp.dead || (udp.denied && !udp.good);

	if (injected(v)) {
		out->state = DNS_BOGUS;
		out->mechanism = "dns.injection";
		out->rule = "site.dns.injection";
		out->confidence = 0.95;
		out->proven = true;
		out->open = true;
		return;
	}
	if (forged(v, out))
		return;
	if (!control_has_addrs(v) && signed_no_name(v) &&
	    sys.denied + udp.denied == all(&sys) + all(&udp)) {
		out->state = DNS_FAILS_EVERYWHERE;
		return;
	}
	/* What every control denies too. */
	if (!control_has_addrs(v) && control_no_name(v)) {
		if (sys.denied + udp.denied == all(&sys) + all(&udp)) {
			out->state = DNS_FAILS_EVERYWHERE;
			return;
		}
		out->state = DNS_NO_NAME;
		out->mechanism = "dns.lie";
		out->rule = "site.dns.ghost";
		/* An expired name that a caching resolver still has looks the same, unless the
		 * address is one of the access network's own or a known one. */
		out->confidence = out->proven ? 0.95 : 0;
		for (size_t i = 0; !out->proven && i < out->naddr; i++)
			if (m->asn && addr_asn(v, out->addr[i]) == m->asn && encrypted_no_name(v) &&
			    all(&udp) > udp.denied) {
				out->confidence = 0.8;
				out->open = true;
			}
		return;
	}
	if (sys.bogus || (udp.bogus && !sys.good)) {
		out->state = DNS_BOGUS;
		out->mechanism = out->fingerprint ? "dns.lie" : "dns.bogon";
		for (size_t i = 0; i < out->naddr; i++)
			if (addr_bogon(out->addr[i]))
				out->mechanism = "dns.bogon";
		out->rule = out->proven ? "site.dns.known" : "site.dns.bogon";
		out->confidence = out->proven ? 0.95 : 0.9;
		if (sys.bogus && udp.bogus)
			out->confidence = verdict_more(out->confidence, 0.5);
		out->proven = true;
		return;
	}
	if (udp.bogus) {
		out->state = DNS_BOGUS;
		out->mechanism = "dns.injection";
		out->rule = out->proven ? "site.dns.known" : "site.dns.bogon";
		out->confidence = 0.8;
		out->proven = true;
		return;
	}
	if (!control_has_addrs(v)) {
		/* Name servers that fail are not a name that is not: nothing is known then. */
		if (sys.denied + udp.denied == all(&sys) + all(&udp) && control_failed)
			out->state = DNS_UNKNOWN;
		else if (sys.strange && !sys.good) {
			/* Only private answers, and the control has none: the site's own. */
			out->state = DNS_UNKNOWN;
		}
		return;
	}
	for (size_t i = 0; i < m->ndns; i++)
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (host_of_dns(v, &m->dns[i]) && m->dns[i].answer[k].has_addr &&
			    addr_bogon(m->dns[i].answer[k].addr) &&
			    control_answered(v, m->dns[i].answer[k].addr) && !control_has_public(v))
				out->state = DNS_OWN_BOGON;
	if (out->state == DNS_OWN_BOGON)
		return;
	/* The resolver of the network denies what exists. */
	if (sys.denied && !sys.good && !sys.strange) {
		out->state = DNS_DENIED;
		out->mechanism = mechanism_of("dns", sys.failure);
		out->rule = "site.dns.denied";
		out->confidence = udp.denied && !udp.good ? 0.85 : 0.75;
		return;
	}
	if (!all(&sys) && udp.denied && !udp.good && !udp.strange) {
		out->state = DNS_DENIED;
		out->mechanism = mechanism_of("dns", udp.failure);
		out->rule = "site.dns.denied";
		out->confidence = 0.6;
		return;
	}
	if (sys.wrong || (udp.wrong && !sys.good)) {
		out->state = DNS_BOGUS;
		out->mechanism = "dns.lie";
		out->rule = "site.dns.lie";
		out->confidence = verdict_more(0.85, sys.wrong && udp.wrong ? 0.5 : 0);
		out->proven = true;
		return;
	}
	if ((sys.strange && !sys.good) || (!all(&sys) && udp.strange && !udp.good)) {
		out->state = DNS_STRANGE;
		out->mechanism = "dns.lie";
		out->rule = "site.dns.strange";
		out->confidence = (sys.dead || udp.dead) && !sys.right && !udp.right ? 0.6 : 0.3;
		return;
	}
	out->naddr = 0;
	if (detour(v, out)) {
		out->state = DNS_DETOUR;
		out->mechanism = "dns.lie";
		out->rule = "site.dns.detour";
		out->confidence = 0.7;
		out->system = out->open = true;
		return;
	}
	out->naddr = 0;
	out->state = DNS_FINE;
}
