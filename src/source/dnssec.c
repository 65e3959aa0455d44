/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */

#include "source/dnssec.h"

#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "fact/measurement.h"
#include "source/dns.h"

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"
#define ANCHOR_MAX ((size_t)1 << 20)
#define DNS_DNSKEY 48 /* RFC 4034, 2 */
#define CLASS_IN 1

/* https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024. */
static const char *const iana[] = {
    ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
};

struct dnssec {
	struct ub_ctx *ctx;
	struct event io;
	bool listens;
	struct loop *loop;
	struct addr addr; /* whose seats its lookups take; all zero without a resolver */
	const char *resolver, *zone;
	char why[512];
	struct task *trying;
};

struct lookup {
	struct task task;
	struct dnssec_spec spec;
	struct arena *arena;
	dnssec_done *done;
	void *arg;
	struct seat seat;
	struct seen seen;
	int id; /* libunbound's, with asked */
	bool asked;
};

/* ---- the trust anchor ---- */

/* The first word of the first line that is no comment: the zone. */
static const char *zone_of(struct arena *a, const char *text)
{
	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		p += strspn(p, " \t\r\n");
		if (*p && *p != ';')
			return arena_textn(a, p, strcspn(p, " \t\r\n"));
	}
	return NULL;
}

static int give_anchor(struct ub_ctx *ctx, const struct trust_anchor *t)
{
	int e = 0;

	if (t->path)
		return ub_ctx_add_ta_file(ctx, t->path);
	for (size_t i = 0; i < sizeof(iana) / sizeof(*iana) && !e; i++)
		e = ub_ctx_add_ta(ctx, iana[i]);
	return e;
}

/* Nothing is asked for localhost, but what was given is read. */
static bool readable(const struct trust_anchor *t)
{
	struct ub_ctx *ctx = ub_ctx_create();
	struct ub_result *r = NULL;
	bool ok;

	if (!ctx)
		return false;
	ub_ctx_debugout(ctx, NULL);
	ok = !give_anchor(ctx, t) && !ub_resolve(ctx, "localhost.", DNS_A, CLASS_IN, &r);
	ub_resolve_free(r);
	ub_ctx_delete(ctx);
	return ok;
}

bool trust_anchor_find(struct arena *a, const char *path, struct trust_anchor *out, struct err *err)
{
	struct buf text = {0};
	bool ok = true;

	*out = (struct trust_anchor){
	    .zone = ".", .text = "IANA's root keys of 2017 and 2024 (built in)", .path = path};
	out->name = out->text;
	if (!path && !access(DNSSEC_ROOT, R_OK))
		out->path = DNSSEC_ROOT;
	if (out->path) {
		const char *slash = strrchr(out->path, '/');

		out->text = arena_text(a, out->path);
		out->name = slash ? slash + 1 : out->text;
		ok = file_get(out->path, &text, ANCHOR_MAX, err);
		out->zone = ok && text.len ? zone_of(a, text.at) : NULL;
		ok = ok && ((out->zone && readable(out)) ||
			    err_set(err,
				    "%s: this is no trust anchor; wanted are DS or DNSKEY records "
				    "as in a zone's file",
				    out->path));
	}
	buf_free(&text);
	return ok;
}

/* ---- a validator ---- */

bool dnssec_can(const struct resolver_spec *r)
{
	return r->via != DNS_DOH && r->via != DNS_DOQ;
}

static void heard(evutil_socket_t fd, short what, void *arg)
{
	struct dnssec *d = arg;

	(void)fd;
	(void)what;
	ub_process(d->ctx);
}

static int configure(struct ub_ctx *ctx, const struct dnssec_options *o)
{
	static const char *const set[][2] = {
	    {"aggressive-nsec:", "no"},	       {"unblock-lan-zones:", "yes"},
	    {"msg-cache-size:", "1m"},	       {"rrset-cache-size:", "2m"},
	    {"key-cache-size:", "1m"},	       {"neg-cache-size:", "256k"},
	    {"trust-anchor-signaling:", "no"}, {"edns-buffer-size:", "1232"},
	    {"insecure-lan-zones:", "yes"},
	};
	int e = 0;

	for (size_t i = 0; i < sizeof(set) / sizeof(*set) && !e; i++)
		e = ub_ctx_set_option(ctx, set[i][0], set[i][1]);
	if (!e && o->loopback)
		e = ub_ctx_set_option(ctx, "do-not-query-localhost:", "no");
	return e;
}

