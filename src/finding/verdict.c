/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "finding/verdict.h"

#include <string.h>
#include <strings.h>

#include "base/jsonw.h"
#include "base/text.h"
#include "finding/view.h"

static void add_flow(struct verdict *out, const struct flow_view *f, double confidence)
{
	for (size_t i = 0; i < f->naddr; i++)
		verdict_addr(out, f->addr[i]);
	if (f->tcp_bad && !f->tcp_ok)
		verdict_add(out, mechanism_of("tcp", f->tcp_failure), confidence);
	if (f->tls_bad && !f->tls_ok) {
		const char *m = mechanism_of("tls", f->tls_failure);

		if (f->name_proven && !strcmp(m, "tls.reset"))
			m = "tls.sni-reset";
		else if (f->name_proven && (!strcmp(m, "tls.drop") || !strcmp(m, "tls.close")))
			m = !strcmp(m, "tls.drop") ? "tls.sni-drop" : "tls.sni-close";
		else if (f->addr_proven && !strcmp(m, "tls.reset"))
			m = "tcp.reset"; /* whatever is said to the address */
		verdict_add(out, m, confidence);
	}
	if (f->http_bad && !f->http_ok)
		verdict_add(out,
			    f->stalled ? "throttle.stall"
				       : mechanism_of(f->https ? "tls" : "http", f->http_failure),
			    confidence);
	if (f->quic_bad && !f->quic_ok)
		verdict_add(out, mechanism_of("quic", f->quic_failure), confidence);
}

/* The response that the chain of redirects ended in, NULL when it did not. Those whose address
 * was handed out by a lying resolver count only with lied. */
static const struct transaction *final_of(const struct measurement *m, const struct dns_view *dns,
					  bool from_lie)
{
	const struct transaction *best = NULL;

	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];
		bool lie = false;

		if (x->seen.failure || x->seen.group || x->tor || x->code <= 0 ||
		    (x->code / 100 == 3 && x->code != 304))
			continue;
		for (size_t k = 0; x->has_addr && k < dns->naddr; k++)
			lie |= addr_same(x->addr, dns->addr[k]);
		if (lie != from_lie && dns->naddr &&
		    (dns->state == DNS_BOGUS || dns->state == DNS_NO_NAME))
			continue;
		if (!best || x->seen.depth > best->seen.depth)
			best = x;
	}
	return best;
}

static bool is_https(const struct transaction *x)
{
	return x->url && !strncmp(x->url, "https:", 6);
}

/* The last two labels, three below a short second-level one: enough to tell another site. */
static const char *site_part(const char *host)
{
	const char *dots[8], *p = host;
	size_t n = 0;

	for (; (p = strchr(p, '.')) != NULL; p++)
		if (n < 8)
			dots[n++] = p;
	if (n < 2)
		return host;
	if (strlen(dots[n - 1]) == 3 && dots[n - 1] - dots[n - 2] <= 4)
		return n >= 3 ? dots[n - 3] + 1 : host;
	return dots[n - 2] + 1;
}

static bool same_site(const char *a, const char *b)
{
	return !strcmp(site_part(a), site_part(b));
}

/* An authentic redirect, or one that a control took as well, is the site's own. A step in the
 * clear that leaves the site for another, where the control stayed, is somebody else's. */
static const struct transaction *stray_redirect(const struct view *main,
						const struct transaction *final)
{
	const struct measurement *m = main->m;
	char host[HOST_MAX], from[HOST_MAX];

	if (!final->url)
		return NULL;
	url_host(host, sizeof(host), final->url, NULL);
	if (same_site(host, main->host))
		return NULL;
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (x->code / 100 != 3 || !x->url || is_https(x) || x->tor || x->seen.group)
			continue;
		url_host(from, sizeof(from), x->url, NULL);
		for (size_t k = 0; k < x->nheader; k++) {
			char to[HOST_MAX];

			if (strcasecmp(x->header[k].name, "location"))
				continue;
			url_host(to, sizeof(to), x->header[k].value, NULL);
			if (*to && !same_site(to, from) && strstr(x->header[k].value, "://"))
				return x;
		}
	}
	return NULL;
}

