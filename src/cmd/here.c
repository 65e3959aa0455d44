/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "cmd/here.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/assets.h"
#include "base/text.h"
#include "fact/bogon.h"
#include "source/dns.h"

void here_local(struct here *h)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all))
		return;
	for (i = all; i; i = i->ifa_next) {
		char t[PREFIX_TEXT];
		struct addr addr;
		uint16_t port;

		if (!i->ifa_addr || (i->ifa_flags & IFF_LOOPBACK) ||
		    !socket_addr(i->ifa_addr, &addr, &port))
			continue;
		scrub_add(&h->scrub, addr_text(t, addr));
	}
	freeifaddrs(all);
}

struct finding {
	struct here *here;
	struct loop *loop;
	const struct plan_options *opt;
	struct arena *arena;
	bool v6_tried;
	struct step_reply plain, tls;
};

static void dialled(void *arg, const struct connect *c, struct conn *conn)
{
	struct finding *f = arg;

	if (conn)
		f->here->ipv6_works = true;
	else if (!c->seen.failure || strcmp(c->seen.failure, "network_unreachable"))
		f->here->ipv6_broken = true;
	conn_close(conn);
}

static void whoami(void *arg, const struct dns_reply *r, size_t n)
{
	struct finding *f = arg;
	char t[PREFIX_TEXT];

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r[i].nanswer; k++) {
			if (!r[i].answer[k].has_addr ||
			    !scrub_add(&f->here->scrub, addr_text(t, r[i].answer[k].addr)))
				continue;
			f->here->public = r[i].answer[k].addr;
			f->here->has_public = true;
		}
}

static void neutral(void *arg, const struct dns_reply *r, size_t n)
{
	struct finding *f = arg;
	struct here *h = f->here;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < r[i].nanswer; k++) {
			const struct dns_answer *x = &r[i].answer[k];
			struct dial_spec dial = {.port = 443, .flow = {.timeout = 5 * SECOND}};

			if (!x->has_addr)
				continue;
			if (!x->addr.v6) {
				if (h->nneutral < 4)
					h->neutral[h->nneutral++] = x->addr;
				continue;
			}
			if (f->v6_tried)
				continue;
			f->v6_tried = true;
			dial.addr = x->addr;
			dial_begin(f->loop, f->arena, &dial, dialled, f);
		}
}

static void look_up(struct finding *f, const struct resolver_spec *r, const char *name,
		    uint16_t type, ask_done *done)
{
	struct ask_spec ask = {.resolver = *r,
			       .name = name,
			       .type = type,
			       .window = SECOND / 10,
			       .trust = f->opt->trust};

	ask_begin(f->loop, f->arena, &ask, done, f);
}

/* One of them below the other: www.example.com and example.com. */
static bool related(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b), n = na < nb ? na : nb;
	const char *longer = na < nb ? b : a;
	size_t more = (na < nb ? nb : na) - n;

	return !strcasecmp(longer + more, na < nb ? a : b) && (!more || longer[more - 1] == '.');
}

bool here_is_portal(struct arena *a, const char *neutral, const struct transaction *plain,
		    const char *tls, char where[256])
{
	struct prefix at = {plain->addr.hi, plain->addr.lo, plain->addr.v6 ? 128 : 32,
			    plain->addr.v6};
	const char *to;

	where[0] = 0;
	if (!tls || plain->seen.failure || !plain->code)
		return false;
	to = http_location(a, plain);
	if (to)
		url_host(where, 256, to, NULL);
	if (related(where, neutral))
		where[0] = 0;
	return plain->code == 511 || where[0] ||
	       (plain->has_addr && bogon_prefix(at, NULL) == BOGON_FULL);
}

static void plain_came(void *arg, const struct step_reply *r)
{
	((struct finding *)arg)->plain = *r;
}

static void tls_came(void *arg, const struct step_reply *r)
{
	((struct finding *)arg)->tls = *r;
}

/* The neutral name's page in the clear, and its certificate. */
static void find_portal(struct finding *f)
{
	struct here *h = f->here;
	const char *name = f->opt->neutral;
	struct http_spec http = {.url = arena_printf(f->arena, "http://%s/", name),
				 .body_max = 4096};
	struct step_spec step = {.addr = h->neutral[0],
				 .host = name,
				 .port = 80,
				 .http = &http,
				 .trust = f->opt->trust,
				 .flow = {.timeout = 5 * SECOND}};

	if (!h->nneutral)
		return;
	step_begin(f->loop, f->arena, &step, plain_came, f);
	step.port = 443;
	step.tls = true;
	step.http = NULL;
	step_begin(f->loop, f->arena, &step, tls_came, f);
	if (loop_run(f->loop))
		h->portal = f->plain.asked && here_is_portal(f->arena, name, &f->plain.transaction,
							     f->tls.failure, h->portal_at);
}

void here_find(struct here *h, struct loop *l, struct arena *a, const struct plan_options *o,
	       bool ask_whoami)
{
	struct finding f = {.here = h, .loop = l, .opt = o, .arena = a};
	struct resolver_spec at = {.via = DNS_UDP, .port = 53, .text = HERE_WHOAMI_AT};

	if (ask_whoami && addr_parse(HERE_WHOAMI_AT, strlen(HERE_WHOAMI_AT), &at.addr))
		look_up(&f, &at, HERE_WHOAMI, DNS_A, whoami);
	if (o->neutral && o->nresolver) {
		look_up(&f, &o->resolver[0], o->neutral, DNS_A, neutral);
		look_up(&f, &o->resolver[0], o->neutral, DNS_AAAA, neutral);
	}
	if (loop_run(l) && o->neutral)
		find_portal(&f);
	if (h->has_public && !h->country[0])
		geo_find(o->geo, h->public, h->country);
}

/* data/risk.tab: "CC<tab>why" lines, # comments. */
const char *here_risk(const char *country)
{
	static char why[256];
	const struct asset *a = asset_find("data/risk.tab");
	const char *p = a ? (const char *)a->at : "", *end = a ? p + a->n : p;

	if (!country[0])
		return "it is not known in which country this is (--country CC says so)";
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);

		if (n > 3 && p[0] == country[0] && p[1] == country[1] && p[2] == '\t') {
			snprintf(why, sizeof(why), "%.*s", (int)(n - 3), p + 3);
			return why;
		}
		p += n + 1;
	}
	return NULL;
}
