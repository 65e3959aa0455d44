/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * Whom a probe contacts: found out before anything is measured, told, and asked for.
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/common.h"
#include "cmd/probe.h"

/* Names of resolvers and helpers are looked up once, by the system, before the loop. */
static bool locate(const char *host, struct addr *out, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
	uint16_t port;
	int e;
	bool ok = false;

	if (addr_parse(host, strlen(host), out))
		return true;
	e = getaddrinfo(host, NULL, &hints, &all);
	if (e)
		return err_set(err, "%s: %s; an address instead of the name needs no lookup", host,
			       gai_strerror(e));
	for (struct addrinfo *i = all; i && !ok; i = i->ai_next)
		if (i->ai_family == AF_INET || !i->ai_next)
			ok = socket_addr(i->ai_addr, out, &port);
	freeaddrinfo(all);
	return ok || err_set(err, "%s: it has no address", host);
}

bool probe_validates(void)
{
	return probe_asked.validate && strcmp(probe_asked.validate, "none");
}

/* Which ways validated answers are asked by. */
static bool validators(struct probe_run *r, struct err *err)
{
	const struct plan_options *o = &r->opt;
	struct dnssec_options v = {.ca = probe_asked.ca, .loopback = probe_asked.loopback};
	bool servers = probe_validates() && strcmp(probe_asked.validate, "resolvers");
	bool by_resolvers = probe_validates() && strcmp(probe_asked.validate, "servers");

	if (!probe_validates())
		return true;
	if (!trust_anchor_find(&r->arena, probe_asked.trust_anchor, &r->anchor, err))
		return false;
	v.anchor = r->anchor;
	for (size_t i = 0; by_resolvers && i < o->nresolver; i++) {
		v.resolver = &o->resolver[i];
		if (dnssec_can(v.resolver))
			r->validate[r->nvalidate++] = v;
	}
	v.resolver = NULL;
	if (servers)
		r->validate[r->nvalidate++] = v;
	return r->nvalidate ||
	       err_misuse(err,
			  "--validate resolvers: libunbound speaks UDP, TCP and TLS, and no HTTPS; "
			  "none of the resolvers can be asked so");
}

static void tell_validators(const struct probe_run *r, struct buf *out)
{
	for (size_t i = 0; i < r->nvalidate; i++) {
		const struct resolver_spec *s = r->validate[i].resolver;

		if (s)
			buf_printf(out, "  and once more, with their signatures, at %s%s\n",
				   s->via == DNS_SYSTEM ? "the system's resolver " : "", s->text);
		else
			buf_text(out, "  and once more, with their signatures, at the root's name "
				      "servers and those of each zone on the way\n");
	}
	if (r->nvalidate)
		buf_printf(out, "  signatures are checked against %s\n", r->anchor.text);
}

bool probe_whom(struct probe_run *r, struct err *err)
{
	static const char *const usual[] = {"system", "8.8.8.8",
					    "https://dns.quad9.net/dns-query#9.9.9.9"};
	size_t n =
	    probe_asked.resolvers.n ? probe_asked.resolvers.n : sizeof(usual) / sizeof(*usual);
	const char *const *at =
	    probe_asked.resolvers.n ? (const char *const *)probe_asked.resolvers.at : usual;
	struct plan_options *o = &r->opt;

	if (n > RESOLVERS_MAX)
		return err_misuse(err, "--resolver: at most %d of them", RESOLVERS_MAX);
	if (probe_asked.controls.n > HELPERS_MAX)
		return err_misuse(err, "--control: at most %d of them", HELPERS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct resolver_spec *s = &r->resolver[o->nresolver];

		if (!strcmp(at[i], "system")) {
			r->nsystem = resolver_system(&r->arena, NULL, r->system, RESOLVERS_SYSTEM);
			if (!r->nsystem)
				talk(
				    "meridian: /etc/resolv.conf names no resolver; the system's is "
				    "not asked");
			else
				r->resolver[o->nresolver++] = r->system[0];
			continue;
		}
		if (!resolver_parse(&r->arena, at[i], s, err))
			return misread(err, "--resolver");
		if (!s->has_addr && !probe_asked.dry_run && !locate(s->host, &s->addr, err))
			return false;
		o->nresolver++;
	}
	for (size_t i = 0; i < probe_asked.controls.n; i++) {
		struct helper_spec *h = &r->helper[o->nhelper];
		char host[256];

		if (!strcmp(probe_asked.controls.at[i], "none"))
			continue;
		h->url = plan_url(&r->arena, probe_asked.controls.at[i], NULL);
		if (!h->url || !strstr(probe_asked.controls.at[i], "://"))
			return err_misuse(err,
					  "--control %s: wanted is a URL of http or https, or none",
					  probe_asked.controls.at[i]);
		url_host(host, sizeof(host), h->url, &h->port);
		if (!probe_asked.dry_run && !locate(host, &h->addr, err))
			return false;
		h->has_addr = true;
		o->nhelper++;
	}
	o->resolver = r->resolver;
	o->helper = r->helper;
	if (strcmp(probe_asked.neutral, "none"))
		o->neutral = probe_asked.neutral;
	if (strcmp(probe_asked.nobody, "none")) {
		if (!addr_parse(probe_asked.nobody, strlen(probe_asked.nobody), &o->nobody))
			return err_misuse(err, "--nobody %s: wanted is an address, or none",
					  probe_asked.nobody);
		o->has_nobody = true;
	}
	return validators(r, err);
}

