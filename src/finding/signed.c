/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What signatures say of a host's lookups (DNSSEC). A secure answer is the zone's own. A bogus one
 * under a signed name was made by somebody else, or the zone is broken: its signatures ran out, or
 * nobody anywhere can validate it. So what is vouched for otherwise is no lie, and neither is what
 * only time is wrong with.
 */
#include <string.h>
#include <strings.h>

#include "finding/view.h"

static bool of_host(const struct view *v, const struct dns_validated *s)
{
	size_t n;

	if (s->seen.group || !s->name)
		return false;
	n = strlen(s->name);
	if (n && s->name[n - 1] == '.')
		n--;
	return n == strlen(v->host) && !strncasecmp(s->name, v->host, n);
}

bool signed_gave(const struct view *v, struct addr a)
{
	for (size_t i = 0; i < v->m->nvalidated; i++) {
		const struct dns_validated *s = &v->m->validated[i];

		if (s->security != SECURITY_SECURE || !of_host(v, s))
			continue;
		for (size_t k = 0; k < s->nanswer; k++)
			if (s->answer[k].has_addr && addr_same(s->answer[k].addr, a))
				return true;
	}
	return false;
}

static bool signed_has_addrs(const struct view *v)
{
	for (size_t i = 0; i < v->m->nvalidated; i++) {
		const struct dns_validated *s = &v->m->validated[i];

		if (s->security != SECURITY_SECURE || !of_host(v, s))
			continue;
		for (size_t k = 0; k < s->nanswer; k++)
			if (s->answer[k].has_addr)
				return true;
	}
	return false;
}

bool signed_no_name(const struct view *v)
{
	for (size_t i = 0; i < v->m->nvalidated; i++)
		if (v->m->validated[i].security == SECURITY_SECURE &&
		    v->m->validated[i].rcode == 3 && of_host(v, &v->m->validated[i]))
			return true;
	return false;
}

/* By the same way, of the same type? */
static bool same_way(const struct dns_validated *s, const struct dns_reply *q)
{
	const char *a = s->resolver ? s->resolver : "", *b = q->resolver ? q->resolver : "";

	return !strcmp(a, b) && (!s->type || !q->type || !strcmp(s->type, q->type));
}

/* The zone's own fault, or a wrong clock. */
static bool of_time(const char *why)
{
	return why && (strstr(why, "expired") || strstr(why, "before inception") ||
		       strstr(why, "inception after"));
}

static void bad_addr(struct signed_view *out, struct addr a)
{
	for (size_t i = 0; i < out->naddr; i++)
		if (addr_same(out->addr[i], a))
			return;
	if (out->naddr < VERDICT_ADDRS)
		out->addr[out->naddr++] = a;
}

/* RFC 6052, 2.2: where the IPv4 address stands, by the length of the prefix; the ninth byte is
 * passed over. */
static bool embeds(struct addr six, struct addr four)
{
	static const uint8_t at[][4] = {{4, 5, 6, 7},	{5, 6, 7, 9},	 {6, 7, 9, 10},
					{7, 9, 10, 11}, {9, 10, 11, 12}, {12, 13, 14, 15}};
	uint8_t a[16], b[16];

	addr_to_wire(six, a);
	addr_to_wire(four, b);
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		size_t k = 0;

		while (k < 4 && a[at[i][k]] == b[k])
			k++;
		if (k == 4)
			return true;
	}
	return false;
}

/* DNS64 (RFC 6147) makes an IPv6 address of one of the name's IPv4 addresses; that is in no
 * zone, and a lie only where that one is. */
static bool translated(const struct view *v, struct addr six)
{
	const struct measurement *m = v->m;

	for (size_t i = 0; six.v6 && i < m->ndns; i++)
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (host_of_dns(v, &m->dns[i]) && m->dns[i].answer[k].has_addr &&
			    !m->dns[i].answer[k].addr.v6 && embeds(six, m->dns[i].answer[k].addr))
				return true;
	return false;
}

/* What came instead of the truth: false when something vouches for it. */
static bool forged(const struct view *v, const struct dns_answer *answer, size_t n, bool *any,
		   bool *routed)
{
	for (size_t i = 0; i < n; i++) {
		if (!answer[i].has_addr || translated(v, answer[i].addr))
			continue;
		*any = true;
		*routed |= !addr_bogon(answer[i].addr);
		if (view_vouch(v, answer[i].addr) != VOUCH_NOTHING)
			return false;
	}
	return true;
}

static void take(const struct view *v, const struct dns_validated *s, bool truth,
		 struct signed_view *out)
{
	const struct measurement *m = v->m;
	const char *denied = NULL;
	bool any = false, routed = false, system = !s->resolver || !*s->resolver, encrypted = false;

	if (!forged(v, s->answer, s->nanswer, &any, &routed))
		return;
	for (size_t i = 0; i < m->ndns; i++) {
		const struct dns_reply *q = &m->dns[i];

		if (q->again || q->nobody || !host_of_dns(v, q) || !same_way(s, q))
			continue;
		encrypted |= q->via == DNS_DOT;
		if (q->seen.failure && !failure_is_local(q->seen.failure))
			denied = q->seen.failure;
		else if (!forged(v, q->answer, q->nanswer, &any, &routed))
			return;
	}
	/* A network's own names have addresses of its own: the zone that it hides need not know. */
	if (any && !routed && !truth)
		return;
	/* A denial that is not proven is a lie only where the name is known to be; no IPv6 address
	 * is no news, and some resolvers hide them from who has no IPv6. */
	if (!any && text_same(s->type, "AAAA"))
		return;
	if (!any && (!denied || strstr(denied, "timeout") || !truth))
		return;
	if (!any) {
		if (!out->addressed && !out->denied)
			out->denied = denied;
	} else {
		out->addressed = true;
	}
	for (size_t i = 0; i < s->nanswer; i++)
		if (s->answer[i].has_addr)
			bad_addr(out, s->answer[i].addr);
	for (size_t i = 0; i < m->ndns; i++)
		for (size_t k = 0; k < m->dns[i].nanswer; k++)
			if (m->dns[i].answer[k].has_addr && host_of_dns(v, &m->dns[i]) &&
			    same_way(s, &m->dns[i]))
				bad_addr(out, m->dns[i].answer[k].addr);
	out->bogus = true;
	out->system |= system;
	out->open |= !system && !encrypted;
	if (!out->why)
		out->why = s->why;
}

void judge_signed(const struct view *v, struct signed_view *out)
{
	bool secure = signed_has_addrs(v) || signed_no_name(v);
	bool truth = signed_has_addrs(v) || control_has_addrs(v);

	*out = (struct signed_view){0};
	for (size_t i = 0; i < v->m->nvalidated; i++) {
		const struct dns_validated *s = &v->m->validated[i];

		if (s->security == SECURITY_BOGUS && of_host(v, s) && !of_time(s->why))
			take(v, s, truth, out);
	}
	out->proven = out->bogus && (secure || control_has_public(v));
	out->confidence = secure ? 0.97 : out->proven ? 0.92 : 0.8;
}