/* A redirect in the clear to an address that is only reachable from inside: a filter's page. */
static const struct transaction *inward_redirect(const struct measurement *m)
{
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (x->code / 100 != 3 || is_https(x) || x->tor || x->seen.group)
			continue;
		for (size_t k = 0; k < x->nheader; k++) {
			char to[HOST_MAX];
			struct addr a;

			if (strcasecmp(x->header[k].name, "location"))
				continue;
			url_host(to, sizeof(to), x->header[k].value, NULL);
			if (addr_parse(to, strlen(to), &a) && addr_bogon(a))
				return x;
		}
	}
	return NULL;
}

static const struct transaction *broken_redirect(const struct measurement *m)
{
	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (x->code / 100 == 3 && x->seen.failure &&
		    (strstr(x->seen.failure, "http_invalid_redirect") ||
		     strstr(x->seen.failure, "too_many_redirects")))
			return x;
	}
	return NULL;
}

/* A known block page anywhere along the way. */
static const struct transaction *block_page(const struct view *main, struct page *page)
{
	const struct measurement *m = main->m;

	for (size_t i = 0; i < m->ntransaction; i++) {
		const struct transaction *x = &m->transaction[i];

		if (x->tor || x->seen.group || !x->code)
			continue;
		/* Over a certificate that is valid for the site's own name it is the site's. */
		if (is_https(x) && !x->seen.failure) {
			char host[HOST_MAX];

			if (x->url &&
			    same_site(url_host(host, sizeof(host), x->url, NULL), main->host))
				continue;
		}
		*page = page_of(main, x);
		if (page->kind == PAGE_BLOCK && page_matches(main, x) != 1)
			return x;
	}
	return NULL;
}

static void dns_mechanism(struct verdict *out, const struct dns_view *d)
{
	verdict_add(out, d->mechanism, d->confidence);
	for (size_t i = 0; i < d->naddr; i++)
		verdict_addr(out, d->addr[i]);
	if (d->fingerprint)
		out->fingerprint = d->fingerprint;
	if (d->why)
		out->why = d->why;
	/* A resolver elsewhere does not lie of itself: somebody on the way does. */
	if (d->open)
		verdict_who(out, WHO_ACCESS, 0.7);
	else if (d->system)
		verdict_who(out, WHO_RESOLVER, 0.8);
}

static bool judge_names(const struct view *main, const struct dns_view *d,
			const struct flow_view *f, struct verdict *out)
{
	const struct transaction *there, *x = NULL;
	struct page page = {0};

	if (d->state == DNS_NO_NAME && d->confidence < 0.5)
		return false;
	if (d->state != DNS_BOGUS && d->state != DNS_DENIED && d->state != DNS_NO_NAME &&
	    !(d->state == DNS_STRANGE && d->confidence >= 0.6))
		return false;
	there = final_of(main->m, d, true);
	if (there && d->naddr && there->has_addr) {
		bool lie = false;

		for (size_t k = 0; k < d->naddr; k++)
			lie |= addr_same(there->addr, d->addr[k]);
		if (!lie)
			there = NULL;
	} else {
		there = NULL;
	}
	if (there)
		page = page_of(main, there);
	if (there && (is_https(there) || page_matches(main, there) == 1)) {
		verdict_set(out, SITE_OPEN, "site.open.proxy", 0.7);
		out->rerouted = true;
	} else if (there) {
		verdict_set(out, SITE_REROUTED, d->rule, d->confidence);
	} else {
		struct page elsewhere;

		/* Whoever bends the name also shows a page to those who get around that. */
		x = block_page(main, &elsewhere);
		verdict_set(out, x ? SITE_REROUTED : SITE_BLOCKED, d->rule, d->confidence);
	}
	dns_mechanism(out, d);
	if (x) {
		verdict_add(out, "http.blockpage", 0.9);
		out->confidence = verdict_more(out->confidence, 0.5);
	}
	if (there && !out->rerouted && (page.kind == PAGE_BLOCK || page.kind == PAGE_WORDS)) {
		verdict_add(out, "http.blockpage", page.kind == PAGE_BLOCK ? 0.95 : 0.7);
		out->fingerprint = page.fingerprint;
		out->confidence = verdict_more(out->confidence, 0.5);
	} else if (there && !out->rerouted) {
		verdict_add(out, "http.redirect", 0.7);
	}
	if (out->state != SITE_OPEN)
		add_flow(out, f, 0.7);
	out->proven = d->proven;
	out->bare = !d->proven;
	return true;
}