/* Does some tool have servers that the user gave, which others may not know? */
static bool own_servers(const struct probe_run *r)
{
	for (size_t i = 0; i < r->aims.n; i++)
		if (r->aims.at[i].nserver && !r->aims.at[i].done)
			return true;
	return false;
}

void probe_tell(struct probe_run *r, struct buf *out, bool all)
{
	const struct plan_options *o = &r->opt;
	char n[32];

	buf_printf(out, "This will measure %s target%s from here, in an order by seed %llu:\n",
		   text_count(n, r->aims.n - r->aims.done),
		   r->aims.n - r->aims.done == 1 ? "" : "s", (unsigned long long)probe_asked.seed);
	for (size_t i = 0; i < o->nresolver; i++) {
		buf_printf(out, "  the names are looked up at %s%s",
			   o->resolver[i].via == DNS_SYSTEM ? "the system's resolver " : "",
			   o->resolver[i].text);
		for (const struct resolver_spec *s = o->resolver[i].next; s; s = s->next)
			buf_printf(out, ", or %s when that does not answer", s->text);
		buf_char(out, '\n');
	}
	if (o->has_nobody)
		buf_printf(out, "  and at %s, where nobody listens\n", probe_asked.nobody);
	tell_validators(r, out);
	buf_text(out, "  their addresses are connected to, TLS is begun and the pages are fetched, "
		      "redirects followed\n");
	if (o->neutral)
		buf_printf(
		    out,
		    "  %s is looked up and fetched once, to see a captive portal and whether "
		    "IPv6 works\n",
		    o->neutral);
	if (o->follow)
		buf_printf(out, "  where that fails, more is sent there to find out why%s%s%s\n",
			   o->neutral ? ", and to " : "", o->neutral ? o->neutral : "",
			   o->neutral ? ", which nobody blocks" : "");
	for (size_t i = 0; i < o->nhelper; i++)
		buf_printf(out, "  %s is told the URLs%s, to look from there\n", o->helper[i].url,
			   own_servers(r) ? " and the addresses of your --servers, bridges too"
					  : "");
	if (!o->nhelper)
		buf_text(out, "  no helper is asked (--control), so what fails here may fail "
			      "everywhere\n");
	if (probe_asked.whoami)
		buf_printf(out, "  %s tells this line's address (%s), to replace it\n",
			   HERE_WHOAMI_AT, HERE_WHOAMI);
	if (probe_asked.store)
		buf_printf(out, "  what was measured and found is sent to %s\n", probe_asked.store);
	buf_text(out, "Whoever watches this line can see that. Nothing else is sent to anybody.\n");
	for (size_t i = 0; all && i < r->aims.n; i++)
		if (!r->aims.at[i].done)
			aims_tell(&r->aims.at[i], out);
}

bool probe_allowed(struct probe_run *r, struct err *err)
{
	const char *why = here_risk(r->here.country);
	char answer[16] = "";

	if (probe_asked.yes || !why)
		return true;
	if (!isatty(STDIN_FILENO))
		return err_set(err, "measuring may be dangerous: %s; --yes measures all the same",
			       why);
	fprintf(stderr,
		"Measuring may be dangerous: %s.\nSites that are banned are contacted from this "
		"line, as a browser would. Go on? [y/N] ",
		why);
	if (!fgets(answer, sizeof(answer), stdin) || strncasecmp(answer, "y", 1))
		return err_set(err, "nothing was measured");
	return true;
}