/* Nothing is answered by libunbound's own tables: what RFC 6761 keeps for tests is looked up like
 * any name. From here on nothing more can be set. */
static int forget_own(struct ub_ctx *ctx)
{
	static const char *const names[] = {"test.", "invalid.", "onion."};
	int e = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !e; i++)
		e = ub_ctx_zone_remove(ctx, names[i]);
	return e;
}

static int forward(struct ub_ctx *ctx, const struct dnssec_options *o)
{
	const struct resolver_spec *r = o->resolver;
	char addr[PREFIX_TEXT], to[PREFIX_TEXT + 300];
	int e = 0;

	for (; r && r->via == DNS_SYSTEM && !e; r = r->next) {
		snprintf(to, sizeof(to), "%s@%u", addr_text(addr, r->addr), r->port);
		e = ub_ctx_set_fwd(ctx, to);
	}
	if (!r)
		return e;
	addr_text(addr, r->addr);
	snprintf(to, sizeof(to), "%s@%u%s%s", addr, r->port,
		 r->via == DNS_DOT && r->host ? "#" : "",
		 r->via == DNS_DOT && r->host ? r->host : "");
	if (r->via == DNS_TCP)
		e = ub_ctx_set_option(ctx, "tcp-upstream:", "yes");
	if (r->via == DNS_DOT) {
		e = ub_ctx_set_tls(ctx, 1);
		if (!e)
			e = ub_ctx_set_option(ctx, "tls-cert-bundle:", o->ca ? o->ca : SYSTEM_CA);
	}
	return e ? e : ub_ctx_set_fwd(ctx, to);
}

struct dnssec *dnssec_new(struct loop *l, const struct dnssec_options *o, struct err *err)
{
	struct dnssec *d = mem_zero(1, sizeof(*d));
	int e;

	d->loop = l;
	d->zone = o->anchor.zone;
	d->resolver = !o->resolver		       ? "name servers"
		      : o->resolver->via == DNS_SYSTEM ? ""
						       : o->resolver->text;
	if (o->resolver)
		d->addr = o->resolver->addr;
	d->ctx = ub_ctx_create();
	if (!d->ctx) {
		err_set(err, "libunbound does not start, so no answer can be validated");
		dnssec_free(d);
		return NULL;
	}
	ub_ctx_debugout(d->ctx, NULL);
	e = configure(d->ctx, o);
	if (!e)
		e = give_anchor(d->ctx, &o->anchor);
	if (!e)
		e = forward(d->ctx, o);
	if (!e)
		e = ub_ctx_async(d->ctx, 1);
	if (!e)
		e = forget_own(d->ctx);
	if (e) {
		err_set(err, "libunbound, towards %s: %s",
			*d->resolver ? d->resolver : "the system's resolver", ub_strerror(e));
		dnssec_free(d);
		return NULL;
	}
	return d;
}

void dnssec_free(struct dnssec *d)
{
	if (!d)
		return;
	if (d->trying)
		task_cancel(d->trying);
	if (d->listens)
		event_del(&d->io);
	if (d->ctx)
		ub_ctx_delete(d->ctx);
	free(d);
}

const char *dnssec_why(const struct dnssec *d)
{
	return d->why[0] ? d->why : NULL;
}

const char *dnssec_resolver(const struct dnssec *d)
{
	return d->resolver;
}

/* ---- a lookup ---- */

static void end(struct task *t)
{
	struct lookup *l = (struct lookup *)t;

	if (l->asked)
		ub_cancel(l->spec.dnssec->ctx, l->id);
	loop_leave(&l->seat);
	free(l);
}

static void finish(struct lookup *l, struct dns_validated *v)
{
	dnssec_done *done = l->done;
	void *arg = l->arg;
	char text[16];

	v->name = l->spec.name;
	v->type = arena_text(l->arena, dns_type_text(text, l->spec.type));
	v->resolver = l->spec.dnssec->resolver;
	task_cancel(&l->task);
	done(arg, v);
}

static void failed(struct lookup *l, const char *failure, const char *why)
{
	struct dns_validated *v = arena_zero(l->arena, 1, sizeof(*v));

	v->rcode = -1;
	v->seen = l->seen;
	v->why = why ? arena_text(l->arena, why) : NULL;
	flow_done(&l->spec.flow, l->task.loop, &v->seen, failure);
	finish(l, v);
}

static void no_time(struct task *t)
{
	failed((struct lookup *)t, "generic_timeout_error", NULL);
}

static void cannot(struct task *t)
{
	struct lookup *l = (struct lookup *)t;

	failed(l, NULL, dnssec_why(l->spec.dnssec));
}