/* A page of a known censor, or one that speaks of blocking, in the clear. */
static bool judge_pages(const struct view *main, const struct dns_view *d, struct verdict *out)
{
	struct page page;
	const struct transaction *x = block_page(main, &page);

	(void)d;
	if (!x)
		return false;
	verdict_set(out, SITE_BLOCKED, "site.http.blockpage",
		    page.scope == SCOPE_NATIONAL || page.scope == SCOPE_ISP ? 0.95 : 0.8);
	if (page.foreign)
		out->confidence = 0.6;
	verdict_add(out, x->code / 100 == 3 ? "http.redirect" : "http.blockpage", out->confidence);
	out->fingerprint = page.fingerprint;
	out->proven = true;
	if (x->has_addr)
		verdict_addr(out, x->addr);
	verdict_who(out, WHO_ACCESS, page.scope == SCOPE_INSTITUTION ? 0.4 : 0.6);
	return true;
}

static void judge_final(const struct view *main, const struct dns_view *d,
			const struct transaction *x, struct verdict *out)
{
	const struct transaction *stray = stray_redirect(main, x);
	int like = page_matches(main, x);
	bool bent = d->state == DNS_DETOUR;
	/* A long page that the site itself sent over TLS is the site's, whatever words are in it.
	 */
	bool own = is_https(x) && x->code / 100 == 2 && x->nbody >= 65536 && !stray;
	struct page page = own ? (struct page){.kind = PAGE_OTHER} : page_of(main, x);

	if (bent && like == 0 && !is_https(x)) {
		verdict_set(out, SITE_REROUTED, "site.dns.lie", 0.85);
		dns_mechanism(out, d);
		verdict_add(out,
			    page.kind == PAGE_WORDS || page.kind == PAGE_BLOCK ? "http.blockpage"
									       : "http.redirect",
			    0.7);
		out->fingerprint = page.fingerprint;
		out->proven = true;
		return;
	}
	if (bent) {
		out->rerouted = true;
		dns_mechanism(out, d);
	}
	if (like != 1 && stray && !control_http(main)) {
		/* The control was not led away: unless it ended in the same place. */
		if (page.kind == PAGE_WORDS || page.kind == PAGE_BLOCK) {
			verdict_set(out, SITE_BLOCKED, "site.http.redirect", 0.8);
			verdict_add(out, "http.redirect", 0.8);
			verdict_who(out, WHO_ACCESS, 0.6);
			return;
		}
	}
	/* An unrelated server says the same of this name, or the name gets through in two pieces:
	 * neither is the site's doing. */
	if (like != 1 && !is_https(x)) {
		struct trigger_view t;

		trigger_http(main, &t);
		if (text_same(t.id, "name") && t.sure) {
			verdict_set(out, SITE_BLOCKED, "site.http.name", 0.9);
			verdict_add(out, stray ? "http.redirect" : "http.blockpage", 0.9);
			verdict_who(out, WHO_ACCESS, 0.6);
			out->fingerprint = page.fingerprint;
			out->proven = true;
			return;
		}
	}
	if (is_https(x)) {
		if (page.kind == PAGE_GEO && (x->code >= 400 || x->nbody < 65536)) {
			verdict_set(out, SITE_GEOFENCED, "site.geofenced.said", 0.85);
			verdict_who(out, WHO_SITE, 0.8);
			out->fingerprint = page.fingerprint;
			return;
		}
		if (x->code >= 400) {
			verdict_set(out, SITE_OPEN, "site.open.refused", 0.9);
			verdict_who(out, page.kind == PAGE_SERVER ? WHO_CDN : WHO_SITE, 0.7);
			out->fingerprint = page.fingerprint;
			return;
		}
		verdict_set(out, SITE_OPEN, bent ? "site.open.proxy" : "site.open.certificate",
			    bent		 ? 0.7
			    : stray && like == 0 ? 0.7
						 : 0.97);
		return;
	}
	if (like == 1) {
		verdict_set(out, SITE_OPEN, bent ? "site.open.proxy" : "site.open.same", 0.9);
		return;
	}
	if (page.kind == PAGE_SERVER) {
		verdict_set(out, SITE_OPEN, "site.open.refused", 0.8);
		verdict_who(out, WHO_CDN, 0.7);
		out->fingerprint = page.fingerprint;
		return;
	}
	if (page.kind == PAGE_GEO) {
		verdict_set(out, SITE_GEOFENCED, "site.geofenced.said", 0.7);
		verdict_who(out, WHO_SITE, 0.6);
		out->fingerprint = page.fingerprint;
		return;
	}
	if (page.kind == PAGE_WORDS && like == 0) {
		verdict_set(out, SITE_BLOCKED, "site.http.words", 0.7);
		verdict_add(out, "http.blockpage", 0.7);
		verdict_who(out, WHO_ACCESS, 0.5);
		out->fingerprint = page.fingerprint;
		if (x->has_addr)
			verdict_addr(out, x->addr);
		return;
	}
	if (control_http(main) == 1) {
		verdict_set(out, SITE_OPEN, "site.open.control-failed", 0.6);
		return;
	}
	if (like == 0) {
		if (d->state == DNS_STRANGE) {
			verdict_set(out, SITE_REROUTED, "site.dns.lie", 0.6);
			dns_mechanism(out, d);
			verdict_add(out, "http.redirect", 0.5);
			out->bare = true;
			return;
		}
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.differs", 0.5);
		return;
	}
	verdict_set(out, SITE_UNDETERMINED, "site.undetermined.no-control", 0.5);
}

