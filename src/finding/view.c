/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/view.h"

#include <string.h>
#include <strings.h>

#include "fact/bogon.h"
#include "fact/vrps.h"

bool addr_bogon(struct addr a)
{
	struct prefix p = {a.hi, a.lo, a.v6 ? 128 : 32, a.v6};

	return bogon_prefix(p, NULL) == BOGON_FULL;
}

bool addr_loopback(struct addr a)
{
	if (a.v6)
		return !a.hi && a.lo == 1;
	return a.hi >> 56 == 127 || !a.hi;
}

void view_of(struct view *v, struct arena *a, const struct knowledge *k,
	     const struct measurement *m, const char *host, bool main)
{
	*v = (struct view){.a = a,
			   .k = k,
			   .fps = k && k->fingerprints ? k->fingerprints : fingerprints_own(),
			   .m = m,
			   .host = host,
			   .main = main,
			   .page = arena_zero(a, m->ntransaction + 1, sizeof(struct page))};
	for (size_t i = 0; i < m->ncontrol && v->ncontrol < VIEW_CONTROLS; i++) {
		const struct control *c = &m->control[i];

		if (c->host ? !strcasecmp(c->host, host) : main)
			v->control[v->ncontrol++] = c;
	}
}

static bool is_host(const char *name, const char *host)
{
	size_t n;

	if (!name)
		return false;
	n = strlen(name);
	if (n && name[n - 1] == '.')
		n--;
	return n == strlen(host) && !strncasecmp(name, host, n);
}

bool host_of_dns(const struct view *v, const struct dns_reply *q)
{
	return !q->seen.group && is_host(q->name, v->host);
}

bool host_of_handshake(const struct view *v, const struct handshake *h)
{
	return !h->seen.group && is_host(h->server_name, v->host);
}

bool host_of_transaction(const struct view *v, const struct transaction *x)
{
	char host[HOST_MAX];

	return !x->seen.group && !x->tor && x->url &&
	       !strcmp(url_host(host, sizeof(host), x->url, NULL), v->host);
}

bool host_of_connect(const struct view *v, const struct connect *c)
{
	const struct measurement *m = v->m;

	if (c->seen.group)
		return false;
	/* The flow that it opened says for whom. */
	if (c->seen.transaction) {
		for (size_t i = 0; i < m->nhandshake; i++)
			if (m->handshake[i].seen.transaction == c->seen.transaction)
				return host_of_handshake(v, &m->handshake[i]);
		for (size_t i = 0; i < m->ntransaction; i++)
			if (m->transaction[i].seen.transaction == c->seen.transaction)
				return host_of_transaction(v, &m->transaction[i]);
	}
	for (size_t i = 0; i < m->ndns; i++) {
		if (!host_of_dns(v, &m->dns[i]) || m->dns[i].seen.depth != c->seen.depth)
			continue;
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (m->dns[i].answer[k].has_addr &&
			    addr_same(m->dns[i].answer[k].addr, c->addr))
				return true;
	}
	if (control_answered(v, c->addr))
		return true;
	return v->main && !c->seen.depth && !m->ndns;
}

size_t view_hosts(const struct measurement *m, char host[VIEW_HOSTS][HOST_MAX])
{
	size_t n = 0;

	if (m->input)
		url_host(host[n++], HOST_MAX, m->input, NULL);
	for (unsigned depth = 0; depth < 32; depth++) {
		bool deeper = false;

		for (size_t i = 0; i < m->ndns + m->nhandshake + m->ntransaction; i++) {
			char name[HOST_MAX];
			const struct seen *s;
			const char *url;
			size_t k = 0;

			if (i < m->ndns) {
				s = &m->dns[i].seen;
				url = m->dns[i].name;
			} else if (i < m->ndns + m->nhandshake) {
				s = &m->handshake[i - m->ndns].seen;
				url = m->handshake[i - m->ndns].hello == HELLO_NORMAL
					  ? m->handshake[i - m->ndns].server_name
					  : NULL;
			} else {
				const struct transaction *x =
				    &m->transaction[i - m->ndns - m->nhandshake];

				s = &x->seen;
				url = x->tor ? NULL : x->url;
			}
			deeper |= s->depth > depth;
			if (s->depth != depth || s->group || !url || !*url)
				continue;
			url_host(name, sizeof(name), url, NULL);
			while (k < n && strcmp(host[k], name))
				k++;
			if (k == n && n < VIEW_HOSTS && *name)
				memcpy(host[n++], name, HOST_MAX);
		}
		if (!deeper)
			break;
	}
	return n;
}

