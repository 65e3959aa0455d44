/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Meridian authors */
/*
 * What signatures are worth to the judge: a forged answer is told from a broken zone, from a wrong
 * clock and from an answer that something else vouches for.
 */
#include "test.h"

#include "finding/verdict.h"

#define HERE "198.51.100.1:53"
#define THERE "203.0.113.1:53"

struct world {
	struct measurement m;
	struct dns_answer true_answer, false_answer;
	struct dns_reply reply;
	struct dns_validated valid[3];
	struct handshake shake;
	struct control control;
	struct control_addr at;
};

static struct addr addr(const char *s)
{
	struct addr a;

	assert_true(addr_parse(s, strlen(s), &a));
	return a;
}

/* A resolver that answers in the clear with the false address, and no more. */
static void begin(struct world *w)
{
	*w = (struct world){0};
	w->true_answer = (struct dns_answer){
	    .type = "A", .addr = addr("93.184.216.34"), .has_addr = true, .ttl = 60};
	w->false_answer = (struct dns_answer){
	    .type = "A", .addr = addr("8.7.198.45"), .has_addr = true, .ttl = 60};
	w->reply = (struct dns_reply){.via = DNS_UDP,
				      .name = "signed.example",
				      .type = "A",
				      .resolver = HERE,
				      .answer = &w->false_answer,
				      .nanswer = 1,
				      .ip_ttl = -1};
	w->m = (struct measurement){.test = "web_connectivity",
				    .input = "https://signed.example/",
				    .time = 0,
				    .runtime = -1,
				    .dns = &w->reply,
				    .ndns = 1,
				    .validated = w->valid,
				    .control = &w->control,
				    .handshake = &w->shake};
}

static struct dns_validated *validated(struct world *w, const char *resolver,
				       enum dns_security security, const struct dns_answer *answer)
{
	struct dns_validated *v = &w->valid[w->m.nvalidated++];

	*v = (struct dns_validated){.name = "signed.example",
				    .type = "A",
				    .resolver = resolver,
				    .security = security,
				    .answer = answer,
				    .nanswer = answer != NULL};
	if (security == SECURITY_BOGUS)
		v->why = "validation failure <signed.example. A IN>: no signatures";
	return v;
}

static struct verdict judged(struct world *w)
{
	static struct arena a;
	struct verdict v;

	verdict_judge(&a, NULL, &w->m, &v);
	return v;
}

static bool is_lie(const struct verdict *v)
{
	return !strcmp(v->rule->id, "site.dns.bogus");
}

static void lies(void **state)
{
	struct world w;
	struct verdict v;

	(void)state;
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer);
	v = judged(&w);
	assert_true(is_lie(&v) && v.state == SITE_BLOCKED && v.bare && !v.proven);
	assert_string_equal(v.mechanism[0].id, "dns.injection");
	assert_string_equal(v.why, w.valid[0].why);
	assert_true(v.confidence > 0.7 && v.confidence < 0.9);
	/* Another way has the truth. */
	validated(&w, THERE, SECURITY_SECURE, &w.true_answer);
	v = judged(&w);
	assert_true(is_lie(&v) && v.proven && v.confidence > 0.95);
	/* The network's own resolver. */
	w.reply.via = DNS_SYSTEM;
	w.reply.resolver = w.valid[0].resolver = "";
	v = judged(&w);
	assert_true(is_lie(&v) && v.who == WHO_RESOLVER);
	assert_string_equal(v.mechanism[0].id, "dns.lie");
	/* It denies the name. */
	w.reply.nanswer = w.valid[0].nanswer = 0;
	w.reply.seen.failure = "dns_nxdomain_error";
	v = judged(&w);
	assert_true(is_lie(&v));
	assert_string_equal(v.mechanism[0].id, "dns.nxdomain");
}