/* 1.1.1.1 was nobody's for so long that routers, captive portals and providers use it within
 * themselves (Cloudflare and APNIC found so in 2018); to fail there is common. */
static bool squatted(const struct view *v, const struct flow_view *f)
{
	struct addr a;

	return addr_parse(v->host, strlen(v->host), &a) && !a.v6 && a.hi >> 32 == 0x01010101 &&
	       f->tcp_bad && !f->tcp_ok;
}

/* No page: which layer failed for the host, and did it fail elsewhere as well? */
static bool judge_failure(const struct view *v, const struct flow_view *f, bool end_reached,
			  struct verdict *out)
{
	bool unexplained = !v->ncontrol && end_reached;

	if (squatted(v, f)) {
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.squatted", 0.6);
		return true;
	}
	if (f->tcp_bad && !f->tcp_ok) {
		verdict_set(out, SITE_BLOCKED, "site.tcp", 0.7);
		add_flow(out, f, 0.7);
		if (f->tcp_bad > 1)
			out->confidence = verdict_more(0.7, 0.2);
	} else if (f->tls_bad && !f->tls_ok) {
		if (f->tls_mitm) {
			verdict_set(out, SITE_REROUTED, "site.tls.mitm", 0.85);
			out->proven = true;
			add_flow(out, f, 0.85);
			verdict_who(out, WHO_ACCESS, 0.5);
			return true;
		}
		verdict_set(out, SITE_BLOCKED, f->name_proven ? "site.tls.name" : "site.tls",
			    f->name_proven ? 0.95 : 0.75);
		out->proven = f->name_proven;
		add_flow(out, f, out->confidence);
	} else if (f->http_bad && !f->http_ok) {
		verdict_set(out, SITE_BLOCKED, "site.http", 0.65);
		add_flow(out, f, 0.65);
	} else if (unexplained && (f->tcp_unknown || f->tls_unknown || f->http_unknown) &&
		   !f->http_ok) {
		/* No control speaks of a redirect's host by itself, but one got through it. */
		const char *m;

		if (f->tcp_unknown && !f->tcp_ok)
			m = mechanism_of("tcp", f->tcp_failure);
		else if (f->tls_unknown && !f->tls_ok)
			m = mechanism_of("tls", f->tls_failure);
		else if (f->http_unknown)
			m = mechanism_of(f->https ? "tls" : "http", f->http_failure);
		else
			return false;
		verdict_set(out, SITE_BLOCKED, "site.redirect.hop", 0.65);
		verdict_add(out, m, 0.65);
		for (size_t i = 0; i < f->naddr; i++)
			verdict_addr(out, f->addr[i]);
	} else {
		return false;
	}
	out->bare = !out->proven;
	verdict_who(out, WHO_ACCESS, 0.4);
	return true;
}