bool control_answered(const struct view *v, struct addr a)
{
	for (size_t c = 0; c < v->ncontrol; c++)
		for (size_t i = 0; i < v->control[c]->naddr; i++)
			if (v->control[c]->addr[i].answered &&
			    addr_same(v->control[c]->addr[i].addr, a))
				return true;
	return false;
}

bool control_has_addrs(const struct view *v)
{
	for (size_t c = 0; c < v->ncontrol; c++)
		for (size_t i = 0; i < v->control[c]->naddr; i++)
			if (v->control[c]->addr[i].answered)
				return true;
	return false;
}

bool control_has_public(const struct view *v)
{
	for (size_t c = 0; c < v->ncontrol; c++)
		for (size_t i = 0; i < v->control[c]->naddr; i++)
			if (v->control[c]->addr[i].answered &&
			    !addr_bogon(v->control[c]->addr[i].addr))
				return true;
	return false;
}

bool control_no_name(const struct view *v)
{
	for (size_t c = 0; c < v->ncontrol; c++) {
		const char *f = v->control[c]->dns_failure;

		if (v->control[c]->dns && f &&
		    (!strcmp(f, "dns_name_error") || !strcmp(f, "dns_nxdomain_error")))
			return true;
	}
	return false;
}

static const struct control_endpoint *endpoint(const struct control *c, struct addr a,
					       uint16_t port)
{
	for (size_t i = 0; i < c->nendpoint; i++)
		if (c->endpoint[i].port == port && addr_same(c->endpoint[i].addr, a))
			return &c->endpoint[i];
	return NULL;
}

/* One control that managed is enough: the endpoint then was alive. */
static int merge(int before, bool known, const char *failure)
{
	if (!known)
		return before;
	if (!failure)
		return 0;
	return before == 0 ? 0 : 1;
}

int control_tcp(const struct view *v, struct addr a, uint16_t port)
{
	int r = -1;

	for (size_t c = 0; c < v->ncontrol; c++) {
		const struct control_endpoint *e = endpoint(v->control[c], a, port);

		if (e)
			r = merge(r, e->tcp, e->tcp_failure);
	}
	return r;
}

int control_tls(const struct view *v, struct addr a, uint16_t port)
{
	int r = -1;

	for (size_t c = 0; c < v->ncontrol; c++) {
		const struct control_endpoint *e = endpoint(v->control[c], a, port);

		if (e)
			r = merge(r, e->tls, e->tls_failure);
	}
	return r;
}

int control_quic(const struct view *v, struct addr a, uint16_t port)
{
	int r = -1;

	for (size_t c = 0; c < v->ncontrol; c++) {
		const struct control_endpoint *e = endpoint(v->control[c], a, port);

		if (e)
			r = merge(r, e->quic, e->quic_failure);
	}
	return r;
}

int control_http(const struct view *v)
{
	int r = -1;

	for (size_t c = 0; c < v->ncontrol; c++)
		r = merge(r, v->control[c]->http && !v->control[c]->failure,
			  v->control[c]->http_failure);
	return r;
}

struct cover {
	uint32_t asn;
	uint8_t len;
};

static bool covering(const struct vrp *v, void *arg)
{
	struct cover *c = arg;

	if (v->asn && v->prefix.len >= c->len) {
		c->asn = v->asn;
		c->len = v->prefix.len;
	}
	return true;
}

uint32_t addr_asn(const struct view *v, struct addr a)
{
	const struct prefix host = {a.hi, a.lo, a.v6 ? 128 : 32, a.v6};
	const struct measurement *m = v->m;
	struct cover roa = {0};

	for (size_t c = 0; c < m->ncontrol; c++)
		for (size_t i = 0; i < m->control[c].naddr; i++)
			if (m->control[c].addr[i].asn && addr_same(m->control[c].addr[i].addr, a))
				return m->control[c].addr[i].asn;
	for (size_t i = 0; i < m->ndns; i++)
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (m->dns[i].answer[k].asn && m->dns[i].answer[k].has_addr &&
			    addr_same(m->dns[i].answer[k].addr, a))
				return m->dns[i].answer[k].asn;
	for (size_t i = 0; i < m->nttl_probe; i++)
		if (m->ttl_probe[i].asn && m->ttl_probe[i].has_from &&
		    addr_same(m->ttl_probe[i].from, a))
			return m->ttl_probe[i].asn;
	/* Who may announce it, by the RPKI. */
	if (v->k && v->k->vrps && !addr_bogon(a))
		vrps_covering(v->k->vrps, host, covering, &roa);
	return roa.asn;
}