/* libunbound names the address that it asked; the system's resolver is nobody's business. */
static const char *without_address(struct lookup *l, const char *why)
{
	const struct dnssec *d = l->spec.dnssec;
	char from[PREFIX_TEXT + 8] = " from ";
	const char *at;

	if (!why)
		return NULL;
	addr_text(from + 6, d->addr);
	at = *d->resolver ? NULL : strstr(why, from);
	if (!at)
		return arena_text(l->arena, why);
	return arena_printf(l->arena, "%.*s from the system's resolver%s", (int)(at - why), why,
			    at + strlen(from));
}

static void resolved(void *arg, int e, struct ub_result *r)
{
	struct lookup *l = arg;
	struct dns_validated *v;
	struct dns_reply reply = {0};

	l->asked = false;
	if (e || !r) {
		failed(l, arena_printf(l->arena, "unknown_failure: %s", ub_strerror(e)), NULL);
		ub_resolve_free(r);
		return;
	}
	if (r->answer_len > 0)
		loop_count(l->task.loop, (size_t)r->answer_len);
	v = arena_zero(l->arena, 1, sizeof(*v));
	v->seen = l->seen;
	flow_done(&l->spec.flow, l->task.loop, &v->seen, NULL);
	if (r->answer_packet && r->answer_len > 0)
		ask_reply(l->arena, r->answer_packet, (size_t)r->answer_len, l->spec.name,
			  l->spec.type, &reply);
	v->seen.failure = reply.seen.failure;
	v->answer = reply.answer;
	v->nanswer = reply.nanswer;
	v->rcode = (int16_t)r->rcode;
	if (r->bogus) {
		v->security = SECURITY_BOGUS;
		v->why = without_address(l, r->why_bogus);
	} else if (r->secure) {
		v->security = SECURITY_SECURE;
	} else if (r->rcode == DNS_NOERROR || r->nxdomain) {
		v->security = SECURITY_INSECURE;
	} else if (!v->seen.failure) {
		v->seen.failure = "dns_servfail_error";
	}
	ub_resolve_free(r);
	finish(l, v);
}

static void go(void *arg)
{
	struct lookup *l = arg;
	struct dnssec *d = l->spec.dnssec;
	int e;

	flow_seen(&l->spec.flow, l->task.loop, &l->seen);
	task_after(&l->task, l->spec.flow.timeout, no_time);
	e = ub_resolve_async(d->ctx, l->spec.name, l->spec.type, CLASS_IN, l, resolved, &l->id);
	if (e) {
		if (!d->why[0])
			snprintf(d->why, sizeof(d->why), "%s", ub_strerror(e));
		task_after(&l->task, 0, cannot);
		return;
	}
	l->asked = true;
	if (!d->listens) {
		event_assign(&d->io, loop_base(d->loop), ub_fd(d->ctx), EV_READ | EV_PERSIST, heard,
			     d);
		event_add(&d->io, NULL);
		d->listens = true;
	}
}

struct task *dnssec_begin(struct loop *loop, struct arena *a, const struct dnssec_spec *spec,
			  dnssec_done *done, void *arg)
{
	struct lookup *l = mem_zero(1, sizeof(*l));

	l->spec = *spec;
	l->arena = a;
	l->done = done;
	l->arg = arg;
	if (!l->spec.flow.timeout)
		l->spec.flow.timeout = 10 * SECOND;
	task_begin(&l->task, loop, end);
	if (dnssec_why(spec->dnssec)) {
		flow_seen(&l->spec.flow, loop, &l->seen);
		task_after(&l->task, 0, cannot);
	} else {
		loop_enter(loop, &l->seat, spec->dnssec->addr, LOOP_QUERY, go, l);
	}
	return &l->task;
}

static void tried(void *arg, const struct dns_validated *v)
{
	struct dnssec *d = arg;

	d->trying = NULL;
	if (v->security == SECURITY_SECURE)
		return;
	snprintf(d->why, sizeof(d->why), "%s",
		 v->why				    ? v->why
		 : v->seen.failure		    ? v->seen.failure
		 : v->security == SECURITY_INSECURE ? "it gives the trust anchor's keys unsigned"
						    : "it gives no keys of the trust anchor");
}

void dnssec_try(struct dnssec *d, struct arena *a)
{
	struct dnssec_spec spec = {.dnssec = d, .name = d->zone, .type = DNS_DNSKEY};

	d->trying = dnssec_begin(d->loop, a, &spec, tried, d);
}