/* A response by itself, with nothing to hold it against. */
static void judge_response(struct arena *a, const struct knowledge *k, const struct measurement *m,
			   struct verdict *out)
{
	struct view v;
	struct page page;

	view_of(&v, a, k, m, "", true);
	page = page_of(&v, &m->transaction[0]);
	out->fingerprint = page.fingerprint;
	switch (page.kind) {
	case PAGE_BLOCK:
		verdict_set(out, SITE_BLOCKED, "site.http.blockpage", 0.85);
		verdict_add(out,
			    m->transaction[0].code / 100 == 3 ? "http.redirect" : "http.blockpage",
			    out->confidence);
		verdict_who(out, WHO_ACCESS, 0.4);
		break;
	case PAGE_GEO:
		verdict_set(out, SITE_GEOFENCED, "site.geofenced.said", 0.7);
		verdict_who(out, WHO_SITE, 0.7);
		break;
	case PAGE_SERVER:
		verdict_set(out, SITE_OPEN, "site.open.refused", 0.7);
		verdict_who(out, WHO_CDN, 0.6);
		break;
	default:
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.no-control", 0.5);
	}
}

static void judge_site(struct arena *a, const struct knowledge *k, const struct measurement *m,
		       struct verdict *out)
{
	char host[VIEW_HOSTS][HOST_MAX];
	size_t nhost = view_hosts(m, host);
	struct view main, v;
	struct dns_view dns, hop;
	struct flow_view flow;
	const struct transaction *x;
	bool control_failed = false, asked = false, down = false, unknown = false;
	bool control_end;

	if (!nhost) {
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.no-data", 0.5);
		return;
	}
	view_of(&main, a, k, m, host[0], true);
	for (size_t i = 0; i < m->ncontrol; i++) {
		asked |= !m->control[i].failure;
		control_failed |= m->control[i].failure != NULL;
		out->controls += !m->control[i].failure;
	}
	control_end = control_http(&main) == 0;
	out->control_reached = control_end;
	judge_dns(&main, &dns);
	judge_flow(&main, &dns, &flow);