static void no_lies(void **state)
{
	struct world w;
	struct verdict v;

	(void)state;
	/* Signatures ran out: the zone's own fault, or the clock's. */
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer)->why = "… signature expired …";
	v = judged(&w);
	assert_false(is_lie(&v));
	/* A valid certificate for the name came from there. */
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer);
	w.shake = (struct handshake){
	    .addr = w.false_answer.addr, .port = 443, .server_name = "signed.example"};
	w.m.nhandshake = 1;
	v = judged(&w);
	assert_false(is_lie(&v));
	/* A control got the same address. */
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer);
	w.at = (struct control_addr){.addr = w.false_answer.addr, .answered = true};
	w.control = (struct control){.name = "helper", .dns = true, .addr = &w.at, .naddr = 1};
	w.m.ncontrol = 1;
	v = judged(&w);
	assert_false(is_lie(&v));
	/* A denial that nobody contradicts may be a broken zone's. */
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, NULL);
	w.reply.nanswer = 0;
	w.reply.seen.failure = "dns_nxdomain_error";
	v = judged(&w);
	assert_false(is_lie(&v));
	/* A network's own name, at an address of its own, that nobody else knows. */
	begin(&w);
	w.false_answer.addr = addr("10.0.0.1");
	validated(&w, "", SECURITY_BOGUS, &w.false_answer);
	validated(&w, THERE, SECURITY_SECURE, NULL)->rcode = 3;
	v = judged(&w);
	assert_false(is_lie(&v));
	/* Where somebody knows another one, it is one. */
	w.valid[1] = w.valid[0];
	w.m.nvalidated = 1;
	validated(&w, THERE, SECURITY_SECURE, &w.true_answer);
	v = judged(&w);
	assert_true(is_lie(&v));
	/* DNS64 makes addresses that are in no zone. */
	begin(&w);
	w.reply.answer = &w.true_answer;
	w.false_answer.addr = addr("64:ff9b::5db8:d822");
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer)->type = "AAAA";
	v = judged(&w);
	assert_false(is_lie(&v));
	w.false_answer.addr = addr("2001:db8:122:344:5d:b8d8:2200:0");
	v = judged(&w);
	assert_false(is_lie(&v));
	w.false_answer.addr = addr("2001:470::5db8:d823");
	v = judged(&w);
	assert_true(is_lie(&v));
	/* Its IPv6 addresses are hidden, its IPv4 addresses are right. */
	begin(&w);
	w.reply.type = "AAAA";
	w.reply.nanswer = 0;
	w.reply.seen.failure = "dns_no_answer";
	validated(&w, HERE, SECURITY_BOGUS, NULL)->type = "AAAA";
	validated(&w, HERE, SECURITY_SECURE, &w.true_answer);
	v = judged(&w);
	assert_false(is_lie(&v));
	/* Of another name. */
	begin(&w);
	validated(&w, HERE, SECURITY_BOGUS, &w.false_answer)->name = "other.example";
	v = judged(&w);
	assert_false(is_lie(&v));
	begin(&w);
	validated(&w, HERE, SECURITY_INSECURE, &w.false_answer);
	v = judged(&w);
	assert_false(is_lie(&v));
	begin(&w);
	validated(&w, HERE, SECURITY_INDETERMINATE, NULL);
	v = judged(&w);
	assert_false(is_lie(&v));
}

/* The zone gives this address here and another one to the control: geo-DNS, and no lie. */
static void secure(void **state)
{
	struct world w;
	struct verdict v;
	struct connect dead = {.seen = {.failure = "connection_refused"}, .port = 443};

	(void)state;
	begin(&w);
	w.at = (struct control_addr){.addr = w.true_answer.addr, .answered = true};
	w.control = (struct control){.name = "helper", .dns = true, .addr = &w.at, .naddr = 1};
	w.m.ncontrol = 1;
	dead.addr = w.false_answer.addr;
	w.m.connect = &dead;
	w.m.nconnect = 1;
	v = judged(&w);
	assert_string_equal(v.rule->id, "site.dns.strange");
	validated(&w, HERE, SECURITY_SECURE, &w.false_answer);
	v = judged(&w);
	assert_string_not_equal(v.rule->id, "site.dns.strange");
	assert_false(v.nmechanism && !strcmp(v.mechanism[0].layer, "dns"));
}

static void no_name(void **state)
{
	struct world w;
	struct verdict v;

	(void)state;
	begin(&w);
	w.reply.nanswer = 0;
	w.reply.seen.failure = "dns_nxdomain_error";
	validated(&w, HERE, SECURITY_SECURE, NULL)->rcode = 3;
	v = judged(&w);
	assert_int_equal(v.state, SITE_DOWN);
	assert_string_equal(v.rule->id, "site.down.signed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lies),
	    cmocka_unit_test(no_lies),
	    cmocka_unit_test(secure),
	    cmocka_unit_test(no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
