/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Flows that fail: connecting, shaking hands and fetching, endpoint by endpoint, each held
 * against what a control saw at the same endpoint. What fails there too says nothing of here;
 * IPv6 that is broken here is nobody's fault; an address that was lied to us is not the site's.
 */
#include <string.h>

#include "finding/view.h"

static bool lied(const struct dns_view *dns, struct addr a)
{
	if (dns->state != DNS_BOGUS && dns->state != DNS_NO_NAME)
		return false;
	for (size_t i = 0; i < dns->naddr; i++)
		if (addr_same(dns->addr[i], a))
			return true;
	return false;
}

static void bad_addr(struct flow_view *out, struct addr a)
{
	for (size_t i = 0; i < out->naddr; i++)
		if (addr_same(out->addr[i], a))
			return;
	if (out->naddr < VERDICT_ADDRS)
		out->addr[out->naddr++] = a;
}

/* Did anything succeed over IPv6? Otherwise its failures are our own network's. */
static bool v6_works(const struct measurement *m)
{
	if (m->notes.present)
		return m->notes.ipv6_works && !m->notes.ipv6_broken;
	for (size_t i = 0; i < m->nconnect; i++)
		if (m->connect[i].addr.v6 && !m->connect[i].seen.failure)
			return true;
	return false;
}

/* ClientHellos with other words tell what triggers; a name that is sure to needs no control. */
static void triggers(const struct view *v, struct flow_view *out)
{
	struct trigger_view t;

	trigger_tls(v, false, &t);
	out->name_proven = text_same(t.id, "name") && (t.sure || out->tls_bad);
	out->addr_proven = text_same(t.id, "address");
	if (out->name_proven && t.sure && !out->tls_bad && out->tls_unknown) {
		out->tls_bad = out->tls_unknown;
		out->tls_unknown = 0;
		out->tls_mitm = failure_is_certificate(out->tls_failure);
	}
	trigger_tls(v, true, &t);
	out->quic_name = text_same(t.id, "name") && !out->quic_ok;
	for (size_t i = 0; i < v->m->nhandshake && out->quic_name && !out->quic_bad; i++) {
		const struct handshake *h = &v->m->handshake[i];

		if (h->quic && h->hello == HELLO_NORMAL && h->seen.failure &&
		    host_of_handshake(v, h)) {
			out->quic_bad++;
			out->quic_failure = h->seen.failure;
		}
	}
}

static int compare_with(int control, bool has_control)
{
	return has_control ? control : -1;
}

static void judge_connects(const struct view *v, const struct dns_view *dns, bool v6,
			   struct flow_view *out)
{
	for (size_t i = 0; i < v->m->nconnect; i++) {
		const struct connect *c = &v->m->connect[i];
		int control;

		if (!host_of_connect(v, c) || lied(dns, c->addr) || addr_loopback(c->addr))
			continue;
		if (!c->seen.failure) {
			out->tcp_ok++;
			continue;
		}
		if (failure_is_local(c->seen.failure) || (c->addr.v6 && !v6)) {
			out->ignored++;
			continue;
		}
		control = compare_with(control_tcp(v, c->addr, c->port), v->ncontrol);
		if (control == 1) {
			out->tcp_down++;
		} else if (control == 0 || (control < 0 && v->ncontrol && !control_http(v) &&
					    view_vouch(v, c->addr) >= VOUCH_AS)) {
			out->tcp_bad++;
			out->tcp_failure = c->seen.failure;
			bad_addr(out, c->addr);
		} else {
			out->tcp_unknown++;
			if (!out->tcp_failure)
				out->tcp_failure = c->seen.failure;
		}
	}
}

static void judge_handshakes(const struct view *v, const struct dns_view *dns, bool v6,
			     struct flow_view *out)
{
	for (size_t i = 0; i < v->m->nhandshake; i++) {
		const struct handshake *h = &v->m->handshake[i];
		int control;

		if (!host_of_handshake(v, h) || h->hello != HELLO_NORMAL || lied(dns, h->addr))
			continue;
		if (h->quic) {
			if (!h->seen.failure) {
				out->quic_ok++;
			} else if (control_quic(v, h->addr, h->port) == 0) {
				out->quic_bad++;
				out->quic_failure = h->seen.failure;
			}
			continue;
		}
		if (!h->seen.failure) {
			out->tls_ok++;
			continue;
		}
		if (failure_is_local(h->seen.failure) || (h->addr.v6 && !v6)) {
			out->ignored++;
			continue;
		}
		control = control_tls(v, h->addr, h->port);
		if (control < 0 && control_http(v) == 1)
			control = 1;
		if (control == 1) {
			out->tls_down++;
		} else if (control == 0 || (control_http(v) == 0 && v->main &&
					    (v->m->input && !strncmp(v->m->input, "https", 5)))) {
			out->tls_bad++;
			out->tls_failure = h->seen.failure;
			if (failure_is_certificate(h->seen.failure))
				out->tls_mitm = true;
			bad_addr(out, h->addr);
		} else {
			out->tls_unknown++;
			if (!out->tls_failure)
				out->tls_failure = h->seen.failure;
		}
	}
}

static void judge_transactions(const struct view *v, const struct dns_view *dns, bool v6,
			       struct flow_view *out)
{
	/* Old probes wrote each attempt's connect and handshake failures as the transaction's
	 * own; those are told by their layer already. */
	bool below = out->tcp_bad || out->tcp_down || out->tls_bad || out->tls_down ||
		     out->tcp_unknown || out->tls_unknown;

	for (size_t i = 0; i < v->m->ntransaction; i++) {
		const struct transaction *x = &v->m->transaction[i];
		int control;

		if (!host_of_transaction(v, x) || (x->has_addr && lied(dns, x->addr)))
			continue;
		if (!x->seen.failure) {
			out->http_ok += x->code > 0;
			continue;
		}
		if (failure_is_local(x->seen.failure) || (x->has_addr && x->addr.v6 && !v6) ||
		    strstr(x->seen.failure, "dns_")) {
			out->ignored++;
			continue;
		}
		if (!x->code && below && !out->tls_ok && (!out->tcp_ok || out->tls_bad))
			continue;
		if (strstr(x->seen.failure, "http_invalid_redirect") ||
		    strstr(x->seen.failure, "too_many_redirects"))
			continue;
		control = control_http(v);
		if (control == 1) {
			out->http_down++;
		} else if (control == 0) {
			out->http_bad++;
			out->http_failure = x->seen.failure;
			out->https = x->url && !strncmp(x->url, "https:", 6);
			/* The headers came, and then time ran out. */
			out->stalled |= x->code > 0 && strstr(x->seen.failure, "timeout");
			if (x->has_addr)
				bad_addr(out, x->addr);
		} else {
			out->http_unknown++;
			if (!out->http_failure) {
				out->http_failure = x->seen.failure;
				out->https = x->url && !strncmp(x->url, "https:", 6);
			}
		}
	}
}

void judge_flow(const struct view *v, const struct dns_view *dns, struct flow_view *out)
{
	bool v6 = v6_works(v->m);

	*out = (struct flow_view){0};
	judge_connects(v, dns, v6, out);
	judge_handshakes(v, dns, v6, out);
	judge_transactions(v, dns, v6, out);
	triggers(v, out);
}