	/* What is proven comes before all that is likely. */
	if (judge_names(&main, &dns, &flow, out))
		goto where;
	if (judge_pages(&main, &dns, out))
		goto where;
	x = inward_redirect(m);
	if (x && control_end && dns.state != DNS_OWN_BOGON) {
		verdict_set(out, SITE_BLOCKED, "site.http.redirect", 0.85);
		verdict_add(out, "http.redirect", 0.85);
		verdict_who(out, WHO_ACCESS, 0.7);
		out->proven = true;
		goto where;
	}
	if (judge_speed(&main, &flow, out))
		goto where;
	x = final_of(m, &dns, false);
	if (x && flow.tls_mitm && !flow.tls_ok && !is_https(x)) {
		judge_failure(&main, &flow, control_end, out);
		goto where;
	}
	if (x) {
		judge_final(&main, &dns, x, out);
		goto where;
	}
	/* Some old tests follow no redirects: the same redirect is the same page. */
	for (size_t i = 0; i < m->ntransaction; i++)
		if (!m->transaction[i].tor && !m->transaction[i].seen.failure &&
		    host_of_transaction(&main, &m->transaction[i]) &&
		    m->transaction[i].code / 100 == 3 &&
		    page_matches(&main, &m->transaction[i]) == 1) {
			verdict_set(out, SITE_OPEN, "site.open.same", 0.8);
			return;
		}
	if (broken_redirect(m)) {
		verdict_set(out, SITE_DOWN, "site.down.redirect", 0.85);
		verdict_who(out, WHO_SITE, 0.9);
		return;
	}
	if (dns.state == DNS_OWN_BOGON) {
		verdict_set(out, SITE_DOWN, "site.down.own-address", 0.9);
		verdict_who(out, WHO_SITE, 0.9);
		return;
	}
	if (dns.state == DNS_FAILS_EVERYWHERE || dns.state == DNS_NO_NAME) {
		bool by_signature = !control_no_name(&main) && signed_no_name(&main);

		verdict_set(out, SITE_DOWN, by_signature ? "site.down.signed" : "site.down.no-name",
			    by_signature ? 0.95 : 0.85);
		return;
	}
	if (judge_failure(&main, &flow, control_end, out))
		goto where;
	down = flow.tcp_down || flow.tls_down || flow.http_down;
	unknown = flow.tcp_unknown || flow.tls_unknown || flow.http_unknown;
	for (size_t i = 1; i < nhost; i++) {
		struct flow_view f;

		view_of(&v, a, k, m, host[i], false);
		v.page = main.page;
		judge_dns(&v, &hop);
		judge_flow(&v, &hop, &f);
		if (judge_names(&v, &hop, &f, out) || judge_failure(&v, &f, control_end, out))
			goto where;
		down |= f.tcp_down || f.tls_down || f.http_down;
	}
	if (down) {
		verdict_set(out, SITE_DOWN, "site.down.control", 0.85);
		verdict_who(out, WHO_HOST, 0.5);
		return;
	}
	if (dns.state == DNS_STRANGE) {
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.strange", 0.5);
		return;
	}
	if (asked && control_http(&main) == 1 && !flow.ignored) {
		verdict_set(out, SITE_DOWN, "site.down.control", 0.7);
		return;
	}
	if (flow.ignored && !flow.tcp_ok) {
		verdict_set(out, SITE_UNDETERMINED, "site.undetermined.probe", 0.5);
		return;
	}
	verdict_set(out, SITE_UNDETERMINED,
		    (control_failed && !asked) || (unknown && !asked)
			? "site.undetermined.no-control"
			: "site.undetermined.no-data",
		    0.5);
	return;
where:
	if (out->state == SITE_OPEN && flow.quic_bad && !flow.quic_ok && flow.tls_ok) {
		verdict_set(out, SITE_BLOCKED, flow.quic_name ? "site.quic.name" : "site.quic",
			    flow.quic_name ? 0.9 : 0.7);
		verdict_add(out, mechanism_of("quic", flow.quic_failure), out->confidence);
		verdict_who(out, WHO_ACCESS, 0.4);
		out->proven = flow.quic_name;
		out->bare = !out->proven;
	}
	if (out->state == SITE_BLOCKED || out->state == SITE_REROUTED ||
	    out->state == SITE_THROTTLED || out->rerouted) {
		judge_trigger(&main, out);
		judge_where(&main, out);
	}
}

void verdict_judge(struct arena *a, const struct knowledge *k, const struct measurement *m,
		   struct verdict *v)
{
	*v = (struct verdict){.id = m->id,
			      .test = m->test,
			      .input = m->input,
			      .given = m->notes.given,
			      .time = m->time,
			      .asn = m->asn,
			      .network = m->network,
			      .state = SITE_UNDETERMINED};
	memcpy(v->country, m->country, sizeof(v->country));
	if (m->notes.captive_portal)
		verdict_set(v, SITE_UNDETERMINED, "site.undetermined.portal", 0.8);
	else if (text_same(m->test, "saved_response") && m->ntransaction)
		judge_response(a, k, m, v);
	else if (!judge_tool(a, k, m, v))
		judge_site(a, k, m, v);
}