static bool encrypted(enum dns_via via)
{
	return via == DNS_DOH || via == DNS_DOT || via == DNS_DOQ;
}

enum voucher view_vouch(const struct view *v, struct addr a)
{
	const struct measurement *m = v->m;
	uint32_t asn;

	for (size_t i = 0; i < m->nhandshake; i++) {
		const struct handshake *h = &m->handshake[i];

		if (!h->seen.failure && !h->unverified && h->hello == HELLO_NORMAL &&
		    addr_same(h->addr, a) && host_of_handshake(v, h))
			return VOUCH_TLS;
	}
	if (addr_bogon(a) && !control_answered(v, a) && !signed_gave(v, a))
		return VOUCH_NOTHING;
	for (size_t c = 0; c < v->ncontrol; c++) {
		const struct control *ctl = v->control[c];

		for (size_t i = 0; i < ctl->nendpoint; i++)
			if (ctl->endpoint[i].tls && !ctl->endpoint[i].tls_failure &&
			    addr_same(ctl->endpoint[i].addr, a))
				return VOUCH_TLS;
	}
	if (signed_gave(v, a))
		return VOUCH_SIGNED;
	if (control_answered(v, a))
		return VOUCH_CONTROL;
	for (size_t i = 0; i < m->ndns; i++) {
		if (!encrypted(m->dns[i].via) || !host_of_dns(v, &m->dns[i]))
			continue;
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (m->dns[i].answer[k].has_addr && addr_same(m->dns[i].answer[k].addr, a))
				return VOUCH_ENCRYPTED;
	}
	asn = addr_asn(v, a);
	for (size_t c = 0; asn && c < v->ncontrol; c++)
		for (size_t i = 0; i < v->control[c]->naddr; i++)
			if (v->control[c]->addr[i].answered &&
			    addr_asn(v, v->control[c]->addr[i].addr) == asn)
				return VOUCH_AS;
	return VOUCH_NOTHING;
}

static bool has(const char *s, const char *what)
{
	return s && strstr(s, what);
}

const char *mechanism_of(const char *layer, const char *f)
{
	static const struct {
		const char *layer, *part, *mechanism;
	} known[] = {
	    {"dns", "nxdomain", "dns.nxdomain"},
	    {"dns", "no_answer", "dns.no-answer"},
	    {"dns", "no_data", "dns.no-answer"},
	    {"dns", "refused", "dns.refused"},
	    {"dns", "servfail", "dns.servfail"},
	    {"dns", "misbehaving", "dns.servfail"},
	    {"dns", "timeout", "dns.timeout"},
	    {"dns", "", "dns.failure"},
	    {"tcp", "timeout", "ip.drop"},
	    {"tcp", "timed_out", "ip.drop"},
	    {"tcp", "refused", "tcp.refused"},
	    {"tcp", "reset", "tcp.reset"},
	    {"tcp", "unreachable", "ip.unreachable"},
	    {"tcp", "", "tcp.failure"},
	    {"tls", "reset", "tls.reset"},
	    {"tls", "timeout", "tls.drop"},
	    {"tls", "eof", "tls.close"},
	    {"tls", "ssl_invalid", "tls.mitm"},
	    {"tls", "ssl_unknown", "tls.mitm"},
	    {"tls", "aborted", "tls.reset"},
	    {"tls", "", "tls.failure"},
	    {"http", "reset", "http.reset"},
	    {"http", "timeout", "http.drop"},
	    {"http", "eof", "http.close"},
	    {"http", "", "http.failure"},
	    {"quic", "timeout", "quic.drop"},
	    {"quic", "", "quic.failure"},
	    {"app", "reset", "app.reset"}, /* a tool's own words, after the connection stood */
	    {"app", "timeout", "app.drop"},
	    {"app", "eof", "app.close"},
	    {"app", "", "app.failure"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(layer, known[i].layer) && has(f, known[i].part))
			return known[i].mechanism;
	return "ip.failure";
}

bool failure_is_certificate(const char *f)
{
	return has(f, "ssl_invalid_hostname") || has(f, "ssl_unknown_authority") ||
	       has(f, "ssl_invalid_certificate");
}

/* ENETUNREACH and the like come from our own stack or first router; "interrupted" is the probe's
 * own doing. */
bool failure_is_local(const char *f)
{
	return has(f, "network_unreachable") || has(f, "interrupted") || has(f, "cancel") ||
	       has(f, "address_not_available") || has(f, "network_down") || has(f, "permission") ||
	       has(f, "too_many_open_files");
}