/* The hop: a number (the first of two that it may be), and what is known of it. */
static void place(struct jsonw *w, const struct verdict *v)
{
	static const char *const sides[] = {NULL, "on-path", "in-path"};
	char t[PREFIX_TEXT];

	jsonw_name(w, "hop");
	if (v->hop_first)
		jsonw_uint(w, v->hop_first);
	else
		jsonw_null(w);
	jsonw_name(w, "hop_last");
	if (v->hop_last)
		jsonw_uint(w, v->hop_last);
	else
		jsonw_null(w);
	jsonw_name(w, "side");
	jsonw_text(w, sides[v->side]);
	jsonw_name(w, "ttl_copied");
	jsonw_bool(w, v->ttl_copied);
	jsonw_name(w, "router");
	jsonw_object(w);
	jsonw_name(w, "address");
	jsonw_text(w, v->has_hop_addr ? addr_text(t, v->hop_addr) : NULL);
	jsonw_name(w, "asn");
	if (v->hop_asn)
		jsonw_uint(w, v->hop_asn);
	else
		jsonw_null(w);
	jsonw_name(w, "name");
	jsonw_text(w, v->hop_name);
	jsonw_name(w, "country");
	jsonw_text(w, v->hop_country[0] ? v->hop_country : NULL);
	jsonw_object_end(w);
}

void verdict_line(struct buf *out, const struct verdict *v)
{
	struct jsonw w = JSONW(out);

	jsonw_object(&w);
	jsonw_name(&w, "id");
	jsonw_text(&w, v->id);
	jsonw_name(&w, "input");
	jsonw_text(&w, v->input);
	jsonw_name(&w, "test");
	jsonw_text(&w, v->test);
	jsonw_name(&w, "time");
	jsonw_time(&w, v->time);
	jsonw_name(&w, "network");
	jsonw_object(&w);
	jsonw_name(&w, "asn");
	if (v->asn)
		jsonw_uint(&w, v->asn);
	else
		jsonw_null(&w);
	jsonw_name(&w, "name");
	jsonw_text(&w, v->network);
	jsonw_name(&w, "country");
	jsonw_text(&w, v->country[0] ? v->country : NULL);
	jsonw_object_end(&w);
	jsonw_name(&w, "state");
	jsonw_text(&w, site_state_text(v->state));
	jsonw_name(&w, "rerouted");
	jsonw_bool(&w, v->rerouted || v->state == SITE_REROUTED);
	jsonw_name(&w, "layer");
	jsonw_text(&w, v->nmechanism ? v->mechanism[0].layer : NULL);
	jsonw_name(&w, "mechanism");
	jsonw_text(&w, v->nmechanism ? v->mechanism[0].id : NULL);
	jsonw_name(&w, "mechanisms");
	jsonw_array(&w);
	for (size_t i = 0; i < v->nmechanism; i++) {
		jsonw_object(&w);
		jsonw_name(&w, "id");
		jsonw_text(&w, v->mechanism[i].id);
		jsonw_name(&w, "layer");
		jsonw_text(&w, v->mechanism[i].layer);
		jsonw_name(&w, "confidence");
		jsonw_real(&w, v->mechanism[i].confidence, 2);
		jsonw_object_end(&w);
	}
	jsonw_array_end(&w);
	jsonw_name(&w, "intermediary");
	jsonw_object(&w);
	jsonw_name(&w, "role");
	jsonw_text(&w, intermediary_text(v->who));
	jsonw_name(&w, "confidence");
	jsonw_real(&w, v->who_sure, 2);
	jsonw_name(&w, "hop");
	jsonw_text(&w, v->hop);
	jsonw_object_end(&w);
	jsonw_name(&w, "trigger");
	jsonw_text(&w, v->trigger);
	jsonw_name(&w, "trigger_why");
	jsonw_text(&w, v->trigger_why);
	place(&w, v);
	jsonw_name(&w, "confidence");
	jsonw_real(&w, v->confidence, 2);
	jsonw_name(&w, "rule");
	jsonw_object(&w);
	jsonw_name(&w, "id");
	jsonw_text(&w, v->rule->id);
	jsonw_name(&w, "version");
	jsonw_uint(&w, v->rule->version);
	jsonw_name(&w, "text");
	jsonw_text(&w, v->rule->text);
	jsonw_object_end(&w);
	jsonw_name(&w, "why");
	jsonw_text(&w, v->why);
	jsonw_name(&w, "fingerprint");
	jsonw_text(&w, v->fingerprint);
	jsonw_name(&w, "controls");
	jsonw_uint(&w, v->controls);
	jsonw_object_end(&w);
	buf_char(out, '\n');
}
